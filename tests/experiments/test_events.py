"""What is read of an event file, whole or damaged."""

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st

from carclf.experiments import events
from tests.experiments import logs

FIGURES = 5


@pytest.fixture
def file(tmp_path):
    """An event file of one version and five figures."""
    train = {"epoch_loss": [5.0, 4.0, 3.0, 2.0, 1.0]}
    return logs.start(tmp_path, train=train)[0]


def test_every_figure_is_read_with_its_step_and_time(file):
    found = events.read(file)

    assert found.events == 1 + FIGURES
    assert [one.value for one in found.scalars["epoch_loss"]] == [5, 4, 3, 2, 1]
    assert found.scalars["epoch_loss"][2].step == 2
    assert found.scalars["epoch_loss"][0].at == logs.NOON + logs.EPOCH_S
    assert (found.began, found.damage) == (logs.NOON, "")


def test_figures_of_other_writers_are_read_too(tmp_path):
    path = logs.write(
        tmp_path / "events.out.tfevents.1.box",
        [logs.figure("Loss/train", 3, 0.5, logs.NOON, simple=True)],
    )

    assert events.read(path).scalars["Loss/train"][0].value == 0.5


@tried(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 0.999))
def test_a_file_that_is_cut_short_gives_what_comes_before_the_cut(file, share):
    whole = file.read_bytes()
    cut = file.with_name("cut")
    size = int(len(whole) * share)
    cut.write_bytes(whole[:size])

    found = events.read(cut)

    figures = found.scalars.get("epoch_loss", [])
    assert [one.value for one in figures] == [5, 4, 3, 2, 1][: len(figures)]
    ends = _ends(whole)
    assert found.events == sum(end <= size for end in ends)
    if size in ends:
        assert found.damage == ""
    elif size:
        said = f"cut short at byte {max([0, *(e for e in ends if e <= size)]):,}"
        assert said in found.damage


@tried(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), turned=st.integers(1, 255))
def test_a_damaged_byte_is_noticed_and_nothing_behind_it_is_believed(
    file, place, turned
):
    whole = bytearray(file.read_bytes())
    place %= len(whole)
    whole[place] ^= turned
    damaged = file.with_name("damaged")
    damaged.write_bytes(whole)

    found = events.read(damaged)

    assert found.events == sum(end <= place for end in _ends(file.read_bytes()))
    assert "damaged" in found.damage or "cut short" in found.damage


def test_a_file_of_anything_else_is_said_to_be_no_event_file(tmp_path):
    path = tmp_path / "events.out.tfevents.1.box"
    path.write_text("this is a diary, and not a log of anything")
    empty = tmp_path / "events.out.tfevents.2.box"
    empty.touch()

    assert "no event file, at byte 0 of 42" in events.read(path).damage
    assert events.read(empty).damage == f"{empty.name} is empty"


def test_what_is_not_taken_is_named_with_the_reason(tmp_path):
    path = logs.write(
        tmp_path / "events.out.tfevents.1.box",
        [
            logs.graph(logs.NOON, "GradientDescent"),
            logs.histogram(logs.NOON, "kernel"),
            logs.figure("epoch_loss", 0, float("nan"), logs.NOON),
            logs.figure("epoch_loss", 1, float("inf"), logs.NOON),
        ],
    )

    found = events.read(path)

    assert found.optimizer == "sgd"
    assert "its optimizer was read" in found.left["graph_def"]
    assert found.left["kernel"] == "no curve but histo"
    assert (found.scalars, found.not_finite) == ({}, {"epoch_loss": [0, 1]})


def test_reading_logs_loads_no_tensorflow():
    said = (
        "import sys, carclf.experiments.importing; print('tensorflow' in sys.modules)"
    )

    found = subprocess.run(
        [sys.executable, "-c", said], capture_output=True, text=True, check=True
    )

    assert found.stdout.strip() == "False"


def _ends(whole):
    """Return where each record of a file ends."""
    ends, place = [], 0
    while place < len(whole):
        place += 16 + int.from_bytes(whole[place : place + 8], "little")
        ends.append(place)
    return ends
