"""Compare, picture by picture: what one run fixed and the other broke."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import words
from carclf.errors import CarclfError
from carclf.evaluation import compare
from carclf.evaluation.compare import Comparison
from carclf.records import Evaluation, Judged
from carclf.settings import Settings
from carclf.store import Database, connect, evaluations, images, runs, versions
from carclf.ui import cards, choices, metrics, pictures
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import wire

FIXED, BROKE = "Fixed", "Broke"
NOTHING = {FIXED: "Nothing was fixed.", BROKE: "Nothing was broken."}
TOO_FEW = cards.empty(
    "Two evaluations are needed",
    "Evaluate two runs on the same version and split in the Evaluate tab; what the "
    "later one fixed and broke appears here.",
)
Update = dict[str, Any]


class Pair(NamedTuple):
    """The two evaluations, by id."""

    before: Any
    after: Any


class Result(NamedTuple):
    """What came of it: components in the layout, their values in a handler."""

    verdict: Any
    which: Any
    page: Any
    gallery: Any
    where: Any


def build(settings: Settings) -> tuple[Pair, Result]:
    with gr.Row():
        before = gr.Dropdown(
            label="Before", choices=[], interactive=True, min_width=260
        )
        after = gr.Dropdown(label="After", choices=[], interactive=True, min_width=260)
    verdict = gr.HTML()
    which = gr.Radio([FIXED, BROKE], value=FIXED, label="Pictures")
    gallery = gr.Gallery(
        label="Pictures fixed or broken",
        show_label=False,
        columns=4,
        height="auto",
        object_fit="contain",
        interactive=False,
        buttons=["fullscreen"],
        elem_classes="tiles wordy",
    )
    with gr.Row(elem_classes="pager"):
        back = gr.Button("Previous page", size="sm", min_width=110, scale=0)
        where = gr.HTML()
        on = gr.Button("Next page", size="sm", min_width=110, scale=0)
    pair = Pair(before, after)
    result = Result(verdict, which, gr.State(0), gallery, where)
    shown = [result.page, gallery, where]
    wire(
        [before.input, after.input],
        partial(compare_pair, settings),
        list(pair),
        list(result),
    )
    wire(which.input, partial(turn_page, settings, 0), [*pair, which], shown)
    for button, step in ((back, -1), (on, 1)):
        wire(
            button.click,
            partial(turn_page, settings, step),
            [*pair, which, result.page],
            shown,
        )
    return pair, result


@shown_to_user
def open_pair(
    settings: Settings, before_id: int | None, after_id: int | None
) -> tuple[Any, ...]:
    """Return both pickers with what there is now, and the result of their pair."""
    with connect(settings.db_path) as db:
        known = evaluations.every(db)
        said = [(_words(db, one), one.id) for one in known]
    ids = [one.id for one in known]
    if before_id not in ids or after_id not in ids:
        before_id, after_id = _first_pair(known)
    return (
        gr.update(choices=said, value=before_id),
        gr.update(choices=said, value=after_id),
        *compare_pair(settings, before_id, after_id),
    )


@shown_to_user
def compare_pair(
    settings: Settings, before_id: int | None, after_id: int | None
) -> Result:
    """Return the verdict and the first pictures; a refusal stands in its place."""
    if before_id is None or after_id is None:
        return _no_result(TOO_FEW)
    try:
        found = _compared(settings, before_id, after_id)
    except CarclfError as error:
        return _no_result(cards.note(str(error), "warn"))
    counted = [
        (f"{FIXED} ({len(found.fixed)})", FIXED),
        (f"{BROKE} ({len(found.broke)})", BROKE),
    ]
    return Result(
        verdict(found, *_names(settings, before_id, after_id)),
        gr.update(choices=counted, value=FIXED, visible=True),
        *turn_page(settings, 0, before_id, after_id, FIXED),
    )


@shown_to_user
def turn_page(
    settings: Settings,
    step: int,
    before_id: int | None,
    after_id: int | None,
    which: str,
    page: int = 0,
) -> tuple[int, Update, str]:
    """Return page, tiles and where it lies, `step` pages from `page`."""
    if before_id is None or after_id is None:
        return 0, gr.update(visible=False), ""
    found = _compared(settings, before_id, after_id)
    image_ids = found.fixed if which == FIXED else found.broke
    page = min(max(page + step, 0), pictures.page_count(len(image_ids)) - 1)
    first = page * pictures.PAGE
    part = image_ids[first : first + pictures.PAGE]
    with connect(settings.db_path) as db:
        tiles = _tiles(settings, db, before_id, after_id, part)
    gallery = gr.update(value=tiles, visible=bool(tiles))
    if not part:
        return page, gallery, cards.note(NOTHING[which])
    last = first + len(part)
    return (
        page,
        gallery,
        f'<p class="where">{first + 1:,}–{last:,} of {len(image_ids):,}</p>',
    )


def _no_result(said: str) -> Result:
    hidden = gr.update(visible=False)
    return Result(said, hidden, 0, hidden, "")


def verdict(found: Comparison, before: str, after: str) -> str:
    """Return the difference in a sentence, with how sure it is, and the four counts."""
    right_after = found.both_right + len(found.fixed)
    right_before = found.both_right + len(found.broke)
    chance = (
        "That is more than chance."
        if found.is_more_than_chance
        else "That may be chance alone."
    )
    sentence = (
        f"{after} is right on {right_after:,} of {found.image_count:,} images, "
        f"{before} on {right_before:,}: {metrics.points(found.difference)} "
        f"(95 % interval {_bare(found.low)} to {_bare(found.high)}, "
        f"p {_p_value(found.p_value)}). {chance}"
    )
    tone: cards.Tone = "good" if found.is_more_than_chance else "plain"
    counts = [
        (f"{len(found.fixed):,}", "fixed"),
        (f"{len(found.broke):,}", "broken"),
        (f"{found.both_right:,}", "right in both"),
        (f"{found.both_wrong:,}", "wrong in both"),
    ]
    return cards.note(sentence, tone) + cards.facts(counts)


def caption(before: Judged, after: Judged) -> str:
    """Return such as “Baja Bug: was called Stock Car 1 (62 %), now right (81 %)”."""
    return f"{after.label}: was {_answer(before)}, now {_answer(after)}"


def _answer(one: Judged) -> str:
    sure = words.percent(one.prediction.probability)
    what = "right" if one.is_correct else f"called {one.prediction.label}"
    return f"{what} ({sure})"


def _bare(difference: float) -> str:
    return metrics.points(difference).removesuffix(" points")


def _p_value(p: float) -> str:
    return "< 0.0001" if p < 1e-4 else f"= {metrics.digits(p)}"


def _compared(settings: Settings, before_id: int, after_id: int) -> Comparison:
    with connect(settings.db_path) as db:
        before, after = (evaluations.get(db, one) for one in (before_id, after_id))
        compare.refuse_different_splits(before, after)
        return compare.compare(
            evaluations.judged(db, before_id), evaluations.judged(db, after_id)
        )


def _first_pair(known: list[Evaluation]) -> tuple[int | None, int | None]:
    """Return the newest two of different runs on the same images, older first."""
    for place, after in enumerate(known):
        for before in known[place + 1 :]:
            is_alike = (before.version_id, before.split) == (
                after.version_id,
                after.split,
            )
            if is_alike and before.run_id != after.run_id:
                return before.id, after.id
    return None, None


def _names(settings: Settings, *evaluation_ids: int) -> list[str]:
    with connect(settings.db_path) as db:
        found = [evaluations.get(db, one) for one in evaluation_ids]
        return [f"{runs.get(db, one.run_id).name}" for one in found]


def _words(db: Database, one: Evaluation) -> str:
    run, version = runs.get(db, one.run_id), versions.get(db, one.version_id)
    return f"{run.name} · {choices.evaluation(one, version.name)}"


def _tiles(
    settings: Settings,
    db: Database,
    before_id: int,
    after_id: int,
    image_ids: tuple[int, ...],
) -> list[pictures.Tile]:
    before = evaluations.of_images(db, before_id, image_ids)
    after = evaluations.of_images(db, after_id, image_ids)
    known = images.get_many(db, image_ids)
    rows = [
        (known[new.image_id], caption(old, new))
        for old, new in zip(before, after, strict=True)
    ]
    return pictures.gallery(settings, rows)
