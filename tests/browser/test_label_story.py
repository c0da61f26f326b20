"""Labelling as people do: many at once, boxes by hand, the doubtful ones first."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from carclf import store
from carclf.settings import Settings
from carclf.store import labels, versions
from tests.browser import training
from tests.browser.gestures import choose, has_loaded, open_tab, press, unfold

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORK_MS = 600_000


def test_many_images_are_chosen_labelled_and_taken_back_at_once(page, app):
    opens_the_grid(page)
    chooses_a_range_and_one_more(page)
    labels_them_and_undoes_it(page)
    keeps_what_is_chosen_from_page_to_page(page)
    looks_at_one_of_a_class_found_by_typing(page)


def opens_the_grid(page: Page) -> None:
    open_tab(page, "Label")
    expect(page.get_by_text("1 of 468")).to_be_visible()
    open_tab(page, "Grid")
    expect(page.get_by_role("checkbox", name=re.compile(".jpg"))).to_have_count(48)


def tiles(page: Page) -> Locator:
    return page.get_by_role("group", name="Images to choose").get_by_role("checkbox")


def chosen(page: Page) -> Locator:
    return page.get_by_role("status", name="Chosen")


def chooses_a_range_and_one_more(page: Page) -> None:
    tiles(page).nth(2).click()
    tiles(page).nth(5).click(modifiers=["Shift"])
    expect(chosen(page)).to_have_text("4 chosen")
    tiles(page).nth(9).press("Space")
    expect(chosen(page)).to_have_text("5 chosen")
    tiles(page).nth(3).click()
    expect(chosen(page)).to_have_text("4 chosen")


def labels_them_and_undoes_it(page: Page) -> None:
    choose(page, "Class of the chosen images", "Stock Car 2")
    press(page, "Label chosen images")
    expect(page.get_by_text("“Stock Car 2” said of 4 images by person")).to_be_visible()
    now = re.compile("^Choose Baja Bug, now Stock Car 2, test, baja-bug")
    relabelled = page.get_by_role("checkbox", name=now)
    expect(relabelled).to_have_count(4)
    expect(chosen(page)).to_have_text("0 chosen")

    press(page, "Undo for all of them")
    expect(page.get_by_text("Taken back: 4 labels")).to_be_visible()
    expect(relabelled).to_have_count(0)


def keeps_what_is_chosen_from_page_to_page(page: Page) -> None:
    press(page, "Choose all on this page")
    press(page, "Next page")
    expect(chosen(page)).to_have_text("48 chosen, 48 on other pages")
    expect(tiles(page).nth(0)).not_to_be_checked()
    press(page, "Choose none")
    expect(chosen(page)).to_have_text("0 chosen")


def looks_at_one_of_a_class_found_by_typing(page: Page) -> None:
    box = page.get_by_role("combobox", name="Class", exact=True)
    box.click()
    box.fill("stock car 2")
    page.get_by_role("option", name="Stock Car 2").click()
    expect(tiles(page)).to_have_count(36)

    page.get_by_role("button", name=re.compile("^Look at Stock Car 2")).first.click()
    assert has_loaded(page.get_by_role("img", name="Stock Car 2"))
    expect(chosen(page)).to_have_text("0 chosen")


def test_a_box_is_drawn_by_hand_nudged_and_taken_back(page):
    open_tab(page, "Label")
    expect(page.get_by_text("1 of 468")).to_be_visible()
    unfold(page, "Vehicle box")
    left, top, right, bottom = (
        page.get_by_role("spinbutton", name=name, exact=True)
        for name in ("Left", "Top", "Right", "Bottom")
    )
    first = left.input_value()

    draws(page, page.get_by_role("application", name="Vehicle box"))
    expect(left).not_to_have_value(first)
    corner = int(left.input_value())
    page.keyboard.press("ArrowRight")
    expect(left).to_have_value(str(corner + 1))
    press(page, "Save box")
    expect(page.get_by_role("status", name="Box now")).to_contain_text(
        "Drawn by person"
    )
    assert int(left.input_value()) < int(right.input_value())
    assert int(top.input_value()) < int(bottom.input_value())

    press(page, "Undo box")
    expect(left).to_have_value(first)


def draws(page: Page, drawing: Locator) -> None:
    """Draw from outside the box that is there, near a corner of the picture."""
    drawing.scroll_into_view_if_needed()
    edges = drawing.bounding_box()
    assert edges is not None
    page.mouse.move(edges["x"] + 4, edges["y"] + 4)
    page.mouse.down()
    page.mouse.move(edges["x"] + 60, edges["y"] + 50, steps=4)
    page.mouse.move(edges["x"] + 0.8 * edges["width"], edges["y"] + 90, steps=4)
    page.mouse.up()


def test_two_windows_never_lose_a_label(page, app):
    other = page.context.new_page()
    other.goto(app.url)
    for window in (page, other):
        # A window behind another one draws nothing.
        window.bring_to_front()
        open_tab(window, "Label")
        expect(window.get_by_text("1 of 468")).to_be_visible()

    page.bring_to_front()
    choose(page, "Right class", "Open Wheel")
    press(page, "Save label")
    expect(page.get_by_text("2 of 468")).to_be_visible()
    other.bring_to_front()
    choose(other, "Right class", "Stock Car 1")
    press(other, "Save label")

    expect(other.get_by_text("Meanwhile person said “Open Wheel”")).to_be_visible()
    history = other.get_by_role("region", name="Label history")
    expect(history).to_contain_text("Open Wheel by person")
    choose(other, "Right class", "Stock Car 1")
    press(other, "Save label")
    expect(other.get_by_text("2 of 468")).to_be_visible()
    page.bring_to_front()
    press(page, "Previous")
    history = page.get_by_role("region", name="Label history")
    expect(history).to_contain_text("Stock Car 1 by person")
    expect(history).to_contain_text("Open Wheel by person")


def test_doubtful_labels_are_gone_through_by_keyboard(page, app):
    training.hasty(page, Settings(home=app.home))
    page.reload()
    open_tab(page, "Label")
    open_tab(page, "Cleaning queue")
    answers = page.get_by_role("combobox", name="Answers of")
    expect(answers).to_have_value(re.compile("^hasty · test images"))
    expect(page.get_by_text("0 of 130 looked at")).to_be_visible()
    assert has_loaded(page.get_by_role("img", name="The image to label").last)

    page.keyboard.press("k")
    expect(page.get_by_text("1 of 130 looked at")).to_be_visible()
    page.keyboard.press("1")
    expect(page.get_by_text("2 of 130 looked at")).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_text("1 of 130 looked at")).to_be_visible()

    page.reload()
    open_tab(page, "Label")
    open_tab(page, "Cleaning queue")
    expect(page.get_by_text("1 of 130 looked at")).to_be_visible()
    expect(page.get_by_text("2 of 130", exact=True)).to_be_visible()

    choose(page, "Answers of", "hasty · train images")
    press(page, "Cross-validate the training images")
    expect(page.get_by_text(re.compile(r"0 of \d+ looked at"))).to_be_visible(
        timeout=WORK_MS
    )
    with store.connect(Settings(home=app.home).db_path) as db:
        version = versions.by_name(db, "sample")
        assert len(labels.changed_since_frozen(db, version.id)) <= 1
