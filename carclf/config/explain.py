"""Every key of config.yml with its type, default, range and meaning, from the models.

The models are the one place where a key is described; nothing here can disagree.
"""

import difflib
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import BaseMetadata, Ge, Gt, Le, Lt, MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from carclf.errors import ConfigError

_PLAIN = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
}
_SIGNS = ((Ge, "ge", "≥"), (Gt, "gt", ">"), (Le, "le", "≤"), (Lt, "lt", "<"))

# Sections that are long enough for a table of their own.
_LONG = ("model.data_aug_layer", "compile.optimizer", "fit.callbacks")
_INTRODUCTION = """\
# Every setting of a training

A training is described by a `config.yml`: `data`, `model`, `compile` and `fit` have the
form and the meaning of the course report's own files, with Keras's defaults; `learning`
and `notify` are carclf's own. Whatever is left out has its default. A key that is not
here is refused by name, with the nearest right one.

`carclf config explain [KEY]` prints the same, `carclf config check FILE` says whether a
file is right. This page is written by `carclf config explain --markdown`.
"""


@dataclass(frozen=True)
class Key:
    """One key, in words.

    Attributes:
        name: With its sections, as `fit.epochs`.
        type: What it takes: “whole number”, “one of squash, pad, crop”.
        default: As YAML writes it; empty for a section.
        range: Such as “≥ 1, ≤ 4096”; empty when any value of the type will do.
    """

    name: str
    type: str
    default: str
    range: str
    meaning: str


def keys(section: type[BaseModel], within: str = "") -> list[Key]:
    """Return the keys of a section and of those inside it, in the file's order.

    Args:
        within: Only this key and what it holds; empty for all.

    Raises:
        ConfigError: There is no such key; the nearest is named.
    """
    every = list(_walk(section, ""))
    if not within:
        return every
    found = [one for one in every if f"{one.name}.".startswith(f"{within}.")]
    if not found:
        raise _unknown(within, [one.name for one in every])
    return found


def page(section: type[BaseModel]) -> str:
    """Return docs/config.md: every key, in a table for each part of the file."""
    parts: dict[str, list[Key]] = {}
    for one in keys(section):
        parts.setdefault(_part(one), []).append(one)
    tables = [f"## {part}\n\n{markdown(rows)}" for part, rows in parts.items()]
    return "\n".join([_INTRODUCTION, *tables])


def markdown(rows: Sequence[Key]) -> str:
    """Return the keys as a Markdown table."""
    lines = ["| key | takes | default | range | meaning |", "| - | - | - | - | - |"]
    for row in rows:
        default = f"`{row.default}`" if row.default else ""
        cells = (f"`{row.name}`", row.type, default, row.range, row.meaning)
        lines.append(
            "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
        )
    return "\n".join(lines) + "\n"


def _part(key: Key) -> str:
    """Return the heading that a key stands below."""
    if key.type != "section" and "." not in key.name:
        return "The run"
    long = (one for one in _LONG if f"{key.name}.".startswith(f"{one}."))
    return next(long, key.name.partition(".")[0])


def _walk(section: type[BaseModel], prefix: str) -> Iterator[Key]:
    for name, field in section.model_fields.items():
        key = f"{prefix}{name}"
        inner = _section(field.annotation)
        yield Key(
            name=key,
            type="section" if inner else _in_words(field.annotation),
            default=_default(field, inner is not None),
            range=_range(field.metadata, field.annotation),
            meaning=" ".join((field.description or _first_line(inner)).split()),
        )
        if inner is not None:
            yield from _walk(inner, f"{key}.")


def _section(annotation: Any) -> type[BaseModel] | None:
    """Return the section that a key holds, be it one that may be left out."""
    for one in (annotation, *get_args(annotation)):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None


def _in_words(annotation: Any) -> str:
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    origin, given = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _in_words(given[0])
    if origin is Literal:
        return ("one of " if given[1:] else "only ") + ", ".join(map(str, given))
    if origin in (Union, types.UnionType):
        return " or ".join(_in_words(one) for one in given if one is not type(None))
    assert origin is tuple, annotation
    if given[-1] is Ellipsis:
        return f"list of {_in_words(given[0])}"
    return f"list of {len(given)}: {_in_words(given[0])}"


def _default(field: FieldInfo, is_section: bool) -> str:
    if field.is_required():
        return ""
    default = field.get_default(call_default_factory=True)
    if default is None:
        return "left out"
    if is_section:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return f"[{', '.join(map(str, default))}]"
    return '""' if default == "" else str(default)


def _range(metadata: Sequence[Any], annotation: Any) -> str:
    """Return the limits of a key, wherever its type has written them down."""
    found = [
        one for one in _limits(metadata, annotation) if isinstance(one, BaseMetadata)
    ]
    said = [
        f"{sign} {getattr(one, attribute):.12g}"
        for kind, attribute, sign in _SIGNS
        for one in found
        if isinstance(one, kind)
    ]
    said += [
        f"up to {one.max_length} characters" for one in found if isinstance(one, MaxLen)
    ]
    # Each number of a pair says the same.
    return ", ".join(dict.fromkeys(said))


def _limits(metadata: Sequence[Any], annotation: Any) -> Iterator[Any]:
    for one in metadata:
        # A `Field(...)` inside `Annotated` keeps its limits to itself.
        yield from one.metadata if isinstance(one, FieldInfo) else (one,)
    for inner in get_args(annotation):
        if get_origin(inner) is Annotated:
            yield from _limits(get_args(inner)[1:], None)


def _first_line(section: type[BaseModel] | None) -> str:
    return (section.__doc__ or "").strip().split("\n")[0] if section else ""


def _unknown(wanted: str, known: Sequence[str]) -> ConfigError:
    by_end = {name.rpartition(".")[2]: name for name in reversed(known)}
    near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.6)
    last = wanted.rpartition(".")[2]
    near = near or [
        by_end[one] for one in difflib.get_close_matches(last, by_end, n=1, cutoff=0.5)
    ]
    hint = f"the nearest is {near[0]}" if near else "leave it out to see every key"
    return ConfigError(f"There is no key {wanted} in config.yml ({hint}).")
