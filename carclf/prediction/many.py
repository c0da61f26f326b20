"""Many photographs through an ensemble, into a table, with a stop and a going on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from carclf import images
from carclf.batches import read_ahead
from carclf.errors import UnreadableImageError
from carclf.prediction import results
from carclf.prediction.ensemble import Ensemble, Input
from carclf.prediction.listing import Photograph
from carclf.prediction.results import Row

# Fewer than a network takes at once: somebody watches, or stops it.
BATCH = 16

Progress = Callable[[int, int], None]
Read = tuple[Photograph, list[Input] | str]


@dataclass(frozen=True)
class Outcome:
    """How far it came: files in the table, of how many, and how many unreadable."""

    done: int
    total: int
    unreadable: int


def predict(
    ensemble: Ensemble,
    wanted: Sequence[Photograph],
    table: Path,
    on_progress: Progress = lambda done, total: None,
    stop_requested: Callable[[], bool] = lambda: False,
    on_rows: Callable[[Sequence[Row]], None] = lambda rows: None,
) -> Outcome:
    """Write a line for every photograph that the table does not hold yet.

    Args:
        on_progress: Called with the files done now and those there were to do.
        on_rows: Called with each few lines once they are written.

    Raises:
        StoreError: As `results.growing`.
    """
    with results.growing(table, ensemble.name) as (known, growing):
        left = [one for one in wanted if one.name not in known]
        done = 0
        on_progress(done, len(left))
        for rows in answered(ensemble, left):
            growing.add(rows)
            on_rows(rows)
            done += len(rows)
            on_progress(done, len(left))
            if stop_requested():
                break
    mine = {one.name for one in wanted}
    found = [one for one in results.read(table) if one[0] in mine]
    unreadable = sum(not results.is_answer(one) for one in found)
    return Outcome(len(found), len(wanted), unreadable)


def answered(ensemble: Ensemble, wanted: Sequence[Photograph]) -> Iterator[list[Row]]:
    """Yield lines in the order of the photographs, a few at a time."""

    def read(one: Photograph) -> Read:
        try:
            return one, ensemble.prepare(one.path, one.box)
        except UnreadableImageError as error:
            return one, images.trouble(one.path, error)

    for batch in read_ahead(wanted, read, BATCH):
        readable = [inputs for _, inputs in batch if not isinstance(inputs, str)]
        answers = iter(ensemble.answers(readable) if readable else [])
        yield [
            results.row(
                one.name,
                ensemble.name,
                inputs if isinstance(inputs, str) else next(answers),
            )
            for one, inputs in batch
        ]
