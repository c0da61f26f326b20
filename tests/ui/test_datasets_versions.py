"""Versions in the Datasets tab: their cards and relatives, comparing, exporting."""

import json
import zipfile
from pathlib import Path

import gradio as gr
import pytest

from carclf.config import Treatment
from carclf.datasets import exporting
from carclf.datasets import versions as dataset_versions
from carclf.store import jobs as stored_jobs
from carclf.store import labels, runs, versions
from carclf.tasks import Work, export_version
from carclf.ui import pictures, version_tree
from carclf.ui.tabs import datasets_compare, datasets_export, datasets_versions


@pytest.fixture
def frozen(settings, db, version):
    """The drawn cars, the first relabelled and the second left out."""
    one, other, *_ = versions.examples(db, version.id)
    labels.set(db, one.image_id, "Red Van", "person")
    labels.set(db, other.image_id, None, "person")
    return dataset_versions.freeze(settings, version.id, "frozen <b>")


def test_a_card_tells_how_a_version_was_made_and_who_used_it(settings, db, frozen):
    runs.create(db, "first", {"seed": 1}, version_id=frozen.id)

    card, changed = datasets_versions.describe(settings, frozen.id)

    for told in ("frozen &lt;b&gt;", frozen.hash, "first", "as in “cars”"):
        assert told in card
    assert "1 file left out" in card
    assert "is labelled as no vehicle of any class" in card
    assert "Every label is as it was" in changed


def test_a_treated_version_tells_by_which_settings(settings, version):
    boxed = Treatment(remover="box", output="crop", margin=0.0)
    treated = dataset_versions.treat(settings, version.id, boxed, "boxed")

    card, _ = datasets_versions.describe(settings, treated.id)

    assert "cropped to its box (" in card
    assert "output crop" in card
    assert "margin 0.0" in card


def test_relatives_are_drawn_from_their_common_ancestor(settings, db, version, frozen):
    grandchild = dataset_versions.freeze(settings, frozen.id, "grandchild")
    stranger = dataset_versions.import_folder(
        settings, Path(version.source), "stranger"
    )

    drawn = version_tree.draw(versions.every(db), frozen)

    assert drawn.index("cars") < drawn.index("frozen &lt;b&gt;")
    assert drawn.index("frozen &lt;b&gt;") < drawn.index(grandchild.name)
    assert stranger.name not in drawn
    assert drawn.count("aria-current") == 1


def test_a_version_is_compared_with_its_parent_first(settings, version, frozen):
    other, told, kind, _, gallery, where, *_ = datasets_compare.offer(
        settings, frozen.id
    )

    assert other["value"] == version.id
    assert [words for words, _ in other["choices"]] == ["cars · 36 images"]
    assert "removed: not in the later version" in told
    assert kind["choices"] == [
        ("Removed (1)", "removed"),
        ("Relabelled (1)", "relabelled"),
    ]
    assert kind["value"] == "removed"
    assert len(gallery["value"]) == 1
    assert "1–1 of 1" in where


def test_pictures_tell_what_was_before_and_after(settings, version, frozen):
    _, gallery, *_ = datasets_compare.turn_page(
        settings, 0, frozen.id, version.id, "relabelled"
    )

    assert [caption for _, caption in gallery["value"]] == ["Blue Bus → Red Van"]


@pytest.mark.parametrize("kind", ["relabelled", "removed"])
def test_a_picture_that_differs_is_looked_at_wherever_it_is(
    settings, version, frozen, kind
):
    *_, ids = datasets_compare.turn_page(settings, 0, frozen.id, version.id, kind)[:4]

    looked = datasets_compare.look(settings, 0, "", frozen.id, version.id, ids)

    assert [looked.image_id] == ids
    assert looked.of == str(looked.image_id)
    assert "gradio_api/file=" in looked.large
    assert looked.moving["visible"] == (kind == "relabelled")


def test_on_another_page_no_picture_is_looked_at(settings, version, frozen):
    turned = datasets_compare.turn_page(settings, 0, frozen.id, version.id, "removed")

    looked = datasets_compare.Looked(*turned[4:])
    assert (looked.image_id, looked.large, looked.of) == (None, "", "")
    assert looked.panel["visible"] is False


