"""Photographs and versions on the disk: each photograph once, versions as links."""

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from carclf import images
from carclf.errors import StoreError
from carclf.records import Example
from carclf.settings import Settings

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_LONGEST_BYTES = 120
# Devices that Windows sees behind these names, whatever their suffix.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def safe_name(name: str) -> str:
    """Return a name that every file system takes; two names never give the same.

    A harmless name stays as it is; from any other, a piece of its hash is kept.
    """
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    plain = _UNSAFE.sub("_", text).strip(" .")
    plain = plain.encode()[:_LONGEST_BYTES].decode("utf-8", "ignore").rstrip(" .")
    if plain == name != "" and not _RESERVED.fullmatch(name):
        return name
    mark = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{plain}-{mark}" if plain else mark


def safe_file_name(name: str) -> str:
    """Return a safe name that keeps its suffix, so that viewers know the file."""
    if safe_name(name) == name:
        return name
    suffix = _SUFFIX.search(name)
    return safe_name(name) + (suffix[0] if suffix else "")


def image_path(facts: images.Facts) -> Path:
    """Return where a photograph is kept, relative to the home folder."""
    return Path("data", "images", facts.sha256[:2], facts.sha256 + facts.suffix)


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """Wait until no other process adds photographs, and let none while the block runs.

    Raises:
        StoreError: The folder cannot be written.
    """
    with written(settings.cache):
        settings.cache.mkdir(parents=True, exist_ok=True)
        lock = FileLock(settings.cache / "photographs.lock")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def keep(settings: Settings, source: Path, facts: images.Facts) -> bool:
    """Keep a photograph, by a hard link where the disk allows; False if it was kept.

    Raises:
        StoreError: The disk is full or cannot be written.
    """
    target = settings.resolve(image_path(facts))
    if target.exists() and target.stat().st_size == facts.size_bytes:
        return False
    with written(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        # Of another size, it was altered in place by a program that saw the link.
        target.unlink(missing_ok=True)
        try:
            link(source, target)
        except FileExistsError:
            return False
    return True


def version_folder(settings: Settings, name: str) -> Path:
    return settings.data / "versions" / safe_name(name)


@contextmanager
def laid_out(
    settings: Settings, name: str, examples: Sequence[Example]
) -> Iterator[Callable[[], None]]:
    """Make `<version>/<split>/<class>/<file>`; give the block what puts it in place.

    Where no links can be made that takes minutes, in which nothing else need wait;
    putting it in place takes a moment. A block that does not leaves nothing.

    Raises:
        StoreError: The disk is full or cannot be written.
    """
    folder = version_folder(settings, name)
    partial = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        with written(folder.parent):
            inner: dict[tuple[str, str], Path] = {}
            for example in examples:
                where = example.split, example.label
                if where not in inner:
                    inner[where] = partial / example.split / safe_name(example.label)
                    inner[where].mkdir(parents=True, exist_ok=True)
                _link_as(settings, example, inner[where])

        def put() -> None:
            with written(folder.parent):
                shutil.rmtree(folder, ignore_errors=True)
                partial.rename(folder)

        yield put
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def remove(settings: Settings, name: str) -> None:
    """Remove a version's folder; the photographs themselves stay."""
    shutil.rmtree(version_folder(settings, name), ignore_errors=True)


def _link_as(settings: Settings, example: Example, folder: Path) -> None:
    source = settings.resolve(example.path)
    name = Path(safe_file_name(example.file_name))
    try:
        link(source, folder / name)
    except FileExistsError:
        link(source, folder / f"{name.stem}-{example.sha256[:8]}{name.suffix}")


def link(source: Path, target: Path) -> None:
    """Make a hard link to a file, or a copy where the disk allows none.

    Raises:
        FileExistsError: The target exists.
        OSError: The disk is full; see `written`.
    """
    try:
        # Linux would link to a symbolic link, not to its file.
        os.link(source.resolve() if source.is_symlink() else source, target)
    except FileExistsError:
        raise
    except OSError as error:
        if images.is_full(error):
            raise
        # Another disk, another owner, or a file system without hard links.
        images.write_bytes(target, source.read_bytes())


@contextmanager
def written(folder: Path) -> Iterator[None]:
    """Tell in words why the block cannot write into a folder.

    Raises:
        StoreError: The disk is full or cannot be written.
    """
    try:
        yield
    except OSError as error:
        if images.is_full(error):
            raise images.full_disk(folder) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO):
            raise StoreError(
                f"{folder} cannot be written: {error.strerror}. Check its permissions, "
                "or set CARCLF_HOME to another folder."
            ) from error
        raise
