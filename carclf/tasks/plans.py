"""From a run in the store to everything that its training needs to know."""

from pathlib import Path
from typing import Any

from carclf.bundle import Bundle
from carclf.config import Preparation, TrainConfig, Treatment, from_plain
from carclf.errors import TrainingError
from carclf.ml import train as training
from carclf.ml.listing import Listing
from carclf.records import Run, Split, Version
from carclf.store import notes, runs, versions
from carclf.tasks.work import Work


def of(
    work: Work,
    run: Run,
    parent: training.Parent | None = None,
    *,
    resume: bool = False,
) -> training.Plan:
    """Return the plan of a run; without `parent`, to export or to go on with it."""
    return _plan(
        work,
        from_plain(run.config),
        work.version_of(run),
        work.settings.resolve(run.folder),
        {"run_id": run.id, "run_name": run.name},
        parent,
        resume=resume,
    )


def of_trial(work: Work) -> training.Plan:
    """Return the plan of a training that is tried, and is no run: it has no folder."""
    wanted = work.job.settings
    return _plan(
        work,
        from_plain(wanted["config"]),
        versions.get(work.db, wanted["version_id"]),
        work.settings.cache,
        {},
        _trial_parent(work),
    )


def _trial_parent(work: Work) -> training.Parent | None:
    parent_id, epoch = (work.job.settings[f"parent_{key}"] for key in ("id", "epoch"))
    if parent_id is None:
        return None
    parent = runs.get(work.db, parent_id)
    kept = {one.epoch: one.path for one in runs.checkpoints(work.db, parent_id)}
    if epoch not in kept:
        raise TrainingError(
            f"“{parent.name}” has not kept the weights of epoch {epoch}, so nothing "
            "that starts from them can be tried. Start from another epoch."
        )
    return training.Parent(
        weights=work.settings.resolve(kept[epoch]),
        config=from_plain(parent.config),
        classes=work.version_of(parent).classes,
    )


def _plan(
    work: Work,
    config: TrainConfig,
    version: Version,
    folder: Path,
    run_facts: dict[str, Any],
    parent: training.Parent | None,
    *,
    resume: bool = False,
) -> training.Plan:
    def images(split: Split) -> Listing:
        return Listing(
            training.TrainImage(work.settings.resolve(one.path), one.sha256, one.label)
            for one in versions.each(work.db, version.id, split)
        )

    return training.Plan(
        config=config,
        preparation=_preparation(config, version),
        classes=version.classes,
        train=images("train"),
        validation=images("validation"),
        folder=folder,
        cache=work.settings.cache,
        run_facts=run_facts,
        parent=parent,
        resume=resume,
    )


def _preparation(config: TrainConfig, version: Version) -> Preparation:
    height, width = config.data.image_size
    return Preparation(
        height=height,
        width=width,
        resize=config.data.resize,
        treatment=Treatment.model_validate(version.treatment),
    )


def parent_of(work: Work, run: Run) -> training.Parent | None:
    """Return the weights that a run starts from, which are settled now if need be.

    Raises:
        TrainingError: The parent failed before it had them, or keeps them no longer.
    """
    if run.parent_id is None:
        return None
    parent = runs.get(work.db, run.parent_id)
    kept = {one.epoch: one.path for one in runs.checkpoints(work.db, parent.id)}
    run = _settled(work, run, parent, set(kept))
    assert run.parent_epoch is not None
    return training.Parent(
        weights=work.settings.resolve(kept[run.parent_epoch]),
        config=from_plain(parent.config),
        classes=_classes_of(work, parent),
    )


def _classes_of(work: Work, parent: Run) -> tuple[str, ...]:
    """Return a network's classes; of an imported one their number is all there is.

    Nameless classes are nobody's, so that a head begins afresh.
    """
    if parent.version_id is not None:
        return work.version_of(parent).classes
    bundle = work.settings.resolve(parent.folder) / "bundle"
    if bundle.is_dir():
        return Bundle.load(bundle).classes
    count = from_plain(parent.config).model.classes
    if count is None:
        raise TrainingError(
            f"How many classes “{parent.name}” knew was not recorded, so its weights "
            "cannot be read. Start from another run."
        )
    return ("",) * count


def _settled(work: Work, run: Run, parent: Run, kept: set[int]) -> Run:
    """Return the run with the parent's epoch, which may not have been known before."""
    if run.parent_epoch in kept:
        return run
    if parent.status == "failed":
        raise TrainingError(
            f"“{parent.name}”, which this run was to start from, failed: "
            f"{parent.reason} Queue this run again once that one is done."
        )
    if not kept:
        raise TrainingError(
            f"“{parent.name}”, which this run was to start from, has no weights: it "
            f"was {parent.status} before its first epoch ended."
        )
    last = runs.last_epoch(work.db, parent.id)
    if run.parent_epoch is not None and run.parent_epoch <= last:
        raise TrainingError(
            f"“{parent.name}” no longer has the weights of epoch {run.parent_epoch} "
            "that this run was to start from. Queue it again from another epoch."
        )
    best = runs.best_kept(work.db, parent)
    assert best is not None
    if run.parent_epoch is not None:
        notes.add(
            work.db,
            run.id,
            f"Starts from epoch {best} of “{parent.name}”, its best, for it ended "
            f"after epoch {last} and never came to epoch {run.parent_epoch}.",
        )
    model = {**run.config["model"], "weights": f"run:{parent.id}@{best}"}
    runs.settle_parent(work.db, run.id, best, {**run.config, "model": model})
    return runs.get(work.db, run.id)
