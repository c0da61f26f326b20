"""What can go wrong that a user can mend: one kind an area, each a plain sentence.

A message says what is wrong, what was given, and what to do next. Any exception
that is not a CarclfError is a bug.
"""


class CarclfError(Exception):
    """Something the user can act on; its text is shown as it stands."""


class ConfigError(CarclfError):
    """A setting is unknown, of the wrong type, or out of range."""


class DatasetError(CarclfError):
    """A folder, an archive or a version cannot be used as it is."""


class SourceError(CarclfError):
    """What an import was to take cannot be had: an archive, an address, a bucket."""


class UnreadableImageError(CarclfError):
    """A file is missing, cut short, too large, or not an image."""


class StoreError(CarclfError):
    """runs.db is locked, damaged, full, or lacks what was asked for."""


class JobError(CarclfError):
    """A job cannot be queued, started or stopped."""


class TrainingError(CarclfError):
    """A training cannot start, or cannot go on."""


class BundleError(CarclfError):
    """A trained model is missing, incomplete, or not for this use."""


class BackgroundError(CarclfError):
    """A background remover is unknown, not installed, or failed."""


class ExportError(CarclfError):
    """A trained model cannot be exported as asked, or came out different."""


class Stopped(Exception):  # noqa: N818
    """Somebody asked for an end: a wish, and no error."""
