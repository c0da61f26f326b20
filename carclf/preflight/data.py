"""The images of a training: are there enough, and are they still there."""

import functools
import time
from collections.abc import Iterator, Sequence

from carclf import words
from carclf.config import TrainConfig
from carclf.errors import CarclfError, ConfigError, DatasetError
from carclf.preflight.finding import Finding, bad, ok, warn
from carclf.records import Version
from carclf.settings import Settings
from carclf.store import Database, connect, versions

# A class with fewer training images can hardly be learnt, or only just.
HOPELESS, FEW = 2, 5
SAMPLE = 200
# A form asks at every key, and files do not go that fast.
LOOK_EVERY_S = 30


def require_trainable(config: TrainConfig, version: Version) -> None:
    """Refuse a version that cannot be trained on.

    Raises:
        DatasetError: A split has no images.
        ConfigError: The settings name another number of classes.
    """
    for split in ("train", "validation"):
        if not version.counts[split]:
            raise DatasetError(
                f"“{version.name}” has no {split} images. Import it again with a "
                "validation share above 0, or with more images a class."
            )
    wanted = config.model.classes
    if wanted is not None and wanted != len(version.classes):
        raise ConfigError(
            f"model.classes is {wanted}, but “{version.name}” has "
            f"{len(version.classes)} classes. Leave model.classes out."
        )


def find(db: Database, config: TrainConfig) -> tuple[Version | None, list[Finding]]:
    """Return the version to train on, and why not, where it cannot be."""
    try:
        version = versions.by_name(db, config.data.version)
    except CarclfError as error:
        return None, [bad(str(error))]
    try:
        require_trainable(config, version)
    except CarclfError as error:
        return version, [bad(str(error))]
    said = (
        f"“{version.name}”: {words.count(len(version.classes), 'class', 'classes')}, "
        f"{version.counts['train']:,} training and "
        f"{version.counts['validation']:,} validation images."
    )
    return version, [ok(said)]


def check(
    db: Database, settings: Settings, config: TrainConfig, version: Version
) -> Iterator[Finding]:
    yield from _classes(db, version)
    missing, looked_at = _missing(
        settings, version.id, int(time.time()) // LOOK_EVERY_S
    )
    if missing:
        tone = bad if missing == looked_at else warn
        yield tone(
            f"{missing} of {words.count(looked_at, 'image')} of “{version.name}” that "
            "were looked for are gone from data/images/. Import the photographs again."
        )
    size, found = config.data.batch_size, version.counts["train"]
    if 0 < found < size:
        yield warn(
            f"A batch of {size} is more than the {found} training images there are, "
            f"so every step sees all of them. Set data.batch_size to {found} or less."
        )


def _classes(db: Database, version: Version) -> Iterator[Finding]:
    found = dict.fromkeys(version.classes, 0)
    for label, split, count in versions.counts(db, version.id):
        if split == "train":
            found[label] = count
    if found and sum(count > 0 for count in found.values()) == 1:
        label = next(one for one, count in found.items() if count)
        yield bad(
            f"Only “{label}” has images to train on. A classifier needs two classes or "
            "more: label some images otherwise and freeze a new version."
        )
    hopeless = [label for label, count in found.items() if count < HOPELESS]
    few = [label for label, count in found.items() if HOPELESS <= count < FEW]
    for labels, limit in ((hopeless, HOPELESS), (few, FEW)):
        if labels:
            yield warn(
                f"{words.count(len(labels), 'class', 'classes')} with fewer than "
                f"{limit} training images: {_listed(labels)}."
            )


def _listed(labels: Sequence[str]) -> str:
    shown = ", ".join(f"“{label}”" for label in labels[:3])
    return shown + f" and {len(labels) - 3} more" * (len(labels) > 3)


@functools.lru_cache(maxsize=64)
def _missing(settings: Settings, version_id: int, _now: int) -> tuple[int, int]:
    """Return how many files are gone, of how many that were looked for."""
    with connect(settings.db_path) as db:
        paths = versions.some_paths(db, version_id, SAMPLE)
    gone = sum(not settings.resolve(path).is_file() for path in paths)
    return gone, len(paths)
