"""The training form in a browser: closed sections, trials, and what they propose."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.gestures import choose, fill_in, has_loaded, open_tab, press

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# A worker imports TensorFlow on a machine that may be busy.
TRIAL_MS = 600_000


def open_section(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


@pytest.fixture
def form(page):
    """The form of the tiny network, which learns in a moment."""
    open_tab(page, "Train")
    choose(page, "Start from", "Nothing: random weights")
    page.get_by_role("combobox", name="Backbone", exact=True).click()
    page.get_by_role("option", name="tiny", exact=True).click()
    return page


def findings(page: Page):
    return page.get_by_role("region", name="Before the start")


def test_the_form_and_config_yml_follow_each_other(form):
    page = form
    open_section(page, "All settings")
    fill_in(page, "Epochs", "7")
    expect(page.get_by_text("epochs: 7")).to_be_visible()

    open_section(page, "Augmentation")
    page.get_by_label("Erase", exact=True).check()
    expect(page.get_by_label("Erase in", exact=True)).to_have_value("0.25")
    expect(page.get_by_text("random_erasing:")).to_be_visible()

    open_section(page, "Stopping and keeping")
    patience = page.get_by_role("textbox", name="Patience")
    expect(patience).to_have_value("")
    patience.press_sequentially("4")
    expect(page.get_by_role("combobox", name="Better by")).to_be_visible()
    expect(page.get_by_role("combobox", name="Better by")).not_to_have_value("")


def test_what_refuses_a_start_is_said_while_the_form_changes(form):
    page = form
    expect(findings(page)).to_contain_text("near 0.67 accuracy")
    page.get_by_label("Fine-tune", exact=True).check()
    expect(findings(page)).not_to_contain_text("near 0.67 accuracy")

    choose(page, "Start from", "ImageNet weights")
    words = "The tiny backbone has no ImageNet weights."
    expect(findings(page)).to_contain_text(words)
    press(page, "Start training")
    # In the form, and in the answer to the click.
    expect(page.get_by_text(words)).to_have_count(2)


def test_one_batch_is_tried_and_shown(form):
    page = form
    press(page, "Try one batch")

    tried = page.get_by_role("region", name="One batch")
    expect(tried).to_contain_text("images a batch fit", timeout=TRIAL_MS)
    expect(tried).to_contain_text("tiny, frozen, at 224 × 224")
    picture = page.get_by_role("img", name=re.compile("Car|Bug|Wheel")).first
    expect(picture).to_be_visible()
    assert has_loaded(picture)


def test_a_rate_that_was_found_is_put_into_the_form(form):
    page = form
    page.get_by_label("Fine-tune", exact=True).check()
    open_section(page, "Backbone")
    page.get_by_label("Learn", exact=True).check()
    open_section(page, "Learning")
    press(page, "Find a learning rate")

    use = page.get_by_role("button", name=re.compile(r"^Use [\d.e-]+$")).first
    expect(use).to_be_visible(timeout=TRIAL_MS)
    rate = use.inner_text().removeprefix("Use ")
    use.click()
    field = page.get_by_role("spinbutton", name="Learning rate")
    expect(field).not_to_have_value("0.002")
    assert float(field.input_value()) == pytest.approx(float(rate), rel=0.05)
