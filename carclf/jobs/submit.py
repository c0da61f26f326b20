"""What goes into the queue, checked before it waits there."""

from pathlib import Path

from carclf import store
from carclf.config import TrainConfig, Treatment
from carclf.errors import ConfigError, DatasetError, StoreError
from carclf.records import Job, Run, Split, Version
from carclf.settings import Settings
from carclf.store import Database, jobs, runs, versions


def submit_training(settings: Settings, config: TrainConfig) -> tuple[Run, Job]:
    """Queue a training.

    Raises:
        StoreError: The version, the parent run or its epoch does not exist.
        DatasetError: The version cannot be trained on.
        ConfigError: The weights file is missing, or the classes do not agree.
    """
    with store.connect(settings.db_path) as db, db.atomic():
        version = versions.by_name(db, config.data.version)
        _refuse_untrainable(config, version)
        config, parent_id, parent_epoch = _resolve_weights(db, config)
        run = runs.create(
            db,
            config.name,
            config.model_dump(mode="json"),
            version_id=version.id,
            parent_id=parent_id,
            parent_epoch=parent_epoch,
        )
        job = jobs.create(db, "train", f"Train {run.name}", {}, run_id=run.id)
        return runs.get(db, run.id), job


def submit_evaluation(
    settings: Settings,
    run_id: int,
    version_id: int,
    split: Split,
    epoch: int | None = None,
) -> Job:
    """Queue the judging of a run's epoch (its best, if None) on a split.

    Raises:
        StoreError: The run, the version or the epoch's weights do not exist.
    """
    with store.connect(settings.db_path) as db:
        run, version = runs.get(db, run_id), versions.get(db, version_id)
        epoch = _kept_epoch(db, run, epoch)
        wanted = {"version_id": version_id, "split": split, "epoch": epoch}
        title = f"Evaluate {run.name} on {version.name}, {split}"
        return jobs.create(db, "evaluate", title, wanted, run_id=run_id)


def submit_background(
    settings: Settings, version_id: int, treatment: Treatment, name: str
) -> Job:
    """Queue the making of a treated version called `name`."""
    with store.connect(settings.db_path) as db:
        version = versions.get(db, version_id)
        _refuse_taken_name(db, name)
        wanted = {
            "version_id": version_id,
            "treatment": treatment.model_dump(mode="json"),
            "name": name.strip(),
        }
        title = f"Remove backgrounds of {version.name} ({treatment.remover})"
        return jobs.create(db, "background", title, wanted)


def submit_import(settings: Settings, folder: Path, name: str) -> Job:
    """Queue the import of a folder as a version called `name`."""
    if not folder.is_dir():
        raise DatasetError(
            f"{folder} is not a folder on this machine. Check the path; it is the "
            "machine that runs carclf that must see it."
        )
    with store.connect(settings.db_path) as db:
        _refuse_taken_name(db, name)
        wanted = {"folder": str(folder.resolve()), "name": name.strip()}
        return jobs.create(db, "import", f"Import {name.strip()}", wanted)


def _resolve_weights(
    db: Database, config: TrainConfig
) -> tuple[TrainConfig, int | None, int | None]:
    """Return the settings with the parent's epoch written out, and the parent."""
    if config.model.parent is None:
        weights = config.model.weights
        if weights not in ("imagenet", "none") and not Path(weights).is_file():
            raise ConfigError(
                f"model.weights is {weights!r}, and there is no such file. Give "
                "imagenet, none, a weights file, or run:NAME@EPOCH."
            )
        return config, None, None
    words, wanted = config.model.parent
    parent = runs.find(db, words)
    epoch = _kept_epoch(db, parent, wanted)
    model = config.model.model_copy(update={"weights": f"run:{parent.id}@{epoch}"})
    return config.model_copy(update={"model": model}), parent.id, epoch


def _kept_epoch(db: Database, run: Run, wanted: int | None) -> int:
    kept = [one.epoch for one in runs.checkpoints(db, run.id)]
    if not kept:
        raise StoreError(
            f"“{run.name}” has kept no weights, so nothing can start from it."
        )
    epoch = wanted or run.best_epoch or kept[-1]
    if epoch not in kept:
        raise StoreError(
            f"“{run.name}” has not kept the weights of epoch {epoch}. Kept are: "
            f"{', '.join(map(str, kept))}."
        )
    return epoch


def _refuse_untrainable(config: TrainConfig, version: Version) -> None:
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


def _refuse_taken_name(db: Database, name: str) -> None:
    if not name.strip():
        raise DatasetError("Give the new dataset version a name.")
    if name.strip() in {version.name for version in versions.every(db)}:
        raise DatasetError(
            f"A dataset version called “{name.strip()}” exists already. "
            "Choose another name."
        )
