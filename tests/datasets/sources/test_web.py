"""Downloads from the web: whole or not at all, and gone on with where they were."""

import os

import pytest

from carclf.datasets.sources import gathering, pace, parse, web
from carclf.errors import SourceError, Stopped, StoreError
from tests.datasets.sources import serving
from tests.datasets.sources.serving import Answer

DATA = os.urandom(700_000)


@pytest.fixture
def fetch(site, files, tmp_path):
    """Return a function that downloads, as if started anew, and gives the path."""
    files.content["/cars.zip"] = DATA

    def fetched(path="/cars.zip", told=lambda *_: None, stop=lambda: False):
        address = path if "://" in path else site.url + path
        return web.fetch(address, address, tmp_path / "room", told, stop)

    return fetched


def whole_files(tmp_path):
    return list((tmp_path / "room").glob("whole/*"))


def test_a_file_comes_whole_and_under_its_name(fetch):
    path = fetch()

    assert path.name == "cars.zip"
    assert path.read_bytes() == DATA


def test_a_file_that_is_here_is_asked_about_and_not_sent_again(fetch, site):
    fetch()
    again = fetch()

    assert again.read_bytes() == DATA
    assert site.requests[-1].headers["If-None-Match"]


def test_a_file_that_changed_since_comes_anew_and_the_old_one_is_not_touched(
    fetch, files, tmp_path
):
    kept = tmp_path / "kept.zip"
    kept.hardlink_to(fetch())
    files.content["/cars.zip"] = b"new"

    assert fetch().read_bytes() == b"new"
    assert kept.read_bytes() == DATA


@pytest.mark.parametrize(
    "fault",
    [
        serving.cut(300_000),
        serving.cut(0),
        serving.busy(),
        serving.busy(**{"Retry-After": "0"}),
        serving.slow(0.001),
    ],
)
def test_a_mishap_on_the_way_is_got_over(fetch, site, fault):
    site.faults.append(fault)

    assert fetch().read_bytes() == DATA


def test_after_a_cut_only_the_rest_is_asked_for(fetch, site):
    site.faults.append(serving.cut(300_000))

    fetch()

    first, second = site.asked()
    assert "Range" not in first.headers
    assert int(second.headers["Range"][6:-1]) > 200_000
    assert second.headers["If-Range"]


def test_a_killed_download_goes_on_where_it_was(fetch, site, tmp_path, monkeypatch):
    def killed(done, *_):
        if done > 300_000:
            raise KeyboardInterrupt

    monkeypatch.setattr(pace, "_EVERY_S", 0.0)
    with pytest.raises(KeyboardInterrupt):
        fetch(told=killed)
    assert whole_files(tmp_path) == []

    assert fetch().read_bytes() == DATA
    assert int(site.asked()[-1].headers["Range"][6:-1]) > 200_000


def test_a_file_that_changes_between_two_parts_is_begun_anew(fetch, site, files):
    def cut_and_change(request, given):
        files.content["/cars.zip"] = DATA[::-1]
        return serving.Answer(200, given.headers, given.body, cut=300_000)

    site.faults.append(cut_and_change)

    assert fetch().read_bytes() == DATA[::-1]


def test_a_part_of_another_file_is_not_put_behind_the_first(fetch, site):
    def another(request, given):
        if "Range" not in request.headers:
            return None
        headers = {"Content-Range": f"bytes 5-{len(DATA) - 1}/{len(DATA)}"}
        return Answer(206, headers, DATA[5:])

    site.faults += [serving.cut(300_000), another]

    assert fetch().read_bytes() == DATA


def test_a_server_without_ranges_sends_it_all_again(fetch, site):
    def all_of_it(request, given):
        return Answer(200, given.headers, DATA) if "Range" in request.headers else None

    site.faults += [serving.cut(300_000), all_of_it]

    assert fetch().read_bytes() == DATA


def test_without_proof_that_it_is_the_same_file_nothing_is_put_together(
    fetch, site, files
):
    files.headers["ETag"] = ""
    site.faults.append(serving.cut(300_000))

    assert fetch().read_bytes() == DATA
    assert all("Range" not in one.headers for one in site.requests)


def test_a_download_that_keeps_breaking_is_given_up_and_never_taken_for_whole(
    fetch, site, tmp_path
):
    site.faults += [serving.cut(0) for _ in range(9)]

    with pytest.raises(SourceError, match=r"could not be downloaded.*goes on from"):
        fetch()

    assert whole_files(tmp_path) == []


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(404), "There is no file at"),
        (Answer(403), "wants a login, or the address has expired"),
        (Answer(401), "wants a login"),
        (Answer(418), "answers 418"),
        (Answer(200, {"Content-Type": "text/html; charset=x"}, b"<p>"), "a web page"),
        (Answer(302, {"Location": "/cars.zip"}), "sent on more than 5 times"),
        (Answer(302, {"Location": "file:///etc/passwd"}), "by http or https"),
        (Answer(302, {"Location": "ftp://127.0.0.1/x"}), "by http or https"),
    ],
)
def test_an_answer_without_the_file_is_told_in_words(fetch, site, answer, told):
    site.faults += [lambda request, given: answer for _ in range(9)]

    with pytest.raises(SourceError, match=told):
        fetch()


def test_a_redirect_is_followed(fetch, site):
    moved = Answer(302, {"Location": "/cars.zip"})
    site.faults.append(lambda request, given: moved)

    assert fetch("/latest").read_bytes() == DATA


def test_a_server_that_is_not_there_is_told_of_at_once(fetch):
    with pytest.raises(SourceError, match=r"127\.0\.0\.1:1/x\.zip cannot be reached"):
        fetch("http://127.0.0.1:1/x.zip")


def test_a_server_that_falls_silent_is_not_waited_for_without_end(
    fetch, site, monkeypatch
):
    monkeypatch.setattr(web, "TIMEOUT", 0.2)
    site.faults.append(serving.slow(0.6))

    assert fetch().read_bytes() == DATA


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="my cars.zip"', "my cars.zip"),
        ("attachment; filename*=UTF-8''%C5%A0koda.zip", "Škoda.zip"),
        ('attachment; filename="../../etc/x.zip"', "x.zip"),
        ("attachment", "cars.zip"),
    ],
)
def test_the_server_may_say_what_the_file_is_called(fetch, files, header, name):
    files.headers["Content-Disposition"] = header

    assert fetch().name == name


def test_progress_tells_bytes_rate_and_time_left(fetch, site):
    told = []
    site.faults.append(serving.slow(0.02))

    fetch(told=lambda *said: told.append(said))

    done, total, words, _ = told[-1]
    assert (done, total) == (len(DATA), len(DATA))
    assert words.startswith("Downloading · 700 kB of 700 kB · ")
    assert words.endswith("/s")


def test_a_stop_keeps_what_came_and_takes_nothing_for_whole(fetch, tmp_path):
    with pytest.raises(Stopped):
        fetch(stop=lambda: True)

    assert whole_files(tmp_path) == []


def test_a_full_disk_is_told_as_such(settings, site, files, monkeypatch):
    files.content["/cars.zip"] = DATA
    room = settings.cache / "downloads" / parse(f"{site.url}/cars.zip").key / "fetched"
    room.mkdir(parents=True)
    monkeypatch.setattr(web.sidecar, "discard", lambda path: None)
    (room / "part").symlink_to("/dev/full")

    with pytest.raises(StoreError, match="is full"):
        gathering.gather(settings, [parse(f"{site.url}/cars.zip")])
