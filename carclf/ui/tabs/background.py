"""Background: before and after of one image, then of a whole version."""

import time
from functools import lru_cache, partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import background, images, jobs, words
from carclf.background import BackgroundRemover
from carclf.config import Treatment
from carclf.errors import BackgroundError, DatasetError
from carclf.records import Box, Cutout, ImageRGB
from carclf.settings import Settings
from carclf.store import boxes, connect
from carclf.store import versions as stored
from carclf.ui import cards, pictures, progress
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import go_to, on_show, wire
from carclf.ui.tabs import (
    background_helps,
    background_review,
    background_treatment,
)
from carclf.ui.tabs.background_treatment import Form, treatment
from carclf.ui.version_picker import pick

STRIP = 12
NOTHING_CHOSEN = cards.empty(
    "Choose an image above",
    "The remover runs on it at once, and a slider shows before and after.",
)

View = tuple[Any, ...]


class _Source(NamedTuple):
    """Where the image comes from; `page` is the strip's place in the version."""

    version: gr.Dropdown
    strip: gr.Gallery
    others: gr.Button
    dropped: gr.Image
    page: gr.State
    shown_ids: gr.State
    image_id: gr.State


def build(settings: Settings) -> None:
    with gr.Tab("Background", id="background") as tab:
        gr.HTML(
            cards.heading(
                "Background",
                "See what a network would see with the background taken away, then "
                "treat a whole version.",
            )
        )
        with gr.Row(elem_classes="split"):
            with gr.Column(scale=5, min_width=320):
                source = _build_source()
                slider, told = _build_result()
            with gr.Column(scale=3, min_width=300):
                how = background_treatment.build(settings)
                _build_whole(settings, source.version, how)
        background_review.build(settings)
        background_helps.build(settings)
    _wire_source(settings, tab, source)
    shown = [slider, told]
    _wire_result(settings, source, how, shown)


def _build_result() -> tuple[gr.ImageSlider, gr.HTML]:
    slider = gr.ImageSlider(
        label="Before and after",
        interactive=False,
        max_height=430,
        buttons=["fullscreen"],
        elem_classes="stage",
        visible=False,
    )
    return slider, gr.HTML(NOTHING_CHOSEN)


def _build_source() -> _Source:
    with gr.Row(equal_height=True, elem_classes="bar-row"):
        version = gr.Dropdown(
            label="Version to treat", choices=[], scale=3, min_width=200
        )
        others = gr.Button("Show other images", scale=1, min_width=140)
    strip = gr.Gallery(
        label="Images of the version",
        show_label=False,
        columns=6,
        height="auto",
        object_fit="contain",
        allow_preview=False,
        interactive=False,
        buttons=[],
        elem_classes="tiles",
    )
    with gr.Accordion("Use a photograph of your own", open=False):
        dropped = gr.Image(
            label="Your photograph",
            type="filepath",
            sources=["upload", "clipboard"],
            height=200,
        )
    return _Source(
        version, strip, others, dropped, gr.State(0), gr.State([]), gr.State()
    )


def _build_whole(settings: Settings, version: gr.Dropdown, how: Form) -> None:
    with gr.Column(elem_classes="sheet"):
        gr.HTML("<h3>The whole version</h3>")
        name = gr.Textbox(
            label="Name of the treated version", placeholder="sample without background"
        )
        start = gr.Button("Remove backgrounds of the whole version", variant="primary")
        treating = gr.HTML()
    train = gr.Button("Train on a version", size="sm")
    go_to(train, "train")
    wire(
        start.click,
        partial(treat_version, settings),
        [version, name, *how],
        treating,
    )
    wire(gr.Timer(2).tick, partial(treating_now, settings), outputs=treating)


def _wire_source(settings: Settings, tab: gr.Tab, source: _Source) -> None:
    filled = [source.page, source.shown_ids, source.strip]
    on_show(
        tab,
        partial(open_tab, settings),
        [source.version, source.page],
        [source.version, *filled],
    )
    wire(source.version.input, partial(fill_strip, settings, 0), source.version, filled)
    wire(
        source.others.click,
        partial(fill_strip, settings, 1),
        [source.version, source.page],
        filled,
    )


def _wire_result(
    settings: Settings, source: _Source, how: Form, shown: list[Any]
) -> None:
    inputs = [source.version, source.image_id, source.dropped, *how]
    chosen = wire(
        source.strip.select,
        choose,
        source.shown_ids,
        [source.image_id, source.dropped],
    )
    chosen.then(
        partial(before_and_after, settings),
        inputs,
        shown,
        preprocess=False,
        api_visibility="private",
    )
    wire(
        [
            source.dropped.input,
            how.remover.input,
            how.output.input,
            how.fill.change,
            how.keep_aspect.input,
            how.classes.input,
            how.weights.submit,
            *(one.release for one in (how.margin, how.score, how.size)),
        ],
        partial(before_and_after, settings),
        inputs,
        shown,
        is_slow=True,
        trigger_mode="always_last",
    )


