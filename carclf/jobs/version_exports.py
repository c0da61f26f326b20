"""Exporting a dataset version: to a place that a person names, or to be downloaded."""

from pathlib import Path

from carclf import store
from carclf.datasets import exporting
from carclf.datasets.exporting import Form
from carclf.errors import DatasetError
from carclf.records import Job
from carclf.settings import Settings
from carclf.store import jobs, versions


def submit_version_export(
    settings: Settings, version_id: int, form: Form, target: Path | None = None
) -> Job:
    """Queue the writing of a version as files.

    Args:
        target: None for a zip that is to be downloaded.

    Raises:
        StoreError: There is no such version.
        DatasetError: No target is given, or something is there.
    """
    with store.connect(settings.db_path) as db:
        version = versions.get(db, version_id)
        if target is not None:
            exporting.refuse_taken(target, form)
        elif form != "zip":
            raise DatasetError("Say where the exported version is to be written.")
        wanted = {
            "version_id": version_id,
            "form": form,
            "target": str(target) if target is not None else None,
        }
        return jobs.create(db, "export_version", f"Export {version.name}", wanted)
