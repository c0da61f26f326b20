"""Tables to take away as CSV files."""

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from typing import Any

from carclf.settings import Settings


def csv_file(
    settings: Settings, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> str:
    """Return where the table lies as `name`; the same table is written once."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    content = text.getvalue().encode()
    folder = settings.uploads / hashlib.sha256(content).hexdigest()[:20]
    path = folder / name
    if path.is_file():
        # What is a day old is cleared away.
        path.touch()
    else:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return str(path)
