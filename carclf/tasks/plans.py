"""From a run in the store to everything that its training needs to know."""

from carclf.config import Preparation, TrainConfig, Treatment, from_plain
from carclf.errors import TrainingError
from carclf.ml import train as training
from carclf.records import Run, Split, Version
from carclf.store import runs, versions
from carclf.tasks.work import Work


def of(work: Work, run: Run) -> training.Plan:
    version = work.version_of(run)
    config = from_plain(run.config)

    def images(split: Split) -> list[training.TrainImage]:
        return [
            training.TrainImage(work.settings.resolve(one.path), one.sha256, one.label)
            for one in versions.examples(work.db, version.id, split=split)
        ]

    return training.Plan(
        config=config,
        preparation=_preparation(config, version),
        classes=version.classes,
        train=images("train"),
        validation=images("validation"),
        folder=work.settings.resolve(run.folder),
        cache=work.settings.cache,
        run_facts={"run_id": run.id, "run_name": run.name},
        parent=_parent(work, run),
    )


def _preparation(config: TrainConfig, version: Version) -> Preparation:
    height, width = config.data.image_size
    return Preparation(
        height=height,
        width=width,
        resize=config.data.resize,
        treatment=Treatment.model_validate(version.treatment),
    )


def _parent(work: Work, run: Run) -> training.Parent | None:
    if run.parent_id is None:
        return None
    parent = runs.get(work.db, run.parent_id)
    kept = {one.epoch: one.path for one in runs.checkpoints(work.db, parent.id)}
    if run.parent_epoch not in kept:
        raise TrainingError(
            f"“{parent.name}” no longer has the weights of epoch {run.parent_epoch} "
            "that this run was to start from. Queue it again from another epoch."
        )
    return training.Parent(
        weights=work.settings.resolve(kept[run.parent_epoch]),
        config=from_plain(parent.config),
        classes=work.version_of(parent).classes,
    )
