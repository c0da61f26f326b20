"""What figures were measured on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

from carclf import devices


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


def processor() -> str:
    """Return the processor's name, or its kind where the system does not tell."""
    about = Path("/proc/cpuinfo")
    if about.exists():
        for line in about.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
