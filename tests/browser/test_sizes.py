"""The page on a phone, in the dark, and under the pointer."""

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


def test_what_is_chosen_shows_under_the_pointer_too(page):
    open_tab(page, "Train")
    chosen = page.get_by_label("Freeze the backbone", exact=True)
    expect(chosen).to_be_checked()
    filled = chosen.evaluate("dot => getComputedStyle(dot).backgroundColor")

    chosen.hover()

    expect(page.locator("input:checked:hover")).to_have_count(1)
    expect(chosen).to_have_css("background-color", filled)
