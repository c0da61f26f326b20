"""Pictures to choose among, in groups of the same where there are such; one page."""

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

import gradio as gr

from carclf import devices, images
from carclf.errors import UnreadableImageError
from carclf.records import Example
from carclf.settings import Settings

# A click is a `select`: an image's id with what is to be done. Whether a picture is
# chosen is shown at once; nobody waits for a page of pictures to be drawn anew.
_CLICKS = """
element.addEventListener('click', event => {
  const button = event.target.closest('button[data-image]');
  if (!button) return;
  if (button.dataset.does === 'choose')
    button.setAttribute('aria-pressed', button.ariaPressed !== 'true');
  trigger('select', {index: Number(button.dataset.image), value: button.dataset.does});
});
"""
CHOOSE, LOOK = "choose", "look"


@dataclass(frozen=True)
class Picture:
    """A picture of a version, and what has been said of it since it was frozen."""

    example: Example
    since: str = ""


def create() -> gr.HTML:
    """Return an empty album, to be filled with `draw(...)`."""
    return gr.HTML(js_on_load=_CLICKS, apply_default_css=False)


def draw(
    settings: Settings,
    groups: Sequence[Sequence[Picture]],
    chosen: Collection[int],
    *,
    is_grouped: bool,
) -> str:
    """Return a page of pictures.

    Args:
        groups: The pictures, row by row; one row where they are no groups.
        chosen: The images that are marked.
    """
    flat = [picture for group in groups for picture in group]
    sources = iter(_sources(settings, (one.example for one in flat)))
    rows = "".join(
        _row(group, [next(sources) for _ in group], chosen, number if is_grouped else 0)
        for number, group in enumerate(groups, start=1)
    )
    return f'<div class="album{" grouped" * is_grouped}">{rows}</div>'


def large(settings: Settings, example: Example) -> str:
    """Return one picture to look at."""
    source = _source(settings, example, 960)
    return f'<img class="large" src="{source}" alt="{escape(example.label)}">'


def _row(
    group: Sequence[Picture],
    sources: Sequence[str],
    chosen: Collection[int],
    number: int,
) -> str:
    tiles = "".join(
        _tile(one, source, one.example.image_id in chosen)
        for one, source in zip(group, sources, strict=True)
    )
    name = f' aria-label="Group {number}"' if number else ""
    return f'<div role="group"{name}>{tiles}</div>'


def _tile(picture: Picture, source: str, is_chosen: bool) -> str:
    one, said = (
        picture.example,
        escape(f"{picture.example.label}, {picture.example.split}"),
    )
    since = f"<em>{escape(picture.since)}</em>" if picture.since else ""
    seen = (
        f'<img src="{source}" alt="" loading="lazy">'
        if source
        else "<span>file missing</span>"
    )
    return (
        f'<figure><button type="button" class="look" data-image="{one.image_id}"'
        f' data-does="{LOOK}" aria-label="Look at {said}">{seen}</button>'
        f'<button type="button" class="choose" data-image="{one.image_id}"'
        f' data-does="{CHOOSE}" aria-pressed="{str(is_chosen).lower()}"'
        f' aria-label="Choose {said}"></button>'
        f"<figcaption><b>{escape(one.label)}</b><span>{one.split}</span>{since}"
        "</figcaption></figure>"
    )


def _sources(settings: Settings, examples: Iterable[Example]) -> list[str]:
    # Threads help: decoding and encoding let go of Python's lock.
    with ThreadPoolExecutor(devices.cores()) as pool:
        return list(pool.map(lambda one: _source(settings, one), examples))


def _source(settings: Settings, example: Example, size: int = 320) -> str:
    """Return the address of a thumbnail; nothing for a photograph that is gone."""
    path = settings.resolve(example.path)
    try:
        small = images.thumbnail(settings, path, example.sha256, size)
    except UnreadableImageError:
        return ""
    return f"gradio_api/file={quote(str(small))}"
