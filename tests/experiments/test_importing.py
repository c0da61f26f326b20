"""Folders of experiments as runs: the report's thirteen, and what may be odd."""

from pathlib import Path

import pytest

from carclf import store, words
from carclf.config import TrainConfig
from carclf.errors import DatasetError, StoreError
from carclf.experiments import importing
from carclf.settings import Settings
from carclf.store import imports, notes, runs
from carclf.ui import bundles
from tests.conftest import SHARED
from tests.experiments import logs
from tests.test_bundle import network, write_facts

REPORT = SHARED / "seed_experiments"
PARENTS = {
    "exp_003": ("exp_002", 12),
    "exp_004": ("exp_002", 12),
    "exp_005": ("exp_002", 12),
    "exp_008": ("exp_002", 12),
    "exp_006": ("exp_005", 69),
    "exp_010": ("exp_009", 22),
    "exp_013": ("exp_012", 24),
}
EPOCHS = (25, 46, 10, 6, 69, 67, 44, 29, 22, 13, 22, 38, 21)
CONFIG = """
seed: 7
data: {{directory: /srv/car_ims_v2/train, batch_size: 16}}
model: {{weights: {weights}, dropout_rate: 0.25}}
fit:
  epochs: {epochs}
  callbacks:
    model_checkpoint: {{filepath: "/srv/x/at{{epoch:02d}}-{{val_loss:.4f}}.h5"}}
"""


