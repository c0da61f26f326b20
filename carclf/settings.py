"""Where things are kept and how the app is reached; read once, at start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from carclf.errors import ConfigError

PROJECT = Path(__file__).resolve().parent.parent
ZOO = "https://dl.fbaipublicfiles.com/detectron2"
REMBG_ZOO = "https://github.com/danielgatis/rembg/releases/download/v0.0.0"


@dataclass(frozen=True)
class Settings:
    """Folders and address of one carclf; nothing is written outside `home`.

    Attributes:
        detectron2: The environment that Detectron2 is installed in.
        networks_folder: Where removers' networks lie, if not in `home`.
        zoo: Where those of Detectron2's model zoo are fetched from.
        rembg_zoo: Where those that rembg runs are fetched from.
    """

    home: Path
    host: str = "127.0.0.1"
    port: int = 7860
    user: str = "carclf"
    password: str | None = None
    mcp: bool = False
    detectron2: Path = PROJECT / ".venv-detectron2"
    networks_folder: Path | None = None
    zoo: str = ZOO
    rembg_zoo: str = REMBG_ZOO
    assets: Path = PROJECT / "assets"

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] = os.environ
    ) -> "Settings":
        """Return the settings that CARCLF_* variables ask for.

        Raises:
            ConfigError: The port is not a number, a switch is neither on nor off, or
                the app would be reachable from other machines without a password.
        """
        port = environment.get("CARCLF_PORT", "7860")
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise ConfigError(
                f"CARCLF_PORT is {port!r}, which is no port. "
                "Give a number from 1 to 65535, such as 7860."
            )
        settings = cls(
            home=Path(environment.get("CARCLF_HOME") or PROJECT).expanduser().resolve(),
            host=environment.get("CARCLF_HOST", "127.0.0.1"),
            port=int(port),
            user=environment.get("CARCLF_USER", "carclf"),
            password=environment.get("CARCLF_PASSWORD") or None,
            mcp=_switch(environment, "CARCLF_MCP"),
            detectron2=_folder(environment, "CARCLF_DETECTRON2")
            or PROJECT / ".venv-detectron2",
            networks_folder=_folder(environment, "CARCLF_NETWORKS"),
            zoo=environment.get("CARCLF_ZOO") or ZOO,
            rembg_zoo=environment.get("CARCLF_REMBG_ZOO") or REMBG_ZOO,
        )
        if not settings.is_loopback and settings.password is None:
            raise ConfigError(
                f"CARCLF_HOST is {settings.host}, so other machines could reach the "
                "app, and no password is set. Set CARCLF_PASSWORD, or leave "
                "CARCLF_HOST out to serve this machine alone."
            )
        return settings

    @property
    def is_loopback(self) -> bool:
        return self.host in {"127.0.0.1", "localhost", "::1"}

    @property
    def db_path(self) -> Path:
        return self.home / "runs.db"

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def experiments(self) -> Path:
        return self.home / "experiments"

    @property
    def cache(self) -> Path:
        return self.home / "cache"

    @property
    def thumbnails(self) -> Path:
        """The one folder that the app serves files from."""
        return self.cache / "thumbnails"

    @property
    def uploads(self) -> Path:
        """Where a browser's uploads lie, and what it may download again."""
        return self.cache / "uploads"

    @property
    def networks(self) -> Path:
        """Networks that background removers run, fetched or given."""
        return self.networks_folder or self.data / "networks"

    @property
    def recipes(self) -> Path:
        return self.assets / "recipes"

    def resolve(self, stored: Path) -> Path:
        """Return where a path of the store lies on this machine."""
        return self.home / stored


def _folder(environment: Mapping[str, str], name: str) -> Path | None:
    said = environment.get(name)
    # Not resolved: the Python of an environment is a link to another one.
    return Path(said).expanduser().absolute() if said else None


def _switch(environment: Mapping[str, str], name: str) -> bool:
    said = environment.get(name) or "0"
    if said not in ("0", "1"):
        raise ConfigError(f"{name} is {said!r}. Give 1 to switch it on, or 0.")
    return said == "1"
