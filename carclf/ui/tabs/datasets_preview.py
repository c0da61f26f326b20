"""Datasets, the pictures of a version: which ones, page by page."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import hierarchy
from carclf.datasets import relabelling
from carclf.hierarchy import PARTS, Hierarchy
from carclf.records import SPLITS, Example, Label, Version
from carclf.settings import Settings
from carclf.store import Database, connect, labels, members
from carclf.store import versions as stored
from carclf.store.members import STATES, Filter
from carclf.ui import cards, pictures, tiles
from carclf.ui.errors import shown_to_user
from carclf.ui.labelling import ALL_CLASSES
from carclf.ui.navigation import wire

ALL_SPLITS = "All splits"
ANY = "Any"
BOXES = {ANY: None, "With a box": True, "Without a box": False}
Update = dict[str, Any]


class Filters(NamedTuple):
    """Which pictures: components in the layout, their values in a handler.

    Attributes:
        make: With model, body and year, as `hierarchy` tells them of a class.
        state: What became of the label since the version was frozen.
        source: Who or what set the label that counts now.
    """

    label: Any = ALL_CLASSES
    split: Any = ALL_SPLITS
    text: Any = ""
    make: Any = ANY
    model: Any = ANY
    body: Any = ANY
    year: Any = ANY
    state: Any = ANY
    source: Any = ANY
    box: Any = ANY

    @property
    def parts(self) -> tuple[Any, ...]:
        """Make, model, body and year, in the order of `PARTS`."""
        return self[3:7]


class Page(NamedTuple):
    """A page of them; `number` counts from 1, `ids` are the images of its tiles."""

    number: Any
    ids: Any
    gallery: Any
    where: Any


class Preview(NamedTuple):
    """The view.

    Attributes:
        of: The version that it shows.
    """

    of: gr.State
    filters: Filters
    page: Page

    @property
    def outputs(self) -> list[Any]:
        """What `fill` fills, in its order."""
        return [self.of, *self.filters, *self.page]

    @property
    def asked(self) -> list[Any]:
        """What `fill` keeps: what it shows now."""
        return [self.of, self.page.number, *self.filters]


def build(settings: Settings, version: gr.Dropdown) -> Preview:
    """Lay out filters, gallery and pager."""
    filters = _build_filters()
    gallery = tiles.create("Images", 6)
    pager = tiles.build_pager()
    with gr.Row(elem_classes="page-number"):
        number = gr.Number(1, label="Page", precision=0, minimum=1, min_width=90)
    page = Page(number, gr.State([]), gallery, pager.where)
    for button, by in ((pager.back, -1), (pager.on, 1)):
        wire(
            button.click,
            partial(turn_page, settings, by),
            [version, number, *filters],
            page,
        )
    wire(
        number.submit,
        partial(turn_page, settings, 0),
        [version, number, *filters],
        page,
    )
    others = [filters.label, filters.split, filters.state, filters.source, filters.box]
    wire(
        [*(one.input for one in others), filters.text.change],
        partial(show_first, settings),
        [version, *filters],
        page,
        trigger_mode="always_last",
    )
    wire(
        [one.input for one in filters.parts],
        partial(narrow, settings),
        [version, *filters],
        [filters.label, *filters.parts, *page],
    )
    return Preview(gr.State(), filters, page)


def _build_filters() -> Filters:
    with gr.Row():
        label = gr.Dropdown([ALL_CLASSES], label="Class", min_width=200, scale=2)
        split = gr.Dropdown(
            [ALL_SPLITS, *SPLITS], value=ALL_SPLITS, label="Split", min_width=120
        )
        text = gr.Textbox(
            label="Find",
            placeholder="words of class or file name",
            min_width=160,
            scale=2,
        )
    with gr.Accordion("More filters", open=False):
        with gr.Row():
            parts = [
                gr.Dropdown([ANY], value=ANY, label=part.capitalize(), min_width=130)
                for part in PARTS
            ]
        with gr.Row():
            state = gr.Dropdown(
                [(_state_in_words(one), one) for one in (ANY, *STATES)],
                value=ANY,
                label="Label state",
                min_width=150,
            )
            source = gr.Dropdown([ANY], value=ANY, label="Labelled by", min_width=130)
            box = gr.Dropdown(list(BOXES), value=ANY, label="Box", min_width=130)
    make, model, body, year = parts
    return Filters(label, split, text, make, model, body, year, state, source, box)


def _state_in_words(state: str) -> str:
    since = {"relabelled": "Relabelled since", "moved": "Moved to another split since"}
    return since.get(state, state.capitalize())


def fill(
    settings: Settings,
    version: Version | None,
    shown: int | None = None,
    number: int | None = 1,
    *chosen: Any,
) -> tuple[Any, ...]:
    """Return the view of a version; of the one it shows already, as it was left.

    Args:
        shown: The id of the version that the view shows now.
        number: Its page, and in `chosen` its filters.
    """
    if version is None:
        return (None, *Filters(), *nothing())
    if version.id == shown and chosen:
        kept = [gr.skip()] * len(Filters._fields)
        return (shown, *kept, *turn_page(settings, 0, version.id, number, *chosen))
    known = hierarchy.load(settings)
    with connect(settings.db_path) as db:
        sources = labels.sources(db)
    filters = Filters(
        label=gr.update(choices=[ALL_CLASSES, *version.classes], value=ALL_CLASSES),
        source=gr.update(choices=[ANY, *map(_source, sources)], value=ANY),
        **dict(
            zip(PARTS, _part_choices(known, version.classes, Filters()), strict=True)
        ),
    )
    page = turn_page(settings, 0, version.id, 1, *Filters())
    return (version.id, *filters, *page)


@shown_to_user
def show_first(settings: Settings, version_id: int | None, *chosen: Any) -> Page:
    """Return the first page of what is chosen."""
    return turn_page(settings, 0, version_id, 1, *chosen)


@shown_to_user
def turn_page(
    settings: Settings,
    step: int,
    version_id: int | None,
    number: int | None,
    *chosen: Any,
) -> Page:
    """Return the page that is `step` away from page `number`, or the nearest."""
    if version_id is None:
        return nothing()
    with connect(settings.db_path) as db:
        wanted = _wanted(settings, db, version_id, Filters(*chosen))
        found = members.count(db, version_id, wanted)
        last = pictures.page_count(found)
        number = min(max(int(number or 1) + step, 1), last)
        start = (number - 1) * pictures.PAGE
        rows = members.page(db, version_id, wanted, pictures.PAGE, start)
        ids = [one.image_id for one in rows]
        now = labels.current_of(db, ids)
    captioned = [(one, caption(one, now.get(one.image_id))) for one in rows]
    gallery = gr.update(
        value=pictures.gallery(settings, captioned),
        visible=bool(rows),
        selected_index=None,
    )
    return Page(number, ids, gallery, _where(number, found))


@shown_to_user
def narrow(settings: Settings, version_id: int | None, *chosen: Any) -> tuple[Any, ...]:
    """Return the classes of the make, model, body and year chosen, and a page of them.

    What is offered of each of the four is what goes with the other three.
    """
    filters = Filters(*chosen)
    if version_id is None:
        return (*[gr.skip()] * (1 + len(PARTS)), *nothing())
    with connect(settings.db_path) as db:
        classes = stored.get(db, version_id).classes
    known = hierarchy.load(settings)
    fitting = _of_parts(known, classes, filters)
    if filters.label not in fitting:
        filters = filters._replace(label=ALL_CLASSES)
    return (
        gr.update(choices=[ALL_CLASSES, *fitting], value=filters.label),
        *_part_choices(known, classes, filters),
        *show_first(settings, version_id, *filters),
    )


def nothing() -> Page:
    """Return no page at all."""
    return Page(1, [], gr.update(value=[], visible=False), "")


def caption(one: Example, now: Label | None) -> str:
    """Return “Baja Bug”, or “Baja Bug · now Stock Car 1” where it was relabelled."""
    said = relabelling.in_words(now) if now else one.label
    return one.label if said == one.label else f"{one.label} · now {said}"


def _wanted(
    settings: Settings, db: Database, version_id: int, chosen: Filters
) -> Filter:
    """Return what the values of the page mean; it sends None of what is untouched."""
    classes: Sequence[str] | None = None
    if set(chosen.parts) - {ANY, None}:
        every = stored.get(db, version_id).classes
        classes = _of_parts(hierarchy.load(settings), every, chosen)
    if chosen.label not in (ALL_CLASSES, None):
        classes = [chosen.label]
    return Filter(
        classes=classes,
        split=_unless(ALL_SPLITS, chosen.split),
        state=_unless(ANY, chosen.state),
        source=_unless(ANY, chosen.source),
        has_box=BOXES[chosen.box or ANY],
        text=chosen.text or "",
    )


def _unless(every: str, value: Any) -> Any:
    return None if value == every else value


def _of_parts(
    known: Hierarchy, classes: Sequence[str], chosen: Filters, but: str = ""
) -> list[str]:
    """Return the classes of the make, model, body and year that are chosen.

    Args:
        but: The part whose choice does not count.
    """
    wanted = {
        part: value
        for part, value in zip(PARTS, chosen.parts, strict=True)
        if part != but and value not in (ANY, None)
    }
    return [
        name
        for name in classes
        if all(getattr(known.of(name), part) == value for part, value in wanted.items())
    ]


def _part_choices(
    known: Hierarchy, classes: Sequence[str], chosen: Filters
) -> list[Update]:
    """Return what to choose from of each part; one that no class has is hidden."""
    updates = []
    for part, value in zip(PARTS, chosen.parts, strict=True):
        fitting = _of_parts(known, classes, chosen, but=part)
        told = {getattr(known.of(name), part) for name in fitting} - {None}
        is_told = any(getattr(known.of(name), part) for name in classes)
        updates.append(
            gr.update(choices=[ANY, *sorted(told)], value=value, visible=is_told)
        )
    return updates


def _source(source: str) -> tuple[str, str]:
    """Return (words, value) of who or what labels."""
    return {"person": "a person", "import": "the import"}.get(source, source), source


def _where(number: int, found: int) -> str:
    if not found:
        return cards.note("No image matches. Clear a filter to see more.")
    page = f"page {number:,} of {pictures.page_count(found):,}"
    return tiles.where(number - 1, found).replace("</p>", f" · {page}</p>")
