"""Where an exported version came from: a small file that an import understands.

Without it an import would take validation images out of a version that has none, and
take cut-outs for photographs.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from carclf.config import Treatment
from carclf.records import Version

FILE = "version.json"
_MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class Provenance:
    """What the images of a folder are, as carclf wrote them.

    Attributes:
        hash: Of the version; the same again once it is imported unaltered.
        treatment: A `config.Treatment` as plain data.
    """

    name: str
    hash: str
    treatment: dict[str, Any]
    split_rule: str
    source: str
    created_at: str


def of(version: Version) -> Provenance:
    return Provenance(
        version.name,
        version.hash,
        version.treatment,
        version.split_rule,
        version.source,
        version.created_at,
    )


def text(version: Version) -> str:
    """Return what the file holds."""
    plain = {"carclf": "dataset version", **asdict(of(version))}
    return json.dumps(plain, ensure_ascii=False, indent=2) + "\n"


def read(folder: Path) -> Provenance | None:
    """Return what stands in a folder, or in the one folder inside it; None if nothing.

    A file of that name by another program, or a damaged one, says nothing.
    """
    inner = [one for one in folder.iterdir() if not one.name.startswith(".")]
    places = [folder, *(inner if len(inner) == 1 else ())]
    path = next((one / FILE for one in places if (one / FILE).is_file()), None)
    if path is None or path.stat().st_size > _MOST_BYTES:
        return None
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        if plain.pop("carclf") != "dataset version":
            return None
        Treatment.model_validate(plain["treatment"])
        return Provenance(**plain)
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError):
        return None
