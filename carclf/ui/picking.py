"""Small pictures of which many can be chosen, a page at a time."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import gradio as gr

from carclf.errors import DatasetError

# What is chosen is kept here, page after page, until the page says that it was dealt
# with; a button's own script reads it from `data-chosen`.
_PICK = """
const chosen = new Set();
let last, dealt;
const boxes = () => [...element.querySelectorAll('input[type=checkbox]')];
const show = () => {
  const here = boxes();
  for (const box of here) box.checked = chosen.has(box.value);
  const away = chosen.size - here.filter(box => box.checked).length;
  const said = element.querySelector('.chosen-count');
  if (said) said.textContent = `${chosen.size} chosen` +
    (away ? `, ${away} on other pages` : '');
  element.dataset.chosen = JSON.stringify([...chosen]);
};
const choose = (box, is) => chosen[is ? 'add' : 'delete'](box.value);
element.addEventListener('click', event => {
  const button = event.target.closest('button[data-choose]');
  if (button) {
    if (button.dataset.choose === 'none') chosen.clear();
    else for (const box of boxes()) choose(box, true);
    show();
    return;
  }
  const tile = event.target.closest('.pick'); if (!tile) return;
  const box = tile.querySelector('input');
  // Of a click on the label a second one is made, on the box, without the Shift key.
  if (event.target !== box) { event.preventDefault(); box.focus(); }
  const is = event.target === box ? box.checked : !box.checked;
  const all = boxes(), from = all.findIndex(one => one.value === last);
  const to = all.indexOf(box);
  const range = event.shiftKey && from >= 0
    ? all.slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
  for (const one of range) choose(one, is);
  last = box.value;
  show();
});
watch('value', () => {
  const now = element.querySelector('.picks')?.dataset.dealt;
  if (now !== dealt) { chosen.clear(); dealt = now; }
  show();
});
show();
"""


@dataclass(frozen=True)
class Pick:
    """A picture to choose.

    Attributes:
        source: The address of the picture.
        name: What it is called, to whoever cannot see it.
        marks: Words for the style of its caption.
    """

    image_id: int
    source: str
    name: str
    caption: str
    marks: str = ""


def create(name: str) -> gr.HTML:
    """Return an empty page, to be filled with `draw(...)`.

    Args:
        name: No other element of the page is called so.
    """
    return gr.HTML(
        js_on_load=_PICK, apply_default_css=False, elem_id=name, elem_classes="picking"
    )


def sent_by(name: str) -> str:
    """Return the script of a button whose first input is the page of that name."""
    return (
        "(_page, ...others) => [document.querySelector("
        f"'#{name}[data-chosen], #{name} [data-chosen]')"
        "?.dataset.chosen ?? '[]', ...others]"
    )


def draw(picks: Iterable[Pick], dealt: int = 0) -> str:
    """Return a page of pictures.

    Args:
        dealt: Another number than before lets nothing be chosen any more.
    """
    tiles = "".join(_tile(one) for one in picks)
    return (
        '<div class="pick-bar"><button type="button" data-choose="all">'
        'Choose all on this page</button><button type="button" data-choose="none">'
        'Choose none</button><span class="chosen-count" role="status" '
        'aria-label="Chosen">0 chosen</span></div>'
        f'<div class="picks" role="group" aria-label="Images to choose" '
        f'data-dealt="{dealt}">{tiles}</div>'
    )


def chosen(sent: str) -> Sequence[int]:
    """Return the ids of what was chosen, in that order.

    Raises:
        DatasetError: Nothing was.
    """
    found = [int(one) for one in json.loads(sent or "[]")]
    if not found:
        raise DatasetError("Choose images first: click them, or all on this page.")
    return found


def _tile(one: Pick) -> str:
    return (
        f'<label class="pick {escape(one.marks)}"><input type="checkbox" '
        f'value="{one.image_id}" aria-label="{escape(one.name)}">'
        f'<img src="{one.source}" alt="" loading="lazy" draggable="false">'
        f"<span>{escape(one.caption)}</span></label>"
    )
