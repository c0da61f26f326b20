"""carclf label: say what images show, look at who said what, take it back.

Many at once go out and in as a table; the doubtful ones are listed first.
"""

from pathlib import Path
from typing import Annotated

import typer

from carclf import images, jobs, store, words
from carclf.cli.console import follow, print_table, ready, say
from carclf.datasets import boxes, label_table, relabelling
from carclf.errors import DatasetError
from carclf.evaluation import cleaning
from carclf.records import Box
from carclf.settings import Settings
from carclf.store import boxes as stored_boxes
from carclf.store import images as store_images
from carclf.store import labels, reviews, runs, versions

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
    """Take back what a person said last of a photograph; again: what was said before.

    What an import or a run said stays.
    """
    settings = ready()
    image_id = _image_id(settings, file)
    relabelling.undo(settings, image_id)
    _say_now(settings, image_id, file)


@app.command("box")
def box(
    file: File,
    edges: Annotated[
        list[int] | None,
        typer.Argument(help="Left, top, right and bottom in pixels; none: no box."),
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take back the box that was drawn last.")
    ] = False,
) -> None:
    """Say where the vehicle is in a photograph, for removers and the next version."""
    settings = ready()
    image_id = _image_id(settings, file)
    if undo:
        with store.connect(settings.db_path) as db:
            stored_boxes.undo(db, image_id, relabelling.PERSON)
    else:
        relabelling.save_box(settings, image_id, _box(edges))
    with store.connect(settings.db_path) as db:
        found = versions.box_of(db, image_id)
    say(f"{file.name}: {boxes.in_words(found) if found else 'no box'}")


@app.command("export")
def export(
    version: Annotated[str, typer.Argument(help="A dataset version's name.")],
    to: Annotated[Path, typer.Argument(help="Where to write the table, as .csv.")],
) -> None:
    """Write every label of a version, as it is now, to a table."""
    settings = ready()
    with store.connect(settings.db_path) as db:
        found = versions.by_name(db, version)
    count = label_table.write(settings, found.id, to)
    say(f"{to}: {words.count(count, 'label')}")


@app.command("import")
def take(
    version: Annotated[str, typer.Argument(help="A dataset version's name.")],
    table: Annotated[Path, typer.Argument(help="A table of classes and files.")],
    new_classes: Annotated[
        bool, typer.Option(help="Take classes that the version does not have.")
    ] = False,
) -> None:
    """Label the images of a version as a table says."""
    settings = ready()
    with store.connect(settings.db_path) as db:
        found = versions.by_name(db, version)
    report = label_table.read(settings, found.id, table, may_add_classes=new_classes)
    for line in label_table.in_words(report):
        say(line)
    if report.batch:
        say(f"To take it back: carclf label undo-batch {report.batch.id}")


@app.command("undo-batch")
def undo_batch(
    number: Annotated[int, typer.Argument(help="As the import or the page told.")],
) -> None:
    """Take back what was said of many photographs at once."""
    undone = relabelling.undo_batch(ready(), number)
    say(f"Taken back: {words.count(len(undone), 'label')}")


@app.command("queue")
def queue(
    run: Annotated[str, typer.Argument(help="A run, by name or number.")],
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    most: Annotated[int, typer.Option(help="How many images to list.")] = 50,
) -> None:
    """List the images whose labels to doubt first, by the answers of a run.

    The answers on training images are cross-validated, which takes a while once.
    """
    settings = ready()
    with store.connect(settings.db_path) as db:
        chosen = runs.find(db, run)
    if split == "train" and cleaning.of_run(settings, chosen.id, split) is None:
        follow(settings, jobs.submit_cross_validation(settings, chosen.id))
    found = cleaning.of_run(settings, chosen.id, split)
    if found is None:
        raise DatasetError(
            f"“{chosen.name}” has no answers of every class on {split} images. Judge "
            f"it first: carclf evaluate {run} --split {split}."
        )
    with store.connect(settings.db_path) as db:
        paths = store_images.get_many(db, [one.image_id for one in found[:most]])
        looked = reviews.of(db, [one.image_id for one in found])
    print_table(
        ["doubt", "label", "share", "rather", "looked at", "image"],
        [
            [
                *(one.reason, one.label, words.percent(one.share)),
                *(one.prediction.label, looked.get(one.image_id, "")),
                settings.resolve(paths[one.image_id].path),
            ]
            for one in found[:most]
        ],
    )


def _box(edges: list[int] | None) -> Box | None:
    if not edges:
        return None
    found = boxes.parse(edges) if len(edges) == 4 else None
    if found is None:
        raise DatasetError(
            f"{' '.join(map(str, edges))} is no box. Give left, top, right and bottom."
        )
    return found


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
