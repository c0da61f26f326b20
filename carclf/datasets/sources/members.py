"""What lies in an archive, read one member after the other and never trusted."""

import bz2
import gzip
import io
import lzma
import posixpath
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, cast

from carclf.errors import SourceError

SUFFIXES = (
    *(".zip", ".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz"),
)
# Long names and the like are read into memory at once, as long as they say they are.
_LONGEST_READ = 4_000_000
_COMPRESSIONS: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": lambda packed: gzip.GzipFile(fileobj=packed),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}
_BLOCK, _CHUNK = 512, 65_536
_LONGEST_LINK = 4096
_NOT_UTF_8, _UTF_8_FLAG, _ENCRYPTED_FLAG = "cp437", 0x800, 0x1


@dataclass(frozen=True)
class Member:
    """One entry of an archive, as the archive says it is.

    Attributes:
        kind: `other` is what is neither a file nor a folder: a device, a pipe.
        target: Of a link: where it points, seen from the archive's root.
        open: Give the content of a file; only until the next member is asked for.
    """

    name: str
    kind: Literal["file", "folder", "link", "other"]
    open: Callable[[], IO[bytes]]
    target: str = ""


def is_archive(name: str) -> bool:
    """Say whether a file of this name is one that can be unpacked."""
    return name.lower().endswith(SUFFIXES)


def stem(name: str) -> str:
    """Return an archive's name without what says that it is one."""
    fitting = (one for one in SUFFIXES if name.lower().endswith(one))
    longest = max(fitting, key=len, default="")
    return name[: len(name) - len(longest)] or name


def looks_packed(path: Path) -> bool:
    """Say whether a file begins as archives do, whatever it is called."""
    with path.open("rb") as file:
        head = file.read(_BLOCK)
    return head[257:262] == b"ustar" or head.startswith((b"PK\x03\x04", *_COMPRESSIONS))


def read(archive: Path, spend: Callable[[int], None]) -> Iterator[Member]:
    """Yield the members of an archive in their order.

    Args:
        spend: Told of bytes before they are unpacked, to refuse too many.

    Raises:
        SourceError: It is encrypted or cut short.
        tarfile.TarError, zipfile.BadZipFile, EOFError, ...: It is damaged.
    """
    with archive.open("rb") as file:
        is_zip = file.read(4) in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
    return _of_zip(archive, spend) if is_zip else _of_tar(archive, spend)


def _of_zip(path: Path, spend: Callable[[int], None]) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if any(one.flag_bits & _ENCRYPTED_FLAG for one in entries):
            raise SourceError(
                f"{path.name} is encrypted. Unpack it with its password, and import "
                "the folder."
            )
        spend(sum(one.file_size for one in entries))
        for one in entries:
            yield _zip_member(archive, one)


def _zip_member(archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> Member:
    def content() -> IO[bytes]:
        return archive.open(one)

    name, mode = _zip_name(one), one.external_attr >> 16
    if stat.S_ISLNK(mode):
        with content() as link:
            target = link.read(_LONGEST_LINK).decode("utf-8", "surrogateescape")
        return Member(name, "link", content, _beside(name, target))
    if name.replace("\\", "/").endswith("/") or stat.S_ISDIR(mode):
        return Member(name, "folder", content)
    # Many programs leave the kind out, and mean a file.
    is_file = stat.S_IFMT(mode) in (0, stat.S_IFREG)
    return Member(name, "file" if is_file else "other", content)


def _zip_name(one: zipfile.ZipInfo) -> str:
    """Return the name in full; macOS writes UTF-8 without saying so."""
    name = one.orig_filename
    if one.flag_bits & _UTF_8_FLAG:
        return name
    try:
        return name.encode(_NOT_UTF_8).decode("utf-8")
    except UnicodeError:
        return name


def _of_tar(path: Path, spend: Callable[[int], None]) -> Iterator[Member]:
    with (
        _unpacked(path) as stream,
        _Metered(stream, spend) as metered,
        # Not “r:*”: that unpacks unseen, and so without end.
        tarfile.open(fileobj=cast(IO[bytes], metered), mode="r:") as archive,
    ):
        for one in archive:
            yield _tar_member(archive, one)
            # Kept by tarfile for later, and a million of them take a gigabyte.
            archive.members = []  # type: ignore[attr-defined]
        _refuse_cut_short(path, archive, metered)


def _tar_member(archive: tarfile.TarFile, one: tarfile.TarInfo) -> Member:
    def content() -> IO[bytes]:
        found = archive.extractfile(one)
        assert found is not None
        return found

    if one.isreg():
        return Member(one.name, "file", content)
    if one.isdir():
        return Member(one.name, "folder", content)
    if one.issym():
        return Member(one.name, "link", content, _beside(one.name, one.linkname))
    if one.islnk():
        return Member(one.name, "link", content, one.linkname)
    return Member(one.name, "other", content)


def _beside(name: str, target: str) -> str:
    """Return a symbolic link's target as seen from the root of the archive."""
    target = target.replace("\\", "/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), target))


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as packed:
        head = packed.read(6)
        packed.seek(0)
        for magic, unpack in _COMPRESSIONS.items():
            if head.startswith(magic):
                with unpack(packed) as stream:
                    yield stream
                return
        yield packed


class _Metered(io.RawIOBase):
    """A stream that tells of its bytes before it gives them."""

    def __init__(self, stream: IO[bytes], spend: Callable[[int], None]) -> None:
        self._stream, self._spend, self._seen = stream, spend, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._stream.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        assert whence == io.SEEK_SET
        self._reach(offset)
        return self._stream.seek(offset)

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _LONGEST_READ:
            raise tarfile.ReadError("a header of that length is none")
        self._reach(self._stream.tell() + size)
        return self._stream.read(size)

    def _reach(self, position: int) -> None:
        if position > self._seen:
            self._spend(position - self._seen)
            self._seen = position


def _refuse_cut_short(path: Path, archive: tarfile.TarFile, stream: _Metered) -> None:
    """Make sure of the end, which tarfile does not miss."""
    stream.seek(archive.offset)
    if stream.read(_BLOCK) != bytes(_BLOCK):
        raise SourceError(
            f"{path.name} is cut short or damaged: what follows its last file is no "
            "end of an archive. Get it anew."
        )
    # The compressed stream's own checksum comes last of all.
    while stream.read(_CHUNK):
        pass
