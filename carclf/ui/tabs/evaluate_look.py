"""Evaluate, one picture: what was said of it, why, and a better label for it."""

from collections.abc import Sequence
from functools import partial
from html import escape
from typing import Any, NamedTuple

import gradio as gr

from carclf import images, preparation, words
from carclf.bundle import Bundle
from carclf.errors import BundleError
from carclf.evaluation import features
from carclf.records import Evaluation, ImageRGB, Judged
from carclf.settings import Settings
from carclf.store import Database, connect, evaluations, runs, versions
from carclf.store import images as stored_images
from carclf.ui import bundles, cards, pictures, relabelling, tiles
from carclf.ui.clicks import with_click
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import bring_into_sight, wire
from carclf.ui.tabs import evaluate_neighbours, evaluate_pictures
from carclf.ui.tabs.evaluate_pictures import Filter, Shown, caption

NOTHING_CHOSEN = cards.empty(
    "Choose a picture",
    "Click one to see it large, what else the network thought, and what it looked at.",
)


class Look(NamedTuple):
    """The panel, in the order in which `look` fills it.

    Attributes:
        place: In the gallery of the evaluation, from which to step on.
        version_id: The version that the picture belongs to.
        of: With what follows it, what `relabelling` shows.
    """

    place: Any
    image_id: Any
    version_id: Any
    photograph: Any
    answers: Any
    for_predicted: Any
    for_true: Any
    told: Any
    panel: Any
    of: Any
    stands: Any
    name: Any
    moving: Any
    split: Any


def build(
    settings: Settings,
    evaluation: gr.Dropdown,
    wanted: Filter,
    shown: Shown,
    others: Sequence[tuple[gr.Gallery, gr.State]],
) -> Look:
    """Lay out the panel; a click in the gallery of `shown` fills it.

    Args:
        others: Galleries with the ids of their images, whose clicks fill it too.
    """
    place, image_id, version_id = gr.State(0), gr.State(), gr.State()
    with gr.Column(elem_id="evaluate-look") as beside:
        photograph = gr.Image(
            label="Photograph",
            interactive=False,
            height=300,
            buttons=["fullscreen"],
            elem_classes="captioned",
            visible=False,
        )
        answers = gr.HTML(NOTHING_CHOSEN)
        with gr.Column(visible=False) as panel:
            back, on = tiles.build_steps()
            with gr.Row():
                for_predicted = _map("What spoke for the answer")
                for_true = _map("What spoke for the label")
            told = gr.HTML()
            nearest = evaluate_neighbours.build(settings, evaluation, image_id)
            control = relabelling.build(settings, image_id, version_id)
            gr.HTML(tiles.KEYS)
    look_at = Look(
        place,
        image_id,
        version_id,
        photograph,
        answers,
        for_predicted,
        for_true,
        told,
        panel,
        *control.shown,
    )
    clicked = wire(
        shown.gallery.select,
        with_click(partial(choose, settings)),
        [evaluation, shown.ids],
        list(look_at),
    )
    bring_into_sight(clicked, beside)
    for gallery, ids in (*others, (nearest.gallery, nearest.ids)):
        clicked = wire(
            gallery.select,
            with_click(partial(choose_other, settings)),
            [evaluation, ids],
            list(look_at),
        )
        bring_into_sight(clicked, beside)
    wire(
        shown.ids.change,
        partial(follow, settings),
        [evaluation, shown.ids, image_id],
        [shown.gallery, *look_at],
    )
    for button, by in ((back, -1), (on, 1)):
        wire(
            button.click,
            partial(step, settings, by),
            [evaluation, *wanted, shown.page, shown.ids, place],
            [*shown, *look_at],
        )
    wire(
        control.changed.change,
        partial(refresh, settings),
        [evaluation, *wanted, shown.page],
        shown.gallery,
    )
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
    tile: Any,
    evaluation_id: int,
    image_ids: Sequence[int],
) -> Look:
    """Return the panel for the picture at a place of the gallery."""
    chosen = choose_other(settings, place, tile, evaluation_id, image_ids)
    return chosen._replace(place=place)


@shown_to_user
def choose_other(
    settings: Settings,
    place: int,
    _tile: Any,
    evaluation_id: int,
    image_ids: Sequence[int],
) -> Look:
    """Return the panel for the picture at a place of another gallery."""
    return look(settings, evaluation_id, image_ids[place])


@shown_to_user
def follow(
    settings: Settings,
    evaluation_id: int | None,
    image_ids: Sequence[int],
    image_id: int | None,
) -> tuple[Any, ...]:
    """Return gallery and panel of a new page: the same picture, or its first.

    While no picture is looked at, none is opened.
    """
    same = Look(*(gr.skip() for _ in Look._fields))
    if evaluation_id is None or image_id is None or not image_ids:
        return gr.skip(), *same
    if image_id in image_ids:
        place = image_ids.index(image_id)
        return gr.update(selected_index=place), *same._replace(place=place)
    first = look(settings, evaluation_id, image_ids[0])._replace(place=0)
    return gr.update(selected_index=0), *first


