"""From sources to one plain folder that an import can read."""

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from carclf import images, words
from carclf.datasets.sources import archives, members, rooms, web
from carclf.datasets.sources.access import USUAL, Access
from carclf.datasets.sources.pace import Told
from carclf.datasets.sources.source import TABLES, Source, parse
from carclf.errors import SourceError
from carclf.settings import Settings

_HERE = PurePosixPath()
_EVERY_S = 0.5


@dataclass(frozen=True)
class _Tree:
    """A file or a folder, and where in the gathered folder it belongs."""

    root: Path
    at: PurePosixPath = _HERE


def gather(
    settings: Settings,
    sources: Sequence[Source],
    access: Access = USUAL,
    told: Told = lambda *_: None,
    stop_requested: Callable[[], bool] = lambda: False,
) -> Path:
    """Return a folder with everything that the sources name.

    A folder of this machine is read in its place. Several sources are joined by
    links; a file that two of them bring is refused. What is downloaded and unpacked
    lies in `cache/downloads`, in a room for each source, so that it is there when the
    same source is asked for again.

    Raises:
        SourceError: One of them cannot be had, or does not fit the others.
        StoreError: The disk is full.
        Stopped: As `stop_requested` said; the next time, it goes on from there.
    """
    gathering = _Gathering(settings, access, told, stop_requested)
    try:
        trees = [tree for one in sources for tree in gathering.trees(one)]
        if len(trees) == 1 and trees[0].root.is_dir():
            return trees[0].root
        return _joined(rooms.joined(settings, sources), trees)
    except OSError as error:
        if images.is_full(error):
            raise images.full_disk(rooms.downloads(settings)) from error
        raise


class _Gathering:
    def __init__(
        self,
        settings: Settings,
        access: Access,
        told: Told,
        stop_requested: Callable[[], bool],
    ) -> None:
        self._settings, self._access = settings, access
        self._told, self._stop_requested = told, stop_requested

    def trees(self, source: Source) -> list[_Tree]:
        """Return the files and folders that a source comes to."""
        if source.kind == "folder":
            return [_Tree(Path(source.text))]
        if source.kind == "sample":
            return [_Tree(self._settings.assets / "sample")]
        place = rooms.room(self._settings, source)
        if source.kind == "file":
            parse(source.text)  # It may have gone since it was queued.
            return [self._file(Path(source.text), place)]
        if source.kind == "web":
            fetched = place / "fetched"
            asked = (source.text, source.shown, fetched)
            path = web.fetch(*asked, self._told, self._stop_requested)
            return [self._file(path, place)]
        return self._from_s3(source, place)

    def _from_s3(self, source: Source, place: Path) -> list[_Tree]:
        # Imported here: boto3 takes a third of a second, and most imports need none.
        from carclf.datasets.sources import s3  # noqa: PLC0415

        fetched = place / "fetched"
        s3.fetch(source.text, self._access, fetched, self._told, self._stop_requested)
        files = [path for path in sorted(fetched.rglob("*")) if path.is_file()]
        packed = [path for path in files if members.is_archive(path.name)]
        trees = [
            self._file(path, place, path.parent.relative_to(fetched)) for path in packed
        ]
        return trees if len(packed) == len(files) else [_Tree(fetched), *trees]

    def _file(self, path: Path, place: Path, above: Path = Path()) -> _Tree:
        """Return a file as it is, or what an archive holds."""
        if not _is_packed(path):
            return _Tree(path, PurePosixPath(above, path.name))
        facts = path.stat()
        mark = f"{above}\n{path.name}\n{facts.st_size}\n{facts.st_mtime_ns}"
        target = place / "unpacked" / hashlib.sha256(os.fsencode(mark)).hexdigest()[:24]
        if not target.exists():
            self._unpack(path, target)
        return _Tree(target, PurePosixPath(above, members.stem(path.name)))

    def _unpack(self, path: Path, target: Path) -> None:
        told_at = 0.0

        def on_progress(files: int) -> None:
            nonlocal told_at
            if time.monotonic() - told_at > _EVERY_S:
                told_at = time.monotonic()
                unpacked = words.count(files, "file")
                self._told(0, 0, f"Unpacking {path.name} · {unpacked}", None)

        archives.unpack(
            path,
            target,
            on_progress=on_progress,
            stop_requested=self._stop_requested,
        )


def _joined(folder: Path, trees: Sequence[_Tree]) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for tree in trees:
        for path, at in _files(tree):
            _link(path, folder / at)
    return folder


def _is_packed(path: Path) -> bool:
    """Say whether a file is an archive; what an address is called may not tell."""
    is_known = path.suffix.lower() in TABLES
    return members.is_archive(path.name) or (
        not is_known and members.looks_packed(path)
    )


def _files(tree: _Tree) -> Iterator[tuple[Path, PurePosixPath]]:
    """Yield each file with its place; an archive among them has a tree of its own."""
    if tree.root.is_file():
        yield tree.root, tree.at
        return
    for folder, inner, found in os.walk(tree.root):
        above = PurePosixPath(tree.at, Path(folder).relative_to(tree.root))
        # A folder that is a link is linked whole: it may lead back to where it is.
        linked = [name for name in inner if Path(folder, name).is_symlink()]
        for name in (*linked, *found):
            if not members.is_archive(name):
                yield Path(folder, name), above / name


def _link(path: Path, place: Path) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(path)
    except (FileExistsError, NotADirectoryError) as error:
        raise SourceError(
            f"{place.name} comes from two of the sources. Import them one by one, or "
            "put them into one folder yourself."
        ) from error
