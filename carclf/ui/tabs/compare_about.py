"""Compare, one run: its tags, its note, its star, the archive, and its end."""

from functools import partial
from html import escape
from typing import Any, NamedTuple

import gradio as gr

from carclf import jobs, recorded
from carclf.errors import JobError
from carclf.settings import Settings
from carclf.store import connect, marks, runs, versions
from carclf.ui import cards, confirm
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import wire

NOTHING = cards.empty(
    "Choose a run", "Click one in the table or in the tree, or choose it here."
)
DELETE_WARNING = cards.note(
    "Its curves, its evaluations and its folder with the trained network are removed. "
    "That cannot be undone.",
    "bad",
)


class About(NamedTuple):
    """The panel; `filled` are in the order of `Shown`."""

    run: Any
    save: Any
    star: Any
    archive: Any
    delete: Any
    told: Any
    tags: Any
    note: Any
    panel: Any

    @property
    def filled(self) -> list[Any]:
        return [self.told, self.tags, self.note, self.star, self.archive, self.panel]


class Shown(NamedTuple):
    told: Any
    tags: Any
    note: Any
    star: Any
    archive: Any
    panel: Any


def build(settings: Settings) -> About:
    """Lay out the panel; what changes the store is wired by the tab."""
    with gr.Accordion("One run: tags, notes, star, archive, delete", open=False):
        run = gr.Dropdown(label="Run", choices=[], interactive=True)
        told = gr.HTML(NOTHING)
        with gr.Column(visible=False) as panel:
            with gr.Row():
                tags = gr.Dropdown(
                    label="Tags",
                    choices=[],
                    multiselect=True,
                    allow_custom_value=True,
                    interactive=True,
                    min_width=240,
                )
                note = gr.Textbox(label="Notes", lines=2, max_lines=8, min_width=240)
            with gr.Row():
                save = gr.Button(
                    "Save tags and notes", variant="primary", min_width=150
                )
                star = gr.Button("Star", min_width=90)
                archive = gr.Button("Move to the archive", min_width=150)
            delete = confirm.build(
                "Delete run", "Yes, delete it", "Keep it", DELETE_WARNING
            )
    about = About(run, save, star, archive, delete, told, tags, note, panel)
    wire(run.change, partial(show, settings), run, about.filled)
    return about


@shown_to_user
def show(settings: Settings, run_id: int | None) -> Shown:
    """Return the panel for a run."""
    with connect(settings.db_path) as db:
        if run_id is None or run_id not in {run.id for run in runs.every(db)}:
            hidden = gr.update(visible=False)
            same = gr.skip()
            return Shown(NOTHING, same, same, same, same, hidden)
        run, given = runs.get(db, run_id), marks.of_run(db, run_id)
        version = versions.get(db, run.version_id) if run.version_id else None
        known = marks.tags(db)
    what = f"{recorded.network(run)} on {recorded.images(run, version)}"
    archived = "Take out of the archive" if given.is_archived else "Move to the archive"
    return Shown(
        told=f"<p><b>{escape(run.name)}</b> · {run.status} · {escape(what)}</p>",
        tags=gr.update(choices=known, value=list(given.tags)),
        note=given.note,
        star=gr.update(value="Take the star off" if given.is_starred else "Star"),
        archive=gr.update(value=archived),
        panel=gr.update(visible=True),
    )


@shown_to_user
def save(
    settings: Settings, run_id: int | None, tags: list[str] | None, note: str | None
) -> Shown:
    """Keep a run's tags and its note."""
    with connect(settings.db_path) as db, db.atomic():
        marks.set_tags(db, _chosen(run_id), tags or [])
        marks.write(db, _chosen(run_id), note or "")
    gr.Info("Tags and notes are saved.")
    return show(settings, run_id)


@shown_to_user
def turn_star(settings: Settings, run_id: int | None) -> Shown:
    """Star a run, or take its star off."""
    with connect(settings.db_path) as db:
        given = marks.of_run(db, _chosen(run_id))
        marks.star(db, _chosen(run_id), not given.is_starred)
    return show(settings, run_id)


@shown_to_user
def turn_archive(settings: Settings, run_id: int | None) -> Shown:
    """Move a run to the archive, or out of it."""
    with connect(settings.db_path) as db:
        given = marks.of_run(db, _chosen(run_id))
        marks.archive(db, _chosen(run_id), not given.is_archived)
    return show(settings, run_id)


@shown_to_user
def delete_run(settings: Settings, run_id: int | None) -> Shown:
    """Delete a run with its folder."""
    jobs.delete_run(settings, _chosen(run_id))
    return show(settings, None)


def _chosen(run_id: int | None) -> int:
    if run_id is None:
        raise JobError("Choose the run first.")
    return run_id
