"""Label, out and in again: the labels of a version as a CSV file."""

from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from carclf.datasets import label_table, relabelling
from carclf.errors import DatasetError
from carclf.settings import Settings
from carclf.store import connect, versions
from carclf.ui import cards, downloads
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import THEN, wire

_OUT = (
    "A line for each image of the version, whatever is filtered above: its class now "
    "(empty: not a vehicle), file, split, vehicle box, and who said so when. The table "
    "imports as a data set, too."
)
_IN = (
    "A table with a class and a file in each line, in any order of columns. What it "
    "says becomes one act, which can be undone as one."
)


def build(settings: Settings, version: Any) -> gr.DownloadButton:
    """Lay both ways out; return what `export_table` fills."""
    with gr.Row(elem_classes="split"):
        with gr.Column(min_width=300):
            gr.HTML(cards.note(_OUT))
            export = gr.DownloadButton("Export labels as CSV", variant="primary")
        with gr.Column(min_width=300):
            gr.HTML(cards.note(_IN))
            given = gr.File(
                label="Table of labels", file_types=[".csv", ".tsv"], height=110
            )
            add = gr.Checkbox(False, label="Add classes that the version does not have")
            take = gr.Button("Import labels", variant="primary")
            told, batch = gr.HTML(), gr.State()
            undo = gr.Button("Undo this import", visible=False)
    shown = [told, batch, undo]
    for done in (
        wire(take.click, partial(import_table, settings), [version, given, add], shown),
        wire(undo.click, partial(undo_import, settings), batch, shown),
    ):
        done.then(partial(export_table, settings), version, export, **THEN)
    return export


@shown_to_user
def export_table(settings: Settings, version_id: int | None) -> str | None:
    """Return where the labels of a version lie as a CSV file; None for no version."""
    if version_id is None:
        return None
    with connect(settings.db_path) as db:
        name = versions.get(db, version_id).name
    rows = label_table.rows(settings, version_id)
    return downloads.csv_file(
        settings, f"labels of {name}.csv", label_table.COLUMNS, rows
    )


@shown_to_user
def import_table(
    settings: Settings,
    version_id: int | None,
    given: dict[str, Any] | None,
    may_add: bool,
) -> tuple[Any, ...]:
    """Label images as a table says; return what became of it, and how to undo it."""
    if version_id is None:
        raise DatasetError("There is no version to label. Import photographs first.")
    if not given or not given.get("path"):
        raise DatasetError("Choose a CSV file first.")
    report = label_table.read(
        settings, version_id, Path(given["path"]), may_add_classes=may_add
    )
    told = label_table.in_words(report)
    is_whole = not (report.unknown_images or report.new_classes or report.troubles)
    batch = report.batch.id if report.batch else None
    return (
        cards.notes(told, "good" if is_whole else "warn"),
        batch,
        gr.update(visible=batch is not None),
    )


@shown_to_user
def undo_import(settings: Settings, batch_id: int | None) -> tuple[Any, ...]:
    """Take back what an import said; return how that went."""
    if batch_id is None:
        raise DatasetError("There is no import to undo.")
    undone = relabelling.undo_batch(settings, batch_id)
    return (
        cards.note(f"Taken back: the labels of {len(undone):,} images.", "good"),
        None,
        gr.update(visible=False),
    )
