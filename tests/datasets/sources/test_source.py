"""What a text names."""

import pytest

from carclf.datasets.sources import Access, parse, rooms
from carclf.datasets.sources.source import uploaded
from carclf.errors import SourceError


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("s3://bucket/cars/", "s3", "cars"),
        ("S3://bucket/a/car_ims.tgz", "s3", "car_ims"),
        ("s3://bucket", "s3", "bucket"),
        (" https://example.org/a/My%20cars.zip ", "web", "My cars"),
        ("http://example.org", "web", "example.org"),
        ("sample", "sample", "sample"),
    ],
)
def test_an_address_is_known_by_how_it_begins(text, kind, name):
    found = parse(text)

    assert (found.kind, found.name) == (kind, name)


def test_a_path_is_a_folder_an_archive_or_a_table(tmp_path):
    (tmp_path / "cars.v2").mkdir()
    for name in ("cars.tar.gz", "labels.csv"):
        (tmp_path / name).touch()

    found = [parse(str(path)) for path in sorted(tmp_path.iterdir())]

    assert [one.kind for one in found] == ["file", "folder", "file"]
    assert [one.name for one in found] == ["cars", "cars.v2", "labels.csv"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Say where the photographs are"),
        ("ftp://example.org/x.zip", "begin with ftp:// are not known"),
        ("file:///etc/passwd", "begin with file:// are not known"),
        ("s3://", "is no name of a bucket"),
        ("s3://key:secret@bucket/x", "is no name of a bucket"),
        ("https://", "is no address"),
        ("http://[", "is no address"),
        ("/no/such/folder", "There is nothing at /no/such/folder"),
    ],
)
def test_what_is_no_source_is_refused_in_words(text, told):
    with pytest.raises(SourceError, match=told):
        parse(text)


@pytest.mark.parametrize(
    ("name", "told"),
    [("cars.rar", "packed in a way that is not known"), ("1.jpg", "neither a folder")],
)
def test_a_file_that_cannot_be_imported_is_refused_with_what_to_do(
    tmp_path, name, told
):
    (tmp_path / name).touch()

    with pytest.raises(SourceError, match=f"{name}.*{told}"):
        parse(str(tmp_path / name))


def test_a_secret_in_an_address_is_neither_shown_nor_kept_in_the_store(settings):
    address = "https://me:hunter2@example.org/cars.zip?X-Amz-Signature=hunter3#x"

    plain = rooms.to_plain(settings, parse(address))

    assert plain["shown"] == "https://example.org/cars.zip"
    assert "hunter" not in str(plain)
    assert rooms.from_plain(settings, plain) == parse(address)
    (kept,) = settings.cache.rglob("address")
    assert kept.stat().st_mode & 0o077 == 0


def test_an_address_that_was_a_secret_and_is_gone_is_asked_for_again(settings):
    source = parse("https://example.org/cars.zip?token=hunter2")
    plain = rooms.to_plain(settings, source)
    rooms.forget(settings, [source])

    with pytest.raises(SourceError, match="is kept apart, and is gone"):
        rooms.from_plain(settings, plain)


@pytest.mark.parametrize(
    ("endpoint", "told"),
    [
        ("minio:9000", "is no address"),
        ("ftp://minio", "is no address"),
        ("https://me:hunter2@minio", "keeps no secrets"),
        ("https://minio/?token=1", "keeps no secrets"),
    ],
)
def test_an_endpoint_that_is_none_or_holds_a_secret_is_refused(endpoint, told):
    with pytest.raises(SourceError, match=told) as refused:
        Access(endpoint=endpoint)

    assert "hunter2" not in str(refused.value)


def test_a_profile_and_no_credentials_exclude_each_other():
    with pytest.raises(SourceError, match="choose one"):
        Access(profile="work", anonymous=True)


def test_an_upload_is_shown_by_its_own_name(tmp_path):
    source = uploaded(tmp_path / "a1b2" / "cars.zip", "cars.zip")

    assert source.shown == "cars.zip (uploaded)"
    assert source.name == "cars"
