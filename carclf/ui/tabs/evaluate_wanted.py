"""Evaluate, a new evaluation: which epoch of the run, on which images."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import jobs
from carclf.errors import JobError
from carclf.records import SPLITS, Split
from carclf.settings import Settings
from carclf.store import Database, connect, runs
from carclf.ui import cards, version_picker
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import on_show, wire


class Wanted(NamedTuple):
    """What is to be evaluated now, and how that goes."""

    panel: gr.Accordion
    progress: gr.HTML


def build(settings: Settings, tab: gr.Tab, run: gr.Dropdown) -> Wanted:
    """Lay out the panel; it follows the run that is looked at."""
    with gr.Accordion("Evaluate this run", open=False) as panel, gr.Row():
        epoch = gr.Dropdown(
            label="Epoch", choices=[], interactive=True, scale=1, min_width=130
        )
        version = gr.Dropdown(
            label="Version to evaluate on", choices=[], interactive=True, scale=3
        )
        split = gr.Radio(list(SPLITS), value="test", label="Split", scale=2)
        button = gr.Button("Evaluate", variant="primary", scale=1, min_width=120)
    progress = gr.HTML()
    choice = [epoch, version]
    wire(run.change, partial(offer, settings), run, choice)
    # New versions and newly kept epochs come, and what is chosen stays.
    offered_again = partial(offer, settings)
    on_show(tab, offered_again, [run, *choice], choice)
    wire(panel.expand, offered_again, [run, *choice], choice)
    wire(button.click, partial(evaluate, settings), [run, *choice, split], progress)
    return Wanted(panel, progress)


@shown_to_user
def offer(
    settings: Settings,
    run_id: int | None,
    epoch: int | None = None,
    version_id: int | None = None,
) -> tuple[Any, Any]:
    """Return the epochs and the versions to choose from.

    Unless something is chosen that is still there, these are the run's best epoch and
    the version that it learnt from.
    """
    if run_id is None:
        return gr.skip(), gr.skip()
    with connect(settings.db_path) as db:
        epochs, best = _epochs(db, run_id)
        own = runs.get(db, run_id).version_id
    kept = [one for _, one in epochs]
    return (
        gr.update(choices=epochs, value=epoch if epoch in kept else best),
        version_picker.pick(settings, version_id or own),
    )


def _epochs(db: Database, run_id: int) -> tuple[list[tuple[str, int]], int | None]:
    """Return the epochs whose weights were kept, newest first, and the best one."""
    best = runs.best_kept(db, runs.get(db, run_id))
    kept = [one.epoch for one in runs.checkpoints(db, run_id)]
    named = [(f"{one}{' (best)' * (one == best)}", one) for one in reversed(kept)]
    return named, best


@shown_to_user
def evaluate(
    settings: Settings,
    run_id: int | None,
    epoch: int | None,
    version_id: int | None,
    split: Split,
) -> str:
    """Queue an evaluation of a run's epoch, its best if None; return how it stands."""
    if run_id is None or version_id is None:
        raise JobError("Choose a run and a dataset version to evaluate it on.")
    return cards.job(jobs.submit_evaluation(settings, run_id, version_id, split, epoch))
