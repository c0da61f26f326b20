"""Train a small Mask R-CNN on scenes of one vehicle; runs in Detectron2's environment.

    python tests/detector/train_small.py SCENES.npz WEIGHTS.pth STEPS

SCENES holds `images` (n, height, width, 3) as RGB, `boxes` (n, 4) and `masks` of the
same size as the images; without masks it is a Faster R-CNN that is trained.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from detectron2.config import get_cfg
from detectron2.modeling import build_model
from detectron2.structures import BitMasks, Boxes, Instances
from detectron2.utils.events import EventStorage

BATCH = 4
RATE = 1e-3


def main(scenes: Path, weights: Path, steps: int) -> None:
    torch.manual_seed(0)
    # On a busy machine, threads that wait for each other take ten times as long.
    torch.set_num_threads(1)
    how = get_cfg()
    how.merge_from_file(str(Path(__file__).with_name("small.yaml")), allow_unsafe=False)
    inputs = read(scenes)
    how.MODEL.MASK_ON = inputs[0]["instances"].has("gt_masks")
    model = build_model(how).train()
    optimizer = torch.optim.AdamW(model.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    random = np.random.default_rng(0)
    for step in range(steps):
        chosen = random.choice(len(inputs), BATCH, replace=False)
        # Detectron2 counts into such a storage while it trains.
        with EventStorage():
            losses = model([inputs[place] for place in chosen])
        loss = sum(losses.values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 50 == 0:
            print(step, round(float(loss.detach()), 3), flush=True)
    torch.save({"model": model.state_dict()}, weights)
    weights.with_suffix(".yaml").write_text(how.dump(), encoding="utf-8")


def read(path: Path) -> list[dict[str, Any]]:
    with np.load(path) as held:
        images, boxes = held["images"], held["boxes"]
        masks = held["masks"] if "masks" in held else [None] * len(images)
    return [_input(*one) for one in zip(images, boxes, masks, strict=True)]


def _input(
    image: np.ndarray, box: np.ndarray, mask: np.ndarray | None
) -> dict[str, Any]:
    truth = Instances(image.shape[:2])
    truth.gt_boxes = Boxes(torch.as_tensor(box[None].astype("float32")))
    truth.gt_classes = torch.zeros(1, dtype=torch.int64)
    if mask is not None:
        truth.gt_masks = BitMasks(torch.as_tensor(mask[None]))
    bgr = np.ascontiguousarray(image[:, :, ::-1].transpose(2, 0, 1))
    return {"image": torch.as_tensor(bgr).float(), "instances": truth}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
