"""Compare, one picture: what all chosen runs say of it, and what they look at."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf.records import SPLITS, Split
from carclf.settings import Settings
from carclf.store import connect, runs, versions
from carclf.ui import cards, opinions, pictures, tiles
from carclf.ui.clicks import with_click
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import on_show, wire
from carclf.ui.opinions import Picture

PAGE = 12
# Each has to be loaded, asked, and shown beside the others.
MOST_RUNS = 8
NOTHING_CHOSEN = cards.empty(
    "Choose a picture, or drop one",
    "Every run that is chosen above is asked about it: its five likeliest classes, and "
    "what spoke for them.",
)
Update = dict[str, Any]


class Search(NamedTuple):
    """What to look through: components in the layout, their values in a handler."""

    version: Any
    split: Any
    text: Any


class Found(NamedTuple):
    """A page of pictures."""

    page: Any
    ids: Any
    gallery: Any
    where: Any


def build(settings: Settings, tab: gr.Tab, chosen: gr.Dropdown) -> None:
    """Lay out where pictures come from, and the place for the answers."""
    with gr.Row():
        version = gr.Dropdown(label="Pictures of", choices=[], interactive=True)
        split = gr.Dropdown(list(SPLITS), value="test", label="Split", min_width=110)
        text = gr.Textbox(label="Class or file name", max_lines=1, min_width=150)
    with gr.Row(elem_classes="split"):
        with gr.Column(scale=5, min_width=320):
            gallery = tiles.create("Pictures to ask about")
            back, where, on = tiles.build_pager()
        with gr.Column(scale=2, min_width=240):
            dropped = gr.Image(
                label="Or a photograph of your own",
                type="filepath",
                sources=["upload", "clipboard"],
                height=220,
                elem_classes="stage",
            )
    answers = gr.HTML(NOTHING_CHOSEN, apply_default_css=False)
    search = Search(version, split, text)
    found, picked = Found(gr.State(0), gr.State([]), gallery, where), gr.State()
    on_show(tab, partial(open_search, settings), search, [version, *found])
    changed = [version.input, split.input, text.submit, text.blur]
    wire(changed, partial(turn_page, settings, 0), list(search), list(found))
    for button, step in ((back, -1), (on, 1)):
        turn = partial(turn_page, settings, step)
        wire(button.click, turn, [*search, found.page], list(found))
    asked = [answers, picked]
    pick = with_click(partial(ask_of_tile, settings))
    wire(gallery.select, pick, [chosen, version, found.ids], asked, is_slow=True)
    own = partial(ask_of_dropped, settings)
    wire(dropped.input, own, [chosen, dropped], asked, is_slow=True)
    wire(chosen.change, partial(ask_again, settings), [chosen, picked], answers)


@shown_to_user
def open_search(
    settings: Settings, version_id: int | None, split: Split, text: str | None
) -> tuple[Any, ...]:
    """Return the versions there are, and the first pictures of the chosen one."""
    with connect(settings.db_path) as db:
        known = [(one.name, one.id) for one in versions.every(db)]
    if version_id not in [one for _, one in known]:
        version_id = known[0][1] if known else None
    return (
        gr.update(choices=known, value=version_id),
        *turn_page(settings, 0, version_id, split, text),
    )


@shown_to_user
def turn_page(
    settings: Settings,
    step: int,
    version_id: int | None,
    split: Split,
    text: str | None,
    page: int = 0,
) -> Found:
    """Return a page of the pictures that match, `step` pages from `page`."""
    if version_id is None:
        return Found(0, [], gr.update(visible=False), "")
    wanted: dict[str, Any] = {"split": split, "text": (text or "").strip()}
    with connect(settings.db_path) as db:
        count = versions.count(db, version_id, **wanted)
        page = min(max(page + step, 0), pictures.page_count(count, PAGE) - 1)
        rows = versions.examples(
            db, version_id, **wanted, limit=PAGE, offset=page * PAGE
        )
    shown = pictures.gallery(settings, [(one, one.label) for one in rows])
    said = (
        tiles.where(page, count, PAGE)
        if rows
        else cards.note("No picture here. Search for another class, or split.")
    )
    ids = [one.image_id for one in rows]
    return Found(page, ids, gr.update(value=shown, visible=bool(shown)), said)


@shown_to_user
def ask_of_tile(
    settings: Settings,
    place: int,
    _tile: Any,
    chosen: list[int] | None,
    version_id: int,
    image_ids: Sequence[int],
) -> tuple[str, dict[str, Any]]:
    """Return what the runs say of a picture of the gallery, and which it is."""
    picked = {"version_id": version_id, "image_id": image_ids[place]}
    return ask_again(settings, chosen, picked), picked


@shown_to_user
def ask_of_dropped(
    settings: Settings, chosen: list[int] | None, payload: dict[str, Any] | None
) -> tuple[str, dict[str, Any] | None]:
    """Return what the runs say of a photograph from outside."""
    picked = {"dropped": payload} if pictures.dropped(payload) else None
    return ask_again(settings, chosen, picked), picked


@shown_to_user
def ask_again(
    settings: Settings, chosen: list[int] | None, picked: dict[str, Any] | None
) -> str:
    """Return what the chosen runs say of the picture that was picked last."""
    if not picked:
        return NOTHING_CHOSEN
    if not chosen:
        return cards.note("Choose the runs to ask above.", "warn")
    picture = _picture(settings, picked)
    with connect(settings.db_path) as db:
        known = {run.id: run for run in runs.every(db)}
    asked = [known[run_id] for run_id in chosen if run_id in known]
    found = [opinions.ask(settings, run, picture) for run in asked[:MOST_RUNS]]
    left = "".join(
        cards.note(f"The first {MOST_RUNS} of {len(asked)} runs are asked.")
        for _ in asked[MOST_RUNS : MOST_RUNS + 1]
    )
    said = f"It shows: {picture.label}." if picture.label else ""
    return left + cards.note(said) + opinions.beside(found, picture.label)


def _picture(settings: Settings, picked: dict[str, Any]) -> Picture:
    dropped = pictures.dropped(picked.get("dropped"))
    if dropped is not None:
        return Picture(pictures.read_dropped(*dropped))
    return opinions.stored(settings, picked["version_id"], picked["image_id"])
