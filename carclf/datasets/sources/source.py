"""What a text names: which kind of source, and what of it may be shown and kept."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import unquote, urlsplit

from carclf.datasets.sources import members
from carclf.errors import SourceError

Kind = Literal["s3", "web", "file", "folder", "sample"]
SAMPLE = "sample"
_UPLOADED = " (uploaded)"
_SCHEME = re.compile(r"([a-z][a-z0-9+.\-]+)://", re.IGNORECASE)
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-_:]{1,254}")
# Beside an archive: what says which image shows what.
TABLES = (".csv", ".mat", ".json", ".txt", ".xml")
_OTHER_PACKERS = (".rar", ".7z", ".gz", ".bz2", ".xz", ".zst", ".lz4")


@dataclass(frozen=True)
class Source:
    """One place that photographs, or what is said of them, come from.

    Attributes:
        text: As it was given, made whole; an address may hold a secret.
        shown: The same without what may be secret: kept in the store, and shown.
    """

    kind: Kind
    text: str
    shown: str

    @property
    def name(self) -> str:
        """What to call a version that is made of it."""
        shown = self.shown.removesuffix(_UPLOADED)
        if "://" in shown:
            parts = urlsplit(shown)
            shown = unquote(parts.path).strip("/") or parts.netloc
        return members.stem(PurePosixPath(shown).name)

    @property
    def key(self) -> str:
        """What its downloads are kept under; another file of that name has another."""
        parts = [self.kind, self.text]
        if self.kind == "file" and Path(self.text).is_file():
            facts = Path(self.text).stat()
            parts += [str(facts.st_size), str(facts.st_mtime_ns)]
        return hashlib.sha256("\n".join(parts).encode(*_ENCODING)).hexdigest()[:24]

    @property
    def is_secret(self) -> bool:
        return self.text != self.shown and self.kind == "web"


_ENCODING = ("utf-8", "surrogateescape")


def parse(text: str) -> Source:
    """Return what a text names.

    Raises:
        SourceError: It is none of what photographs can be had from.
    """
    text = text.strip()
    scheme = _SCHEME.match(text)
    if scheme is not None:
        return _of_scheme(scheme[1].lower(), text)
    if text == SAMPLE:
        return Source("sample", text, text)
    if not text:
        raise nowhere()
    return _on_this_machine(Path(text).expanduser())


def nowhere() -> SourceError:
    """Return what is said to who named no source."""
    return SourceError(
        "Say where the photographs are: a folder or an archive on this machine, or "
        "an address that begins with s3://, https:// or http://."
    )


def uploaded(path: Path, name: str) -> Source:
    """Return a file that came through the browser as a source, by its own name."""
    if not (members.is_archive(name) or name.lower().endswith(TABLES)):
        raise _unknown_file(name)
    return Source("file", str(path.resolve()), f"{name}{_UPLOADED}")


def _of_scheme(scheme: str, text: str) -> Source:
    if scheme == "s3":
        bucket, _, key = text[len("s3://") :].partition("/")
        if not _BUCKET.fullmatch(bucket):
            raise SourceError(
                f"“{bucket}” is no name of a bucket. Give s3://BUCKET/FOLDER or "
                "s3://BUCKET/OBJECT; credentials come from a profile."
            )
        address = f"s3://{bucket}/{key}"
        return Source("s3", address, address)
    if scheme in ("http", "https"):
        return _on_the_web(text)
    raise SourceError(
        f"Addresses that begin with {scheme}:// are not known. Give one that begins "
        "with s3://, https:// or http://, or a folder or an archive on this machine."
    )


def _on_the_web(text: str) -> Source:
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        host = None
    if not host:
        raise SourceError(
            f"“{text}” is no address. Check it, or copy it from a browser once more."
        )
    # A user, a password or a signed query lets whoever reads it in.
    netloc = parts.netloc.rpartition("@")[2]
    shown = parts._replace(netloc=netloc, query="", fragment="").geturl()
    return Source("web", parts._replace(fragment="").geturl(), shown)


def _on_this_machine(path: Path) -> Source:
    path = path.resolve()
    if path.is_dir():
        return Source("folder", str(path), str(path))
    if not path.is_file():
        raise SourceError(
            f"There is nothing at {path} on this machine. Check the path; it is the "
            "machine that runs carclf that must see it."
        )
    if members.is_archive(path.name) or path.name.lower().endswith(TABLES):
        return Source("file", str(path), str(path))
    raise _unknown_file(path.name)


def _unknown_file(name: str) -> SourceError:
    known = ", ".join(members.SUFFIXES)
    if name.lower().endswith(_OTHER_PACKERS):
        return SourceError(
            f"{name} is packed in a way that is not known here. Known are {known}. "
            "Unpack it, and import the folder."
        )
    return SourceError(
        f"{name} is neither a folder nor an archive ({known}) nor a table beside one "
        f"({', '.join(TABLES)}). Give the folder that it lies in."
    )