def test_pages_of_differences_turn_and_stop_at_both_ends(
    settings, db, version, monkeypatch
):
    monkeypatch.setattr(pictures, "PAGE", 10)
    other = versions.create(
        db, "none", "hash", [], treatment=version.treatment, source="", split_rule=""
    )
    seen, page = [], 0

    for step in (0, 1, 1, 1, 1, -1):
        page, gallery, where, *_ = datasets_compare.turn_page(
            settings, step, other, version.id, "removed", page
        )
        seen.append((page, len(gallery["value"])))

    assert seen == [(0, 10), (1, 10), (2, 10), (3, 6), (3, 6), (2, 10)]
    assert "21–30 of 36" in where


def test_the_same_content_is_said_to_be_the_same(settings, version):
    again = dataset_versions.freeze(settings, version.id, "again")

    told, kind, _, gallery, *_ = datasets_compare.compare(
        settings, again.id, version.id
    )

    assert "hold the same images, classes and splits" in told
    assert not kind["visible"]
    assert gallery["value"] == []


def test_nothing_is_compared_before_another_is_chosen(settings, version):
    other, told, *_ = datasets_compare.offer(settings, version.id)

    assert other["value"] is None
    assert datasets_compare.CHOOSE in told


def work(settings, db):
    """Do the job that waits first, as a worker does."""
    job = stored_jobs.claim_next(db)
    status = export_version.run(Work(settings, db, job, lambda: False))
    stored_jobs.finish(db, job.id, status)
    return status


def test_a_zip_is_made_once_and_offered_to_download(settings, db, version):
    datasets_export.begin(settings, version.id, "zip", "")
    told, stop, download, timer, _ = datasets_export.refresh(settings, version.id, None)
    assert "waits in the queue" in told
    assert (stop["visible"], download["visible"], timer["active"]) == (
        True,
        False,
        True,
    )

    assert work(settings, db) == "done"
    told, stop, download, timer, _ = datasets_export.refresh(settings, version.id, None)

    assert "Export cars: done" in told
    assert download["label"].startswith("Download cars.zip (")
    assert (stop["visible"], timer["active"]) == (False, False)
    path = Path(download["value"])
    assert len(zipfile.ZipFile(path).namelist()) == 36 + 2
    made = path.stat().st_mtime_ns
    datasets_export.begin(settings, version.id, "zip", "")
    work(settings, db)
    assert path.stat().st_mtime_ns == made


def test_the_zip_of_another_version_makes_room(settings, db, version, frozen):
    for one in (version, frozen):
        datasets_export.begin(settings, one.id, "zip", None)
        work(settings, db)

    kept = [*(settings.cache / "exports").rglob("*.zip")]
    assert kept == [exporting.zip_place(settings, frozen)]


def test_a_folder_that_a_person_names_is_written_there(settings, db, version, tmp_path):
    datasets_export.begin(settings, version.id, "folders", f" {tmp_path / 'out'} ")
    work(settings, db)

    told, _, download, *_ = datasets_export.refresh(settings, version.id, None)

    assert f"Written to {tmp_path / 'out'}" in told
    assert not download["visible"]
    facts = json.loads((tmp_path / "out" / "version.json").read_text())
    assert facts["hash"] == version.hash


@pytest.mark.parametrize(
    ("target", "said"),
    [("", "Say where"), ("here", "give the whole path"), ("/", "not written over")],
)
def test_a_target_that_cannot_be_is_refused_before_it_waits(
    settings, db, version, target, said
):
    with pytest.raises(gr.Error, match=said):
        datasets_export.begin(settings, version.id, "csv", target)

    assert stored_jobs.every(db) == []


def test_an_export_that_waits_can_be_stopped(settings, db, version):
    datasets_export.begin(settings, version.id, "zip", "")

    datasets_export.stop_export(settings)

    assert stored_jobs.every(db)[0].status == "stopped"
    with pytest.raises(gr.Error, match="No export is running"):
        datasets_export.stop_export(settings)
