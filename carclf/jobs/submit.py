"""What goes into the queue, checked before it waits there."""

from collections.abc import Sequence
from dataclasses import asdict

from carclf import preflight, store
from carclf.background import weights
from carclf.bundle import Bundle
from carclf.config import TrainConfig, Treatment
from carclf.datasets.layouts import Reading
from carclf.datasets.sources import USUAL, Access, Source, nowhere, rooms
from carclf.errors import DatasetError, JobError, StoreError
from carclf.evaluation import epochs, features, judge
from carclf.records import Job, Run, Split
from carclf.settings import Settings
from carclf.store import Database, evaluations, jobs, runs, versions


def submit_training(settings: Settings, config: TrainConfig) -> tuple[Run, Job]:
    """Queue a training; a run to start from may still wait or run itself.

    Raises:
        StoreError: The version, the parent run or its epoch does not exist.
        DatasetError: The version cannot be trained on.
        ConfigError: As `preflight.require`.
    """
    with store.connect(settings.db_path) as db, db.atomic():
        version = versions.by_name(db, config.data.version)
        preflight.require_trainable(config, version)
        config, parent_id, parent_epoch = preflight.resolve(db, config, may_wait=True)
        preflight.require(settings, config)
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
        BundleError: The run's model is damaged.
        DatasetError: As `judge.refuse_unfit`.
    """
    with store.connect(settings.db_path) as db:
        run, version = runs.get(db, run_id), versions.get(db, version_id)
        epoch = preflight.kept_epoch(db, run, epoch)
        learnt, classes = _learnt(settings, db, run, epoch)
        judge.refuse_unfit(learnt, classes, run.name, version, split)
        wanted = {"version_id": version_id, "split": split, "epoch": epoch}
        title = f"Evaluate {run.name}, epoch {epoch}, on {version.name}, {split}"
        return jobs.create(db, "evaluate", title, wanted, run_id=run_id)


def _learnt(
    settings: Settings, db: Database, run: Run, epoch: int
) -> tuple[Treatment, tuple[str, ...]]:
    """Return the treatment of the images that a run learnt from, and its classes."""
    bundle = settings.resolve(run.folder) / "bundle"
    if epoch == run.best_epoch and bundle.is_dir():
        packed = Bundle.load(bundle)
        return packed.preparation.treatment, packed.classes
    if run.version_id is None:
        raise StoreError(
            f"“{run.name}” was imported with the weights of epoch {epoch}, but not "
            "with the names of its classes, so it cannot be judged. Fine-tune from it "
            "instead."
        )
    kept = {one.epoch: one.path for one in runs.checkpoints(db, run.id)}
    if not settings.resolve(kept[epoch]).is_file():
        raise StoreError(
            f"The weights of epoch {epoch} of “{run.name}” are gone from the disk. "
            "Evaluate another epoch."
        )
    source = versions.get(db, run.version_id)
    return Treatment.model_validate(source.treatment), source.classes


def submit_neighbours(settings: Settings, evaluation_id: int) -> Job:
    """Queue what shows an evaluation's images beside others; once for each.

    Raises:
        JobError: The evaluation has no features, or its weights are gone.
    """
    with store.connect(settings.db_path) as db:
        evaluation = evaluations.get(db, evaluation_id)
        run = runs.get(db, evaluation.run_id)
        if features.read(features.of_evaluation(settings, run, evaluation_id)) is None:
            raise JobError(
                "This evaluation was made before the features of its images were kept, "
                "or they are gone. Evaluate the run again."
            )
        if epochs.bundle_of(settings, db, run, evaluation.epoch) is None:
            raise JobError(
                f"The weights of epoch {evaluation.epoch} of “{run.name}” are gone, so "
                "nothing can be asked of them any more. Evaluate another epoch."
            )
        wanted = {"evaluation_id": evaluation_id}
        waiting = jobs.waiting_for(db, "neighbours", wanted)
        if waiting is not None:
            return waiting
        title = f"Find neighbours for {run.name}"
        return jobs.create(db, "neighbours", title, wanted, run_id=run.id)


def submit_cross_validation(settings: Settings, run_id: int) -> Job:
    """Queue what shows which labels of a run's training images to doubt; once each.

    Raises:
        JobError: The run has no version or no network, so nothing can be asked.
    """
    with store.connect(settings.db_path) as db:
        run = runs.get(db, run_id)
        bundle = settings.resolve(run.folder) / "bundle" / "model.onnx"
        if run.version_id is None or run.best_epoch is None or not bundle.is_file():
            raise JobError(
                f"“{run.name}” has no network, or its training images are not known "
                "here. Choose a run that was trained here."
            )
        for waiting in jobs.unfinished(db):
            if (waiting.kind, waiting.run_id) == ("cross_validate", run_id):
                return waiting
        title = f"Cross-validate the training images of {run.name}"
        return jobs.create(db, "cross_validate", title, {}, run_id=run.id)


def submit_background(
    settings: Settings, version_id: int, treatment: Treatment, name: str
) -> Job:
    """Queue the making of a treated version called `name`.

    Raises:
        BackgroundError: The remover is not installed, or its weights are no weights.
    """
    treatment = weights.pin(settings, treatment)
    weights.require(settings, treatment)
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


def submit_health(settings: Settings, version_id: int) -> Job:
    """Queue a look at every image of a version; once, while it waits or runs."""
    with store.connect(settings.db_path) as db:
        version = versions.get(db, version_id)
        wanted = {"version_id": version_id}
        waiting = jobs.waiting_for(db, "health", wanted)
        if waiting is not None:
            return waiting
        return jobs.create(db, "health", f"Look at {version.name}", wanted)


def submit_network(settings: Settings, treatment: Treatment) -> Job:
    """Queue the fetching of the published network that a treatment needs.

    Raises:
        BackgroundError: It needs none, or what runs it is not installed.
    """
    weights.needed(treatment)
    weights.require(settings, treatment)
    with store.connect(settings.db_path) as db:
        wanted = {"treatment": treatment.model_dump(mode="json")}
        waiting = jobs.waiting_for(db, "network", wanted)
        if waiting is not None:
            return waiting
        title = f"Fetch the network of {treatment.remover}"
        if treatment.remover == "rembg":
            title += f": {treatment.network}"
        return jobs.create(db, "network", title, wanted)


def submit_import(
    settings: Settings,
    sources: Sequence[Source],
    name: str = "",
    access: Access = USUAL,
    reading: Reading | None = None,
) -> Job:
    """Queue the import of what the sources hold together, as a version called `name`.

    Args:
        name: Without one, the first source's own.
        access: How buckets are read.
        reading: Corrections to what looking at the folder tells.

    Raises:
        SourceError: No source is given.
        DatasetError: The name is taken.
    """
    if not sources:
        raise nowhere()
    name = name.strip() or sources[0].name
    with store.connect(settings.db_path) as db:
        _refuse_taken_name(db, name)
        wanted = {
            "sources": [rooms.to_plain(settings, one) for one in sources],
            "access": asdict(access),
            "name": name,
            "reading": (reading or Reading()).model_dump(
                mode="json", exclude_defaults=True
            ),
        }
        return jobs.create(db, "import", f"Import {name}", wanted)


def resume_version(settings: Settings, ended: Job) -> Job:
    """Queue the making of a version once more; what it had done is not done again.

    Raises:
        DatasetError: Its name was taken meanwhile.
    """
    with store.connect(settings.db_path) as db:
        _refuse_taken_name(db, ended.settings["name"])
        return jobs.create(db, ended.kind, ended.title, ended.settings)


def _refuse_taken_name(db: Database, name: str) -> None:
    if not name.strip():
        raise DatasetError("Give the new dataset version a name.")
    if name.strip() in {version.name for version in versions.every(db)}:
        raise DatasetError(
            f"A dataset version called “{name.strip()}” exists already. "
            "Choose another name."
        )
