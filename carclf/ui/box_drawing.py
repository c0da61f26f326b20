"""Draw the vehicle's box on a picture, or correct it, wherever one is shown.

`build(settings, image_id)` lays the control out; it fills itself whenever the state
changes. Nothing else is wired:

    image_id = gr.State()
    control = box_drawing.build(settings, image_id)
    control.changed.change(...)      # a box was saved, or taken back
"""

import json
from functools import partial
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from carclf import words
from carclf.datasets import boxes, relabelling
from carclf.datasets.relabelling import PERSON
from carclf.errors import DatasetError, UnreadableImageError
from carclf.records import Box, BoxEvent, Image
from carclf.settings import Settings
from carclf.store import boxes as stored
from carclf.store import connect, versions
from carclf.store import images as stored_images
from carclf.ui import cards, pictures, stage
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import wire

_SIDES = ("left", "top", "right", "bottom")
_HOW = (
    "Draw on the picture. Inside the box, dragging moves it; at its edges and corners, "
    "dragging changes it. Arrow keys move it by one pixel, with Shift by ten; with Alt "
    "they move the right and lower edge."
)

# Edges are kept in pixels of the photograph, in the four fields, and drawn from there.
_DRAW = """
let held;
const area = () => element.querySelector('.drawing');
const fields = () => [...element.querySelectorAll('input[data-side]')];
const read = () => fields().map(field => field.value === '' ? NaN : +field.value);
const size = () => [+area().dataset.width, +area().dataset.height];
const fit = ([left, top, right, bottom]) => {
  const [width, height] = size();
  const inside = (edge, most) => Math.round(Math.min(Math.max(edge, 0), most));
  return [inside(Math.min(left, right), width), inside(Math.min(top, bottom), height),
          inside(Math.max(left, right), width), inside(Math.max(top, bottom), height)];
};
const show = () => {
  const box = area()?.querySelector('.box'); if (!box) return;
  const edges = read(), [width, height] = size();
  const is = edges.every(Number.isFinite) && edges[0] < edges[2] && edges[1] < edges[3];
  box.hidden = !is;
  if (!is) return;
  const [left, top, right, bottom] = edges;
  Object.assign(box.style, {
    left: 100 * left / width + '%', width: 100 * (right - left) / width + '%',
    top: 100 * top / height + '%', height: 100 * (bottom - top) / height + '%'});
};
const write = edges => {
  fields().forEach((field, place) => { field.value = edges[place]; });
  show();
};
const at = event => {
  const edges = area().getBoundingClientRect(), [width, height] = size();
  return [(event.clientX - edges.x) / edges.width * width,
          (event.clientY - edges.y) / edges.height * height];
};
// Of the screen, in pixels of the photograph.
const unit = () => size()[0] / area().getBoundingClientRect().width;
// Which edges a hand has hold of: -1 the first, 1 the second, 0 neither, of each axis.
const grip = ([x, y]) => {
  const edges = read();
  if (!edges.every(Number.isFinite)) return null;
  const [left, top, right, bottom] = edges;
  const near = 14 * unit();
  if (x < left - near || x > right + near || y < top - near || y > bottom + near)
    return null;
  const side = (value, first, second) =>
    Math.abs(value - first) < near ? -1 : Math.abs(value - second) < near ? 1 : 0;
  return [side(x, left, right), side(y, top, bottom)];
};
const pulled = (edges, [across, down], right, below) => {
  const [left, top, far, low] = edges;
  if (!across && !down) return moved(edges, right, below);
  return fit([left + (across < 0 ? right : 0), top + (down < 0 ? below : 0),
              far + (across > 0 ? right : 0), low + (down > 0 ? below : 0)]);
};
const moved = ([left, top, right, bottom], across, down) => {
  const [width, height] = size();
  const x = Math.min(Math.max(across, -left), width - right);
  const y = Math.min(Math.max(down, -top), height - bottom);
  return fit([left + x, top + y, right + x, bottom + y]);
};
element.addEventListener('pointerdown', event => {
  if (!event.target.closest('.drawing') || event.button) return;
  event.preventDefault();
  area().focus();
  area().setPointerCapture(event.pointerId);
  held = {from: at(event), edges: read(), grip: grip(at(event))};
});
element.addEventListener('pointermove', event => {
  if (!held) return;
  const [x, y] = at(event), [right, below] = [x - held.from[0], y - held.from[1]];
  if (held.grip) write(pulled(held.edges, held.grip, right, below));
  else if (Math.hypot(right, below) > 4 * unit()) write(fit([...held.from, x, y]));
});
for (const end of ['pointerup', 'pointercancel'])
  element.addEventListener(end, () => { held = null; });
element.addEventListener('input', show);
element.addEventListener('keydown', event => {
  const step = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1],
                ArrowDown: [0, 1]}[event.key];
  if (!step || event.target !== area() || !read().every(Number.isFinite)) return;
  event.preventDefault();
  const by = step.map(one => one * (event.shiftKey ? 10 : 1));
  write(event.altKey ? pulled(read(), [1, 1], ...by) : moved(read(), ...by));
});
watch('value', () => {
  fields().forEach(field => { field.value = field.getAttribute('value') ?? ''; });
  show();
});
show();
"""
# What a button sends of the picture beside it: image, left, top, right, bottom.
_EDGES = """(_drawing, ...others) => {
  const drawing = document.querySelector('#NAME .drawing');
  const edges = [...document.querySelectorAll('#NAME input[data-side]')];
  return [JSON.stringify([drawing?.dataset.image, ...edges.map(one => one.value)]),
          ...others];
}"""


