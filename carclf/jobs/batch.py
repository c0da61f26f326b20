"""Several trainings at once, where one may start from another."""

from collections.abc import Sequence

from carclf import store
from carclf.config import TrainConfig
from carclf.errors import CarclfError
from carclf.jobs.control import delete_run, stop_now
from carclf.jobs.submit import submit_training
from carclf.records import Job, Run
from carclf.settings import Settings
from carclf.store import Database, runs


def submit_trainings(
    settings: Settings, configs: Sequence[TrainConfig]
) -> list[tuple[Run, Job]]:
    """Queue trainings in order, all of them or none.

    A parent is looked for among those queued before, then among the runs there are.
    Where several are queued, one whose name is taken gets a number behind it.

    Raises:
        CarclfError: As `submit_training`, of the first that cannot be queued.
    """
    queued: list[tuple[Run, Job]] = []
    ids: dict[str, int] = {}
    try:
        for config in configs:
            wanted = _with_parent(config, ids)
            if len(configs) > 1:
                with store.connect(settings.db_path) as db:
                    name = _free_name(db, config.name)
                wanted = wanted.model_copy(update={"name": name})
            queued.append(submit_training(settings, wanted))
            if config.name:
                ids[config.name] = queued[-1][0].id
    except CarclfError:
        for run, job in reversed(queued):
            stop_now(settings, job.id)
            delete_run(settings, run.id)
        raise
    return queued


def _with_parent(config: TrainConfig, ids: dict[str, int]) -> TrainConfig:
    parent, epoch = config.model.parent or ("", None)
    if parent not in ids:
        return config
    weights = f"run:{ids[parent]}" + (f"@{epoch}" if epoch else "")
    model = config.model.model_copy(update={"weights": weights})
    return config.model_copy(update={"model": model})


def _free_name(db: Database, wanted: str) -> str:
    taken = {run.name for run in runs.every(db)}
    name, number = wanted, 2
    while name and name in taken:
        name, number = f"{wanted} ({number})", number + 1
    return name
