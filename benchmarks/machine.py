"""What figures were measured on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

from carclf import devices

# By the flag that Linux reports, widest first: how fast a CPU runs a network depends
# on these more than on its name.
INSTRUCTIONS = {
    "amx_bf16": "AMX",
    "avx512_bf16": "AVX-512 and bfloat16",
    "avx512f": "AVX-512",
    "avx2": "AVX2",
}


def describe() -> str:
    """Return the device and the versions that the figures depend on."""
    names = ("keras", backend(), "onnxruntime", "openvino", "gradio")
    libraries = ", ".join(f"{name} {version(name)}" for name in names)
    return (
        f"{devices.describe()} ({processor()}), {platform.system()}, "
        f"Python {platform.python_version()}, {libraries}."
    )


def backend() -> str:
    """Return what Keras computes with, without importing it."""
    return os.environ.get("KERAS_BACKEND", "tensorflow")


def processor(about: Path = Path("/proc/cpuinfo")) -> str:
    """Return the processor's name and its widest instructions, as Linux reports them.

    Elsewhere only its kind.
    """
    if not about.exists():
        return platform.machine()
    known = {
        name.strip(): value.strip()
        for name, _, value in (
            line.partition(":") for line in about.read_text().splitlines()
        )
    }
    name, flags = known.get("model name", platform.machine()), known.get("flags", "")
    widest = next((INSTRUCTIONS[f] for f in INSTRUCTIONS if f in flags.split()), None)
    return f"{name} with {widest}" if widest else name
