"""How a run goes, in words and curves, always as the store has it."""

from collections.abc import Sequence
from html import escape
from typing import Any, NamedTuple

import gradio as gr

from carclf import jobs, words
from carclf.config import TrainConfig
from carclf.records import EpochEnded, Job, Run
from carclf.settings import Settings
from carclf.store import Database, connect, runs, steps, versions
from carclf.store import jobs as stored_jobs
from carclf.ui import cards, choices, curves, metrics, queue
from carclf.ui.chart import Figure
from carclf.ui.courses import Course

ENDED_SHOWN = 8
LOG_LINES = 60


class View(NamedTuple):
    """Everything that follows from the store, in the order of the outputs."""

    run: dict[str, Any]
    headline: str
    loss: Figure | None
    accuracy: Figure | None
    log: str
    stop_after_epoch: dict[str, Any]
    stop_now: dict[str, Any]
    fine_tune: dict[str, Any]
    queue: str


def view(settings: Settings, run_id: int | None, is_log: bool) -> View:
    """Return what is to be seen of a run (the one at work, or the newest, if None)."""
    with connect(settings.db_path) as db:
        known = runs.every(db)
        waiting, ended = _queue(db)
        run = chosen(known, run_id)
        if run is None:
            return _nothing(queue.table(waiting, ended))
        history = runs.history(db, run.id)
        steps_of = steps.of_run(db, run.id)
        job = stored_jobs.of_run(db, run.id)
        before = [one.id for one in waiting].index(job.id) if job in waiting else 0
        data = versions.get(db, run.version_id).name if run.version_id else "?"
        parent = runs.get(db, run.parent_id).name if run.parent_id else None
        can_start = bool(runs.checkpoints(db, run.id))
        labels = choices.runs(db)
    best = kept_epoch(run, history)
    course = Course(run, history, steps_of, best)
    look = curves.Look(is_log=is_log)
    goes_on = run.status == "running"
    is_asked = job is not None and job.stop_requested
    return View(
        run=picker(labels, run.id, run_id),
        headline=headline(run, job, history, data, parent, before),
        loss=curves.draw("loss", [course], look),
        accuracy=curves.draw("accuracy", [course], look),
        log=jobs.log_tail(settings, job, LOG_LINES) if job else "",
        stop_after_epoch=gr.update(interactive=goes_on and not is_asked),
        stop_now=gr.update(interactive=goes_on),
        fine_tune=gr.update(interactive=can_start and not goes_on),
        queue=queue.table(waiting, ended),
    )


def picker(
    labels: Sequence[tuple[str, int]], run_id: int, asked: int | None
) -> dict[str, Any]:
    """Return the runs to choose from; turned to another only if that was asked for.

    An answer that comes late must not turn back a page that has moved on meanwhile.
    """
    if run_id == asked:
        return gr.update(choices=labels)
    return gr.update(choices=labels, value=run_id)


def chosen(known: Sequence[Run], run_id: int | None) -> Run | None:
    """Return the run asked for, else the one at work, else the newest."""
    wanted = next((run for run in known if run.id == run_id), None)
    at_work = next((run for run in known if run.status == "running"), None)
    return wanted or at_work or next(iter(known), None)


def kept_epoch(run: Run, history: Sequence[EpochEnded]) -> int | None:
    """Return the best epoch as recorded, or so far."""
    if run.best_epoch is not None:
        return run.best_epoch
    monitor = TrainConfig.model_validate(run.config).fit.callbacks.model_checkpoint
    return metrics.best_epoch(history, monitor.monitor)


def headline(
    run: Run,
    job: Job | None,
    history: Sequence[EpochEnded],
    version: str,
    parent: str | None,
    before: int,
) -> str:
    """Return a run in words: what it is, how far, how well, and why it ended."""
    config = TrainConfig.model_validate(run.config)
    mode = "Frozen" if config.mode == "freeze" else "Fine-tuned"
    start = f"{parent}, epoch {run.parent_epoch}" if parent else None
    origin = start or choices.origin(config.model.weights)
    what = f"{mode} {config.model.backbone} on {version}, from {origin}"
    state = "stopping" if job and job.stop_requested else run.status
    if run.status in ("failed", "stopped", "done"):
        state = run.status
    return (
        f'<section class="run" role="status" aria-label="{escape(run.name)}: {state}">'
        f'<h3>{escape(run.name)} <b class="badge {run.status}">{state}</b></h3>'
        f"<p>{escape(what)} · {escape(run.device or 'no device yet')}</p>"
        f"{_progress(run, job)}"
        f"{cards.facts(_facts(run, job, history, config.fit.epochs))}"
        f"{_ending(run, job, before)}</section>"
    )


def _facts(
    run: Run, job: Job | None, history: Sequence[EpochEnded], planned: int
) -> list[tuple[str, str]]:
    best = kept_epoch(run, history)
    found = [
        (f"{history[-1].epoch if history else 0} of {planned}", "epochs done"),
        (
            metrics.text("val_accuracy", metrics.at(history, best, "val_accuracy")),
            f"validation accuracy, best in epoch {best}" if best else "best so far",
        ),
    ]
    speed = metrics.last(history, "images_per_second")
    if speed is not None:
        found.append((metrics.digits(speed), "images a second"))
    left = job.progress.get("seconds_left") if job else None
    if run.status == "running" and left is not None:
        found.append((words.time_left(left).removesuffix(" left"), "left"))
    elif (seconds := lasted(run)) is not None:
        found.append((words.duration(seconds), "in all"))
    return found


def lasted(run: Run) -> float | None:
    """Return the seconds from a run's start to its end; None before the end."""
    if run.started_at is None or run.ended_at is None:
        return None
    return words.seconds_between(run.started_at, run.ended_at)


def _progress(run: Run, job: Job | None) -> str:
    if job is None or run.status != "running":
        return ""
    said = str(job.progress.get("message") or "starting the worker")
    # The epoch stands below; anything else, such as an export, is news.
    message = "" if said.startswith("Epoch ") else f"<p>{escape(said)}</p>"
    share = cards.done_share(job)
    return (
        f'{message}<progress max="1" value="{share:.3f}"'
        f' aria-label="Progress of the run">{words.percent(share)}</progress>'
    )


def _ending(run: Run, job: Job | None, before: int) -> str:
    if run.status == "queued":
        wait = f"{before} before it" if before else "it is next"
        return cards.note(f"Waits in the queue: {wait}.")
    if run.status == "running":
        asked = job is not None and job.stop_requested
        return cards.note("Ends after this epoch, as asked." if asked else "")
    if run.status == "failed":
        return cards.note(run.reason or "It failed, and no reason was recorded.", "bad")
    return cards.note(run.reason or "", "warn")


def _queue(db: Database) -> tuple[list[Job], list[Job]]:
    ended = [job for job in stored_jobs.every(db) if job.ended_at is not None]
    return stored_jobs.unfinished(db), ended[:ENDED_SHOWN]


def _nothing(queued: str) -> View:
    off: dict[str, Any] = gr.update(interactive=False)
    return View(
        run=gr.update(choices=[], value=None),
        headline=cards.empty(
            "No run yet",
            "Press “Start training”: the sample and a quick recipe are chosen already. "
            "The curves appear here and move while it learns.",
        ),
        loss=None,
        accuracy=None,
        log="",
        stop_after_epoch=off,
        stop_now=off,
        fine_tune=off,
        queue=queued,
    )
