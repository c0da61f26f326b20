"""How fast this machine fine-tunes ResNet50, and what share of a GPU's peak that is.

    KERAS_BACKEND=jax python benchmarks/throughput.py --batch 256

prints a table and one JSON object. It needs the backend that it is run with and no
other. On a processor a few steps show that all of it runs.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import machine
import numpy as np
from page import Finding, percent, rate, table

from carclf import devices
from carclf.config import Preparation, TrainConfig, from_plain
from carclf.records import ImageRGB
from carclf.settings import Settings

CLASSES = 196
PRECISIONS = ("mixed_bfloat16", "mixed_float16")
# A training step computes the gradients of activations and of weights besides, each as
# much work as the forward pass.
PASSES = 3
# Dense bf16 on tensor cores, 10^12 operations a second. Sources: NVIDIA's data sheets
# of H100 (SXM, PCIe), H200, A100 and L4, halved where they count sparsity, and of the
# Ada architecture (RTX 4090, adding up in 32 bits).
PEAK_TFLOPS = {
    "H100 PCIe": 756.0,
    "H100": 989.4,
    "H200": 989.4,
    "A100": 312.0,
    "L4": 121.0,
    "RTX 4090": 165.2,
}


@dataclass(frozen=True)
class Speed:
    """One way of feeding, in one precision.

    Attributes:
        peak_share: Of what the GPU's maker says it could do; None where unknown.
    """

    precision: str
    images: str
    images_per_second: float
    tflops: float
    peak_share: float | None


def measure(settings: Settings) -> Finding | None:
    """Measure on the GPU, where there is one."""
    if not devices.has_gpu():
        return None
    size, steps = 256, 60
    speeds = every_way(settings.home, size, steps)
    return Finding(
        "Fine-tuning on a GPU" + ", with JAX" * (machine.backend() == "jax"),
        f"ResNet50, 224 × 224, every weight, {size} images a batch, mixed precision, "
        f"{steps} steps after as many to compile and warm up; the share of the peak "
        "counts three forward passes a step. `benchmarks/throughput.py` measures the "
        "same on any machine.",
        HEADINGS,
        tuple(map(_row, speeds)),
    )


HEADINGS = ("precision", "images", "speed", "work", "of the GPU's peak")


def every_way(
    folder: Path, size: int, steps: int, precisions: Sequence[str] = PRECISIONS
) -> list[Speed]:
    """Measure mixed precision in both kinds of 16 bits, on one batch and on files."""
    found = []
    for precision in precisions:
        model = compiled(precision, size, steps)
        for images in ("one batch, on the device", "files, decoded and shuffled"):
            batches = from_files(folder, size) if "files" in images else on_device(size)
            found.append(speed(model, precision, images, batches, size, steps))
            print(_row(found[-1]), flush=True)
    return found


def compiled(precision: str, size: int, steps: int) -> Any:
    import keras  # noqa: PLC0415  Slow to import; the choice of backend is made by then.

    from carclf.ml import machine as computing  # noqa: PLC0415
    from carclf.ml import networks, optimizers  # noqa: PLC0415

    config = settings_of(size)
    computing.set_up(config)
    keras.config.set_dtype_policy(precision)
    model = networks.build(config, CLASSES)
    model.compile(
        optimizer=optimizers.create(config, model, steps),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        jit_compile=computing.jit_compile(),
    )
    return model


def speed(
    model: Any, precision: str, images: str, batches: Any, size: int, steps: int
) -> Speed:
    import keras  # noqa: PLC0415  Imported with the model.

    from carclf.ml import networks  # noqa: PLC0415

    clock = Clock(keras)
    model.fit(
        batches,
        steps_per_epoch=steps,
        epochs=2,
        shuffle=False,
        verbose=0,
        callbacks=[clock.callback],
    )
    found = size * steps / clock.last_s
    tflops = PASSES * forward_flops(networks.backbone_of(model)) * found / 1e12
    peak = peak_tflops(devices.describe())
    share = tflops / peak if peak else None
    return Speed(precision, images, found, tflops, share)


class Clock:
    """Measures epochs to their end, when Keras has waited for the device."""

    def __init__(self, keras: Any) -> None:
        self.last_s = self._began = 0.0

        def began(*_: Any) -> None:
            self._began = time.perf_counter()

        def ended(*_: Any) -> None:
            self.last_s = time.perf_counter() - self._began

        self.callback = keras.callbacks.LambdaCallback(
            on_epoch_begin=began, on_epoch_end=ended
        )


def settings_of(size: int) -> TrainConfig:
    return from_plain(
        {
            "data": {"image_size": [224, 224], "batch_size": size},
            "model": {"backbone": "ResNet50", "weights": "none"},
            "compile": {"optimizer": {"sgd": {"learning_rate": 0.01, "momentum": 0.9}}},
            "learning": {"mode": "finetune", "batch_norm": "update"},
        }
    )


def on_device(size: int) -> Any:
    """Return the same batch without end, put on the device once."""
    import keras  # noqa: PLC0415

    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (size, 224, 224, 3)).astype(np.float32)
    targets = np.eye(CLASSES, dtype=np.float32)[random.integers(0, CLASSES, size)]
    batch = tuple(keras.ops.convert_to_tensor(one) for one in (pixels, targets))
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf  # noqa: PLC0415  Loaded as the backend anyway.

        return tf.data.Dataset.from_tensors(batch).repeat()

    def endless() -> Iterator[Any]:
        while True:
            yield batch

    return endless()


def from_files(folder: Path, size: int) -> Any:
    """Return batches of drawn photographs, as a training reads them."""
    from carclf.images import write  # noqa: PLC0415
    from carclf.ml import input as inputs  # noqa: PLC0415
    from carclf.ml.listing import TrainImage  # noqa: PLC0415

    wanted, names = [], [f"Car {number:03d}" for number in range(CLASSES)]
    for number in range(2 * size):
        path = folder / "drawn" / f"{number}.jpg"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, drawn(number))
        wanted.append(TrainImage(path, f"{number:064x}", names[number % CLASSES]))
    how = Preparation(height=224, width=224)
    decoded = inputs.decode(
        wanted, names, how, folder / "cache", lambda *_: None, lambda: False
    )
    return inputs.endless(inputs.shuffled_pairs(decoded, CLASSES, 1), size)[0]


def drawn(number: int) -> ImageRGB:
    random = np.random.default_rng(number)
    blocks = random.integers(0, 256, (16, 24, 3), dtype=np.uint8)
    return np.kron(blocks, np.ones((24, 24, 1), np.uint8))


def forward_flops(model: Any) -> float:
    """Return the multiplications and additions of one image, as two operations each.

    Convolutions and dense layers are counted; all else is less than one in a hundred.
    """
    total = 0
    for layer in model.layers:
        kernel = getattr(layer, "kernel", None)
        if kernel is not None:
            positions = int(np.prod(layer.output.shape[1:-1]))
            total += 2 * positions * int(np.prod(kernel.shape))
    return float(total)


def peak_tflops(device: str) -> float | None:
    return next((peak for name, peak in PEAK_TFLOPS.items() if name in device), None)


def _row(one: Speed) -> tuple[str, ...]:
    share = percent(one.peak_share) if one.peak_share is not None else "not known"
    work = f"{one.tflops:.2f} TFLOP/s"
    name = one.precision.removeprefix("mixed_")
    return name, one.images, rate(one.images_per_second), work, share


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--batch", type=int, default=256 if devices.has_gpu() else 8)
    parser.add_argument("--steps", type=int, default=60 if devices.has_gpu() else 2)
    parser.add_argument("--precision", choices=PRECISIONS, action="append")
    args = parser.parse_args()
    precisions = args.precision or PRECISIONS
    with tempfile.TemporaryDirectory(prefix="carclf-bench-") as folder:
        speeds = every_way(Path(folder), args.batch, args.steps, precisions)
    print(machine.describe())
    print(table(HEADINGS, [_row(one) for one in speeds]))
    print(json.dumps([asdict(one) for one in speeds]))


if __name__ == "__main__":
    main()
