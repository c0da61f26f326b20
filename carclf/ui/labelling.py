"""Going through images and labelling them: what the Label tab's buttons do."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import gradio as gr

from carclf import images, words
from carclf.datasets import relabelling
from carclf.errors import DatasetError, UnreadableImageError
from carclf.records import Change, Example, Label
from carclf.settings import Settings
from carclf.store import connect, labels, versions
from carclf.ui import bundles, cards, pictures
from carclf.ui.errors import shown_to_user

ALL_CLASSES = "All classes"
EVERY, RELABELLED = "All images", "Relabelled"
NO_SUGGESTIONS = 0
SUGGESTIONS = 5

Update = dict[str, Any]
View = tuple[Any, ...]


@dataclass(frozen=True)
class Sitting:
    """Somebody going through the images of a version.

    Attributes:
        image_ids: In the order they are shown.
        place: Of the shown one, from 0.
        done: Images labelled so far, oldest first.
    """

    version_id: int | None = None
    image_ids: tuple[int, ...] = ()
    place: int = 0
    done: tuple[int, ...] = ()

    @property
    def image_id(self) -> int:
        """The image on the screen.

        Raises:
            DatasetError: There is none.
        """
        if not self.image_ids:
            raise DatasetError("There is no image here. Choose a version first.")
        return self.image_ids[self.place]

    def at(self, place: int) -> "Sitting":
        return replace(self, place=min(max(place, 0), len(self.image_ids) - 1))


def matching(
    settings: Settings,
    version_id: int | None,
    label: str | None,
    which: str,
    text: str,
) -> Sitting:
    """Return a sitting over the images that match, at the first."""
    if version_id is None:
        return Sitting()
    with connect(settings.db_path) as db:
        found = versions.examples(
            db,
            version_id,
            label=None if label in (None, ALL_CLASSES) else label,
            text=text,
            only_relabelled=which == RELABELLED,
        )
    return Sitting(version_id, tuple(one.image_id for one in found))


def show(settings: Settings, sitting: Sitting) -> View:
    """Return sitting, picture, progress, history, the class to choose and changes."""
    if sitting.version_id is None or not sitting.image_ids:
        return (sitting, None, _nothing(sitting), "", gr.update(value=None), "")
    with connect(settings.db_path) as db:
        one = versions.example(db, sitting.version_id, sitting.image_id)
        events = labels.history(db, one.image_id)
        known = relabelling.classes(db, sitting.version_id)
        changed = labels.changed_since_frozen(db, sitting.version_id)
    known += [event.name for event in events if event.name]
    picture, trouble = _picture(settings, one)
    return (
        sitting,
        picture,
        _progress(sitting, one) + trouble,
        history(one, events),
        gr.update(choices=sorted({*known}), value=_label_now(one, events)),
        _changes(changed),
    )


@shown_to_user
def step(settings: Settings, by: int, sitting: Sitting) -> View:
    return show(settings, sitting.at(sitting.place + by))


@shown_to_user
def save(settings: Settings, sitting: Sitting, go_on: bool, name: str | None) -> View:
    """Record that a person says the image shows `name`, and return the view."""
    is_new = relabelling.save(settings, sitting.image_id, sitting.version_id, name)
    return _go_on(settings, sitting, go_on, is_new)


@shown_to_user
def reject(settings: Settings, sitting: Sitting, go_on: bool) -> View:
    """Record that the image shows no vehicle of any class, and return the view."""
    is_new = relabelling.reject(settings, sitting.image_id)
    return _go_on(settings, sitting, go_on, is_new)


@shown_to_user
def drop(settings: Settings, sitting: Sitting, go_on: bool) -> View:
    """Record that the image is to be left out, and return the view."""
    is_new = relabelling.drop(settings, sitting.image_id)
    return _go_on(settings, sitting, go_on, is_new)


@shown_to_user
def accept(
    settings: Settings, number: int, sitting: Sitting, go_on: bool, suggested: list[str]
) -> View:
    """Record the suggestion of that number, from 0, and return the view."""
    return save(settings, sitting, go_on, suggested[number])


@shown_to_user
def undo(settings: Settings, sitting: Sitting) -> View:
    """Take back this sitting's last label, or else the image's own, and show it."""
    image_id = sitting.done[-1] if sitting.done else sitting.image_id
    relabelling.undo(settings, image_id)
    sitting = replace(sitting, done=sitting.done[:-1])
    if image_id in sitting.image_ids:
        sitting = sitting.at(sitting.image_ids.index(image_id))
    return show(settings, sitting)


@shown_to_user
def suggest(settings: Settings, sitting: Sitting, run_id: int) -> View:
    """Return the classes that a run would give the image, and a button for each."""
    hidden = gr.update(visible=False)
    if sitting.version_id is None or not sitting.image_ids or run_id == NO_SUGGESTIONS:
        return ([], *[hidden] * SUGGESTIONS)
    with connect(settings.db_path) as db:
        one = versions.example(db, sitting.version_id, sitting.image_id)
    image = images.read_rgb(settings.resolve(one.path))
    top = bundles.load(settings, run_id).look(image, one.box).prediction.top
    shown = [
        gr.update(
            value=f"{number} · {label} · {words.percent(probability)}", visible=True
        )
        for number, (label, probability) in enumerate(top, start=1)
    ]
    spare = [hidden] * (SUGGESTIONS - len(shown))
    return ([label for label, _ in top], *shown, *spare)


def _go_on(settings: Settings, sitting: Sitting, go_on: bool, is_new: bool) -> View:
    if is_new:
        sitting = replace(sitting, done=(*sitting.done, sitting.image_id))
    return show(settings, sitting.at(sitting.place + go_on))


def _nothing(sitting: Sitting) -> str:
    if sitting.version_id is None:
        advice = "There is no dataset yet. Import photographs in the Datasets tab."
    else:
        advice = "Choose another version, or clear the filters above."
    return cards.empty("No image to label", advice)


def _progress(sitting: Sitting, one: Example) -> str:
    total = len(sitting.image_ids)
    return (
        f'<div class="place"><b>{sitting.place + 1:,} of {total:,}</b>'
        f"<span>{escape(one.file_name)} · {one.split}</span>"
        f'<progress max="{total}" value="{sitting.place + 1}"></progress></div>'
    )


def history(one: Example, events: list[Label]) -> str:
    """Return what the image is labelled now, and every event, newest first."""
    now = relabelling.in_words(events[-1]) if events else one.label
    frozen = f" Frozen as “{one.label}”." if now != one.label else ""
    lines = "".join(
        f"<li><b>{escape(relabelling.in_words(event))}</b> "
        f"<span>{escape(_by(event))}</span></li>"
        for event in reversed(events)
    )
    return (
        f'<section class="history" aria-label="Label history"><h3>'
        f"{escape(now)}</h3><p>Label now.{escape(frozen)}</p>"
        f"<ol>{lines}</ol></section>"
    )


def _by(event: Label) -> str:
    how = "undone by" if event.undoes else "by"
    return f"{how} {event.source}, {words.local_time(event.at)}"


def _label_now(one: Example, events: list[Label]) -> str | None:
    return events[-1].name if events else one.label


def _changes(changed: Sequence[Change]) -> str:
    said = relabelling.summary(changed)
    if not said:
        return ""
    return cards.note(
        f"{said}: freeze a new version to train on what is right.", "warn"
    )


def _picture(settings: Settings, one: Example) -> tuple[str | None, str]:
    """Return the picture to show and, without one, why."""
    try:
        return pictures.large(settings, one), ""
    except UnreadableImageError as error:
        return None, cards.note(str(error), "bad")
