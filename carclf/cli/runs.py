"""carclf runs: what was trained, and how it went."""

from typing import Annotated

import typer

from carclf import jobs, recorded, store, words
from carclf.cli.console import confirm, follow, print_table, ready, say, warn
from carclf.errors import JobError
from carclf.records import Run
from carclf.store import jobs as store_jobs
from carclf.store import notes, runs, versions

app = typer.Typer(no_args_is_help=True)

UNFINISHED = ("queued", "running")
RunName = Annotated[str, typer.Argument(help="A run's number or name.")]


@app.command("list")
def list_runs() -> None:
    """List all runs, newest first."""
    settings = ready()
    with store.connect(settings.db_path) as db:
        found = runs.every(db)
        histories = runs.histories(db, [one.id for one in found])
        by_id = {one.id: one for one in versions.every(db)}
    rows = []
    for one in found:
        shares = [
            event.metrics["val_accuracy"]
            for event in histories[one.id]
            if "val_accuracy" in event.metrics
        ]
        rows.append(
            [
                one.id,
                one.name,
                one.status,
                recorded.images(one, by_id.get(one.version_id or 0)),
                recorded.mode(one) or "–",
                recorded.backbone(one) or "–",
                len(histories[one.id]),
                words.percent(max(shares), 1) if shares else "–",
                _parent(one),
            ]
        )
    print_table(
        [
            "id",
            "name",
            "status",
            "version",
            "mode",
            "backbone",
            "epochs",
            "best validation",
            "parent",
        ],
        rows,
    )


def _parent(run: Run) -> str:
    if run.parent_id is None:
        return "–"
    # Until the parent has ended, nobody knows its best epoch.
    return f"{run.parent_id}@{run.parent_epoch or 'best'}"


@app.command("show")
def show(run: RunName) -> None:
    """Show a run: its settings, its epochs, and why it failed if it did."""
    settings = ready()
    with store.connect(settings.db_path) as db:
        found = runs.find(db, run)
        history = runs.history(db, found.id)
        happened = notes.of_run(db, found.id)
    say(f"{found.name}: {found.status}")
    if found.reason:
        say(found.reason)
    for note in happened:
        say(note.text)
    say(recorded.as_yaml(found))
    names = ["loss", "accuracy", "val_loss", "val_accuracy"]
    print_table(
        ["epoch", *names],
        [
            [event.epoch, *(_figure(event.metrics.get(name)) for name in names)]
            for event in history
        ],
    )


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


@app.command("stop")
def stop(
    run: RunName,
    now: Annotated[bool, typer.Option("--now", help="Not after the epoch.")] = False,
) -> None:
    """Stop a run after its epoch, or take it out of the queue."""
    settings = ready()
    with store.connect(settings.db_path) as db:
        found = runs.find(db, run)
        job = store_jobs.of_run(db, found.id)
    if job is None:
        raise JobError(f"“{found.name}” was imported; there is nothing to stop.")
    if now:
        jobs.stop_now(settings, job.id)
    else:
        jobs.stop_after_epoch(settings, job.id)


@app.command("resume")
def resume(
    run: RunName,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="How many in all, if not as planned.")
    ] = None,
    queue: Annotated[
        bool, typer.Option("--queue", help="Do not wait for the end.")
    ] = False,
) -> None:
    """Go on with a run that was stopped or failed, or train a finished one longer."""
    settings = ready()
    with store.connect(settings.db_path) as db:
        found = runs.find(db, run)
    job = jobs.resume(settings, found.id, epochs)
    if queue:
        say(f"“{found.name}” waits in the queue, as job {job.id}.")
    else:
        follow(settings, job)


@app.command("queue")
def queue(
    hold_on_failure: Annotated[
        bool | None,
        typer.Option(
            "--hold-on-failure/--continue",
            help="What a failed job does to those behind it, from now on.",
        ),
    ] = None,
    release: Annotated[
        bool, typer.Option("--release", help="Let a held queue go on.")
    ] = False,
) -> None:
    """List what runs and what waits, in order."""
    settings = ready()
    if hold_on_failure is not None:
        jobs.continue_after_failure(settings, not hold_on_failure)
    if release:
        jobs.release(settings)
    with store.connect(settings.db_path) as db:
        found = store_jobs.unfinished(db)
    print_table(
        ["job", "status", "title"], [[one.id, one.status, one.title] for one in found]
    )
    if jobs.is_held(settings):
        warn(
            "A failed job holds the queue. `carclf runs queue --release` lets it go on."
        )


@app.command("clean")
def clean(
    run: Annotated[str | None, typer.Argument(help="A run's number or name.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every run.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove the weights of all but the best epoch, and what resuming needs."""
    settings = ready()
    if (run is None) != every:
        raise JobError("Name a run, or say --all.")
    with store.connect(settings.db_path) as db:
        found = runs.every(db) if run is None else [runs.find(db, run)]
    # One that waits or runs is refused by name, and passed over among all.
    ended = [one for one in found if not every or one.status not in UNFINISHED]
    confirm(f"Remove spare weights of {words.count(len(ended), 'run')}?", yes)
    freed = sum(jobs.clean_checkpoints(settings, one.id) for one in ended)
    say(f"{words.size(freed)} freed.")


@app.command("delete")
def delete(
    run: RunName,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a run, its folder and its evaluations."""
    settings = ready()
    with store.connect(settings.db_path) as db:
        found = runs.find(db, run)
    confirm(f"Delete run {found.id} (“{found.name}”) with its weights?", yes)
    jobs.delete_run(settings, found.id)
