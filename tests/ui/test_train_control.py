"""What the Train tab lets a person do to a run and to the queue."""

import gradio as gr
import pytest

from carclf import config, jobs, store
from carclf.records import RESUME_FILE, Checkpoint
from carclf.store import jobs as stored_jobs
from carclf.store import notes, runs
from carclf.ui import queue
from carclf.ui.tabs import train_control, train_live, train_weights
from carclf.ui.tabs.train_curves import Wanted


def look(lab, run_id=None):
    return train_live.view(lab.settings, run_id, Wanted())


def keep(lab, run, epoch, size=1_000_000):
    """Put weights of an epoch where a training would."""
    path = run.folder / "checkpoints" / f"epoch-{epoch:03d}.weights.h5"
    place = lab.settings.resolve(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(bytes(size))
    with store.connect(lab.settings.db_path) as db:
        runs.keep_checkpoint(db, Checkpoint(run.id, epoch, path, size))


def keep_state(lab, run, size=500_000):
    """Put what is needed to resume where a training would."""
    place = lab.settings.resolve(run.folder) / RESUME_FILE
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(bytes(size))


def filled(given):
    """Return the settings that a filled form holds."""
    yaml = next(
        one for one in given if isinstance(one, str) and one.startswith("name:")
    )
    return config.parse(yaml)


def titles(lab):
    with store.connect(lab.settings.db_path) as db:
        return [one.title for one in stored_jobs.unfinished(db)]


def test_what_runs_can_be_stopped_and_what_has_ended_be_gone_on_with(lab):
    done, running = lab.run("done"), lab.run("running", status="running")
    waiting = lab.run("waiting", status="queued")

    shown = [look(lab, one.id).controls for one in (done, running, waiting)]

    assert [one.stopping["visible"] for one in shown] == [False, True, False]
    assert [one.going_on["visible"] for one in shown] == [True, False, False]


def test_a_stop_that_was_asked_for_is_shown_and_not_offered_twice(lab):
    run = lab.run("one", status="running")

    train_control.stop_run(lab.settings, jobs.stop_after_epoch, run.id)

    shown = look(lab, run.id)
    assert "Ends after this epoch, as asked." in shown.headline
    assert shown.controls.after_epoch["interactive"] is False


def test_stopping_a_run_that_has_ended_is_refused_in_words(lab):
    run = lab.run("one")

    with pytest.raises(gr.Error, match="has ended already"):
        train_control.stop_run(lab.settings, jobs.stop_now, run.id)


def test_resuming_is_offered_where_something_is_left_and_longer_training_besides(lab):
    stopped, complete = lab.run("stopped", epochs=5), lab.run("complete", epochs=30)
    gone = lab.run("gone", epochs=5, status="failed")
    for run in (stopped, complete):
        keep_state(lab, run)

    shown = [look(lab, one.id).controls for one in (stopped, complete, gone)]

    assert [one.resume["visible"] for one in shown] == [True, False, False]
    assert [one.for_longer["visible"] for one in shown] == [True, True, False]
    assert shown[1].epochs["value"] == 45


def test_a_stopped_run_is_resumed_in_the_queue(lab):
    run = lab.run("one", epochs=5, status="stopped")
    keep_state(lab, run)

    train_control.resume(lab.settings, run.id)

    assert titles(lab) == ["Resume one"]


def test_a_run_is_trained_longer_by_as_many_epochs_as_were_typed(lab):
    run = lab.run("one", epochs=30)
    keep_state(lab, run)

    train_control.train_longer(lab.settings, run.id, 50.0)

    with store.connect(lab.settings.db_path) as db:
        assert runs.get(db, run.id).config["fit"]["epochs"] == 50
        said = [one.text for one in notes.of_run(db, run.id)]
    assert titles(lab) == ["Resume one"]
    assert any("50 epochs" in text for text in said)


def test_training_longer_to_no_number_or_to_less_is_refused_in_words(lab):
    run = lab.run("one", epochs=30)
    keep_state(lab, run)

    for epochs, words in ((None, "Say to how many epochs"), (20, "nothing is left")):
        with pytest.raises(gr.Error, match=words):
            train_control.train_longer(lab.settings, run.id, epochs)


def test_kept_epochs_are_offered_to_branch_from_the_best_first(lab):
    run = lab.run("one", epochs=5)

    offered = look(lab, run.id).controls.epoch

    assert offered["choices"] == [("Epoch 4 (best)", 4), ("Epoch 5", 5)]
    assert offered["value"] == 4


def test_branching_fills_the_form_with_that_epoch_and_a_lower_rate(lab):
    run = lab.run("parent", epochs=5)

    recipe, *given = train_control.branch(lab.settings, run.id, 5)

    wanted = filled(given)
    assert recipe is None
    assert (wanted.model.weights, wanted.mode) == ("run:parent@5", "finetune")
    assert wanted.compile.optimizer.arguments.learning_rate == pytest.approx(1e-4)


def test_copying_a_run_fills_the_form_with_its_settings_without_its_name(lab):
    changes = {"data": {"version": "drawn", "batch_size": 7}, "seed": 5}
    run = lab.run("source", changes=changes)

    recipe, *given = train_control.clone(lab.settings, run.id)

    wanted = filled(given)
    assert recipe is None
    assert (wanted.name, wanted.data.batch_size, wanted.seed) == ("", 7, 5)


def test_nothing_can_be_done_to_no_run(lab):
    for doing in (train_control.resume, train_control.clone, train_weights.clean):
        with pytest.raises(gr.Error, match="Choose a run first"):
            doing(lab.settings, None)


def test_weights_on_the_disk_are_listed_with_what_needs_them(lab):
    run = lab.run("one", epochs=6)
    for epoch in (3, 5, 6):
        keep(lab, run, epoch)
    lab.run("child <b>", parent=(run, 3))
    keep_state(lab, run)

    table = look(lab, run.id).weights.table

    assert "<td>Epoch 5</td><td>1.0 MB</td><td>the best</td>" in table
    assert "<td>“child &lt;b&gt;” starts from it</td>" in table
    assert "<td>To resume from</td><td>500 kB</td>" in table
    assert "<th>3.5 MB</th>" in table


def test_cleaning_says_before_what_stays_and_frees_what_it_said(lab):
    run = lab.run("one", epochs=6)
    for epoch in (3, 5, 6):
        keep(lab, run, epoch)
    keep_state(lab, run)
    before = look(lab, run.id).weights

    train_weights.clean(lab.settings, run.id)

    after = look(lab, run.id).weights
    assert before.clean["visible"]
    assert "2.5 MB are freed. The weights of epoch 5 (the best) stay" in before.warning
    assert "<th>1.0 MB</th>" in after.table
    assert not after.clean["visible"]


def test_the_queue_lists_what_waits_in_order_then_what_ended(lab):
    lab.run("old <i>one</i>")
    lab.run("working", status="running")
    lab.run("first", status="queued")
    lab.run("second", status="queued")

    table = look(lab).queue.jobs

    names = ("Train working", "Train first", "Train second", "Train old &lt;i&gt;")
    places = [table.index(f"<td>{name}") for name in names]
    assert places == sorted(places)
    assert 'aria-label="Move “Train second” up"' in table
    assert 'aria-label="Move “Train first” up"' not in table


def test_a_waiting_job_can_be_moved_up_and_removed(lab):
    lab.run("first", status="queued")
    second = lab.run("second", status="queued")
    with store.connect(lab.settings.db_path) as db:
        job = stored_jobs.of_run(db, second.id)

    queue.change(lab.settings, job.id, "up")
    order = titles(lab)
    queue.change(lab.settings, job.id, "remove")

    assert order == ["Train second", "Train first"]
    assert titles(lab) == ["Train first"]


def test_a_queue_that_is_held_by_a_failure_says_so_until_it_is_let_go(lab):
    queue.continue_after_failure(lab.settings, False)
    lab.run("broken", status="failed", reason="The disk is full.")
    lab.run("waiting", status="queued")
    held = look(lab).queue

    queue.release(lab.settings)

    released = look(lab).queue
    assert "The queue waits, because its last job failed." in held.held
    assert (held.release["visible"], held.continues) == (True, False)
    assert (released.release["visible"], released.held) == (False, "")


def test_a_queue_that_goes_on_after_failures_is_never_held(lab):
    lab.run("broken", status="failed", reason="The disk is full.")
    lab.run("waiting", status="queued")

    shown = look(lab).queue

    assert (shown.held, shown.continues) == ("", True)
