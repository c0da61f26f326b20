"""Background, review: one removal beside its photograph, and what is decided of it."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import gradio as gr

from carclf import background, images, words
from carclf.background import treatments
from carclf.config import Treatment
from carclf.datasets import review
from carclf.datasets.review import Reason, Suspect
from carclf.errors import CarclfError, DatasetError
from carclf.records import ImageRGB, Removal
from carclf.settings import Settings
from carclf.store import connect, removals
from carclf.store import images as stored_images
from carclf.store import versions as stored
from carclf.ui import box_drawing, cards, cutouts
from carclf.ui.errors import shown_to_user

UNCHOSEN = cards.empty("Choose a removal", "It is shown beside its photograph.")
Update = dict[str, Any]
Tile = tuple[ImageRGB, str]


class Look(NamedTuple):
    """One removal, and what can be decided of it."""

    image_id: Any
    photograph_id: Any
    both: Any
    told: Any
    actions: Any


class Means(NamedTuple):
    """By what it is decided."""

    buttons: dict[str, gr.Button]
    remover: gr.Dropdown
    drawing: box_drawing.Control


def build(settings: Settings) -> tuple[Look, Means]:
    """Lay out one removal, and the means to decide of it."""
    photograph_id = gr.State()
    both = gr.Gallery(
        label="Photograph and result",
        show_label=False,
        columns=2,
        height="auto",
        object_fit="contain",
        interactive=False,
        buttons=[],
        elem_classes="tiles wordy pair",
        visible=False,
    )
    told = gr.HTML(UNCHOSEN)
    with gr.Column(visible=False) as actions:
        with gr.Row():
            buttons = {
                name: gr.Button(name, size="sm", min_width=120)
                for name in ("Accept", "Keep the original", "Undo")
            }
        with gr.Row(equal_height=True, elem_classes="bar-row"):
            remover = gr.Dropdown(
                [name for name in background.names() if name != "none"],
                value="u2netp",
                label="Another remover",
                min_width=160,
            )
            for name in ("Try it", "Use it"):
                buttons[name] = gr.Button(name, size="sm", min_width=90)
        with gr.Accordion("Draw the vehicle's box, and crop to it", open=False):
            drawing = box_drawing.build(settings, photograph_id)
    look = Look(gr.State(), photograph_id, both, told, actions)
    return look, Means(buttons, remover, drawing)


def nothing_chosen() -> Look:
    """Return no removal at all."""
    none, hidden = gr.update(value=[], visible=False), gr.update(visible=False)
    return Look(None, None, none, UNCHOSEN, hidden)


@shown_to_user
def look_at(settings: Settings, version_id: int, image_id: int) -> Look:
    """Return a removal beside its photograph, with what is odd about it."""
    one = review.suspect(settings, version_id, image_id)
    results = [(settings.resolve(one.example.path), "in the version")]
    made = review.decided(settings, version_id, one)
    if made is not None:
        results.append((made.path, "as decided"))
    both = _both(settings, one, [(images.read_rgb(path), at) for path, at in results])
    shown = gr.update(visible=True)
    return Look(image_id, one.photograph_id, both, told_of(one), shown)


def look_again(
    settings: Settings, version_id: int | None, image_id: int | None
) -> Look:
    """Return the removal that is looked at, as another version has it.

    Without one nothing changes: a click may be on its way.
    """
    if image_id is None:
        return Look(*[gr.skip()] * len(Look._fields))
    if version_id is None:
        return nothing_chosen()
    with connect(settings.db_path) as db:
        is_held = bool(removals.some(db, version_id, [image_id]))
    return look_at(settings, version_id, image_id) if is_held else nothing_chosen()


@shown_to_user
def try_remover(
    settings: Settings, version_id: int, image_id: int, remover: str
) -> tuple[Update, str]:
    """Return what another remover makes of the photograph; nothing is decided."""
    one = review.suspect(settings, version_id, image_id)
    with connect(settings.db_path) as db:
        photograph = review.photograph_of(db, version_id, image_id)
    how = _instead(settings, version_id, remover)
    image = images.read_rgb(settings.resolve(photograph.path))
    cutout = background.create(how, settings).remove(image, photograph.box)
    found = "" if cutout.box else "It found nothing, so the whole image would stay."
    told = cards.note(f"Tried: {treatments.in_words(how)}. {found}")
    return _both(settings, one, [(cutout.image, remover)]), told + told_of(one)


@shown_to_user
def decide(
    settings: Settings,
    how: Any,
    version_id: int | None,
    image_id: int | None,
    *more: Any,
) -> Look:
    """Record a decision about the removal that is looked at, and show it."""
    if version_id is None or image_id is None:
        raise DatasetError("Choose a removal first.")
    how(settings, version_id, image_id, *more)
    return look_at(settings, version_id, image_id)


def accept(settings: Settings, version_id: int, image_id: int) -> None:
    review.accept(settings, version_id, image_id)


def undo(settings: Settings, version_id: int, image_id: int) -> None:
    review.undo(settings, version_id, image_id)


def use(
    settings: Settings, version_id: int, image_id: int, remover: str = "none"
) -> None:
    """Decide for another remover; for the photograph itself without one."""
    how = _instead(settings, version_id, remover)
    review.instead(settings, version_id, image_id, how)


def use_box(settings: Settings, version_id: int, image_id: int) -> None:
    """Decide for a crop to the photograph's box, if it has one now."""
    with connect(settings.db_path) as db:
        photograph = review.photograph_of(db, version_id, image_id)
    if photograph.box is not None:
        use(settings, version_id, image_id, "box")


def told_of(one: Suspect) -> str:
    """Return what was found in a photograph, what is odd, and what is decided."""
    facts = cards.facts(facts_of(one.removal))
    return facts + odd(one.reasons) + cards.note(_decided(one))


def facts_of(removal: Removal) -> list[tuple[str, str]]:
    """Return what was found in a photograph, as (value, what it counts)."""
    facts = [(words.percent(removal.covered), "of the image covered")]
    if removal.score is not None:
        facts.append((words.percent(removal.score), "sure"))
    if removal.vehicles is not None:
        facts.append((str(removal.vehicles), "vehicles found"))
    return facts


def odd(reasons: Iterable[Reason]) -> str:
    """Return why a removal may be wrong, a note each."""
    told = (f"{one.words[0].upper()}{one.words[1:]}." for one in reasons)
    return cards.notes(told, "warn")


def _decided(one: Suspect) -> str:
    if one.decision is None:
        return ""
    if one.decision.treatment is None:
        return "Accepted as it is."
    how = Treatment.model_validate(one.decision.treatment)
    return f"To be {treatments.in_words(how)} in the next frozen version."


def _instead(settings: Settings, version_id: int, remover: str) -> Treatment:
    """Return the version's treatment by another remover."""
    with connect(settings.db_path) as db:
        given = Treatment.model_validate(stored.get(db, version_id).treatment)
    return treatments.by(given, remover)


def _both(settings: Settings, one: Suspect, results: list[Tile]) -> Update:
    """Return the photograph with its boxes, and what was made of it."""
    with connect(settings.db_path) as db:
        path = stored_images.get(db, one.photograph_id).path
    try:
        photograph = images.read_rgb(settings.resolve(path))
    except CarclfError:
        return gr.update(value=results, visible=True)
    marked = cutouts.with_boxes(
        photograph,
        found=one.removal.box,
        known=one.known,
        score=one.removal.score,
    )
    legend = "photograph" + " · found: orange" * (one.removal.box is not None)
    legend += " · known: blue" * (one.known is not None)
    return gr.update(value=[(marked, legend), *results], visible=True)
