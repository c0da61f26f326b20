"""Exports are listed as they were made, found by name, and gone when deleted."""

import pytest

from carclf.errors import ExportError
from carclf.exports import folder
from tests.exports.conftest import INT8, ONNX


def test_an_export_is_listed_as_it_was_made(settings, run, export):
    made = export("first", ONNX, INT8)

    assert folder.of_run(settings, run) == [made]


def test_the_newest_comes_first(settings, run, export):
    old = export("b", at="2026-01-02T03:04:05+00:00")
    new = export("a", at="2026-03-02T03:04:05+00:00")

    assert folder.of_run(settings, run) == [new, old]


def test_a_run_without_exports_has_none(settings, run):
    assert folder.of_run(settings, run) == []


def test_what_is_damaged_or_has_lost_its_zip_is_no_export(settings, run, export):
    for name in ("no zip", "no facts", "damaged", "of another time"):
        export(name)
    place = folder.place(settings, run, "no zip")
    (place / "no zip.zip").unlink()
    (folder.place(settings, run, "no facts") / folder.FACTS).unlink()
    (folder.place(settings, run, "damaged") / folder.FACTS).write_bytes(b"{")
    (folder.place(settings, run, "of another time") / folder.FACTS).write_text("{}")

    assert folder.of_run(settings, run) == []


def test_a_deleted_export_is_gone_and_the_others_stay(settings, run, export):
    export("first")
    other = export("second")

    folder.delete(settings, run, "first")

    assert folder.of_run(settings, run) == [other]
    assert not folder.place(settings, run, "first").exists()


@pytest.mark.parametrize("name", ["third", "../bundle", "", "first/../first"])
def test_only_an_export_can_be_deleted(settings, run, export, name):
    export("first")

    with pytest.raises(ExportError, match=r"has no export called .* There are: first"):
        folder.delete(settings, run, name)


def test_an_export_is_called_by_run_epoch_and_formats(run):
    name = folder.name_of(run, 12, ["onnx", "int8"])

    assert name == "run-001-epoch-012-onnx-int8"


def test_a_zip_is_copied_to_where_it_is_wanted(run, export, tmp_path):
    made = export("first")

    target = folder.copy_zip(made, tmp_path / "cars.zip")

    assert target.read_bytes() == made.zip_path.read_bytes()


def test_a_full_disk_leaves_no_half_copy_and_says_where_the_whole_is(
    run, export, tmp_path
):
    made = export("first")
    (tmp_path / ".part-cars.zip").symlink_to("/dev/full")

    with pytest.raises(ExportError, match=r"No space left .* whole in .*first\.zip"):
        folder.copy_zip(made, tmp_path / "cars.zip")

    assert not (tmp_path / "cars.zip").exists()
    assert not (tmp_path / ".part-cars.zip").is_symlink()


@pytest.mark.parametrize(
    ("target", "why"),
    [("cars", "no .zip file"), ("nowhere/cars.zip", "There is no folder")],
)
def test_a_place_that_cannot_be_written_is_refused_beforehand(tmp_path, target, why):
    with pytest.raises(ExportError, match=why):
        folder.refuse_target(tmp_path / target)
