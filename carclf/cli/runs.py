"""carclf runs: what was trained, and how it went."""

from typing import Annotated

import typer

from carclf import jobs, recorded, store, words
from carclf.cli.console import confirm, print_table, ready, say
from carclf.errors import JobError
from carclf.store import jobs as store_jobs
from carclf.store import notes, runs, versions

app = typer.Typer(no_args_is_help=True)

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
                f"{one.parent_id}@{one.parent_epoch}" if one.parent_id else "–",
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
