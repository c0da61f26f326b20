"""Photographs in an archive, from the browser to a version on the page."""

import pytest
from playwright.sync_api import Page, expect

from tests import drawing
from tests.browser.gestures import press
from tests.datasets.sources import packing

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_an_uploaded_archive_becomes_the_version_on_the_page(page, tmp_path):
    cars = drawing.draw_classes(tmp_path / "cars")
    packed = packing.pack_folder(tmp_path / "my cars.zip", cars)
    open_import(page)

    with page.expect_file_chooser() as chooser:
        place = page.get_by_role("button", name="Click to upload or drop files")
        place.locator("visible=true").first.click()
    chooser.value.set_files(packed)
    expect(page.get_by_text("my cars.zip").first).to_be_visible()
    press(page, "Import photographs")

    version = page.get_by_role("combobox", name="Dataset version")
    expect(version).to_have_value("my cars · 15 images")
    expect(page.get_by_role("img", name="Green Coupe").first).to_be_visible()
    expect(page.get_by_text("Import my cars: done")).to_be_visible()


def test_what_cannot_be_imported_is_told_and_the_page_goes_on(page):
    open_import(page)
    field = page.get_by_label("Folder, archive or address")
    field.fill("gopher://example.org/cars.zip")
    press(page, "Import photographs")

    told = page.get_by_text("Addresses that begin with gopher:// are not known")
    expect(told).to_be_visible()


def open_import(page: Page) -> None:
    expect(page.get_by_role("combobox", name="Dataset version")).not_to_have_value("")
    page.get_by_role("button", name="Import photographs").first.click()
    expect(page.get_by_label("Folder, archive or address")).to_be_visible()
