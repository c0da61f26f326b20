"""Downloads from S3, over real sockets: proved, gone on with, never half."""

import os
from dataclasses import replace

import boto3
import pytest
from botocore.config import Config

from carclf.datasets.sources import Access, s3
from carclf.datasets.sources.s3 import parts
from carclf.errors import SourceError, Stopped, StoreError
from tests.datasets.sources import serving
from tests.datasets.sources.serving import Answer

LARGE = os.urandom(1_000_000)
PART = 150_000


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Make objects of a megabyte large ones, of more parts than come at once."""
    monkeypatch.setattr(parts, "PART", PART)
    monkeypatch.setattr(s3.download, "WORKERS", 2)
    monkeypatch.setattr(s3.download, "PART", PART)


@pytest.fixture
def fetch(bucket, tmp_path):
    """Return a function that downloads, as if started anew, and gives the folder."""

    def fetched(key="", access=None, told=lambda *_: None, stop=lambda: False):
        folder = tmp_path / "room" / "fetched"
        address = key if key.startswith("s3://") else f"s3://cars/{key}"
        s3.fetch(address, access or bucket.access, folder, told, stop)
        return folder

    return fetched


def content(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def got(bucket, key):
    return [one for one in bucket.server.asked() if one.path.startswith(f"/cars/{key}")]


def test_all_below_a_prefix_comes_with_its_folders(bucket, fetch):
    for key in ("set/Red Van/1.jpg", "set/Škoda/2.jpg", "set/", "set/empty", "setup/x"):
        bucket.put(key, b"" if key in ("set/", "set/empty") else key.encode())

    expected = {
        "Red Van/1.jpg": b"set/Red Van/1.jpg",
        "Škoda/2.jpg": "set/Škoda/2.jpg".encode(),
        "empty": b"",
    }
    assert content(fetch("set")) == expected
    assert content(fetch("set/")) == expected


def test_more_objects_come_than_one_listing_holds(bucket, fetch, monkeypatch):
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "3")
    for number in range(7):
        bucket.put(f"{number}.jpg", b"%d" % number)

    assert len(content(fetch())) == 7
    listings = [one for one in bucket.server.asked() if "list-type=2" in one.path]
    assert len(listings) == 3


def test_a_single_object_comes_under_its_name(bucket, fetch):
    bucket.put("course/labels.csv", b"class,img_name\n")
    bucket.put("course/labels.csv.bak", b"older")

    assert content(fetch("course/labels.csv")) == {"labels.csv": b"class,img_name\n"}


def test_what_is_whole_and_unchanged_is_not_asked_for_again(bucket, fetch):
    bucket.put("1.jpg", b"1")
    bucket.put("2.jpg", b"2")
    fetch()
    bucket.put("2.jpg", b"new")
    before = len(got(bucket, "1.jpg"))

    assert content(fetch()) == {"1.jpg": b"1", "2.jpg": b"new"}
    assert len(got(bucket, "1.jpg")) == before


def test_what_left_the_bucket_leaves_the_folder(bucket, fetch):
    bucket.put("1.jpg", b"1")
    bucket.put("2.jpg", b"2")
    fetch()
    bucket.client.delete_object(Bucket="cars", Key="1.jpg")

    assert content(fetch()) == {"2.jpg": b"2"}


def test_a_large_object_comes_in_parts_and_is_proved(bucket, fetch, capsys):
    bucket.put("cars.tgz", LARGE)

    assert content(fetch("cars.tgz")) == {"cars.tgz": LARGE}
    ranges = {one.headers.get("Range") for one in got(bucket, "cars.tgz")}
    assert len(ranges) == 7
    assert all(one.headers["If-Match"] for one in got(bucket, "cars.tgz"))
    assert "cars.tgz: checked by size and CRC32." in capsys.readouterr().out


def test_a_killed_download_goes_on_where_it_was(bucket, fetch):
    bucket.put("cars.tgz", LARGE)

    def killed(done, *_):
        if done > 300_000:
            raise KeyboardInterrupt

    bucket.server.faults += [serving.slow(0.05) for _ in range(99)]
    with pytest.raises(KeyboardInterrupt):
        fetch("cars.tgz", told=killed)
    bucket.server.faults.clear()
    before = len(got(bucket, "cars.tgz"))

    assert content(fetch("cars.tgz")) == {"cars.tgz": LARGE}
    assert 0 < len(got(bucket, "cars.tgz")) - before < 7


def test_while_it_comes_nothing_of_it_is_in_the_folder(bucket, fetch, tmp_path):
    bucket.put("cars.tgz", LARGE)

    def looks(done, *_):
        if done < len(LARGE):
            assert content(tmp_path / "room" / "fetched") == {}
            raise Stopped

    bucket.server.faults += [serving.slow(0.05) for _ in range(7)]
    with pytest.raises(Stopped):
        fetch("cars.tgz", told=looks)


MISHAPS = [
    serving.cut(0),
    serving.cut(50_000),
    serving.truncated(50_000),
    serving.busy(),
    serving.slow(0.01),
]


@pytest.mark.parametrize("fault", [*MISHAPS, serving.flipped()])
def test_a_mishap_to_a_small_object_is_got_over(bucket, fetch, fault):
    bucket.put("1.jpg", LARGE[:100_000])
    bucket.server.faults.append(fault)

    assert content(fetch("1.jpg")) == {"1.jpg": LARGE[:100_000]}


@pytest.mark.parametrize("fault", MISHAPS)
def test_a_mishap_to_a_part_of_a_large_object_is_got_over(bucket, fetch, fault):
    bucket.put("cars.tgz", LARGE)
    bucket.server.faults.append(fault)

    assert content(fetch("cars.tgz")) == {"cars.tgz": LARGE}
    assert bucket.server.faults == []


def test_a_download_that_keeps_breaking_is_given_up_with_what_to_do(
    bucket, fetch, tmp_path
):
    bucket.put("1.jpg", LARGE[:100_000])
    bucket.server.faults += [serving.cut(50_000) for _ in range(30)]

    with pytest.raises(SourceError, match="could not be downloaded to its end"):
        fetch("1.jpg")

    assert content(tmp_path / "room" / "fetched") == {}


def test_an_object_that_changes_meanwhile_is_never_put_together(
    bucket, fetch, tmp_path
):
    bucket.put("cars.tgz", LARGE)

    def changes(request, given):
        if "Range" not in request.headers:
            return None
        bucket.put("cars.tgz", LARGE[::-1])
        return given

    bucket.server.faults.append(changes)
    with pytest.raises(SourceError, match="changed in the bucket while"):
        fetch("cars.tgz")
    assert content(tmp_path / "room" / "fetched") == {}

    assert content(fetch("cars.tgz")) == {"cars.tgz": LARGE[::-1]}


def test_a_server_that_does_not_heed_if_match_is_found_out(bucket, fetch):
    bucket.put("1.jpg", b"1")
    other = serving.once(
        lambda given: replace(given, headers=other_etag(given)), "1.jpg"
    )
    bucket.server.faults.append(other)

    with pytest.raises(SourceError, match="changed in the bucket while"):
        fetch("1.jpg")


def other_etag(given):
    return {k: v for k, v in given.headers.items() if k.lower() != "etag"} | {
        "ETag": '"0123"'
    }


def test_bytes_that_are_not_the_object_are_thrown_away(bucket, fetch, tmp_path):
    bucket.put("cars.tgz", LARGE)
    bucket.server.faults.append(serving.flipped("cars.tgz"))

    with pytest.raises(SourceError, match="arrived damaged: its CRC32 is not what S3"):
        fetch("cars.tgz")

    assert content(tmp_path / "room") == {}


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA1", "CRC32C", "CRC64NVME"])
def test_every_checksum_of_s3_is_checked(bucket, fetch, capsys, algorithm):
    bucket.put("cars.tgz", LARGE, ChecksumAlgorithm=algorithm)

    assert content(fetch("cars.tgz")) == {"cars.tgz": LARGE}

    assert f"checked by size and {algorithm}" in capsys.readouterr().out


def upload_in_parts(client, key, data, size):
    upload = client.create_multipart_upload(Bucket="cars", Key=key)
    about = {"Bucket": "cars", "Key": key, "UploadId": upload["UploadId"]}
    done = []
    for number, start in enumerate(range(0, len(data), size), 1):
        part = {"PartNumber": number, "Body": data[start : start + size]}
        said = client.upload_part(**about, **part)
        done.append({"PartNumber": number, "ETag": said["ETag"]})
    client.complete_multipart_upload(**about, MultipartUpload={"Parts": done})


def test_an_object_uploaded_in_parts_is_proved_by_the_etag_over_them(
    bucket, fetch, capsys
):
    data = os.urandom(12_000_000)
    plain = Config(request_checksum_calculation="when_required")
    client = boto3.client(
        "s3", endpoint_url=bucket.client.meta.endpoint_url, config=plain
    )
    upload_in_parts(client, "cars.tgz", data, 5 * 2**20)
    client.close()

    assert content(fetch("cars.tgz")) == {"cars.tgz": data}

    assert "checked by size and MD5 of its parts." in capsys.readouterr().out


def test_a_stop_keeps_what_came(bucket, fetch):
    bucket.put("cars.tgz", LARGE)

    with pytest.raises(Stopped):
        fetch("cars.tgz", stop=lambda: True)

    assert content(fetch("cars.tgz")) == {"cars.tgz": LARGE}


def test_progress_tells_bytes_and_counts_what_is_read_again_once(bucket, fetch):
    bucket.put("cars.tgz", LARGE)
    bucket.server.faults.append(serving.cut(50_000))
    told = []

    fetch("cars.tgz", told=lambda *said: told.append(said))

    assert told[-1][:2] == (len(LARGE), len(LARGE))
    assert "1.0 MB of 1.0 MB" in told[-1][2]


@pytest.mark.parametrize("name", ["../out.jpg", "a/../../out.jpg"])
def test_a_key_that_leads_out_is_refused_by_name(bucket, fetch, tmp_path, name):
    bucket.put(f"set/{name}", b"1")

    with pytest.raises(SourceError, match=r"The bucket cars is refused.*leads out"):
        fetch("set/")

    assert content(tmp_path) == {}


def test_keys_that_are_file_and_folder_at_once_are_refused(bucket, fetch):
    bucket.put("set/a", b"1")
    bucket.put("set/a/b.jpg", b"2")

    with pytest.raises(SourceError, match="cannot both be files"):
        fetch("set")


def test_a_disk_without_room_is_told_of_before_it_is_full(bucket, fetch, monkeypatch):
    bucket.put("1.jpg", b"12345")
    usage = type("Usage", (), {"free": 4})
    monkeypatch.setattr(s3.download.shutil, "disk_usage", lambda path: usage)

    with pytest.raises(StoreError, match="is full"):
        fetch()


def refused(code, status=403):
    def fault(request, given):
        body = f"<Error><Code>{code}</Code><Message>No.</Message></Error>"
        return Answer(status, {"Content-Type": "application/xml"}, body.encode())

    return fault


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (refused("AccessDenied"), "s3:GetObject and s3:ListBucket"),
        (refused("InvalidAccessKeyId"), "does not accept the credentials.*Check"),
        (refused("SignatureDoesNotMatch"), "Check the access key and its secret"),
        (refused("ExpiredToken", 400), "expired. Log in again"),
        (refused("RequestTimeTooSkewed"), "clock is wrong"),
        (refused("InvalidObjectState"), "Have it restored first"),
        (refused("SlowDown", 503), "too busy or in trouble.*goes on from there"),
        (refused("Nonsense", 400), "cannot be read: Nonsense No"),
    ],
)
def test_a_refusal_is_a_sentence_that_says_what_to_do(bucket, fetch, fault, told):
    bucket.put("set/1.jpg", b"1")
    bucket.server.faults += [fault] * 99

    with pytest.raises(SourceError, match=told):
        fetch("set/")


def test_what_is_not_public_is_told_to_the_anonymous(bucket, fetch):
    bucket.server.faults += [refused("AccessDenied")] * 9
    access = Access(endpoint=bucket.server.url, anonymous=True)

    with pytest.raises(SourceError, match="It is not public: leave “anonymous” out"):
        fetch("set/", access)


def test_the_anonymous_send_no_credentials(bucket, fetch):
    bucket.put("1.jpg", b"1", ACL="public-read")

    fetch("1.jpg", Access(endpoint=bucket.server.url, anonymous=True))

    assert all("Authorization" not in one.headers for one in bucket.server.requests)


def test_a_profile_is_asked_with_by_its_name(bucket, fetch, tmp_path, monkeypatch):
    (tmp_path / "keys").write_text(
        "[work]\naws_access_key_id = WORKKEY\naws_secret_access_key = hunter2\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "keys"))
    bucket.put("1.jpg", b"1")

    fetch("", Access("work", bucket.server.url))

    assert "WORKKEY" in bucket.server.requests[-1].headers["Authorization"]


def test_a_profile_that_is_not_there_is_told_of(bucket, fetch):
    with pytest.raises(SourceError, match="no profile called “wrok”"):
        fetch("", Access("wrok", bucket.server.url))


def test_without_credentials_it_is_said_where_they_can_come_from(
    bucket, fetch, monkeypatch
):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(SourceError, match=r"no credentials for S3.*anonymous"):
        fetch()


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (
            "s3://no-such-bucket/x",
            "There is no bucket called no-such-bucket at http://127",
        ),
        (
            "course/lables.csv",
            "no object and no folder “course/lables.csv” in the bucket "
            "cars. There is: course/labels.csv",
        ),
    ],
)
def test_what_is_not_there_is_told_with_what_is(bucket, fetch, key, told):
    bucket.put("course/labels.csv", b"x")

    with pytest.raises(SourceError, match=told):
        fetch(key)


def test_an_endpoint_that_nobody_serves_is_told_of(bucket, fetch, monkeypatch):
    # Its own retries would make this a test of patience.
    once = Config(retries={"total_max_attempts": 1})
    monkeypatch.setattr(s3, "Config", lambda **_: once)

    with pytest.raises(SourceError, match=r"http://127\.0\.0\.1:1 cannot be reached"):
        fetch("", Access(endpoint="http://127.0.0.1:1"))
