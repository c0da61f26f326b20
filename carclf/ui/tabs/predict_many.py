"""Many photographs: several at once right away, a folder or a list as a job."""

from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

import gradio as gr
import pandas as pd

from carclf import images, jobs, words
from carclf.errors import DatasetError
from carclf.prediction import many, results
from carclf.prediction.listing import Photograph
from carclf.prediction.results import Row
from carclf.records import FINISHED, Job
from carclf.settings import Settings
from carclf.store import connect, stamp
from carclf.store import jobs as stored_jobs
from carclf.ui import bundles, cards, pictures
from carclf.ui.changes import memory, since
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import clock, on_show, on_tick, wire

COLUMNS = ["file", "class", "probability", "second class", "familiar", "note"]
WIDTHS: list[int | str] = ["22%", "22%", "12%", "20%", "10%", "14%"]
# As many as are answered in a few seconds; more become a job.
AT_ONCE = 60
# Of a job's table, as many of the newest as are looked at.
SHOWN = 50

View = tuple[Any, ...]


class _Job(NamedTuple):
    """What `watch` fills, in its order."""

    told: gr.HTML
    stop: gr.Button
    resume: gr.Button
    table: gr.Dataframe
    as_csv: gr.DownloadButton
    as_json: gr.DownloadButton
    seen: gr.Textbox


def build(
    settings: Settings, tab: gr.Tab, run: gr.Dropdown, others: gr.Dropdown
) -> gr.Column:
    whole = gr.Column()
    with whole:
        with gr.Accordion("Several photographs at once", open=False):
            files = gr.File(
                label="Photographs",
                file_count="multiple",
                file_types=["image"],
                height=140,
            )
            told = gr.HTML()
            table, *downloads = _build_table("Predictions")
        with gr.Accordion("A folder, or a list in a CSV file", open=False):
            _build_job(settings, tab, run, others, files)
    wire(
        [files.change, run.input, others.input],
        partial(predict_at_once, settings),
        [run, others, files],
        [told, table, *downloads],
        is_slow=True,
    )
    return whole


def _build_table(
    label: str,
) -> tuple[gr.Dataframe, gr.DownloadButton, gr.DownloadButton]:
    table = gr.Dataframe(
        headers=COLUMNS,
        label=label,
        interactive=False,
        visible=False,
        wrap=True,
        column_widths=WIDTHS,
    )
    with gr.Row():
        as_csv = gr.DownloadButton("Download CSV", visible=False, size="sm")
        as_json = gr.DownloadButton("Download JSON", visible=False, size="sm")
    return table, as_csv, as_json


def _build_job(
    settings: Settings,
    tab: gr.Tab,
    run: gr.Dropdown,
    others: gr.Dropdown,
    files: gr.File,
) -> None:
    gr.HTML(
        cards.note(
            "A CSV file has a line a photograph: file, and the vehicle's box as x1, "
            "y1, x2, y2 if it is known. Left empty, the photographs chosen above are "
            "predicted."
        )
    )
    source = gr.Textbox(
        label="Folder or CSV file on this machine",
        placeholder="/home/me/photographs",
        max_lines=1,
    )
    with gr.Row():
        start = gr.Button("Start predicting", variant="primary", min_width=140)
        stop = gr.Button("Stop predicting", visible=False, min_width=140)
        resume = gr.Button("Go on predicting", visible=False, min_width=140)
    told = gr.HTML()
    view = _Job(told, stop, resume, *_build_table("Newest predictions"), memory())
    shown = partial(watch, settings)
    on_show(tab, shown, view.seen, view)
    on_tick(clock(), shown, view.seen, view)
    wire(
        [start.click, source.submit],
        partial(start_job, settings),
        [run, others, source, files],
        view,
    )
    wire(stop.click, partial(stop_job, settings), outputs=view)
    wire(resume.click, partial(resume_job, settings), outputs=view)


@shown_to_user
def predict_at_once(
    settings: Settings,
    run_id: int | None,
    others: list[int] | None,
    payloads: list[dict[str, Any]] | None,
) -> View:
    """Return what to mind, a table with a row a file, and the same to download."""
    hidden = gr.update(visible=False)
    wanted = _photographs(payloads)
    if not wanted:
        return "", hidden, hidden, hidden
    if len(wanted) > AT_ONCE:
        advice = (
            f"{words.count(len(wanted), 'photograph')} take a while: press “Start "
            "predicting” below, with the folder left empty."
        )
        return cards.note(advice), hidden, hidden, hidden
    ensemble = bundles.together(settings, bundles.asked(run_id, others))
    rows = [row for some in many.answered(ensemble, wanted) for row in some]
    downloads = _downloads(settings, rows, results.to_csv(rows))
    return "", gr.update(value=on_screen(rows), visible=True), *downloads