@shown_to_user
def open_tab(settings: Settings, version_id: int | None, page: int) -> View:
    """Return the version picker and the strip of images, where it was left."""
    version = pick(settings, version_id)
    if version["value"] != version_id:
        page = 0
    return (version, *fill_strip(settings, 0, version["value"], page))


@shown_to_user
def fill_strip(
    settings: Settings, by: int, version_id: int | None, page: int = 0
) -> View:
    """Return the strip's page, the ids of its images, and their thumbnails."""
    if version_id is None:
        return 0, [], []
    with connect(settings.db_path) as db:
        every = stored.examples(db, version_id)
    page = (page + by) % pictures.page_count(len(every), STRIP)
    # Every n-th, because neighbours show the same vehicle.
    rows = every[page :: pictures.page_count(len(every), STRIP)][:STRIP]
    tiles = pictures.gallery(settings, ((one, one.label) for one in rows))
    return page, [one.image_id for one in rows], tiles


def choose(shown_ids: list[int], event: gr.SelectData) -> tuple[int, None]:
    """Return the id of the image that was clicked, and no dropped one."""
    return shown_ids[event.index], None


@shown_to_user
def before_and_after(
    settings: Settings,
    version_id: int | None,
    image_id: int | None,
    dropped: dict[str, Any] | None,
    *fields: Any,
) -> View:
    """Return the two pictures for the slider, and what was found, in words."""
    found = _image(settings, version_id, image_id, dropped)
    if found is None:
        return gr.update(visible=False), NOTHING_CHOSEN
    image, box = found
    try:
        how = treatment(settings, *fields)
        cleaner = _remover(settings, how)
        begun = time.perf_counter()
        cutout = cleaner.remove(image, box)
    except BackgroundError as error:
        # Where the result would be: what lacks is to be fetched or installed first.
        return gr.update(visible=False), cards.note(str(error), "warn")
    took_s = time.perf_counter() - begun
    both = pictures.before_and_after(image, cutout, how)
    return gr.update(value=both, visible=True), in_words(image, cutout, how, took_s)


def in_words(image: ImageRGB, cutout: Cutout, how: Treatment, took_s: float) -> str:
    """Return what was found, how much of the image it covers, and how long it took."""
    took = (words.duration(took_s), "taken")
    if how.remover == "none":
        return cards.facts([("kept", "background"), took])
    if cutout.box is None:
        return cards.note(_nothing_found(how), "warn") + cards.facts([took])
    box, height, width = cutout.box, *image.shape[:2]
    area = (box.right - box.left) * (box.bottom - box.top)
    covered = float(cutout.mask.mean()) if cutout.mask is not None else None
    share = area / (height * width) if covered is None else covered
    sure = [(words.percent(cutout.score), "sure")] if cutout.score is not None else []
    several = (cutout.vehicles or 1) > 1
    counted = [(f"{cutout.vehicles}", "vehicles, the largest taken")] if several else []
    return cards.facts(
        [
            (f"{box.left}, {box.top} – {box.right}, {box.bottom}", "vehicle found at"),
            (words.percent(share), "of the image covered"),
            *sure,
            *counted,
            took,
        ]
    )


@shown_to_user
def treat_version(
    settings: Settings,
    version_id: int | None,
    name: str,
    *fields: Any,
) -> str:
    """Queue the treatment of a whole version; return how the job stands."""
    if version_id is None:
        raise DatasetError("There is no version to treat. Import photographs first.")
    how = treatment(settings, *fields)
    return cards.job(jobs.submit_background(settings, version_id, how, name))


@shown_to_user
def treating_now(settings: Settings) -> str:
    return cards.job(progress.latest(settings, "background"))


@lru_cache(maxsize=4)
def _remover(settings: Settings, how: Treatment) -> BackgroundRemover:
    return background.create(how, settings)


def _image(
    settings: Settings,
    version_id: int | None,
    image_id: int | None,
    payload: dict[str, Any] | None,
) -> tuple[ImageRGB, Box | None] | None:
    """Return the photograph meant, and its box if one was drawn or came with it."""
    dropped = pictures.dropped(payload)
    if dropped is not None:
        return pictures.read_dropped(*dropped), None
    if version_id is None or image_id is None:
        return None
    with connect(settings.db_path) as db:
        [one] = boxes.drawn(db, [stored.example(db, version_id, image_id)])
    return images.read_rgb(settings.resolve(one.path)), one.box


def _nothing_found(how: Treatment) -> str:
    if how.remover == "box":
        return "No box is known for this image, so it stays whole."
    return "No vehicle stood out from this image, so it stays whole."
