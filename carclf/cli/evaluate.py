"""carclf evaluate and compare: how good a run is, and what changed between two."""

from typing import Annotated

import typer

from carclf import jobs, store, words
from carclf.cli.console import follow, print_table, ready, say
from carclf.errors import CarclfError
from carclf.evaluation import compare as comparison
from carclf.evaluation import confusions, report
from carclf.records import Evaluation, Run, Split
from carclf.settings import Settings
from carclf.store import evaluations, runs, versions

RunName = Annotated[str, typer.Argument(help="A run's number or name.")]


def evaluate(
    run: RunName,
    split: Annotated[Split, typer.Option(help="Which images.")] = "test",
    version: Annotated[str, typer.Option(help="Default: the run's own.")] = "",
    epoch: Annotated[int, typer.Option(help="Default: the best.")] = 0,
) -> None:
    """Judge a run on a split: accuracy, each class, and what is confused."""
    settings = ready()
    with store.connect(settings.db_path) as db:
        found = runs.find(db, run)
        version_id = versions.by_name(db, version).id if version else found.version_id
    if version_id is None:
        raise CarclfError(f"“{found.name}” has no dataset version. Give --version.")
    job = jobs.submit_evaluation(settings, found.id, version_id, split, epoch or None)
    follow(settings, job)
    with store.connect(settings.db_path) as db:
        made = evaluations.of_run(db, found.id)[0]
        judged = evaluations.judged(db, made.id)
    _print_summary(found, made)
    table = report.per_class(judged)
    print_table(
        ["class", "images", "precision", "recall", "f1"],
        [
            [row[0], row[1], *(words.percent(share) for share in row[2:])]
            for row in table.itertuples(index=False, name=None)
        ],
    )
    for pair in confusions.pairs(judged)[:10]:
        say(f"{pair.label} called {pair.predicted}: {pair.count} of {pair.of}")


def compare(first: RunName, second: RunName) -> None:
    """Say what the second run fixed and broke, and whether by more than chance."""
    settings = ready()
    a, b = _last_evaluation(settings, first), _last_evaluation(settings, second)
    comparison.refuse_different_splits(a, b)
    with store.connect(settings.db_path) as db:
        found = comparison.compare(
            evaluations.judged(db, a.id), evaluations.judged(db, b.id)
        )
    chance = "more than chance" if found.is_more_than_chance else "may be chance"
    print_table(
        ["", ""],
        [
            ["images", found.image_count],
            [f"accuracy of {first}", words.percent(found.accuracy_a, 1)],
            [f"accuracy of {second}", words.percent(found.accuracy_b, 1)],
            ["difference", f"{found.difference * 100:+.1f} points"],
            ["95 % interval", f"{found.low * 100:+.1f} to {found.high * 100:+.1f}"],
            ["p (McNemar)", f"{found.p_value:.3f}, {chance}"],
            ["fixed", len(found.fixed)],
            ["broke", len(found.broke)],
        ],
    )


def _last_evaluation(settings: Settings, words_for_run: str) -> Evaluation:
    with store.connect(settings.db_path) as db:
        run = runs.find(db, words_for_run)
        made = evaluations.of_run(db, run.id)
    if not made:
        raise CarclfError(
            f"“{run.name}” was never evaluated. Run: carclf evaluate {run.id}"
        )
    return made[0]


def _print_summary(run: Run, made: Evaluation) -> None:
    metrics = made.metrics
    say(
        f"{run.name}, epoch {made.epoch}, {made.split} "
        f"({words.count(made.image_count, 'image')}): "
        f"accuracy {words.percent(metrics['accuracy'], 1)}, "
        f"top five {words.percent(metrics['top5_accuracy'], 1)}, "
        f"macro F1 {metrics['macro_f1']:.3f}"
    )
    for one in made.skipped:
        say(f"left out: {one.path} {one.reason}")
