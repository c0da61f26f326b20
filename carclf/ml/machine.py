"""What a training runs on: device, precision, seeds, and the libraries' versions."""

import gc
import os
import platform
from importlib import metadata
from typing import Any

import keras

from carclf import devices, words
from carclf.config import TrainConfig
from carclf.errors import TrainingError

_LIBRARIES = (
    "carclf",
    "keras",
    "tensorflow",
    "jax",
    "numpy",
    "grain",
    "onnxruntime",
    "openvino",
)


def set_up(config: TrainConfig) -> None:
    """Make ready for a training: GPU memory taken as needed, seeds, precision."""
    _grow_gpu_memory()
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(_precision(config))


def has_accelerator() -> bool:
    """Say whether Keras computes on something better than the processor."""
    # Asking starts the devices, and how they take memory cannot be changed after.
    _grow_gpu_memory()
    return any(
        not name.lower().startswith("cpu") for name in keras.distribution.list_devices()
    )


def jit_compile() -> bool | str:
    """Return what to give `Model.compile`.

    XLA makes TensorFlow's depthwise convolutions ten times slower on a processor;
    JAX without it would run them one by one.
    """
    if keras.backend.backend() == "jax":
        return "auto"
    # TensorFlow cannot compile what several devices do together.
    is_one = len(keras.distribution.list_devices()) == 1
    return "auto" if has_accelerator() and is_one else False


def device() -> str:
    """Return, in words, what Keras computes on here."""
    described = devices.describe()
    if described.startswith("CPU") or has_accelerator():
        return described
    return (
        f"CPU, {devices.cores()} cores ({described} not used: "
        f"{keras.backend.backend()} is installed without CUDA)"
    )


def environment() -> dict[str, Any]:
    """Return versions of code and libraries, the backend and the device."""
    versions = {name: _version(name) for name in _LIBRARIES}
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "backend": keras.backend.backend(),
        "device": device(),
        **{name: version for name, version in versions.items() if version},
    }


def memory_errors() -> tuple[type[Exception], ...]:
    """Return what the backend raises when memory runs out, among other troubles."""
    # Only the backend in use is loaded anyway.
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf  # noqa: PLC0415

        return (MemoryError, tf.errors.ResourceExhaustedError)
    import jax  # noqa: PLC0415

    return (MemoryError, jax.errors.JaxRuntimeError)


def memory_ran_out(error: Exception) -> bool:
    words = "" if isinstance(error, MemoryError) else str(error).lower()
    # JAX says the first two, TensorFlow the third.
    causes = ("resource_exhausted", "out of memory", "oom when allocating")
    return not words or any(cause in words for cause in causes)


def let_go(config: TrainConfig) -> None:
    """Give back what a training held when memory ran out, ready for another."""
    keras.utils.clear_session()
    gc.collect()
    set_up(config)


def too_little_memory(config: TrainConfig) -> TrainingError:
    size = config.data.batch_size
    advice = f"Set data.batch_size to {size // 2} or less, m" if size > 1 else "M"
    return TrainingError(
        f"Memory ran out with {words.count(size, 'image')} a batch. {advice}ake "
        "data.image_size smaller, or set learning.mixed_precision on a GPU."
    )


def _precision(config: TrainConfig) -> str:
    """Return what Keras computes in.

    bfloat16 reaches as far as 32 bits do, so no loss has to be scaled for it.
    """
    if not config.learning.mixed_precision:
        return "float32"
    return "mixed_bfloat16" if devices.has_bfloat16_gpu() else "mixed_float16"


def _grow_gpu_memory() -> None:
    if keras.backend.backend() != "tensorflow":
        # Read by JAX when it first computes; without it, JAX takes 75 % at once.
        os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
        return
    # Only this backend has it loaded anyway.
    import tensorflow as tf  # noqa: PLC0415

    for gpu in tf.config.list_physical_devices("GPU"):
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except RuntimeError:
            # The devices have started, and this function ran before they did.
            return


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
