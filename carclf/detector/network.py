"""A network of Detectron2, from its weights to what it finds; needs PyTorch."""

import importlib.resources
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from detectron2.config import CfgNode, get_cfg
from detectron2.data.transforms import ResizeShortestEdge
from detectron2.modeling import build_model
from detectron2.modeling.postprocessing import detector_postprocess
from detectron2.structures import Instances
from numpy.typing import NDArray

# On a GPU, images wait for each other to fill it; a processor is full with one.
BATCH = {"cpu": 1, "cuda": 8}
MOST_FOUND = 32
# Made from the settings; older files lack them.
_RECKONED = ("pixel_mean", "pixel_std", "num_batches_tracked")


@dataclass(frozen=True)
class Found:
    """What was found in one image, surest first.

    Attributes:
        boxes: Shape (n, 4): left, top, right, bottom, in pixels.
        masks: Shape (n, height, width); None of a network without masks.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    classes: NDArray[np.int64]
    masks: NDArray[np.bool_] | None


class Network:
    """Weights that `convert` wrote, loaded to a processor or a GPU.

    Raises:
        ValueError: They are not those of the network that their settings tell of.
    """

    def __init__(self, weights: Path, device: str = "") -> None:
        kept = torch.load(weights, map_location="cpu", weights_only=True)
        how = config(kept["config"])
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        how.MODEL.DEVICE = self.device
        self._longest = how.INPUT.MAX_SIZE_TEST / how.INPUT.MIN_SIZE_TEST
        self._is_bgr = how.INPUT.FORMAT == "BGR"
        self.class_count = int(how.MODEL.ROI_HEADS.NUM_CLASSES)
        self.has_masks = bool(how.MODEL.MASK_ON)
        self._model = build_model(how).eval()
        _fill(self._model, kept["model"])

    @property
    def batch(self) -> int:
        """How many images are best given at once."""
        return BATCH[self.device.partition(":")[0]]

    def detect(
        self,
        images: Sequence[NDArray[np.uint8]],
        size: int,
        score: float,
        classes: Sequence[int],
    ) -> list[Found]:
        """Return what is found in each image.

        Args:
            images: RGB, shape (height, width, 3).
            size: Of the shorter side when the network sees it, in pixels.
            score: The least that counts, 0-1.
            classes: Those wanted, by their number; all of them if there are none.
        """
        self._model.roi_heads.box_predictor.test_score_thresh = score
        inputs = [self._input(image, size) for image in images]
        with torch.inference_mode():
            found = self._model.inference(inputs, do_postprocess=False)
            # Masks are drawn at the image's size, so of those wanted alone.
            return [
                _found(_wanted(one, classes), *image.shape[:2])
                for one, image in zip(found, images, strict=True)
            ]

    def _input(self, image: NDArray[np.uint8], size: int) -> dict[str, Any]:
        # The one place where channels change their order.
        pixels = image[:, :, ::-1] if self._is_bgr else image
        longest = round(size * self._longest)
        scaled = ResizeShortestEdge([size, size], longest).get_transform(pixels)
        resized = scaled.apply_image(np.ascontiguousarray(pixels))
        tensor = torch.as_tensor(resized.astype("float32").transpose(2, 0, 1))
        return {"image": tensor, "height": image.shape[0], "width": image.shape[1]}


def config(text: str) -> CfgNode:
    """Return a network's settings from YAML; no code in it is run.

    Detectron2's own reader would run it.
    """
    how = get_cfg()
    plain = yaml.safe_load(text) or {}
    how.merge_from_other_cfg(CfgNode(plain))
    return how


def zoo_config(name: str) -> str:
    """Return the settings of a network of the model zoo, as YAML."""
    configs = importlib.resources.files("detectron2") / "model_zoo" / "configs"
    how = get_cfg()
    with importlib.resources.as_file(configs / name) as path:
        how.merge_from_file(str(path), allow_unsafe=False)
    return str(how.dump())


def _fill(model: torch.nn.Module, weights: dict[str, torch.Tensor]) -> None:
    """Give the network its weights; all of them, for what lacks would be random."""
    try:
        missing = model.load_state_dict(weights, strict=False).missing_keys
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise ValueError(f"does not fit its settings: {reason}") from error
    needed = [name for name in missing if not name.endswith(_RECKONED)]
    if needed:
        raise ValueError(
            f"does not fit its settings: it lacks {len(needed)} weights, such as "
            f"{needed[0]}."
        )


def _wanted(found: Instances, classes: Sequence[int]) -> Instances:
    if classes:
        numbers = torch.as_tensor(list(classes), device=found.pred_classes.device)
        found = found[torch.isin(found.pred_classes, numbers)]
    order = found.scores.argsort(descending=True)[:MOST_FOUND]
    return found[order]


def _found(found: Instances, height: int, width: int) -> Found:
    sized = detector_postprocess(found, height, width).to("cpu")
    return Found(
        sized.pred_boxes.tensor.numpy().astype(np.float32),
        sized.scores.numpy().astype(np.float32),
        sized.pred_classes.numpy().astype(np.int64),
        sized.pred_masks.numpy() if sized.has("pred_masks") else None,
    )
