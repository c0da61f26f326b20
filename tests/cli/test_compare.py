"""carclf compare: two runs or several, on the same images."""

import csv

import pytest
from typer.testing import CliRunner

from carclf import store
from carclf.cli import app
from carclf.datasets import versions
from carclf.errors import CarclfError
from tests import judging


@pytest.fixture
def carclf(settings, version, monkeypatch):
    """Return a function that runs `carclf compare ...` over three judged runs."""
    with store.connect(settings.db_path) as db:
        judging.evaluation(db, version, range(10), "worse")
        judging.evaluation(db, version, [11], "better")
        judging.evaluation(db, version, range(1, 11), "alike")
    monkeypatch.setenv("CARCLF_HOME", str(settings.home))

    def call(*words):
        found = CliRunner().invoke(app, ["compare", *map(str, words)])
        if found.exception:
            raise found.exception
        return found.stdout

    return call


def test_two_runs_are_told_with_how_sure_the_difference_is(carclf):
    said = dict(line.split("\t") for line in carclf("worse", "better").splitlines())

    assert said["accuracy of better"] == "91.7 %"
    assert said["difference"] == "+75.0 points"
    assert said["p (McNemar)"] == "0.0117, more than chance"
    assert (said["fixed"], said["broke"]) == ("10", "1")
    assert (said["right in both"], said["wrong in both"]) == ("1", "0")


def test_several_runs_are_each_set_beside_the_first(carclf):
    lines = [
        line.split("\t") for line in carclf("worse", "better", "alike").splitlines()
    ]

    assert [line[0] for line in lines] == ["worse", "better", "alike"]
    # The smaller p is doubled, for there are two comparisons.
    assert lines[1][4:6] == ["0.0117", "0.0234"]
    assert lines[2][-1] == "may be chance"


def test_classes_are_told_and_written_with_shares(carclf, tmp_path):
    to = tmp_path / "classes.csv"

    said = carclf("worse", "better", "--classes", "--csv", to)

    with to.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert f"3 classes written to {to}." in said
    assert {row["class"] for row in rows} == {"Blue Bus", "Green Coupe", "Red Van"}
    assert [float(row["difference"]) for row in rows] == sorted(
        float(row["after"]) - float(row["before"]) for row in rows
    )
    assert sum(int(row["fixed"]) for row in rows) == 10


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["worse"], "Name two runs or more"),
        (["worse", "better", "alike", "--classes"], "name two"),
        (["worse", "nobody"], "no run called “nobody”"),
        (["worse", "better", "--split", "train"], "never evaluated on train images"),
        (["worse", "better", "--csv", "/nowhere/x.csv"], "cannot be written"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(carclf, words, said):
    with pytest.raises(CarclfError, match=said):
        carclf(*words)


def test_runs_judged_on_other_images_are_refused(carclf, settings, cars):
    (cars / "images" / "red-08.jpg").unlink()
    fewer = versions.import_folder(settings, cars, "fewer")
    with store.connect(settings.db_path) as db:
        judging.evaluation(db, fewer, [], "elsewhere")

    with pytest.raises(CarclfError, match="test of “fewer”"):
        carclf("worse", "elsewhere")
