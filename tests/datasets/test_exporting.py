"""A version as files: what is written, and that it imports as the same version."""

import csv
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from carclf import store
from carclf.config import Treatment
from carclf.datasets import exporting, proposal, provenance, relabelling, versions
from carclf.datasets.exporting import FORMS
from carclf.datasets.sources import USUAL, gathering, parse
from carclf.errors import DatasetError, Stopped, StoreError
from carclf.records import Version
from carclf.settings import Settings
from carclf.store import versions as stored
from tests import drawing


def home(folder: Path) -> Settings:
    """Return another carclf, which knows nothing of the first."""
    other = Settings(home=folder)
    store.prepare(other.db_path)
    return other


def export(settings, version, target, form):
    exporting.export(settings, version.id, target, form)
    return target


def imported(folder: Path, target: Path) -> Version:
    """Return what another carclf makes of an export."""
    other = home(folder / "other home")
    gathered = gathering.gather(
        other, [parse(str(target))], USUAL, lambda *_, **__: None, lambda: False
    )
    return versions.import_folder(other, gathered, "back")


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("form", FORMS)
def test_what_is_exported_imports_as_the_same_version(
    settings, version, tmp_path, form
):
    suffix = ".zip" if form == "zip" else ""
    target = export(settings, version, tmp_path / f"out{suffix}", form)

    back = imported(tmp_path, target)

    assert back.hash == version.hash
    assert back.counts == version.counts
    with store.connect(settings.db_path) as db:
        known = {one.sha256: one.box for one in stored.examples(db, version.id)}
    with store.connect(tmp_path / "other home" / "runs.db") as db:
        again = {one.sha256: one.box for one in stored.examples(db, back.id)}
    assert again == known


@pytest.mark.parametrize("form", ["folders", "csv"])
def test_photographs_are_links_and_no_second_copies(settings, version, tmp_path, form):
    target = export(settings, version, tmp_path / "out", form)

    photographs = [path for path in files(target) if path.suffix == ".jpg"]
    assert len(photographs) == 36
    assert all(path.stat().st_nlink >= 3 for path in photographs)


def test_the_home_holds_the_bytes_of_a_photograph_once(settings, version, tmp_path):
    dataset_versions = [version, versions.freeze(settings, version.id, "again")]
    for number, one in enumerate(dataset_versions):
        export(settings, one, settings.home / f"out-{number}", "folders")

    by_content = Counter()
    for inode in {path.stat().st_ino: path for path in files(settings.home)}.values():
        if inode.suffix == ".jpg":
            by_content[inode.read_bytes()] += 1
    assert set(by_content.values()) == {1}
    assert len(by_content) == 36


def test_folders_are_splits_and_classes(settings, version, tmp_path):
    target = export(settings, version, tmp_path / "out", "folders")

    assert {path.parent.relative_to(target).as_posix() for path in files(target)} == {
        ".",
        *(f"{split}/{label}" for split in version.counts for label in version.classes),
    }


def test_a_table_is_as_the_importer_knows_it(settings, version, tmp_path):
    target = export(settings, version, tmp_path / "out", "csv")

    with (target / "labels.csv").open(newline="", encoding="utf-8") as file:
        first, *rest = csv.reader(file)
    assert first == ["class", "img_name", "subset", "x1", "y1", "x2", "y2"]
    assert len(rest) == 36
    assert all((target / "images" / row[1]).is_file() for row in rest)
    found = proposal.look(target)
    assert (found.layout, found.boxes, found.findings) == ("table", 36, ())
    assert "exported by carclf as “cars”" in " ".join(found.plan)


def test_the_same_version_gives_the_same_zip(settings, version, tmp_path):
    first = export(settings, version, tmp_path / "a" / "cars.zip", "zip")
    second = export(settings, version, tmp_path / "b" / "cars.zip", "zip")

    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as packed:
        assert packed.testzip() is None
        assert {name.split("/")[0] for name in packed.namelist()} == {"cars"}


def test_a_version_without_validation_images_gets_none(settings, cars, tmp_path):
    bare = versions.import_folder(settings, cars, "bare", validation_split=0)
    assert bare.counts["validation"] == 0

    back = imported(tmp_path, export(settings, bare, tmp_path / "out", "csv"))

    assert back.hash == bare.hash
    assert back.split_rule == bare.split_rule


