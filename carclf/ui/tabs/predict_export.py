"""Exporting a run: formats to choose, how it goes, what was measured, the download."""

from functools import partial
from html import escape
from typing import Any, NamedTuple

import gradio as gr

from carclf import jobs, words
from carclf.errors import ExportError
from carclf.exports import folder, formats, verdict
from carclf.exports.folder import Export, Measured
from carclf.exports.formats import Format
from carclf.records import FINISHED, Run
from carclf.settings import Settings
from carclf.store import connect, runs
from carclf.ui import cards, confirm, progress, served
from carclf.ui.changes import memory, only_changes
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import THEN, on_show, on_tick, wire

REFRESH_S = 1.0
ABOUT = (
    "A zip with the network in the formats you choose, a script that predicts without "
    "carclf, and a model card. Every file is checked against Keras on images of the "
    "run before you get it."
)
DELETE_WARNING = cards.note("The zip is removed from this machine.", "bad")

View = tuple[Any, ...]


class _Parts(NamedTuple):
    """What `refresh` fills, in its order, and what it asks for."""

    job: gr.HTML
    export: gr.Dropdown
    measured: gr.HTML
    download: gr.DownloadButton
    delete: gr.Button
    timer: gr.Timer
    seen: gr.Textbox


def build(settings: Settings, tab: gr.Tab, run: gr.Dropdown) -> gr.Accordion:
    """Lay out the export of the run that the tab asks; return its accordion."""
    accordion = gr.Accordion("Export", open=False)
    with accordion:
        gr.HTML(cards.note(ABOUT))
        epoch = gr.Dropdown(label="Epoch to export", choices=[])
        wanted = gr.CheckboxGroup(
            choices=_lines(None),
            value=["onnx"],
            label="Formats",
            elem_classes="lines",
        )
        start = gr.Button("Export network", variant="primary")
        job = gr.HTML()
        export = gr.Dropdown(label="Exports of this run", choices=[], visible=False)
        measured = gr.HTML(apply_default_css=False)
        with gr.Row():
            download = gr.DownloadButton("Download", visible=False, min_width=120)
            delete = confirm.build(
                "Delete export", "Yes, delete it", "Keep it", DELETE_WARNING
            )
        timer, seen = gr.Timer(REFRESH_S, active=False), memory()
    parts = _Parts(job, export, measured, download, delete.ask, timer, seen)
    _wire(settings, tab, run, (epoch, wanted), start, delete, parts)
    return accordion


def _wire(
    settings: Settings,
    tab: gr.Tab,
    run: gr.Dropdown,
    form: tuple[gr.Dropdown, gr.CheckboxGroup],
    start: gr.Button,
    delete: confirm.Confirmation,
    parts: _Parts,
) -> None:
    shown = partial(refresh, settings), [run, parts.export, parts.seen], [*parts]
    epochs = partial(offered, settings)
    on_show(tab, epochs, [run, form[0]], list(form))
    on_show(tab, *shown)
    wire(run.change, epochs, [run, form[0]], list(form))
    wire([run.change, parts.export.input], *shown)
    on_tick(parts.timer, *shown)
    begun = wire(start.click, partial(begin, settings), [run, *form])
    begun.success(*shown, **THEN)
    gone = wire(delete.yes.click, partial(remove, settings), [run, parts.export])
    gone.success(*shown, **THEN)


@shown_to_user
def offered(settings: Settings, run_id: int | None, epoch: int | None) -> View:
    """Return the epochs that can be exported, and the formats with their sizes."""
    if run_id is None:
        return gr.update(choices=[], value=None), gr.skip()
    with connect(settings.db_path) as db:
        run = runs.get(db, run_id)
        known = jobs.exportable_epochs(settings, db, run)
    named = [(f"{one}{' (best)' * (one == run.best_epoch)}", one) for one in known]
    chosen = epoch if epoch in known else next(iter(known), None)
    return (
        gr.update(choices=named, value=chosen),
        gr.update(choices=_lines(_weights_bytes(settings, run))),
    )


