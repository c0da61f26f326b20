"""Archives for tests: honest ones, and such as nobody would send by accident."""

import io
import stat
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

TAR_MODES = {
    ".tar": "w",
    ".tgz": "w:gz",
    ".tar.gz": "w:gz",
    ".tar.bz2": "w:bz2",
    ".tbz2": "w:bz2",
    ".tar.xz": "w:xz",
    ".txz": "w:xz",
}


def pack(path: Path, files: Mapping[str, bytes]) -> Path:
    """Pack files by their names into an archive of the path's suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name.endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(zip_entry(name), data)
        return path
    suffix = next(one for one in TAR_MODES if path.name.endswith(one))
    return tar_of(path, [(entry(name), data) for name, data in files.items()], suffix)


def pack_folder(path: Path, folder: Path) -> Path:
    files = sorted(one for one in folder.rglob("*") if one.is_file())
    return pack(path, {str(one.relative_to(folder)): one.read_bytes() for one in files})


def entry(
    name: str, kind: bytes = tarfile.REGTYPE, target: str = ""
) -> tarfile.TarInfo:
    one = tarfile.TarInfo(name)
    one.type, one.linkname = kind, target
    return one


def tar_of(
    path: Path, entries: list[tuple[tarfile.TarInfo, bytes]], suffix: str = ".tar"
) -> Path:
    with tarfile.open(path, TAR_MODES[suffix]) as archive:  # type: ignore[call-overload]
        for one, data in entries:
            one.size = len(data)
            archive.addfile(one, io.BytesIO(data))
    return path


def zip_entry(name: str, mode: int = 0) -> zipfile.ZipInfo:
    one = zipfile.ZipInfo("x")
    one.filename = one.orig_filename = name
    one.compress_type = zipfile.ZIP_DEFLATED
    one.external_attr = mode << 16
    return one


def zip_of(path: Path, entries: list[tuple[zipfile.ZipInfo, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for one, data in entries:
            archive.writestr(one, data)
    return path


SYMLINK = stat.S_IFLNK | 0o777
DEVICE = stat.S_IFCHR | 0o666
