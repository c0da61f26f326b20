"""Archives are unpacked whole or not at all, and never outside their folder."""

import stat
import tarfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from carclf.datasets.sources import archives, members
from carclf.errors import SourceError, Stopped, StoreError
from tests.datasets.sources import packing

FILES = {"cars/Red Van/1.jpg": b"one", "cars/Škoda 🚗/2.jpg": b"two" * 99_999}


@pytest.fixture
def folder(tmp_path):
    """A place to unpack into; nothing else is ever to appear around it."""
    (tmp_path / "around").mkdir()
    return tmp_path / "around" / "into"


def content(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def nothing_is_left(folder):
    return list(folder.parent.iterdir()) == []


@pytest.mark.parametrize("suffix", members.SUFFIXES)
def test_every_kind_of_archive_gives_its_files(tmp_path, folder, suffix):
    packed = packing.pack(tmp_path / f"cars{suffix}", FILES)

    archives.unpack(packed, folder)

    assert content(folder) == FILES
    assert list(folder.parent.iterdir()) == [folder]
    assert members.is_archive(packed.name.upper())
    assert members.stem(packed.name) == "cars"
    assert members.looks_packed(packed)


HOSTILE = [
    ("../out.jpg", "leads out"),
    ("a/../../out.jpg", "leads out"),
    ("..\\out.jpg", "leads out"),
    ("/tmp/out.jpg", "absolute"),
    ("\\\\server\\share\\out.jpg", "absolute"),
    ("C:\\Windows\\out.jpg", "absolute"),
    ("a\0.jpg", "NUL"),
    ("./", "no name"),
]


@pytest.mark.parametrize(("name", "told"), HOSTILE)
def test_a_zip_with_a_hostile_name_is_refused_by_that_name(
    tmp_path, folder, name, told
):
    honest, hostile = packing.zip_entry("1.jpg"), packing.zip_entry(name)
    packed = packing.zip_of(tmp_path / "x.zip", [(honest, b"1"), (hostile, b"2")])

    with pytest.raises(SourceError, match=f"x.zip is refused.*{told}"):
        archives.unpack(packed, folder)

    assert nothing_is_left(folder)


# A NUL ends a name in a tar, and so cannot be in one.
@pytest.mark.parametrize(
    ("name", "told"), [one for one in HOSTILE if "\0" not in one[0]]
)
def test_a_tar_with_a_hostile_name_is_refused_by_that_name(
    tmp_path, folder, name, told
):
    entries = [(packing.entry("1.jpg"), b"1"), (packing.entry(name), b"2")]

    with pytest.raises(SourceError, match=f"x.tar is refused.*{told}"):
        archives.unpack(packing.tar_of(tmp_path / "x.tar", entries), folder)

    assert nothing_is_left(folder)


@pytest.mark.parametrize(
    ("kind", "target", "told"),
    [
        (tarfile.SYMTYPE, "/etc/passwd", "a link out of it, to /etc/passwd"),
        (tarfile.SYMTYPE, "../../etc/passwd", "a link out of it"),
        (tarfile.LNKTYPE, "/etc/passwd", "a link out of it"),
        (tarfile.LNKTYPE, "../secret", "a link out of it"),
        (tarfile.CHRTYPE, "", "a device or a pipe"),
        (tarfile.BLKTYPE, "", "a device or a pipe"),
        (tarfile.FIFOTYPE, "", "a device or a pipe"),
    ],
)
def test_links_out_and_devices_are_refused_by_name(
    tmp_path, folder, kind, target, told
):
    entries = [(packing.entry("a/innocent.jpg", kind, target), b"")]

    with pytest.raises(SourceError, match=f"a/innocent.jpg” in it is {told}"):
        archives.unpack(packing.tar_of(tmp_path / "x.tar", entries), folder)

    assert nothing_is_left(folder)


@pytest.mark.parametrize(
    ("mode", "told"), [(packing.SYMLINK, "a link"), (packing.DEVICE, "a device")]
)
def test_links_out_and_devices_in_a_zip_are_refused_too(tmp_path, folder, mode, told):
    one = packing.zip_entry("innocent.jpg", mode)
    packed = packing.zip_of(tmp_path / "x.zip", [(one, b"../../../etc/passwd")])

    with pytest.raises(SourceError, match=f"innocent.jpg” in it is {told}"):
        archives.unpack(packed, folder)

    assert nothing_is_left(folder)


def test_a_file_is_not_written_through_a_link(tmp_path, folder):
    entries = [
        (packing.entry("down", tarfile.SYMTYPE, "inner"), b""),
        (packing.entry("down/1.jpg"), b"1"),
    ]

    archives.unpack(packing.tar_of(tmp_path / "x.tar", entries), folder)

    assert content(folder) == {"down/1.jpg": b"1"}


def test_a_link_inside_becomes_the_file_it_points_to(tmp_path, folder):
    entries = [
        (packing.entry("a/link.jpg", tarfile.SYMTYPE, "../b/1.jpg"), b""),
        (packing.entry("b/1.jpg"), b"1"),
        (packing.entry("b/same.jpg", tarfile.LNKTYPE, "b/1.jpg"), b""),
        (packing.entry("b/nowhere.jpg", tarfile.SYMTYPE, "gone.jpg"), b""),
        (packing.entry("b/round", tarfile.SYMTYPE, "."), b""),
    ]

    archives.unpack(packing.tar_of(tmp_path / "x.tar", entries), folder)

    assert content(folder) == dict.fromkeys(
        ["a/link.jpg", "b/1.jpg", "b/same.jpg"], b"1"
    )
    assert not any(path.is_symlink() for path in folder.rglob("*"))


@pytest.mark.parametrize("suffix", [".zip", ".tgz", ".tar.xz", ".tar.bz2"])
def test_a_bomb_is_refused_before_it_fills_the_disk(tmp_path, folder, suffix):
    packed = packing.pack(tmp_path / f"bomb{suffix}", {"0.jpg": bytes(40_000_000)})
    limits = archives.Limits(small_bytes=1_000_000)

    with pytest.raises(SourceError, match="would unpack to more than"):
        archives.unpack(packed, folder, limits=limits)

    assert nothing_is_left(folder)


def test_a_tar_that_claims_a_name_without_end_is_refused(tmp_path, folder):
    long = packing.entry("././@LongLink", tarfile.GNUTYPE_LONGNAME)
    packed = packing.tar_of(tmp_path / "x.tgz", [(long, b"a" * 9_000_000)], ".tgz")

    with pytest.raises(SourceError, match="is damaged"):
        archives.unpack(packed, folder)


def test_too_many_files_are_refused(tmp_path, folder):
    packed = packing.pack(tmp_path / "x.zip", {f"{n}.jpg": b"" for n in range(30)})

    with pytest.raises(SourceError, match="more than 20 files"):
        archives.unpack(packed, folder, limits=archives.Limits(files=20))

    assert nothing_is_left(folder)


@pytest.mark.parametrize("suffix", members.SUFFIXES)
def test_an_archive_that_was_cut_short_anywhere_is_refused(tmp_path, folder, suffix):
    whole = packing.pack(tmp_path / f"x{suffix}", FILES).read_bytes()
    cut = tmp_path / f"cut{suffix}"
    # The padding behind the end of a plain tar holds nothing.
    length = len(whole.rstrip(b"\0")) if suffix == ".tar" else len(whole)

    for share in (0, 0.01, 0.3, 0.6, 0.9, 0.999):
        cut.write_bytes(whole[: int(length * share)])
        with pytest.raises(SourceError, match=f"cut{suffix}"):
            archives.unpack(cut, folder)
        assert nothing_is_left(folder)


def test_a_tar_that_ends_between_two_files_is_cut_short(tmp_path, folder):
    whole = packing.pack(tmp_path / "x.tar", {"1.jpg": b"1", "2.jpg": b"2"})
    cut = tmp_path / "cut.tar"
    cut.write_bytes(whole.read_bytes()[:1024])

    with pytest.raises(SourceError, match=r"cut\.tar is cut short"):
        archives.unpack(cut, folder)


def test_an_encrypted_zip_is_refused_with_what_to_do(tmp_path, folder):
    packed = packing.pack(tmp_path / "x.zip", {"1.jpg": b"1"})
    data = bytearray(packed.read_bytes())
    for at in (6, data.index(b"PK\x01\x02") + 8):
        data[at] |= 1
    packed.write_bytes(data)

    with pytest.raises(SourceError, match=r"x\.zip is encrypted\. Unpack it with its"):
        archives.unpack(packed, folder)


def test_a_way_of_packing_that_is_not_known_is_said(tmp_path, folder):
    packed = packing.pack(tmp_path / "x.zip", {"1.jpg": b"1"})
    data = bytearray(packed.read_bytes())
    for at in (8, data.index(b"PK\x01\x02") + 10):
        data[at] = 9
    packed.write_bytes(data)

    with pytest.raises(SourceError, match="packed in a way that is not known"):
        archives.unpack(packed, folder)


def test_a_name_that_comes_twice_counts_as_it_came_last(tmp_path, folder):
    entries = [(packing.entry("1.jpg"), b"old"), (packing.entry("1.jpg"), b"new")]

    archives.unpack(packing.tar_of(tmp_path / "x.tar", entries), folder)

    assert content(folder) == {"1.jpg": b"new"}


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b", "a")])
def test_a_name_that_is_both_file_and_folder_is_refused(tmp_path, folder, names):
    packed = packing.pack(tmp_path / "x.zip", dict.fromkeys(names, b"1"))

    with pytest.raises(SourceError, match="is both a file and a folder"):
        archives.unpack(packed, folder)

    assert nothing_is_left(folder)


def test_names_that_differ_by_case_alone_are_two_files(tmp_path, folder):
    packed = packing.pack(tmp_path / "x.zip", {"a.jpg": b"1", "A.jpg": b"2"})

    archives.unpack(packed, folder)

    assert sorted(content(folder).values()) == [b"1", b"2"]


def test_a_name_too_long_for_a_disk_is_shortened_and_keeps_its_suffix(tmp_path, folder):
    packed = packing.pack(tmp_path / "x.zip", {"ä" * 300 + ".jpg": b"1"})

    archives.unpack(packed, folder)

    (name,) = content(folder)
    assert name.startswith("ää")
    assert name.endswith(".jpg")


def test_a_path_too_long_for_a_disk_is_refused_by_name(tmp_path, folder):
    packed = packing.pack(tmp_path / "x.zip", {"a" * 200 + "/b" * 3000: b"1"})

    with pytest.raises(SourceError, match="aaa…” in it has too long a path"):
        archives.unpack(packed, folder)

    assert nothing_is_left(folder)


def test_names_that_macos_writes_are_read_as_they_were(tmp_path, folder):
    packed = packing.pack(tmp_path / "x.zip", {"Škoda.jpg": b"1"})
    data = bytearray(packed.read_bytes())
    for at in (7, data.index(b"PK\x01\x02") + 9):
        data[at] &= ~0x08
    packed.write_bytes(data)

    archives.unpack(packed, folder)

    assert list(content(folder)) == ["Škoda.jpg"]


def test_an_archive_leaves_no_mode_that_could_not_be_read_or_could_be_run(
    tmp_path, folder
):
    one = packing.entry("1.jpg")
    one.mode = 0o4777
    closed = packing.entry("shut/2.jpg")
    closed.mode = 0

    archives.unpack(
        packing.tar_of(tmp_path / "x.tar", [(one, b"1"), (closed, b"2")]), folder
    )

    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*.jpg")}
    assert all(mode & 0o400 and not mode & 0o4111 for mode in modes)


def test_a_full_disk_leaves_nothing_behind(tmp_path, folder, monkeypatch):
    packed = packing.pack(tmp_path / "x.tgz", FILES)
    full = Path("/dev/full").open
    monkeypatch.setattr(archives, "_created", lambda path: full("wb"))

    with pytest.raises(StoreError, match="is full"):
        archives.unpack(packed, folder)

    assert nothing_is_left(folder)


def test_what_the_disk_has_no_room_for_is_not_begun(tmp_path, folder, monkeypatch):
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda path: usage)

    with pytest.raises(StoreError, match="is full"):
        archives.unpack(packing.pack(tmp_path / "x.zip", FILES), folder)


