"""Where downloads lie, and what a job keeps of the sources that they come from."""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from carclf.datasets.sources import names
from carclf.datasets.sources.source import Source, uploaded
from carclf.errors import SourceError
from carclf.settings import Settings

_ADDRESS = "address"


def room(settings: Settings, source: Source) -> Path:
    """Return where a source's downloads lie."""
    return downloads(settings) / source.key


def downloads(settings: Settings) -> Path:
    return settings.cache / "downloads"


def to_plain(settings: Settings, source: Source) -> dict[str, str]:
    """Return a source as a job keeps it, without what is secret in its address.

    That lies in a file that only this user can read, until the import is done.
    """
    if not source.is_secret:
        return {"kind": source.kind, "text": source.text, "shown": source.shown}
    path = room(settings, source) / _ADDRESS
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(source.text, encoding="utf-8")
    return {"kind": source.kind, "shown": source.shown, "key": source.key}


def from_plain(settings: Settings, plain: Mapping[str, Any]) -> Source:
    """Return a source that a job kept.

    Raises:
        SourceError: Its address was a secret, and is gone.
    """
    text = plain.get("text")
    if text is None:
        path = downloads(settings) / plain["key"] / _ADDRESS
        if not path.is_file():
            raise SourceError(
                f"The whole address of {plain['shown']} is kept apart, and is gone. "
                "Import it again by its address."
            )
        text = path.read_text(encoding="utf-8")
    return Source(plain["kind"], text, plain["shown"])


def keep_upload(settings: Settings, path: Path, name: str) -> Source:
    """Return an uploaded file as a source, out of reach of the uploads' broom.

    Raises:
        SourceError: It was not uploaded, or is no archive and no table.
    """
    if not path.resolve().is_relative_to(settings.uploads.resolve()):
        raise SourceError(f"{name} was not uploaded. Choose it again.")
    source = uploaded(path, name)
    folder = downloads(settings) / "uploaded" / path.parent.name
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / names.inside(name, "The browser").name
    kept.unlink(missing_ok=True)
    kept.hardlink_to(path)
    return replace(source, text=str(kept))


def forget(settings: Settings, sources: Sequence[Source]) -> None:
    """Remove what was downloaded and unpacked; photographs that are kept stay."""
    shutil.rmtree(joined(settings, sources), ignore_errors=True)
    for source in sources:
        shutil.rmtree(room(settings, source), ignore_errors=True)
    for source in sources:
        if Path(source.text).is_relative_to(downloads(settings)):
            shutil.rmtree(Path(source.text).parent, ignore_errors=True)


def joined(settings: Settings, sources: Sequence[Source]) -> Path:
    keys = "\n".join(one.key for one in sources)
    return (
        downloads(settings) / f"joined-{hashlib.sha256(keys.encode()).hexdigest()[:24]}"
    )
