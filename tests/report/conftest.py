"""A store with a history, as the page's tests have it, and reports of it."""

import pytest

from carclf import report
from carclf.report import html
from tests.report.reading import Page

# The fixtures of the page's tests, for the same store serves here.
from tests.ui.conftest import lab, settings

__all__ = ["lab", "settings"]


@pytest.fixture
def page_of(lab):
    """Return a function that writes a report of runs and reads it back."""

    def write(*runs, title=""):
        document = report.make(lab.settings, [run.id for run in runs], title)
        return Page(html.render(lab.settings, document))

    return write


@pytest.fixture
def two(lab):
    """A run and one fine-tuned from it, both judged on the same 12 test images."""
    parent = lab.run("frozen", best=0.7)
    child = lab.run("tuned", best=0.8, parent=(parent, 4))
    lab.evaluation(parent, {0, 1, 2, 7})
    lab.evaluation(child, {0, 9})
    return parent, child
