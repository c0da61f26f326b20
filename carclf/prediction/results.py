"""What was predicted, as a table that grows line by line and can be gone on with."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from carclf import images
from carclf.bundle import TOP
from carclf.errors import StoreError
from carclf.prediction.ensemble import Answer

_PLACES = ["", *(f" {place}" for place in range(2, TOP + 1))]
_PAIRS = [(f"class{place}", f"probability{place}") for place in _PLACES]
COLUMNS = [
    "file",
    *(name for pair in _PAIRS for name in pair),
    *("strangeness", "unknown", "note", "run"),
]
Row = list[str]
# Bytes of a line, generously.
_LONGEST = 1000


def row(name: str, run: str, answer: Answer | str) -> Row:
    """Return a line of the table; of a file that cannot be read, the reason."""
    if isinstance(answer, str):
        return [name, *[""] * (2 * TOP + 2), answer, run]
    top = [
        text
        for label, share in answer.prediction.top
        for text in (label, f"{share:.6f}")
    ]
    known = answer.strangeness is not None
    return [
        name,
        *top,
        *[""] * (2 * TOP - len(top)),
        f"{answer.strangeness:.4f}" if known else "",
        ("yes" if answer.is_unknown else "no") if known else "",
        " ".join(answer.warnings),
        run,
    ]


def is_answer(one: Sequence[str]) -> bool:
    """Whether a line says what a photograph shows; else its note says why not."""
    return bool(one[1])


def plain(one: Sequence[str]) -> dict[str, Any]:
    """Return a line as the service and JSON give it, with numbers as numbers."""
    cells = dict(zip(COLUMNS, one, strict=True))
    top = [
        {"class": cells[label], "probability": float(cells[probability])}
        for label, probability in _PAIRS
        if cells[label]
    ]
    return {
        "file": cells["file"],
        "top": top,
        "strangeness": float(cells["strangeness"]) if cells["strangeness"] else None,
        "unknown": cells["unknown"] == "yes" if cells["unknown"] else None,
        "note": cells["note"],
        "run": cells["run"],
    }


def read(path: Path) -> list[Row]:
    """Return the whole lines of a table; none if it is not there.

    Raises:
        StoreError: It is no table of predictions.
    """
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8", errors="replace")
    # What a sudden end left half written is predicted again.
    found = _rows(text[: text.rfind("\n") + 1])
    if found and found[0] != COLUMNS:
        raise StoreError(
            f"{path} exists and is no table of predictions, so it is left as it is. "
            "Choose another file to write to."
        )
    return [one for one in found[1:] if len(one) == len(COLUMNS)]


def tail(path: Path, count: int) -> list[Row]:
    """Return the newest whole lines of a table, without reading all of it."""
    if not path.is_file():
        return []
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LONGEST * count))
        text = file.read().decode("utf-8", errors="replace")
    # The first is the header, or the end of a line.
    lines = text[text.find("\n") + 1 : text.rfind("\n") + 1]
    return [one for one in _rows(lines) if len(one) == len(COLUMNS)][-count:]


def to_csv(rows: Sequence[Row]) -> str:
    return _text([COLUMNS, *rows])


@contextmanager
def growing(path: Path, run: str) -> Iterator[tuple[set[str], "Table"]]:
    """Give the files that a table holds already, and the table to add others to.

    Raises:
        StoreError: It holds something else, or what another run said; the disk is full.
    """
    done = read(path)
    other = next((one[-1] for one in done if one[-1] != run), None)
    if other is not None:
        raise StoreError(
            f"{path} holds what “{other}” said. Choose another file for “{run}”, or "
            "remove it."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written anew, without a line that was cut short.
        images.write_bytes(path, to_csv(done).encode())
        with path.open("a", newline="", encoding="utf-8") as file:
            yield {one[0] for one in done}, Table(file)
    except OSError as error:
        if images.is_full(error):
            raise StoreError(
                f"The disk that holds {path} is full. Free some space and start again; "
                "what was predicted until then is kept."
            ) from error
        raise


class Table:
    """A table that is added to; what was added is on the disk at once."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def add(self, rows: Sequence[Row]) -> None:
        self._file.write(_text(rows))
        self._file.flush()


def to_json(rows: Sequence[Row]) -> str:
    return json.dumps([plain(one) for one in rows], ensure_ascii=False, indent=2)


def _rows(text: str) -> list[Row]:
    return list(csv.reader(io.StringIO(text, newline="")))


def _text(rows: Sequence[Sequence[str]]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()
