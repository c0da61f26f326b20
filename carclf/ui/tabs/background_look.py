"""Background, one photograph: what several removers make of it, side by side."""

import time
from collections.abc import Sequence
from functools import lru_cache, partial
from html import escape
from typing import Any, NamedTuple

import gradio as gr

from carclf import background, images, words
from carclf.background import BackgroundRemover, facts, treatments, weights
from carclf.config import Treatment
from carclf.datasets import review
from carclf.errors import CarclfError
from carclf.records import Box, Cutout, ImageRGB
from carclf.settings import Settings
from carclf.store import boxes, connect
from carclf.store import versions as stored
from carclf.ui import cards, cutouts, pictures
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import wire
from carclf.ui.tabs import background_removal, background_treatment
from carclf.ui.tabs.background_treatment import Form

RESULT, MASK, BOX = "Result", "Mask", "Box and score"
VIEWS = (RESULT, MASK, BOX)
NOTHING_CHOSEN = cards.empty(
    "Choose an image above",
    "Each of the removers runs on it, and a slider shows before and after.",
)
WAITING = '<p class="where">Waits for its turn.</p>'
# What leaves every photograph as it is has nothing to show.
REMOVERS = tuple(name for name in background.names() if background.outputs(name))

Update = dict[str, Any]


class Chosen(NamedTuple):
    """The photograph that is looked at: one of a version, or a dropped file."""

    version_id: int | None = None
    image_id: int | None = None
    dropped: dict[str, Any] | None = None


class Asked(NamedTuple):
    """What is to be tried now; the removers run when it changes."""

    chosen: Chosen | None
    wanted: tuple[str, ...]


class Tried(NamedTuple):
    """What a remover's place shows.

    Attributes:
        pairs: By view, where the two pictures of the slider lie.
    """

    photograph: Chosen
    how: Treatment
    pairs: dict[str, tuple[str, str]]


class Place(NamedTuple):
    """A remover's place: components in the layout, their values in a handler."""

    whole: Any
    slider: Any
    told: Any
    tried: Any


class Look(NamedTuple):
    """The removers side by side.

    Attributes:
        chosen: A state with what is looked at.
        asked: Another, which follows once every place waits for its remover.
    """

    chosen: gr.State
    asked: gr.State
    nothing: gr.HTML
    wanted: gr.CheckboxGroup
    view: gr.Radio
    places: tuple[Place, ...]
    picks: tuple[gr.Button, ...]


def build(settings: Settings) -> Look:
    """Lay out the choice of removers, and a place for each."""
    ready = [name for name in REMOVERS if not _lack(settings, name)]
    with gr.Row(equal_height=True):
        wanted = gr.CheckboxGroup(
            choices(settings),
            value=ready,
            label="Removers to try",
            scale=3,
            min_width=280,
        )
        view = gr.Radio(list(VIEWS), value=RESULT, label="Beside the photograph")
    nothing = gr.HTML(NOTHING_CHOSEN)
    with gr.Row(elem_classes="removers"):
        built = [_build_place(name) for name in REMOVERS]
    places, picks = zip(*built, strict=True)
    return Look(gr.State(), gr.State(), nothing, wanted, view, places, picks)


def _build_place(name: str) -> tuple[Place, gr.Button]:
    with gr.Column(visible=False, min_width=260) as whole:
        gr.HTML(f'<h3 title="{escape(background.describe(name))}">{name}</h3>')
        slider = gr.ImageSlider(
            label=f"Photograph and what {name} makes of it",
            show_label=False,
            interactive=False,
            max_height=430,
            buttons=["fullscreen"],
            elem_classes="stage",
            visible=False,
        )
        told = gr.HTML(WAITING)
        pick = gr.Button(f"Use {name} for the version", size="sm")
    return Place(whole, slider, told, gr.State()), pick


def connect_to(settings: Settings, look: Look, form: Form) -> None:
    """Have every remover run when there is something new to try."""
    states = [place.tried for place in look.places]
    sliders = [place.slider for place in look.places]
    waiting = [one for place in look.places for one in place[:3]]
    wire(
        [look.chosen.change, look.wanted.input],
        partial(wait, settings),
        [look.chosen, look.wanted, *states],
        [look.asked, look.nothing, *waiting],
    )
    for name, place, pick in zip(REMOVERS, look.places, look.picks, strict=True):
        # One at a time, as they take all cores; each has its own event, so that what
        # is made is seen at once, and one that fails keeps nobody from running.
        wire(
            [look.asked.change, *_changes(form)],
            partial(run, settings, name),
            [look.asked, look.view, place.tried, *form],
            list(place[1:]),
            is_slow=True,
            concurrency_limit=1,
            concurrency_id="removers",
        )
        wire(pick.click, partial(_named, name), outputs=form.remover)
    wire(look.view.input, show_as, [look.view, *states], sliders)


def _changes(form: Form) -> list[Any]:
    """Return the events by which the settings of a treatment change."""
    return [
        form.output.input,
        form.fill.change,
        form.keep_aspect.input,
        form.classes.input,
        form.network.input,
        form.weights.submit,
        *(one.release for one in (form.margin, form.score, form.size)),
    ]


def choices(settings: Settings) -> list[tuple[str, str]]:
    """Return the removers to choose among; those that cannot run yet say why."""
    lacks = ((name, _lack(settings, name)) for name in REMOVERS)
    return [(f"{name} ({lack})" if lack else name, name) for name, lack in lacks]


