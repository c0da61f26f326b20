"""Which images of a version are looked at: the filters of every way to go through one.

`build(settings, version)` lays them out and keeps what they offer in step; a view asks
`wanted` what they mean, and is filled anew on any of `changes`.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import hierarchy
from carclf.hierarchy import PARTS, Hierarchy
from carclf.records import SPLITS, Version
from carclf.settings import Settings
from carclf.store import Database, connect, labels, members, versions
from carclf.store.members import STATES, Filter
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import wire

ALL_CLASSES = "All classes"
ALL_SPLITS = "All splits"
ANY = "Any"
BOXES = {ANY: None, "With a box": True, "Without a box": False}
Update = dict[str, Any]


class Filters(NamedTuple):
    """Which images: components in the layout, their values in a handler.

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


def build(settings: Settings, version: gr.Dropdown) -> Filters:
    """Lay the filters out.

    Args:
        version: Where it stands nowhere yet (`render=False`), it stands before them.
    """
    with gr.Row(elem_classes="filters"):
        if not version.is_rendered:
            version.render()  # type: ignore[no-untyped-call]
        label = gr.Dropdown([ALL_CLASSES], label="Class", min_width=160, scale=3)
        split = gr.Dropdown(
            [ALL_SPLITS, *SPLITS],
            value=ALL_SPLITS,
            label="Split",
            min_width=130,
            scale=2,
        )
        text = gr.Textbox(
            label="Find",
            placeholder="words of class or file name",
            min_width=160,
            scale=3,
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
    filters = Filters(label, split, text, make, model, body, year, state, source, box)
    wire(
        [one.input for one in filters.parts],
        partial(narrow, settings),
        [version, *filters],
        [label, *filters.parts],
    )
    return filters


def changes(filters: Filters) -> list[Any]:
    """Return the events after which other images are wanted."""
    return [
        one.change if one is filters.text else one.input
        for one in filters  # A field's `input` would miss that it is cleared.
    ]


def offered(settings: Settings, version: Version) -> Filters:
    """Return the filters with what there is to choose of a version, nothing chosen."""
    known = hierarchy.load(settings)
    parts = [
        {**one, "value": ANY}
        for one in _part_choices(known, version.classes, Filters())
    ]
    return Filters(
        label=gr.update(choices=[ALL_CLASSES, *version.classes], value=ALL_CLASSES),
        source={**_sources(settings), "value": ANY},
        **{part: {**one, "value": ANY} for part, one in zip(PARTS, parts, strict=True)},
    )


def kept(settings: Settings) -> Filters:
    """Return the filters as they stand; who labels may be somebody new."""
    as_they_are = Filters(*[gr.skip()] * len(Filters._fields))
    return as_they_are._replace(source=_sources(settings))


@shown_to_user
def narrow(settings: Settings, version_id: int | None, *chosen: Any) -> tuple[Any, ...]:
    """Return the classes of the make, model, body and year chosen, and those four.

    What is offered of each of the four is what goes with the other three.
    """
    filters = Filters(*chosen)
    if version_id is None:
        return (gr.skip(),) * (1 + len(PARTS))
    with connect(settings.db_path) as db:
        classes = versions.get(db, version_id).classes
    known = hierarchy.load(settings)
    fitting = _of_parts(known, classes, filters)
    # What stands is left alone: by the time this arrives, another may be chosen.
    value: Update = {} if filters.label in fitting else {"value": ALL_CLASSES}
    return (
        gr.update(choices=[ALL_CLASSES, *fitting], **value),
        *_part_choices(known, classes, filters),
    )


def wanted(
    settings: Settings, db: Database, version_id: int, chosen: Filters
) -> Filter:
    """Return what the values of the page mean; it sends None of what is untouched.

    A class that does not go with the make, model, body or year chosen says nothing.
    """
    classes: Sequence[str] | None = None
    if set(chosen.parts) - {ANY, None}:
        every = versions.get(db, version_id).classes
        classes = _of_parts(hierarchy.load(settings), every, chosen)
    label = _unless(ALL_CLASSES, chosen.label)
    if label is not None and (classes is None or label in classes):
        classes = [label]
    return Filter(
        classes=classes,
        split=_unless(ALL_SPLITS, chosen.split),
        state=_unless(ANY, chosen.state),
        source=_unless(ANY, chosen.source),
        has_box=BOXES[chosen.box or ANY],
        text=chosen.text or "",
    )


def ids(settings: Settings, version_id: int | None, chosen: Filters) -> list[int]:
    """Return all images that pass, in the order in which they are gone through."""
    if version_id is None:
        return []
    with connect(settings.db_path) as db:
        return members.ids(db, version_id, wanted(settings, db, version_id, chosen))


def _state_in_words(state: str) -> str:
    since = {"relabelled": "Relabelled since", "moved": "Moved to another split since"}
    return since.get(state, state.capitalize())


def _unless(every: str, value: Any) -> Any:
    return None if value == every else value


def _of_parts(
    known: Hierarchy, classes: Sequence[str], chosen: Filters, but: str = ""
) -> list[str]:
    """Return the classes of the make, model, body and year that are chosen.

    Args:
        but: The part whose choice does not count.
    """
    asked = {
        part: value
        for part, value in zip(PARTS, chosen.parts, strict=True)
        if part != but and value not in (ANY, None)
    }
    return [
        name
        for name in classes
        if all(getattr(known.of(name), part) == value for part, value in asked.items())
    ]


def _part_choices(
    known: Hierarchy, classes: Sequence[str], chosen: Filters
) -> list[Update]:
    """Return what to choose from of each part; one that no class has is hidden."""
    updates = []
    for part in PARTS:
        fitting = _of_parts(known, classes, chosen, but=part)
        told = {getattr(known.of(name), part) for name in fitting} - {None}
        is_told = any(getattr(known.of(name), part) for name in classes)
        updates.append(gr.update(choices=[ANY, *sorted(told)], visible=is_told))
    return updates


def _sources(settings: Settings) -> Update:
    """Return who or what labels, to choose from."""
    words = {"person": "a person", "import": "the import"}
    with connect(settings.db_path) as db:
        found = [(words.get(one, one), one) for one in labels.sources(db)]
    return gr.update(choices=[ANY, *found])
