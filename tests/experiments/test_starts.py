"""How logs become trainings with epochs: restarts, other names, other steps."""

from carclf.experiments import events, starts
from tests.experiments import logs


def found(folder):
    paths = sorted(folder.rglob(events.FILES))
    return starts.find([events.read(path) for path in paths])


def test_a_training_is_its_two_files_with_epochs_from_1(tmp_path):
    train, validation = logs.epochs(3)
    logs.start(tmp_path, train=train, validation=validation)

    (start,) = found(tmp_path)

    assert [one.epoch for one in start.history] == [1, 2, 3]
    assert start.history[0].metrics == {
        "loss": 2.0,
        "accuracy": 0.5,
        "val_loss": 2.5,
        "val_accuracy": 0.4000000059604645,
    }
    assert start.began == "2022-11-09T13:20:00.000+00:00"
    assert start.events == 14


def test_a_second_start_is_a_training_of_its_own(tmp_path):
    for number, count in enumerate((4, 2)):
        train, validation = logs.epochs(count)
        logs.start(
            tmp_path,
            began=logs.NOON + 10_000 * number,
            # As in a container, whose processes begin at the same number each time.
            process=9,
            train=train,
            validation=validation,
        )

    assert [len(one.history) for one in found(tmp_path)] == [4, 2]
    assert all("val_loss" in one.history[-1].metrics for one in found(tmp_path))


def test_a_training_that_was_resumed_is_one(tmp_path):
    train, validation = logs.epochs(3)
    logs.start(tmp_path, train=train, validation=validation)
    logs.start(
        tmp_path,
        began=logs.NOON + 10_000,
        process=12,
        first=3,
        train={"epoch_loss": [0.25, 0.125]},
        validation={"epoch_loss": [0.5, 0.75]},
    )

    (start,) = found(tmp_path)

    assert [one.epoch for one in start.history] == [1, 2, 3, 4, 5]
    assert start.history[-1].metrics == {"loss": 0.125, "val_loss": 0.75}


def test_a_log_that_counts_epochs_from_1_is_not_shifted(tmp_path):
    logs.start(tmp_path, first=1, train={"epoch_loss": [2.0, 1.0]})
    logs.start(
        tmp_path, began=logs.NOON + 999, first=3, train={"epoch_loss": [0.5, 0.25]}
    )
    logs.start(tmp_path, began=logs.NOON + 9999, first=1, train={"epoch_loss": [3.0]})

    resumed, again = found(tmp_path)

    assert [one.epoch for one in resumed.history] == [1, 2, 3, 4]
    assert [one.epoch for one in again.history] == [1]


def test_figures_that_keras_tells_twice_are_taken_once(tmp_path):
    train, validation = logs.epochs(2)
    again = {"evaluation_loss_vs_iterations": validation["epoch_loss"]}
    logs.start(tmp_path, train=train, validation={**validation, **again})

    (start,) = found(tmp_path)

    assert start.left == {
        "evaluation_loss_vs_iterations (validation)": (
            "the same figures as val_loss, told again"
        )
    }


def test_a_curve_of_another_name_keeps_it(tmp_path):
    logs.start(
        tmp_path,
        train={
            "epoch_loss": [2.0, 1.0],
            "epoch_lr": [0.5, 0.25],
            "epoch_top_5": [0.75, 1.0],
            "images a second": [200.0, 300.0],
        },
    )

    (start,) = found(tmp_path)

    assert start.history[1].metrics == {
        "loss": 1.0,
        "learning_rate": 0.25,
        "top_5": 1.0,
        "images a second": 300.0,
    }


def test_of_a_curve_by_step_the_last_figure_of_each_epoch_stays(tmp_path):
    at = logs.NOON
    steps = [
        logs.figure("batch_loss", step, 10.0 - step, at + 20.0 * step)
        for step in range(1, 8)
    ]
    logs.start(tmp_path, train={"epoch_loss": [2.0, 1.0]}, more=steps)

    (start,) = found(tmp_path)

    assert [one.metrics["batch_loss"] for one in start.history] == [7.0, 4.0]
    assert start.left == {
        "batch_loss (train), in part": (
            "of 7 figures by step the last of each epoch stays"
        )
    }


def test_a_log_of_pytorch_is_understood(tmp_path):
    figures = [
        logs.figure(tag, 100 * place, value, logs.NOON + place, simple=True)
        for place in (1, 2, 3)
        for tag, value in (("Loss/train", 4 / place), ("Acc/val", place / 4))
    ]
    logs.write(tmp_path / "run" / "events.out.tfevents.1668000000.box", figures)

    (start,) = found(tmp_path)

    assert [one.epoch for one in start.history] == [1, 2, 3]
    assert start.history[1].metrics == {"loss": 2.0, "val_accuracy": 0.5}


def test_figures_that_are_no_numbers_are_left_and_counted(tmp_path):
    logs.start(tmp_path, train={"epoch_loss": [2.0, float("nan"), float("nan")]})

    (start,) = found(tmp_path)

    assert len(start.history) == 1
    assert start.left["epoch_loss, from step 1"] == (
        "2 of its figures are no finite numbers"
    )


def test_a_start_that_ended_at_once_has_no_epochs(tmp_path):
    logs.start(tmp_path, train={}, more=[logs.graph(logs.NOON)])

    (start,) = found(tmp_path)

    assert (start.history, start.optimizer, start.events) == ((), "adam", 2)
