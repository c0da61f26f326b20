"""Compare, picture by picture: what one run fixed and the other broke."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import metrics, words
from carclf.errors import CarclfError
from carclf.evaluation import compare
from carclf.evaluation.compare import Comparison, Pair
from carclf.records import Evaluation, Judged
from carclf.settings import Settings
from carclf.store import Database, connect, evaluations, images, runs, versions
from carclf.ui import cards, choices, pictures, tiles
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import on_show, wire
from carclf.ui.tabs import compare_classes, compare_look

FIXED, BROKE = "Fixed", "Broke"
NOTHING = {FIXED: "Nothing was fixed.", BROKE: "Nothing was broken."}
TOO_FEW = cards.empty(
    "Two evaluations are needed",
    "Evaluate two runs on the same version and split in the Evaluate tab; what the "
    "later one fixed and broke appears here.",
)
Update = dict[str, Any]


class Chosen(NamedTuple):
    """The two evaluations, by id."""

    before: Any
    after: Any


class Result(NamedTuple):
    """What came of it: components in the layout, their values in a handler.

    `ids` are the photographs of the page.
    """

    verdict: Any
    which: Any
    page: Any
    ids: Any
    gallery: Any
    where: Any
    classes: Any
    others: Any


def build(settings: Settings, tab: gr.Tab) -> None:
    """Lay out two evaluations to choose, the verdict, pictures, classes, and others."""
    with gr.Row():
        before, after = (
            gr.Dropdown(label=label, choices=[], interactive=True, min_width=260)
            for label in ("Before", "After")
        )
    verdict = gr.HTML()
    which = gr.Radio([FIXED, BROKE], value=FIXED, label="Pictures")
    with gr.Row(elem_classes="split"):
        with gr.Column(scale=5, min_width=320):
            gallery = tiles.create("Pictures fixed or broken", "wordy")
            back, where, on = tiles.build_pager()
        with gr.Column(scale=4, min_width=320):
            compare_look.build(settings, (before, after), gallery, ids := gr.State([]))
    classes, others = compare_classes.build()
    chosen = Chosen(before, after)
    result = Result(verdict, which, gr.State(0), ids, gallery, where, classes, others)
    page = [result.page, ids, gallery, where]
    wire(
        [before.input, after.input],
        partial(compare_pair, settings),
        list(chosen),
        list(result),
    )
    wire(which.input, partial(turn_page, settings, 0), [*chosen, which], page)
    for button, step in ((back, -1), (on, 1)):
        wire(
            button.click,
            partial(turn_page, settings, step),
            [*chosen, which, result.page],
            page,
        )
    on_show(tab, partial(open_pair, settings), list(chosen), [*chosen, *result])


@shown_to_user
def open_pair(
    settings: Settings, before_id: int | None, after_id: int | None
) -> tuple[Any, ...]:
    """Return both pickers with what there is now, and the result of their pair."""
    with connect(settings.db_path) as db:
        known = evaluations.every(db)
        said = _in_words(db, known)
    ids = [one.id for one in known]
    if before_id not in ids or after_id not in ids:
        before_id, after_id = first_pair(known)
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
        pair, found = _compared(settings, before_id, after_id)
    except CarclfError as error:
        return _no_result(cards.note(str(error), "warn"))
    counted = [
        (f"{FIXED} ({len(found.fixed)})", FIXED),
        (f"{BROKE} ({len(found.broke)})", BROKE),
    ]
    with connect(settings.db_path) as db:
        ends = tuple(evaluations.get(db, one) for one in (before_id, after_id))
        said = verdict(found, *(runs.get(db, one.run_id).name for one in ends))
        note = cards.note(_other_versions(db, *ends))
        others = compare_classes.others(db, ends[0])
    return Result(
        said + note,
        gr.update(choices=counted, value=FIXED, visible=True),
        *turn_page(settings, 0, before_id, after_id, FIXED),
        gr.update(value=compare_classes.rows(pair), visible=True),
        others,
    )


@shown_to_user
def turn_page(
    settings: Settings,
    step: int,
    before_id: int | None,
    after_id: int | None,
    which: str,
    page: int = 0,
) -> tuple[int, list[int], Update, str]:
    """Return page, its photographs, tiles, and where it lies, `step` pages on."""
    if before_id is None or after_id is None:
        return 0, [], gr.update(visible=False), ""
    pair, found = _compared(settings, before_id, after_id)
    ids = found.fixed if which == FIXED else found.broke
    page = min(max(page + step, 0), pictures.page_count(len(ids)) - 1)
    first = page * pictures.PAGE
    part = list(ids[first : first + pictures.PAGE])
    with connect(settings.db_path) as db:
        shown = _tiles(settings, db, (before_id, after_id), pair, part)
    gallery = gr.update(value=shown, visible=bool(shown))
    if not part:
        return page, [], gallery, cards.note(NOTHING[which])
    return page, part, gallery, tiles.where(page, len(ids))


def _no_result(said: str) -> Result:
    hidden = gr.update(visible=False)
    return Result(said, hidden, 0, [], hidden, "", hidden, "")


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
        f"(95 % interval {metrics.interval(found.low, found.high)}, "
        f"p {metrics.p_value(found.p_value)}). {chance}"
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


def first_pair(known: list[Evaluation]) -> tuple[int | None, int | None]:
    """Return the newest two of different runs on the same images, older first."""
    newest: dict[tuple[int, str], Evaluation] = {}
    for one in known:
        after = newest.setdefault((one.version_id, one.split), one)
        if after.run_id != one.run_id:
            return one.id, after.id
    return None, None


def _answer(one: Judged) -> str:
    sure = words.percent(one.prediction.probability)
    what = "right" if one.is_correct else f"called {one.prediction.label}"
    return f"{what} ({sure})"


def _compared(
    settings: Settings, before_id: int, after_id: int
) -> tuple[Pair, Comparison]:
    with connect(settings.db_path) as db:
        before, after = (evaluations.get(db, one) for one in (before_id, after_id))
        pair = compare.pair(db, before, after)
    return pair, compare.compare(pair.a, pair.b)


def _other_versions(db: Database, before: Evaluation, after: Evaluation) -> str:
    """Return what to mind where the same photographs stand in two versions."""
    if before.version_id == after.version_id:
        return ""
    names = [versions.get(db, one.version_id).name for one in (before, after)]
    return (
        f"The same photographs stand in “{names[0]}” and in “{names[1]}”; each run was "
        "judged on them as it learnt to see them."
    )


def _in_words(db: Database, known: list[Evaluation]) -> list[tuple[str, int]]:
    run_names = {run.id: run.name for run in runs.every(db)}
    version_names = {version.id: version.name for version in versions.every(db)}
    return [
        (
            f"{run_names[one.run_id]} · "
            f"{choices.evaluation(one, version_names[one.version_id])}",
            one.id,
        )
        for one in known
    ]


def _tiles(
    settings: Settings,
    db: Database,
    evaluation_ids: tuple[int, int],
    pair: Pair,
    photographs: list[int],
) -> list[pictures.Tile]:
    image_ids = [
        [ids[one] for one in photographs] for ids in (pair.images_a, pair.images_b)
    ]
    before, after = (
        evaluations.of_images(db, evaluation_id, ids)
        for evaluation_id, ids in zip(evaluation_ids, image_ids, strict=True)
    )
    known = images.get_many(db, image_ids[1])
    rows = [
        (known[new.image_id], caption(old, new))
        for old, new in zip(before, after, strict=True)
    ]
    return pictures.gallery(settings, rows)
