"""How long a person who labels waits for the next image, and for a page of the grid."""

from collections.abc import Callable
from statistics import median
from typing import Any

import gallery
import numpy as np
from page import Finding, percent
from prediction import seconds_of

from carclf import store
from carclf.evaluation import features, shares
from carclf.settings import Settings
from carclf.store import evaluations, versions
from carclf.ui import labelling, suggestions
from carclf.ui.image_filters import Filters
from carclf.ui.labelling import Sitting
from carclf.ui.tabs import label, label_grid, label_queue

REPEATS = 20
# Two hundred images in ten minutes.
ALLOWED_S = 3.0
EVERYTHING = Filters()


def measure(settings: Settings) -> Finding:
    """Draw as many photographs as a large test split has, and label some of them."""
    home = Settings(home=settings.home / "labelling")
    store.prepare(home.db_path)
    with store.connect(home.db_path) as db:
        run, evaluation_id = gallery.record(home, db)
        version = versions.every(db)[0]
        judged = evaluations.outcomes(db, evaluation_id)
    random = np.random.default_rng(0)
    found = random.dirichlet(np.full(gallery.CLASSES, 0.05), len(judged))
    path = shares.of_evaluation(home, run, evaluation_id)
    features.write(path, [one.image_id for one in judged], found.astype(np.float32))
    first = label.fill(home, version.id, *EVERYTHING, suggestions.NO_RUN).sitting
    ways = [
        ("a label saved, the next image made ready", going_on(home, first, True)),
        ("a label saved, the next image not ready", going_on(home, first, False)),
        ("a further page of the grid", pages(home, version.id)),
        ("the cleaning queue, opened", [seconds_of(lambda: queue(home, version.id))]),
        ("the cleaning queue, opened again", repeated(lambda: queue(home, version.id))),
    ]
    return Finding(
        "Labelling",
        f"A version of {gallery.IMAGES:,} drawn photographs of {gallery.CLASSES} "
        "classes, each 400 × 300 pixels; from the call to what is sent to the page, "
        f"median of {REPEATS} (the first opening once). Two hundred images in ten "
        "minutes leave three seconds for each.",
        ("what is done", "time", "of the three seconds"),
        tuple(
            (name, f"{1000 * median(took):.0f} ms", percent(median(took) / ALLOWED_S))
            for name, took in ways
        ),
    )


def going_on(home: Settings, sitting: Sitting, is_ready: bool) -> list[float]:
    """Return the time of each save, beginning where nobody was before."""
    sitting = sitting.at(0 if is_ready else 100)
    sitting = labelling.show(home, sitting).sitting
    took = []
    for _ in range(REPEATS):
        if is_ready:
            labelling.look_ahead(home, sitting)
        views: list[Any] = []
        took.append(
            seconds_of(
                lambda now=sitting, kept=views: kept.append(
                    labelling.save(home, now, True, "Another Class")
                )
            )
        )
        sitting = views[0].sitting
    return took


def pages(home: Settings, version_id: int) -> list[float]:
    return [
        seconds_of(
            lambda n=number: label_grid.turn_page(
                home, 1, version_id, *EVERYTHING, n, 0
            )
        )
        for number in range(5, 5 + REPEATS)
    ]


def queue(home: Settings, version_id: int) -> Any:
    return label_queue.offer(home, version_id, None, label_queue.ALL, Sitting())


def repeated(work: Callable[[], object]) -> list[float]:
    return [seconds_of(work) for _ in range(REPEATS)]
