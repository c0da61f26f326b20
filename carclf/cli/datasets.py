"""carclf datasets: the versions there are, and new ones."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from carclf import jobs, store, words
from carclf.cli import dataset_versions as version_commands
from carclf.cli import readings
from carclf.cli.console import confirm, follow, print_table, ready, say, warn
from carclf.datasets import health, proposal, remedies, sources
from carclf.datasets import versions as dataset_versions
from carclf.records import SPLITS
from carclf.store import versions

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="A dataset version's name.")]
Folder = Annotated[Path, typer.Argument(help="A folder of photographs.")]


app.command("compare")(version_commands.compare)
app.command("export")(version_commands.export)


@app.command("list")
def list_versions() -> None:
    """List the dataset versions, newest first."""
    settings = ready()
    with store.connect(settings.db_path) as db:
        found = versions.every(db)
    print_table(
        ["name", "images", "classes", "train", "validation", "test", "background"],
        [
            [
                one.name,
                sum(one.counts.values()),
                len(one.classes),
                *one.counts.values(),
                one.treatment.get("remover", "none"),
            ]
            for one in found
        ],
    )


@app.command("show")
def show(name: Name) -> None:
    """Show a version: its classes, and what looks wrong in it."""
    settings = ready()
    with store.connect(settings.db_path) as db:
        version = versions.by_name(db, name)
        by_class = versions.counts(db, version.id)
    print_table(["class", "split", "images"], by_class)
    print_findings(health.check(settings, version.id))
    with store.connect(settings.db_path) as db:
        waiting = remedies.summary(db, version.id)
    if waiting:
        say(f"{waiting}: freeze a new version to train with that.")


def print_findings(found: Sequence[health.Finding]) -> None:
    for finding in found:
        say(f"• {finding.of.title}: {finding.words}")


@app.command("look")
def look(
    folder: Folder,
    layout: readings.Layout = "",
    file: readings.File = "",
    column: readings.Columns = None,
    no_header: readings.NoHeader = False,
    split: readings.Splits = None,
    first_level: readings.FirstLevel = "",
    leave_out: readings.LeaveOut = None,
) -> None:
    """Say what an import of a folder would do, and what is wrong with it.

    Nothing is written. Leaves with exit code 1 if the folder cannot be imported so.
    """
    found = proposal.look(
        folder,
        readings.reading(
            layout, file, column, no_header, split, first_level, leave_out
        ),
    )
    _print_proposal(found)
    if found.problem:
        warn(found.problem)
        raise typer.Exit(1)


@app.command("import")
def import_sources(
    source: Annotated[
        list[str],
        typer.Argument(
            help="A folder, an archive, a table, an address that begins with s3://, "
            "https:// or http://, or “sample”. Several become one version."
        ),
    ],
    name: Annotated[str, typer.Option(help="What to call the version.")] = "",
    profile: Annotated[
        str, typer.Option(help="S3: the profile in ~/.aws whose credentials to use.")
    ] = "",
    endpoint: Annotated[
        str, typer.Option(help="S3: the address of another server than Amazon's.")
    ] = "",
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="S3: ask without credentials.")
    ] = False,
    layout: readings.Layout = "",
    file: readings.File = "",
    column: readings.Columns = None,
    no_header: readings.NoHeader = False,
    split: readings.Splits = None,
    first_level: readings.FirstLevel = "",
    leave_out: readings.LeaveOut = None,
) -> None:
    """Make a version of photographs; `carclf datasets look` tells first of a folder.

    A download that was stopped or killed goes on where it was, by the same command.
    """
    reading = readings.reading(
        layout, file, column, no_header, split, first_level, leave_out
    )
    access = sources.Access(profile, endpoint, anonymous)
    wanted = [sources.parse(one) for one in source]
    settings = ready()
    job = jobs.submit_import(settings, wanted, name, access, reading)
    follow(settings, job)
    with store.connect(settings.db_path) as db:
        made = versions.by_name(db, job.settings["name"])
        left_out = len(versions.skipped(db, made.id))
    say(
        f"{made.name}: {words.count(sum(made.counts.values()), 'image')} of "
        f"{words.count(len(made.classes), 'class', 'classes')}"
        + (f", {words.count(left_out, 'file')} left out" if left_out else "")
    )


def _print_proposal(found: proposal.Proposal) -> None:
    say(f"{found.folder}: {found.words}")
    for role, column in found.mapping.items():
        say(f"  {role}: column “{column}”")
    splits: dict[str, dict[str, int]] = {}
    for (label, split), number in found.counts.items():
        splits.setdefault(label, {})[split or "none"] = number
    names = [*SPLITS, "none"]
    rows = [
        [label, *(by_split.get(one, 0) for one in names)]
        for label, by_split in splits.items()
    ]
    print_table(["class", *SPLITS, "no split"], rows)
    for finding in found.findings:
        say(f"• {finding.kind.words}: {finding.count:,}. {finding.kind.remedy}")
        for example in finding.examples:
            say(f"    {example}")
    for line in found.plan:
        say(line)


@app.command("freeze")
def freeze(
    name: Name,
    new_name: Annotated[str, typer.Option("--as", help="The new version's name.")],
) -> None:
    """Freeze a new version of one, with the labels as they are now."""
    settings = ready()
    with store.connect(settings.db_path) as db:
        version = versions.by_name(db, name)
    frozen = dataset_versions.freeze(settings, version.id, new_name)
    images = words.count(sum(frozen.counts.values()), "image")
    say(f"{frozen.name}: {images}, hash {frozen.hash[:12]}")


@app.command("delete")
def delete(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a version that nothing was built on."""
    settings = ready()
    with store.connect(settings.db_path) as db:
        version = versions.by_name(db, name)
    confirm(f"Delete the dataset version “{version.name}”?", yes)
    dataset_versions.delete(settings, version.id)
    say(f"{version.name}: deleted")
