"""What one or several networks say of a dropped photograph, as it is shown."""

from html import escape
from typing import Any, NamedTuple

import gradio as gr

from carclf import words
from carclf.bundle import Bundle, Look
from carclf.familiarity import FLAGGED_SHARE, is_unknown
from carclf.prediction.ensemble import Answer, Ensemble, Explained
from carclf.records import ImageRGB, Prediction
from carclf.ui import cards, cutouts, pictures

UNKNOWN = "Does not look like anything it was trained on"
KNOWN = "Looks like what it was trained on"
NO_IMAGE = cards.empty(
    "Drop a photograph",
    "The five likeliest classes appear here, with what the network saw and looked at.",
)
_RESIZED = {
    "squash": "squashed to",
    "pad": "fitted, with filled sides, into",
    "crop": "cut at the sides and scaled to",
}


class Shown(NamedTuple):
    """What an answer fills, in the order of `build`."""

    top: Any
    seen: Any
    looked_at: Any
    apart: Any
    told: Any
    each: Any


def build() -> Shown:
    top = gr.HTML(NO_IMAGE)
    with gr.Row():
        seen = _picture("What the network saw", "The photograph as prepared")
        looked_at = _picture(
            "What it looked at", "Bright where the network found its evidence"
        )
    apart = gr.ImageSlider(
        label="Before and after its background was removed",
        interactive=False,
        visible=False,
        max_height=300,
        buttons=[],
        elem_classes="stage",
    )
    return Shown(top, seen, looked_at, apart, gr.HTML(), gr.HTML())


def _picture(label: str, alt_text: str) -> gr.Image:
    return gr.Image(
        label=label,
        alt_text=alt_text,
        interactive=False,
        visible=False,
        buttons=[],
        min_width=140,
        elem_classes="captioned",
    )


def nothing() -> Shown:
    hidden = gr.update(value=None, visible=False)
    return Shown(NO_IMAGE, hidden, hidden, hidden, "", "")


def shown(
    ensemble: Ensemble, image: ImageRGB, found: Explained, took_s: float
) -> Shown:
    """Return the top five, both pictures, how it went in words, and each run's own."""
    first, bundle = found.looks[0], ensemble.members[0].bundle
    lit = pictures.spotlight(first.prepared.image, first.activation)
    several = len(found.looks) > 1
    title = "All together" if several else ""
    return Shown(
        top_bars(found.answer.prediction, title) + familiar(found.answer),
        gr.update(value=first.prepared.image, visible=not several),
        gr.update(value=lit, visible=not several),
        _apart(image, bundle, first),
        told(image, bundle, found, took_s),
        side_by_side(ensemble, found) if several else "",
    )


def top_bars(prediction: Prediction, title: str = "") -> str:
    """Return the five likeliest classes as bars, the first in colour."""
    heading = f"<h3>{escape(title)}</h3>" if title else ""
    return (
        '<section class="top-five" aria-label="Likeliest classes">'
        f"{heading}{_bars(prediction)}</section>"
    )


def _bars(prediction: Prediction) -> str:
    return "".join(
        cards.bar(
            label, probability, words.percent(probability, 1), "" if place else "first"
        )
        for place, (label, probability) in enumerate(prediction.top)
    )


def familiar(answer: Answer) -> str:
    """Return whether it looks like anything known, as words and a bar; maybe nothing.

    A mark on the bar stands where an image begins to count as unknown.
    """
    if answer.strangeness is None:
        return ""
    said = UNKNOWN if answer.is_unknown else KNOWN
    return (
        f'<section class="familiar {"unknown" if answer.is_unknown else "known"}"'
        f' role="status" aria-label="Whether it looks familiar"><b>{said}</b>'
        f"<p>{_stranger_than(answer.strangeness)}</p>"
        f'<i class="scale"><i style="width:{answer.strangeness * 100:.1f}%"></i>'
        f'<u style="left:{(1 - FLAGGED_SHARE) * 100:.0f}%"></u></i></section>'
    )


def _stranger_than(strangeness: float) -> str:
    rest = words.percent(FLAGGED_SHARE)
    return (
        f"Stranger than {words.percent(strangeness)} of the images it was checked on. "
        f"Of those, {rest} lie beyond the mark."
    )


def told(image: ImageRGB, bundle: Bundle, found: Explained, took_s: float) -> str:
    """Return what to mind, how the photograph was prepared, and the time taken."""
    lines = [f"Answered in {words.duration(took_s)}."]
    if len(found.looks) == 1:
        lines.insert(0, prepared(image, bundle, found.looks[0]))
    where = "".join(f'<p class="where">{escape(line)}</p>' for line in lines)
    return cards.notes(found.answer.warnings, "warn") + where


def prepared(image: ImageRGB, bundle: Bundle, look: Look) -> str:
    """Return what was done to a photograph before the network saw it."""
    how = bundle.preparation
    height, width = image.shape[:2]
    if look.prepared.was_treated:
        background = "its background treated before"
    elif how.treatment.remover == "none":
        background = "background kept"
    elif look.prepared.cutout.box is None:
        background = "nothing cut away"
    else:
        background = f"background removed by {how.treatment.remover}"
    return (
        f"Prepared as in training: {width:,} × {height:,} {_RESIZED[how.resize]} "
        f"{how.width} × {how.height}, {background}."
    )


def _apart(image: ImageRGB, bundle: Bundle, look: Look) -> dict[str, Any]:
    """Return the photograph before and after, where its background was removed."""
    cutout = look.prepared.cutout
    if cutout.box is None or bundle.preparation.treatment.remover == "none":
        return gr.update(value=None, visible=False)
    treatment = bundle.preparation.treatment
    pair = cutouts.before_and_after(image, cutout, treatment)
    return gr.update(value=pair, visible=True)


def side_by_side(ensemble: Ensemble, found: Explained) -> str:
    """Return what each run says for itself, and where it looked."""
    columns = "".join(
        _column(member.name, look)
        for member, look in zip(ensemble.members, found.looks, strict=True)
    )
    return f'<section class="abreast" aria-label="Each run alone">{columns}</section>'


def _column(name: str, look: Look) -> str:
    lit = pictures.spotlight(look.prepared.image, look.activation)
    is_strange = look.strangeness is not None and is_unknown(look.strangeness)
    note = cards.note(f"{UNKNOWN}." if is_strange else "", "warn")
    return (
        f'<article aria-label="{escape(name)}"><h3>{escape(name)}</h3>'
        f'<img src="{pictures.inline(lit)}"'
        f' alt="Where {escape(name)} found its evidence">'
        f"{_bars(look.prediction)}{note}</article>"
    )
