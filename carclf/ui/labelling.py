"""Going through images and labelling them: what the Label tab's buttons do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from carclf import words
from carclf.datasets import relabelling
from carclf.datasets.relabelling import OvertakenError
from carclf.errors import DatasetError, UnreadableImageError
from carclf.evaluation.doubts import Doubt
from carclf.records import Change, Example, Label, Verdict
from carclf.settings import Settings
from carclf.store import Database, boxes, connect, labels, reviews, versions
from carclf.ui import cards, pictures, stage, suggestions
from carclf.ui.errors import shown_to_user

# How many images are made ready before they are asked for.
AHEAD = 2

Update = dict[str, Any]


class Done(NamedTuple):
    """Something that was done, to be taken back.

    Attributes:
        event: The label that was recorded; None where it was said already.
    """

    image_id: int
    event: int | None


@dataclass(frozen=True)
class Sitting:
    """Somebody going through the images of a version.

    Attributes:
        image_ids: In the order they are shown.
        place: Of the shown one, from 0.
        done: What was done so far, oldest first.
        run_id: Whose suggestions are wanted.
        seen: The label event that stood when the image was shown.
        doubts: Where the images come from a cleaning queue: why each is in it.
    """

    version_id: int | None = None
    image_ids: tuple[int, ...] = ()
    place: int = 0
    done: tuple[Done, ...] = ()
    run_id: int = suggestions.NO_RUN
    seen: int | None = relabelling.ANYTHING
    doubts: tuple[Doubt, ...] = ()

    @property
    def image_id(self) -> int:
        """The image on the screen.

        Raises:
            DatasetError: There is none.
        """
        if not self.image_ids:
            raise DatasetError("There is no image here. Choose a version first.")
        return self.image_ids[self.place]

    @property
    def doubt(self) -> Doubt | None:
        return self.doubts[self.place] if self.doubts else None

    def at(self, place: int) -> "Sitting":
        return replace(self, place=min(max(place, 0), max(len(self.image_ids) - 1, 0)))


class View(NamedTuple):
    """What is shown of a sitting: components in the layout, values in a handler.

    Attributes:
        asked: Of which image suggestions are wanted, and from which run.
        below: What stands below the image, and `acts` beside it: what can be done to
            it. Without an image they are hidden.
    """

    sitting: Any
    image_id: Any
    asked: Any
    stage: Any
    progress: Any
    history: Any
    name: Any
    suggestions: Any
    changes: Any
    below: Any
    acts: Any


def show(settings: Settings, sitting: Sitting, notice: str = "") -> View:
    """Return the view of the image on the screen.

    Args:
        notice: What is to be minded, above it.
    """
    if sitting.version_id is None or not sitting.image_ids:
        empty, hidden = gr.update(value=None), gr.update(visible=False)
        said = nothing(sitting.version_id)
        return View(sitting, None, None, "", said, "", empty, "", "", hidden, hidden)
    with connect(settings.db_path) as db:
        one = versions.example(db, sitting.version_id, sitting.image_id)
        events = labels.history(db, one.image_id)
        changed = labels.changed_since_frozen(db, sitting.version_id)
        known = relabelling.classes(db, sitting.version_id, changed)
        suggested = _suggested(settings, db, sitting, one)
        verdicts = reviews.of(db, sitting.image_ids) if sitting.doubts else {}
    sitting = replace(sitting, seen=events[-1].id if events else None)
    known += [event.name for event in events if event.name]
    picture, trouble = _picture(settings, one)
    progress = _progress(sitting, one) + _reviewed(sitting, verdicts)
    return View(
        sitting,
        one.image_id,
        (one.image_id, sitting.run_id),
        picture,
        progress + trouble + cards.note(notice, "warn"),
        history(one, events),
        gr.update(choices=sorted({*known}), value=_label_now(one, events)),
        suggested,
        _changes(changed),
        gr.update(visible=True),
        gr.update(visible=True),
    )


@shown_to_user
def step(settings: Settings, by: int, sitting: Sitting) -> View:
    return show(settings, sitting.at(sitting.place + by))


@shown_to_user
def save(
    settings: Settings,
    sitting: Sitting,
    go_on: bool,
    name: str | None,
    verdict: Verdict = "fixed",
) -> View:
    """Record that a person says the image shows `name`, and return the view.

    Args:
        verdict: What this means in a cleaning queue.
    """
    return _say(
        settings,
        sitting,
        go_on,
        lambda image_id, seen: relabelling.save(
            settings, image_id, sitting.version_id, name, seen
        ),
        verdict,
    )


@shown_to_user
def reject(settings: Settings, sitting: Sitting, go_on: bool) -> View:
    """Record that the image shows no vehicle of any class, and return the view."""
    return _say(
        settings,
        sitting,
        go_on,
        lambda image_id, seen: relabelling.reject(settings, image_id, seen),
    )


@shown_to_user
def drop(settings: Settings, sitting: Sitting, go_on: bool) -> View:
    """Record that the image is to be left out, and return the view."""
    return _say(
        settings,
        sitting,
        go_on,
        lambda image_id, seen: relabelling.drop(settings, image_id, seen),
    )


@shown_to_user
def accept(
    settings: Settings, image_id: int, name: str, sitting: Sitting, go_on: bool
) -> View:
    """Record that a suggestion for an image is right, and return the view."""
    if image_id != sitting.image_id:
        # It was clicked while the next image took its place.
        return show(settings, sitting)
    return save(settings, sitting, go_on, name, "accepted")


@shown_to_user
def keep(settings: Settings, sitting: Sitting, go_on: bool) -> View:
    """Record that the label was looked at and is right, and return the view."""
    return _say(settings, sitting, go_on, lambda image_id, seen: None)


@shown_to_user
def undo(settings: Settings, sitting: Sitting) -> View:
    """Take back this sitting's last act, or else the image's own label, and show it."""
    last = sitting.done[-1] if sitting.done else None
    image_id = last.image_id if last else sitting.image_id
    with connect(settings.db_path) as db, db.atomic():
        if last is None:
            was_reviewed = bool(sitting.doubts and reviews.of(db, [image_id]))
            if not was_reviewed or _is_said_by_person(db, image_id):
                relabelling.undo_in(db, image_id)
        elif last.event is not None:
            labels.undo(db, last.event, relabelling.PERSON)
        if sitting.doubts:
            reviews.remove(db, image_id)
    sitting = replace(sitting, done=sitting.done[:-1])
    if image_id in sitting.image_ids:
        sitting = sitting.at(sitting.image_ids.index(image_id))
    return show(settings, sitting)


@shown_to_user
def choose_run(settings: Settings, sitting: Sitting, run_id: int) -> View:
    """Return the view with suggestions of another run."""
    return show(settings, replace(sitting, run_id=run_id))


@shown_to_user
def suggest(settings: Settings, sitting: Sitting) -> str:
    """Return what the run calls the image on the screen; it may have to be asked."""
    if sitting.version_id is None or not sitting.image_ids:
        return ""
    if sitting.doubt is not None:
        return suggestions.draw(sitting.image_id, sitting.doubt.prediction)
    image_id = sitting.image_id
    found = suggestions.ask(settings, sitting.run_id, sitting.version_id, image_id)
    return suggestions.draw(image_id, found) if found else ""


@shown_to_user
def look_ahead(settings: Settings, sitting: Sitting) -> str:
    """Make the next images ready, and return what has the browser fetch them."""
    if sitting.version_id is None:
        return ""
    following = sitting.image_ids[sitting.place + 1 :][:AHEAD]
    ready: list[Path] = []
    with connect(settings.db_path) as db:
        examples = [versions.example(db, sitting.version_id, one) for one in following]
    for one in examples:
        try:
            ready.append(Path(pictures.large(settings, one)))
            if not sitting.doubts:
                suggestions.ask(
                    *(settings, sitting.run_id, sitting.version_id, one.image_id)
                )
        except UnreadableImageError:
            # It is said when the image is reached.
            continue
    return stage.ahead(ready)


@shown_to_user
def whole(settings: Settings, sitting: Sitting) -> str:
    """Return the photograph on the screen at its full resolution."""
    assert sitting.version_id is not None
    with connect(settings.db_path) as db:
        one = versions.example(db, sitting.version_id, sitting.image_id)
    return stage.draw(settings, one, is_whole=True)


def _say(
    settings: Settings,
    sitting: Sitting,
    go_on: bool,
    act: Callable[[int, int | None], Label | None],
    verdict: Verdict = "fixed",
) -> View:
    """Do what a button says, and return the view of the image that follows."""
    image_id = sitting.image_id
    try:
        event = act(image_id, sitting.seen)
    except OvertakenError as error:
        return show(settings, sitting, str(error))
    if sitting.doubts:
        with connect(settings.db_path) as db:
            reviews.set(db, image_id, verdict if event else "kept")
    if event or sitting.doubts:
        done = Done(image_id, event.id if event else None)
        sitting = replace(sitting, done=(*sitting.done, done))
    return show(settings, sitting.at(sitting.place + go_on))


def _is_said_by_person(db: Database, image_id: int) -> bool:
    stands = labels.standing(labels.history(db, image_id))
    return bool(stands) and stands[-1].source == relabelling.PERSON


def _suggested(settings: Settings, db: Database, sitting: Sitting, one: Example) -> str:
    """Return the suggestions, or room for them where a network has to be asked."""
    if sitting.doubt is not None:
        return suggestions.draw(one.image_id, sitting.doubt.prediction)
    if sitting.run_id == suggestions.NO_RUN:
        return ""
    [boxed] = boxes.drawn(db, [one])
    found = suggestions.known(settings, db, sitting.run_id, boxed)
    return suggestions.draw(one.image_id, found) if found else suggestions.waiting()


def nothing(version_id: int | None) -> str:
    """Return what stands where there is no image to label."""
    if version_id is None:
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


def _reviewed(sitting: Sitting, verdicts: dict[int, Verdict]) -> str:
    """Return why an image is in the queue, and how much of that was looked at."""
    doubt = sitting.doubt
    if doubt is None:
        return ""
    looked, total = len(verdicts), len(sitting.image_ids)
    verdict = verdicts.get(doubt.image_id)
    was = f" Looked at: {verdict}." if verdict else ""
    return (
        f'<p class="doubt" role="status" aria-label="Doubt"><b>{escape(doubt.reason)}'
        f"</b>: labelled “{escape(doubt.label)}”, to which the network gave "
        f"{words.percent(doubt.share)}.{was} "
        f"<span>{looked:,} of {total:,} looked at</span></p>"
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
    together = ", with others" if event.batch else ""
    return f"{how} {event.source}, {words.local_time(event.at)}{together}"


def _label_now(one: Example, events: list[Label]) -> str | None:
    return events[-1].name if events else one.label


def _changes(changed: Sequence[Change]) -> str:
    said = relabelling.summary(changed)
    if not said:
        return ""
    return cards.note(
        f"{said}: freeze a new version to train on what is right.", "warn"
    )


def _picture(settings: Settings, one: Example) -> tuple[str, str]:
    """Return the picture to show and, without one, why."""
    try:
        return stage.draw(settings, one), ""
    except UnreadableImageError as error:
        return "", cards.note(str(error), "bad")
