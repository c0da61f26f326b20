"""The report that Compare writes of the chosen runs."""

import zipfile
from pathlib import Path

import gradio as gr
import pytest

from carclf.ui.tabs import compare_report


def test_the_chosen_runs_are_written_in_both_forms(lab):
    parent = lab.run("frozen")
    child = lab.run("tuned & more", parent=(parent, 4))

    written = compare_report.write(lab.settings, [parent.id, child.id], "Cars <b>")

    page = Path(written.page["value"])
    assert "tuned &amp; more" in page.read_text()
    with zipfile.ZipFile(written.markdown["value"]) as packed:
        text = packed.read("report/report.md").decode()
    assert text.startswith("# Cars &lt;b>")
    assert "“Cars &lt;b&gt;” is written" in written.said


def test_what_is_offered_lies_where_downloads_are_served_from(lab):
    written = compare_report.write(lab.settings, [lab.run("one").id], None)

    for offered in (written.page, written.markdown):
        assert offered["visible"] is True
        assert Path(offered["value"]).is_relative_to(lab.settings.uploads)


@pytest.mark.parametrize("chosen", [None, []])
def test_without_a_run_the_user_is_asked_for_one(lab, chosen):
    with pytest.raises(gr.Error, match="Choose the runs to report on first"):
        compare_report.write(lab.settings, chosen, "")


def test_a_run_that_was_deleted_meanwhile_is_named(lab):
    with pytest.raises(gr.Error, match="no run 7"):
        compare_report.write(lab.settings, [7], "")
