"""Several trainings queued at once, as the report's recipes are."""

import pytest

from carclf import config, jobs, store
from carclf.errors import StoreError
from carclf.settings import PROJECT
from carclf.store import runs

REPORT = PROJECT / "assets" / "recipes" / "report"
FAMILY = {
    "exp_003": ("exp_002", 12),
    "exp_004": ("exp_002", 12),
    "exp_005": ("exp_002", 12),
    "exp_006": ("exp_005", 69),
    "exp_008": ("exp_002", 12),
    "exp_010": ("exp_009", 22),
    "exp_013": ("exp_012", 24),
}


def recipes(*names, **changes):
    """Return recipes of the report as they are, or changed by section."""
    paths = [REPORT / f"{name}.yml" for name in names] or sorted(REPORT.glob("*.yml"))
    return [with_changes(config.load(path), changes) for path in paths]


def with_changes(wanted, changes):
    plain = wanted.model_dump(mode="json", exclude_unset=True)
    for section, values in changes.items():
        plain[section] = {**plain.get(section, {}), **values}
    return config.from_plain(plain)


def small(version, name):
    """Return a recipe of the report, in the same family, that trains in seconds."""
    (wanted,) = recipes(
        name,
        data={"version": version.name, "image_size": [32, 32]},
        fit={"epochs": 3},
        model={"backbone": "tiny", "data_aug_layer": None},
    )
    if wanted.model.parent is None:
        return with_changes(
            wanted,
            {"model": {"backbone": "tiny", "weights": "none", "dropout_rate": 0}},
        )
    parent, _ = wanted.model.parent
    return with_changes(wanted, {"model": {"weights": f"run:{parent}@2"}})


def test_the_thirteen_are_queued_with_their_parents(settings, version):
    wanted = recipes(data={"version": version.name})

    queued = jobs.submit_trainings(settings, wanted)

    names = {run.id: run.name for run, _ in queued}
    assert list(names.values()) == [f"exp_{number:03d}" for number in range(1, 14)]
    assert {
        run.name: (names[run.parent_id], run.parent_epoch)
        for run, _ in queued
        if run.parent_id
    } == FAMILY


def test_a_batch_finds_its_own_parents_among_runs_of_the_same_name(settings, version):
    wanted = recipes("exp_012", "exp_013", data={"version": version.name})
    jobs.submit_trainings(settings, wanted)

    (root, _), (child, _) = jobs.submit_trainings(settings, wanted)

    assert (root.name, child.name) == ("exp_012 (2)", "exp_013 (2)")
    assert child.parent_id == root.id


def test_a_batch_that_cannot_be_queued_whole_is_not_queued_at_all(settings, version):
    wanted = recipes("exp_012", "exp_010", data={"version": version.name})

    with pytest.raises(StoreError, match="no run called “exp_009”"):
        jobs.submit_trainings(settings, wanted)

    with store.connect(settings.db_path) as db:
        assert runs.every(db) == []


@pytest.mark.slow
def test_three_of_the_report_train_one_from_another(settings, version, until):
    wanted = [small(version, name) for name in ("exp_002", "exp_005", "exp_006")]

    queued = jobs.submit_trainings(settings, wanted)
    ended = [until(job.id, lambda job: job.ended_at is not None) for _, job in queued]

    assert [job.status for job in ended] == ["done"] * 3, [job.reason for job in ended]
    with store.connect(settings.db_path) as db:
        root, child, grandchild = (runs.get(db, run.id) for run, _ in queued)
        assert [len(runs.history(db, one.id)) for one in (root, child)] == [3, 3]
    assert (child.parent_id, child.parent_epoch) == (root.id, 2)
    assert (grandchild.parent_id, grandchild.parent_epoch) == (child.id, 2)
