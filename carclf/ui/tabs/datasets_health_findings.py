"""Datasets, health: the findings, the pictures of one of them, and its remedies."""

from collections.abc import Sequence
from functools import partial
from html import escape
from typing import Any, NamedTuple

import gradio as gr

from carclf import words
from carclf.datasets import health, relabelling, remedies
from carclf.datasets.health import Finding
from carclf.settings import Settings
from carclf.store import Database, connect, versions
from carclf.ui import album, cards, pictures, tiles
from carclf.ui import relabelling as control
from carclf.ui.album import Picture
from carclf.ui.clicks import with_click
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import wire
from carclf.ui.tabs import datasets_health_remedies

# Groups of the same picture on a page; other pictures are as many as in any gallery.
GROUPS = 12
_OPENS = """
element.addEventListener('click', event => {
  const button = event.target.closest('button[data-kind]');
  if (button) trigger('select', {index: 0, value: button.dataset.kind});
});
"""
Groups = list[list[int]]


class Shown(NamedTuple):
    """What is on the page: components in the layout, their values in a handler.

    Attributes:
        kind: Of the finding that is open; None if none is.
        dealt: How often something was done since it was opened.
    """

    kinds: Any
    kind: Any
    page: Any
    dealt: Any
    told: Any
    album: Any
    where: Any
    pager: Any
    image_id: Any
    large: Any
    form: Any
    scope: Any
    name: Any
    drop: Any
    relabel: Any
    move: Any
    done: Any
    acts: Any
    waiting: Any
    freezing: Any


def build(settings: Settings, version: gr.Dropdown) -> tuple[Shown, Any]:
    """Lay out findings, pictures and remedies; return them, and a freezing's event."""
    kind, page, dealt, image_id = gr.State(), gr.State(0), gr.State(0), gr.State()
    with gr.Row(elem_classes="split"):
        with gr.Column(scale=3, min_width=300, elem_classes="in-sight"):
            kinds = gr.HTML(js_on_load=_OPENS, apply_default_css=False)
            large = album.create_large()
            one = control.build(settings, image_id, version)
        with gr.Column(scale=5, min_width=340):
            told = gr.HTML()
            form, scope, deeds = datasets_health_remedies.build_form()
            pages = album.create(datasets_health_remedies.ALBUM)
            with gr.Column(visible=False) as pager:
                back, where, on = tiles.build_pager()
            acts, frozen = datasets_health_remedies.build_after(settings, version)
    shown = Shown(
        kinds,
        kind,
        page,
        dealt,
        told,
        pages,
        where,
        pager,
        image_id,
        large,
        form,
        scope,
        deeds.name,
        deeds.drop,
        deeds.relabel,
        deeds.move,
        acts.row,
        acts.choice,
        acts.waiting,
        acts.freezing,
    )
    asked = [version, kind, page, dealt]
    wire(kinds.select, with_click(partial(open_kind, settings)), version, shown)
    for button, step in ((back, -1), (on, 1)):
        wire(button.click, partial(turn_page, settings, step), asked, shown)
    wire(one.changed.change, partial(turn_page, settings, 0), asked, shown)
    wire(pages.select, with_click(partial(look, settings)), version, [image_id, large])
    datasets_health_remedies.wire_deeds(
        settings, deeds, acts, [pages, *asked, scope], shown, turn_page
    )
    return shown, frozen


@shown_to_user
def open_version(settings: Settings, version_id: int | None) -> Shown:
    """Return what was found in a version, the gravest with pictures opened."""
    if version_id is None:
        return _show(settings, None, [], None, 0, 0)
    found = health.glance(settings, version_id).findings
    first = next((one.kind for one in found if one.has_images), None)
    return _opened(settings, version_id, found, first)


@shown_to_user
def open_kind(
    settings: Settings, _place: int, kind: str, version_id: int | None
) -> Shown:
    """Return the view with the clicked finding opened."""
    found = health.glance(settings, version_id).findings if version_id else ()
    return _opened(settings, version_id, found, kind)


@shown_to_user
def turn_page(
    settings: Settings,
    step: int,
    version_id: int | None,
    kind: str | None,
    page: int,
    dealt: int,
) -> Shown:
    """Return the view, `step` pages from `page`; the picture looked at stays."""
    found = health.glance(settings, version_id).findings if version_id else ()
    shown = _show(settings, version_id, found, kind, page + step, dealt)
    return shown._replace(image_id=gr.skip(), large=gr.skip())


@shown_to_user
def look(
    settings: Settings, image_id: int, _does: str, version_id: int
) -> tuple[int, str]:
    """Return which picture is looked at, and it large, with what is known of it."""
    with connect(settings.db_path) as db:
        one = versions.example(db, version_id, image_id)
        known = health.facts(db, image_id)
    return image_id, album.large(settings, one, known)


