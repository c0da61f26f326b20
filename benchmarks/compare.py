"""How long Compare takes to open over a thousand runs, beside reading their epochs."""

import json
import math
import random
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from page import Finding, milliseconds, times

from carclf import store
from carclf.config import TrainConfig
from carclf.records import EpochEnded
from carclf.settings import Settings
from carclf.store import Database, jobs, runs
from carclf.ui.tabs import compare
from carclf.ui.tabs.compare import Asked
from carclf.ui.tabs.compare_curves import Wanted as Curves
from carclf.ui.tabs.compare_runs import Wanted as Table

RUNS, EPOCHS, REPEATS = 1_000, 100, 5
# Of so many runs, one begins from the weights that were downloaded.
FAMILY = 12


def measure(settings: Settings) -> Finding:
    """Fill a store of its own, then open the tab, poll it, and read everything."""
    own = Settings(home=settings.home / "compare")
    store.prepare(own.db_path)
    fill(own, RUNS, EPOCHS)
    sent = json.dumps(_open(own), default=str)
    opened = _median_s(lambda: _open(own))
    measured = {
        "opening the tab: table, tree, curves, settings": opened,
        "asking again, nothing changed": _poll_s(own),
        "asking again, an epoch ended": _poll_s(own, changes=True),
        "reading every epoch of every run, which opening does not": _median_s(
            lambda: _read_all(own)
        ),
    }
    rows = [(what, milliseconds(s), times(s / opened)) for what, s in measured.items()]
    return Finding(
        "Comparing a thousand runs",
        f"A store of {RUNS:,} runs of {EPOCHS} epochs, each begun from another or from "
        f"ImageNet; the handlers of the page, median of {REPEATS}. Opening sends "
        f"{len(sent) / 1000:.0f} kB.",
        ("what", "time", "compared with opening"),
        tuple(rows),
    )


def fill(settings: Settings, count: int, epochs: int) -> None:
    """Record runs that learnt, in families, with differing settings."""
    chance = random.Random(0)
    with store.connect(settings.db_path) as db, db.atomic():
        known: list[int] = []
        for number in range(count):
            parent = chance.choice(known[-FAMILY:]) if number % FAMILY else None
            known.append(_run(db, chance, parent, epochs))


def _run(
    db: Database, chance: random.Random, parent_id: int | None, epochs: int
) -> int:
    plain: dict[str, Any] = {
        "seed": chance.randrange(3),
        "data": {"batch_size": chance.choice([16, 32, 64])},
        "fit": {"epochs": epochs},
        "model": {"dropout_rate": chance.choice([0.1, 0.3])},
    }
    at = chance.randrange(1, epochs) if parent_id else None
    if parent_id:
        plain["model"]["weights"] = f"run:{parent_id}@{at}"
    run = runs.create(
        db,
        "",
        TrainConfig.model_validate(plain).model_dump(mode="json"),
        version_id=None,
        parent_id=parent_id,
        parent_epoch=at,
    )
    job = jobs.create(db, "train", f"Train {run.name}", {}, run_id=run.id)
    jobs.finish(db, job.id, "done")
    top = chance.uniform(0.3, 0.9)
    # As `runs.add_epoch` does, without a transaction for each.
    db.conn.executemany(
        "insert into metrics (run_id, epoch, name, value) values (?, ?, ?, ?)",
        [
            (run.id, event.epoch, name, value)
            for event in (_epoch(epoch, top) for epoch in range(1, epochs + 1))
            for name, value in event.metrics.items()
        ],
    )
    runs.end(db, run.id, epochs)
    return run.id


def _epoch(epoch: int, top: float) -> EpochEnded:
    risen = 1 - math.exp(-epoch / 20)
    return EpochEnded(
        epoch,
        {
            "loss": 3 - 2 * risen,
            "accuracy": top * risen,
            "val_loss": 3 - 1.8 * risen,
            "val_accuracy": 0.9 * top * risen,
            "learning_rate": 1e-3,
            "images_per_second": 400.0,
            "seconds": 2.0,
        },
    )


def _asked() -> Asked:
    return Asked([], Table(), Curves(), {}, ())


def _open(settings: Settings) -> tuple[Any, ...]:
    return compare.refresh(settings, *_asked().inputs, [])


def _poll_s(settings: Settings, *, changes: bool = False) -> float:
    """Return the seconds of one more question of an open page."""
    *_, seen = _open(settings)
    chosen = [RUNS, RUNS - 1, RUNS - 2, RUNS - 3]
    inputs = _asked()._replace(chosen=chosen).inputs
    *_, seen = compare.refresh(settings, *inputs, seen)
    taken = []
    for number in range(REPEATS):
        if changes:
            with store.connect(settings.db_path) as db:
                runs.add_epoch(db, RUNS, _epoch(EPOCHS + 1 + number, 0.95))
        began = time.perf_counter()
        *_, told = compare.refresh(settings, *inputs, seen)
        taken.append(time.perf_counter() - began)
        # A page is not told again what it was told already.
        seen = told if isinstance(told, list) else seen
    return median(taken)


def _read_all(settings: Settings) -> None:
    with store.connect(settings.db_path) as db:
        runs.histories(db, [run.id for run in runs.every(db)])


def _median_s(work: Callable[[], Any]) -> float:
    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return median(taken)
