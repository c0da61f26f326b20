"""The page on a phone, and in the dark."""

import pytest
from playwright.sync_api import expect

from tests.browser.gestures import open_tab

pytestmark = pytest.mark.browser

TABS = ("Datasets", "Label", "Background", "Train", "Evaluate", "Compare", "Predict")


def test_no_tab_is_wider_than_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 844})

    for tab in TABS:
        open_tab(page, tab)
        expect(page.get_by_role("heading", name=tab, exact=True)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, tab


def test_every_tab_opens_in_the_dark(page):
    page.emulate_media(color_scheme="dark")
    page.reload()

    for tab in TABS:
        open_tab(page, tab)
        expect(page.get_by_role("heading", name=tab, exact=True)).to_be_visible()
