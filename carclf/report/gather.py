"""From the store to what a report tells; the only part of it that asks the store."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from carclf import metrics, recorded
from carclf.datasets import sample
from carclf.errors import StoreError
from carclf.evaluation import compare, confusions
from carclf.evaluation import report as numbers
from carclf.evaluation.compare import Comparison
from carclf.records import SPLITS, Evaluation, Judged, Outcome, Run, Split, Version
from carclf.report.findings import (
    Change,
    ClassResult,
    Closer,
    Data,
    Findings,
    Ground,
    Shot,
    Told,
    answer,
)
from carclf.settings import Settings
from carclf.store import Database, connect, evaluations, images, notes, runs, versions

MOST_SAMPLES, MOST_MISTAKES, MOST_CHANGED = 24, 12, 8


def gather(settings: Settings, run_ids: Sequence[int]) -> Findings:
    """Return what the store tells of some runs.

    Raises:
        StoreError: There is no such run, or none was named.
    """
    if not run_ids:
        raise StoreError("Choose at least one run to report on.")
    with connect(settings.db_path) as db:
        chosen = {run_id: runs.get(db, run_id) for run_id in sorted(set(run_ids))}
        found = _Gathering(db, chosen)
        told = [found.tell(run) for run in found.family.values()]
        of_report = [one for one in told if not one.is_outside]
        findings = Findings(of_report, told, found.ground, found.data())
        return replace(findings, closer=found.look_closer(findings))


class _Gathering:
    """One look at the store, in which nothing is asked for twice.

    Attributes:
        family: The runs of the report with all they descend from, oldest first.
    """

    def __init__(self, db: Database, chosen: dict[int, Run]) -> None:
        self.db = db
        self.chosen = chosen
        self.family = _with_parents(db, chosen)
        self.versions = {one.id: one for one in versions.every(db)}
        self.histories = runs.histories(db, list(self.family))
        self.judged_by = {
            run_id: evaluations.of_run(db, run_id) for run_id in self.family
        }
        self.ground = self._ground()
        self._outcomes: dict[int, list[Outcome]] = {}

    def tell(self, run: Run) -> Told:
        made = self.judged_by[run.id]
        result = self._result(run.id)
        return Told(
            run=run,
            version=self.versions.get(run.version_id or 0),
            history=self.histories[run.id],
            notes=notes.of_run(self.db, run.id),
            result=result,
            elsewhere=_newest(one for one in made if not self._is_here(one)),
            change=self._change(run),
            is_outside=run.id not in self.chosen,
        )

    def data(self) -> list[Data]:
        """Return the versions that the runs learnt from, and the one of the ground."""
        wanted = [run.version_id for run in self.chosen.values() if run.version_id]
        if self.ground is not None:
            wanted.append(self.ground.version.id)
        return [self._data(self.versions[one]) for one in dict.fromkeys(wanted)]

    def look_closer(self, findings: Findings) -> Closer | None:
        best = findings.best
        if best is None or best.result is None:
            return None
        judged = evaluations.judged(self.db, best.result.id)
        mistakes = evaluations.judged(
            self.db, best.result.id, is_correct=False, limit=MOST_MISTAKES
        )
        table = numbers.per_class(judged)
        return Closer(
            classes=[
                ClassResult(name, int(count), recall, precision, f1)
                for name, count, precision, recall, f1 in table.itertuples(
                    index=False, name=None
                )
            ],
            pairs=confusions.pairs(judged),
            mistakes=self._shots(mistakes, answer),
            mistake_count=sum(not one.is_correct for one in judged),
            fixed=self._changed(best, judged, "fixed"),
            broke=self._changed(best, judged, "broke"),
            rival=self._rival(best, findings.next_best),
        )

    def outcomes(self, one: Evaluation) -> list[Outcome]:
        if one.id not in self._outcomes:
            self._outcomes[one.id] = evaluations.outcomes(self.db, one.id)
        return self._outcomes[one.id]

    def _ground(self) -> Ground | None:
        """Return where most runs of the report were judged; test images come first."""
        judged = Counter(
            place
            for run_id in self.chosen
            for place in {(one.version_id, one.split) for one in self.judged_by[run_id]}
        )
        if not judged:
            return None
        version_id, split = max(
            judged, key=lambda place: (place[1] == "test", judged[place], place[0])
        )
        version = self.versions[version_id]
        return Ground(version, split, self._is_rendered(version))

    def _is_here(self, one: Evaluation) -> bool:
        ground = self.ground
        return ground is not None and (one.version_id, one.split) == (
            ground.version.id,
            ground.split,
        )

    def _result(self, run_id: int) -> Evaluation | None:
        made = self.judged_by.get(run_id, [])
        return next((one for one in made if self._is_here(one)), None)

    def _change(self, run: Run) -> Change | None:
        """Return how a run did against its parent, on the same images."""
        if run.parent_id is None or run.parent_id not in self.family:
            return None
        after, before = self._result(run.id), self._result(run.parent_id)
        if after is not None and before is not None:
            found = compare.compare(self.outcomes(before), self.outcomes(after))
            return Change(found.difference, after.split, found)
        return self._change_on_validation(run, self.family[run.parent_id])

    def _change_on_validation(self, run: Run, parent: Run) -> Change | None:
        own, theirs = self._best_validation(run), self._best_validation(parent)
        if own is None or theirs is None or self._images(run) != self._images(parent):
            return None
        return Change(own - theirs, "validation")

    def _best_validation(self, run: Run) -> float | None:
        history = self.histories[run.id]
        epoch = metrics.best_epoch(history, "val_accuracy")
        return metrics.at(history, epoch, "val_accuracy")

    def _images(self, run: Run) -> tuple[int | None, str]:
        version = self.versions.get(run.version_id or 0)
        return run.version_id, recorded.images(run, version)

    def _data(self, version: Version) -> Data:
        by_class: dict[str, dict[Split, int]] = {}
        for label, split, count in versions.counts(self.db, version.id):
            by_class.setdefault(label, {})[split] = count
        parent = self.versions.get(version.parent_id or 0)
        return Data(
            version=version,
            parent=parent.name if parent else None,
            by_class=by_class,
            left_out=len(versions.skipped(self.db, version.id)),
            samples=self._samples(version),
            is_rendered=self._is_rendered(version),
        )

    def _samples(self, version: Version) -> list[Shot]:
        """Return an image of each class, or of some evenly spaced ones."""
        count = min(MOST_SAMPLES, len(version.classes))
        labels = [
            version.classes[place * len(version.classes) // count]
            for place in range(count)
        ]
        found = []
        for label in labels:
            # Of a split that has the class, the one it is taught by first.
            for split in SPLITS:
                some = versions.examples(
                    self.db, version.id, split=split, label=label, limit=1
                )
                if some:
                    found.append(Shot(some[0].path, label))
                    break
        return found

    def _is_rendered(self, version: Version) -> bool:
        while version.parent_id is not None:
            version = self.versions[version.parent_id]
        return version.name == sample.NAME

    def _changed(self, best: Told, judged: list[Judged], which: str) -> list[Shot]:
        """Return what the best run fixed or broke, most confident first."""
        parent = self._result(best.run.parent_id or 0)
        if parent is None or best.change is None or best.change.comparison is None:
            return []
        wanted = set(getattr(best.change.comparison, which))
        after = [one for one in judged if one.image_id in wanted][:MOST_CHANGED]
        before = {
            one.image_id: one
            for one in evaluations.of_images(
                self.db, parent.id, [one.image_id for one in after]
            )
        }
        return self._shots(
            after, lambda one: f"was {answer(before[one.image_id])}, now {answer(one)}"
        )

    def _rival(self, best: Told, second: Told | None) -> tuple[Told, Comparison] | None:
        if best.result is None or second is None or second.result is None:
            return None
        before, after = self.outcomes(second.result), self.outcomes(best.result)
        return second, compare.compare(before, after)

    def _shots(
        self, judged: Sequence[Judged], say: Callable[[Judged], str]
    ) -> list[Shot]:
        known = images.get_many(self.db, [one.image_id for one in judged])
        return [
            Shot(known[one.image_id].path, one.label, say(one), one.is_correct)
            for one in judged
        ]


def _with_parents(db: Database, chosen: dict[int, Run]) -> dict[int, Run]:
    family = dict(chosen)
    waiting = list(chosen.values())
    while waiting:
        parent_id = waiting.pop().parent_id
        if parent_id is not None and parent_id not in family:
            family[parent_id] = runs.get(db, parent_id)
            waiting.append(family[parent_id])
    return dict(sorted(family.items()))


def _newest(made: Iterable[Evaluation]) -> list[Evaluation]:
    """Return the first, which is the newest, on each version's split."""
    found: dict[tuple[int, Split], Evaluation] = {}
    for one in made:
        found.setdefault((one.version_id, one.split), one)
    return list(found.values())
