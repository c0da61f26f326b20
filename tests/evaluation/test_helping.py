"""Whether taking backgrounds away helps: the same training twice, set side by side."""

import pytest

from carclf import jobs, store
from carclf.config import TrainConfig, Treatment
from carclf.datasets import untreated, versions
from carclf.errors import ConfigError, DatasetError
from carclf.evaluation import compare, helping
from carclf.store import labels, runs
from carclf.store import versions as stored
from tests import judging

TINY = {
    "name": "tiny",
    "model": {"backbone": "tiny", "weights": "none"},
    "data": {"image_size": [32, 32]},
    "seed": 7,
}


@pytest.fixture
def boxed(settings, version):
    return versions.treat(settings, version.id, Treatment(remover="box"), "boxed")


@pytest.fixture
def config():
    return TrainConfig.model_validate(TINY)


def test_both_trainings_differ_in_their_version_alone(
    settings, db, version, boxed, config
):
    (without, _), (treated, _) = jobs.submit_both(settings, boxed.id, config)

    assert (without.version_id, treated.version_id) == (version.id, boxed.id)
    assert without.seed == treated.seed
    plain = [run.config | {"name": "", "data": {}} for run in (without, treated)]
    assert plain[0] == plain[1]
    (trial,) = helping.trials(db)
    assert (trial.without.id, trial.treated.id) == (without.id, treated.id)
    assert trial.before is trial.after is None


def test_a_version_of_fewer_photographs_is_measured_against_the_same_ones(
    settings, db, version, boxed
):
    one = stored.examples(db, boxed.id, split="train")[0]
    labels.set(db, one.image_id, one.label, "person", is_dropped=True)
    fewer = versions.freeze(settings, boxed.id, "fewer")

    made = untreated.beside(settings, fewer.id)
    again = untreated.beside(settings, fewer.id)

    assert made.id == again.id
    assert sum(made.counts.values()) == 35
    assert untreated.are_alike(db, fewer, made)
    assert not untreated.are_alike(db, fewer, version)
    images = {one.image_id for one in stored.examples(db, version.id)}
    assert {one.image_id for one in stored.examples(db, made.id)} < images


def test_what_came_of_a_trial_is_compared_photograph_by_photograph(
    settings, db, boxed, config
):
    submitted = jobs.submit_both(settings, boxed.id, config)
    for (run, _), wrong in zip(submitted, ({0, 1, 2}, {2}), strict=True):
        version = stored.get(db, run.version_id)
        judging.evaluation(db, version, wrong=wrong, run=run)

    (trial,) = helping.trials(db)
    pair = compare.pair(db, trial.before, trial.after)
    found = compare.compare(pair.a, pair.b)

    assert (len(found.fixed), len(found.broke)) == (2, 0)
    assert found.difference == pytest.approx(2 / 12)


def test_runs_with_other_settings_are_no_trial(settings, db, version, boxed, config):
    fit = config.fit.model_copy(update={"epochs": 3})
    for name, other in (
        ("cars", config),
        ("boxed", config.model_copy(update={"fit": fit})),
    ):
        data = other.data.model_copy(update={"version": name})
        jobs.submit_training(
            settings, other.model_copy(update={"data": data, "name": name})
        )

    assert len(runs.every(db)) == 2
    assert helping.trials(db) == []


def test_what_cannot_be_compared_is_refused(settings, version, boxed, config):
    with pytest.raises(DatasetError, match="“cars” has its backgrounds"):
        jobs.submit_both(settings, version.id, config)

    model = config.model.model_copy(update={"weights": "run:3"})
    with pytest.raises(ConfigError, match="starts from a run"):
        jobs.submit_both(settings, boxed.id, config.model_copy(update={"model": model}))

    with store.connect(settings.db_path) as db:
        assert runs.every(db) == []
