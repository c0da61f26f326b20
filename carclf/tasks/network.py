"""Fetch the published network that a background remover runs."""

import shutil
from functools import partial

from carclf.background import weights
from carclf.config import Treatment
from carclf.datasets.sources import rooms, web
from carclf.errors import BackgroundError
from carclf.records import JobStatus
from carclf.tasks.work import Work


def run(work: Work) -> JobStatus:
    fetch(work, Treatment.model_validate(work.job.settings["treatment"]))
    return "done"


def fetch(work: Work, treatment: Treatment) -> None:
    """Fetch, check and keep what a treatment needs; nothing if it is here already.

    Raises:
        SourceError: It cannot be downloaded.
        BackgroundError: What came is another file, or what runs it is not installed.
        Stopped: Somebody asked for it; what came so far is kept.
    """
    if weights.has(work.settings, treatment):
        return
    # Asked first: without what runs it, hundreds of megabytes would come for nothing.
    weights.require(work.settings, treatment)
    network = weights.needed(treatment)
    address = network.address(work.settings)
    room = rooms.downloads(work.settings) / network.file_name
    told = partial(work.report, is_told=1)
    path = web.fetch(address, address, room, told, work.stop_requested)
    work.report(1, 1, "Checking the weights")
    try:
        weights.take(work.settings, treatment, path)
    except BackgroundError:
        # Gone on with, it would be wrong for ever.
        shutil.rmtree(room)
        raise
    shutil.rmtree(room)