@shown_to_user
def begin(
    settings: Settings, run_id: int | None, epoch: int | None, wanted: list[str] | None
) -> None:
    """Queue an export."""
    if run_id is None:
        raise ExportError("There is no trained network yet. Train one first.")
    jobs.submit_export(settings, run_id, wanted or [], epoch)


@shown_to_user
def remove(settings: Settings, run_id: int | None, name: str | None) -> None:
    """Delete an export."""
    if run_id is None or name is None:
        raise ExportError("Choose an export to delete.")
    with connect(settings.db_path) as db:
        run = runs.get(db, run_id)
    folder.delete(settings, run, name)


@shown_to_user
def refresh(
    settings: Settings, run_id: int | None, chosen: str | None, seen: str | None
) -> View:
    """Return how the newest export goes, then what it holds, or the chosen one."""
    job = progress.latest(settings, "export")
    if job is not None and job.run_id != run_id:
        job = None
    goes_on = job is not None and job.status not in FINISHED
    # Nothing is chosen meanwhile, so that the new one is once it is there.
    made = [] if goes_on else _made(settings, run_id)
    one = next((each for each in made if each.name == chosen), next(iter(made), None))
    outputs = (
        cards.job(job),
        gr.update(
            choices=[(_line(each), each.name) for each in made],
            value=one.name if one else None,
            visible=bool(made),
        ),
        sheet(one) if one else "",
        _download(one),
        gr.update(visible=one is not None),
        gr.update(active=goes_on),
    )
    return only_changes(outputs, seen)


def sheet(made: Export) -> str:
    """Return what was measured of an export, with what is to be minded."""
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in _row(one)) + "</tr>"
        for one in made.formats
    )
    return (
        '<div class="scroll">'
        '<table class="sheet measured" aria-label="What was measured">'
        "<thead><tr><th>Format</th><th>Size</th><th>Beside Keras</th>"
        "<th>Accuracy, 32 → 8 bits</th><th>Time an image</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
        f"{cards.notes(verdict.warnings(made), 'warn')}"
        f'<p class="where">{escape(_where(made))}</p>'
    )


def _row(one: Measured) -> list[str]:
    return [
        formats.named(one.format).title,
        words.size(one.size_bytes),
        verdict.difference(one),
        verdict.accuracy(one),
        f"{words.duration(one.seconds_an_image)}, {one.runtime}",
    ]


def _where(made: Export) -> str:
    said = f"Measured on this machine ({made.machine}) when it was written."
    if made.script is None:
        return said
    count = words.count(made.script.image_count, "photograph")
    share = words.percent(made.script.same_answer_rate)
    return f"{said} predict.py gave the same answer as carclf on {share} of {count}."


def _made(settings: Settings, run_id: int | None) -> list[Export]:
    if run_id is None:
        return []
    with connect(settings.db_path) as db:
        run = runs.get(db, run_id)
    return folder.of_run(settings, run)


def _line(made: Export) -> str:
    titles = ", ".join(formats.named(one.format).title for one in made.formats)
    return (
        f"Epoch {made.epoch} · {titles} · {words.size(made.size_bytes)} · "
        f"{words.local_time(made.created_at)}"
    )


def _download(made: Export | None) -> dict[str, Any]:
    if made is None:
        return dict(gr.update(visible=False))
    label = f"Download ({words.size(made.size_bytes)})"
    return dict(gr.update(label=label, value=served.offer(made.zip_path), visible=True))


def _weights_bytes(settings: Settings, run: Run) -> int | None:
    """Return about how large the network is in 32 bits; None before it was exported."""
    path = settings.resolve(run.folder) / "bundle" / "model.onnx"
    return path.stat().st_size if path.is_file() else None


def _lines(weights_bytes: int | None) -> list[tuple[str, str]]:
    """Return a line for each format: what it is for, and about how large."""
    return [(_words(one, weights_bytes), one.name) for one in formats.FORMATS]


def _words(one: Format, weights_bytes: int | None) -> str:
    said = f"{one.title}. {one.words}"
    if not formats.is_installed(one):
        return f"{said} Needs a package: pip install -e '.[{one.extra}]'."
    if weights_bytes is None:
        return said
    return f"{said} About {words.size(weights_bytes * one.size_share)}."
