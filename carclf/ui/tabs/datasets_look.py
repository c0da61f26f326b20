"""Looking at a folder before it is imported, and correcting how a source is read."""

from functools import partial
from html import escape
from typing import Any, NamedTuple, get_args

import gradio as gr

from carclf import words
from carclf.datasets import proposal
from carclf.datasets.layouts import LAYOUTS, Reading
from carclf.datasets.layouts.reading import Role, from_plain
from carclf.datasets.proposal import Proposal
from carclf.datasets.sources import Source, gathering, nowhere, parse
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
NOT_HERE = (
    "One folder on this machine can be looked at; an archive, an address or several "
    "sources can once they are one. Import needs no look: it recognises the layout by "
    "itself. If it is to be read another way, say so below."
)
View = tuple[Any, ...]


class Where(NamedTuple):
    """Where the photographs are, as `look` and `key` take it."""

    places: gr.Textbox
    uploads: gr.File


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
        looked: The `key` of what the corrections belong to.
        corrections: For `reading_of`, in its order.
    """

    looked: gr.State
    corrections: list[Any]


def build(settings: Settings, where: Where) -> Look:
    """Lay out the look at what a person named."""
    look_first = gr.Button("Look first")
    looked = gr.State()
    with gr.Column(visible=False) as found:
        told = gr.HTML()
        samples = _build_samples()
        form, columns, splits = _build_form()
    view = [looked, found, columns, splits, told, samples, *form.every]
    finer = form.every[len(form.anew) :]
    for triggers, corrections in (
        ([look_first.click, where.places.submit], []),
        ([one.input for one in form.anew], form.anew),
        ([one.input for one in finer], form.every),
    ):
        inputs = [*where, *corrections]
        wire(triggers, partial(look, settings), inputs, view, is_slow=True)
    changed = [where.places.change, where.uploads.change]
    wire(changed, forget, [looked, *where], [looked, found])
    return Look(looked, form.every)


def _build_samples() -> gr.Gallery:
    return gr.Gallery(
        label="Samples",
        show_label=False,
        columns=4,
        object_fit="contain",
        height="auto",
        elem_classes="tiles",
        buttons=["fullscreen"],
        interactive=False,
    )


def _build_form() -> tuple[_Form, gr.Column, gr.Column]:
    with gr.Accordion("Correct how it is read", open=False):
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
    for roles in (ROLES[:3], ROLES[3:5], ROLES[5:7], ROLES[7:]):
        with gr.Row(elem_classes="numbers"):
            made += [
                gr.Dropdown([], label=COLUMNS[role], interactive=True, min_width=110)
                for role in roles
            ]
    return made


@shown_to_user
def look(
    settings: Settings,
    places: str | None,
    uploads: list[dict[str, Any]] | None,
    *corrections: Any,
) -> View:
    """Return what an import would do; nothing is written by it.

    Of what is no folder on this machine, it can tell nothing, and be told how to read.
    """
    sources, reading = named(places), reading_of(*corrections)
    if not (sources or uploads):
        raise nowhere()
    shown = (key(places, uploads), gr.update(visible=True))
    if uploads or [one.kind for one in sources] not in (["folder"], ["sample"]):
        return (*shown, *_untold(reading))
    found = proposal.look(gathering.gather(settings, sources), reading)
    return (*shown, *_told(settings, found))


def forget(
    looked: object, places: str | None, uploads: list[dict[str, Any]] | None
) -> View:
    """Return nothing looked at, once something else is named.

    It may be asked late, when what is named now was looked at meanwhile; and answer
    late, so where there is nothing to forget it leaves alone what may come by then.
    """
    if looked is None or looked == key(places, uploads):
        return gr.skip(), gr.skip()
    return None, gr.update(visible=False)


def named(places: str | None) -> list[Source]:
    """Return what a person named, a source a line."""
    lines = (places or "").splitlines()
    return [parse(line) for line in lines if line.strip()]


def key(places: str | None, uploads: list[dict[str, Any]] | None) -> tuple[str, ...]:
    """Return what tells whether the same is named as before."""
    return (places or "", *(one["path"] for one in uploads or ()))


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


def _told(settings: Settings, found: Proposal) -> View:
    tiles = [
        (pictures.sample(settings, one.path, one.box), one.label)
        for one in found.samples
    ]
    return (
        gr.update(visible=found.layout == "table"),
        gr.update(visible=any(one.name for one in found.subsets)),
        in_words(found),
        gr.update(value=tiles, visible=bool(tiles)),
        *_filled(found),
    )


def _untold(reading: Reading) -> View:
    """Return the form to be filled by hand, with what was said in it so far."""
    is_table = reading.layout == "table"
    columns = {role: name or NOT_THERE for role, name in reading.columns.items()}
    by_meaning = [
        [name for name, meaning in reading.splits.items() if meaning == split]
        for split in SPLITS
    ]
    typed: dict[str, Any] = {"choices": [], "allow_custom_value": True}
    return (
        gr.update(visible=is_table),
        gr.update(visible=True),
        cards.note(NOT_HERE),
        gr.update(visible=False),
        reading.layout,
        gr.update(**typed, value=reading.file or None, visible=is_table),
        reading.has_header,
        gr.update(value=reading.first_level, visible=reading.layout == "folders"),
        *(
            gr.update(**typed | {"choices": [NOT_THERE]}, value=columns.get(role))
            for role in ROLES
        ),
        *(gr.update(**typed, value=names) for names in by_meaning),
        gr.update(**typed, value=list(reading.leave_out)),
    )


def _filled(found: Proposal) -> View:
    """Return what the form shows: how the folder was read."""
    is_table = found.layout == "table"
    has_splits = any(one.name for one in found.subsets)
    by_meaning = [
        [one.name for one in found.subsets if one.name and one.meaning == split]
        for split in SPLITS
    ]
    every_name = [one.name for one in found.subsets if one.name]
    chosen: dict[str, Any] = {"allow_custom_value": False}
    return (
        found.layout,
        gr.update(
            **chosen,
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
                **chosen,
                choices=[NOT_THERE, *found.columns] if is_table else [],
                value=found.mapping.get(role, NOT_THERE) if is_table else None,
            )
            for role in ROLES
        ),
        *(gr.update(**chosen, choices=every_name, value=names) for names in by_meaning),
        gr.update(
            **chosen,
            choices=list(found.classes),
            value=list(found.reading.leave_out),
        ),
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
