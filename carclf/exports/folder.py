"""What was exported of a run: a folder each, with the zip and what was measured."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from carclf.errors import ExportError
from carclf.records import Run
from carclf.settings import Settings

FACTS = "export.json"


@dataclass(frozen=True)
class Accuracy:
    """How often the 32-bit network and another are right on the same images.

    Attributes:
        before: Of the network in 32 bits, 0-1; `after` of the other.
        agreement_rate: How often both give the same answer, 0-1.
        source: Of which images, such as “test of sample”.
    """

    before: float
    after: float
    agreement_rate: float
    image_count: int
    source: str

    @property
    def lost(self) -> float:
        return self.before - self.after


@dataclass(frozen=True)
class Measured:
    """A written format, as its own runtime computed it on real images.

    Attributes:
        difference: The largest of a logit from Keras's, as a share of the largest
            logit; None where 8 bits make it larger by nature.
        same_answer_rate: How often it named the class that Keras named, 0-1.
        image_count: Images that this was checked on.
        seconds_an_image: The median of one image after another on this machine.
        runtime: What computed it, with its version.
    """

    format: str
    file: str
    size_bytes: int
    difference: float | None
    same_answer_rate: float
    image_count: int
    seconds_an_image: float
    runtime: str
    accuracy: Accuracy | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ScriptCheck:
    """predict.py beside the app, on photographs of the run.

    Attributes:
        difference: The largest of a probability, 0-1.
    """

    image_count: int
    same_answer_rate: float
    difference: float


@dataclass(frozen=True)
class Export:
    """A zip that was made of a run's epoch.

    Attributes:
        folder: Its own, absolute; the zip is called as it is.
        script: None where no format that predict.py can read is in the zip.
    """

    name: str
    folder: Path
    run_id: int
    epoch: int
    created_at: str
    machine: str
    formats: tuple[Measured, ...]
    script: ScriptCheck | None

    @property
    def zip_path(self) -> Path:
        return self.folder / f"{self.name}.zip"

    @property
    def size_bytes(self) -> int:
        return self.zip_path.stat().st_size


def name_of(run: Run, epoch: int, formats: Sequence[str]) -> str:
    """Return such as “run-007-epoch-012-onnx-int8”; made again, it is replaced."""
    return "-".join([f"run-{run.id:03d}-epoch-{epoch:03d}", *formats])


def of_run(settings: Settings, run: Run) -> list[Export]:
    """Return what was exported of a run, newest first; what is damaged is left out."""
    folders = [path.parent for path in _exports(settings, run).glob(f"*/{FACTS}")]
    found = [one for one in map(_read, folders) if one is not None]
    return sorted(found, key=lambda one: (one.created_at, one.name), reverse=True)


def find(settings: Settings, run: Run, name: str) -> Export:
    """Return an export by its name.

    Raises:
        ExportError: There is none.
    """
    made = {one.name: one for one in of_run(settings, run)}
    if name not in made:
        known = ", ".join(made) or "none yet"
        raise ExportError(
            f"“{run.name}” has no export called “{name}”. There are: {known}."
        )
    return made[name]


def place(settings: Settings, run: Run, name: str) -> Path:
    """Return the folder of an export, whether or not it is there."""
    return _exports(settings, run) / name


def delete(settings: Settings, run: Run, name: str) -> None:
    """Remove an export with its zip.

    Raises:
        ExportError: There is none of that name.
    """
    folder = find(settings, run, name).folder
    # What tells of it goes first: half an export is none.
    (folder / FACTS).unlink()
    shutil.rmtree(folder, ignore_errors=True)


def refuse_target(target: Path) -> None:
    """Refuse a place that no zip can be written to, before the work is done.

    Raises:
        ExportError: It is no .zip file, or its folder is not there.
    """
    if target.suffix.lower() != ".zip" or target.is_dir():
        raise ExportError(f"{target} is no .zip file. Give its name with .zip behind.")
    if not target.parent.is_dir():
        raise ExportError(
            f"There is no folder {target.parent}. Make it, or write elsewhere."
        )


def copy_zip(made: Export, target: Path) -> Path:
    """Copy an export's zip, whole or not at all.

    Raises:
        ExportError: The disk is full, or the file may not be written.
    """
    part = target.with_name(f".part-{target.name}")
    try:
        shutil.copyfile(made.zip_path, part)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ExportError(
            f"{target} could not be written ({error.strerror or error}). The export is "
            f"whole in {made.zip_path}."
        ) from error
    return target


def write_facts(one: Export, part: Path) -> None:
    """Write what is known of an export into its folder, which may not be in place."""
    plain = asdict(one)
    for key in ("name", "folder"):
        # The folder tells both, also once it was copied elsewhere.
        del plain[key]
    text = json.dumps(plain, ensure_ascii=False, indent=2)
    (part / FACTS).write_text(text + "\n", encoding="utf-8")


def _exports(settings: Settings, run: Run) -> Path:
    return settings.resolve(run.folder) / "exports"


def _read(folder: Path) -> Export | None:
    try:
        plain = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        formats = tuple(_measured(one) for one in plain.pop("formats"))
        script = plain.pop("script")
        found = Export(
            folder.name,
            folder,
            formats=formats,
            script=ScriptCheck(**script) if script else None,
            **plain,
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return found if found.zip_path.is_file() else None


def _measured(plain: dict[str, Any]) -> Measured:
    accuracy = plain.pop("accuracy")
    notes = tuple(plain.pop("notes"))
    known = Accuracy(**accuracy) if accuracy else None
    return Measured(**plain, accuracy=known, notes=notes)
