"""Runs for stories that begin after a training."""

from playwright.sync_api import Page

from carclf import config, jobs, store
from carclf.records import Run
from carclf.settings import Settings
from carclf.store import jobs as store_jobs


def hasty(page: Page, settings: Settings) -> Run:
    """Return a run on the sample that learnt for one epoch, and so errs often."""
    wanted = config.from_plain(
        {
            "name": "hasty",
            "data": {"version": "sample", "image_size": [64, 64]},
            "model": {"backbone": "tiny", "weights": "none"},
            "fit": {"epochs": 1},
            "learning": {"features": "streaming"},
        }
    )
    made, job = jobs.submit_training(settings, wanted)
    while True:
        with store.connect(settings.db_path) as db:
            found = store_jobs.get(db, job.id)
        if found.status in ("done", "failed", "stopped"):
            break
        page.wait_for_timeout(300)
    assert found.status == "done", found.reason
    return made
