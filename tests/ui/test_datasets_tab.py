"""What the Datasets tab shows, and what its buttons do."""

import gradio as gr
import pytest

from carclf import store
from carclf.datasets import versions as dataset_versions
from carclf.datasets.sources import parse
from carclf.jobs import submit_import
from carclf.records import Version
from carclf.store import jobs, labels, runs, versions
from carclf.ui import version_picker
from carclf.ui.tabs import datasets, datasets_versions
from tests import drawing


def test_the_newest_version_is_chosen_first(settings, version):
    newer = dataset_versions.freeze(settings, version.id, "newer")

    picker, headline, *_ = datasets.open_tab(settings, None)

    assert picker["value"] == newer.id
    assert [words for words, _ in picker["choices"]] == [
        "newer · 36 images",
        "cars · 36 images",
    ]
    assert "from cars" in headline


def test_the_chosen_version_stays_chosen(settings, version):
    dataset_versions.freeze(settings, version.id, "newer")

    picker, *_ = datasets.open_tab(settings, version.id)

    assert picker["value"] == version.id


def test_without_a_version_the_tab_says_what_to_do(settings):
    picker, headline, *rest = datasets.open_tab(settings, None)

    assert picker["value"] is None
    assert "Import photographs" in headline
    assert len(rest) == datasets.VIEW_SIZE - 1


def test_the_headline_counts_and_names_the_version(settings, version):
    headline = datasets_versions.headline(version, None)

    for told in ("36", "18", "train", "6", "validation", "12", "test", "kept"):
        assert f">{told}<" in headline
    assert version.hash[:8] in headline


def test_the_headline_names_all_that_a_version_was_made_of(settings, cars):
    origin = "s3://bucket/car_ims.tgz\nhttps://example.org/labels.csv"
    made = dataset_versions.import_folder(settings, cars, "mine", origin=origin)

    assert ">car_ims.tgz + labels.csv<" in datasets_versions.headline(made, None)


def queue_import(settings, folder):
    return submit_import(settings, [parse(str(folder))])


def test_how_the_import_goes_is_read_from_the_store(settings, tmp_path):
    queue_import(settings, drawing.draw_classes(tmp_path / "cars"))
    with store.connect(settings.db_path) as db:
        job = jobs.claim_next(db)
        jobs.report(db, job.id, 5, 20, "5 of 20 files", 12)

    seen, told, *unchanged = datasets.watch(settings, [""], None)

    assert "5 of 20 files · 10 s left" in told
    assert seen == [store.stamp(settings.db_path)]
    assert len(unchanged) == 2 + datasets.VIEW_SIZE


def test_the_tab_shows_a_version_that_came_while_it_was_open(settings, version):
    (_, *known), _, _, picker, headline, *_ = datasets.watch(settings, [""], None)

    assert known == [version.id]
    assert picker["value"] == version.id
    assert ">36<" in headline


def test_freezing_shows_the_new_version_with_its_corrected_labels(settings, version):
    with store.connect(settings.db_path) as db:
        one = versions.examples(db, version.id)[0]
        labels.set(db, one.image_id, "Red Van", "person")
    assert "1 label differs" in datasets_versions.changed_labels(settings, version.id)

    picker = datasets_versions.freeze_version(settings, version.id, "better")

    assert picker["value"] != version.id
    told = datasets_versions.changed_labels(settings, picker["value"])
    assert "Every label is as it was" in told


def test_a_version_that_a_run_used_stays_and_the_refusal_says_why(settings, version):
    with store.connect(settings.db_path) as db:
        runs.create(db, "first", {"seed": 1}, version_id=version.id)

    with pytest.raises(gr.Error, match="used by run “first”"):
        datasets_versions.delete_version(settings, version.id)

    assert version_picker.choices(settings)


def test_a_deleted_version_leaves_the_picker(settings, version: Version):
    picker = datasets_versions.delete_version(settings, version.id)

    assert picker["choices"] == []


def test_an_imported_version_is_shown_when_it_is_there(settings, version, tmp_path):
    folder = drawing.draw_classes(tmp_path / "vans")
    queue_import(settings, folder)
    vans = dataset_versions.import_folder(settings, folder, "vans")

    seen = ["", version.id]
    (_, *known), _, inner, picker, *_ = datasets.watch(settings, seen, version.id)

    assert known == [vans.id, version.id]
    assert picker["value"] == vans.id
    assert inner.selected == "preview"


def test_nothing_is_read_or_sent_while_nothing_is_written(settings, version):
    first, *_ = datasets.watch(settings, [], version.id)

    again = datasets.watch(settings, first, version.id)

    assert again == (gr.skip(),) * (4 + datasets.VIEW_SIZE)


def test_a_version_made_elsewhere_joins_the_choices_and_the_view_stays(
    settings, version
):
    frozen = dataset_versions.freeze(settings, version.id, "frozen elsewhere")

    seen = ["", version.id]
    (_, *known), _, _, picker, *_ = datasets.watch(settings, seen, version.id)

    assert known == [frozen.id, version.id]
    # The page may have chosen another one since it asked.
    assert "value" not in picker
    assert len(picker["choices"]) == 2
