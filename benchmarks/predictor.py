"""The course's way with Detectron2: one photograph after the other, file to file.

    python benchmarks/predictor.py weights WEIGHTS.pth
    python benchmarks/predictor.py remove WEIGHTS.pth FOLDER TARGET

Runs in Detectron2's environment. The weights are random; the second prints the seconds
that the photographs took.
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch
from detectron2.config import CfgNode
from detectron2.data.detection_utils import read_image
from detectron2.engine import DefaultPredictor
from detectron2.modeling import build_model
from PIL import Image

from carclf.detector import network

NETWORK = "COCO-InstanceSegmentation/mask_rcnn_R_50_FPN_3x.yaml"
CAR, TRUCK = 2, 7


def settings() -> CfgNode:
    how = network.config(network.zoo_config(NETWORK))
    how.MODEL.DEVICE = "cpu"
    how.MODEL.ROI_HEADS.SCORE_THRESH_TEST = 0.5
    return how


def write_weights(target: Path) -> None:
    torch.manual_seed(0)
    torch.save({"model": build_model(settings()).state_dict()}, target)


def remove(weights: Path, source: Path, target: Path) -> float:
    how = settings()
    how.MODEL.WEIGHTS = str(weights)
    predictor = DefaultPredictor(how)
    paths = sorted(source.rglob("*.jpg"))
    predictor(read_image(paths[0], "BGR"))
    start = time.perf_counter()
    for path in paths:
        image = read_image(path, "BGR")
        found = predictor(image)["instances"].to("cpu")
        cars = found[(found.pred_classes == CAR) | (found.pred_classes == TRUCK)]
        if len(cars):
            mask = cars.pred_masks[int(cars.pred_boxes.area().argmax())].numpy()
            image = np.where(mask[:, :, None], image, np.uint8(255))
        rgb = np.ascontiguousarray(image[:, :, ::-1])
        Image.fromarray(rgb).save(target / path.name, quality=95, subsampling=0)
    return time.perf_counter() - start


if __name__ == "__main__":
    task, *paths = sys.argv[1:]
    if task == "weights":
        write_weights(Path(paths[0]))
    else:
        print(remove(*map(Path, paths)))
