"""A version as files that other programs read, and that import as the same version."""

import csv
import io
import os
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Literal, get_args

from carclf import images, store
from carclf.datasets import folders, provenance
from carclf.datasets.layouts.tree import is_image
from carclf.errors import DatasetError
from carclf.records import Example, Version
from carclf.settings import Settings
from carclf.store import versions

Form = Literal["folders", "csv", "zip"]
FORMS: tuple[Form, ...] = get_args(Form)
TABLE = "labels.csv"
COLUMNS = ("class", "img_name", "subset", "x1", "y1", "x2", "y2")
# Names and contents of what lies beside the photographs.
Texts = Sequence[tuple[str, str]]
# Of every file in a zip: the same version gives the same bytes.
_TIME = (1980, 1, 1, 0, 0, 0)


def export(
    settings: Settings,
    version_id: int,
    target: Path,
    form: Form,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Write a version to `target`, whole or not at all.

    As folders: `<split>/<class>/<file>`; as csv: `images/<file>`; with labels.csv
    beside either, which says class, split and box of each. A zip holds the folders.
    Photographs are hard links where the disk allows.

    Raises:
        DatasetError: The target exists, or a photograph of the version is gone.
        StoreError: The disk is full or cannot be written.
    """
    refuse_taken(target, form)
    with store.connect(settings.db_path) as db:
        version = versions.get(db, version_id)
        examples = versions.examples(db, version_id)
    named = list(zip(names(examples, form), examples, strict=True))
    photographs = ((name, _source(settings, version, one)) for name, one in named)
    beside = (TABLE, table(named)), (provenance.FILE, provenance.text(version))
    with _whole(target) as part:
        top = folders.safe_name(target.stem)
        steps = (
            _write_zip(part, top, photographs, beside)
            if form == "zip"
            else _write_folder(part, photographs, beside)
        )
        # What `on_progress` raises ends it, too.
        for done, _ in enumerate(steps):
            on_progress(done, len(named))
    on_progress(len(named), len(named))


def zip_place(settings: Settings, version: Version) -> Path:
    """Return where a version's zip lies to be downloaded, if it was made."""
    name = f"{folders.safe_name(version.name)}.zip"
    return settings.cache / "exports" / version.hash[:16] / name


def refuse_taken(target: Path, form: Form) -> None:
    """Refuse to write over anything.

    Raises:
        DatasetError: The target is no path, or there is something.
    """
    if not target.is_absolute():
        raise DatasetError(
            f"“{target}” does not say where: give the whole path, from / on."
        )
    is_empty = target.is_dir() and not any(target.iterdir()) and form != "zip"
    if target.exists() and not is_empty:
        raise DatasetError(
            f"{target} exists already, and is not written over. Choose another place, "
            "or remove it first."
        )


def names(examples: Sequence[Example], form: Form) -> Iterator[str]:
    """Yield the path of each in the export, with “/” between folders, none twice.

    None differs from another by case alone: some disks would take them for one.
    """
    taken: set[str] = set()
    for one in examples:
        file = PurePosixPath(folders.safe_file_name(one.file_name))
        if not is_image(file.name):
            file = file.with_name(file.name + one.path.suffix)
        folder = (
            PurePosixPath("images")
            if form == "csv"
            else PurePosixPath(one.split, folders.safe_name(one.label))
        )
        path = str(folder / file)
        if path.casefold() in taken:
            other = f"{file.stem}-{one.sha256[:12]}{file.suffix}"
            path = str(folder / other)
        taken.add(path.casefold())
        yield path


def table(named: Sequence[tuple[str, Example]]) -> str:
    """Return labels.csv, in the order of the names."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for name, one in sorted(named, key=lambda pair: pair[0]):
        box = one.box
        edges = (box.left, box.top, box.right, box.bottom) if box else ("",) * 4
        file = name.removeprefix("images/")
        writer.writerow([one.label, file, one.split, *edges])
    return text.getvalue()


def _write_folder(
    part: Path, photographs: Iterable[tuple[str, Path]], beside: Texts
) -> Iterator[None]:
    for name, path in photographs:
        file = part / name
        file.parent.mkdir(parents=True, exist_ok=True)
        folders.link(path, file)
        yield
    for name, text in beside:
        images.write_bytes(part / name, text.encode())


def _write_zip(
    part: Path, top: str, photographs: Iterable[tuple[str, Path]], beside: Texts
) -> Iterator[None]:
    # Photographs are compressed already, so they are stored as they are.
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as packed:
        for name, path in photographs:
            packed.writestr(_member(f"{top}/{name}"), path.read_bytes())
            yield
        for name, text in beside:
            packed.writestr(_member(f"{top}/{name}"), text)


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _TIME)
    member.external_attr = 0o644 << 16
    return member


def _source(settings: Settings, version: Version, one: Example) -> Path:
    path = settings.resolve(one.path)
    if not path.is_file():
        raise DatasetError(
            f"{one.file_name} of “{version.name}” is gone from {path.parent}, so "
            "nothing was exported. Put it back, or import the photographs again."
        )
    return path


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """Give the block a path to fill, which becomes `target` when it is done."""
    part = target.with_name(f".{target.name}.part-{os.getpid()}")
    with folders.written(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield part
            if target.is_dir():
                target.rmdir()
            part.rename(target)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            part.unlink(missing_ok=True)
            raise
