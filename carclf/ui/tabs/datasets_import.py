"""Datasets, importing: from this machine, the browser, the web or a bucket."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import jobs
from carclf.datasets.sources import Access, Source, members, rooms
from carclf.settings import Settings
from carclf.ui import cards, pictures, progress
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import wire
from carclf.ui.tabs import datasets_look
from carclf.ui.tabs.datasets_look import Where, key, named, reading_of

# How a browser tells archives: it looks at what comes after the last dot alone.
_UPLOADS = sorted({f".{one.rpartition('.')[2]}" for one in members.SUFFIXES})


class _Bucket(NamedTuple):
    """How buckets are read."""

    profile: gr.Textbox
    endpoint: gr.Textbox
    anonymous: gr.Checkbox


def build(settings: Settings, importing: gr.HTML) -> None:
    """Lay out the panel; `importing` tells how an import goes."""
    where = _build_where()
    bucket = _build_bucket()
    look = datasets_look.build(settings, where)
    name = gr.Textbox(
        label="Name of the imported version", placeholder="as the source is called"
    )
    button = gr.Button("Import", variant="primary")
    with gr.Row():
        stop = gr.Button("Stop the import", visible=False, size="sm")
        again = gr.Button("Go on with the import", visible=False, size="sm")
    wire(
        button.click,
        partial(start, settings),
        [*where, name, *bucket, look.looked, *look.corrections],
        importing,
        api_name="import_photographs",
    )
    wire(stop.click, partial(stop_import, settings), outputs=importing)
    wire(again.click, partial(go_on, settings), outputs=importing)
    wire(importing.change, partial(offered, settings), outputs=[stop, again])


def _build_where() -> Where:
    places = gr.Textbox(
        label="Folder, archive or address",
        placeholder="/home/me/cars or s3://bucket/cars",
        info="On this machine, or beginning with s3:// or https://. A line each, if "
        "one holds the photographs and another their labels.csv.",
        lines=2,
        max_lines=5,
    )
    uploads = gr.File(
        label="Or an archive from your browser",
        file_count="multiple",
        file_types=[*_UPLOADS, ".csv"],
        height=140,
    )
    return Where(places, uploads)


def _build_bucket() -> _Bucket:
    with gr.Accordion("S3", open=False):
        profile = gr.Textbox(
            label="Profile",
            placeholder="the usual credentials",
            info="Its name in ~/.aws on this machine. Secrets are not asked for here.",
        )
        endpoint = gr.Textbox(
            label="Endpoint",
            placeholder="https://minio.example.org:9000",
            info="For MinIO, R2, Ceph and others; empty for Amazon's.",
        )
        anonymous = gr.Checkbox(label="Anonymous: the bucket is public")
    return _Bucket(profile, endpoint, anonymous)


@shown_to_user
def start(
    settings: Settings,
    places: str | None,
    uploads: list[dict[str, Any]] | None,
    name: str | None = None,
    profile: str | None = None,
    endpoint: str | None = None,
    anonymous: bool | None = None,
    looked: object = None,
    *corrections: Any,
) -> str:
    """Queue the import of all that was named; return how the job stands.

    A page sends None of what nobody has touched.

    Args:
        looked: What the corrections belong to; those of another source are not obeyed.
    """
    access = Access((profile or "").strip(), (endpoint or "").strip(), bool(anonymous))
    is_shown = looked == key(places, uploads)
    reading = reading_of(*corrections) if is_shown else None
    sources = [*named(places), *_uploaded(settings, uploads)]
    job = jobs.submit_import(settings, sources, name or "", access, reading)
    return cards.job(job)


def _uploaded(settings: Settings, uploads: list[dict[str, Any]] | None) -> list[Source]:
    dropped = map(pictures.dropped, uploads or ())
    return [rooms.keep_upload(settings, *one) for one in dropped if one is not None]


@shown_to_user
def stop_import(settings: Settings) -> str:
    """Ask the import that runs, or waits, to end; what came so far is kept."""
    return cards.job(progress.stop(settings, "import"))


@shown_to_user
def go_on(settings: Settings) -> str:
    """Queue the last import once more; it goes on where it was."""
    return cards.job(progress.go_on(settings, "import"))


@shown_to_user
def offered(settings: Settings) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return which of “stop” and “go on” there is something for."""
    return progress.offered(progress.latest(settings, "import"))