def test_unpacking_stops_when_asked_and_leaves_nothing(tmp_path, folder):
    packed = packing.pack(tmp_path / "x.zip", FILES)

    with pytest.raises(Stopped):
        archives.unpack(packed, folder, stop_requested=lambda: True)

    assert nothing_is_left(folder)


def test_a_file_that_is_no_archive_is_said_to_be_none(tmp_path, folder):
    page = tmp_path / "cars.zip"
    page.write_text("<html>Sign in</html>" * 100)

    with pytest.raises(
        SourceError, match=r"cars\.zip cannot be unpacked: it is damaged"
    ):
        archives.unpack(page, folder)


# Names as an enemy would choose them: pieces of paths, in any order.
PIECES = some.sampled_from(
    ["..", ".", "/", "\\", "a", "A", "C:", "~", "\0", "x" * 300, "ü", "🚗", " ", "\n"]
)
NAMES = some.lists(PIECES, min_size=1, max_size=8).map("".join) | some.text(
    some.characters(exclude_categories=["Cs"]), min_size=1, max_size=40
)


@given(
    names=some.lists(NAMES, min_size=1, max_size=5),
    suffix=some.sampled_from([".zip", ".tar"]),
)
@example(names=["a", "a/b"], suffix=".tar")
def test_whatever_the_names_nothing_is_written_elsewhere(
    tmp_path_factory, names, suffix
):
    around = tmp_path_factory.mktemp("around")
    packed = packing.pack(around / f"x{suffix}", dict.fromkeys(names, b"1"))
    (around / "here").mkdir()
    before = set(around.rglob("*"))

    try:
        archives.unpack(packed, around / "here" / "into")
    except SourceError:
        assert set(around.rglob("*")) == before
    else:
        added = set(around.rglob("*")) - before
        assert all(path.is_relative_to(around / "here" / "into") for path in added)
        assert added


@given(
    suffix=some.sampled_from([".zip", ".tar", ".tgz"]),
    at=some.floats(0, 1, exclude_max=True),
    byte=some.integers(0, 255),
)
def test_a_damaged_byte_is_met_with_words_or_does_no_harm(
    tmp_path_factory, suffix, at, byte
):
    around = tmp_path_factory.mktemp("around")
    packed = packing.pack(around / f"x{suffix}", {"a/1.jpg": b"1" * 700, "2.jpg": b"2"})
    data = bytearray(packed.read_bytes())
    data[int(at * len(data))] = byte
    packed.write_bytes(data)

    try:
        archives.unpack(packed, around / "into")
    except (SourceError, StoreError):
        assert not (around / "into").exists()


def test_a_zip_that_lies_about_its_sizes_is_damaged(tmp_path, folder):
    packed = packing.pack(tmp_path / "x.zip", {"1.jpg": b"1" * 5000})
    data = bytearray(packed.read_bytes())
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (10).to_bytes(4, "little")
    packed.write_bytes(data)

    with pytest.raises(SourceError, match=r"x\.zip cannot be unpacked"):
        archives.unpack(packed, folder)

    assert nothing_is_left(folder)
