"""Weights from elsewhere, made into a file that can be loaded without running code.

    python -m carclf.detector.convert SOURCE SETTINGS TARGET

SETTINGS is a YAML file, or the name of one of the model zoo. What is written holds
tensors and the settings as text; `network` reads it with PyTorch's weights_only.
"""

import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from carclf.detector import network, pickles

REFUSED = 3


def main(source: Path, settings: str, target: Path) -> int:
    try:
        weights = {name: torch.as_tensor(one) for name, one in read(source).items()}
        torch.save({"model": weights, "config": _settings(settings)}, target)
        # Whether they fit is seen now, and not at the first image.
        network.Network(target, "cpu")
    except (pickles.UnsafePickleError, pickle.UnpicklingError, ValueError) as error:
        target.unlink(missing_ok=True)
        print(f"{source.name} {error}", file=sys.stderr)
        return REFUSED
    return 0


def read(source: Path) -> dict[str, Any]:
    """Return tensors or arrays by name.

    Raises:
        UnsafePickleError: The file holds more than that.
        ValueError: It holds no weights.
    """
    if source.suffix == ".pkl":
        found = pickles.read(source)
    else:
        try:
            found = torch.load(source, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            raise pickles.UnsafePickleError(
                f"holds more than weights: {str(error).splitlines()[0]}"
            ) from error
        except RuntimeError as error:
            raise ValueError(f"is damaged: {error}") from error
    if isinstance(found, dict) and isinstance(found.get("model"), dict):
        found = found["model"]
    if not isinstance(found, dict) or not all(
        isinstance(one, (np.ndarray, torch.Tensor)) for one in found.values()
    ):
        raise ValueError("holds no weights by name.")
    return found


def _settings(named: str) -> str:
    path = Path(named)
    return path.read_text("utf-8") if path.is_file() else network.zoo_config(named)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
