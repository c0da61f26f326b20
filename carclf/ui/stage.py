"""One photograph, large: zoomed into by wheel, click, fingers or a key."""

from html import escape
from pathlib import Path
from urllib.parse import quote

import gradio as gr

from carclf.records import Example
from carclf.settings import Settings
from carclf.ui import keys, pictures

# WebP has no longer sides.
WHOLE = 16_383

# The zoom stands in variables of `element` itself, for what is inside is drawn anew. At
# the first zoom a `select` asks for the photograph at its full resolution.
_ZOOM = """
let zoom = 1, x = 0, y = 0, shown, asked, moved = false;
const held = new Map();
const frame = () => element.querySelector('.zoom-frame');
const place = () => {
  const area = frame(); if (!area) return;
  const room = (size) => size * (zoom - 1) / 2;
  x = Math.min(Math.max(x, -room(area.clientWidth)), room(area.clientWidth));
  y = Math.min(Math.max(y, -room(area.clientHeight)), room(area.clientHeight));
  for (const [name, value] of [['--zoom', zoom], ['--x', x + 'px'], ['--y', y + 'px']])
    element.style.setProperty(name, value);
  element.classList.toggle('is-zoomed', zoom > 1);
  if (zoom > 1 && asked !== shown) {
    asked = shown;
    trigger('select', {index: 0, value: 'full'});
  }
};
const to = (wanted, at) => {
  const edges = frame().getBoundingClientRect();
  const right = (at?.clientX ?? edges.x + edges.width / 2) - edges.x - edges.width / 2;
  const down = (at?.clientY ?? edges.y + edges.height / 2) - edges.y - edges.height / 2;
  const next = Math.min(Math.max(wanted, 1), 12), by = next / zoom;
  x = right - (right - x) * by; y = down - (down - y) * by; zoom = next;
  place();
};
const toggle = (at) => to(zoom > 1 ? 1 : 3, at);
const spread = () => {
  const [one, other] = [...held.values()];
  return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
};
element.addEventListener('wheel', event => {
  if (!event.target.closest('.zoom-frame') || (zoom === 1 && event.deltaY > 0)) return;
  event.preventDefault();
  to(zoom * Math.exp(-event.deltaY / 300), event);
}, {passive: false});
element.addEventListener('pointerdown', event => {
  if (!event.target.closest('.zoom-frame')) return;
  held.set(event.pointerId, event); moved = false;
});
element.addEventListener('pointermove', event => {
  const before = held.get(event.pointerId); if (!before) return;
  const right = event.clientX - before.clientX, down = event.clientY - before.clientY;
  if (!moved && Math.hypot(right, down) < 4) return;
  moved = true;
  const wide = held.size === 2 ? spread() : 0;
  held.set(event.pointerId, event);
  if (wide) to(zoom * spread() / wide, event);
  else { x += right; y += down; place(); }
});
for (const end of ['pointerup', 'pointercancel', 'pointerleave'])
  element.addEventListener(end, event => held.delete(event.pointerId));
element.addEventListener('click', event => {
  if (event.target.closest('button.zoom')) toggle();
  else if (event.target.closest('.zoom-frame') && !moved) toggle(event);
});
watch('value', () => {
  const now = frame()?.dataset.image;
  if (now !== shown) { shown = now; zoom = 1; x = y = 0; place(); }
});
shown = frame()?.dataset.image;
"""


def create() -> gr.HTML:
    """Return an empty stage; its `select` is for `draw(..., is_whole=True)`."""
    return gr.HTML(js_on_load=_ZOOM, apply_default_css=False, elem_classes="zoom-stage")


def draw(settings: Settings, one: Example, *, is_whole: bool = False) -> str:
    """Return the photograph of an example.

    Args:
        is_whole: At its full resolution, as whoever zooms wants it.

    Raises:
        UnreadableImageError: The file is gone or damaged.
    """
    size = WHOLE if is_whole else 960
    picture = address(Path(pictures.large(settings, one, size)))
    alt = f"The image to label: {one.file_name}"
    return (
        f'<div class="zoom-frame" data-image="{one.image_id}">'
        f'<img src="{picture}" alt="{escape(alt)}" draggable="false" decoding="sync">'
        f'</div><button type="button" class="zoom {keys.by("zoom")}" '
        'title="Zoom: wheel, click, or the key z">Zoom</button>'
    )


def ahead(paths: list[Path]) -> str:
    """Return what makes a browser fetch pictures before they are shown."""
    return "".join(
        f'<img src="{address(path)}" alt="" hidden loading="eager">' for path in paths
    )


def address(path: Path) -> str:
    """Return where the browser finds a thumbnail; no other file is served."""
    return f"gradio_api/file={quote(path.as_posix())}"