def _opened(
    settings: Settings,
    version_id: int | None,
    found: Sequence[Finding],
    kind: str | None,
) -> Shown:
    """Return the view of a finding's first page, with remedies for what is chosen."""
    shown = _show(settings, version_id, found, kind, 0, 0)
    return shown._replace(scope={**shown.scope, "value": "chosen"})


def _show(
    settings: Settings,
    version_id: int | None,
    found: Sequence[Finding],
    kind: str | None,
    page: int,
    dealt: int,
) -> Shown:
    if version_id is None:
        return _nothing()
    finding = health.named(found, kind)
    is_grouped = _is_grouped(finding)
    with connect(settings.db_path) as db:
        since = remedies.dealt_with(db, version_id)
        groups = health.images_of(db, version_id, finding)
        kinds = "".join(
            _item(db, version_id, one, set(since), one.kind == kind) for one in found
        )
        page = min(max(page, 0), _pages(is_grouped, groups) - 1)
        part = _part(is_grouped, groups, page)
        named = versions.some(db, version_id, [one for row in part for one in row])
        known = relabelling.classes(db, version_id)
        acts = datasets_health_remedies.acts(db, version_id)
        waiting = remedies.summary(db, version_id)
    rows = [
        [Picture(named[one], since.get(one, "")) for one in row if one in named]
        for row in part
    ]
    has_pictures = any(rows)
    return Shown(
        kinds=f'<div class="ailments" role="list" aria-label="Findings">{kinds}</div>'
        if kinds
        else cards.note("Nothing was found to object to.", "good"),
        kind=kind,
        page=page,
        dealt=dealt,
        told=_told(finding),
        album=album.draw(
            settings, rows, f"{version_id} {kind} {dealt}", is_grouped=is_grouped
        )
        if has_pictures
        else "",
        where=_where(is_grouped, groups, page),
        pager=gr.update(visible=_pages(is_grouped, groups) > 1),
        image_id=None,
        large="",
        form=gr.update(visible=has_pictures),
        scope=datasets_health_remedies.scopes(groups, is_grouped),
        name=gr.update(choices=known),
        **_deeds(finding),
        done=gr.update(visible=bool(acts["choices"])),
        acts=acts,
        waiting=cards.note(
            f"{waiting}: freeze a new version to train with that."
            if waiting
            else "Nothing was changed since this version was frozen."
        ),
        freezing=gr.update(visible=bool(waiting)),
    )


def _nothing() -> Shown:
    hidden = gr.update(visible=False)
    none = gr.update(choices=[], value=None)
    return Shown(
        *("", None, 0, 0, "", "", "", hidden, None, "", hidden, none, none),
        **_deeds(None),
        done=hidden,
        acts=none,
        waiting="",
        freezing=hidden,
    )


def _deeds(finding: Finding | None) -> dict[str, Any]:
    """Return the buttons, the likeliest remedy for a finding standing out."""
    first = finding.of.deeds[:1] if finding is not None else ()
    return {
        deed: gr.update(variant="primary" if deed in first else "secondary")
        for deed in ("drop", "relabel", "move")
    }


def _is_grouped(finding: Finding | None) -> bool:
    return finding is not None and bool(finding.groups)


def _pages(is_grouped: bool, groups: Groups) -> int:
    if is_grouped:
        return pictures.page_count(len(groups), GROUPS)
    return pictures.page_count(len(groups[0]))


def _part(is_grouped: bool, groups: Groups, page: int) -> Groups:
    if is_grouped:
        return groups[page * GROUPS : (page + 1) * GROUPS]
    return [groups[0][page * pictures.PAGE : (page + 1) * pictures.PAGE]]


def _where(is_grouped: bool, groups: Groups, page: int) -> str:
    per_page = GROUPS if is_grouped else pictures.PAGE
    found = len(groups) if is_grouped else len(groups[0])
    return tiles.where(page, found, per_page, " groups" if is_grouped else " images")


def _told(finding: Finding | None) -> str:
    if finding is None:
        return ""
    return f"<h3>{escape(finding.of.title)}</h3>{cards.note(finding.words)}"


def _item(
    db: Database, version_id: int, finding: Finding, since: set[int], is_open: bool
) -> str:
    """Return a finding as a line to click, with how much of it was dealt with."""
    ids = {one for group in health.images_of(db, version_id, finding) for one in group}
    number = words.count(len(ids), "image") if ids else ""
    done = len(ids & since)
    said = f"{number}, {done:,} dealt with" if done else number
    current = ' aria-current="true"' if is_open else ""
    return (
        f'<div role="listitem"><button type="button" data-kind="{escape(finding.kind)}"'
        f' class="{finding.of.grade}"{current}><b>{escape(finding.of.title)}</b>'
        f"<span>{said}</span></button></div>"
    )
