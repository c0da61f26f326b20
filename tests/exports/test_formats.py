"""Formats are known by name, and what is missing for one is said."""

import importlib.util

import pytest

from carclf.errors import ExportError
from carclf.exports import formats, snippets
from carclf.settings import PROJECT


@pytest.mark.parametrize(
    ("given", "name"), [("ONNX", "onnx"), (".tflite", "litert"), ("fp32", "onnx")]
)
def test_a_format_is_known_by_its_usual_names(given, name):
    assert formats.named(given).name == name


@pytest.mark.parametrize(
    ("given", "nearest"), [("onx", "onnx"), ("openvinno", "openvino"), ("int4", "int8")]
)
def test_the_nearest_of_a_misspelt_format_is_named(given, nearest):
    with pytest.raises(ExportError, match=rf"nearest is {nearest}\. There are: onnx, "):
        formats.named(given)


def test_a_format_unlike_any_is_refused_with_those_there_are():
    with pytest.raises(ExportError, match=r"no format that carclf exports to\. There"):
        formats.named("coreml package")


def test_formats_keep_their_order_and_come_once():
    chosen = formats.chosen(["keras", "int8", "onnx", "int8"])

    assert [one.name for one in chosen] == ["onnx", "int8", "keras"]


def test_no_format_is_refused():
    with pytest.raises(ExportError, match="at least one format"):
        formats.chosen([])


def test_a_format_whose_package_is_not_there_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    with pytest.raises(ExportError, match=r"pip install .*'\.\[litert\]'"):
        formats.chosen(["onnx", "litert"])


@pytest.mark.parametrize("one", formats.FORMATS, ids=lambda one: one.name)
def test_the_documentation_shows_how_each_format_is_run(one):
    text = (PROJECT / "docs" / "export.md").read_text(encoding="utf-8")

    assert one.file in text
    if one.name != "int8":
        assert f"```python\n{snippets.of(one.name)}```" in text
