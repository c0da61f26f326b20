"""Looking at a folder before it is imported, and correcting what was recognised."""

from functools import partial
from html import escape
from pathlib import Path
from typing import Any, NamedTuple, get_args

import gradio as gr

from carclf import words
from carclf.datasets import proposal
from carclf.datasets.layouts import LAYOUTS, Reading
from carclf.datasets.layouts.reading import Role, from_plain
from carclf.datasets.proposal import Proposal
from carclf.errors import DatasetError
from carclf.records import SPLITS
from carclf.settings import Settings
from carclf.ui import cards, class_counts, pictures
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import wire

ROLES: tuple[Role, ...] = get_args(Role)
COLUMNS: dict[Role, str] = {
    "class": "Class column",
    "file": "File column",
    "split": "Split column",
    "left": "Box left",
    "top": "Box top",
    "right": "Box right",
    "bottom": "Box bottom",
    "width": "Box width",
    "height": "Box height",
}
NOT_THERE = "(none)"
View = tuple[Any, ...]


class _Form(NamedTuple):
    """What a person can correct, in the order `reading_of` takes it."""

    layout: gr.Dropdown
    file: gr.Dropdown
    has_header: gr.Checkbox
    first_level: gr.Radio
    columns: list[gr.Dropdown]
    splits: list[gr.Dropdown]
    leave_out: gr.Dropdown

    @property
    def anew(self) -> list[Any]:
        """What makes columns and splits mean something else."""
        return [self.layout, self.file, self.has_header, self.first_level]

    @property
    def every(self) -> list[Any]:
        return [*self.anew, *self.columns, *self.splits, self.leave_out]


class Look(NamedTuple):
    """What the panel around a look needs of it.

    Attributes:
        found: What is shown once a folder was looked at.
        looked: The folder that the corrections belong to.
        corrections: For `reading_of`, in its order.
    """

    found: gr.Column
    looked: gr.State
    corrections: list[Any]


def build(settings: Settings, folder: gr.Textbox) -> Look:
    """Lay out the look at what stands in `folder`."""
    look_at = gr.Button("Look at folder")
    looked = gr.State("")
    with gr.Column(visible=False) as found:
        told = gr.HTML()
        samples = _build_samples()
        form, columns, splits = _build_form()
    view = [looked, found, columns, splits, told, samples, *form.every]
    finer = form.every[len(form.anew) :]
    for triggers, inputs, api_name in (
        ([look_at.click, folder.submit], [folder], "look_at_folder"),
        ([one.input for one in form.anew], [folder, *form.anew], None),
        ([one.input for one in finer], [folder, *form.every], None),
    ):
        wire(
            triggers,
            partial(look, settings),
            inputs,
            view,
            api_name=api_name,
            is_slow=True,
        )
    return Look(found, looked, form.every)


def _build_samples() -> gr.Gallery:
    return gr.Gallery(
        label="Samples",
        show_label=False,
        columns=4,
        object_fit="contain",
        height="auto",
        elem_classes="tiles",
        interactive=False,
    )


def _build_form() -> tuple[_Form, gr.Column, gr.Column]:
    with gr.Accordion("Correct what was recognised", open=False):
        layout = gr.Dropdown(
            [(one.words, name) for name, one in LAYOUTS.items()],
            label="Layout",
            interactive=True,
        )
        file = gr.Dropdown([], label="File to read", interactive=True)
        first_level = gr.Radio(
            [("Classes", "class"), ("Splits", "split")], label="The first folders are"
        )
        with gr.Column(visible=False) as columns_group:
            has_header = gr.Checkbox(
                True, label="The first line names the columns", interactive=True
            )
            columns = _build_columns()
        with gr.Column(visible=False) as splits_group:
            splits = [
                gr.Dropdown(
                    [],
                    label=f"Names that mean {split}",
                    multiselect=True,
                    interactive=True,
                )
                for split in SPLITS
            ]
        leave_out = gr.Dropdown(
            [], label="Classes to leave out", multiselect=True, interactive=True
        )
    form = _Form(layout, file, has_header, first_level, columns, splits, leave_out)
    return form, columns_group, splits_group


def _build_columns() -> list[gr.Dropdown]:
    """Lay out a choice a role, in rows of what belongs together."""
    made = []
    for roles in (ROLES[:3], ROLES[3:7], ROLES[7:]):
        with gr.Row(elem_classes="numbers"):
            made += [
                gr.Dropdown([], label=COLUMNS[role], interactive=True, min_width=90)
                for role in roles
            ]
    return made