@shown_to_user
def start_job(
    settings: Settings,
    run_id: int | None,
    others: list[int] | None,
    source: str | None,
    payloads: list[dict[str, Any]] | None,
) -> View:
    """Queue the prediction of a folder, of a list, or of the files chosen above."""
    named = (source or "").strip()
    files = [(one.path, one.name) for one in _photographs(payloads)]
    if not named and not files:
        raise DatasetError(
            "Give a folder or a CSV file on this machine, or choose photographs above."
        )
    path = Path(named).expanduser() if named else None
    asked = bundles.asked(run_id, others)
    jobs.submit_prediction(settings, asked, path, () if path else files)
    return watch(settings, None)


@shown_to_user
def stop_job(settings: Settings) -> View:
    """Ask the job to end after the photographs it is at; what it did is kept."""
    job = newest(settings)
    if job is not None and job.status not in FINISHED:
        jobs.stop_after_epoch(settings, job.id)
    return watch(settings, None)


@shown_to_user
def resume_job(settings: Settings) -> View:
    job = newest(settings)
    if job is not None:
        jobs.resume_prediction(settings, job.id)
    return watch(settings, None)


@shown_to_user
def watch(settings: Settings, seen: str | None) -> View:
    """Return how the newest job goes, unless the page shows it already."""
    return since(stamp(settings.db_path), partial(_view, settings), seen)


def newest(settings: Settings) -> Job | None:
    with connect(settings.db_path) as db:
        return next(
            (job for job in stored_jobs.every(db) if job.kind == "predict"), None
        )


def _view(settings: Settings) -> View:
    job = newest(settings)
    hidden = gr.update(visible=False)
    if job is None:
        return "", hidden, hidden, hidden, hidden, hidden
    path = jobs.predictions(settings, job)
    tail = results.tail(path, SHOWN)
    is_over = job.status in FINISHED
    return (
        cards.job(job) + _counted(job),
        gr.update(visible=not is_over),
        gr.update(visible=is_over and job.status != "done"),
        gr.update(value=on_screen(tail), visible=bool(tail)),
        *(_kept(settings, job, path) if is_over and tail else (hidden, hidden)),
    )


def _counted(job: Job) -> str:
    """Return how many are in the table, once the job has ended; else nothing."""
    found = job.result
    if not found:
        return ""
    said = f"{found['done']:,} of {words.count(found['total'], 'photograph')} predicted"
    if found["unreadable"]:
        said += f"; {found['unreadable']:,} could not be read, with the reason beside"
    return f'<p class="where">{said}.</p>'


def on_screen(rows: list[Row]) -> pd.DataFrame:
    """Return lines of a table as people read them."""
    cells = []
    for one in map(results.plain, rows):
        top: list[dict[str, Any]] = [*one["top"], {}, {}]
        first, second = top[0], top[1]
        share = first.get("probability")
        cells.append(
            [
                one["file"],
                first.get("class", ""),
                "" if share is None else words.percent(share, 1),
                second.get("class", ""),
                {None: "", True: "no", False: "yes"}[one["unknown"]],
                one["note"],
            ]
        )
    return pd.DataFrame(cells, columns=COLUMNS)


def _photographs(payloads: list[dict[str, Any]] | None) -> list[Photograph]:
    dropped = [pictures.dropped(one) for one in payloads or []]
    return [Photograph(one[1], one[0]) for one in dropped if one is not None]


def _kept(settings: Settings, job: Job, table: Path) -> list[dict[str, Any]]:
    """Return a finished job's downloads; they are written once."""
    folder = settings.uploads / f"predictions-{job.id}"
    # Uploads are swept after a day, and these lie among them.
    if len(list(folder.glob("predictions.*"))) < 2:
        text = table.read_text(encoding="utf-8")
        _write(folder, text, results.to_json(results.read(table)))
    return _offered(folder)


def _downloads(settings: Settings, rows: list[Row], text: str) -> list[dict[str, Any]]:
    """Write lines to files of their own; probabilities as shares of 1."""
    settings.uploads.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(dir=settings.uploads))
    _write(folder, text, results.to_json(rows))
    return _offered(folder)


def _write(folder: Path, as_csv: str, as_json: str) -> None:
    images.write_bytes(folder / "predictions.csv", as_csv.encode())
    images.write_bytes(folder / "predictions.json", as_json.encode())


def _offered(folder: Path) -> list[dict[str, Any]]:
    return [
        gr.update(value=str(folder / f"predictions.{kind}"), visible=True)
        for kind in ("csv", "json")
    ]
