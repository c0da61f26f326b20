"""The health page: findings, their pictures, what is done about them, and counts."""

import base64
import json

import gradio as gr
import numpy as np
import pandas as pd
import pytest

from carclf import images, jobs, store
from carclf.datasets import health, versions
from carclf.store import jobs as stored_jobs
from carclf.store import versions as stored
from carclf.tasks import Work
from carclf.tasks import health as health_task
from carclf.ui.tabs import (
    datasets_health,
    datasets_health_counts,
    datasets_health_findings,
    datasets_health_remedies,
)
from tests import drawing


@pytest.fixture
def ill(settings, tmp_path):
    """A version with a leak, a conflict and a dark image; few train each class."""
    folder = drawing.draw_scenes(tmp_path / "cars" / "train", each=9)
    images.write(folder / "Red Van" / "dark.png", drawing.scene(70) // 5)
    leak = drawing.scene(71)
    images.write(folder / "Red Van" / "leak.png", leak)
    images.write(
        folder.parent / "test" / "Red Van" / "leaked.png",
        np.ascontiguousarray(leak[:, ::-1]),
    )
    images.write(folder / "Red Van" / "both.png", drawing.scene(72, 240, 310))
    images.write(folder / "Blue Bus" / "both.jpg", drawing.scene(72, 240, 310))
    return versions.import_folder(settings, folder.parent, "ill")


@pytest.fixture
def seen(settings, ill):
    health.look(settings, ill.id)
    return ill


def names(settings, version):
    with store.connect(settings.db_path) as db:
        return {one.file_name: one.image_id for one in stored.examples(db, version.id)}


def open_kind(settings, version, kind):
    return datasets_health_findings.open_kind(settings, 0, kind, version.id)


def do(settings, version, does, kind, chosen, scope, *given):
    return datasets_health_remedies.do(
        settings,
        does,
        datasets_health_findings.turn_page,
        json.dumps(chosen),
        version.id,
        kind,
        0,
        0,
        scope,
        *given,
    )


def test_a_version_that_nobody_looked_at_says_so_and_tells_its_lists(settings, ill):
    _, told, button, stop, *_ = datasets_health.open_tab(settings, ill.id)

    assert "Nobody has looked at these images yet" in told
    assert button["value"] == "Look at every image"
    assert not stop["visible"]
    assert "not looked at yet" in datasets_health.summary(settings, ill.id)


def test_findings_are_listed_gravest_first_and_the_first_is_open(settings, seen):
    _, told, *_ = datasets_health.open_tab(settings, seen.id)
    shown = datasets_health_findings.open_version(settings, seen.id)

    titles = ["One picture, several classes", "One picture, several splits", "Dark"]
    places = [shown.kinds.index(title) for title in titles]
    assert places == sorted(places)
    assert shown.kind == "conflict"
    assert "findings" in told
    assert "2 of them grave" in datasets_health.summary(settings, seen.id)


def test_the_same_pictures_stand_side_by_side_by_group(settings, seen):
    shown = open_kind(settings, seen, "leak")

    assert shown.album.count('role="group" aria-label="Group ') == 1
    assert shown.album.count("<figure") == 2
    assert shown.album.index("</b> test") < shown.album.index("</b> train")
    assert "1–1 of 1 groups" in shown.where


def test_pages_turn_and_stop_at_both_ends(settings, seen, monkeypatch):
    monkeypatch.setattr(datasets_health_findings.pictures, "PAGE", 5)
    page, seen_pages = 0, []

    for step in (0, 1, 1, 1, 1, 1, 1, -1):
        page = datasets_health_findings.turn_page(
            settings, step, seen.id, "few images", page, 0
        ).page
        seen_pages.append(page)

    assert seen_pages == [0, 1, 2, 3, 3, 3, 3, 2]


def test_a_finding_opens_with_its_remedies_for_what_is_chosen(settings, seen):
    shown = open_kind(settings, seen, "leak")

    assert shown.scope["value"] == "chosen"
    assert [name for name, _ in shown.scope["choices"]] == [
        "Chosen images",
        "All of this finding (2)",
        "All but the first of each group (1)",
    ]


def test_a_picture_is_shown_large_with_what_was_measured(settings, seen):
    one = names(settings, seen)["dark.png"]

    _, told = datasets_health_findings.look(settings, one, "look", seen.id)

    assert "gradio_api/file=" in told
    assert "320 × 240 pixels" in told
    assert "brightness" in told


def test_a_photograph_that_left_the_disk_is_a_tile_that_says_so(settings, seen):
    one = names(settings, seen)["dark.png"]
    with store.connect(settings.db_path) as db:
        settings.resolve(stored.example(db, seen.id, one).path).unlink()

    shown = open_kind(settings, seen, "dark")
    _, told = datasets_health_findings.look(settings, one, "look", seen.id)

    assert "file missing" in shown.album
    assert "is missing from" in told


def test_dropping_what_was_chosen_leaves_it_out_of_the_next_version(settings, seen):
    one = names(settings, seen)["dark.png"]

    shown = do(settings, seen, datasets_health_remedies._drop, "dark", [one], "chosen")
    picker = datasets_health_remedies.freeze_version(settings, seen.id, "mended")

    assert "1 dealt with" in shown.kinds
    assert "dropped" in shown.album
    assert f'data-dealt="{seen.id} dark 1"' in shown.album
    with store.connect(settings.db_path) as db:
        mended = stored.get(db, picker["value"])
    assert "dark.png" not in names(settings, mended)
    assert "dark.png" in names(settings, seen)


def test_all_but_the_first_of_each_group_are_dropped_at_once(settings, seen):
    shown = do(settings, seen, datasets_health_remedies._drop, "leak", [], "rest")

    known = names(settings, seen)
    with store.connect(settings.db_path) as db:
        since = datasets_health_findings.remedies.dealt_with(db, seen.id)
    assert since == {known["leak.png"]: "dropped"}
    assert shown.acts["choices"][0][0].startswith("Dropped: 1 image, ")


def test_a_whole_finding_moves_to_one_split_and_back(settings, seen):
    shown = do(
        settings, seen, datasets_health_remedies._move, "leak", [], "all", "test"
    )
    assert "moved to test" in shown.album

    undone = datasets_health_remedies.undo(
        settings,
        datasets_health_findings.turn_page,
        shown.acts["value"],
        seen.id,
        "leak",
        0,
        0,
    )

    assert "moved to test" not in undone.album
    assert "Nothing was changed" in undone.waiting
    assert undone.acts["choices"] == []


def test_a_conflict_is_settled_by_a_label_in_the_versions_spelling(settings, seen):
    shown = do(
        settings,
        seen,
        datasets_health_remedies._relabel,
        "conflict",
        [],
        "all",
        "red van",
    )
    frozen = datasets_health_remedies.freeze_version(settings, seen.id, "mended")
    found = health.look(settings, frozen["value"])

    assert "now Red Van" in shown.album
    assert "conflict" not in {one.kind for one in found}


def test_a_remedy_for_nothing_chosen_is_refused_in_words(settings, seen):
    with pytest.raises(gr.Error, match="Choose images first"):
        do(settings, seen, datasets_health_remedies._drop, "dark", [], "chosen")
    with pytest.raises(gr.Error, match="nothing to undo"):
        datasets_health_remedies.undo(settings, lambda *_: None, None, seen.id)


def test_a_look_is_queued_once_and_its_progress_is_told(settings, ill):
    datasets_health.submit(settings, ill.id)
    datasets_health.submit(settings, ill.id)
    with store.connect(settings.db_path) as db:
        assert len(stored_jobs.unfinished(db)) == 1
        job = stored_jobs.claim_next(db)
        stored_jobs.report(db, job.id, 8, 40, "Looking at images", 12)

    state = datasets_health.watch(settings, ill.id)

    assert "Looking at images" in state.told
    assert state.timer.active
    assert (state.button["visible"], state.stop["visible"]) == (False, True)
    datasets_health.stop(settings, ill.id)
    with store.connect(settings.db_path) as db:
        assert stored_jobs.get(db, job.id).stop_requested


def test_the_page_tells_what_a_worker_found(settings, ill):
    job = jobs.submit_health(settings, ill.id)
    with store.connect(settings.db_path) as db:
        claimed = stored_jobs.claim_next(db)
        assert health_task.run(Work(settings, db, claimed, lambda: False)) == "done"
        stored_jobs.finish(db, job.id, "done")

    state = datasets_health.watch(settings, ill.id)

    assert state.ended == job.id
    assert "Looked at on" in state.told


def test_counts_by_class_and_split_add_up_to_the_version(settings, ill):
    filled = datasets_health_counts.fill(settings, ill.id)

    table = filled.table
    assert list(table["Images"]) == sorted(table["Images"], reverse=True)
    assert table["Images"].sum() == sum(ill.counts.values())
    for split, number in ill.counts.items():
        assert table[split.capitalize()].sum() == number
    drawn = [bar for trace in filled.classes["data"] for bar in trace["y"]]
    assert sum(drawn) == table["Images"].sum()


def test_every_size_and_ratio_is_in_its_plot(settings, ill):
    filled = datasets_health_counts.fill(settings, ill.id)

    total = sum(ill.counts.values())
    ratios = filled.ratios["data"][0]["y"]
    assert sum(decoded(ratios)) == total
    assert "Widths from 310 to 320 pixels" in filled.sizes["layout"]["meta"]


def decoded(values):
    """Return numbers that plotly may have packed."""
    if isinstance(values, dict):
        raw = base64.b64decode(values["bdata"])
        return np.frombuffer(raw, np.dtype(values["dtype"]))
    return values


def test_without_a_version_the_page_is_empty_and_says_what_to_do(settings):
    _, told, *_ = datasets_health.open_tab(settings, None)

    assert "Import photographs first" in told
    table = datasets_health_counts.fill(settings, None).table
    assert isinstance(table, pd.DataFrame)
    assert table.empty
    assert datasets_health.summary(settings, None) == ""


def test_names_are_escaped_wherever_they_stand(settings, tmp_path):
    folder = drawing.draw_scenes(tmp_path / "cars", each=4)
    (folder / "Red Van").rename(folder / "<b>Van")
    version = versions.import_folder(settings, folder, "odd")

    shown = open_kind(settings, version, "few images")

    assert "&lt;b&gt;Van" in shown.album
    assert "<b>Van" not in shown.album + shown.told + shown.kinds
