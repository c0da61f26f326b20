"""carclf runs import: the runs of an earlier experiment, from its folders."""

from pathlib import Path
from typing import Annotated

import typer

from carclf import jobs, store
from carclf.cli.console import follow, ready, say
from carclf.store import jobs as store_jobs


def import_runs(
    folder: Annotated[
        Path, typer.Argument(help="A folder of experiments, or one experiment.")
    ],
) -> None:
    """Import runs: config.yml, TensorBoard event files, weights where there are any.

    What was imported before is not imported again.
    """
    settings = ready()
    job = jobs.submit_run_import(settings, folder)
    follow(settings, job)
    with store.connect(settings.db_path) as db:
        job = store_jobs.get(db, job.id)
    for name, lines in jobs.import_report(job):
        say(name)
        for line in lines:
            say(f"  {line}")
    say(f"{job.result['summary']}.")
