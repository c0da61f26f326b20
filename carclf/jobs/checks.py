"""Trying a training before it is queued: one batch, or a rising learning rate."""

from carclf import preflight, store
from carclf.config import TrainConfig
from carclf.records import Job, JobKind
from carclf.settings import Settings
from carclf.store import jobs, versions


def submit_probe(settings: Settings, config: TrainConfig) -> Job:
    """Queue the fitting of one batch: what fits, how long it takes, how it looks.

    Raises:
        ConfigError, StoreError: The training could not begin either.
    """
    height, width = config.data.image_size
    what = f"{config.model.backbone}, {height} × {width}"
    return _submit(settings, config, "probe", f"Try one batch ({what})")


def submit_find_rate(settings: Settings, config: TrainConfig) -> Job:
    """Queue a search for a learning rate.

    Raises:
        ConfigError, StoreError: The training could not begin either.
    """
    title = f"Find a learning rate ({config.model.backbone})"
    return _submit(settings, config, "find_rate", title)


def _submit(settings: Settings, config: TrainConfig, kind: JobKind, title: str) -> Job:
    preflight.require(settings, config)
    # As one, for a queue with nothing to do would start it before it was moved.
    with store.connect(settings.db_path) as db, db.atomic():
        version = versions.by_name(db, config.data.version)
        config, parent_id, parent_epoch = preflight.resolve(db, config)
        wanted = {
            "config": config.model_dump(mode="json"),
            "version_id": version.id,
            "parent_id": parent_id,
            "parent_epoch": parent_epoch,
        }
        job = jobs.create(db, kind, title, wanted)
        # Somebody waits for the answer, and it takes seconds.
        jobs.move(db, job.id, -len(jobs.unfinished(db)))
        return jobs.get(db, job.id)