@shown_to_user
def step(
    settings: Settings,
    by: int,
    evaluation_id: int,
    kind: str,
    label: str,
    predicted: str,
    chosen: Sequence[int] | None,
    page: int,
    image_ids: Sequence[int],
    place: int,
) -> tuple[Any, ...]:
    """Return page, place and panel of the next or previous picture."""
    place += by
    shown = Shown(*(gr.skip() for _ in Shown._fields))
    if not 0 <= place < len(image_ids):
        shown = evaluate_pictures.turn_page(
            settings, by, evaluation_id, kind, label, predicted, chosen, page
        )
        if shown.page == page:
            raise gr.Error(
                "There is no further picture here.", duration=4, print_exception=False
            )
        image_ids, place = shown.ids, 0 if by > 0 else len(shown.ids) - 1
    update = dict(shown.gallery) if shown.page != page else gr.update()
    shown = shown._replace(gallery={**update, "selected_index": place})
    stepped = look(settings, evaluation_id, image_ids[place])
    return *shown, *stepped._replace(place=place)


@shown_to_user
def refresh(
    settings: Settings,
    evaluation_id: int,
    kind: str,
    label: str,
    predicted: str,
    chosen: Sequence[int] | None,
    page: int,
) -> Any:
    """Return the gallery of a page, with the labels as they are now."""
    turned = evaluate_pictures.turn_page(
        settings, 0, evaluation_id, kind, label, predicted, chosen, page
    )
    return turned.gallery


def look(settings: Settings, evaluation_id: int, image_id: int) -> Look:
    """Return the panel for a picture that was judged, or for a training image.

    Its place stays: a training image has none, and stepping on goes on from before.
    """
    with connect(settings.db_path) as db:
        evaluation = evaluations.get(db, evaluation_id)
        found = evaluations.of_images(db, evaluation_id, [image_id])
        version_id = evaluation.version_id if found else _learnt_from(db, evaluation)
        image = stored_images.get(db, image_id)
        label = versions.label(db, version_id, image_id) or ""
    picture = images.read_rgb(settings.resolve(image.path))
    try:
        bundle = bundles.load(settings, evaluation.run_id, evaluation.epoch)
    except BundleError as error:
        trouble = cards.note(f"What it looked at cannot be shown. {error}", "warn")
        judged, lit = (found[0] if found else None), {}
    else:
        # The version's images are treated already, so they are only resized.
        seen = preparation.resize(picture, bundle.preparation)
        judged = found[0] if found else _judged_now(bundle, seen, image_id, label)
        lit, trouble = (
            _lit(bundle, judged, seen),
            bundles.other_epoch(evaluation, bundle),
        )
    return Look(
        place=gr.skip(),
        image_id=image_id,
        version_id=version_id,
        photograph=gr.update(value=pictures.large(settings, image), visible=True),
        answers=_answers(judged, label, is_training=not found),
        told=trouble,
        panel=gr.update(visible=True),
        **relabelling.show(settings, image_id, version_id)._asdict(),
        **_maps(judged, lit),
    )


def nothing() -> Look:
    """Return the panel before a picture is chosen."""
    hidden = gr.update(visible=False)
    control = relabelling.nothing()
    return Look(0, None, None, hidden, NOTHING_CHOSEN, None, None, "", hidden, *control)


def _learnt_from(db: Database, evaluation: Evaluation) -> int:
    return features.learnt_from(runs.get(db, evaluation.run_id), evaluation)


def _judged_now(bundle: Bundle, seen: ImageRGB, image_id: int, label: str) -> Judged:
    """Return what the network says of a picture that was not evaluated."""
    prediction = bundle.predict([seen])[0]
    share = dict(prediction.top).get(label, 0.0)
    return Judged(image_id, label, prediction, share, 0.0)


def _lit(bundle: Bundle, judged: Judged, seen: ImageRGB) -> dict[str, ImageRGB]:
    """Return the picture lit for the answer and for the label."""
    wanted = {judged.prediction.label, judged.label} & set(bundle.classes)
    return {
        name: pictures.spotlight(seen, bundle.activation(seen, name)) for name in wanted
    }


def _maps(judged: Judged | None, lit: dict[str, ImageRGB]) -> dict[str, Any]:
    if judged is None or not lit:
        hidden = gr.update(visible=False)
        return {"for_predicted": hidden, "for_true": hidden}
    own = lit.get(judged.label)
    return {
        "for_predicted": gr.update(
            value=lit.get(judged.prediction.label), visible=True
        ),
        "for_true": gr.update(
            value=own, visible=own is not None and not judged.is_correct
        ),
    }


def _answers(judged: Judged | None, label: str, *, is_training: bool) -> str:
    if judged is None:
        return f"<h3>Training image of {escape(label)}</h3>"
    bars = "".join(
        cards.bar(name, share, words.percent(share, 1), "" if place else "first")
        for place, (name, share) in enumerate(judged.prediction.top)
    )
    return (
        f'<section class="top-five" aria-label="Likeliest classes">'
        f"<h3>{'Training image: ' * is_training}{escape(caption(judged))}</h3>{bars}"
        f"{_truth(judged, is_training)}</section>"
    )


def _truth(judged: Judged, is_training: bool) -> str:
    """Return what else is to be known of an answer."""
    parts = []
    if not judged.is_correct and not is_training:
        share = words.percent(judged.true_probability, 1)
        parts.append(f"Its label is {judged.label}, to which it gave {share}.")
    if judged.attention_share is not None and judged.box_share is not None:
        parts.append(
            f"{words.percent(judged.attention_share)} of the evidence for its answer "
            "lay on the vehicle, whose box covers "
            f"{words.percent(judged.box_share)} of the picture."
        )
    return cards.note(" ".join(parts))
