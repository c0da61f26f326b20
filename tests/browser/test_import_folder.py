"""A person brings in a folder whose table names its columns in a way of its own."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import drawing
from tests.browser.gestures import choose, fill_in, has_loaded, press

pytestmark = [pytest.mark.browser, pytest.mark.slow]

IMPORT_MS = 120_000


def test_a_folder_is_looked_at_corrected_and_imported(page, tmp_path):
    folder = odd_folder(tmp_path / "my cars")
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
    press(page, "Import a folder ▼")
    # Its label goes on with what may be given.
    page.get_by_label("Folder on this machine").fill(str(folder))
    press(page, "Look at folder")

    expect(page.get_by_text("no column for the class")).to_be_visible()


def names_the_column(page: Page) -> None:
    press(page, "Correct what was recognised ▼")
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


def imports(page: Page) -> None:
    fill_in(page, "Name of the imported version", "my cars")
    press(page, "Import folder")

    version = page.get_by_role("combobox", name="Dataset version")
    expect(version).to_have_value("my cars · 24 images", timeout=IMPORT_MS)
    expect(page.get_by_text(re.compile("Import my cars: done"))).to_be_visible()
