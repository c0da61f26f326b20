"""An evaluation in figures: for a terminal, for a pipe, as JSON, as a CSV file."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pandas as pd

from carclf import words
from carclf.cli.console import print_table, say, warn
from carclf.errors import CarclfError
from carclf.evaluation import confusions, levels, report, sentences
from carclf.evaluation.calibration import calibration
from carclf.evaluation.interval import wilson
from carclf.hierarchy import Hierarchy
from carclf.records import Evaluation, Judged, Run

By = Literal["class", "make", "model", "body", "year"]
_PAIRS = 10


class Told(NamedTuple):
    """What is told of: an evaluation, its run and images, what its classes are."""

    run: Run
    evaluation: Evaluation
    judged: list[Judged]
    hierarchy: Hierarchy


def print_all(told: Told, by: By) -> None:
    """Print the summary, a row for each class or group, and what is confused."""
    made, judged = told.evaluation, told.judged
    _print_summary(told)
    for one in made.skipped:
        say(f"left out: {one.path} {one.reason}")
    strangers = sentences.strangers(judged, made.classes)
    if strangers:
        warn(strangers)
    _print_rows(table(told, by))
    for pair in confusions.pairs(judged)[:_PAIRS]:
        say(f"{pair.label} called {pair.predicted}: {pair.count} of {pair.of}")


def table(told: Told, by: By) -> pd.DataFrame:
    """Return a row for each class, make, model, body or year; worst recall first."""
    classes = report.per_class(told.judged, told.hierarchy)
    return classes if by == "class" else report.by_group(classes, by)


def write_csv(path: Path, told: Told, by: By) -> None:
    """Write what `table` returns, shares of 1, and below it the averages."""
    rows = table(told, by)
    averages = report.averages(report.per_class(told.judged))
    averages = averages.rename(columns={"average": by})
    averages[by] += " average"
    whole = pd.concat([rows, averages]).reindex(columns=rows.columns)
    try:
        whole.to_csv(path, index=False, float_format="%.6f")
    except OSError as error:
        raise CarclfError(
            f"{path} cannot be written: {error.strerror or error}. Give another path."
        ) from error


def print_json(told: Told) -> None:
    """Print every figure; shares of 1."""
    made, judged = told.evaluation, told.judged
    pairs = confusions.pairs(judged)
    low, high = _interval(judged)
    plain: dict[str, Any] = {
        "run": told.run.name,
        "epoch": made.epoch,
        "split": made.split,
        "images": len(judged),
        "skipped": [asdict(one) for one in made.skipped],
        "summary": report.summary(judged),
        "accuracy_interval_95": [low, high],
        "calibration": asdict(calibration(judged)),
        "levels": [asdict(one) for one in levels.scores(judged, told.hierarchy)],
        "misses": [asdict(one) for one in levels.misses(pairs, told.hierarchy)],
        "classes": table(told, "class").to_dict("records"),
        "averages": report.averages(table(told, "class")).to_dict("records"),
        "confusions": [asdict(one) for one in pairs],
    }
    json.dump(plain, sys.stdout, ensure_ascii=False, indent=2)
    print()


def _print_summary(told: Told) -> None:
    made, judged = told.evaluation, told.judged
    known = report.summary(judged)
    say(
        f"{told.run.name}, epoch {made.epoch}, {made.split} "
        f"({words.count(len(judged), 'image')}): "
        f"accuracy {words.percent(known['accuracy'], 1)} "
        f"(95 % interval {words.percent_span(*_interval(judged))}), "
        f"top five {words.percent(known['top5_accuracy'], 1)}, "
        f"balanced {words.percent(known['balanced_accuracy'], 1)}, "
        f"macro F1 {known['macro_f1']:.3f}"
    )
    say(sentences.believed(calibration(judged), judged))
    scores = levels.scores(judged, told.hierarchy)
    misses = levels.misses(confusions.pairs(judged), told.hierarchy)
    counted = [(f"right: {one.level}", one.right, one.images) for one in scores]
    mistakes = sum(one.images for one in misses)
    counted += [(f"mistakes: {one.miss}", one.images, mistakes) for one in misses]
    print_table(
        ["", "images", "of", "share"],
        [[said, n, of, words.percent(n / of, 1)] for said, n, of in counted],
    )


def _interval(judged: list[Judged]) -> tuple[float, float]:
    return wilson(sum(one.is_correct for one in judged), len(judged))


def _print_rows(rows: pd.DataFrame) -> None:
    first = str(rows.columns[0])
    columns = [first, "images", *report.SHARES]
    print_table(
        columns,
        [
            [name or "not told", images, *(words.percent(share) for share in shares)]
            for name, images, *shares in rows[columns].itertuples(index=False)
        ],
    )
