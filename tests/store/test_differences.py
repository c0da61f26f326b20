"""In what two versions differ, checked against plain sets."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from carclf import store
from carclf.config import Treatment
from carclf.datasets import versions as dataset_versions
from carclf.records import SPLITS, Example
from carclf.settings import Settings
from carclf.store import differences, images, versions
from carclf.store.differences import KINDS


def record(db, name, examples, treatment=None):
    return versions.create(
        db,
        name,
        "hash",
        examples,
        treatment=treatment or {"remover": "none"},
        source="",
        split_rule="",
    )


@pytest.fixture
def edited(db, version):
    """The drawn cars without three, one relabelled, two moved, one of them both."""
    examples = versions.examples(db, version.id, split="train")
    others = [one for one in versions.examples(db, version.id) if one.split != "train"]
    first, second, third, *rest = [*examples[3:], *others]
    changed = [
        replace(first, label="New Class"),
        replace(second, split="test"),
        replace(third, label="New Class", split="test"),
    ]
    return record(db, "edited", [*changed, *rest])


def test_each_way_to_differ_is_counted(db, version, edited):
    assert differences.count(db, version.id, edited) == {
        **{"added": 0, "removed": 3, "relabelled": 2, "moved": 2}
    }
    assert differences.count(db, edited, version.id)["added"] == 3


def test_a_difference_tells_what_was_before_and_after(db, version, edited):
    moved = differences.page(db, "moved", version.id, edited, 10)
    removed = differences.page(db, "removed", version.id, edited, 1)[0]

    assert {one.label_after for one in moved} == {"Blue Bus", "New Class"}
    assert {one.label_before for one in moved} == {"Blue Bus"}
    assert {(one.split_before, one.split_after) for one in moved} == {("train", "test")}
    assert (removed.label_after, removed.split_after) == (None, None)
    assert removed.label_before == removed.example.label


def test_pairs_of_classes_are_counted_most_first(db, version, edited):
    pairs = differences.count_pairs(db, "relabelled", version.id, edited)

    assert sum(n for _, _, n in pairs) == 2
    assert {new for _, new, _ in pairs} == {"New Class"}


def test_pages_are_in_order_and_leave_nothing_out(db, version):
    other = record(db, "other", [])

    found = [
        one.example
        for start in range(0, 40, 7)
        for one in differences.page(db, "removed", version.id, other, 7, start)
    ]

    assert found == versions.examples(db, version.id)


def test_treated_images_are_found_again_by_their_photographs(settings, db, version):
    boxed = Treatment(remover="box", output="crop", margin=0.0)
    treated = dataset_versions.treat(settings, version.id, boxed, "boxed")
    kept = versions.examples(db, treated.id)[1:]
    fewer = record(
        db,
        "fewer",
        [replace(kept[0], label="New Class"), *kept[1:]],
        boxed.model_dump(),
    )

    assert set(differences.count(db, version.id, treated.id).values()) == {0}
    with store.connect(settings.db_path) as again:
        assert differences.count(again, version.id, fewer) == {
            **{"added": 0, "removed": 1, "relabelled": 1, "moved": 0}
        }
    removed = differences.page(db, "removed", version.id, fewer, 9)
    assert len(removed) == 1
    # As the earlier version has it: the whole photograph.
    assert removed[0].example in versions.examples(db, version.id)


@given(
    some.lists(
        some.tuples(
            some.sampled_from(["a", "b"]),
            some.sampled_from(SPLITS),
            some.none() | some.sampled_from(["a", "b"]),
            some.sampled_from(SPLITS),
            some.booleans(),
        ),
        max_size=12,
    )
)
def test_counts_agree_with_sets(tmp_path_factory, rows):
    settings = Settings(home=tmp_path_factory.mktemp("sets"))
    store.prepare(settings.db_path)
    before, after = {}, {}
    with store.connect(settings.db_path) as db:
        for number, (label, split, new_label, new_split, is_new) in enumerate(rows):
            one = example(db, number, label, split)
            if not is_new:
                before[number] = one
            if new_label is not None:
                after[number] = replace(one, label=new_label, split=new_split)
        ids = record(db, "a", [*before.values()]), record(db, "b", [*after.values()])
        found = differences.count(db, *ids)
        listed = {kind: len(differences.page(db, kind, *ids, 99)) for kind in KINDS}

    both = before.keys() & after.keys()
    assert found == listed
    assert found == {
        "added": len(after.keys() - before.keys()),
        "removed": len(before.keys() - after.keys()),
        "relabelled": sum(before[n].label != after[n].label for n in both),
        "moved": sum(before[n].split != after[n].split for n in both),
    }


def example(db, number, label, split):
    sha256 = f"{number:064x}"
    path = Path(f"{number}.jpg")
    image_id = images.add(db, sha256, path, 4, 3, 100)
    return Example(image_id, path, label, split, path.name, sha256)
