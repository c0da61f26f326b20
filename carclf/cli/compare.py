"""carclf compare: what changed between two runs, or among several, on one split."""

import csv
from pathlib import Path
from typing import Annotated

import typer

from carclf import store, words
from carclf.cli.console import print_table, ready, say
from carclf.errors import CarclfError
from carclf.evaluation import compare as comparison
from carclf.evaluation.compare import ClassChange, Comparison
from carclf.records import Evaluation, Run, Split
from carclf.store import Database, evaluations, runs

RunName = Annotated[list[str], typer.Argument(help="Runs, by number or name.")]
_CLASSES = ["class", "images", "before", "after", "difference", "fixed", "broke"]


def compare(
    run: RunName,
    split: Annotated[
        Split | None, typer.Option(help="Which images; default: the last judged on.")
    ] = None,
    classes: Annotated[
        bool, typer.Option("--classes", help="Each class too, worst first.")
    ] = False,
    to: Annotated[
        Path | None, typer.Option("--csv", help="Write the classes to this file.")
    ] = None,
) -> None:
    """Say what the second run fixed and broke, and whether by more than chance.

    Several runs are each set beside the first, with p-values corrected for that.
    """
    if len(run) < 2:
        raise CarclfError("Name two runs or more to compare.")
    if len(run) > 2 and (classes or to):
        raise CarclfError("Classes are told of two runs; name two.")
    settings = ready()
    with store.connect(settings.db_path) as db:
        found = [runs.find(db, one) for one in run]
        judged = _on_the_same_images(db, found, split)
        pairs = [comparison.pair(db, judged[0], one) for one in judged[1:]]
    told = [comparison.compare(pair.a, pair.b) for pair in pairs]
    if len(found) > 2:
        _print_several(found, told)
        return
    _print_two(found, told[0])
    changes = comparison.by_class(pairs[0].a, pairs[0].b)
    if classes:
        print_table(_CLASSES, [_in_words(one) for one in changes])
    if to is not None:
        _write(to, changes)
        say(f"{words.count(len(changes), 'class', 'classes')} written to {to}.")


def _on_the_same_images(
    db: Database, found: list[Run], split: Split | None
) -> list[Evaluation]:
    """Return each run's newest evaluation on the images of the first one's.

    Raises:
        CarclfError: A run was never judged on them.
    """
    first = _newest(db, found[0], split)
    judged = [first]
    for run in found[1:]:
        same = (
            one
            for one in evaluations.of_run(db, run.id)
            if comparison.are_of_the_same_images(db, first, one)
        )
        one = next(same, None)
        if one is None:
            # In the words for two evaluations that are there and differ.
            one = _newest(db, run, split)
            comparison.refuse_different_splits(db, first, one)
        judged.append(one)
    return judged


def _newest(db: Database, run: Run, split: Split | None) -> Evaluation:
    made = evaluations.of_run(db, run.id)
    fitting = [one for one in made if split in (None, one.split)]
    if not fitting:
        where = f" on {split} images" if split else ""
        option = f" --split {split}" if split else ""
        raise CarclfError(
            f"“{run.name}” was never evaluated{where}. "
            f"Run: carclf evaluate {run.id}{option}"
        )
    return fitting[0]


def _print_two(found: list[Run], told: Comparison) -> None:
    print_table(
        ["", ""],
        [
            ["images", told.image_count],
            [f"accuracy of {found[0].name}", words.percent(told.accuracy_a, 1)],
            [f"accuracy of {found[1].name}", words.percent(told.accuracy_b, 1)],
            ["difference", f"{told.difference * 100:+.1f} points"],
            ["95 % interval", _interval(told)],
            ["p (McNemar)", f"{told.p_value:.3g}, {_chance(told.p_value)}"],
            ["fixed", len(told.fixed)],
            ["broke", len(told.broke)],
            ["right in both", told.both_right],
            ["wrong in both", told.both_wrong],
        ],
    )


def _print_several(found: list[Run], told: list[Comparison]) -> None:
    corrected = comparison.adjusted([one.p_value for one in told])
    first = [found[0].name, words.percent(told[0].accuracy_a, 1), *["–"] * 7]
    rows = [
        [
            run.name,
            words.percent(one.accuracy_b, 1),
            f"{one.difference * 100:+.1f}",
            _interval(one),
            f"{one.p_value:.3g}",
            f"{p:.3g}",
            len(one.fixed),
            len(one.broke),
            _chance(p),
        ]
        for run, one, p in zip(found[1:], told, corrected, strict=True)
    ]
    headings = ["run", "accuracy", "difference", "95 % interval", "p"]
    print_table([*headings, "p (Holm)", "fixed", "broke", ""], [first, *rows])


def _interval(told: Comparison) -> str:
    return f"{told.low * 100:+.1f} to {told.high * 100:+.1f}"


def _chance(p: float) -> str:
    return "more than chance" if p < 0.05 else "may be chance"


def _in_words(one: ClassChange) -> list[str | int]:
    return [
        one.label,
        one.images,
        words.percent(one.before, 1),
        words.percent(one.after, 1),
        f"{one.difference * 100:+.1f}",
        one.fixed,
        one.broke,
    ]


def _write(to: Path, changes: list[ClassChange]) -> None:
    """Write a line a class; shares are 0-1.

    Raises:
        CarclfError: The file cannot be written.
    """
    try:
        with to.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(_CLASSES)
            for one in changes:
                shares = [
                    f"{share:.6f}" for share in (one.before, one.after, one.difference)
                ]
                writer.writerow([one.label, one.images, *shares, one.fixed, one.broke])
    except OSError as error:
        raise CarclfError(f"{to} cannot be written: {error.strerror}.") from error
