"""How a file of an export is computed, in a few lines: for cards and docs/export.md.

Each runs in the folder of an unpacked zip, beside a photograph.jpg.
"""

from pathlib import Path


def of(name: str) -> str:
    """Return the lines for a format of `exports.formats`."""
    # ONNX Runtime computes both files alike.
    known = "onnx" if name == "int8" else name
    text = (Path(__file__).parent / f"{known}.py").read_text(encoding="utf-8")
    return text.replace("model.onnx", "model-int8.onnx") if name == "int8" else text
