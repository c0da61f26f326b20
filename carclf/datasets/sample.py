"""The sample that comes with carclf, as a dataset version."""

from carclf import store
from carclf.datasets import versions
from carclf.errors import CarclfError
from carclf.records import Version
from carclf.settings import Settings
from carclf.store import versions as stored

NAME = "sample"


def ensure(settings: Settings) -> Version:
    """Return the version “sample”, importing it when it is not there yet.

    Raises:
        DatasetError: The folder assets/sample/ is missing or incomplete.
        StoreError: The disk is full, or runs.db cannot be used.
    """
    found = _found(settings)
    if found is not None:
        return found
    try:
        return versions.import_folder(settings, settings.assets / "sample", NAME)
    except CarclfError:
        # The app and a command, started together, both import; the second finds it.
        found = _found(settings)
        if found is None:
            raise
        return found


def _found(settings: Settings) -> Version | None:
    with store.connect(settings.db_path) as db:
        return next((one for one in stored.every(db) if one.name == NAME), None)
