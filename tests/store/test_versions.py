"""Versions are frozen lists, and can be asked about."""

import pytest

from carclf.config import TrainConfig
from carclf.errors import StoreError
from carclf.records import Skipped
from carclf.store import evaluations, jobs, labels, runs, versions


def create(db, name, examples, **more):
    return versions.create(
        db, name, "hash", examples, treatment={}, source="", split_rule="", **more
    )


def test_a_version_is_found_by_id_and_by_name(db, version):
    assert versions.get(db, version.id) == version
    assert versions.by_name(db, "cars") == version
    assert versions.every(db) == [version]


def test_an_unknown_version_is_refused_with_those_there_are(db, version):
    with pytest.raises(StoreError, match=r"called “trucks”\. There are: “cars”"):
        versions.by_name(db, "trucks")
    with pytest.raises(StoreError, match="no dataset version 9"):
        versions.get(db, 9)


def test_a_name_is_given_once_and_the_second_leaves_nothing(db, version):
    examples = versions.examples(db, version.id)

    with pytest.raises(StoreError, match="“cars” exists already"):
        create(db, "cars", examples)

    assert len(versions.every(db)) == 1
    assert versions.count(db, version.id) == 36


def test_examples_come_in_one_order_page_by_page(db, version):
    whole = versions.examples(db, version.id)
    pages = [
        example
        for offset in range(0, 36, 7)
        for example in versions.examples(db, version.id, limit=7, offset=offset)
    ]

    assert pages == whole
    keys = [(one.split, one.label, one.file_name) for one in whole]
    assert keys == sorted(keys)


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"split": "test"}, 12),
        ({"label": "Red Van"}, 12),
        ({"split": "test", "label": "Red Van"}, 4),
        ({"text": "rEd"}, 12),
        ({"text": " bus "}, 12),
        ({"text": "-03.JPG"}, 3),
        ({"text": "%"}, 0),
        ({"label": "Lorry"}, 0),
    ],
)
def test_examples_are_filtered_and_counted_alike(db, version, wanted, count):
    assert versions.count(db, version.id, **wanted) == count
    assert len(versions.examples(db, version.id, **wanted)) == count


def test_only_relabelled_examples_can_be_asked_for(db, version):
    first, *_ = versions.examples(db, version.id)
    labels.set(db, first.image_id, "Other", "person")

    assert versions.examples(db, version.id, only_relabelled=True) == [first]


def test_one_example_is_fetched_by_its_image(db, version):
    first, *_ = versions.examples(db, version.id)

    assert versions.example(db, version.id, first.image_id) == first
    with pytest.raises(
        StoreError, match=f"Image 999 is not in dataset version {version.id}"
    ):
        versions.example(db, version.id, 999)


def test_counts_are_by_class_and_split(db, version):
    counts = versions.counts(db, version.id)

    assert counts[:3] == [
        ("Blue Bus", "test", 4),
        ("Blue Bus", "train", 6),
        ("Blue Bus", "validation", 2),
    ]
    assert sum(count for _, _, count in counts) == 36


def test_what_was_skipped_is_kept_with_the_version(db, version):
    left_out = [Skipped("a.jpg", "is empty."), Skipped("b.jpg", "is no image.")]

    version_id = create(db, "more", versions.examples(db, version.id), skipped=left_out)

    assert versions.skipped(db, version_id) == left_out
    assert versions.skipped(db, version.id) == []


def test_a_version_that_was_used_is_not_deleted_and_its_users_are_named(db, version):
    settings = TrainConfig().model_dump(mode="json")
    run = runs.create(db, "first try", settings, version_id=version.id)
    child = create(db, "child", versions.examples(db, version.id), parent_id=version.id)

    with pytest.raises(StoreError, match="used by run “first try”, version “child”"):
        versions.delete(db, version.id)

    assert versions.count(db, version.id) == 36
    versions.delete(db, child)
    runs.delete(db, run.id)
    assert versions.delete(db, version.id) == version
    assert versions.every(db) == []


def test_a_version_that_was_evaluated_on_is_not_deleted(db, version):
    run = runs.create(
        db, "elsewhere", TrainConfig().model_dump(mode="json"), version_id=None
    )
    evaluations.add(db, run.id, 1, version.id, "test", version.classes, {}, [])

    with pytest.raises(StoreError, match="used by run “elsewhere”"):
        versions.delete(db, version.id)


def test_a_version_that_a_job_is_to_use_is_not_deleted(db, version):
    job = jobs.create(db, "background", "Treat it", {"version_id": version.id})
    jobs.claim_next(db)

    with pytest.raises(StoreError, match="because “Treat it” is at work on it"):
        versions.delete(db, version.id)

    jobs.finish(db, job.id, "done")
    assert versions.delete(db, version.id) == version


def test_many_users_are_counted_rather_than_listed(db, version):
    for number in range(5):
        settings = TrainConfig().model_dump(mode="json")
        runs.create(db, f"try {number}", settings, version_id=version.id)

    with pytest.raises(StoreError, match="and 2 more, so it stays"):
        versions.delete(db, version.id)


def test_the_examples_of_a_split_also_come_one_by_one(db, version):
    one_by_one = list(versions.each(db, version.id, "train"))

    assert one_by_one == versions.examples(db, version.id, split="train")
    assert len(one_by_one) == 18
