"""carclf datasets: the versions there are, and new ones."""

from pathlib import Path
from typing import Annotated

import typer

from carclf import jobs, store, words
from carclf.cli.console import confirm, follow, print_table, ready, say
from carclf.datasets import health
from carclf.datasets import versions as dataset_versions
from carclf.store import versions

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="A dataset version's name.")]


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
    for finding in health.check(settings, version.id):
        say(f"• {finding.words}")


@app.command("import")
def import_folder(
    folder: Annotated[Path, typer.Argument(help="A folder of photographs.")],
    name: Annotated[str, typer.Option(help="What to call the version.")] = "",
) -> None:
    """Make a version from a folder: `<class>/*`, `train/<class>/*`, or labels.csv."""
    settings = ready()
    follow(settings, jobs.submit_import(settings, folder, name or folder.name))


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
