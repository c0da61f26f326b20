"""The formats a network can be exported to, and what each needs."""

import difflib
import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass

from carclf.errors import ExportError


@dataclass(frozen=True)
class Format:
    """One way to write a network.

    Attributes:
        words: What it is for, in a sentence.
        file: Its file or folder in the zip.
        size_share: About how large it is, beside the weights in 32 bits.
        package: What must be importable to write and check it; None for what carclf
            has anyway.
        extra: Installs that package.
    """

    name: str
    title: str
    words: str
    file: str
    size_share: float = 1.0
    package: str | None = None
    extra: str | None = None


FORMATS = (
    Format(
        "onnx",
        "ONNX",
        "For servers and desktops, in a dozen languages. predict.py comes with it.",
        "model.onnx",
    ),
    Format(
        "int8",
        "ONNX int8",
        "The same in 8 bits: a quarter of the size. Accuracy is measured before and "
        "after.",
        "model-int8.onnx",
        size_share=0.28,
    ),
    Format(
        "keras",
        "Keras",
        "To go on in Python: fine-tune it, look inside.",
        "model.keras",
    ),
    Format(
        "openvino",
        "OpenVINO",
        "For Intel's processors, graphics and NPUs.",
        "openvino",
    ),
    Format(
        "savedmodel",
        "SavedModel",
        "For TensorFlow Serving, and TensorFlow in C++, Java or Go.",
        "saved_model",
        size_share=2.1,
    ),
    Format(
        "litert",
        "LiteRT",
        "For telephones and small devices; once called TensorFlow Lite.",
        "model.tflite",
        package="ai_edge_litert",
        extra="litert",
    ),
)
_BY_NAME = {one.name: one for one in FORMATS}
# What people call them elsewhere.
_ALIASES = {
    "tflite": "litert",
    "saved_model": "savedmodel",
    "fp32": "onnx",
    "h5": "keras",
}


def named(name: str) -> Format:
    """Return the format of that name.

    Raises:
        ExportError: There is none; the nearest is named.
    """
    wanted = name.strip().lower().removeprefix(".")
    wanted = _ALIASES.get(wanted, wanted)
    if wanted in _BY_NAME:
        return _BY_NAME[wanted]
    near = difflib.get_close_matches(wanted, _BY_NAME, n=1, cutoff=0.5)
    hint = f"The nearest is {near[0]}. " if near else ""
    raise ExportError(
        f"“{name}” is no format that carclf exports to. {hint}"
        f"There are: {', '.join(_BY_NAME)}."
    )


def chosen(names: Iterable[str]) -> tuple[Format, ...]:
    """Return formats in their usual order, each once.

    Raises:
        ExportError: None is named, one is unknown, or its package is not installed.
    """
    wanted = {named(name) for name in names}
    if not wanted:
        raise ExportError("Choose at least one format to export to.")
    for one in FORMATS:
        if one in wanted and not is_installed(one):
            raise ExportError(how_to_install(one))
    return tuple(one for one in FORMATS if one in wanted)


def is_installed(one: Format) -> bool:
    return one.package is None or importlib.util.find_spec(one.package) is not None


def how_to_install(one: Format) -> str:
    """Return what to do for a format whose package is not there."""
    return (
        f"{one.title} needs a package that is not installed. Run .venv/bin/pip install "
        f"-c constraints.txt -e '.[{one.extra}]' in the folder of carclf, or export "
        "without it."
    )