class Control(NamedTuple):
    """The control.

    Attributes:
        changed: A state that is another after each box that was saved or undone.
    """

    drawing: Any
    told: Any
    changed: Any


def build(settings: Settings, image_id: gr.State) -> Control:
    """Lay out the control for the image whose id `image_id` holds."""
    name = f"box-drawing-{image_id._id}"
    drawing = gr.HTML(
        js_on_load=_DRAW, apply_default_css=False, elem_id=name, elem_classes="boxing"
    )
    told = gr.HTML()
    with gr.Row(elem_classes="form-buttons"):
        save = gr.Button("Save box", variant="primary", min_width=60)
        none = gr.Button("No box", min_width=60)
        undo = gr.Button("Undo box", min_width=60)
    control = Control(drawing, told, gr.State())
    wire(image_id.change, partial(show, settings), image_id, [drawing, told])
    for button, handler in ((save, save_box), (none, save_none)):
        wire(
            button.click,
            partial(handler, settings),
            [drawing, image_id],
            control,
            js=_EDGES.replace("NAME", name),
        )
    wire(undo.click, partial(undo_box, settings), image_id, control)
    return control


@shown_to_user
def show(settings: Settings, image_id: int | None) -> tuple[str, str]:
    """Return the picture with its box, and who drew that."""
    if image_id is None:
        return "", ""
    with connect(settings.db_path) as db:
        image = stored_images.get(db, image_id)
        box = versions.box_of(db, image_id)
        said = stored.standing(db, image_id)
    try:
        picture = stage.address(Path(pictures.large(settings, image)))
    except UnreadableImageError as error:
        return "", cards.note(str(error), "bad")
    return _draw(image, picture, box), _told(box, said)


@shown_to_user
def save_box(settings: Settings, sent: str, image_id: int | None) -> tuple[Any, ...]:
    """Record the box that a person drew; return the control."""
    seen, *edges = json.loads(sent)
    if image_id is None or str(image_id) != seen:
        raise DatasetError("Another image came up meanwhile. Draw the box there.")
    box = boxes.parse(edges)
    if box is None:
        raise DatasetError(
            "There is no box yet. Draw one on the picture, or give its four edges."
        )
    relabelling.save_box(settings, image_id, box)
    return _shown_anew(settings, image_id)


@shown_to_user
def save_none(settings: Settings, _sent: str, image_id: int | None) -> tuple[Any, ...]:
    """Record that the image has no box; return the control."""
    if image_id is None:
        raise DatasetError("There is no image here.")
    relabelling.save_box(settings, image_id, None)
    return _shown_anew(settings, image_id)


@shown_to_user
def undo_box(settings: Settings, image_id: int | None) -> tuple[Any, ...]:
    """Take back what was said last of the image's box; return the control."""
    if image_id is None:
        raise DatasetError("There is no image here.")
    with connect(settings.db_path) as db:
        stored.undo(db, image_id, PERSON)
    return _shown_anew(settings, image_id)


def _shown_anew(settings: Settings, image_id: int) -> tuple[Any, ...]:
    with connect(settings.db_path) as db:
        said = stored.standing(db, image_id)
    return *show(settings, image_id), [one.id for one in said]


def _draw(image: Image, picture: str, box: Box | None) -> str:
    edges = (box.left, box.top, box.right, box.bottom) if box else ("",) * 4
    most = (image.width, image.height) * 2
    fields = "".join(
        f'<label>{side.capitalize()}<input type="number" data-side="{side}" '
        f'value="{edge}" min="0" max="{end}" inputmode="numeric"></label>'
        for side, edge, end in zip(_SIDES, edges, most, strict=True)
    )
    return (
        f'<div class="drawing" tabindex="0" role="application" aria-label="Vehicle box"'
        f' aria-description="{escape(_HOW)}" data-image="{image.id}" '
        f'data-width="{image.width}" data-height="{image.height}"'
        f' style="--ratio: {image.width / image.height:.4f}">'
        f'<img src="{picture}" alt="" draggable="false">'
        '<i class="box" hidden></i></div>'
        f'<div class="edges" role="group" aria-label="Edges in pixels">{fields}</div>'
        f'<p class="where">{escape(_HOW)}</p>'
    )


def _told(box: Box | None, said: list[BoxEvent]) -> str:
    """Return where the box that counts comes from."""
    if said:
        last = said[-1]
        what = "Drawn" if last.box else "Said to have no box"
        text = f"{what} by {last.source}, {words.local_time(last.at)}."
    else:
        text = "The box came with the dataset." if box else "No box yet."
    return f'<p class="where" role="status" aria-label="Box now">{escape(text)}</p>'
