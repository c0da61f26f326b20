"""Networks that removers run: where each lies, and how one comes to lie there.

Nothing in a file of weights is ever run: what Detectron2 loads is made from it in
Detectron2's environment, and holds arrays and text.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from carclf import background
from carclf.background import zoo
from carclf.config import Treatment
from carclf.detector import process
from carclf.errors import BackgroundError
from carclf.settings import Settings

CONVERT_TIMEOUT_S = 300.0
_PINNED = re.compile(r"(?P<name>.+)#(?P<hash>[0-9a-f]{64})")
_CHUNK = 1_000_000


def require(settings: Settings, treatment: Treatment) -> None:
    """Make sure that a remover can run here; what is published may still be fetched.

    Raises:
        BackgroundError: There is no such remover, it is not installed, or its own
            weights are gone.
    """
    background.describe(treatment.remover)
    if treatment.remover in zoo.DETECTRON2:
        python_of(settings)
    if treatment.remover == "rembg" and importlib.util.find_spec("rembg") is None:
        raise BackgroundError(
            "rembg is not installed. Install it with “.venv/bin/pip install -c "
            "constraints.txt -e '.[rembg]'” in carclf's folder, and start the app "
            "again."
        )
    if treatment.weights:
        of(settings, treatment)
    else:
        zoo.published(treatment)


def lack(settings: Settings, treatment: Treatment) -> str:
    """Return in a few words why a treatment cannot be had yet; nothing if it can."""
    try:
        require(settings, treatment)
    except BackgroundError:
        return "not installed"
    return "" if has(settings, treatment) else "its network is not here yet"


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
    how = _settings_beside(source) if remover in zoo.DETECTRON2 else None
    digest = hashlib.sha256(how.read_bytes() if how else b"")
    _feed(digest, source)
    named = f"{source.name}#{digest.hexdigest()}"
    target = _kept(settings, remover, digest.hexdigest())
    if not target.exists():
        if remover in zoo.DETECTRON2:
            how = how or Path(f"{zoo.DETECTRON2[remover].architecture}.yaml")
            _convert(settings, source, str(how), target)
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
        return _published(settings, treatment)
    path = _kept(settings, treatment.remover, pinned["hash"])
    if not path.is_file():
        raise BackgroundError(
            f"The network {pinned['name']} that these images were treated with is not "
            f"on this machine: {path.name} is missing from {path.parent}. Copy it "
            "there from where they were treated."
        )
    return path


def has(settings: Settings, treatment: Treatment) -> bool:
    """Say whether a treatment's network is here, or it needs none.

    Raises:
        BackgroundError: It is neither its user's own, nor known to be published.
    """
    network = None if treatment.weights else zoo.published(treatment)
    if network is None:
        return True
    places = (network.ready_name, network.file_name)
    return any((settings.networks / name).is_file() for name in places)


def take(settings: Settings, treatment: Treatment, source: Path) -> Path:
    """Check the file of a published network by its MD5, and make it loadable.

    Raises:
        BackgroundError: It is another file, or cut short, or none is needed.
    """
    network = needed(treatment)
    digest = hashlib.md5(usedforsecurity=False)
    _feed(digest, source)
    if not digest.hexdigest().startswith(network.md5):
        raise BackgroundError(
            f"{source} is not the {network.file_name} that was published: its MD5 is "
            f"{digest.hexdigest()}. Remove it, and fetch it again."
        )
    target = settings.networks / network.ready_name
    if network.architecture:
        _convert(settings, source, f"{network.architecture}.yaml", target)
    else:
        _copy(source, target)
    return target


def needed(treatment: Treatment) -> zoo.Published:
    """Return the network that is fetched for a treatment.

    Raises:
        BackgroundError: None is.
    """
    network = zoo.published(treatment)
    if network is None:
        raise BackgroundError(
            f"{treatment.remover} needs no network from elsewhere. Those that do: "
            f"{', '.join(zoo.DETECTRON2)}, rembg."
        )
    return network


def _published(settings: Settings, treatment: Treatment) -> Path:
    """Return where it lies; one that was copied there by hand is taken in now."""
    network = needed(treatment)
    ready = settings.networks / network.ready_name
    by_hand = settings.networks / network.file_name
    if ready.is_file():
        return ready
    if by_hand.is_file():
        return take(settings, treatment, by_hand)
    more = f" --network {treatment.network}" if treatment.remover == "rembg" else ""
    raise BackgroundError(
        f"The network of {treatment.remover} is not on this machine. Fetch it with "
        f"“carclf background fetch {treatment.remover}{more}” or in the Background "
        f"tab; or copy {network.file_name} to {settings.networks}: it is published at "
        f"{network.address(settings)}."
    )


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
    try:
        shutil.copyfile(source, name)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _kept(settings: Settings, remover: str, digest: str) -> Path:
    return (
        settings.networks
        / f"{digest}{'.pth' if remover in zoo.DETECTRON2 else '.onnx'}"
    )


def _settings_beside(source: Path) -> Path | None:
    beside = (source.with_suffix(".yaml"), source.with_name("config.yaml"))
    return next((path for path in beside if path.is_file()), None)


def _feed(digest: "hashlib._Hash", path: Path) -> None:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
