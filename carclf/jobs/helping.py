"""Does taking backgrounds away help? The same training with and without it."""

from carclf import store
from carclf.config import TrainConfig
from carclf.datasets import untreated
from carclf.errors import ConfigError
from carclf.jobs.batch import submit_trainings
from carclf.records import Job, Run
from carclf.settings import Settings
from carclf.store import versions


def submit_both(
    settings: Settings, version_id: int, config: TrainConfig
) -> list[tuple[Run, Job]]:
    """Queue a training on the photographs, and the same one on the treated version.

    Only the backgrounds differ: seed, splits, labels and every setting are the same.

    Raises:
        DatasetError: The version is not treated.
        ConfigError: The training starts from a run, which has seen one of the two.
        CarclfError: As `submit_training`.
    """
    if config.model.parent is not None:
        raise ConfigError(
            "This recipe starts from a run, and that run has seen backgrounds, or has "
            "not: the comparison would be of unequals. Choose one that starts from "
            "ImageNet weights or from nothing."
        )
    whole = untreated.beside(settings, version_id)
    with store.connect(settings.db_path) as db:
        treated = versions.get(db, version_id)
    return submit_trainings(
        settings,
        [
            _on(config, whole.name, f"{treated.name}: before removal"),
            _on(config, treated.name, f"{treated.name}: after removal"),
        ],
    )


def _on(config: TrainConfig, version: str, name: str) -> TrainConfig:
    data = config.data.model_copy(update={"version": version})
    return config.model_copy(update={"name": name, "data": data})