@shown_to_user
def look(settings: Settings, folder: str, *corrections: Any) -> View:
    """Return what an import of the folder would do; nothing is written by it."""
    found = proposal.look(path_of(folder), reading_of(*corrections))
    tiles = [
        (pictures.sample(settings, one.path, one.box), one.label)
        for one in found.samples
    ]
    return (
        folder,
        gr.update(visible=True),
        gr.update(visible=found.layout == "table"),
        gr.update(visible=any(one.name for one in found.subsets)),
        in_words(found),
        gr.update(value=tiles, visible=bool(tiles)),
        *_filled(found),
    )


def reading_of(
    layout: str | None = None,
    file: str | None = None,
    has_header: bool | None = True,
    first_level: str | None = None,
    *rest: Any,
) -> Reading:
    """Return what the form says; without its second half, columns and splits are free.

    Args:
        rest: A column for each of `ROLES`, the names that mean each split, and the
            classes to leave out.
    """
    columns = rest[: len(ROLES)]
    chosen, left_out = rest[len(ROLES) : -1], rest[-1] if rest else ()
    return from_plain(
        {
            "layout": layout,
            "file": file or "",
            "has_header": has_header is not False,
            "first_level": first_level,
            "columns": {
                role: "" if column == NOT_THERE else column
                for role, column in zip(ROLES, columns, strict=False)
                if column
            },
            "splits": {
                name: split
                for split, means in zip(SPLITS, chosen, strict=False)
                for name in means or ()
            },
            "leave_out": left_out or (),
        }
    )


def path_of(folder: str) -> Path:
    """Return the folder that a person named.

    Raises:
        DatasetError: None was named.
    """
    if not folder.strip():
        raise DatasetError(
            "Give the folder that holds the photographs, such as /home/me/cars."
        )
    return Path(folder.strip()).expanduser().resolve()


def _filled(found: Proposal) -> View:
    """Return what the form shows: how the folder was read."""
    is_table = found.layout == "table"
    has_splits = any(one.name for one in found.subsets)
    by_meaning = [
        [one.name for one in found.subsets if one.name and one.meaning == split]
        for split in SPLITS
    ]
    every_name = [one.name for one in found.subsets if one.name]
    return (
        found.layout,
        gr.update(
            choices=list(found.files),
            value=found.reading.file or None,
            visible=len(found.files) > 1,
        ),
        found.reading.has_header,
        gr.update(
            value="split" if has_splits else "class", visible=found.layout == "folders"
        ),
        *(
            gr.update(
                choices=[NOT_THERE, *found.columns] if is_table else [],
                value=found.mapping.get(role, NOT_THERE) if is_table else None,
            )
            for role in ROLES
        ),
        *(gr.update(choices=every_name, value=names) for names in by_meaning),
        gr.update(choices=list(found.classes), value=list(found.reading.leave_out)),
    )


def in_words(found: Proposal) -> str:
    """Return the proposal: what it is, what is wrong, what would be done, how many."""
    how = "Recognised" if found.reading.layout is None else "Read as you say"
    parts = [cards.note(f"{how}: {found.words}.")]
    if found.problem:
        parts.append(cards.note(found.problem, "bad"))
    if found.total:
        parts.append(_figures(found))
    parts += [
        cards.more(
            f"{one.kind.words}: {one.count:,}",
            [one.kind.remedy, *one.examples, *_rest(one)],
        )
        for one in found.findings
    ]
    if found.plan:
        lines = "".join(f"<li>{escape(line)}</li>" for line in found.plan)
        parts.append(f'<ul class="plan" aria-label="What an import does">{lines}</ul>')
    if found.total:
        parts.append(
            class_counts.bars(
                (label, split or "train", number)
                for (label, split), number in found.counts.items()
            )
        )
    return "".join(parts)


def _figures(found: Proposal) -> str:
    by_split = {
        split: sum(number for (_, one), number in found.counts.items() if one == split)
        for split in (*SPLITS, None)
    }
    return cards.facts(
        [
            (f"{found.total:,}", "images"),
            (f"{len({label for label, _ in found.counts}):,}", "classes"),
            *(
                (f"{number:,}", split or "no split")
                for split, number in by_split.items()
                if number
            ),
            (f"{found.boxes:,}", "boxes"),
        ]
    )


def _rest(finding: proposal.Finding) -> list[str]:
    more = finding.count - len(finding.examples)
    return [f"And {words.count(more, 'other')}."] if more else []
