"""Evaluate, the pictures: mistakes and narrow escapes, page by page."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import words
from carclf.records import Judged
from carclf.settings import Settings
from carclf.store import Database, connect, evaluations, images, labels
from carclf.store.evaluations import Order
from carclf.ui import cards, pictures
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import wire

ANY = "Any class"
# What is shown, as a pair of whether the answer was right and the order.
KINDS: dict[str, tuple[bool, Order]] = {
    "Mistakes, most confident first": (False, "most confident first"),
    "Mistakes, highest loss first": (False, "highest loss first"),
    "Right answers, least confident first": (True, "least confident first"),
}
FIRST_KIND = next(iter(KINDS))
Update = dict[str, Any]


class Filter(NamedTuple):
    """Which pictures: components in the layout, their values in a handler."""

    kind: Any
    label: Any
    predicted: Any


class Shown(NamedTuple):
    """A page of them; `ids` are the image ids of its tiles."""

    page: Any
    ids: Any
    gallery: Any
    where: Any


def build(settings: Settings, evaluation: gr.Dropdown) -> tuple[Filter, Shown]:
    """Lay out filter, gallery and pager; `evaluation` holds the id to show."""
    with gr.Row():
        kind = gr.Dropdown(list(KINDS), value=FIRST_KIND, label="Show", min_width=220)
        label = gr.Dropdown([ANY], value=ANY, label="True class", min_width=140)
        predicted = gr.Dropdown([ANY], value=ANY, label="Called", min_width=140)
    gallery = gr.Gallery(
        label="Pictures of the evaluation",
        show_label=False,
        columns=4,
        height="auto",
        object_fit="contain",
        allow_preview=False,
        interactive=False,
        buttons=[],
        elem_classes="tiles wordy",
    )
    with gr.Row(elem_classes="pager"):
        back = gr.Button("Previous page", size="sm", min_width=110, scale=0)
        where = gr.HTML()
        on = gr.Button("Next page", size="sm", min_width=110, scale=0)
    wanted = Filter(kind, label, predicted)
    shown = Shown(gr.State(0), gr.State([]), gallery, where)
    for button, step in ((back, -1), (on, 1)):
        wire(
            button.click,
            partial(turn_page, settings, step),
            [evaluation, *wanted, shown.page],
            list(shown),
        )
    wire(
        [one.input for one in wanted],
        partial(turn_page, settings, 0),
        [evaluation, *wanted],
        list(shown),
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
    page: int = 0,
) -> Shown:
    """Return a page of pictures, `step` pages from `page`."""
    if evaluation_id is None:
        return nothing()
    is_correct, order = KINDS[kind]
    chosen: dict[str, Any] = {
        "is_correct": is_correct,
        "label": None if label == ANY else label,
        # The class of a right answer is its label, and only a mistake has another.
        "predicted": None if predicted == ANY or is_correct else predicted,
    }
    with connect(settings.db_path) as db:
        found = evaluations.count(db, evaluation_id, **chosen)
        page = min(max(page + step, 0), pictures.page_count(found) - 1)
        rows = evaluations.judged(
            db,
            evaluation_id,
            **chosen,
            order=order,
            limit=pictures.PAGE,
            offset=page * pictures.PAGE,
        )
        tiles = _tiles(settings, db, evaluation_id, rows)
    gallery = gr.update(value=tiles, visible=bool(tiles))
    ids = [one.image_id for one in rows]
    return Shown(page, ids, gallery, _where(page, found, kind))


def nothing() -> Shown:
    """Return no page at all."""
    return Shown(0, [], gr.update(value=[], visible=False), "")


def caption(one: Judged) -> str:
    """Return “Baja Bug, called Stock Car 1 (62 %)”, or “Baja Bug (97 %)”."""
    sure = words.percent(one.prediction.probability)
    if one.is_correct:
        return f"{one.label} ({sure})"
    return f"{one.label}, called {one.prediction.label} ({sure})"


def class_choices(classes: tuple[str, ...], chosen: str = ANY) -> Update:
    return gr.update(choices=[ANY, *classes], value=chosen)


def _tiles(
    settings: Settings, db: Database, evaluation_id: int, rows: list[Judged]
) -> list[pictures.Tile]:
    version_id = evaluations.get(db, evaluation_id).version_id
    renamed = {
        image_id: name or "not a vehicle"
        for image_id, _, name in labels.changed_since_frozen(db, version_id)
    }
    known = images.get_many(db, [one.image_id for one in rows])
    captions = [
        caption(one)
        + (f" · now {renamed[one.image_id]}" if one.image_id in renamed else "")
        for one in rows
    ]
    stored = [known[one.image_id] for one in rows]
    return pictures.gallery(settings, zip(stored, captions, strict=True))


def _where(page: int, found: int, kind: str) -> str:
    if not found:
        is_correct, _ = KINDS[kind]
        what = "right answers" if is_correct else "mistakes"
        return cards.note(f"No {what} here. Choose another class, or other pictures.")
    first = page * pictures.PAGE + 1
    last = min(found, first + pictures.PAGE - 1)
    return f'<p class="where">{first:,}–{last:,} of {found:,}</p>'
