"""carclf runs: what was trained, and how it went."""

import difflib
from collections.abc import Sequence
from typing import Annotated

import typer

from carclf import jobs, lineage, recorded, sheet, store, words
from carclf.cli.console import confirm, follow, print_table, ready, say, warn
from carclf.errors import JobError
from carclf.sheet import Column, Sieve
from carclf.store import jobs as store_jobs
from carclf.store import marks, notes, runs, summaries

app = typer.Typer(no_args_is_help=True)

LISTED = (
    "id",
    "name",
    "status",
    "version",
    "mode",
    "backbone",
    "epochs",
    "best val_accuracy",
    "parent",
)

UNFINISHED = ("queued", "running")
RunName = Annotated[str, typer.Argument(help="A run's number or name.")]


@app.command("list")
def list_runs(
    text: Annotated[str, typer.Argument(help="In the name, note, tags…")] = "",
    status: Annotated[str, typer.Option(help="done, failed, stopped, …")] = "",
    version: Annotated[str, typer.Option(help="Of these images.")] = "",
    tag: Annotated[str, typer.Option(help="With this tag.")] = "",
    starred: Annotated[bool, typer.Option("--starred", help="With a star.")] = False,
    archived: Annotated[
        bool, typer.Option("--archived", help="Those in the archive, and no others.")
    ] = False,
    columns: Annotated[
        str, typer.Option(help="Comma between them; “all” names those there are.")
    ] = "",
    differs: Annotated[
        bool, typer.Option("--differs", help="Only columns in which the runs differ.")
    ] = False,
    sort: Annotated[str, typer.Option(help="By this column, largest first.")] = "id",
) -> None:
    """List runs, newest first."""
    settings = ready()
    sieve = Sieve(text, status, version, tag, starred, archived)
    with store.connect(settings.db_path) as db:
        metrics = summaries.metrics(db)
        family = lineage.everyone(db, metrics)
    known = sheet.columns(family, metrics)
    if columns == "all":
        say("\n".join(one.name for one in known))
        return
    wanted = _columns(known, [one.strip() for one in columns.split(",") if one.strip()])
    found = sheet.sort(
        sheet.sift(family, sieve), _columns(known, [sort])[0], descending=True
    )
    if differs:
        identity = sheet.named(known, ["id", "name"])
        others = [one for one in known if one not in identity]
        wanted = [*identity, *sheet.differing(found, others)]
    print_table(
        [one.title.lower() for one in wanted],
        [[sheet.text(one.kind, one.value(run)) for one in wanted] for run in found],
    )


def _columns(known: Sequence[Column], names: Sequence[str]) -> list[Column]:
    """Return the columns of these names, the usual ones for none.

    Raises:
        JobError: There is no such column.
    """
    by_name = {column.name: column for column in known}
    if unknown := [name for name in names if name not in by_name]:
        near = difflib.get_close_matches(unknown[0], by_name, 1)
        meant = f" Did you mean “{near[0]}”?" if near else ""
        raise JobError(
            f"There is no column “{unknown[0]}”.{meant} "
            "`carclf runs list --columns all` names those there are."
        )
    return [by_name[name] for name in names or LISTED]


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


@app.command("tag")
def tag(
    run: RunName,
    names: Annotated[list[str] | None, typer.Argument(help="Tags to give.")] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", help="A tag to take away.")
    ] = None,
) -> None:
    """Give a run tags, or take some away; say those it has."""
    with store.connect(ready().db_path) as db:
        found = runs.find(db, run)
        with db.atomic():
            marks.tag(db, found.id, names or [])
            marks.untag(db, found.id, remove or [])
        say(", ".join(marks.of_run(db, found.id).tags) or "No tags.")


@app.command("note")
def note(
    run: RunName,
    text: Annotated[
        str | None, typer.Argument(help="The note; “” takes it away.")
    ] = None,
) -> None:
    """Write a note on a run, or say the one it has."""
    with store.connect(ready().db_path) as db:
        found = runs.find(db, run)
        if text is not None:
            marks.write(db, found.id, text)
        say(marks.of_run(db, found.id).note or "No note.")


@app.command("star")
def star(
    run: RunName,
    off: Annotated[bool, typer.Option("--off", help="Take the star off.")] = False,
) -> None:
    """Star a run, to find it again."""
    with store.connect(ready().db_path) as db:
        marks.star(db, runs.find(db, run).id, not off)


@app.command("archive")
def archive(
    run: RunName,
    off: Annotated[bool, typer.Option("--off", help="Take it out again.")] = False,
) -> None:
    """Move a run out of sight; it keeps all it has."""
    with store.connect(ready().db_path) as db:
        marks.archive(db, runs.find(db, run).id, not off)


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
