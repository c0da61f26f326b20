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
from carclf.store import connect
from carclf.store import images as stored_images
from carclf.store import versions as stored
from carclf.ui import cards, cutouts
from carclf.ui.errors import shown_to_user

UNCHOSEN = cards.empty("Choose a removal", "It is shown beside its photograph.")
Update = dict[str, Any]


class Look(NamedTuple):
    """One removal, and what can be decided of it."""

    image_id: Any
    both: Any
    told: Any
    actions: Any


def build() -> tuple[Look, dict[str, gr.Button], gr.Dropdown]:
    both = gr.Gallery(
        label="Photograph and result",
        show_label=False,
        columns=2,
        height="auto",
        object_fit="contain",
        interactive=False,
        buttons=[],
        elem_classes="tiles wordy",
        visible=False,
    )
    told = gr.HTML(UNCHOSEN)
    with gr.Column(visible=False) as actions:
        with gr.Row():
            buttons = {
                name: gr.Button(name, size="sm", min_width=120)
                for name in ("Accept", "Keep the original", "Undo")
            }
        with gr.Row(equal_height=True):
            remover = gr.Dropdown(
                [name for name in background.names() if name != "none"],
                value="u2netp",
                label="Another remover",
                min_width=160,
            )
            for name in ("Try it", "Use it"):
                buttons[name] = gr.Button(name, size="sm", min_width=90)
    return Look(gr.State(), both, told, actions), buttons, remover


def nothing_chosen() -> Look:
    """Return no removal at all."""
    return Look(
        None, gr.update(value=[], visible=False), UNCHOSEN, gr.update(visible=False)
    )


@shown_to_user
def look_at(settings: Settings, version_id: int, image_id: int) -> Look:
    """Return a removal beside its photograph, with what is odd about it."""
    one = _suspect(settings, version_id, image_id)
    result = images.read_rgb(settings.resolve(one.example.path))
    both = _both(settings, one, result, "in the version")
    return Look(image_id, both, told_of(one), gr.update(visible=True))


@shown_to_user
def try_remover(
    settings: Settings, version_id: int, image_id: int, remover: str
) -> tuple[Update, str]:
    """Return what another remover makes of the photograph; nothing is decided."""
    one = _suspect(settings, version_id, image_id)
    with connect(settings.db_path) as db:
        photograph = review.photograph_of(db, version_id, image_id)
    how = _instead(settings, version_id, remover)
    image = images.read_rgb(settings.resolve(photograph.path))
    cutout = background.create(how, settings).remove(image, photograph.box)
    found = "" if cutout.box else "It found nothing, so the whole image would stay."
    told = cards.note(f"Tried: {treatments.in_words(how)}. {found}")
    return _both(settings, one, cutout.image, remover), told + told_of(one)


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


def _suspect(settings: Settings, version_id: int, image_id: int) -> Suspect:
    for one in review.suspects(settings, version_id):
        if one.example.image_id == image_id:
            return one
    raise DatasetError("This image is no longer in the version. Choose another one.")


def _instead(settings: Settings, version_id: int, remover: str) -> Treatment:
    """Return the version's treatment by another remover."""
    with connect(settings.db_path) as db:
        given = Treatment.model_validate(stored.get(db, version_id).treatment)
    return treatments.by(given, remover)


def _both(settings: Settings, one: Suspect, result: ImageRGB, what: str) -> Update:
    """Return the photograph with its boxes, and what was made of it."""
    with connect(settings.db_path) as db:
        path = stored_images.get(db, one.photograph_id).path
    try:
        photograph = images.read_rgb(settings.resolve(path))
    except CarclfError:
        return gr.update(value=[(result, what)], visible=True)
    marked = cutouts.with_boxes(photograph, found=one.removal.box, known=one.known)
    legend = "photograph" + " · found: orange" * (one.removal.box is not None)
    legend += " · known: blue" * (one.known is not None)
    return gr.update(value=[(marked, legend), (result, what)], visible=True)
