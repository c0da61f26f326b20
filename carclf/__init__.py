"""Label vehicle photographs, train a classifier, see where it errs, and use it."""

__version__ = "0.1.0"
