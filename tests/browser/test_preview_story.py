"""From a filter to a picture, its better label, a new version, and what it changed."""

import re
import zipfile

import pytest
from playwright.sync_api import Page, expect

from tests.browser.gestures import choose, fill_in, has_loaded, open_tab, press, unfold

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_label_is_found_corrected_frozen_compared_and_exported(page):
    finds_a_class_by_typing(page)
    is_told_that_nothing_matches(page)
    turns_the_pages(page)
    looks_at_pictures_by_the_keyboard(page)
    corrects_a_label(page)
    moves_it_to_another_split_and_back(page)
    finds_what_was_relabelled(page)
    freezes_and_compares(page)
    downloads_a_zip(page)


def finds_a_class_by_typing(page: Page) -> None:
    expect(page.get_by_text("1–36 of 468 · page 1 of 13")).to_be_visible()
    box = page.get_by_role("combobox", name="Class", exact=True)
    box.click()
    box.fill("stock car 2")
    page.get_by_role("option", name="Stock Car 2").click()

    expect(page.get_by_text("1–36 of 36 · page 1 of 1")).to_be_visible()
    expect(page.get_by_role("img", name="Baja Bug")).to_have_count(0)
    choose(page, "Class", "All classes")


def is_told_that_nothing_matches(page: Page) -> None:
    fill_in(page, "Find", "zeppelin")

    expect(page.get_by_text("No image matches")).to_be_visible()
    expect(page.get_by_role("button", name="Next page")).to_have_count(0)
    fill_in(page, "Find", "")


def turns_the_pages(page: Page) -> None:
    press(page, "Next page")
    expect(page.get_by_text("37–72 of 468")).to_be_visible()
    number = page.get_by_label("Page", exact=True)
    number.fill("13")
    number.press("Enter")
    expect(page.get_by_text("433–468 of 468 · page 13 of 13")).to_be_visible()


def looks_at_pictures_by_the_keyboard(page: Page) -> None:
    choose(page, "Split", "test")
    expect(page.get_by_text("of 130")).to_be_visible()
    page.get_by_role("button", name="Thumbnail 1 of 36").first.click()
    about = page.get_by_label("About this picture")
    expect(about).to_contain_text("baja-bug")
    first = str(about.text_content())

    page.keyboard.press("n")
    expect(about).not_to_have_text(first)
    page.keyboard.press("p")
    expect(about).to_have_text(first)
    assert has_loaded(page.locator("#dataset-picture img").first)


def corrects_a_label(page: Page) -> None:
    choose(page, "Right class", "Open Wheel")
    press(page, "Save label")

    expect(page.get_by_role("status", name="Label now")).to_contain_text("Open Wheel")
    expect(page.get_by_text("Baja Bug · now Open Wheel")).to_be_visible()


def moves_it_to_another_split_and_back(page: Page) -> None:
    choose(page, "Right split", "train")
    press(page, "Move")
    now = page.get_by_role("status", name="Label now")
    expect(now).to_contain_text("moved from test to train")
    expect(
        page.get_by_text("Baja Bug · now Open Wheel, moved to train")
    ).to_be_visible()

    press(page, "Undo")
    expect(now).not_to_contain_text("moved from test to train")
    expect(now).to_contain_text("Open Wheel")


def finds_what_was_relabelled(page: Page) -> None:
    unfold(page, "More filters")
    choose(page, "Label state", "Relabelled since")

    expect(page.get_by_text("1–1 of 1 · page 1 of 1")).to_be_visible()


def freezes_and_compares(page: Page) -> None:
    open_tab(page, "Versions")
    expect(page.get_by_text("1 label differs from this version")).to_be_visible()
    fill_in(page, "Name of the frozen version", "better")
    press(page, "Freeze version")

    version = page.get_by_role("combobox", name="Dataset version")
    expect(version).to_have_value("better · 468 images")
    tree = page.get_by_label("Versions made from each other")
    expect(tree.locator("[aria-current]")).to_contain_text("better")
    differs = page.get_by_role("table", name="What differs")
    row = differs.get_by_role("row", name="relabelled: of another class now")
    expect(row).to_contain_text("1")
    expect(page.get_by_text("Baja Bug → Open Wheel", exact=True)).to_be_visible()


def downloads_a_zip(page: Page) -> None:
    press(page, "Export version")
    button = page.get_by_role("button", name=re.compile("Download better.zip"))
    expect(button).to_be_visible(timeout=300_000)
    with page.expect_download() as download:
        button.click()

    with zipfile.ZipFile(download.value.path()) as packed:
        assert len(packed.namelist()) == 468 + 2
