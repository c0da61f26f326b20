"""Evaluate, one picture: what was said of it, why, and a better label for it."""

from collections.abc import Sequence
from functools import partial
from html import escape
from typing import Any, NamedTuple

import gradio as gr

from carclf import images, preparation, words
from carclf.bundle import Bundle
from carclf.errors import BundleError, DatasetError
from carclf.records import Evaluation, ImageRGB, Judged
from carclf.settings import Settings
from carclf.store import connect, evaluations, labels, versions
from carclf.store import images as stored_images
from carclf.ui import bundles, cards, labelling, pictures
from carclf.ui.clicks import with_click
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import wire
from carclf.ui.tabs.evaluate_pictures import Shown, caption

NOTHING_CHOSEN = cards.empty(
    "Choose a picture",
    "Click one to see it large, what else the network thought, and what it looked at.",
)
# Beside the picture on a wide page, below it on a phone, where it would go unseen.
_SCROLL = (
    "() => document.getElementById('evaluate-look')"
    ".scrollIntoView({block: 'nearest', behavior: 'smooth'})"
)


class Look(NamedTuple):
    """The panel, in the order in which `look` fills it."""

    image_id: Any
    photograph: Any
    answers: Any
    for_predicted: Any
    for_true: Any
    told: Any
    panel: Any
    name: Any


def build(settings: Settings, evaluation: gr.Dropdown, shown: Shown) -> Look:
    """Lay out the panel; a click in the gallery of `shown` fills it."""
    with gr.Column(elem_id="evaluate-look"):
        photograph = gr.Image(
            label="Photograph",
            interactive=False,
            height=260,
            buttons=["fullscreen"],
            elem_classes="captioned",
            visible=False,
        )
        answers = gr.HTML(NOTHING_CHOSEN)
        with gr.Column(visible=False) as panel:
            with gr.Row():
                for_predicted = _map("What spoke for the answer")
                for_true = _map("What spoke for the label")
            told = gr.HTML()
            name = gr.Dropdown(
                label="Label", choices=[], allow_custom_value=True, interactive=True
            )
            save = gr.Button("Save label")
    image_id = gr.State()
    look_at = Look(
        image_id, photograph, answers, for_predicted, for_true, told, panel, name
    )
    clicked = wire(
        shown.gallery.select,
        with_click(partial(choose, settings)),
        [evaluation, shown.ids],
        list(look_at),
    )
    clicked.success(None, js=_SCROLL)
    wire(save.click, partial(relabel, settings), [evaluation, image_id, name], told)
    return look_at


def _map(label: str) -> gr.Image:
    return gr.Image(
        label=label,
        interactive=False,
        height=190,
        min_width=130,
        buttons=[],
        elem_classes="captioned",
    )


@shown_to_user
def choose(
    settings: Settings,
    place: int,
    _tile: Any,
    evaluation_id: int,
    image_ids: Sequence[int],
) -> Look:
    """Return the panel for the picture at a place of the gallery."""
    return look(settings, evaluation_id, image_ids[place])


def look(settings: Settings, evaluation_id: int, image_id: int) -> Look:
    """Return the panel for one picture of an evaluation."""
    with connect(settings.db_path) as db:
        evaluation = evaluations.get(db, evaluation_id)
        judged = evaluations.of_images(db, evaluation_id, [image_id])[0]
        image = stored_images.get(db, image_id)
        now = labels.current(db, image_id)
        known = versions.get(db, evaluation.version_id).classes
    path = settings.resolve(image.path)
    lit, trouble = _lit(settings, evaluation, judged, images.read_rgb(path))
    named = judged.label if now is None else now.name
    is_lit = bool(lit)
    return Look(
        image_id=image_id,
        photograph=gr.update(value=pictures.large(settings, image), visible=True),
        answers=_answers(judged),
        for_predicted=gr.update(value=lit.get(judged.prediction.label), visible=is_lit),
        for_true=gr.update(
            value=lit.get(judged.label), visible=is_lit and not judged.is_correct
        ),
        told=trouble,
        panel=gr.update(visible=True),
        name=gr.update(choices=sorted({*known, *evaluation.classes}), value=named),
    )


def nothing() -> Look:
    """Return the panel before a picture is chosen."""
    hidden = gr.update(visible=False)
    return Look(None, hidden, NOTHING_CHOSEN, None, None, "", hidden, None)


@shown_to_user
def relabel(
    settings: Settings, evaluation_id: int, image_id: int, name: str | None
) -> str:
    """Record that a person says the picture shows `name`; return what that means."""
    with connect(settings.db_path) as db:
        version_id = evaluations.get(db, evaluation_id).version_id
    sitting = labelling.Sitting(version_id, (image_id,))
    labelling.save(settings, sitting, False, name)
    with connect(settings.db_path) as db:
        now = labels.current(db, image_id)
    if now is None or now.name is None:
        raise DatasetError("The label was not saved. Try again.")
    return cards.note(
        f"Saved as “{now.name}”. This evaluation keeps its numbers; freeze a new "
        "version in the Datasets tab to train with the label.",
        "good",
    )


def _lit(
    settings: Settings, evaluation: Evaluation, judged: Judged, image: ImageRGB
) -> tuple[dict[str, ImageRGB], str]:
    """Return the picture lit for the answer and for the label, and what to mind."""
    try:
        bundle = bundles.load(settings, evaluation.run_id)
    except BundleError as error:
        return {}, cards.note(f"What it looked at cannot be shown. {error}", "warn")
    # The version's images are treated already, so they are only resized.
    seen = preparation.resize(image, bundle.preparation)
    wanted = {judged.prediction.label, judged.label} & set(bundle.classes)
    lit = {
        name: pictures.spotlight(seen, bundle.activation(seen, name)) for name in wanted
    }
    return lit, _other_epoch(evaluation, bundle)


def _other_epoch(evaluation: Evaluation, bundle: Bundle) -> str:
    epoch = bundle.facts.get("epoch")
    if epoch in (None, evaluation.epoch):
        return ""
    return cards.note(
        f"These maps are those of epoch {epoch}, whose weights the run's model holds; "
        f"the evaluation is of epoch {evaluation.epoch}."
    )


def _answers(judged: Judged) -> str:
    bars = "".join(
        cards.bar(label, share, words.percent(share, 1), "" if place else "first")
        for place, (label, share) in enumerate(judged.prediction.top)
    )
    truth = (
        f"Its label is {judged.label}, to which it gave "
        f"{words.percent(judged.true_probability, 1)}."
    )
    return (
        f'<section class="top-five" aria-label="Likeliest classes">'
        f"<h3>{escape(caption(judged))}</h3>{bars}"
        f"{'' if judged.is_correct else cards.note(truth)}</section>"
    )
