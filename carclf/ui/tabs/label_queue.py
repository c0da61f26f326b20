"""Label, the cleaning queue: the labels to doubt first, and what becomes of each."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import jobs
from carclf.errors import DatasetError
from carclf.evaluation import cleaning
from carclf.evaluation.doubts import REASONS
from carclf.records import FINISHED, Job
from carclf.settings import Settings
from carclf.store import connect, reviews
from carclf.store import jobs as stored_jobs
from carclf.ui import cards, image_filters, labelling
from carclf.ui.errors import shown_to_user
from carclf.ui.image_filters import Filters
from carclf.ui.labelling import Sitting, View
from carclf.ui.navigation import on_tick, wire
from carclf.ui.tabs import label_panel

REFRESH_S = 1.5
ALL = "All doubts"
_ABOUT = cards.more(
    "How the order comes about",
    [
        "Likely wrong labels come first: by confident learning, images that a network "
        "which did not learn from them takes for another class with more confidence "
        "than is usual for that class. Then close calls, where the two likeliest "
        "classes are within ten points of each other. Then all others, the highest "
        "loss first.",
        "Keep label: it is right. Save label, or a suggestion: it was wrong. Either "
        "way the image counts as looked at, also in the queue of another run.",
    ],
)
_TO_MAKE = (
    "A run knows the images that it learnt from by heart, so its own answers say "
    "little of their labels. Cross-validating fits its last layer five times, each "
    "time without a fifth of the training images, and asks it of those."
)


class Queue(NamedTuple):
    """What is chosen, and what tells of it.

    Attributes:
        source: Whose answers, as `cleaning.choices`.
        reasons: Which doubts.
        told: How many there are, or how the making of the queue goes.
        make: Cross-validates the training images.
    """

    source: Any
    reasons: Any
    told: Any
    make: Any
    timer: Any


def build(
    settings: Settings, version: gr.Dropdown, filters: Filters
) -> tuple[Queue, View]:
    """Lay the queue out; its owner fills it with `offer`."""
    with gr.Row(elem_classes="filters"):
        source = gr.Dropdown(label="Answers of", choices=[], min_width=240)
        reasons = gr.Dropdown(
            [ALL, *(reason.capitalize() for reason in REASONS)],
            value=ALL,
            label="Doubts to go through",
            min_width=140,
        )
    told = gr.HTML()
    make = gr.Button("Cross-validate the training images", visible=False)
    queue = Queue(source, reasons, told, make, gr.Timer(REFRESH_S, active=False))
    view = label_panel.build(settings, is_queue=True).view
    gr.HTML(_ABOUT)
    asked, filled = [version, source, reasons, *filters], [*queue[2:], *view]
    wire([source.input, reasons.input], partial(fill, settings), asked, filled)
    wire(make.click, partial(cross_validate, settings), source, queue[2:])
    on_tick(queue.timer, partial(watch, settings), asked, filled)
    return queue, view


@shown_to_user
def offer(
    settings: Settings,
    version_id: int | None,
    chosen: str | None,
    reasons: str,
    sitting: Sitting,
    *filters: Any,
) -> tuple[Any, ...]:
    """Return the sources of a version, and the queue as it was left."""
    found = cleaning.choices(settings, version_id)
    sources = [source for _, source in found]
    source = chosen if chosen in sources else next(iter(sources), None)
    now_at = sitting.image_id if sitting.image_ids and source == chosen else None
    # What stands is left alone: by the time this arrives, another may be chosen.
    value: dict[str, Any] = {} if source == chosen else {"value": source}
    picker = gr.update(choices=found, **value)
    asked = (version_id, source, reasons, *filters)
    return (picker, gr.skip(), *fill(settings, *asked, image_id=now_at))


@shown_to_user
def fill(
    settings: Settings,
    version_id: int | None,
    source: str | None,
    reasons: str,
    *filters: Any,
    image_id: int | None = None,
) -> tuple[Any, ...]:
    """Return what tells of the queue, and its view of what the filters let pass.

    Args:
        image_id: Where to begin; at the first that nobody has looked at if None.
    """
    nothing = labelling.show(settings, Sitting())._replace(progress="")
    if source is None:
        return (_no_answers(), *_idle(), *nothing)
    found = cleaning.queue(settings, source)
    if found is None:
        return (*_unmade(settings, source), *nothing)
    wanted = set(image_filters.ids(settings, version_id, Filters(*filters)))
    doubts = tuple(
        one
        for one in found
        if one.image_id in wanted and reasons in (ALL, one.reason.capitalize())
    )
    image_ids = tuple(one.image_id for one in doubts)
    with connect(settings.db_path) as db:
        looked = reviews.of(db, image_ids)
    left = (at for at, one in enumerate(image_ids) if one not in looked)
    place = image_ids.index(image_id) if image_id in image_ids else next(left, 0)
    sitting = Sitting(version_id, image_ids, doubts=doubts).at(place)
    told = f'<p class="where">{cleaning.summary(found)}.</p>'
    return (told, *_idle(), *labelling.show(settings, sitting))


@shown_to_user
def cross_validate(settings: Settings, source: str | None) -> tuple[Any, ...]:
    """Queue the cross-validation of a run's training images; return how it stands."""
    if source is None or not source.startswith(cleaning.RUN):
        raise DatasetError("Choose the training images of a run first.")
    job = jobs.submit_cross_validation(settings, cleaning.number_of(source))
    return _at_work(job)


@shown_to_user
def watch(
    settings: Settings,
    version_id: int | None,
    source: str | None,
    reasons: str,
    *filters: Any,
) -> tuple[Any, ...]:
    """Return how the cross-validation goes, and the queue once it has ended."""
    job = _job(settings, source)
    if job is not None and job.status not in FINISHED:
        return (*_at_work(job), *[gr.skip()] * len(View._fields))
    return fill(settings, version_id, source, reasons, *filters)


def _unmade(settings: Settings, source: str) -> tuple[Any, ...]:
    """Return what tells of a queue that has to be made first."""
    job = _job(settings, source)
    if job is not None and job.status not in FINISHED:
        return _at_work(job)
    trouble = cards.job(job) if job is not None else ""
    button = gr.update(visible=True)
    return trouble + cards.note(_TO_MAKE), button, gr.Timer(active=False)


def _at_work(job: Job) -> tuple[Any, ...]:
    return cards.job(job), gr.update(visible=False), gr.Timer(active=True)


def _idle() -> tuple[Any, ...]:
    return gr.update(visible=False), gr.Timer(active=False)


def _no_answers() -> str:
    return cards.empty(
        "No answers to compare the labels with",
        "Train on this version, or evaluate a run on it in the Evaluate tab.",
    )


def _job(settings: Settings, source: str | None) -> Job | None:
    """Return the newest cross-validation of the run that a source names."""
    if source is None or not source.startswith(cleaning.RUN):
        return None
    run_id = cleaning.number_of(source)
    with connect(settings.db_path) as db:
        return next(
            (
                job
                for job in stored_jobs.every(db)
                if (job.kind, job.run_id) == ("cross_validate", run_id)
            ),
            None,
        )
