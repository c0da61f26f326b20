"""Comparing two versions and exporting one, on the command line."""

import csv
import json

import pytest

from carclf.datasets import versions as dataset_versions
from carclf.errors import CarclfError, DatasetError, StoreError
from carclf.store import labels, versions
from tests.cli.test_cli import caller
from tests.cli.test_datasets import call

__all__ = ["call"]


@pytest.fixture
def frozen(settings, db, version):
    """The drawn cars with one relabelled and one left out."""
    one, other, *_ = versions.examples(db, version.id)
    labels.set(db, one.image_id, "Red Van", "person")
    labels.set(db, other.image_id, None, "person")
    return dataset_versions.freeze(settings, version.id, "frozen")


def test_compare_counts_what_differs(call, frozen):
    said = call("compare", "cars", "frozen").splitlines()

    assert said[0] == "What is otherwise in “frozen” than in “cars”:"
    assert "removed: not in the later version\t1" in said
    assert "relabelled: of another class now\t1" in said
    assert "added: not in the earlier version\t0" in said
    assert "Relabelled: Blue Bus → Red Van (1)." in said


def test_compare_says_that_two_versions_are_the_same(call, settings, version):
    dataset_versions.freeze(settings, version.id, "again")

    said = call("compare", "cars", "again")

    assert "hold the same images, classes and splits" in said


def test_compare_gives_every_image_as_json(call, version, frozen):
    said = json.loads(call("compare", "cars", "frozen", "--json"))

    assert said["before"] == {"name": "cars", "hash": version.hash}
    assert said["counts"]["relabelled"] == 1
    relabelled = [one for one in said["images"] if one["difference"] == "relabelled"]
    assert relabelled[0]["class before"] == "Blue Bus"
    assert relabelled[0]["class after"] == "Red Van"


def test_compare_writes_every_image_to_a_table(call, frozen, tmp_path):
    said = call("compare", "cars", "frozen", "--csv", tmp_path / "differ.csv")

    with (tmp_path / "differ.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["difference"] for row in rows] == ["removed", "relabelled"]
    assert rows[0]["split after"] == ""
    assert "2 lines written" in said


def test_compare_names_what_it_does_not_know_or_cannot_write(call, frozen, tmp_path):
    with pytest.raises(StoreError, match="no dataset version called “crs”"):
        call("compare", "crs", "cars")
    with pytest.raises(CarclfError, match="cannot be written"):
        call("compare", "cars", "frozen", "--csv", tmp_path / "no" / "such.csv")


@pytest.mark.slow
def test_export_writes_a_version_by_a_worker(settings, version, tmp_path):
    carclf = caller(settings.home.parent)

    said = carclf("datasets", "export", "cars", tmp_path / "out", "--as", "csv").stdout

    assert f"36 images written to {tmp_path / 'out'}, hash {version.hash[:12]}" in said
    assert len(list((tmp_path / "out" / "images").iterdir())) == 36


def test_export_refuses_to_write_over_anything(call, version, tmp_path):
    (tmp_path / "mine.zip").touch()

    with pytest.raises(DatasetError, match="is not written over"):
        call("export", "cars", tmp_path / "mine", "--as", "zip")
