"""What there is to choose from: (words for people, value) of dropdowns."""

from pathlib import Path

from carclf import metrics
from carclf.records import Evaluation, Run
from carclf.settings import Settings
from carclf.store import Database
from carclf.store import runs as stored_runs

# To choose from; `ml.networks` takes any other of keras.applications by its name.
BACKBONES = (
    "EfficientNetLite0",
    "ResNet50",
    "ResNet50V2",
    "MobileNetV3Large",
    "EfficientNetV2B0",
    "ConvNeXtTiny",
    "tiny",
)


def recipes(settings: Settings) -> list[tuple[str, str]]:
    """Return the recipes by their path in the folder, each with its first line.

    Those of the folder itself come first, then those of the folders in it.
    """
    found = []
    paths = settings.recipes.rglob("*.yml")
    for path in sorted(paths, key=lambda one: (len(one.parts), one)):
        place = path.relative_to(settings.recipes)
        name = place.with_suffix("").as_posix()
        said, _ = about(path)
        found.append((f"{name} · {said}" if said else name, place.as_posix()))
    return found


def about(recipe: Path) -> tuple[str, list[str]]:
    """Return what a recipe says of itself: its first line, and its paragraphs."""
    lines = []
    for line in recipe.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    first, *rest = lines or [""]
    paragraphs = "\n".join(rest).strip().split("\n\n")
    return first, [" ".join(one.split()) for one in paragraphs if one.strip()]


def runs(db: Database) -> list[tuple[str, int]]:
    """Return the runs by id, newest first, with what became of them."""
    return [(f"{run.name} · {run.status}", run.id) for run in stored_runs.every(db)]


def origin(weights: str) -> str:
    """Return `model.weights` in words, for those that come from no run."""
    return {"imagenet": "ImageNet", "none": "random weights"}.get(weights, weights)


def starts(db: Database) -> list[tuple[str, str]]:
    """Return weights to start from, as `model.weights` writes them."""
    found = [("ImageNet weights", "imagenet"), ("Nothing: random weights", "none")]
    for run in stored_runs.every(db):
        kept = [one.epoch for one in stored_runs.checkpoints(db, run.id)]
        kept.sort(key=lambda epoch: (epoch != run.best_epoch, -epoch))
        found += [
            (
                f"{run.name} · epoch {epoch}" + " (best)" * (epoch == run.best_epoch),
                weights_of(run, epoch),
            )
            for epoch in kept
        ]
    return found


def weights_of(run: Run, epoch: int | None) -> str:
    """Return `model.weights` for an epoch of a run, its best if None."""
    # A name that is a number, or holds an @, would be read as something else.
    is_plain = not run.name.isdecimal() and "@" not in run.name
    who = run.name if is_plain else str(run.id)
    return f"run:{who}@{epoch}" if epoch else f"run:{who}"


def evaluation(one: Evaluation, version_name: str) -> str:
    """Return “test of sample · epoch 12 · 83.1 %”."""
    return (
        f"{one.split} of {version_name} · epoch {one.epoch} · "
        f"{metrics.text('accuracy', one.metrics['accuracy'])}"
    )
