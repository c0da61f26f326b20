"""Make a version whose images had their backgrounds taken away."""

from carclf import words
from carclf.config import Treatment
from carclf.datasets import versions
from carclf.datasets.sources.pace import Pace
from carclf.records import JobStatus, Skipped
from carclf.store import jobs
from carclf.tasks import network
from carclf.tasks.work import Work


def run(work: Work) -> JobStatus:
    wanted = work.job.settings
    treatment = Treatment.model_validate(wanted["treatment"])
    network.fetch(work, treatment)
    telling = _Telling(work)
    made = versions.treat(
        work.settings,
        wanted["version_id"],
        treatment,
        wanted["name"],
        on_progress=telling.progress,
        stop_requested=work.stop_requested,
        on_failed=telling.failed,
    )
    return "stopped" if made is None else "done"


class _Telling:
    """Tells how far it is, and which photographs failed, as they do."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._pace: _Photographs | None = None
        self._done = 0

    def progress(self, done: int, total: int) -> None:
        if self._pace is None:
            self._pace = _Photographs("Removing backgrounds", total, self._report)
        self._pace.add(done - self._done)
        self._done = done
        self._pace.tell(at_once=done == total)

    def failed(self, one: Skipped) -> None:
        jobs.add_skipped(self._work.db, self._work.job.id, one)
        if self._pace is not None:
            self._pace.failed += 1

    def _report(self, done: int, total: int, message: str, left: float | None) -> None:
        self._work.report(done, total, message, left, is_told=1)


class _Photographs(Pace):
    """Counts photographs that were treated, and those that could not be."""

    failed = 0

    def _in_words(self, done: int, rate: float) -> str:
        pace = f" · {rate:.1f} images/s" if rate > 0 else ""
        failed = f" · {self.failed:,} failed" if self.failed else ""
        return (
            f"{self._what} · {done:,} of {words.count(self._total, 'image')}"
            f"{pace}{failed}"
        )
