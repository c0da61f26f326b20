"""Networks that removers run: where each lies, and how one comes to lie there.

Nothing in a file of weights is ever run: what Detectron2 loads is made from it in
Detectron2's environment, and holds arrays and text.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from carclf import background
from carclf.config import Treatment
from carclf.detector import process
from carclf.errors import BackgroundError
from carclf.settings import Settings

CONVERT_TIMEOUT_S = 300.0
_PINNED = re.compile(r"(?P<name>.+)#(?P<hash>[0-9a-f]{64})")
_CHUNK = 1_000_000


@dataclass(frozen=True)
class ZooNetwork:
    """A network of Detectron2's model zoo.

    Attributes:
        settings: Its name there, which is that of its settings, too.
        md5: How the MD5 of its file begins, as the zoo writes it into the name.
    """

    settings: str
    number: str
    md5: str

    @property
    def file_name(self) -> str:
        return f"model_final_{self.md5}.pkl"

    def address(self, zoo: str) -> str:
        return f"{zoo.rstrip('/')}/{self.settings}/{self.number}/{self.file_name}"


ZOO = {
    "detectron2-box": ZooNetwork(
        "COCO-Detection/faster_rcnn_R_101_FPN_3x", "137851257", "f6e8b1"
    ),
    "detectron2-mask": ZooNetwork(
        "COCO-InstanceSegmentation/mask_rcnn_R_50_FPN_3x", "137849600", "f10217"
    ),
}


def require(settings: Settings, treatment: Treatment) -> None:
    """Make sure that a remover can run here; weights of the zoo may still be fetched.

    Raises:
        BackgroundError: There is no such remover, it is not installed, or its own
            weights are gone.
    """
    background.describe(treatment.remover)
    if treatment.remover in ZOO:
        python_of(settings)
    if treatment.weights:
        of(settings, treatment)


def pin(settings: Settings, treatment: Treatment) -> Treatment:
    """Return the treatment with its own weights named by their content, and kept.

    A path says little of what a version was made by: its file may change, and is not
    there on another machine.

    Raises:
        BackgroundError: There is no such file, or it holds no weights for the remover.
    """
    given = treatment.weights
    if not given or _PINNED.fullmatch(given):
        return treatment
    kept = keep(settings, treatment.remover, Path(given).expanduser())
    return treatment.model_copy(update={"weights": kept})


def keep(settings: Settings, remover: str, source: Path) -> str:
    """Keep a network of one's own; return what a treatment calls it.

    A file `config.yaml` beside the weights, or one of their name, tells what network
    of Detectron2 they are for; else they are for that of the zoo.
    """
    if not source.is_file():
        raise BackgroundError(
            f"There is no file {source}. Give the path of a network's weights."
        )
    how = _settings_beside(source) if remover in ZOO else None
    digest = hashlib.sha256(how.read_bytes() if how else b"")
    _feed(digest, source)
    named = f"{source.name}#{digest.hexdigest()}"
    target = _kept(settings, remover, digest.hexdigest())
    if not target.exists():
        if remover in ZOO:
            _convert(settings, source, str(how or _zoo_settings(remover)), target)
        else:
            _copy(source, target)
    return named


def of(settings: Settings, treatment: Treatment) -> Path:
    """Return where the weights of a treatment's network lie, ready to be loaded.

    Raises:
        BackgroundError: They are not on this machine.
    """
    pinned = _PINNED.fullmatch(treatment.weights)
    if pinned is None:
        return zoo(settings, treatment.remover)
    path = _kept(settings, treatment.remover, pinned["hash"])
    if not path.is_file():
        raise BackgroundError(
            f"The network {pinned['name']} that these images were treated with is not "
            f"on this machine: {path.name} is missing from {path.parent}. Copy it "
            "there from where they were treated."
        )
    return path


def zoo(settings: Settings, remover: str) -> Path:
    """Return where the weights of the zoo lie for a remover.

    One that was copied to the folder of networks by hand is taken in now.

    Raises:
        BackgroundError: They were neither fetched nor copied.
    """
    network = ZOO[remover]
    ready = settings.networks / Path(network.file_name).with_suffix(".pth")
    by_hand = settings.networks / network.file_name
    if ready.is_file():
        return ready
    if by_hand.is_file():
        return take_zoo(settings, remover, by_hand)
    raise BackgroundError(
        f"The weights of {remover} are not on this machine. Fetch them with “carclf "
        f"background fetch {remover}” or in the Background tab; without a network, "
        f"copy {network.file_name} of Detectron2's model zoo to {settings.networks}."
    )


def has_zoo(settings: Settings, remover: str) -> bool:
    """Say whether a remover's weights of the zoo are here, or it needs none."""
    if remover not in ZOO:
        return True
    name = Path(ZOO[remover].file_name)
    return any(
        (settings.networks / name.with_suffix(suffix)).is_file()
        for suffix in (".pth", ".pkl")
    )


def take_zoo(settings: Settings, remover: str, source: Path) -> Path:
    """Check a file of the zoo by its name's checksum, and make it loadable.

    Raises:
        BackgroundError: It is another file, or cut short.
    """
    network = ZOO[remover]
    digest = hashlib.md5(usedforsecurity=False)
    _feed(digest, source)
    if not digest.hexdigest().startswith(network.md5):
        raise BackgroundError(
            f"{source} is not the {network.file_name} of the model zoo: its MD5 is "
            f"{digest.hexdigest()}. Remove it, and fetch it again."
        )
    target = settings.networks / Path(network.file_name).with_suffix(".pth")
    _convert(settings, source, _zoo_settings(remover), target)
    return target


def python_of(settings: Settings) -> Path:
    """Return the Python of the environment that Detectron2 lies in.

    Raises:
        BackgroundError: There is none.
    """
    at = settings.detectron2
    python = at / "bin" / "python" if at.is_dir() else at
    if not python.is_file():
        raise BackgroundError(
            f"Detectron2 is not installed ({at} is missing). Install it with “make "
            "detectron2” in carclf's folder, or set CARCLF_DETECTRON2 to an "
            "environment that holds it."
        )
    return python


def _convert(settings: Settings, source: Path, how: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        part = Path(folder) / target.name
        done = subprocess.run(
            [
                *(python_of(settings), "-m", "carclf.detector.convert"),
                *(source, how, part),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=CONVERT_TIMEOUT_S,
            env=process.environment(),
        )
        if done.returncode != 0:
            said = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
            raise BackgroundError(
                f"{source} cannot be used as weights: {said} Nothing in it was run."
            )
        part.replace(target)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".part-", dir=target.parent)
    os.close(handle)
    shutil.copyfile(source, name)
    Path(name).replace(target)


def _kept(settings: Settings, remover: str, digest: str) -> Path:
    return settings.networks / f"{digest}{'.pth' if remover in ZOO else '.onnx'}"


def _settings_beside(source: Path) -> Path | None:
    beside = (source.with_suffix(".yaml"), source.with_name("config.yaml"))
    return next((path for path in beside if path.is_file()), None)


def _zoo_settings(remover: str) -> str:
    return f"{ZOO[remover].settings}.yaml"


def _feed(digest: "hashlib._Hash", path: Path) -> None:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