def _lack(settings: Settings, name: str) -> str:
    return weights.lack(settings, Treatment(remover=name))


def _named(name: str) -> str:
    return name


@shown_to_user
def wait(
    settings: Settings,
    chosen: Chosen | None,
    wanted: Sequence[str],
    *tried: Tried | None,
) -> tuple[Any, ...]:
    """Return what is to be tried, and every place with the photograph as it was taken.

    Args:
        tried: What each place shows; it stays where that is of this photograph.
    """
    asked = Asked(chosen, tuple(wanted))
    nothing = gr.update(visible=chosen is None)
    if chosen is None:
        hidden = (gr.update(visible=False), gr.skip(), gr.skip())
        return asked, nothing, *(hidden * len(REMOVERS))
    image, _ = _photograph(settings, chosen)
    lies = cutouts.address(settings, cutouts.fitted(image))
    waits = gr.update(value=(lies, lies), visible=True), WAITING
    places: list[Any] = []
    for name, one in zip(REMOVERS, tried, strict=True):
        is_new = one is None or one.photograph != chosen
        there = waits if is_new else (gr.skip(), gr.skip())
        places += [gr.update(visible=name in wanted), *there]
    return asked, nothing, *places


@shown_to_user
def run(
    settings: Settings,
    name: str,
    asked: Asked | None,
    view: str,
    tried: Tried | None,
    *fields: Any,
) -> tuple[Any, ...]:
    """Return what a remover makes of the photograph, for all of its place but `whole`.

    Args:
        tried: What its place shows; the same is not made again.
        fields: As of `background_treatment.said`, which is to be done by another.
    """
    as_it_was = gr.skip(), gr.skip(), tried
    if asked is None or asked.chosen is None or name not in asked.wanted:
        return as_it_was
    try:
        said = treatments.by(background_treatment.said(*fields), name)
        how = weights.pin(settings, said)
        if tried is not None and (tried.photograph, tried.how) == (asked.chosen, how):
            return as_it_was
        image, box = _photograph(settings, asked.chosen)
        cutout, took_s = _timed(_remover(settings, how), image, box)
    except CarclfError as error:
        # In its place, for another one may do.
        return gr.update(visible=False), cards.note(str(error), "warn"), None
    now = Tried(asked.chosen, how, pairs(settings, image, cutout, how))
    slider = gr.update(value=now.pairs[view], visible=True)
    told = in_words(image, cutout, how, box, took_s)
    return slider, f'<section aria-label="By {name}">{told}</section>', now


def show_as(view: str, *tried: Tried | None) -> list[Update]:
    """Return the sliders, each with what is to stand beside the photograph."""
    return [
        gr.skip() if one is None else gr.update(value=one.pairs[view]) for one in tried
    ]


def pairs(
    settings: Settings, image: ImageRGB, cutout: Cutout, how: Treatment
) -> dict[str, tuple[str, str]]:
    """Return for each view where the photograph lies, and what stands beside it."""
    before, after = cutouts.before_and_after(image, cutout, how)
    boxed = cutouts.with_boxes(
        image,
        found=cutout.box,
        known=None,
        score=cutout.score,
        longest=cutouts.LARGE,
    )
    beside = {RESULT: after, MASK: cutouts.with_mask(image, cutout), BOX: boxed}
    first = cutouts.address(settings, before)
    return {
        view: (first, cutouts.address(settings, picture))
        for view, picture in beside.items()
    }


def in_words(
    image: ImageRGB, cutout: Cutout, how: Treatment, known: Box | None, took_s: float
) -> str:
    """Return what was found in a photograph, what is odd about it, and the time."""
    removal = facts.of(image, cutout)
    took = (words.duration(took_s), "taken")
    if removal.box is None:
        by_box = how.remover == "box"
        lack = "No box is known for this image" if by_box else "No vehicle was found"
        told = f"{lack}, so it stays whole."
        return cards.note(told, "warn") + cards.facts([took])
    edges = removal.box
    at = f"{edges.left}, {edges.top} – {edges.right}, {edges.bottom}"
    found = [*background_removal.facts_of(removal), (at, "box"), took]
    odd = background_removal.odd(review.reasons(removal, known))
    return cards.facts(found) + odd


def _timed(
    remover: BackgroundRemover, image: ImageRGB, box: Box | None
) -> tuple[Cutout, float]:
    # What a detector says first of itself starts its process: no time of the image's.
    _ = remover.batch
    begun = time.perf_counter()
    cutout = remover.remove(image, box)
    return cutout, time.perf_counter() - begun


# One each, with the settings that were tried last.
@lru_cache(maxsize=len(REMOVERS))
def _remover(settings: Settings, how: Treatment) -> BackgroundRemover:
    return background.create(how, settings)


def _photograph(settings: Settings, chosen: Chosen) -> tuple[ImageRGB, Box | None]:
    """Return what is looked at, and its box if one was drawn or came with it."""
    dropped = pictures.dropped(chosen.dropped)
    if dropped is not None:
        return pictures.read_dropped(*dropped), None
    assert chosen.version_id is not None
    assert chosen.image_id is not None
    with connect(settings.db_path) as db:
        example = stored.example(db, chosen.version_id, chosen.image_id)
        [one] = boxes.drawn(db, [example])
    return images.read_rgb(settings.resolve(one.path)), one.box
