"""The table of runs: its columns, which rows are shown, and in what order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from carclf import metrics, recorded, words
from carclf.lineage import Relative
from carclf.recorded import Value

Kind = Literal["text", "number", "share", "minutes", "time"]

SETTING, BEST, TEST = "setting ", "best ", "test "


@dataclass(frozen=True)
class Column:
    """Something told of every run.

    Attributes:
        name: How a page or a command line asks for it.
        value: None where a run has nothing to tell; shares are 0-1.
    """

    name: str
    title: str
    kind: Kind
    value: Callable[[Relative], Value]


@dataclass(frozen=True)
class Sieve:
    """Which runs are shown; what is empty lets all through.

    Attributes:
        text: Every word of it is in the run's name, note, tags or network.
        archived: Show the runs in the archive, and no others.
    """

    text: str = ""
    status: str = ""
    version: str = ""
    tag: str = ""
    starred: bool = False
    archived: bool = False


def text(kind: Kind, value: Value) -> str:
    """Return a value as people read it."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return words.local_time(value) if kind == "time" else value
    if kind == "share":
        return words.percent(value, 1)
    if kind == "minutes":
        return f"{value:,.1f}"
    return str(value) if isinstance(value, int) else metrics.digits(value)


def sift(family: Sequence[Relative], sieve: Sieve) -> list[Relative]:
    return [one for one in family if _passes(one, sieve)]


def _passes(one: Relative, sieve: Sieve) -> bool:
    marks = one.marks
    return (
        (not sieve.text or _mentions(one, sieve.text))
        and sieve.status in ("", one.run.status)
        and sieve.version in ("", one.images)
        and (not sieve.tag or sieve.tag in marks.tags)
        and (marks.is_starred or not sieve.starred)
        and marks.is_archived == sieve.archived
    )


def _mentions(one: Relative, text: str) -> bool:
    network, marks = recorded.network(one.run), one.marks
    said = " ".join([one.run.name, marks.note, *marks.tags, network, one.images])
    return all(word in said.lower() for word in text.lower().split())


def sort(
    shown: Sequence[Relative], column: Column, *, descending: bool
) -> list[Relative]:
    """Return the runs by a column; those with nothing to tell come last."""
    known = [one for one in shown if column.value(one) is not None]
    unknown = [one for one in shown if column.value(one) is None]
    known.sort(key=lambda one: _rank(column.value(one)), reverse=descending)
    return [*known, *unknown]


def _rank(value: Value) -> tuple[float, str]:
    # A setting may be a number in one run and a word in another.
    if isinstance(value, str):
        return float("inf"), value.lower()
    assert value is not None
    return float(value), ""


def differing(shown: Sequence[Relative], columns: Sequence[Column]) -> list[Column]:
    """Return the columns in which these runs are not all the same."""
    return [
        column for column in columns if len({column.value(one) for one in shown}) > 1
    ]


def columns(family: Sequence[Relative], metrics: Sequence[str] = ()) -> list[Column]:
    """Return every column that these runs have something to tell for.

    Args:
        metrics: Those whose best is known of the runs.
    """
    named = [column.name for column in FACTS]
    bests = [of_best(name) for name in metrics]
    tests = sorted({name for one in family if one.test for name in one.test.metrics})
    paths = sorted({path for one in family for path in one.settings})
    found = [*bests, *map(of_test, tests), *map(of_setting, paths)]
    return [*FACTS, *(column for column in found if column.name not in named)]


def named(known: Sequence[Column], names: Sequence[str]) -> list[Column]:
    """Return the columns of these names that are known, in this order."""
    by_name = {column.name: column for column in known}
    return [by_name[name] for name in names if name in by_name]


def of_best(metric: str) -> Column:
    kind: Kind = "share" if metric.endswith(("accuracy", "f1")) else "number"
    title = f"Best {metric.replace('_', ' ')}"
    return Column(BEST + metric, title, kind, lambda one: one.best(metric))


def of_test(metric: str) -> Column:
    kind: Kind = "share" if metric.endswith(("accuracy", "f1")) else "number"

    def value(one: Relative) -> Value:
        return one.test.metrics.get(metric) if one.test else None

    return Column(TEST + metric, f"Test {metric.replace('_', ' ')}", kind, value)


def of_setting(path: str) -> Column:
    return Column(SETTING + path, path, "text", lambda one: one.settings.get(path))


def _minutes(one: Relative) -> float | None:
    run = one.run
    if run.started_at is None or run.ended_at is None:
        return None
    return words.seconds_between(run.started_at, run.ended_at) / 60


def _test_accuracy(one: Relative) -> float | None:
    return one.test.metrics["accuracy"] if one.test else None


FACTS = (
    Column("name", "Run", "text", lambda one: one.run.name),
    Column("status", "Status", "text", lambda one: one.run.status),
    Column(
        "best val_accuracy",
        "Val. accuracy",
        "share",
        lambda one: one.best("val_accuracy"),
    ),
    Column("best val_loss", "Val. loss", "number", lambda one: one.best("val_loss")),
    Column("test accuracy", "Test accuracy", "share", _test_accuracy),
    Column("epochs", "Epochs", "number", lambda one: one.epochs),
    Column(
        "mode",
        "Mode",
        "text",
        lambda one: recorded.MODES.get(recorded.mode(one.run)),
    ),
    Column("backbone", "Backbone", "text", lambda one: recorded.backbone(one.run)),
    Column("parent", "Parent", "text", lambda one: one.parent),
    Column("version", "Version", "text", lambda one: one.images),
    Column("background", "Background", "text", lambda one: one.background),
    Column("tags", "Tags", "text", lambda one: ", ".join(one.marks.tags) or None),
    Column("note", "Notes", "text", lambda one: one.marks.note or None),
    Column("started", "Started", "time", lambda one: one.run.started_at),
    Column("minutes", "Minutes", "minutes", _minutes),
    Column("device", "Device", "text", lambda one: one.run.device),
    Column("id", "Number", "number", lambda one: one.run.id),
)
USUAL = (
    "status",
    "best val_accuracy",
    "test accuracy",
    "epochs",
    "mode",
    "backbone",
    "parent",
    "version",
    "tags",
    "started",
    "minutes",
)
