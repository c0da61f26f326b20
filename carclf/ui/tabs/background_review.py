"""Background, review: removals most likely wrong first, and what is to be done."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import gradio as gr
import numpy as np
import plotly.graph_objects as go

from carclf import words
from carclf.datasets import review, versions
from carclf.datasets.review import Coverage, Suspect
from carclf.errors import DatasetError
from carclf.settings import Settings
from carclf.store import connect, removals
from carclf.store import versions as stored
from carclf.ui import cards, chart, pictures, tiles, version_picker
from carclf.ui.chart import Figure, figure
from carclf.ui.clicks import with_click
from carclf.ui.errors import shown_to_user
from carclf.ui.lines import BLUE
from carclf.ui.navigation import THEN, wire
from carclf.ui.tabs import background_removal

TO_LOOK_AT, REVIEWED, ALL = "Likely wrong", "Reviewed", "All"
PAGE = 12
NOTHING = cards.empty(
    "No treated version yet",
    "Remove the backgrounds of a version above; what is likely wrong appears here.",
)
Update = dict[str, Any]


class Pile(NamedTuple):
    """What is looked through: components in the layout, their values in a handler."""

    page: Any
    ids: Any
    gallery: Any
    where: Any
    figures: Any
    covered: Any
    overlaps: Any


def build(settings: Settings) -> None:
    """Lay out the figures, the pile, one removal with its buttons, and the freezing."""
    with gr.Accordion("Review a treated version", open=False) as panel:
        with gr.Row(equal_height=True):
            version = gr.Dropdown(
                label="Treated version", choices=[], scale=3, min_width=220
            )
            which = gr.Radio(
                [TO_LOOK_AT, REVIEWED, ALL], value=TO_LOOK_AT, label="Shown", scale=2
            )
        figures = gr.HTML(NOTHING)
        with gr.Row():
            with gr.Column(min_width=280):
                covered = chart.create("How much of its image each vehicle covers", 200)
            with gr.Column(min_width=280):
                overlaps = chart.create("How well found and known boxes agree", 200)
        with gr.Row(elem_classes="split"):
            with gr.Column(scale=5, min_width=320):
                gallery = tiles.create("Removals", "wordy")
                back, where, on = tiles.build_pager()
            with gr.Column(scale=4, min_width=320):
                look, means = background_removal.build(settings)
        _build_freeze(settings, version)
    pile = Pile(gr.State(0), gr.State([]), gallery, where, figures, covered, overlaps)
    asked = [version, which]
    # One event for all, so that a choice made while the panel opens is answered last.
    wire(
        [panel.expand, version.input, which.input],
        partial(open_review, settings),
        [*asked, look.image_id],
        [version, *look, *pile],
    )
    for button, step in ((back, -1), (on, 1)):
        turn = partial(turn_page, settings, step)
        wire(button.click, turn, [*asked, pile.page], list(pile))
    look_at_tile = with_click(partial(choose, settings))
    wire(gallery.select, look_at_tile, [version, pile.ids], list(look))
    _wire_decisions(settings, asked, pile, look, means)


def _build_freeze(settings: Settings, version: gr.Dropdown) -> None:
    with gr.Row(equal_height=True, elem_classes="bar-row"):
        name = gr.Textbox(
            label="Name of the reviewed version",
            placeholder="sample reviewed",
            scale=3,
            min_width=220,
        )
        button = gr.Button("Freeze as reviewed", variant="primary", min_width=160)
    told = gr.HTML()
    wire(button.click, partial(freeze, settings), [version, name], told, is_slow=True)


def _wire_decisions(
    settings: Settings,
    asked: list[Any],
    pile: Pile,
    look: background_removal.Look,
    means: background_removal.Means,
) -> None:
    version, image_id = asked[0], look.image_id
    press = {name: button.click for name, button in means.buttons.items()}
    wire(
        press["Try it"],
        partial(background_removal.try_remover, settings),
        [version, image_id, means.remover],
        [look.both, look.told],
        is_slow=True,
    )
    decisions: tuple[tuple[Any, Any, list[Any]], ...] = (
        (press["Accept"], background_removal.accept, []),
        (press["Undo"], background_removal.undo, []),
        (press["Keep the original"], background_removal.use, []),
        (press["Use it"], background_removal.use, [means.remover]),
        (means.drawing.changed.change, background_removal.use_box, []),
    )
    for trigger, how, more in decisions:
        decided = wire(
            trigger,
            partial(background_removal.decide, settings, how),
            [version, image_id, *more],
            list(look),
        )
        decided.then(
            partial(turn_page, settings, 0), [*asked, pile.page], list(pile), **THEN
        )


@shown_to_user
def open_review(
    settings: Settings,
    version_id: int | None,
    which: str,
    image_id: int | None = None,
) -> tuple[Any, ...]:
    """Return the picker with the treated versions, a removal, the first page of one.

    Args:
        image_id: What is looked at. It stays, with what this version says of it.
    """
    with connect(settings.db_path) as db:
        known = [stored.get(db, one) for one in removals.reviewable(db)]
    ids = [one.id for one in known]
    chosen = version_id if version_id in ids else (ids[0] if ids else None)
    named = [(version_picker.in_words(one), one.id) for one in known]
    picker = gr.update(choices=named, value=chosen)
    looked = background_removal.look_again(settings, chosen, image_id)
    return (picker, *looked, *turn_page(settings, 0, chosen, which))


@shown_to_user
def turn_page(
    settings: Settings, step: int, version_id: int | None, which: str, page: int = 0
) -> Pile:
    """Return a page of removals, `step` pages on, and the figures of all."""
    if version_id is None:
        hidden = gr.update(value=[], visible=False)
        return Pile(0, [], hidden, "", NOTHING, None, None)
    every = review.suspects(settings, version_id)
    found = [one for one in every if _is_shown(one, which)]
    page = min(max(page + step, 0), pictures.page_count(len(found), PAGE) - 1)
    part = found[page * PAGE : (page + 1) * PAGE]
    shown = pictures.gallery(settings, ((one.example, caption(one)) for one in part))
    figures = review.coverage(every)
    return Pile(
        page,
        [one.example.image_id for one in part],
        gr.update(value=shown, visible=bool(shown)),
        _where(page, len(found), which),
        coverage_in_words(figures, every),
        histogram(figures.covered, "of the image covered"),
        histogram(figures.overlaps, "IoU with the known box"),
    )


def choose(
    settings: Settings, at: int, _tile: Any, version_id: int, ids: Sequence[int]
) -> background_removal.Look:
    """Return the removal whose tile was clicked, to be looked at."""
    return background_removal.look_at(settings, version_id, ids[at])


@shown_to_user
def freeze(settings: Settings, version_id: int | None, name: str) -> str:
    """Make a new version of the removals as they were reviewed."""
    if version_id is None:
        raise DatasetError("There is no treated version to freeze.")
    made = versions.freeze(settings, version_id, name)
    count = words.count(sum(made.counts.values()), "image")
    return cards.note(f"“{made.name}” holds {count}: {made.source}.", "good")


def caption(one: Suspect) -> str:
    """Return the class with what is odd about its removal."""
    odd = ", ".join(reason.words for reason in one.reasons) or "nothing odd"
    mark = " · reviewed" if one.decision else ""
    return f"{one.example.label}: {odd}{mark}"


def coverage_in_words(figures: Coverage, every: Sequence[Suspect]) -> str:
    """Return the figures over a version, and how far its review is."""
    odd = [one for one in every if one.reasons]
    reviewed = sum(one.decision is not None for one in every)
    facts = [
        (words.percent(figures.found_rate, 1), "with a vehicle found"),
        (words.percent(figures.mean_covered), "of an image covered, on average"),
    ]
    if figures.overlaps:
        mean = f"{np.mean(figures.overlaps):.2f}"
        facts.append((mean, f"mean IoU with {len(figures.overlaps):,} known boxes"))
    facts += [(f"{len(odd):,}", "likely wrong"), (f"{reviewed:,}", "reviewed")]
    return cards.facts(facts)


def histogram(shares: Sequence[float], what: str) -> Figure | None:
    """Return how many images have which share, in twenty steps; None for no image."""
    if not shares:
        return None
    counts, edges = np.histogram(shares, bins=20, range=(0, 1))
    bars = go.Bar(
        x=((edges[:-1] + edges[1:]) / 2).tolist(),
        y=counts.tolist(),
        marker={"color": BLUE},
        hovertemplate="%{y} images<extra></extra>",
    )
    said = f"{len(shares)} images by {what}, {np.mean(shares):.2f} on average."
    return figure(
        [bars],
        said,
        bargap=0.05,
        xaxis={"title": {"text": what}, "range": [0, 1], "tickformat": ".0%"},
        yaxis={"title": {"text": "images"}},
    )


def _is_shown(one: Suspect, which: str) -> bool:
    if which == TO_LOOK_AT:
        return bool(one.reasons) and one.decision is None
    return which == ALL or one.decision is not None


def _where(page: int, found: int, which: str) -> str:
    if not found:
        return cards.note(
            {
                TO_LOOK_AT: "Nothing is left that is likely wrong.",
                REVIEWED: "Nothing has been reviewed yet.",
            }.get(which, "There is nothing in this version.")
        )
    return tiles.where(page, found, PAGE)
