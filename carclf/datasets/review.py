"""Looking through what a remover did: what is likely wrong, and what was decided."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from carclf import background, store, words
from carclf.background.box import overlap
from carclf.config import Treatment
from carclf.datasets import treated
from carclf.datasets.drafts import Draft
from carclf.errors import DatasetError
from carclf.records import Box, Decision, Example, Removal, Removed, Skipped
from carclf.settings import Settings
from carclf.store import boxes as stored_boxes
from carclf.store import images as stored_images
from carclf.store import removals, versions

PERSON = "person"
SMALLEST, LARGEST = 0.05, 0.95
LOW_SCORE = 0.7
FAR = 0.5


@dataclass(frozen=True)
class Reason:
    """Why a removal may be wrong.

    Attributes:
        weight: How much it speaks for that; nothing found is 1.
    """

    words: str
    weight: float


@dataclass(frozen=True)
class Suspect:
    """A removal to look at.

    Attributes:
        example: The treated image.
        known: Where the vehicle is, if the data set says so.
    """

    example: Example
    photograph_id: int
    removal: Removal
    known: Box | None
    reasons: tuple[Reason, ...]
    decision: Decision | None = None

    @property
    def suspicion(self) -> float:
        return sum(one.weight for one in self.reasons)


@dataclass(frozen=True)
class Coverage:
    """Figures over a treated version.

    Attributes:
        found_rate: Of all photographs, those with a vehicle found.
        mean_covered: How much of a photograph it covers, of those with one.
        overlaps: IoU with the known box, of each photograph that has one.
    """

    images: int
    found_rate: float
    mean_covered: float
    covered: tuple[float, ...]
    overlaps: tuple[float, ...]


@dataclass(frozen=True)
class Reviewed:
    """A version's examples after the decisions about them.

    Attributes:
        kept: Those that stay as they are; `removed` is what was found in them.
        drafts: Those that are made anew.
    """

    kept: list[Example]
    removed: list[Removed]
    drafts: list[Draft]
    skipped: list[Skipped]

    @property
    def in_words(self) -> str:
        count = words.count(len(self.drafts), "background")
        return f", {count} as reviewed" if self.drafts else ""


def suspects(settings: Settings, version_id: int) -> list[Suspect]:
    """Return every removal of a version, the most likely wrong first.

    Raises:
        DatasetError: Nothing is known of the version's removals.
    """
    with store.connect(settings.db_path) as db:
        found = removals.of_version(db, version_id)
        every = _suspects(db, version_id, found)
    if not found:
        raise DatasetError(
            "What the remover found was not recorded for this version. Treat the "
            "version it was made from again to review it."
        )
    return sorted(every, key=lambda one: (-one.suspicion, one.example.image_id))


def suspect(settings: Settings, version_id: int, image_id: int) -> Suspect:
    """Return the removal of one image, as `suspects` would.

    Raises:
        DatasetError: The version does not hold it, or nothing is known of it.
    """
    with store.connect(settings.db_path) as db:
        found = removals.some(db, version_id, [image_id])
        every = _suspects(db, version_id, found)
    if not every:
        raise DatasetError("This image is no longer in the version. Choose another.")
    return every[0]


def reasons(removal: Removal, known: Box | None) -> Iterator[Reason]:
    """Tell why a removal may be wrong, as far as can be told without looking."""
    if removal.box is None:
        yield Reason("nothing was found", 1.0)
        return
    if known is not None and (shared := overlap(removal.box, known)) < FAR:
        told = f"its box and the data set's share {words.percent(shared)}"
        yield Reason(told, 1.0 - shared)
    if removal.covered < SMALLEST:
        yield Reason(f"covers {words.percent(removal.covered)} of the image", 0.8)
    if removal.covered > LARGEST:
        yield Reason(f"covers {words.percent(removal.covered)} of the image", 0.7)
    if removal.score is not None and removal.score < LOW_SCORE:
        told = f"the detector is {words.percent(removal.score)} sure"
        yield Reason(told, 0.3 + LOW_SCORE - removal.score)
    if (removal.vehicles or 1) > 1:
        yield Reason(f"one of {removal.vehicles} vehicles", 0.4)
    if removal.touches_border:
        yield Reason("touches the border", 0.3)


def coverage(found: Sequence[Suspect]) -> Coverage:
    """Return the figures of a version's removals, at least one of them."""
    boxed = [one for one in found if one.removal.box is not None]
    covered = tuple(one.removal.covered for one in boxed)
    overlaps = tuple(
        overlap(one.removal.box, one.known) if one.removal.box else 0.0
        for one in found
        if one.known is not None
    )
    mean = sum(covered) / len(covered) if covered else 0.0
    return Coverage(len(found), len(boxed) / len(found), mean, covered, overlaps)


