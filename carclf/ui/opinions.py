"""What several networks say of one picture, side by side: answers and evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from carclf import images, preparation, words
from carclf.background import treatments
from carclf.bundle import Bundle
from carclf.config import Treatment
from carclf.errors import BundleError
from carclf.preparation import Prepared
from carclf.records import Box, Evaluation, ImageRGB, Judged, Prediction, Run
from carclf.settings import Settings
from carclf.store import connect, runs, versions
from carclf.store import images as stored_images
from carclf.ui import bundles, cards, pictures


@dataclass(frozen=True)
class Opinion:
    """One network on one picture.

    Attributes:
        seen: The picture as the network was shown it.
        lit: What spoke for a class: (class, picture).
        told: What to mind, as HTML.
    """

    name: str
    prediction: Prediction | None = None
    seen: ImageRGB | None = None
    lit: tuple[tuple[str, ImageRGB], ...] = ()
    told: str = ""


@dataclass(frozen=True)
class Picture:
    """A photograph to ask of, as every network is to get it.

    Attributes:
        treated: The picture as its version holds it, and how it was treated for that;
            None for a photograph from outside.
        box: Where the vehicle is in the photograph, if known.
    """

    photograph: ImageRGB
    label: str | None = None
    treated: tuple[ImageRGB, Treatment] | None = None
    box: Box | None = None


def stored(settings: Settings, version_id: int, image_id: int) -> Picture:
    """Return a picture of a version, with the photograph it was made from.

    Raises:
        UnreadableImageError: The file is gone or damaged.
    """
    with connect(settings.db_path) as db:
        version = versions.get(db, version_id)
        example = versions.example(db, version_id, image_id)
        photograph = stored_images.photograph(db, image_id)
        box = versions.box_of(db, photograph.id)
    treated = images.read_rgb(settings.resolve(example.path))
    whole = treated
    if photograph.id != image_id:
        whole = images.read_rgb(settings.resolve(photograph.path))
    how = Treatment.model_validate(version.treatment)
    return Picture(whole, example.label, (treated, how), box)


def ask(settings: Settings, run: Run, picture: Picture) -> Opinion:
    """Return what a run says of a picture, prepared as its own bundle says."""
    try:
        bundle = bundles.load(settings, run.id)
    except BundleError as error:
        return Opinion(run.name, told=cards.note(str(error), "warn"))
    prepared = seen_by(bundle, picture)
    told = cards.note(prepared.warning or "", "warn")
    if picture.treated is not None:
        told += cards.note(_other_treatment(run, bundle, picture.treated[1]))
    return _opinion(run, bundle, prepared.image, picture.label, told)


def seen_by(bundle: Bundle, picture: Picture) -> Prepared:
    """Return a picture as a network is to see it: treated as what it learnt from."""
    if picture.treated is not None:
        image, given = picture.treated
        if treatments.alike(bundle.preparation.treatment, given):
            return bundle.prepare(image, picture.box, given)
    return bundle.prepare(picture.photograph, picture.box)


def judged(
    settings: Settings, evaluation: Evaluation, one: Judged, image: ImageRGB
) -> Opinion:
    """Return what an evaluation recorded of a picture, and what spoke for it."""
    with connect(settings.db_path) as db:
        run = runs.get(db, evaluation.run_id)
    try:
        bundle = bundles.load(settings, run.id)
    except BundleError as error:
        told = cards.note(f"What it looked at cannot be shown. {error}", "warn")
        return Opinion(run.name, one.prediction, told=told)
    # The version's images are treated already, so they are only resized.
    seen = preparation.resize(image, bundle.preparation)
    lit = _lit(bundle, seen, [one.prediction.label, one.label])
    return Opinion(
        run.name, one.prediction, seen, lit, bundles.other_epoch(evaluation, bundle)
    )


def beside(found: Sequence[Opinion], label: str | None = None) -> str:
    """Return the opinions as cards, side by side as far as the page is wide.

    Args:
        label: The class that the picture shows, if that is known.
    """
    drawn = "".join(_card(one, label) for one in found)
    return f'<div class="opinions">{drawn}</div>'


def _opinion(
    run: Run, bundle: Bundle, seen: ImageRGB, label: str | None, told: str
) -> Opinion:
    prediction = bundle.predict([seen])[0]
    lit = _lit(bundle, seen, [prediction.label, *([label] if label else [])])
    return Opinion(run.name, prediction, seen, lit, told)


def _lit(
    bundle: Bundle, seen: ImageRGB, labels: Sequence[str]
) -> tuple[tuple[str, ImageRGB], ...]:
    known = [label for label in dict.fromkeys(labels) if label in bundle.classes]
    return tuple(
        (label, pictures.spotlight(seen, bundle.activation(seen, label)))
        for label in known
    )


def _other_treatment(run: Run, bundle: Bundle, given: Treatment) -> str:
    """Return that a picture is shown otherwise than its version holds it, if so."""
    wanted = bundle.preparation.treatment
    unlike = treatments.unlike(f"“{run.name}”", wanted, "this version's are", given)
    how = "is shown as it was taken" if wanted.remover == "none" else "is treated anew"
    return f"{unlike}. The photograph {how} for it." if unlike else ""


def _card(one: Opinion, label: str | None) -> str:
    shown = [("What it saw", one.seen)] if one.seen is not None else []
    shown += [(f"What spoke for {name}", picture) for name, picture in one.lit]
    drawn = "".join(
        f'<figure><img src="{pictures.inline(picture)}" alt="{escape(said)}">'
        f"<figcaption>{escape(said)}</figcaption></figure>"
        for said, picture in shown
        if picture is not None
    )
    return (
        f'<section class="opinion top-five" aria-label="{escape(one.name)}">'
        f"<h3>{escape(one.name)} {_verdict(one, label)}</h3>{_bars(one)}"
        f'<div class="maps">{drawn}</div>{one.told}</section>'
    )


def _bars(one: Opinion) -> str:
    if one.prediction is None:
        return ""
    return "".join(
        cards.bar(label, share, words.percent(share, 1), "" if place else "first")
        for place, (label, share) in enumerate(one.prediction.top)
    )


def _verdict(one: Opinion, label: str | None) -> str:
    if label is None or one.prediction is None:
        return ""
    is_right = one.prediction.label == label
    said, tone = ("right", "done") if is_right else ("wrong", "failed")
    return f'<span class="badge {tone}">{said}</span>'