@pytest.fixture
def bring_in(settings):
    """Return a function that imports a folder and gives (result, runs by name)."""

    def act(folder):
        result = importing.import_runs(settings, folder, lambda done, total: None)
        with store.connect(settings.db_path) as db:
            return result, {run.name: run for run in runs.every(db)}

    return act


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Return (result, runs by name, settings) of the thirteen, imported once."""
    if not REPORT.is_dir():
        pytest.skip("the report's experiments (../shared/seed_experiments) are absent")
    settings = Settings(home=tmp_path_factory.mktemp("report"))
    store.prepare(settings.db_path)
    result = importing.import_runs(settings, REPORT, lambda done, total: None)
    with store.connect(settings.db_path) as db:
        return result, {run.name: run for run in runs.every(db)}, settings


def experiment(folder, epochs=3, weights="imagenet", planned=100, **start):
    """Write an experiment with its config.yml and one start."""
    train, validation = logs.epochs(epochs)
    logs.start(folder, train=train, validation=validation, **start)
    text = CONFIG.format(weights=weights, epochs=planned)
    (folder / "config.yml").write_text(text)
    return folder


def lines(result):
    return "\n".join(
        line for one in result["experiments"] for line in one["lines"]
    ) + "\n".join(result["lines"])


def test_the_report_comes_out_as_it_draws_itself(report):
    _, by_name, settings = report
    names = [f"exp_{number:03d}" for number in range(1, 14)]
    ids = {run.id: run.name for run in by_name.values()}

    found = {
        name: (ids[run.parent_id], run.parent_epoch)
        for name, run in by_name.items()
        if run.parent_id is not None
    }

    assert found == PARENTS
    assert {run.status for run in by_name.values()} == {"imported"}
    with store.connect(settings.db_path) as db:
        histories = {name: runs.history(db, by_name[name].id) for name in names}
    assert tuple(len(histories[name]) for name in names) == EPOCHS
    assert histories["exp_013"][-1].metrics["val_accuracy"] == pytest.approx(
        0.715, abs=5e-4
    )
    for name in names[1:]:
        directory = by_name[name].config["data"]["directory"]
        assert ("car_ims_v2" in directory) == (name >= "exp_009")
    assert by_name["exp_002"].started_at == "2022-11-13T03:26:20.000+00:00"
    assert by_name["exp_002"].ended_at == "2022-11-13T04:12:46.147+00:00"


@pytest.mark.parametrize("number", range(1, 14))
def test_the_recipe_of_an_experiment_tells_what_its_log_does(report, number):
    _, by_name, settings = report
    name = f"exp_{number:03d}"
    run, recipe = by_name[name], settings.recipes / "report" / f"{name}.yml"

    told = " ".join(line.removeprefix("# ") for line in recipe.read_text().split("\n"))

    with store.connect(settings.db_path) as db:
        last = runs.history(db, run.id)[-1]
    assert (
        f"{name} of the course report. Its log ends at a validation accuracy of "
        f"{last.metrics['val_accuracy']:.3f} after {last.epoch} epochs"
    ) in told
    minutes = round(words.seconds_between(run.started_at, run.ended_at) / 60)
    hours, rest = divmod(minutes, 60)
    assert f"It took {f'{hours} h ' * bool(hours)}{rest} min there" in told


def test_the_files_that_name_a_parent_agree_with_its_log(report):
    _, by_name, settings = report

    for child, (parent, epoch) in PARENTS.items():
        told = float(Path(by_name[child].config["model"]["weights"]).stem.split("-")[1])
        with store.connect(settings.db_path) as db:
            metrics = runs.history(db, by_name[parent].id)[epoch - 1].metrics
        assert told in [
            pytest.approx(metrics["val_loss"], abs=5e-5),
            pytest.approx(metrics["val_accuracy"], abs=5e-5),
        ]


def test_the_experiment_without_settings_has_those_that_its_log_tells(report):
    _, by_name, settings = report
    run = by_name["exp_001"]

    with store.connect(settings.db_path) as db:
        said = [one.text for one in notes.of_run(db, run.id)]

    assert run.config["model"]["backbone"] == "ResNet50"
    assert run.config["model"]["dropout_rate"] == 0.2
    assert run.config["compile"] == {"optimizer": {"adam": {}}}
    assert run.config["learning"] == {"mode": "freeze"}
    assert "seed" not in run.config
    assert "has no config.yml" in said[0]


def test_no_start_of_the_report_is_lost(report):
    result, by_name, settings = report
    other = by_name["exp_003 (start of 2022-11-12 07:30)"]

    with store.connect(settings.db_path) as db:
        assert len(runs.history(db, other.id)) == 61
        assert "Another start of exp_003" in notes.of_run(db, other.id)[0].text
    told = {one["name"]: "\n".join(one["lines"]) for one in result["experiments"]}
    for name, began in (
        ("exp_003", "2022-11-13 05:03"),
        ("exp_007", "2022-11-16 13:38"),
        ("exp_010", "2022-11-18 08:08"),
    ):
        assert f"The start of {began} UTC ended before its first epoch" in told[name]
    assert "config_example.yml" in result["lines"][0]
    assert "has 0.3" in told["exp_008"]


def test_importing_a_folder_twice_changes_nothing(settings, tmp_path, bring_in):
    experiment(tmp_path / "lab" / "one")
    _, before = bring_in(tmp_path / "lab")

    result, after = bring_in(tmp_path / "lab")

    assert after == before
    assert result["summary"] == "0 runs imported from 1 experiment, 1 imported before"


def test_a_log_that_has_grown_brings_its_new_epochs(settings, tmp_path, bring_in):
    experiment(tmp_path / "one", epochs=2)
    bring_in(tmp_path / "one")
    experiment(tmp_path / "one", epochs=5)

    result, by_name = bring_in(tmp_path / "one")

    assert "its log has grown, and 3 epochs came in" in lines(result)
    with store.connect(settings.db_path) as db:
        assert len(runs.history(db, by_name["one"].id)) == 5
    assert by_name["one"].best_epoch == 5


def test_a_run_keeps_its_settings_its_logs_and_its_weights(
    settings, tmp_path, bring_in
):
    folder = experiment(tmp_path / "one", weights="imagenet")
    (folder / "at02-1.5000.h5").write_bytes(b"weights of epoch 2")
    (folder / "notes.txt").write_text("mine")

    result, by_name = bring_in(tmp_path)

    run = by_name["one"]
    with store.connect(settings.db_path) as db:
        (kept,) = runs.checkpoints(db, run.id)
    home = settings.resolve(run.folder)
    assert (run.seed, run.config["data"]["batch_size"], run.best_epoch) == (7, 16, 3)
    assert (home / "config.yml").read_text() == (folder / "config.yml").read_text()
    assert len(list((home / "tensorboard").rglob("*tfevents*"))) == 2
    assert kept.epoch == 2
    assert settings.resolve(kept.path).read_bytes() == b"weights of epoch 2"
    assert "Weights of epoch 2." in lines(result)
    assert "Not read: notes.txt." in lines(result)


def test_the_model_of_another_carclf_comes_along(settings, tmp_path, bring_in):
    folder = experiment(tmp_path / "run-007")
    (folder / "bundle").mkdir()
    network(folder / "bundle" / "model.onnx")
    write_facts(folder / "bundle")

    result, by_name = bring_in(tmp_path)

    run = by_name["run-007"]
    assert bundles.load(settings, run.id).classes
    assert run.id in dict(map(reversed, bundles.choices(settings)))
    assert "Not read" not in lines(result)


def test_a_name_that_is_taken_gets_a_suffix(settings, tmp_path, bring_in):
    with store.connect(settings.db_path) as db:
        plain = TrainConfig().model_dump(mode="json")
        runs.create(db, "one", plain, version_id=None)
    experiment(tmp_path / "one")

    _, by_name = bring_in(tmp_path)

    assert set(by_name) == {"one", "one (imported)"}


def test_the_run_is_the_last_start_that_its_settings_allow(tmp_path, bring_in):
    for number, count in enumerate((3, 2, 9)):
        experiment(
            tmp_path / "one",
            epochs=count,
            planned=5,
            began=logs.NOON + 10_000 * number,
            process=number,
        )

    _, by_name = bring_in(tmp_path)

    assert len(by_name) == 3
    assert by_name["one"].started_at == "2022-11-09T16:06:40.000+00:00"
    assert "seed" not in by_name["one (start of 2022-11-09 18:53)"].config


def test_a_parent_that_comes_later_is_joined_then(tmp_path, bring_in):
    experiment(tmp_path / "lab" / "b", weights=r"C:\lab\a\checkpoints\model.02.h5")
    result, by_name = bring_in(tmp_path / "lab")
    assert "“b” began from epoch 2 of a, which is not among the runs" in lines(result)
    assert by_name["b"].parent_id is None

    experiment(tmp_path / "lab" / "a", began=logs.NOON - 9000)
    result, by_name = bring_in(tmp_path / "lab")

    assert (by_name["b"].parent_id, by_name["b"].parent_epoch) == (by_name["a"].id, 2)
    assert result["lines"] == []


def test_a_parent_is_looked_for_beside_its_child_first(tmp_path, bring_in):
    experiment(tmp_path / "ours" / "a")
    bring_in(tmp_path / "ours")
    experiment(tmp_path / "theirs" / "a", began=logs.NOON + 77)
    experiment(tmp_path / "theirs" / "b", weights="/x/a/model.03-0.5.h5")

    _, by_name = bring_in(tmp_path / "theirs")

    assert by_name["b"].parent_id == by_name["a (imported)"].id


def test_settings_that_carclf_does_not_know_are_named_and_the_rest_is_used(
    settings, tmp_path, bring_in
):
    folder = experiment(tmp_path / "one")
    (folder / "config.yml").write_text(
        "seed: 5\nmodel: {weights: imagenet, droput_rate: 0.3}\n"
        "compile: {optimizer: {adam: {learning_rate: -1}}}\n"
    )

    result, by_name = bring_in(tmp_path)

    run = by_name["one"]
    assert (run.seed, run.config["model"]) == (5, {"weights": "imagenet"})
    assert "droput_rate is not a setting" in lines(result)
    with store.connect(settings.db_path) as db:
        assert "learning_rate" in notes.of_run(db, run.id)[0].text


def test_a_damaged_log_gives_what_can_be_read_and_says_where_it_stopped(
    settings, tmp_path, bring_in
):
    folder = experiment(tmp_path / "one", epochs=4)
    (log,) = folder.glob("logs/train/*")
    log.write_bytes(log.read_bytes()[:-3])

    result, by_name = bring_in(tmp_path)

    with store.connect(settings.db_path) as db:
        history = runs.history(db, by_name["one"].id)
    assert "accuracy" not in history[-1].metrics
    assert history[-1].metrics.keys() == {"loss", "val_loss", "val_accuracy"}
    assert f"{log.name} is cut short at byte" in lines(result)


def test_an_experiment_that_cannot_be_read_does_not_hold_up_the_next(
    tmp_path, bring_in, monkeypatch
):
    experiment(tmp_path / "a")
    experiment(tmp_path / "b", began=logs.NOON + 500)
    (log,) = (tmp_path / "a").glob("logs/train/*")
    log.unlink()
    # A link to nowhere cannot be opened, not even by root.
    log.symlink_to(tmp_path / "nowhere")

    result, by_name = bring_in(tmp_path)

    assert set(by_name) == {"b"}
    assert "cannot be read: No such file" in lines(result)


def test_settings_alone_make_a_run_without_epochs(tmp_path, bring_in):
    (tmp_path / "one").mkdir()
    text = CONFIG.format(weights="imagenet", epochs=3)
    (tmp_path / "one" / "config.yml").write_text(text)

    result, by_name = bring_in(tmp_path / "one")

    assert by_name["one"].best_epoch is None
    assert "from its config.yml alone" in lines(result)


def test_a_full_disk_leaves_no_run_and_no_folder(
    settings, tmp_path, bring_in, full_disk
):
    experiment(tmp_path / "one")

    with (
        full_disk(),
        pytest.raises(StoreError, match=r"could not be copied .* No space left"),
    ):
        bring_in(tmp_path)

    with store.connect(settings.db_path) as db:
        assert imports.every(db) == []
    assert list(settings.experiments.iterdir()) == []


def test_a_folder_without_experiments_says_what_is_looked_for(tmp_path, bring_in):
    (tmp_path / "photo.jpg").touch()

    with pytest.raises(DatasetError, match=r"neither a config\.yml nor"):
        bring_in(tmp_path)
