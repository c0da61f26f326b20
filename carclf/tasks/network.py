"""Fetch the weights of a network of Detectron2's model zoo."""

import shutil

from carclf.background import weights
from carclf.datasets.sources import rooms, web
from carclf.datasets.sources.pace import Stopped
from carclf.errors import BackgroundError
from carclf.records import JobStatus
from carclf.tasks.work import Work


def run(work: Work) -> JobStatus:
    try:
        fetch(work, work.job.settings["remover"])
    except Stopped:
        return "stopped"
    return "done"


def fetch(work: Work, remover: str) -> None:
    """Fetch, check and keep what a remover needs; nothing if it is here already.

    Raises:
        SourceError: It cannot be downloaded.
        BackgroundError: What came is another file, or Detectron2 is not installed.
        Stopped: Somebody asked for it; what came so far is kept.
    """
    if weights.has_zoo(work.settings, remover):
        return
    # Asked first: without it, 170 MB would come for nothing.
    weights.python_of(work.settings)
    network = weights.ZOO[remover]
    address = network.address(work.settings.zoo)
    room = rooms.downloads(work.settings) / network.file_name
    path = web.fetch(address, address, room, work.report, work.stop_requested)
    work.report(1, 1, "Checking the weights")
    try:
        weights.take_zoo(work.settings, remover, path)
    except BackgroundError:
        # Gone on with, it would be wrong for ever.
        shutil.rmtree(room)
        raise
    shutil.rmtree(room)