def test_cut_outs_are_not_taken_for_photographs(settings, version, tmp_path):
    boxed = Treatment(remover="box", output="crop", margin=0.0)
    treated = versions.treat(settings, version.id, boxed, "boxed")

    back = imported(tmp_path, export(settings, treated, tmp_path / "out", "folders"))

    assert (back.hash, back.treatment) == (treated.hash, treated.treatment)


NAMES = some.text(some.characters(codec="utf-8"), min_size=1, max_size=20)


@given(
    classes=some.lists(NAMES, min_size=2, max_size=4),
    file=NAMES,
    form=some.sampled_from(["folders", "csv", "zip"]),
)
def test_odd_names_come_back_as_they_were(tmp_path_factory, classes, file, form):
    folder = tmp_path_factory.mktemp("odd")
    rows = []
    for number, label in enumerate(classes):
        drawing.draw(folder / "in" / "images" / f"{number}.jpg", seed=number)
        rows.append([label, f"{number}.jpg", "train"])
    drawing.write_table(
        folder / "in" / "labels.csv", ["class", "img_name", "subset"], rows
    )
    settings = home(folder / "home")
    try:
        version = versions.import_folder(settings, folder / "in", "odd")
    except DatasetError:
        # Names of nothing but spaces, or the same but for how accents are written.
        return
    with store.connect(settings.db_path) as db:
        db.execute("update members set file_name = ?", [file])

    suffix = ".zip" if form == "zip" else ""
    back = imported(folder, export(settings, version, folder / f"out{suffix}", form))

    assert back.hash == version.hash


def test_a_label_typed_with_its_accent_apart_is_frozen_as_it_would_be_imported(
    settings, version, tmp_path
):
    with store.connect(settings.db_path) as db:
        one = stored.examples(db, version.id)[0]
    relabelling.save(
        settings, one.image_id, version.id, "Citroe\N{COMBINING DIAERESIS}n"
    )
    frozen = versions.freeze(settings, version.id, "frozen")

    back = imported(tmp_path, export(settings, frozen, tmp_path / "out", "csv"))

    assert back.hash == frozen.hash


def test_nothing_is_written_over(settings, version, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()

    for target, form in (
        ("full", "folders"),
        ("full", "zip"),
        ("full/mine.txt", "csv"),
    ):
        with pytest.raises(DatasetError, match="is not written over"):
            export(settings, version, tmp_path / target, form)
    with pytest.raises(DatasetError, match="give the whole path"):
        export(settings, version, Path("here"), "folders")
    (tmp_path / "empty").mkdir()
    export(settings, version, tmp_path / "empty", "folders")


@pytest.mark.parametrize("form", FORMS)
def test_a_stopped_export_leaves_nothing(settings, version, tmp_path, form):
    def on_progress(done, total):
        if done == 2:
            raise Stopped

    with pytest.raises(Stopped):
        exporting.export(settings, version.id, tmp_path / "out", form, on_progress)

    assert not [path for path in tmp_path.iterdir() if "out" in path.name]


def test_a_photograph_that_is_gone_is_named_and_nothing_is_left(
    settings, version, tmp_path
):
    with store.connect(settings.db_path) as db:
        gone = stored.examples(db, version.id)[5]
    settings.resolve(gone.path).unlink()

    with pytest.raises(DatasetError, match=f"{gone.file_name} of “cars” is gone"):
        export(settings, version, tmp_path / "out", "folders")

    assert not [path for path in tmp_path.iterdir() if "out" in path.name]


def test_a_full_disk_leaves_nothing(settings, version, tmp_path, full_disk):
    with full_disk(room=3), pytest.raises(StoreError, match="is full"):
        export(settings, version, tmp_path / "out", "folders")

    assert not [path for path in tmp_path.iterdir() if "out" in path.name]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"carclf": "something else"}', '{"carclf": "dataset version"}'],
)
def test_a_file_of_that_name_by_others_says_nothing(tmp_path, text):
    (tmp_path / provenance.FILE).write_text(text)

    assert provenance.read(tmp_path) is None
