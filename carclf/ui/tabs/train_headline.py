"""A run in words: what it is, how far, how well, what it takes, why it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from carclf import metrics, recorded, words
from carclf.records import EpochEnded, Job, Note, Run
from carclf.ui import cards, choices

NOTES_SHOWN = 4

Fact = tuple[str, str]


@dataclass(frozen=True)
class Told:
    """What is told of a run.

    Attributes:
        best: The best epoch, as recorded or so far.
        images: What it learns from, in words.
        parent: The name of the run it began from.
        before: How many jobs wait before it.
    """

    run: Run
    job: Job | None
    history: Sequence[EpochEnded]
    best: int | None
    notes: Sequence[Note]
    images: str
    parent: str | None
    before: int

    @property
    def is_at_work(self) -> bool:
        return self.run.status == "running"


def of(told: Told) -> str:
    """Return all there is to say of a run."""
    run = told.run
    what = recorded.network(run)
    what = f"{what[:1].upper()}{what[1:]} on {told.images}{_origin(told)}"
    is_stopping = told.is_at_work and told.job is not None and told.job.stop_requested
    state = "stopping" if is_stopping else run.status
    return (
        f'<section class="run" role="status" aria-label="{escape(run.name)}: {state}">'
        f'<h3>{escape(run.name)} <b class="badge {run.status}">{state}</b></h3>'
        f"<p>{escape(' · '.join(part for part in (what, _device(run)) if part))}</p>"
        f"{_progress(told)}{cards.facts(_results(told))}{_machine(told)}"
        f"{_events(told.notes)}{_ending(told)}</section>"
    )


def _device(run: Run) -> str:
    if run.device is None and run.status in ("queued", "running"):
        return "no device yet"
    return run.device or ""


def _origin(told: Told) -> str:
    if told.parent:
        return f", from {told.parent}, epoch {told.run.parent_epoch}"
    weights = recorded.weights(told.run)
    return f", from {choices.origin(weights)}" if weights else ""


def _results(told: Told) -> list[Fact]:
    done = told.history[-1].epoch if told.history else 0
    planned = recorded.epochs(told.run)
    accuracy = metrics.at(told.history, told.best, "val_accuracy")
    found = [
        (f"{done} of {planned}" if planned else str(done), "epochs done"),
        (
            metrics.text("val_accuracy", accuracy),
            f"validation accuracy, best in epoch {told.best}"
            if told.best
            else "best so far",
        ),
    ]
    speed = _now(told, "images_per_second")
    if speed is not None:
        found.append((metrics.digits(speed), "images a second"))
    left = told.job.progress.get("seconds_left") if told.job else None
    if told.is_at_work and left is not None:
        found.append((words.time_left(left).removesuffix(" left"), "left"))
    elif (seconds := _lasted(told.run)) is not None:
        found.append((words.duration(seconds), "in all"))
    return found


def _machine(told: Told) -> str:
    """Return what the training takes of the machine, or took at the end."""
    size = _now(told, "batch_size") or recorded.batch_size(told.run)
    found = [(f"{size:.0f}", "images a batch")] if size else []
    for name, said, text in (
        ("waiting_share", "waiting for images", _share),
        ("memory_bytes", "memory" if told.is_at_work else "memory at most", words.size),
        ("cpu_share", "of the processor", _share),
        ("gpu_share", "of the GPU", _share),
    ):
        value = _now(told, name)
        if value is not None:
            found.append((text(value), said))
    used, total = _now(told, "gpu_memory_bytes"), _now(told, "gpu_memory_total_bytes")
    if used is not None and total is not None:
        found.append((f"{words.size(used)} of {words.size(total)}", "GPU memory"))
    if not found:
        return ""
    parts = "".join(
        f"<li><b>{escape(value)}</b> {escape(said)}</li>" for value, said in found
    )
    return f'<ul class="machine" aria-label="What it takes">{parts}</ul>'


def _now(told: Told, name: str) -> float | None:
    """Return a figure of the moment while it learns, else of the last epoch."""
    if told.is_at_work and told.job is not None:
        moment: float | None = told.job.progress.get(name)
        if moment is not None:
            return moment
    return metrics.last(told.history, name)


def _share(value: float) -> str:
    # Under 2 % is what a training should wait; whole points would hide it.
    return words.percent(value, 1 if 0 < value < 0.095 else 0)


def _lasted(run: Run) -> float | None:
    """Return the seconds from a run's start to its end; None before the end."""
    if run.started_at is None or run.ended_at is None:
        return None
    return words.seconds_between(run.started_at, run.ended_at)


def _progress(told: Told) -> str:
    if told.job is None or not told.is_at_work:
        return ""
    said = str(told.job.progress.get("message") or "starting the worker")
    # The epoch stands below; anything else, such as an export, is news.
    message = "" if said.startswith("Epoch ") else f"<p>{escape(said)}</p>"
    share = cards.done_share(told.job)
    return (
        f'{message}<progress max="1" value="{share:.3f}"'
        f' aria-label="Progress of the run">{words.percent(share)}</progress>'
    )


def _events(notes: Sequence[Note]) -> str:
    """Return what happened on the way, with its time; the newest are in sight."""
    if not notes:
        return ""
    rows = [
        f"<li><time>{words.local_time(one.at)}</time> {escape(one.text)}</li>"
        for one in notes
    ]
    earlier, newest = "".join(rows[:-NOTES_SHOWN]), "".join(rows[-NOTES_SHOWN:])
    if earlier:
        said = words.count(len(rows) - NOTES_SHOWN, "earlier note")
        earlier = (
            f"<details><summary>{said}</summary>"
            f'<ul class="events">{earlier}</ul></details>'
        )
    return f'{earlier}<ul class="events" aria-label="What happened">{newest}</ul>'


def _ending(told: Told) -> str:
    run, job = told.run, told.job
    if run.status == "queued":
        wait = f"{told.before} before it" if told.before else "it is next"
        return cards.note(f"Waits in the queue: {wait}.")
    if run.status == "running":
        asked = job is not None and job.stop_requested
        return cards.note("Ends after this epoch, as asked." if asked else "")
    if run.status == "failed":
        return cards.note(run.reason or "It failed, and no reason was recorded.", "bad")
    return cards.note(run.reason or "", "warn")
