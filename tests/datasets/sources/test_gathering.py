"""From sources to one folder that an import can read."""

import pytest

from carclf.datasets import layouts, versions
from carclf.datasets.sources import gathering, members, parse, rooms
from carclf.errors import SourceError
from tests import drawing
from tests.datasets.sources import packing


def gathered(settings, *texts):
    return gathering.gather(settings, [parse(str(text)) for text in texts])


def found(folder):
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    )


def test_a_folder_is_read_in_its_place(settings, tmp_path):
    folder = drawing.draw_classes(tmp_path / "cars")

    assert gathered(settings, folder) == folder
    assert not (settings.cache / "downloads").exists()


def test_the_sample_is_read_in_its_place(settings):
    assert gathered(settings, "sample") == settings.assets / "sample"


@pytest.mark.parametrize("suffix", members.SUFFIXES)
def test_an_archive_of_this_machine_can_be_imported(settings, tmp_path, suffix):
    folder = drawing.draw_classes(tmp_path / "cars")
    packed = packing.pack_folder(tmp_path / f"cars{suffix}", folder)

    layout = layouts.read(gathered(settings, packed))

    assert len(layout.entries) == 15


def test_an_archive_of_images_and_a_table_beside_it_are_one_data_set(
    settings, tmp_path
):
    cars = drawing.draw_table(tmp_path / "cars")
    packed = packing.pack_folder(tmp_path / "car_ims.tgz", cars / "images")

    folder = gathered(settings, packed, cars / "labels.csv")

    assert "car_ims/red-00.jpg" in found(folder)
    made = versions.import_folder(settings, folder, "cars", origin="s3://b/cars.tgz")
    assert sum(made.counts.values()) == 36
    assert made.source == "s3://b/cars.tgz"


def test_archives_of_the_splits_keep_their_names_as_folders(settings, tmp_path):
    for split in ("train", "test"):
        folder = drawing.draw_classes(tmp_path / split, each=2)
        packing.pack_folder(tmp_path / f"{split}.zip", folder)

    folder = gathered(settings, tmp_path / "train.zip", tmp_path / "test.zip")

    assert {one.split for one in layouts.read(folder).entries} == {"train", "test"}


def test_folders_of_the_same_classes_are_joined(settings, tmp_path):
    one = drawing.draw(tmp_path / "one" / "Red Van" / "1.jpg").parent.parent
    other = drawing.draw(tmp_path / "other" / "Red Van" / "2.jpg").parent.parent
    (other / "back").symlink_to(other)

    joined = gathered(settings, one, other)

    assert found(joined) == ["Red Van/1.jpg", "Red Van/2.jpg"]


def test_a_file_that_two_sources_bring_is_refused(settings, tmp_path):
    for name in ("one", "other"):
        drawing.draw(tmp_path / name / "Red Van" / "1.jpg")

    with pytest.raises(SourceError, match=r"1\.jpg comes from two of the sources"):
        gathered(settings, tmp_path / "one", tmp_path / "other")


def test_an_archive_on_the_web_is_known_though_its_address_does_not_tell(
    settings, site, files, tmp_path
):
    cars = drawing.draw_classes(tmp_path / "cars")
    packed = packing.pack_folder(tmp_path / "cars.zip", cars)
    files.content["/download"] = packed.read_bytes()

    folder = gathered(settings, f"{site.url}/download?id=1")

    assert len(layouts.read(folder).entries) == 15


def test_what_lies_packed_in_a_bucket_is_unpacked_beside_the_rest(
    settings, bucket, tmp_path
):
    cars = drawing.draw_table(tmp_path / "cars")
    packed = packing.pack_folder(tmp_path / "car_ims.tgz", cars / "images")
    bucket.put("course/car_ims.tgz", packed.read_bytes())
    bucket.put("course/labels.csv", (cars / "labels.csv").read_bytes())

    folder = gathering.gather(settings, [parse("s3://cars/course")], bucket.access)

    assert len(found(folder)) == 37
    assert len(layouts.read(folder).entries) == 36


def test_a_downloaded_archive_is_neither_sent_nor_unpacked_again(
    settings, site, files, tmp_path
):
    packed = packing.pack_folder(
        tmp_path / "cars.zip", drawing.draw_classes(tmp_path / "cars")
    )
    files.content["/cars.zip"] = packed.read_bytes()
    first = gathered(settings, f"{site.url}/cars.zip")
    made = first.stat().st_ctime_ns

    assert gathered(settings, f"{site.url}/cars.zip") == first
    assert first.stat().st_ctime_ns == made


def test_what_was_imported_leaves_the_cache_and_its_photographs_stay(
    settings, tmp_path
):
    source = parse(
        str(
            packing.pack_folder(
                tmp_path / "cars.zip", drawing.draw_classes(tmp_path / "cars")
            )
        )
    )
    versions.import_folder(settings, gathering.gather(settings, [source]), "cars")

    rooms.forget(settings, [source])

    assert list((settings.cache / "downloads").iterdir()) == []
    assert len(list((settings.data / "images").rglob("*.jpg"))) == 15
    assert (tmp_path / "cars.zip").exists()


def test_a_file_that_went_while_it_waited_in_the_queue_is_told_of(settings, tmp_path):
    packed = packing.pack(tmp_path / "cars.zip", {"1.jpg": b"1"})
    source = parse(str(packed))
    packed.unlink()

    with pytest.raises(SourceError, match="There is nothing at"):
        gathering.gather(settings, [source])


def test_only_what_the_browser_uploaded_is_taken_for_an_upload(settings, tmp_path):
    elsewhere = packing.pack(tmp_path / "secret.zip", {"1.jpg": b"1"})

    with pytest.raises(SourceError, match=r"secret\.zip was not uploaded"):
        rooms.keep_upload(settings, elsewhere, "secret.zip")
