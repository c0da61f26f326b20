"""What lies below a folder: its files, listed once, and found again by their names."""

import os
import posixpath
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from carclf.datasets import names
from carclf.errors import DatasetError

MOST_FILES = 1_000_000
_IMAGES = {
    *("jpg", "jpeg", "jfif", "png", "gif", "webp", "bmp"),
    *("tif", "tiff", "avif", "ppm", "pgm", "mpo"),
    # Telephones write these; reading one says in words what to do.
    *("heic", "heif"),
}
# Left behind by other programs, some of them with copies of images inside.
_LITTER = {"__MACOSX", ".ipynb_checkpoints", ".git", ".thumbnails", ".cache", "@eaDir"}
_LITTER_FILES = {"thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Tree:
    """The files below a folder, without what other programs left there.

    Attributes:
        files: Relative to `root`, with “/” between folders, in order of name.
        folders: Likewise, those that hold nothing among them.
        closed: The folders that may not be entered.
    """

    root: Path
    files: tuple[str, ...]
    folders: tuple[str, ...]
    closed: tuple[str, ...]

    @cached_property
    def images(self) -> tuple[str, ...]:
        return tuple(file for file in self.files if is_image(file))

    def ending(self, *suffixes: str) -> list[str]:
        """Return the files of these suffixes, those nearest to the root first."""
        found = [file for file in self.files if file.lower().endswith(suffixes)]
        return sorted(found, key=lambda file: (file.count("/"), file))


def walk(root: Path) -> Tree:
    """Return what lies below a folder; no file is opened.

    A folder that a link leads back to is listed once. What is neither file nor
    folder, such as a pipe, is passed over: reading it might never end.

    Raises:
        DatasetError: It is no folder, may not be read, or holds a million files.
    """
    if not root.is_dir():
        trouble = "is a file, not a folder" if root.exists() else "does not exist"
        raise DatasetError(
            f"{root} {trouble}. Give the folder that holds the photographs."
        )
    files: list[str] = []
    folders: list[str] = []
    closed: list[str] = []
    seen: set[tuple[int, int]] = set()
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            inner_files, inner_folders = _inside(root, folder, seen)
        except OSError as error:
            if not folder:
                raise DatasetError(
                    f"{root} cannot be read: {error.strerror}. Check its permissions."
                ) from error
            closed.append(folder)
            continue
        files += inner_files
        folders += inner_folders
        waiting += inner_folders
        if len(files) > MOST_FILES:
            raise DatasetError(
                f"{root} holds more than {MOST_FILES:,} files. Give the folder of the "
                "data set alone."
            )
    return Tree(root, _in_order(files), _in_order(folders), _in_order(closed))


class Index:
    """The images of a tree by the names that tables and annotations give them."""

    def __init__(self, tree: Tree) -> None:
        self.images = set(tree.images)
        self._root = f"{tree.root}/"
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for image in tree.images:
            name = posixpath.basename(image)
            self._by_name[name].append(image)
            self._by_name[posixpath.splitext(name)[0]].append(image)

    def find(
        self, name: str, near: Iterable[str], label: str = "", subset: str = ""
    ) -> list[str]:
        """Return the image that `name` means; none or several where that is not clear.

        Args:
            near: Folders to try first; then any folder does, if only one image has
                that name, or only one in a folder called for its class or split.
        """
        for written in dict.fromkeys((name, name.replace("\\", "/"))):
            for folder in near:
                path = self._normal(folder, written)
                if path in self.images:
                    return [path]
        base = posixpath.basename(name.replace("\\", "/"))
        found = list(dict.fromkeys(self._by_name.get(base, ())))
        if len(found) > 1:
            # A class such as “Ram C/V” cannot lend its folder its name as it is.
            found = [path for path in found if _is_in(path, label)] or found
        if len(found) > 1:
            split = names.split_of(subset)
            found = [path for path in found if split in names.splits_in(path)] or found
        return found

    def _normal(self, folder: str, name: str) -> str:
        """Return the path within the tree; one that leads outside is no image's."""
        plain = f"{folder}/{name}" if folder else name
        if plain in self.images:
            return plain
        if name.startswith("/"):
            return posixpath.normpath(name.removeprefix(self._root))
        return posixpath.normpath(posixpath.join(folder, name))


def is_image(file: str) -> bool:
    return _suffix(file) in _IMAGES


def may_be_image(file: str) -> bool:
    """Say whether a file is an image by its suffix, or has none that says otherwise."""
    return _suffix(file) in {*_IMAGES, ""}


def shown(file: str) -> str:
    """Return a relative path as text, whatever bytes it is made of."""
    return os.fsencode(file).decode("utf-8", "replace")


def _is_in(path: str, label: str) -> bool:
    """Say whether a folder of the path is called much like the class."""
    return names.letters(label) in map(names.letters, path.split("/"))


def _inside(
    root: Path, folder: str, seen: set[tuple[int, int]]
) -> tuple[list[str], list[str]]:
    """Return the files and folders directly inside a folder that was not seen yet."""
    here = os.stat(root / folder)  # noqa: PTH116
    if (here.st_dev, here.st_ino) in seen:
        return [], []
    seen.add((here.st_dev, here.st_ino))
    files, folders = [], []
    with os.scandir(root / folder) as entries:
        for entry in entries:
            path = posixpath.join(folder, entry.name)
            if _is_folder(entry):
                if _may_matter(entry):
                    folders.append(path)
            elif not _is_litter(entry.name) and _is_file_or_lost(entry):
                files.append(path)
    return files, folders


def _may_matter(folder: os.DirEntry[str]) -> bool:
    """Say whether a folder may hold a data set; a hidden one only with images."""
    if folder.name in _LITTER or not folder.name.startswith("."):
        return folder.name not in _LITTER
    try:
        return any(is_image(name) for name in os.listdir(folder.path))  # noqa: PTH208
    except OSError:
        return False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_file_or_lost(entry: os.DirEntry[str]) -> bool:
    """Say whether it is a file, or a link to one that whoever reads it will miss."""
    try:
        return entry.is_file() or not Path(entry.path).exists()
    except OSError:
        return True


def _is_litter(name: str) -> bool:
    return name.startswith(".") or name.lower() in _LITTER_FILES


def _suffix(file: str) -> str:
    return posixpath.splitext(file)[1].lower().lstrip(".")


def _in_order(paths: list[str]) -> tuple[str, ...]:
    return tuple(sorted(paths, key=lambda path: path.split("/")))
