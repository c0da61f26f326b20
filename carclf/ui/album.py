"""Pictures of which many can be chosen, a page at a time, and one be looked at."""

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import escape
from pathlib import Path

import gradio as gr

from carclf import devices, images
from carclf.errors import DatasetError, UnreadableImageError
from carclf.records import Example
from carclf.settings import Settings
from carclf.ui import cards, pictures, stage

# What is chosen is kept here, page after page, until the page says that it was dealt
# with; a button's own script reads it from `data-chosen`. A `select` asks to look at
# an image, and its index is the id of that.
_CHOOSE = """
const chosen = new Set();
let last, dealt;
const boxes = () => [...element.querySelectorAll('input[type=checkbox]')];
const show = () => {
  const here = new Set();
  for (const box of boxes())
    if (box.checked = chosen.has(box.value)) here.add(box.value);
  const away = chosen.size - here.size;
  const said = element.querySelector('.chosen-count');
  if (said) said.textContent = `${chosen.size} chosen` +
    (away ? `, ${away} on other pages` : '');
  element.dataset.chosen = JSON.stringify([...chosen]);
};
const choose = (box, is) => chosen[is ? 'add' : 'delete'](box.value);
element.addEventListener('click', event => {
  const button = event.target.closest('button');
  if (button?.dataset.look)
    return trigger('select', {index: Number(button.dataset.look), value: 'look'});
  if (button?.dataset.choose) {
    if (button.dataset.choose === 'none') chosen.clear();
    else for (const box of boxes()) choose(box, true);
    return show();
  }
  const tile = event.target.closest('label'); if (!tile) return;
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
element.addEventListener('keydown', event => {
  const all = boxes(), at = all.indexOf(event.target);
  const by = {ArrowLeft: -1, ArrowRight: 1}[event.key];
  if (at < 0 || !by) return;
  event.preventDefault();
  all[at + by]?.focus();
});
watch('value', () => {
  const now = element.querySelector('.album')?.dataset.dealt;
  if (now !== dealt) { chosen.clear(); dealt = now; }
  show();
});
show();
"""
# On a phone, the large picture stands far from those that were clicked.
_LARGE = """
watch('value', () => requestAnimationFrame(
  () => props.value && element.scrollIntoView({block: 'nearest'})));
element.addEventListener('click', event => {
  if (event.target.closest('button')) props.value = '';
});
"""


@dataclass(frozen=True)
class Picture:
    """A picture of a version, and what has been said of it since it was frozen."""

    example: Example
    since: str = ""


def create(name: str) -> gr.HTML:
    """Return an empty album, to be filled with `draw(...)`.

    Args:
        name: No other element of the page is called so.
    """
    return gr.HTML(
        js_on_load=_CHOOSE,
        apply_default_css=False,
        elem_id=name,
        elem_classes="choosing",
    )


def create_large() -> gr.HTML:
    """Return a place for `large(...)`, which comes into sight when it is filled."""
    return gr.HTML(js_on_load=_LARGE, apply_default_css=False)


def sent_by(name: str) -> str:
    """Return the script of a button whose first input is the album of that name."""
    return (
        "(_album, ...others) => [document.querySelector("
        f"'#{name}[data-chosen], #{name} [data-chosen]')"
        "?.dataset.chosen ?? '[]', ...others]"
    )


def chosen(sent: str | None) -> Sequence[int]:
    """Return the ids of what was chosen, in that order.

    Raises:
        DatasetError: Nothing was.
    """
    found = [int(one) for one in json.loads(sent or "[]")]
    if not found:
        raise DatasetError("Choose images first: click them, or all on this page.")
    return found


def draw(
    settings: Settings,
    groups: Sequence[Sequence[Picture]],
    dealt: object = 0,
    *,
    is_grouped: bool = False,
) -> str:
    """Return a page of pictures.

    Args:
        groups: The pictures, row by row; one row where they are no groups.
        dealt: Another one than before lets nothing be chosen any more.
    """
    flat = [picture.example for group in groups for picture in group]
    sources = iter(_sources(settings, flat))
    rows = "".join(
        _row(group, [next(sources) for _ in group], number if is_grouped else 0)
        for number, group in enumerate(groups, start=1)
    )
    return (
        '<div class="chooser"><button type="button" data-choose="all">'
        'Choose all on this page</button><button type="button" data-choose="none">'
        'Choose none</button><span class="chosen-count" role="status" '
        'aria-label="Chosen">0 chosen</span></div>'
        f'<div class="album{" grouped" * is_grouped}" role="group" '
        f'aria-label="Images to choose" data-dealt="{escape(str(dealt))}">{rows}</div>'
    )


def large(settings: Settings, example: Example, known: str = "") -> str:
    """Return one picture to look at, with what is known of it."""
    try:
        path = Path(pictures.large(settings, example))
    except UnreadableImageError as error:
        return cards.note(str(error), "bad")
    return (
        f'<figure class="looked"><img src="{stage.address(path)}"'
        f' alt="{escape(example.label)}"><figcaption>'
        f"<b>{escape(example.file_name)}</b> {escape(known)}</figcaption>"
        '<button type="button" aria-label="Close the large picture">×</button></figure>'
    )


def _row(group: Sequence[Picture], sources: Sequence[str], number: int) -> str:
    tiles = "".join(map(_tile, group, sources))
    name = f' role="group" aria-label="Group {number}"' if number else ""
    return f"<div{name}>{tiles}</div>"


def _tile(picture: Picture, source: str) -> str:
    one, since = picture.example, picture.since
    said = ", ".join(filter(None, [one.label, since, one.split, one.file_name]))
    seen = (
        f'<img src="{source}" alt="" loading="lazy" draggable="false">'
        if source
        else "<i>file missing</i>"
    )
    return (
        f'<figure><label title="{escape(one.file_name)}"><input type="checkbox" '
        f'value="{one.image_id}" aria-label="Choose {escape(said)}">{seen}'
        f"<span><b>{escape(one.label)}</b> {one.split}"
        f"{f' <em>{escape(since)}</em>' * bool(since)}</span></label>"
        f'<button type="button" data-look="{one.image_id}" title="Look at it large"'
        f' aria-label="Look at {escape(said)}"></button></figure>'
    )


def _sources(settings: Settings, examples: Iterable[Example]) -> list[str]:
    # Threads help: decoding and encoding let go of Python's lock.
    with ThreadPoolExecutor(devices.cores()) as pool:
        return list(pool.map(lambda one: _source(settings, one), examples))


def _source(settings: Settings, example: Example) -> str:
    """Return the address of a thumbnail; nothing for a photograph that is gone."""
    path = settings.resolve(example.path)
    try:
        return stage.address(images.thumbnail(settings, path, example.sha256))
    except UnreadableImageError:
        return ""
