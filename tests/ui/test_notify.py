"""What a page out of sight is told."""

from carclf import store
from carclf.store import jobs
from carclf.ui import live_changes, notify


def test_before_any_training_has_ended_there_is_nothing_to_tell(lab):
    lab.run("at work", status="running")

    assert notify.last_ended(lab.settings) == {"at": "", "title": "", "text": ""}


def test_the_training_that_ended_last_is_told_with_its_accuracy(lab):
    first = lab.run("first")
    lab.run("second", best=0.75)
    before = notify.last_ended(lab.settings)
    # Started again, and ended after the second: its end counts, not its number.
    with store.connect(lab.settings.db_path) as db:
        again = jobs.create(db, "train", "Train first", {}, run_id=first.id)
        jobs.finish(db, again.id, "failed", reason="The disk is full.")

    after = notify.last_ended(lab.settings)

    assert before["title"] == "Train second: done"
    assert before["text"] == "Validation accuracy 75.0 %"
    assert (after["title"], after["text"]) == (
        "Train first: failed",
        "The disk is full.",
    )
    assert after["at"] >= before["at"]
    assert after != before


def test_the_line_on_what_runs_is_sent_once_while_nothing_changes(lab):
    lab.run("one", status="running")
    line, seen = live_changes(lab.settings, None)

    again = live_changes(lab.settings, seen)

    assert "Train one" in line
    assert again == live_changes(lab.settings, seen)
    assert not any("Train one" in str(one) for one in again)
