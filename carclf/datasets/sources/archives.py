"""Archives, unpacked whole or not at all, and never outside their folder."""

import errno
import lzma
import os
import shutil
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from carclf import images, words
from carclf.datasets.sources import members, names
from carclf.errors import SourceError, Stopped

_CHUNK = 1_000_000
_DAMAGED = (
    *(tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error, EOFError),
    # What a header that lies about lengths and encodings leads to.
    *(struct.error, UnicodeError, ValueError, OverflowError, KeyError, IndexError),
)


@dataclass(frozen=True)
class Limits:
    """What no collection of photographs exceeds; beyond it, an archive is a bomb.

    Attributes:
        ratio: Unpacked to packed; photographs hardly shrink.
        small_bytes: What may be unpacked at any ratio.
    """

    files: int = 2_000_000
    unpacked_bytes: int = 1_000_000_000_000
    ratio: int = 100
    small_bytes: int = 500_000_000


def unpack(
    archive: Path,
    target: Path,
    *,
    limits: Limits = Limits(),
    on_progress: Callable[[int], None] = lambda files: None,
    stop_requested: Callable[[], bool] = lambda: False,
) -> None:
    """Unpack an archive into a folder of its own, whole or not at all.

    Folders and files are made, nothing else: a link inside becomes the file that it
    points to, and all else is refused, with the whole archive.

    Args:
        on_progress: Told of the files so far.

    Raises:
        SourceError: It is damaged, encrypted, hostile, or no archive.
        StoreError: The disk is full.
        Stopped: `stop_requested` said so.
    """
    partial = target.with_name(f".{target.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        with _told(archive, target.parent):
            partial.mkdir(parents=True)
            _Unpacking(archive, partial, limits, on_progress, stop_requested).run()
            shutil.rmtree(target, ignore_errors=True)
            partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


class _Unpacking:
    """One archive on its way into one folder."""

    def __init__(
        self,
        archive: Path,
        folder: Path,
        limits: Limits,
        on_progress: Callable[[int], None],
        stop_requested: Callable[[], bool],
    ) -> None:
        self._archive, self._folder, self._limits = archive, folder, limits
        self._on_progress, self._stop_requested = on_progress, stop_requested
        self._files, self._bytes = 0, 0
        self._written: set[PurePosixPath] = set()
        self._links: list[tuple[PurePosixPath, PurePosixPath]] = []
        packed = archive.stat().st_size
        allowed = max(limits.small_bytes, packed * limits.ratio)
        self._allowed = min(limits.unpacked_bytes, allowed)
        self._free = shutil.disk_usage(folder).free

    def run(self) -> None:
        for member in members.read(self._archive, self._spend):
            if self._stop_requested():
                raise Stopped
            self._take(member)
            self._on_progress(self._files)
        for path, target in self._links:
            self._follow(path, target)

    def _spend(self, size_bytes: int) -> None:
        """Refuse what would grow beyond reason, or beyond the disk, before it does."""
        self._bytes += size_bytes
        if self._bytes > self._allowed:
            raise SourceError(
                f"{self._archive.name} would unpack to more than "
                f"{words.size(self._allowed)}, from {self._size()}: photographs do not "
                "shrink like that, so it is refused. Nothing of it was kept. If you "
                "trust it, unpack it yourself and import the folder."
            )
        if self._bytes > self._free:
            raise images.full_disk(self._folder.parent)

    def _size(self) -> str:
        return words.size(self._archive.stat().st_size)

    def _take(self, member: members.Member) -> None:
        where = self._archive.name
        path = names.inside(member.name, where)
        self._files += 1
        if self._files > self._limits.files:
            raise SourceError(
                f"{where} holds more than {self._limits.files:,} files. Split it up, "
                "or unpack it yourself and import the folder."
            )
        if member.kind == "other":
            raise names.hostile(where, member.name, "is a device or a pipe")
        with _named(where, member.name):
            if member.kind == "folder":
                (self._folder / path).mkdir(parents=True, exist_ok=True)
            elif member.kind == "file":
                self._write(path, member.open())
            else:
                self._links.append((path, self._target(member)))

    def _target(self, member: members.Member) -> PurePosixPath:
        try:
            return names.inside(member.target, self._archive.name)
        except SourceError as error:
            raise names.hostile(
                self._archive.name,
                member.name,
                f"is a link out of it, to {names.shown(member.target)}",
            ) from error

    def _write(self, path: PurePosixPath, content: IO[bytes]) -> None:
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if path in self._written:
            # As in tar itself, the later one of the same name counts.
            target.unlink()
        elif target.is_file():
            # This disk takes “A.jpg” for “a.jpg”.
            target = target.with_name(f"{target.stem}-{self._files}{target.suffix}")
        with content, _created(target) as file:
            while chunk := content.read(_CHUNK):
                file.write(chunk)
        self._written.add(path)

    def _follow(self, path: PurePosixPath, target: PurePosixPath) -> None:
        """Make a link's file; one that leads to a folder or to nothing is left out."""
        source, place = self._folder / target, self._folder / path
        if source.is_file() and not place.exists():
            with _named(self._archive.name, str(path)):
                place.parent.mkdir(parents=True, exist_ok=True)
                os.link(source, place)


def _created(path: Path) -> IO[bytes]:
    return path.open("xb")


@contextmanager
def _named(where: str, name: str) -> Iterator[None]:
    """Say of which member the disk complains."""
    try:
        yield
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise names.hostile(where, name, "is both a file and a folder") from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise names.hostile(where, name, "has too long a path") from error
        raise


@contextmanager
def _told(archive: Path, folder: Path) -> Iterator[None]:
    """Say in words why an archive cannot be unpacked."""
    name = archive.name
    try:
        yield
    except NotImplementedError as error:
        raise SourceError(
            f"{name} is packed in a way that is not known here ({error}). Pack it as a "
            "plain .zip or .tar.gz, or unpack it yourself and import the folder."
        ) from error
    except _DAMAGED as error:
        raise _damaged(name, error) from error
    except OSError as error:
        if images.is_full(error):
            raise images.full_disk(folder) from error
        # gzip and bz2 say so of damaged bytes, without a number.
        if error.errno is None:
            raise _damaged(name, error) from error
        raise SourceError(
            f"{error.filename or archive} cannot be read or written: {error.strerror}. "
            "Check its permissions."
        ) from error


def _damaged(name: str, error: Exception) -> SourceError:
    return SourceError(
        f"{name} cannot be unpacked: it is damaged, cut short or no archive "
        f"({str(error).rstrip('.') or type(error).__name__}). Get it anew."
    )
