"""The zip: what stands beside the network's files, and predict.py tried in place."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carclf.bundle import Bundle
from carclf.errors import ExportError
from carclf.exports import standalone
from carclf.exports.folder import ScriptCheck

CARD = "README.md"
_PATIENCE_S = 900


def add_bundle(files: Path, bundle: Bundle) -> None:
    """Put classes and preparation beside the network, as data and as a script."""
    shutil.copyfile(bundle.folder / "bundle.json", files / "bundle.json")
    _add_script(files, "preparation.py")


def try_script(
    files: Path,
    bundle: Bundle,
    photographs: Sequence[Path],
    known: NDArray[np.float32],
) -> ScriptCheck:
    """Add predict.py, run it in a process of its own, and compare it with carclf.

    Args:
        known: Each photograph's probabilities as carclf has them, (n, classes).

    Raises:
        ExportError: It failed.
    """
    _add_script(files, "predict.py")
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONPATH"
    }
    ran = subprocess.run(
        [sys.executable, "predict.py", *map(str, photographs)],
        cwd=files,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    if ran.returncode != 0:
        last = (ran.stderr.strip().splitlines() or ["nothing"])[-1]
        raise ExportError(
            "predict.py, which goes into the zip, failed on photographs of the run; "
            f"nothing was exported. Please report what it said last: {last}"
        )
    return _compare(ran.stdout, bundle, photographs, known)


def _add_script(files: Path, name: str) -> None:
    shutil.copyfile(Path(standalone.__path__[0]) / name, files / name)


def _compare(
    said: str, bundle: Bundle, photographs: Sequence[Path], known: NDArray[np.float32]
) -> ScriptCheck:
    rows = {str(path): row for path, row in zip(photographs, known, strict=True)}
    place = {label: number for number, label in enumerate(bundle.classes)}
    first: dict[str, str] = {}
    differences = [0.0]
    for line in said.splitlines():
        path, label, share = line.split("\t")
        first.setdefault(path, label)
        differences.append(abs(float(share) - float(rows[path][place[label]])))
    same = [
        bundle.classes[int(row.argmax())] == first[path] for path, row in rows.items()
    ]
    return ScriptCheck(len(rows), float(np.mean(same)), max(differences))


def clear(files: Path) -> None:
    """Remove what is in the zip by now."""
    shutil.rmtree(files)


def pack(files: Path, target: Path) -> None:
    """Write a zip with everything in `files`, in a folder called as the zip is."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for path in sorted(files.rglob("*")):
            if path.is_file():
                packed.write(path, Path(target.stem) / path.relative_to(files))
