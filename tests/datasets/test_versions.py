"""Importing, freezing, treating and deleting versions, with nothing ever half done."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from carclf import images, store
from carclf.config import Treatment
from carclf.datasets import folders, versions
from carclf.errors import DatasetError, StoreError
from carclf.records import Box, Example
from carclf.settings import Settings
from carclf.store import images as stored_images
from carclf.store import labels, preferences
from carclf.store import versions as stored
from tests import drawing

BOXED = Treatment(remover="box", output="crop", margin=0.0)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def skipped(settings: Settings, version_id: int) -> dict[str, str]:
    with store.connect(settings.db_path) as db:
        return {one.path: one.reason for one in stored.skipped(db, version_id)}


def examples(settings: Settings, version_id: int) -> list[Example]:
    with store.connect(settings.db_path) as db:
        return stored.examples(db, version_id)


def test_an_imported_folder_becomes_a_version(settings, db, cars):
    version = versions.import_folder(settings, cars, "  cars ")

    assert version.name == "cars"
    assert version.classes == ("Blue Bus", "Green Coupe", "Red Van")
    assert version.counts == {"train": 18, "validation": 6, "test": 12}
    assert version.source == str(cars)
    assert version.split_rule.startswith("train and test as given; 20 %")
    assert version.treatment == Treatment().model_dump(mode="json")
    assert stored.get(db, version.id) == version


def test_examples_keep_their_boxes_names_and_labels(settings, db, version):
    for example in stored.examples(db, version.id):
        number = int(example.file_name[-6:-4])
        assert example.box == drawing.car(example.label, number)[1]
        now = labels.current(db, example.image_id)
        assert (now.name, now.source) == (example.label, "import")


def test_photographs_and_versions_are_links_not_copies(settings, cars, version):
    kept = files(settings.data / "images")
    laid_out = files(settings.data / "versions")

    originals = {path.stat().st_ino for path in files(cars / "images")}
    assert {path.stat().st_ino for path in kept} == originals
    assert {path.stat().st_ino for path in laid_out} == originals
    assert {
        path.relative_to(settings.data / "versions").parts[:2] for path in laid_out
    } == {
        ("cars", "train"),
        ("cars", "validation"),
        ("cars", "test"),
    }
    assert not list(settings.data.rglob("*.part"))


def test_where_links_cannot_be_made_files_are_copied(settings, cars, monkeypatch):
    def refuse(source: Path, target: Path) -> None:
        raise OSError(18, "Invalid cross-device link", str(source))

    monkeypatch.setattr(os, "link", refuse)

    versions.import_folder(settings, cars, "cars")

    assert len(files(settings.data / "images")) == 36
    assert len(files(settings.data / "versions")) == 36
    assert all(path.stat().st_nlink == 1 for path in files(settings.data))


def test_files_are_kept_under_their_hash_and_true_kind(settings, tmp_path):
    cars = drawing.draw_classes(tmp_path / "cars", ("Red Van", "Blue Bus"), each=2)
    drawing.draw(tmp_path / "true.png", "Red Van", 9).rename(
        cars / "Red Van" / "false.jpg"
    )

    version = versions.import_folder(settings, cars, "cars")

    for example in examples(settings, version.id):
        expected = ".png" if example.file_name == "false.jpg" else ".jpg"
        assert example.path.stem == example.sha256
        assert example.path.suffix == expected
        assert example.path.parent.name == example.sha256[:2]


def test_the_same_folder_splits_the_same_whatever_its_order_and_names(tmp_path):
    cars = drawing.draw_classes(tmp_path / "cars", each=10)
    renamed = tmp_path / "renamed"
    paths = files(cars)
    random.Random(1).shuffle(paths)
    for number, path in enumerate(paths):
        drawing.copy(path, renamed / path.parent.name / f"{number:03d}.jpg")
    hashes = set()

    for number, folder in enumerate((cars, renamed)):
        settings = Settings(home=tmp_path / f"home {number}")
        store.prepare(settings.db_path)
        hashes.add(versions.import_folder(settings, folder, "cars").hash)

    assert len(hashes) == 1


def test_another_seed_splits_otherwise(settings, cars):
    one = versions.import_folder(settings, cars, "one")
    other = versions.import_folder(settings, cars, "other", seed=7)

    assert one.hash != other.hash
    assert one.counts == other.counts
    assert len(files(settings.data / "images")) == 36


def test_a_given_validation_split_stays(settings, tmp_path):
    for split, seeds in (("train", range(4)), ("valid", (4, 5)), ("test", (6,))):
        for label in ("Red Van", "Blue Bus"):
            for seed in seeds:
                path = tmp_path / "cars" / split / label / f"{seed}.jpg"
                drawing.draw(path, label, seed)

    version = versions.import_folder(settings, tmp_path / "cars", "cars")

    assert version.counts == {"train": 8, "validation": 4, "test": 2}


def test_a_class_with_one_image_keeps_it_for_training(settings, tmp_path):
    drawing.draw_classes(tmp_path / "cars", ("Red Van", "Blue Bus"), each=1)

    version = versions.import_folder(settings, tmp_path / "cars", "cars")

    assert version.counts == {"train": 2, "validation": 0, "test": 0}


def test_the_same_picture_twice_is_one_example(settings, tmp_path):
    cars = drawing.draw_classes(tmp_path / "cars", each=3)
    drawing.copy(cars / "Red Van" / "0.jpg", cars / "Red Van" / "again.jpg")

    version = versions.import_folder(settings, cars, "cars")

    assert sum(version.counts.values()) == 9
    assert skipped(settings, version.id) == {
        "Red Van/again.jpg": "has the same content as Red Van/0.jpg, which is kept."
    }


def test_one_picture_under_two_classes_is_reported_with_both(settings, tmp_path):
    cars = drawing.draw_classes(tmp_path / "cars", each=3)
    drawing.copy(cars / "Red Van" / "0.jpg", cars / "Blue Bus" / "9.jpg")

    version = versions.import_folder(settings, cars, "cars")

    (path, reason), *others = skipped(settings, version.id).items()
    assert others == []
    assert path == "Red Van/0.jpg"
    assert "same content as Blue Bus/9.jpg" in reason
    assert "both “Blue Bus” and “Red Van”" in reason


def test_a_picture_to_train_and_to_test_with_only_tests(settings, tmp_path):
    for split in ("train", "test"):
        drawing.draw_classes(tmp_path / "cars" / split, ("Red Van", "Blue Bus"), each=2)

    version = versions.import_folder(settings, tmp_path / "cars", "cars")

    assert version.counts == {"train": 0, "validation": 0, "test": 4}
    assert set(skipped(settings, version.id)) == {
        *("Red Van/0.jpg", "Red Van/1.jpg", "Blue Bus/0.jpg", "Blue Bus/1.jpg")
    }


def test_what_cannot_be_read_is_skipped_with_its_reason(settings, tmp_path):
    cars = drawing.draw_classes(tmp_path / "cars", each=3)
    red = cars / "Red Van"
    whole = (red / "0.jpg").read_bytes()
    (red / "short.jpg").write_bytes(whole[: len(whole) // 2])
    (red / "empty.jpg").write_bytes(b"")
    (red / "notes.txt").write_text("Not a picture.")
    (red / "broken.jpg").symlink_to(red / "gone.jpg")
    (cars / "Empty").mkdir()

    version = versions.import_folder(settings, cars, "cars")

    reasons = skipped(settings, version.id)
    assert sum(version.counts.values()) == 9
    assert reasons["Red Van/short.jpg"].startswith("is damaged or cut short.")
    assert reasons["Red Van/empty.jpg"].startswith("is empty (0 bytes).")
    assert reasons["Red Van/notes.txt"].startswith("is no image by its name")
    assert reasons["Red Van/broken.jpg"].startswith("is missing")
    assert reasons["Empty"] == "is empty, so it is no class."
    assert len(reasons) == 5


def test_two_classes_of_which_one_cannot_be_read_are_refused(settings, tmp_path):
    cars = drawing.draw_classes(tmp_path / "cars", ("Red Van", "Blue Bus"), each=2)
    for path in (cars / "Red Van").iterdir():
        path.write_bytes(b"")

    with pytest.raises(
        DatasetError, match=r"only the class “Blue Bus” has.*0\.jpg is empty"
    ):
        versions.import_folder(settings, cars, "cars")

    assert files(settings.data) == []


@pytest.mark.parametrize(
    "label",
    [
        "Ram C/V Van",
        "“so” 'called' \"car\"",
        "🚗🚙",
        "...dots",
        "a\tb",
        "CON",
        "ß" * 99,
    ],
)
def test_a_class_name_from_a_table_comes_back_as_it_was_written(
    settings, tmp_path, label
):
    rows = []
    for name, written in (("1.jpg", label), ("2.jpg", "Plain")):
        drawing.draw(tmp_path / "cars" / name, written)
        rows.append([written, name])
    drawing.write_table(tmp_path / "cars" / "labels.csv", ["class", "file"], rows)

    version = versions.import_folder(settings, tmp_path / "cars", label[:70])

    expected = label.replace("\t", " ")
    assert set(version.classes) == {expected, "Plain"}
    assert len(files(settings.data / "versions")) == 2
    assert version.name == expected[:70]


WRITTEN = some.text(
    some.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30
)


@given(names=some.sets(WRITTEN, min_size=2, max_size=3), file=WRITTEN)
def test_odd_classes_and_files_survive_the_whole_way(tmp_path_factory, names, file):
    folder = tmp_path_factory.mktemp("odd")
    settings = Settings(home=folder / "home")
    store.prepare(settings.db_path)
    rows = []
    for number, label in enumerate(names):
        name = f"{number}{file.replace('/', '-')}.png"
        drawing.draw(folder / "cars" / name, "Red Van", number, height=48, width=64)
        rows.append([label, name])
    drawing.write_table(folder / "cars" / "labels.csv", ["class", "file"], rows)

    version = versions.import_folder(settings, folder / "cars", "odd")

    found = {(one.label, one.file_name) for one in examples(settings, version.id)}
    assert found == {(versions.names.class_name(label), name) for label, name in rows}
    assert len(files(settings.data / "versions")) == len(names)


def test_a_folder_name_that_is_no_text_is_shown_as_well_as_can_be(settings, tmp_path):
    cars = drawing.draw_classes(tmp_path / "cars", ("Red Van",), each=1)
    odd = Path(os.fsdecode(os.fsencode(cars) + b"/Coup\xe9"))
    drawing.draw(tmp_path / "b.jpg", "Blue Bus")
    odd.mkdir()
    shutil.copy(tmp_path / "b.jpg", odd / os.fsdecode(b"\xff.jpg"))

    version = versions.import_folder(settings, cars, "cars")

    assert version.classes == ("Coup�", "Red Van")


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_version_needs_a_name_of_sensible_length(settings, cars, name):
    with pytest.raises(DatasetError, match="1 to 80 letters"):
        versions.import_folder(settings, cars, name)


def test_a_name_that_is_taken_is_refused_before_anything_is_read(
    settings, cars, version
):
    seen = []

    with pytest.raises(DatasetError, match="“cars” exists already"):
        versions.import_folder(
            settings, cars, "cars", on_progress=lambda done, total: seen.append(done)
        )

    assert seen == []


def test_progress_counts_every_file(settings, cars):
    seen = []

    versions.import_folder(
        settings,
        cars,
        "cars",
        on_progress=lambda done, total: seen.append((done, total)),
    )

    assert seen == [(done, 36) for done in range(37)]


@pytest.mark.parametrize("room", [0, 10, 36, 50, 71])
def test_a_full_disk_leaves_nothing_of_an_import(settings, db, cars, full_disk, room):
    with full_disk(room), pytest.raises(StoreError, match=r"disk .* is full"):
        versions.import_folder(settings, cars, "cars")

    assert files(settings.data) == []
    assert stored.every(db) == []
    assert versions.import_folder(settings, cars, "cars").counts["test"] == 12


def test_a_full_disk_takes_no_photograph_from_another_version(
    settings, cars, version, full_disk, tmp_path
):
    more = drawing.draw_table(tmp_path / "more", train=9, test=4)

    with full_disk(2), pytest.raises(StoreError):
        versions.import_folder(settings, more, "more")

    assert len(files(settings.data / "images")) == 36


def test_a_locked_store_refuses_an_import_and_loses_nothing(
    settings, cars, monkeypatch
):
    monkeypatch.setattr(store, "BUSY_TIMEOUT_S", 0.1)
    other = sqlite3.connect(settings.db_path)
    other.execute("begin exclusive")

    with pytest.raises(StoreError, match="locked by another program"):
        versions.import_folder(settings, cars, "cars")
    other.rollback()
    other.close()

    assert files(settings.data) == []
    assert versions.import_folder(settings, cars, "cars").counts["train"] == 18


def test_others_may_write_while_a_version_is_laid_out(settings, cars, monkeypatch):
    monkeypatch.setattr(store, "BUSY_TIMEOUT_S", 0.01)
    link = folders.link

    def link_while_others_write(source, target):
        link(source, target)
        if "versions" in target.parts:
            with store.connect(settings.db_path) as db:
                preferences.set(db, "written", True)

    monkeypatch.setattr(folders, "link", link_while_others_write)

    versions.import_folder(settings, cars, "cars")

    with store.connect(settings.db_path) as db:
        assert preferences.get(db, "written", otherwise=False)


def test_what_a_person_said_is_not_overruled_by_another_import(
    settings, db, cars, version
):
    image_id = stored.examples(db, version.id)[0].image_id
    labels.set(db, image_id, "Corrected", "person")

    versions.import_folder(settings, cars, "again")

    assert labels.current(db, image_id).name == "Corrected"
    assert len(labels.history(db, image_id)) == 2


def test_a_corrected_folder_corrects_what_an_import_said(settings, db, cars, version):
    table = cars / "labels.csv"
    table.write_text(table.read_text().replace("Red Van,red-00", "Blue Bus,red-00"))

    versions.import_folder(settings, cars, "again")

    changed = labels.changed_since_frozen(db, version.id)
    assert [(one.frozen, one.now) for one in changed] == [("Red Van", "Blue Bus")]


def test_the_hash_is_over_content_class_and_split_and_no_order(settings, version):
    rows = examples(settings, version.id)
    moved = [*rows[1:], rows[0]]
    relabelled = [*rows[1:], Example(**{**vars(rows[0]), "label": "Other"})]

    assert versions.content_hash(rows) == version.hash
    assert versions.content_hash(moved) == version.hash
    assert versions.content_hash(relabelled) != version.hash
    assert versions.content_hash([]) == versions.content_hash(())


@given(some.randoms(), some.integers(1, 10**6))
def test_the_hash_knows_neither_ids_nor_paths_nor_names_nor_order(random, first):
    rows = [
        Example(n, Path(f"{n}.jpg"), label, "train", f"{n}.jpg", f"{n:064x}")
        for n, label in enumerate(["ä", "Z", "a", "Ä", "z", "École", "\U0001f697"])
    ]
    elsewhere = [
        replace(
            one,
            image_id=first + one.image_id,
            path=Path("elsewhere", f"{random.random()}.png"),
            file_name="other",
            box=Box(0, 0, 1, 1),
        )
        for one in random.sample(rows, len(rows))
    ]

    assert versions.content_hash(elsewhere) == versions.content_hash(rows)


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8"])
def test_the_hash_is_the_same_in_any_locale_and_process(tmp_path, locale):
    names = ("Citroën", "citroen", "Ímola", "İstanbul")
    folder = drawing.draw_classes(tmp_path / "cars", names, each=3)
    script = (
        "import sys; from pathlib import Path; from carclf import store;"
        "from carclf.datasets import versions; from carclf.settings import Settings;"
        "settings = Settings(home=Path(sys.argv[2])); store.prepare(settings.db_path);"
        "print(versions.import_folder(settings, Path(sys.argv[1]), 'x').hash)"
    )
    said = subprocess.run(
        [sys.executable, "-c", script, folder, tmp_path / "home"],
        env={**os.environ, "LC_ALL": locale, "PYTHONHASHSEED": str(len(locale))},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    here = Settings(home=tmp_path / "here")
    store.prepare(here.db_path)

    assert said.strip() == versions.import_folder(here, folder, "y").hash


def test_freezing_takes_the_labels_as_they_are_now(settings, db, version):
    first, second, *rest = stored.examples(db, version.id, split="train")
    labels.set(db, first.image_id, "Pick-up", "person")
    labels.set(db, second.image_id, None, "person")

    frozen = versions.freeze(settings, version.id, "corrected")

    now = {one.image_id: one for one in stored.examples(db, frozen.id)}
    assert frozen.parent_id == version.id
    assert now[first.image_id].label == "Pick-up"
    assert now[first.image_id].split == "train"
    assert second.image_id not in now
    assert all(now[one.image_id] == one for one in rest)
    assert list(skipped(settings, frozen.id)) == [second.file_name]
    assert frozen.hash != version.hash
    assert stored.get(db, version.id) == version
    assert len(files(settings.data / "versions" / "corrected")) == 35


def test_freezing_without_a_change_gives_the_same_list(settings, version):
    assert versions.freeze(settings, version.id, "same").hash == version.hash


def test_freezing_to_fewer_than_two_classes_is_refused(settings, db, version):
    for example in stored.examples(db, version.id):
        labels.set(db, example.image_id, "Car", "person")

    with pytest.raises(DatasetError, match="only the class “Car”"):
        versions.freeze(settings, version.id, "one class")

    assert len(stored.every(db)) == 1


def test_treating_makes_new_images_with_the_same_labels_and_splits(
    settings, db, version
):
    made = versions.treat(settings, version.id, BOXED, "boxed")

    before = stored.examples(db, version.id)
    after = stored.examples(db, made.id)
    assert made.treatment == BOXED.model_dump(mode="json")
    assert made.parent_id == version.id
    assert made.counts == version.counts
    parents = {one.id: one.parent_id for one in map_images(db, after)}
    for old, new in zip(before, after, strict=True):
        assert parents[new.image_id] == old.image_id
        assert (new.label, new.split, new.file_name) == (
            old.label,
            old.split,
            old.file_name,
        )
        assert new.box is None
        size = images.read_rgb(settings.resolve(new.path)).shape[:2]
        assert size == (old.box.bottom - old.box.top, old.box.right - old.box.left)


def map_images(db: store.Database, rows: list[Example]) -> list:
    return list(stored_images.get_many(db, (one.image_id for one in rows)).values())


def test_treating_again_redoes_nothing(settings, version):
    versions.treat(settings, version.id, BOXED, "first")
    made = files(settings.cache / "treated")
    times = [path.stat().st_mtime_ns for path in made]

    again = versions.treat(settings, version.id, BOXED, "second")

    assert [path.stat().st_mtime_ns for path in made] == times
    assert files(settings.cache / "treated") == made
    assert sum(again.counts.values()) == 36


def test_a_stopped_treatment_records_nothing_and_goes_on_later(settings, db, version):
    seen = []

    stopped = versions.treat(
        settings,
        version.id,
        BOXED,
        "boxed",
        on_progress=lambda done, total: seen.append((done, total)),
        stop_requested=lambda: len(seen) == 6,
    )

    assert stopped is None
    assert seen == [(done, 36) for done in range(6)]
    assert len(stored.every(db)) == 1
    # The photograph that was at work when the stop came is kept, too.
    assert len(list((settings.cache / "treated").rglob("*.jpg"))) == 6
    assert versions.treat(settings, version.id, BOXED, "boxed").counts == version.counts


def test_one_lost_photograph_does_not_end_a_treatment(settings, version):
    lost = examples(settings, version.id)[0]
    settings.resolve(lost.path).unlink()

    made = versions.treat(settings, version.id, BOXED, "boxed")

    assert sum(made.counts.values()) == 35
    assert skipped(settings, made.id)[lost.file_name].startswith("is missing")


def test_photographs_without_a_vehicle_stay_whole_and_are_listed(settings, tmp_path):
    drawing.draw_classes(tmp_path / "cars", ("Red Van", "Blue Bus"), each=2)
    version = versions.import_folder(settings, tmp_path / "cars", "no boxes")

    first = versions.treat(settings, version.id, BOXED, "boxed")
    again = versions.treat(settings, version.id, BOXED, "from the cache")

    for made in (first, again):
        reasons = Counter(skipped(settings, made.id).values())
        assert sum(made.counts.values()) == 4
        assert set(reasons) == {versions.NOTHING_FOUND}
        size = images.read_rgb(
            settings.resolve(examples(settings, made.id)[0].path)
        ).shape
        assert size == (96, 128, 3)


def test_a_cut_out_keeps_the_box_of_its_photograph(settings, tmp_path):
    few = drawing.draw_table(tmp_path / "few", train=1, test=1)
    version = versions.import_folder(settings, few, "few")
    cut_out = Treatment(remover="u2netp")
    rows = examples(settings, version.id)

    made = versions.treat(settings, version.id, cut_out, "cut out")

    boxes = [one.box for one in examples(settings, made.id)]
    assert boxes == [one.box for one in rows]
    assert all(isinstance(box, Box) for box in boxes)


def test_a_needless_treatment_is_refused(settings, version):
    with pytest.raises(DatasetError, match=r"“none” would leave.*box, u2netp"):
        versions.treat(settings, version.id, Treatment(), "same")

    boxed = versions.treat(settings, version.id, BOXED, "boxed")
    with pytest.raises(DatasetError, match="“boxed” is treated by box already"):
        versions.treat(settings, boxed.id, BOXED, "twice")


@pytest.mark.parametrize("room", [0, 5, 40, 80])
def test_a_full_disk_leaves_nothing_of_a_treatment(
    settings, db, version, full_disk, room
):
    with full_disk(room), pytest.raises(StoreError, match=r"disk .* is full"):
        versions.treat(settings, version.id, BOXED, "boxed")

    assert len(files(settings.data / "images")) == 36
    assert len(stored.every(db)) == 1
    assert not (settings.data / "versions" / "boxed").exists()


def test_deleting_a_version_removes_its_folder_and_keeps_its_photographs(
    settings, db, version
):
    versions.delete(settings, version.id)

    assert stored.every(db) == []
    assert not (settings.data / "versions" / "cars").exists()
    assert len(files(settings.data / "images")) == 36


def test_a_version_that_another_was_made_from_is_not_deleted(settings, version):
    versions.freeze(settings, version.id, "corrected")

    with pytest.raises(StoreError, match="“cars” is used by version “corrected”"):
        versions.delete(settings, version.id)

    assert len(files(settings.data / "versions" / "cars")) == 36


def test_versions_of_like_names_have_folders_of_their_own(settings, cars):
    versions.import_folder(settings, cars, "a/b")
    versions.import_folder(settings, cars, "a:b")
    versions.import_folder(settings, cars, "../../a")

    assert len(list((settings.data / "versions").iterdir())) == 3
    assert len(files(settings.data / "versions")) == 3 * 36
