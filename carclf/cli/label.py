"""carclf label: say what images show, look at who said what, take it back."""

from pathlib import Path
from typing import Annotated

import typer

from carclf import images, store
from carclf.cli.console import print_table, ready, say
from carclf.datasets import relabelling
from carclf.errors import DatasetError
from carclf.settings import Settings
from carclf.store import images as store_images
from carclf.store import labels

app = typer.Typer(no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="A photograph that was imported.")]


@app.command("set")
def set_label(
    file: File,
    name: Annotated[str, typer.Argument(help="The class; empty: not a vehicle.")],
) -> None:
    """Label a photograph; found by its content, wherever the file lies."""
    settings = ready()
    image_id = _image_id(settings, file)
    if name.strip():
        relabelling.save(settings, image_id, None, name)
    else:
        relabelling.reject(settings, image_id)
    _say_now(settings, image_id, file)


@app.command("drop")
def drop(file: File) -> None:
    """Leave a photograph out of the versions that are frozen from now on."""
    settings = ready()
    image_id = _image_id(settings, file)
    relabelling.drop(settings, image_id)
    _say_now(settings, image_id, file)


@app.command("history")
def history(file: File) -> None:
    """Show every label a photograph ever had, oldest first."""
    settings = ready()
    image_id = _image_id(settings, file)
    with store.connect(settings.db_path) as db:
        events = labels.history(db, image_id)
    print_table(
        ["when (UTC)", "who or what", "label", "undoes"],
        [
            [one.at, one.source, relabelling.in_words(one), one.undoes or ""]
            for one in events
        ],
    )


@app.command("undo")
def undo(file: File) -> None:
    """Take a photograph's last label back."""
    settings = ready()
    image_id = _image_id(settings, file)
    with store.connect(settings.db_path) as db:
        last = labels.history(db, image_id)[-1]
        labels.undo(db, last.id, relabelling.PERSON)
    _say_now(settings, image_id, file)


def _say_now(settings: Settings, image_id: int, file: Path) -> None:
    with store.connect(settings.db_path) as db:
        now = labels.current(db, image_id)
    if now is not None:
        say(f"{file.name}: {relabelling.in_words(now)}")


def _image_id(settings: Settings, file: Path) -> int:
    facts = images.describe(file)
    with store.connect(settings.db_path) as db:
        found = store_images.by_content(db, facts.sha256)
    if found is None:
        raise DatasetError(
            f"{file} is in no dataset version. Import its folder first: "
            "carclf datasets import FOLDER."
        )
    return found.id
