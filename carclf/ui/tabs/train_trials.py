"""Trying a training before it starts: one batch, and a search for a learning rate."""

from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any, NamedTuple

import gradio as gr

from carclf import jobs
from carclf.config import TrainConfig
from carclf.errors import JobError
from carclf.records import FINISHED, Job
from carclf.settings import Settings
from carclf.ui import chart, progress
from carclf.ui.changes import only_changes
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import THEN, on_show, on_tick, wire
from carclf.ui.tabs import train_preflight, train_rate
from carclf.ui.tabs.train_values import Values, merged

REFRESH_S = 1.0

Submit = Callable[[Settings, TrainConfig], Job]
# From settings, and what the form shows, to updates of the form.
Adjust = Callable[[TrainConfig, Values], tuple[Any, ...]]


class Trials(NamedTuple):
    """The components; `outputs` is in the order of `view`."""

    try_batch: gr.Button
    batch: gr.HTML
    use_batch: gr.Button
    preview: gr.Gallery
    find_rate: gr.Button
    rate: gr.HTML
    curve: gr.HTML
    use_steepest: gr.Button
    use_tenth: gr.Button
    timer: gr.Timer
    seen: gr.Textbox

    @property
    def outputs(self) -> list[Any]:
        return [*self[1:4], *self[5:]]


def build_batch() -> tuple[gr.HTML, gr.Button, gr.Gallery]:
    """Lay out where the outcome of a tried batch appears."""
    batch = gr.HTML()
    use = gr.Button("Use this batch size", size="sm", visible=False)
    preview = gr.Gallery(
        label="The batch as the network sees it",
        show_label=True,
        visible=False,
        elem_classes="tiles seen",
        allow_preview=True,
        object_fit="contain",
        buttons=[],
    )
    return batch, use, preview


def build_rate() -> tuple[gr.Button, gr.HTML, gr.HTML, gr.Button, gr.Button]:
    """Lay out the search for a learning rate."""
    find = gr.Button("Find a learning rate", size="sm")
    said = gr.HTML()
    curve = chart.create("", 190)
    curve.visible = False
    with gr.Row():
        steepest = gr.Button("Use", size="sm", visible=False, min_width=120)
        tenth = gr.Button("Use", size="sm", visible=False, min_width=120)
    return find, said, curve, steepest, tenth


def wire_all(
    settings: Settings,
    trials: Trials,
    form: list[Any],
    filled: list[Any],
    adjust: Adjust,
) -> None:
    """Wire the buttons.

    Args:
        form: config.yml and the fields, as `merged` takes them.
        filled: What `adjust` answers with.
    """
    refreshed = partial(refresh, settings), trials.seen, trials.outputs
    for button, submit in (
        (trials.try_batch, jobs.submit_probe),
        (trials.find_rate, jobs.submit_find_rate),
    ):
        begun = wire(button.click, partial(begin, settings, submit), form)
        begun.success(*refreshed, **THEN)
    on_tick(trials.timer, *refreshed)
    wire(trials.use_batch.click, partial(use_batch, settings, adjust), form, filled)
    for button, place in ((trials.use_steepest, 0), (trials.use_tenth, 1)):
        wire(button.click, partial(use_rate, settings, adjust, place), form, filled)


def show_on(tab: gr.Tab, settings: Settings, trials: Trials) -> None:
    """Show the trials as the store has them whenever the tab opens."""
    on_show(tab, partial(view, settings), outputs=trials.outputs)


@shown_to_user
def begin(settings: Settings, submit: Submit, text: str, *fields: Any) -> None:
    """Queue a trial of what the form says."""
    job = submit(settings, merged(text, Values(*fields)))
    gr.Info(f"“{escape(job.title)}” is next in the queue.")


@shown_to_user
def view(settings: Settings) -> tuple[Any, ...]:
    """Return all of the trials, as of now."""
    return refresh(settings, None)


@shown_to_user
def refresh(settings: Settings, seen: str | None) -> tuple[Any, ...]:
    """Return what the page does not show yet; it asks again while a trial goes on."""
    probe = progress.latest(settings, "probe")
    search = progress.latest(settings, "find_rate")
    size = train_preflight.fitting(probe)
    pictures = train_preflight.preview(settings, probe)
    curve = train_rate.searched(search)
    goes_on = any(one and one.status not in FINISHED for one in (probe, search))
    outputs = (
        train_preflight.card(settings, probe),
        gr.update(value=f"Use batch size {size}", visible=size is not None),
        gr.update(value=pictures, visible=bool(pictures)),
        train_preflight.turn_or(settings, search, train_rate.outcome),
        gr.update(value=curve, visible=curve is not None),
        *(_use(search, place) for place in (0, 1)),
        gr.update(active=goes_on),
    )
    return only_changes(outputs, seen)


@shown_to_user
def use_batch(
    settings: Settings,
    adjust: Adjust,
    text: str,
    *fields: Any,
) -> tuple[Any, ...]:
    """Return the form with the batch size that fits."""
    size = train_preflight.fitting(progress.latest(settings, "probe"))
    if size is None:
        raise JobError("There is no batch size to use any more. Try one batch anew.")
    given = Values(*fields)
    return adjust(merged(text, given._replace(batch_size=size)), given)


@shown_to_user
def use_rate(
    settings: Settings,
    adjust: Adjust,
    place: int,
    text: str,
    *fields: Any,
) -> tuple[Any, ...]:
    """Return the form with a learning rate that the search proposes."""
    found = train_rate.suggestions(progress.latest(settings, "find_rate"))
    if place >= len(found):
        raise JobError("There is no learning rate to use any more. Search anew.")
    rate = float(f"{found[place][0]:.2g}")
    given = Values(*fields)
    return adjust(merged(text, given._replace(learning_rate=rate)), given)


def _use(search: Job | None, place: int) -> dict[str, Any]:
    found = train_rate.suggestions(search)
    if place >= len(found):
        return gr.update(visible=False)
    return gr.update(value=f"Use {found[place][0]:.2g}", visible=True)
