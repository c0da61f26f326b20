"""Evaluate, class by class: precision, recall and F1, filtered by what names tell."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr
import pandas as pd

from carclf import hierarchy, words
from carclf.evaluation import confusions, report
from carclf.hierarchy import Hierarchy
from carclf.settings import Settings
from carclf.ui import cards, downloads, evaluated, tables
from carclf.ui.clicks import with_row
from carclf.ui.errors import shown_to_user
from carclf.ui.evaluated import Evaluated
from carclf.ui.navigation import wire

ANY = "Any"
NOT_TOLD = "not told"
ROWS = ("class", "make", "body", "year")
SHARE_COLUMNS = ["Recall %", "Precision %", "F1 %"]
CLASS_COLUMNS = ["Class", "Images", *SHARE_COLUMNS, "Most often called"]
_MEANS = {"recall": "recall", "precision": "precision", "f1": "F1"}
NUMBERS = {"Images", "Classes", *SHARE_COLUMNS}


class Filter(NamedTuple):
    """Which classes: components in the layout, their values in a handler."""

    rows: Any
    make: Any
    body: Any
    year: Any
    text: Any


class Classes(NamedTuple):
    """The table, its averages, and the same as a file."""

    averages: Any
    table: Any
    download: Any


def build(settings: Settings, evaluation: gr.Dropdown) -> tuple[Filter, Classes]:
    with gr.Row():
        rows = gr.Dropdown(
            list(ROWS), value="class", label="A row for each", min_width=110
        )
        make, body, year = (
            gr.Dropdown([ANY], value=ANY, label=part, min_width=110)
            for part in ("Make", "Body", "Year")
        )
        text = gr.Textbox(
            label="Find a class", placeholder="part of its name", min_width=160
        )
    averages = gr.HTML()
    table = tables.create(
        "Classes, worst first",
        CLASS_COLUMNS,
        NUMBERS,
        widths=("29%", "11%", "11%", "13%", "10%", "26%"),
    )
    download = gr.DownloadButton("Download classes as CSV", size="sm")
    wanted = Filter(rows, make, body, year, text)
    classes = Classes(averages, table, download)
    wire(
        [*(one.input for one in wanted[:-1]), text.change],
        partial(narrow, settings),
        [evaluation, *wanted],
        list(classes),
    )
    wire(
        table.select,
        with_row(partial(open_group, settings)),
        [evaluation, *wanted],
        [*wanted, *classes],
    )
    return wanted, classes


def fill(
    settings: Settings, found: Evaluated, known: Hierarchy
) -> tuple[Filter, Classes]:
    """Return what is shown of an evaluation at first: all of its classes."""
    table = report.per_class(found.judged, known)
    make, body, year = (_choices(table, part) for part in ROWS[1:])
    everything = Filter("class", ANY, ANY, ANY, "")
    shown = _shown(settings, found, table, everything)
    return Filter("class", make, body, year, ""), shown


def nothing() -> tuple[Filter, Classes]:
    none = gr.update(choices=[ANY], value=ANY)
    table = pd.DataFrame(columns=CLASS_COLUMNS)
    return Filter("class", none, none, none, ""), Classes("", table, None)


@shown_to_user
def narrow(settings: Settings, evaluation_id: int | None, *values: str) -> Classes:
    """Return the classes that match, with averages over them alone."""
    if evaluation_id is None:
        return nothing()[1]
    found = evaluated.load(settings, evaluation_id)
    table = report.per_class(found.judged, hierarchy.load(settings))
    return _shown(settings, found, table, Filter(*values))


@shown_to_user
def open_group(
    settings: Settings, row: list[Any], evaluation_id: int, *values: str
) -> Any:
    """Return the classes of the clicked make, body or year; nothing new of a class."""
    wanted, name = Filter(*values), str(row[0])
    if wanted.rows == "class" or name == NOT_TOLD:
        return gr.skip()
    narrowed = Filter(**{**wanted._asdict(), "rows": "class", wanted.rows: name})
    return *narrowed, *narrow(settings, evaluation_id, *narrowed)


def _choices(table: pd.DataFrame, part: str) -> Any:
    told = sorted({value for value in table[part] if value}, key=str.casefold)
    return gr.update(choices=[ANY, *told], value=ANY, visible=bool(told))


def _shown(
    settings: Settings, found: Evaluated, table: pd.DataFrame, wanted: Filter
) -> Classes:
    table = matching(table, wanted)
    averages = report.averages(table)
    path = downloads.csv_file(
        settings, "classes.csv", *_csv(table, averages, wanted.rows)
    )
    if wanted.rows == "class":
        shown = _class_table(found, table)
    else:
        shown = _group_table(table, wanted.rows)
    kinds = ["number" if name in NUMBERS else "str" for name in shown.columns]
    return Classes(
        _averages(table, averages),
        gr.update(value=shown, datatype=kinds),
        path,
    )


def matching(table: pd.DataFrame, wanted: Filter) -> pd.DataFrame:
    """Return the rows of `report.per_class` that a filter lets through."""
    for part in ROWS[1:]:
        value = getattr(wanted, part)
        if value != ANY:
            table = table[table[part] == value]
    text = (wanted.text or "").strip().casefold()
    holds = [text in name.casefold() for name in table["class"]]
    return table[pd.Series(holds, index=table.index, dtype=bool)]


def _class_table(found: Evaluated, table: pd.DataFrame) -> pd.DataFrame:
    """Return a row a class; shares in percent, for people."""
    shown = table[["class", "images", "recall", "precision", "f1"]].copy()
    called = {
        pair.label: f"{pair.predicted} ({pair.count})"
        for pair in reversed(confusions.pairs(found.judged))
    }
    shown["called"] = [called.get(name, "") for name in table["class"]]
    return _in_percent(shown).set_axis(CLASS_COLUMNS, axis=1)


def _group_table(table: pd.DataFrame, part: str) -> pd.DataFrame:
    """Return a row a make, body or year; shares in percent, for people."""
    shown = report.by_group(table, part)
    shown[part] = [value or NOT_TOLD for value in shown[part]]
    shown = shown[[part, "classes", "images", "recall", "precision", "f1"]]
    columns = [part.capitalize(), "Classes", "Images", *SHARE_COLUMNS]
    return _in_percent(shown).set_axis(columns, axis=1)


def _in_percent(table: pd.DataFrame) -> pd.DataFrame:
    shares = list(report.SHARES)
    table[shares] = (table[shares] * 100).round(1)
    return table


def _averages(table: pd.DataFrame, averages: pd.DataFrame) -> str:
    if table.empty:
        return cards.note("No class matches. Choose another make, body, year or name.")
    figures = [
        (words.percent(row[name], 1), f"{said}, {row['average']} average")
        for _, row in averages.iterrows()
        for name, said in {
            "recall": "recall",
            "precision": "precision",
            "f1": "F1",
        }.items()
    ]
    counted = (f"{len(table):,}", "class" if len(table) == 1 else "classes")
    images = (f"{int(table['images'].sum()):,}", "images")
    return cards.facts([counted, images, *figures])


def _csv(
    table: pd.DataFrame, averages: pd.DataFrame, rows: str
) -> tuple[list[str], list[list[Any]]]:
    """Return the columns and lines of the file; shares of 1, averages at its end."""
    if rows != "class":
        table = report.by_group(table, rows)
    lines = table.astype(object).where(table.notna(), "").to_numpy().tolist()
    last = averages.rename(columns={"average": table.columns[0]})
    last[table.columns[0]] += " average"
    ending = last.reindex(columns=table.columns, fill_value="").to_numpy().tolist()
    return list(table.columns), [*lines, *ending]
