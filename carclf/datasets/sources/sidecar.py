"""What a half-finished download is of, in a small file beside it."""

import json
from pathlib import Path
from typing import Any

from carclf import images


def read(path: Path) -> dict[str, Any]:
    """Return what was noted of a download; nothing if it is gone or was not noted."""
    if not path.is_file():
        return {}
    try:
        noted = json.loads(_beside(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def write(path: Path, noted: dict[str, Any]) -> None:
    """Note what a download is of; whole or not at all, like all that is noted."""
    images.write_bytes(_beside(path), json.dumps(noted).encode())


def discard(path: Path) -> None:
    """Remove a download with what was noted of it."""
    _beside(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")
