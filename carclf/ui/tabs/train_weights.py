"""The weights that a run keeps on the disk, and cleaning them away."""

from html import escape
from typing import Any, NamedTuple

import gradio as gr

from carclf import jobs, words
from carclf.errors import JobError
from carclf.records import Checkpoint, Run
from carclf.settings import Settings
from carclf.store import Database, runs
from carclf.ui import cards, confirm
from carclf.ui.errors import shown_to_user


class Weights(NamedTuple):
    """The components."""

    table: gr.HTML
    clean: confirm.Confirmation

    @property
    def outputs(self) -> list[Any]:
        """In the order of `Shown`."""
        return [self.table, self.clean.warning, self.clean.ask]


class Shown(NamedTuple):
    """What a run keeps, and what of it could go."""

    table: str
    warning: str
    clean: dict[str, Any]


def build() -> Weights:
    with gr.Accordion("Weights on the disk", open=False):
        table = gr.HTML(apply_default_css=False)
        clean = confirm.build(
            "Remove weights but the best", "Yes, remove them", "Keep them all", ""
        )
    return Weights(table, clean)


def shown(settings: Settings, db: Database, run: Run) -> Shown:
    """Return what a run keeps on the disk; cleaning is offered where it frees any."""
    kept = runs.checkpoints(db, run.id)
    needed = _needed(db, run)
    in_all = jobs.checkpoint_bytes(settings, db, run)
    stays = sum(_size(settings, one) for one in kept if one.epoch in needed)
    freed = max(0, in_all - stays)
    has_ended = run.status not in ("queued", "running")
    return Shown(
        _table(settings, kept, needed, in_all),
        cards.note(_warning(needed, freed), "bad"),
        gr.update(visible=has_ended and freed > 0),
    )


def nothing() -> Shown:
    return Shown(_table_of_nothing(), "", gr.update(visible=False))


@shown_to_user
def clean(settings: Settings, run_id: int | None) -> None:
    """Remove what nobody needs of a run's weights, and say how much that was."""
    if run_id is None:
        raise JobError("Choose a run first.")
    freed = jobs.clean_checkpoints(settings, run_id)
    gr.Info(f"{words.size(freed)} are free again.")


def _needed(db: Database, run: Run) -> dict[int, str]:
    """Return the epochs that stay, each with the reason."""
    needed: dict[int, str] = {}
    for child in runs.children_of(db, run.id):
        if child.parent_epoch is not None:
            needed.setdefault(child.parent_epoch, f"“{child.name}” starts from it")
    best = runs.best_kept(db, run)
    return needed if best is None else {**needed, best: "the best"}


def _warning(needed: dict[int, str], freed: int) -> str:
    stays = " and ".join(
        f"epoch {epoch} ({why})" for epoch, why in sorted(needed.items())
    )
    return (
        f"{words.size(freed)} are freed. The weights of {stays or 'no epoch'} stay, "
        "and so do the curves and the trained network. The run cannot be resumed or "
        "trained for longer afterwards."
    )


def _table(
    settings: Settings, kept: list[Checkpoint], needed: dict[int, str], in_all: int
) -> str:
    if not in_all:
        return _table_of_nothing()
    rows = "".join(
        f"<tr><td>Epoch {one.epoch}</td>"
        f"<td>{words.size(_size(settings, one))}</td>"
        f"<td>{escape(needed.get(one.epoch, ''))}</td></tr>"
        for one in kept
    )
    rest = in_all - sum(_size(settings, one) for one in kept)
    if rest:
        rows += (
            f"<tr><td>To resume from</td><td>{words.size(rest)}</td>"
            "<td>state of the optimizer</td></tr>"
        )
    return (
        '<table class="sheet" aria-label="Weights on the disk"><tbody>'
        f"{rows}<tr><th>In all</th><th>{words.size(in_all)}</th><th></th></tr>"
        "</tbody></table>"
    )


def _table_of_nothing() -> str:
    return cards.note("No weights of this run are kept.")


def _size(settings: Settings, one: Checkpoint) -> int:
    path = settings.resolve(one.path)
    return path.stat().st_size if path.is_file() else 0
