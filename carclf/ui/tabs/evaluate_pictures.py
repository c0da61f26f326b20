"""Evaluate, the pictures: mistakes and narrow escapes, page by page."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import words
from carclf.datasets import relabelling
from carclf.records import Judged
from carclf.settings import Settings
from carclf.store import Database, connect, evaluations, images, labels
from carclf.store.evaluations import Order, Which
from carclf.ui import cards, pictures, tiles
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import wire

ANY = "Any class"
MISTAKES = "Mistakes, most confident first"
RIGHT = "Right answers, least confident first"
CLOSEST = "All, closest calls first"
ATTENTION = "All, least on the vehicle first"
# What is shown: whether the answer was right (None: either), and the order.
KINDS: dict[str, tuple[bool | None, Order]] = {
    MISTAKES: (False, "most confident first"),
    "Mistakes, highest loss first": (False, "highest loss first"),
    RIGHT: (True, "least confident first"),
    CLOSEST: (None, "closest calls first"),
    ATTENTION: (None, "least on the vehicle first"),
}
FIRST_KIND = MISTAKES
NO_ATTENTION = (
    "How much of its attention lay on the vehicle is not known here: that takes "
    "vehicles' boxes in the dataset version, and an evaluation made since carclf "
    "measures it. If the version has boxes, evaluate the run again."
)
Update = dict[str, Any]


class Filter(NamedTuple):
    """Which pictures: components in the layout, their values in a handler.

    Attributes:
        chosen: The ids of the images chosen on the map; None for all.
    """

    kind: Any
    label: Any
    predicted: Any
    chosen: Any


class Shown(NamedTuple):
    """A page of them; `ids` are the image ids of its tiles."""

    page: Any
    ids: Any
    told: Any
    gallery: Any
    where: Any


def build(settings: Settings, evaluation: gr.Dropdown) -> tuple[Filter, Shown]:
    """Lay out filter, gallery and pager; `evaluation` holds the id to show."""
    with gr.Row():
        kind = gr.Dropdown(
            list(KINDS), value=FIRST_KIND, label="Show", scale=3, min_width=260
        )
        label = gr.Dropdown(
            [ANY], value=ANY, label="True class", scale=2, min_width=140
        )
        predicted = gr.Dropdown(
            [ANY], value=ANY, label="Called", scale=2, min_width=140
        )
    told = gr.HTML()
    every = gr.Button("Show all pictures again", size="sm", visible=False)
    gallery = tiles.create("Pictures of the evaluation", "wordy")
    back, where, on = tiles.build_pager()
    wanted = Filter(kind, label, predicted, gr.State())
    shown = Shown(gr.State(0), gr.State([]), told, gallery, where)
    for button, step in ((back, -1), (on, 1)):
        wire(
            button.click,
            partial(turn_page, settings, step),
            [evaluation, *wanted, shown.page],
            list(shown),
        )
    wire(
        [one.input for one in wanted[:3]],
        partial(turn_page, settings, 0),
        [evaluation, *wanted],
        list(shown),
    )
    wire(wanted.chosen.change, _visible_if, wanted.chosen, every)
    wire(
        every.click,
        partial(show_all, settings),
        [evaluation, *wanted[:3]],
        [wanted.chosen, *shown],
    )
    return wanted, shown


@shown_to_user
def turn_page(
    settings: Settings,
    step: int,
    evaluation_id: int | None,
    kind: str,
    label: str,
    predicted: str,
    chosen: Sequence[int] | None = None,
    page: int = 0,
) -> Shown:
    """Return a page of pictures, `step` pages from `page`."""
    if evaluation_id is None:
        return nothing()
    which, order = _which(kind, label, predicted, chosen), KINDS[kind][1]
    with connect(settings.db_path) as db:
        found = evaluations.count(db, evaluation_id, **which)
        page = min(max(page + step, 0), pictures.page_count(found) - 1)
        rows = evaluations.judged(
            db,
            evaluation_id,
            order=order,
            limit=pictures.PAGE,
            offset=page * pictures.PAGE,
            **which,
        )
        told = _chosen_in_words(chosen)
        if kind == ATTENTION:
            told += _attention_in_words(db, evaluation_id, which)
        shown = captioned(settings, db, evaluation_id, rows, kind == ATTENTION)
    gallery = gr.update(value=shown, visible=bool(shown))
    ids = [one.image_id for one in rows]
    return Shown(page, ids, told, gallery, _where(page, found, kind))


@shown_to_user
def show_all(
    settings: Settings, evaluation_id: int | None, kind: str, label: str, called: str
) -> tuple[Any, ...]:
    """Return no choice of the map any more, and the first page without it."""
    return None, *turn_page(settings, 0, evaluation_id, kind, label, called)


def nothing() -> Shown:
    """Return no page at all."""
    return Shown(0, [], "", gr.update(value=[], visible=False), "")


def every_class(labels: Sequence[str], classes: Sequence[str]) -> Filter:
    """Return the filter as it is at first, with the classes to choose from."""
    return Filter(FIRST_KIND, class_choices(labels), class_choices(classes), None)


def caption(one: Judged) -> str:
    """Return “Baja Bug, called Stock Car 1 (62 %)”, or “Baja Bug (97 %)”."""
    sure = words.percent(one.prediction.probability)
    if one.is_correct:
        return f"{one.label} ({sure})"
    return f"{one.label}, called {one.prediction.label} ({sure})"


def class_choices(classes: Sequence[str], chosen: str = ANY) -> Update:
    return gr.update(choices=[ANY, *classes], value=chosen)


def captioned(
    settings: Settings,
    db: Database,
    evaluation_id: int,
    rows: Sequence[Judged],
    with_attention: bool = False,
) -> list[pictures.Tile]:
    """Return a tile for each, with what has been said of the picture since."""
    version_id = evaluations.get(db, evaluation_id).version_id
    changed = {
        change.image_id: relabelling.in_words(change)
        for change in labels.changed_since_frozen(db, version_id)
    }
    known = images.get_many(db, [one.image_id for one in rows])
    captions = [
        caption(one)
        + (f" · {_on_vehicle(one)}" if with_attention else "")
        + (f" · now {changed[one.image_id]}" if one.image_id in changed else "")
        for one in rows
    ]
    stored = [known[one.image_id] for one in rows]
    return pictures.gallery(settings, zip(stored, captions, strict=True))


def _which(
    kind: str, label: str, predicted: str, chosen: Sequence[int] | None
) -> Which:
    is_correct, order = KINDS[kind]
    return {
        "is_correct": is_correct,
        "label": None if label == ANY else label,
        # The class of a right answer is its label, and only a mistake has another.
        "predicted": None if predicted == ANY or is_correct else predicted,
        "has_attention": order == "least on the vehicle first",
        "within": chosen,
    }


def _on_vehicle(one: Judged) -> str:
    assert one.attention_share is not None
    return f"{words.percent(one.attention_share)} on the vehicle"


def _attention_in_words(db: Database, evaluation_id: int, which: Which) -> str:
    """Return what the shares mean, and their mean beside what chance would give."""
    means = evaluations.mean_attention(db, evaluation_id, **which)
    if means is None:
        return cards.note(NO_ATTENTION, "warn")
    inside, covered = means
    return cards.note(
        f"On average {words.percent(inside)} of the evidence for an answer lay inside "
        f"the vehicle's box, which covers {words.percent(covered)} of the picture: a "
        "network that looks everywhere alike would have that share. A network that "
        "reads backgrounds shows here, in low shares and on the pictures that come "
        "first."
    )


def _chosen_in_words(chosen: Sequence[int] | None) -> str:
    if chosen is None:
        return ""
    return cards.note(
        f"Only the {words.count(len(chosen), 'picture')} chosen on the map."
    )


def _visible_if(chosen: Sequence[int] | None) -> Update:
    return gr.update(visible=chosen is not None)


def _where(page: int, found: int, kind: str) -> str:
    if not found:
        if kind == ATTENTION:
            return ""
        named = {True: "right answers", False: "mistakes", None: "pictures"}
        what = named[KINDS[kind][0]]
        return cards.note(f"No {what} here. Choose another class, or other pictures.")
    return tiles.where(page, found)
