"""What can be done to a run: stop it, go on with it, begin others from it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import gradio as gr

from carclf import jobs, recorded
from carclf.errors import JobError
from carclf.records import Job, Run
from carclf.settings import Settings
from carclf.store import Database, connect, runs
from carclf.store import jobs as stored_jobs
from carclf.ui import cards, confirm
from carclf.ui.errors import shown_to_user
from carclf.ui.tabs import train_form

STOP_WARNING = (
    "The epoch under way is lost. Epochs before it stay, and what was kept of them can "
    "be started from."
)
FILLED = "The form is filled: look it over, then start the training."
# Proposed for longer training, as a share of what was asked for at first.
LONGER = 0.5

Update = dict[str, Any]


class Controls(NamedTuple):
    """The components; `outputs` are in the order of `Shown`."""

    now: confirm.Confirmation
    clone: gr.Button
    branch: gr.Button
    longer: gr.Button
    stopping: gr.Column
    after_epoch: gr.Button
    going_on: gr.Column
    resume: gr.Button
    from_epoch: gr.Row
    epoch: gr.Dropdown
    for_longer: gr.Row
    epochs: gr.Number

    @property
    def outputs(self) -> list[Any]:
        return list(self[4:])


class Shown(NamedTuple):
    """What can be done to a run now."""

    stopping: Update
    after_epoch: Update
    going_on: Update
    resume: Update
    from_epoch: Update
    epoch: Update
    for_longer: Update
    epochs: Update


def build() -> Controls:
    """Lay out the buttons; those for a run at work, and those for one that ended."""
    with gr.Column(visible=False) as stopping, gr.Row():
        after_epoch = gr.Button("Stop after this epoch", min_width=150)
        now = confirm.build(
            "Stop now", "Yes, stop now", "Keep training", cards.note(STOP_WARNING)
        )
    with gr.Column(visible=False) as going_on:
        with gr.Row():
            resume = gr.Button("Resume", min_width=110)
            clone = gr.Button("Copy into the form", min_width=150)
        with gr.Row():
            from_epoch, epoch, branch = _build_from_epoch()
            for_longer, epochs, longer = _build_for_longer()
    return Controls(
        now,
        clone,
        branch,
        longer,
        stopping,
        after_epoch,
        going_on,
        resume,
        from_epoch,
        epoch,
        for_longer,
        epochs,
    )


def _build_from_epoch() -> tuple[gr.Row, gr.Dropdown, gr.Button]:
    with gr.Row(elem_classes="joined") as row:
        epoch = gr.Dropdown(
            label="Epoch to start from",
            container=False,
            interactive=True,
            min_width=120,
        )
        branch = gr.Button("Fine-tune from this epoch", min_width=170)
    return row, epoch, branch


def _build_for_longer() -> tuple[gr.Row, gr.Number, gr.Button]:
    with gr.Row(elem_classes="joined") as row:
        epochs = gr.Number(
            label="Epochs in all",
            container=False,
            precision=0,
            minimum=1,
            min_width=90,
        )
        longer = gr.Button("Train to this many epochs", min_width=170)
    return row, epochs, longer


def shown(settings: Settings, db: Database, run: Run, job: Job | None) -> Shown:
    """Return what can be done to a run."""
    is_at_work = run.status == "running"
    has_ended = run.status not in ("queued", "running")
    is_asked = job is not None and job.stop_requested
    kept = [one.epoch for one in runs.checkpoints(db, run.id)]
    best = runs.best_kept(db, run)
    done, planned = runs.last_epoch(db, run.id), recorded.config_of(run).fit.epochs
    can_resume = has_ended and jobs.can_resume(settings, run)
    return Shown(
        stopping=gr.update(visible=is_at_work),
        after_epoch=gr.update(interactive=is_at_work and not is_asked),
        going_on=gr.update(visible=has_ended),
        resume=gr.update(
            visible=can_resume and (done < planned or run.status != "done")
        ),
        from_epoch=gr.update(visible=bool(kept)),
        epoch=gr.update(choices=_in_words(kept, best), value=best),
        for_longer=gr.update(visible=can_resume),
        epochs=gr.update(value=max(done, planned) + max(1, round(planned * LONGER))),
    )


def nothing() -> Shown:
    """Return what can be done where there is no run."""
    gone: Update = gr.update(visible=False)
    unchanged: Update = gr.skip()
    return Shown(
        gone, unchanged, gone, unchanged, unchanged, unchanged, unchanged, unchanged
    )


def _in_words(kept: list[int], best: int | None) -> list[tuple[str, int]]:
    return [
        (f"Epoch {epoch}" + " (best)" * (epoch == best), epoch)
        for epoch in sorted(kept, key=lambda epoch: (epoch != best, -epoch))
    ]


@shown_to_user
def stop_run(
    settings: Settings, stop: Callable[[Settings, int], None], run_id: int | None
) -> None:
    """Stop a run in one of the two ways.

    Raises:
        JobError: It has ended already, or was never a job here.
    """
    with connect(settings.db_path) as db:
        run = _chosen(db, run_id)
        job = stored_jobs.of_run(db, run.id)
    if job is None:
        raise JobError(f"“{run.name}” was imported, so there is nothing to stop.")
    stop(settings, job.id)


@shown_to_user
def resume(settings: Settings, run_id: int | None) -> None:
    """Queue what is left of a run."""
    with connect(settings.db_path) as db:
        run = _chosen(db, run_id)
    jobs.resume(settings, run.id)


@shown_to_user
def train_longer(settings: Settings, run_id: int | None, epochs: float | None) -> None:
    """Queue a run that has ended for more epochs."""
    with connect(settings.db_path) as db:
        run = _chosen(db, run_id)
    if epochs is None:
        raise JobError("Say to how many epochs in all it is to be trained.")
    jobs.resume(settings, run.id, int(epochs))


@shown_to_user
def branch(
    settings: Settings, run_id: int | None, epoch: int | None
) -> tuple[Any, ...]:
    """Return the form filled to fine-tune from an epoch; no recipe any more."""
    with connect(settings.db_path) as db:
        parent = _chosen(db, run_id)
    gr.Info(FILLED)
    return None, *train_form.fill(settings, train_form.continued(parent, epoch))


@shown_to_user
def clone(settings: Settings, run_id: int | None) -> tuple[Any, ...]:
    """Return the form filled with a run's own settings; no recipe any more."""
    with connect(settings.db_path) as db:
        run = _chosen(db, run_id)
    # Its name is taken.
    wanted = recorded.config_of(run).model_copy(update={"name": ""})
    gr.Info(FILLED)
    return None, *train_form.fill(settings, wanted)


def _chosen(db: Database, run_id: int | None) -> Run:
    if run_id is None:
        raise JobError("Choose a run first.")
    return runs.get(db, run_id)
