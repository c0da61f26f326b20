"""Curves say the same to the eye, to the pointer and to a screen reader."""

import dataclasses
import json
import math

import pytest

from carclf import metrics, store
from carclf.records import EpochEnded, StepEnded
from carclf.store import steps
from carclf.ui import curves, lines
from carclf.ui.courses import Course
from carclf.ui.curves import Look


def epochs(*values):
    """Return epochs of (loss, val_loss), with accuracies that mirror them."""
    return [
        EpochEnded(
            place + 1,
            {
                "loss": loss,
                "val_loss": val_loss,
                "accuracy": 1 - loss / 10,
                "val_accuracy": 1 - val_loss / 10,
                "learning_rate": 1e-3,
                "images_per_second": 400.0 + place,
                "seconds": 60.0 * (place + 1),
            },
        )
        for place, (loss, val_loss) in enumerate(values)
    ]


HISTORY = epochs((2.0, 2.5), (1.0, 1.5), (0.5, 2.0))
# Four steps an epoch, and two of the fourth epoch.
STEPS = [
    StepEnded((step - 1) // 4 + 1, step, 2.0 / step, 1e-3 * step)
    for step in range(1, 15)
]


@pytest.fixture
def run(lab):
    return lab.run("one")


@pytest.fixture
def course(run):
    return Course(run, HISTORY, best=2)


def drawn(name, courses, **look):
    figure = curves.draw(name, courses, Look(**look))
    assert figure is not None
    return figure["data"]


def test_train_and_validation_differ_in_dash_as_well_as_in_colour(course):
    train, validation, _ = drawn("loss", [course])

    assert (train["name"], validation["name"]) == ("train", "validation")
    assert train["line"]["dash"] != validation["line"]["dash"]
    assert train["line"]["color"] != validation["line"]["color"]


def test_the_kept_epoch_is_ringed_on_the_validation_curve(course):
    *_, ring = drawn("loss", [course])

    assert (ring["x"], ring["y"]) == ([2], [1.5])


def test_a_history_without_validation_is_drawn_without_a_ring(run):
    train, validation = drawn(
        "loss", [Course(run, [EpochEnded(1, {"loss": 1.0})], (), 1)]
    )

    assert (train["y"], validation["y"]) == ([1.0], [])


def test_there_is_no_chart_of_what_was_never_measured(run):
    assert curves.draw("loss", [Course(run, [])], Look()) is None
    assert curves.draw("speed", [Course(run, [EpochEnded(1, {})])], Look()) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("loss", "Loss by epoch: train 0.500, validation 2.00."),
        ("accuracy", "Accuracy by epoch: train 95.0 %, validation 80.0 %."),
        ("gap", "Train accuracy above validation by epoch: 15.0 %."),
        ("learning_rate", "Learning rate by epoch: 0.00100."),
        ("speed", "Images per second by epoch: 402."),
    ],
)
def test_a_screen_reader_hears_the_newest_values(course, name, words):
    figure = curves.draw(name, [course], Look())

    assert figure["layout"]["meta"] == words


def test_a_scale_can_be_logarithmic_but_not_that_of_a_share(course):
    def axis(name, is_log):
        return curves.draw(name, [course], Look(is_log=is_log))["layout"]["yaxis"]

    assert axis("loss", True)["type"] == "log"
    assert "type" not in axis("loss", False)
    assert "type" not in axis("accuracy", True)


def test_a_zoom_survives_a_new_epoch_and_ends_with_run_axis_or_scale(lab, course):
    def zoomed(course, **look):
        return curves.draw("loss", [course], Look(**look))["layout"]["uirevision"]

    earlier = dataclasses.replace(course, history=HISTORY[:2])
    other = dataclasses.replace(course, run=lab.run("two"))
    assert zoomed(earlier) == zoomed(course, smoothing=0.5) == zoomed(course)
    changed = {zoomed(other), zoomed(course, is_log=True), zoomed(course, along="time")}
    assert len(changed | {zoomed(course)}) == 4


def test_single_steps_lie_within_their_epochs(course):
    steps, *_ = drawn("loss", [dataclasses.replace(course, steps=STEPS)])

    assert steps["name"] == "train, each step"
    assert steps["x"][:5] == [0.25, 0.5, 0.75, 1.0, 1.25]
    # The epoch under way is taken to be as long as the one before.
    assert steps["x"][-1] == 3.5
    assert steps["line"]["width"] < 2


def test_steps_of_the_first_epoch_are_drawn_before_it_ends_and_told(run):
    (line, *_), figure = (
        drawn("loss", [Course(run, [], STEPS[:2], epoch_steps=4)]),
        curves.draw("loss", [Course(run, [], STEPS[:2])], Look()),
    )

    assert line["x"] == [0.25, 0.5]
    assert line["hovertemplate"] == "%{y:.4~g}"
    assert "not known yet" in figure["layout"]["meta"]


def test_thinned_steps_lie_nearly_where_they_were(course):
    thinned = [one for one in STEPS if one.step % 3 == 1]

    line, *_ = drawn("loss", [dataclasses.replace(course, steps=thinned)])

    truly = [one.step / 4 for one in thinned]
    # Half of what lies between two that were kept.
    assert line["x"] == pytest.approx(truly, abs=3 / 4 / 2)


