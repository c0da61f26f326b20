"""Photographs from where they are, looked at or not, to a version on the page."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import drawing
from tests.browser.gestures import choose, fill_in, has_loaded, open_tab, press, unfold
from tests.datasets.sources import packing

pytestmark = [pytest.mark.browser, pytest.mark.slow]

IMPORT_MS = 300_000


def test_an_uploaded_archive_becomes_the_version_on_the_page(page, tmp_path):
    cars = drawing.draw_classes(tmp_path / "cars")
    packed = packing.pack_folder(tmp_path / "my cars.zip", cars)
    open_import(page)

    with page.expect_file_chooser() as chooser:
        place = page.get_by_role("button", name="Click to upload or drop files")
        place.locator("visible=true").first.click()
    chooser.value.set_files(packed)
    expect(page.get_by_text("my cars.zip").first).to_be_visible()
    press(page, "Import")

    version = page.get_by_role("combobox", name="Dataset version")
    expect(version).to_have_value("my cars · 15 images", timeout=IMPORT_MS)
    expect(page.get_by_role("img", name="Green Coupe").first).to_be_visible()
    expect(page.get_by_text("Import my cars: done")).to_be_visible()


def test_an_address_is_not_looked_at_and_told_how_to_be_read(page):
    field = open_import(page)
    field.fill("s3://bucket/cars")
    press(page, "Look first")

    told = page.get_by_text("Import needs no look: it recognises the layout by itself")
    expect(told).to_be_visible()
    unfold(page, "Correct how it is read")
    choose(page, "Layout", "A table")
    type_in(page, "Class column", "Bauart")
    type_in(page, "File column", "Bild")

    expect(page.get_by_role("combobox", name="Class column")).to_have_value("Bauart")
    field.fill("s3://bucket/others")
    expect(told).not_to_be_visible()


def type_in(page: Page, name: str, value: str) -> None:
    box = page.get_by_role("combobox", name=name)
    box.fill(value)
    box.press("Enter")


def test_what_cannot_be_imported_is_told_and_the_page_goes_on(page):
    open_import(page).fill("gopher://example.org/cars.zip")
    press(page, "Import")

    told = page.get_by_text("Addresses that begin with gopher:// are not known")
    expect(told).to_be_visible()


def test_a_folder_is_looked_at_corrected_and_imported(page, tmp_path):
    folder = odd_folder(tmp_path / "odd cars")
    looks_at(page, folder)
    names_the_column(page)
    leaves_a_class_out(page)
    imports(page)


def odd_folder(folder: Path) -> Path:
    drawing.draw_table(folder)
    table = folder / "labels.csv"
    table.write_text(table.read_text().replace("class,", "Bauart,"))
    return folder


def looks_at(page: Page, folder: Path) -> None:
    open_import(page).fill(str(folder))
    press(page, "Look first")

    expect(page.get_by_text("no column for the class")).to_be_visible()


def names_the_column(page: Page) -> None:
    unfold(page, "Correct how it is read")
    choose(page, "Class column", "Bauart")

    plan = page.get_by_role("list", name="What an import does")
    expect(plan).to_contain_text("36 images of 3 classes")
    expect(plan).to_contain_text("The boxes of 36 images are kept")
    # The sample that comes along shows no such class.
    assert has_loaded(page.get_by_role("img", name="Blue Bus").first)


def leaves_a_class_out(page: Page) -> None:
    choose(page, "Classes to leave out", "Red Van")

    plan = page.get_by_role("list", name="What an import does")
    expect(plan).to_contain_text("24 images of 2 classes")
    left_out = page.get_by_role("combobox", name="Classes to leave out")
    left_out.locator("xpath=..").get_by_role("button", name="Clear").click()
    expect(plan).to_contain_text("36 images of 3 classes")
    choose(page, "Classes to leave out", "Red Van")
    expect(plan).to_contain_text("24 images of 2 classes")


def imports(page: Page) -> None:
    fill_in(page, "Name of the imported version", "odd cars")
    press(page, "Import")

    version = page.get_by_role("combobox", name="Dataset version")
    expect(version).to_have_value("odd cars · 24 images", timeout=IMPORT_MS)
    expect(page.get_by_text("Import odd cars: done")).to_be_visible()


def open_import(page: Page) -> Locator:
    """Return the field that asks where the photographs are."""
    expect(page.get_by_role("combobox", name="Dataset version")).not_to_have_value("")
    open_tab(page, "Import photographs")
    # Its label goes on with what may be given.
    field = page.get_by_label("Folder, archive or address")
    expect(field).to_be_visible()
    return field
