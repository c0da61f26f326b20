"""Getting about on the page, with the mouse and with keys."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import WAIT_MS
from tests.browser.gestures import choose, open_tab, press

pytestmark = pytest.mark.browser

# More than two ticks of a clock.
TICKS_MS = 5_000


def test_a_reloaded_page_opens_at_the_tab_it_was_left_at(page):
    open_tab(page, "Background")

    page.reload()

    tab = page.get_by_role("tab", name="Background", exact=True)
    expect(tab).to_have_attribute("aria-selected", "true")


def test_a_button_leads_from_a_dataset_to_training_on_it(page):
    press(page, "Train on this version")

    tab = page.get_by_role("tab", name="Train", exact=True)
    expect(tab).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("button", name="Start training")).to_be_visible()
    chosen = page.get_by_role("tabpanel").get_by_role(
        "combobox", name="Dataset version"
    )
    expect(chosen.and_(page.locator(":visible"))).to_have_value("sample · 468 images")


def test_keys_leaf_through_the_images_but_not_while_a_name_is_typed(page):
    open_tab(page, "Label")
    expect(page.get_by_text("1 of 468")).to_be_visible()

    page.keyboard.press("n")
    expect(page.get_by_text("2 of 468")).to_be_visible()
    page.keyboard.press("p")
    expect(page.get_by_text("1 of 468")).to_be_visible()

    find = page.get_by_role("textbox", name="Find", exact=True)
    find.press_sequentially("open")
    expect(page.get_by_text("1 of 36")).to_be_visible()


def test_typing_into_the_class_list_searches_it(page):
    open_tab(page, "Label")
    box = page.get_by_role("combobox", name="Right class")
    expect(box).to_have_value("Baja Bug")

    box.click()
    box.press_sequentially("stock")

    expect(page.get_by_role("option")).to_have_count(2)
    expect(page.get_by_role("option", name="Stock Car 1")).to_be_visible()


def test_only_the_tab_in_sight_goes_on_asking_how_things_stand(page):
    for name in ("Background", "Train", "Evaluate", "Compare", "Predict", "Datasets"):
        open_tab(page, name)

    # One for the line above the tabs, and one for the tab.
    in_datasets = what_is_asked(page)
    assert len(in_datasets) == 2
    open_tab(page, "Compare")
    in_compare = what_is_asked(page)
    assert len(in_compare - in_datasets) >= 1
    assert len(in_compare & in_datasets) == 1


def test_the_page_keeps_no_progress_of_what_shows_none(page):
    keeps = """async show => {
      const loaded = performance.getEntriesByType("resource").map(one => one.name);
      const file = loaded.find(name => name.includes("/statustracker-"));
      const parts = Object.values(await import(file));
      const Keeper = parts.find(part => part?.prototype?.resolve_args);
      const keeper = new Keeper();
      keeper.register(1, [5], [6], show);
      keeper.update({fn_index: 1, status: "complete", stream_state: "closed"});
      return Object.keys(keeper.current);
    }"""
    expect(page.get_by_role("img", name="Baja Bug").first).to_be_visible()

    assert page.evaluate(keeps, "hidden") == []
    assert page.evaluate(keeps, "full") == ["5", "6"]


def test_a_page_at_rest_counts_no_seconds_out_of_sight(page):
    expect(page.get_by_role("img", name="Baja Bug").first).to_be_visible()
    changes = """async () => {
      let found = 0;
      const watching = new MutationObserver(all => found += all.length);
      watching.observe(document.body, {subtree: true, characterData: true});
      await new Promise(passed => setTimeout(passed, 2000));
      watching.disconnect();
      return found;
    }"""

    limit = time.monotonic() + WAIT_MS / 1000
    while (found := page.evaluate(changes)) > 0:
        assert time.monotonic() < limit, f"{found} texts changed in two seconds."


def test_a_choice_is_asked_once_and_a_list_that_is_only_left_not_at_all(page):
    open_tab(page, "Train")
    epochs = page.get_by_role("spinbutton", name="Epochs", exact=True)
    expect(epochs).to_have_value("40")
    at_rest = what_is_asked(page)

    with asking(page) as asked:
        choose(page, "Recipe", "finetune-lite0")
        expect(epochs).to_have_value("48")
        what_is_asked(page)
    chosen = [one for one in asked if one not in at_rest]
    assert len(chosen) == len({*chosen}) > 0

    epochs.fill("7")
    what_is_asked(page)
    with asking(page) as asked:
        page.get_by_role("combobox", name="Recipe").click()
        page.keyboard.press("Tab")
        what_is_asked(page)
    assert {*asked} <= at_rest
    expect(epochs).to_have_value("7")

    # Who chooses the same again wants it as it was.
    choose(page, "Recipe", "finetune-lite0")
    expect(epochs).to_have_value("48")


@contextmanager
def asking(page: Page) -> Iterator[list[int]]:
    """Give a list that grows by each handler that the page calls."""
    asked: list[int] = []

    def on_request(request: Request) -> None:
        if request.method == "POST":
            asked.append(request.post_data_json["fn_index"])

    page.on("request", on_request)
    yield asked
    page.remove_listener("request", on_request)


def what_is_asked(page: Page) -> set[int]:
    """Return which handlers the page goes on calling, once what was begun is done."""
    before: set[int] | None = None
    now: set[int] = set()
    while now != before:
        before = now
        with asking(page) as asked:
            page.wait_for_timeout(TICKS_MS)
        now = {*asked}
    return now
