"""What runs would call images, asked ahead of time and kept."""

import threading
from collections import OrderedDict
from html import escape

import gradio as gr

from carclf import words
from carclf.records import Example, Prediction
from carclf.settings import Settings
from carclf.store import Database, boxes, connect, runs, versions
from carclf.ui import bundles, keys, opinions

NO_RUN = 0
MOST = 5
# A click on a suggestion is a `select` whose index is the image and whose value is the
# class: by the time it arrives, another image may be on the screen.
_CLICKS = """
element.addEventListener('click', event => {
  const button = event.target.closest('button[data-name]');
  if (button) trigger('select', {
    index: Number(button.dataset.image), value: button.dataset.name});
});
"""
# Of a working day, at a few hundred bytes each.
_KEPT = 5000
_known: OrderedDict[tuple[int, int, int], Prediction] = OrderedDict()
_lock = threading.Lock()


def create() -> gr.HTML:
    """Return an empty list of suggestions; a click on one is for its owner to wire."""
    return gr.HTML(js_on_load=_CLICKS, apply_default_css=False)


def draw(image_id: int, prediction: Prediction) -> str:
    """Return the likeliest classes, each a button that its number clicks."""
    rows = "".join(
        f'<li><button type="button" class="{keys.by(str(number))}" '
        f'data-image="{image_id}" data-name="{escape(name)}">'
        f"<kbd>{number}</kbd><span>{escape(name)}</span>"
        f"<b>{words.percent(share)}</b>"
        f'<i style="width:{share * 100:.1f}%"></i></button></li>'
        for number, (name, share) in enumerate(prediction.top[:MOST], start=1)
    )
    return f'<ol class="suggestions" aria-label="Suggestions">{rows}</ol>'


def waiting() -> str:
    """Return what stands there until an answer comes, so that nothing moves."""
    rows = "<li></li>" * MOST
    return (
        f'<ol class="suggestions" aria-label="Suggestions" aria-busy="true">{rows}</ol>'
    )


def known(
    settings: Settings, db: Database, run_id: int, one: Example
) -> Prediction | None:
    """Return what a run would call an image, if it was asked before."""
    key = _key(settings, db, run_id, one)
    with _lock:
        return _known.get(key) if key else None


def ask(
    settings: Settings, run_id: int, version_id: int, image_id: int
) -> Prediction | None:
    """Return what a run calls an image; None for no run.

    Raises:
        UnreadableImageError: The photograph is gone or damaged.
        BundleError: The run's network is missing or damaged.
    """
    if run_id == NO_RUN:
        return None
    with connect(settings.db_path) as db:
        [one] = boxes.drawn(db, [versions.example(db, version_id, image_id)])
        key = _key(settings, db, run_id, one)
        found = known(settings, db, run_id, one)
    if found is not None or key is None:
        return found
    picture = opinions.stored(settings, version_id, image_id)
    bundle = bundles.load(settings, run_id)
    [found] = bundle.predict([opinions.seen_by(bundle, picture).image])
    with _lock:
        _known[key] = found
        while len(_known) > _KEPT:
            _known.popitem(last=False)
    return found


def _key(
    settings: Settings, db: Database, run_id: int, one: Example
) -> tuple[int, int, int] | None:
    """Return what an answer depends on: network, image and the vehicle's box."""
    if run_id == NO_RUN:
        return None
    model = settings.resolve(runs.get(db, run_id).folder) / "bundle" / "model.onnx"
    changed = model.stat().st_mtime_ns if model.is_file() else 0
    return changed, hash((str(model), one.box)), one.image_id