def test_the_learning_rate_is_drawn_by_step_where_steps_are_known(course):
    by_step = drawn("learning_rate", [dataclasses.replace(course, steps=STEPS)])
    by_epoch = drawn("learning_rate", [course])

    assert [len(one["y"]) for one in by_step] == [14]
    assert [one["y"] for one in by_epoch] == [[1e-3] * 3]


def test_the_gap_is_drawn_with_the_threshold_that_would_end_the_run(lab):
    asked = {"learning": {"max_gap": 0.2}}
    course = Course(lab.run("watched", changes=asked), HISTORY)

    figure = curves.draw("gap", [course], Look())

    assert figure["data"][0]["y"] == pytest.approx([0.05, 0.05, 0.15])
    assert [shape["y0"] for shape in figure["layout"]["shapes"]] == [0.2]
    assert figure["layout"]["meta"].endswith("The run ends above 20 %.")


def test_curves_may_lie_along_steps_or_along_time(course):
    course = dataclasses.replace(course, steps=STEPS)

    def validation(along):
        figure = curves.draw("loss", [course], Look(along))
        return figure["data"][-2]["x"], figure["layout"]["xaxis"]["title"]["text"]

    assert validation("step") == ([4, 8, 12], "step")
    assert validation("time") == ([1, 3, 6], "minutes")


def test_a_run_without_steps_is_drawn_along_epochs_instead(course):
    figure = curves.draw("loss", [course], Look("step"))

    assert figure["layout"]["xaxis"]["title"]["text"] == "epoch"
    assert figure["data"][1]["x"] == [1, 2, 3]


def test_a_smoothed_curve_has_what_was_measured_faintly_behind_it(course):
    behind, smooth, *_ = drawn("loss", [course], smoothing=0.5)

    assert behind["y"] == [2.0, 1.0, 0.5]
    assert behind["opacity"] < 0.5
    assert not behind["showlegend"]
    assert smooth["y"] == pytest.approx([2.0, 4 / 3, 6 / 7], rel=1e-4)


@pytest.mark.parametrize("weight", [0.1, 0.6, 0.95])
def test_smoothing_leaves_a_constant_alone_from_its_first_point(weight):
    assert lines.smoothed([3.0] * 50, weight) == pytest.approx([3.0] * 50)


def test_runs_lie_over_one_another_each_with_its_best_epoch(lab, course):
    other = Course(lab.run("other <b>"), HISTORY[:2], best=1)

    traces = drawn("loss", [course, other])

    found = [one for one in traces if one["mode"] != "markers"]
    rings = [one for one in traces if one["mode"] == "markers"]
    assert [one["name"] for one in found] == ["one", "other &lt;b&gt;"]
    assert [one["y"] for one in found] == [[2.5, 1.5, 2.0], [2.5, 1.5]]
    assert [one["x"] for one in rings] == [[2], [1]]
    assert found[0]["line"] != found[1]["line"]


def test_a_run_without_the_metric_does_not_spoil_the_others(lab, course):
    fresh = Course(lab.run("fresh", status="queued"), [])

    figure = curves.overlay([course, fresh], "val_loss")

    assert "fresh not known yet" in figure["layout"]["meta"]


def test_a_run_of_a_hundred_thousand_steps_draws_at_once(lab, run):
    with store.connect(lab.settings.db_path) as db:
        for begun in range(1, 100_001, 500):
            steps.add(
                db,
                run.id,
                [
                    StepEnded(step // 1000 + 1, step, 5 / math.sqrt(step), 1e-3)
                    for step in range(begun, begun + 500)
                ],
            )
        kept = steps.of_run(db, run.id)

    figure = curves.draw("loss", [Course(run, [], kept)], Look())

    line = figure["data"][0]
    assert 500 < len(line["x"]) <= steps.MOST_KEPT
    assert line["x"] == sorted(line["x"])
    assert len(json.dumps(figure)) < 60_000


@pytest.mark.parametrize(
    ("metric", "best"), [("val_loss", 2), ("val_accuracy", 2), ("loss", 3)]
)
def test_the_best_epoch_is_the_lowest_loss_or_the_highest_accuracy(metric, best):
    assert metrics.best_epoch(HISTORY, metric) == best


def test_the_first_of_equal_epochs_is_the_best():
    assert metrics.best_epoch(epochs((1, 1), (1, 1)), "val_loss") == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.41666, "0.417"),
        (12.345, "12.3"),
        (1234.5, "1,234"),
        (1e-5, "1e-05"),
        (0, "0"),
    ],
)
def test_numbers_have_three_digits(value, text):
    assert metrics.digits(value) == text


@pytest.mark.parametrize(
    ("difference", "text"),
    [(0.0214, "+2.1 points"), (-0.0214, "−2.1 points"), (-0.0001, "±0.0 points")],
)
def test_a_difference_has_its_sign(difference, text):
    assert metrics.points(difference) == text
