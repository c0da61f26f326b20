"""The page: a header that tells what runs, and one tab for each step of the work."""

from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from carclf import devices, words
from carclf.records import Job
from carclf.settings import Settings
from carclf.store import connect, jobs, stamp
from carclf.ui import cards, notify, scripts, service
from carclf.ui.changes import memory, since
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import clock, in_order, on_tick, wire
from carclf.ui.tabs import (
    background,
    compare,
    datasets,
    evaluate,
    label,
    predict,
    train,
    train_form,
)


def build(settings: Settings) -> gr.Blocks:
    """Return the page; `app.py` launches it with the theme and the stylesheets."""
    page = gr.Blocks(
        title="carclf",
        analytics_enabled=False,
        fill_width=True,
        # Uploads and drawn pictures are looked over hourly and kept for a day.
        delete_cache=(3600, 86400),
    )
    with page:
        with gr.Row(elem_id="header"):
            gr.HTML(_name_plate(settings), elem_id="name-plate")
            live_line = gr.HTML(elem_id="live", padding=False)
            ticking, seen = clock(), memory()
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap"):
            version, to_train = datasets.build(settings)
            label.build(settings)
            background.build(settings)
            form = train.build(settings)
            evaluate.build(settings)
            compare.build(settings)
            predict.build(settings)
        train_form.fill_after(to_train, settings, version, form)
        for script in scripts.ALL:
            page.load(js=script)
        notify.watch(settings, page)
        service.publish(settings)
        said = partial(live_changes, settings), seen, [live_line, seen]
        wire(page.load, *said)
        on_tick(ticking, *said, is_queued=False)
    in_order(page)
    return page


@shown_to_user
def live_changes(settings: Settings, seen: str | None) -> tuple[Any, ...]:
    """Return the line on what runs, unless the page shows it already."""
    return since(stamp(settings.db_path), lambda: (live(settings),), seen)


def live(settings: Settings) -> str:
    """Return what runs now and what waits, as a line with a gauge."""
    with connect(settings.db_path) as db:
        unfinished = jobs.unfinished(db)
    running = next((job for job in unfinished if job.status == "running"), None)
    waiting = sum(job.status == "queued" for job in unfinished)
    share = cards.done_share(running) if running else 0.0
    state = "running" if running else "idle"
    return (
        f'<div class="live {state}" role="status" aria-label="What runs now">'
        f"<span>{escape(live_words(running, waiting))}</span>"
        f'<i class="gauge"><i style="left:{share * 100:.1f}%"></i></i></div>'
    )


def live_words(running: Job | None, waiting: int) -> str:
    """Return such as “run 3 · epoch 12 of 40 · 1 min left”, or “idle”."""
    parts = ["idle"]
    if running is not None:
        left = running.progress.get("seconds_left")
        parts = [running.title, running.progress.get("message") or "starting"]
        parts += [words.time_left(left)] if left is not None else []
    if waiting:
        parts.append(f"{waiting} waiting")
    return " · ".join(parts)


def _name_plate(settings: Settings) -> str:
    icon = (settings.assets / "icon.svg").read_text(encoding="utf-8")
    return (
        f'<div class="name-plate">{icon}<h1>carclf</h1>'
        f"<span>{escape(devices.describe())}</span></div>"
    )


def stylesheets(settings: Settings) -> list[Path]:
    """Return what the theme's variables cannot say, in the order it is read in."""
    return sorted((settings.assets / "style").glob("*.css"))