def accept(settings: Settings, version_id: int, image_id: int) -> None:
    """Record that a removal is right."""
    with store.connect(settings.db_path) as db:
        removals.decide(db, version_id, image_id, None, PERSON)


def instead(
    settings: Settings, version_id: int, image_id: int, treatment: Treatment
) -> treated.Made:
    """Record another treatment for one image, and return what it makes of it.

    Raises:
        BackgroundError: The remover cannot be used, or fails on this image.
        UnreadableImageError: The photograph is gone.
    """
    with store.connect(settings.db_path) as db:
        photograph = photograph_of(db, version_id, image_id)
    made = _made(settings, photograph, treatment)
    if isinstance(made, Skipped):
        raise DatasetError(f"{made.path} {made.reason}")
    with store.connect(settings.db_path) as db:
        plain = treatment.model_dump(mode="json")
        removals.decide(db, version_id, image_id, plain, PERSON)
    return made


def decided(
    settings: Settings, version_id: int, suspect: Suspect
) -> treated.Made | None:
    """Return what is to stand in a removal's place; None if it stays, or is gone."""
    if suspect.decision is None or suspect.decision.treatment is None:
        return None
    with store.connect(settings.db_path) as db:
        photograph = photograph_of(db, version_id, suspect.example.image_id)
    how = Treatment.model_validate(suspect.decision.treatment)
    return treated.kept(settings, photograph, how)


def undo(settings: Settings, version_id: int, image_id: int) -> None:
    """Take back what was decided of an image."""
    with store.connect(settings.db_path) as db:
        removals.undo(db, version_id, image_id, PERSON)


def apply(settings: Settings, version_id: int, kept: Sequence[Example]) -> Reviewed:
    """Return a version's examples with every decision about them followed."""
    with store.connect(settings.db_path) as db:
        decided = removals.decisions(db, version_id)
        found = {one.image_id: one for one in removals.of_version(db, version_id)}
        anew = {
            one.image_id: replace(
                photograph_of(db, version_id, one.image_id),
                label=one.label,
                split=one.split,
            )
            for one in kept
            if one.image_id in decided and decided[one.image_id].treatment
        }
    stay = [one for one in kept if one.image_id not in anew]
    removed = [found[one.image_id] for one in stay if one.image_id in found]
    drafts, skipped = [], []
    for image_id, photograph in anew.items():
        how = Treatment.model_validate(decided[image_id].treatment)
        made = _made(settings, photograph, how)
        if isinstance(made, Skipped):
            skipped.append(made)
        else:
            drafts.append(treated.draft(made, how))
    return Reviewed(stay, removed, drafts, skipped)


def photograph_of(db: store.Database, version_id: int, image_id: int) -> Example:
    """Return what a treated image was made from, with the treated one's place."""
    example = versions.example(db, version_id, image_id)
    image = stored_images.get(db, image_id)
    if image.parent_id is None:
        raise DatasetError(f"{example.file_name} is a photograph as it was taken.")
    photograph = stored_images.get(db, image.parent_id)
    found = replace(
        example,
        image_id=photograph.id,
        path=photograph.path,
        sha256=photograph.sha256,
        box=versions.box_of(db, photograph.id),
    )
    return stored_boxes.drawn(db, [found])[0]


def _made(
    settings: Settings, photograph: Example, how: Treatment
) -> treated.Made | Skipped:
    made = treated.kept(settings, photograph, how)
    if made is not None:
        return made
    remover = background.create(how, settings)
    return next(treated.Treating(settings, how, remover).each([photograph]))


def _suspects(
    db: store.Database, version_id: int, found: Sequence[Removed]
) -> list[Suspect]:
    examples = versions.some(db, version_id, [one.image_id for one in found])
    decided = removals.decisions(db, version_id)
    known = _known_boxes(db, version_id, [one.photograph_id for one in found])
    return [
        Suspect(
            examples[one.image_id],
            one.photograph_id,
            one.removal,
            known.get(one.photograph_id),
            tuple(reasons(one.removal, known.get(one.photograph_id))),
            decided.get(one.image_id),
        )
        for one in found
        if one.image_id in examples
    ]


def _known_boxes(
    db: store.Database, version_id: int, photograph_ids: Sequence[int]
) -> dict[int, Box]:
    """Return the data set's own boxes by photograph, from the versions before."""
    boxes: dict[int, Box] = {}
    parent_id = versions.get(db, version_id).parent_id
    while parent_id is not None:
        held = versions.some(db, parent_id, photograph_ids)
        for one in stored_boxes.drawn(db, list(held.values())):
            if one.box is not None:
                boxes.setdefault(one.image_id, one.box)
        parent_id = versions.get(db, parent_id).parent_id
    return boxes
