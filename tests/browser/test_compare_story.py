"""Comparing runs with the mouse: a tree that is read, curves, what was fixed."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.gestures import fill_in, has_loaded, open_tab, press, start_training

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TRAINING_MS = 300_000


def test_the_reports_runs_are_imported_and_their_tree_is_read(page, shared):
    open_tab(page, "Compare")
    page.get_by_role("button", name="Import runs").first.click()
    fill_in(page, "Folder of experiments", str(shared / "seed_experiments"))
    page.get_by_role("button", name="Import runs").last.click()
    expect(page.get_by_text("14 runs imported")).to_be_visible(timeout=TRAINING_MS)

    tree = page.get_by_role("list", name="Run tree")
    last = tree.get_by_role("button", name=re.compile("^exp_013"))
    expect(last).to_contain_text("71.5 % validation")
    expect(last).to_contain_text("+34.8 over epoch 24")
    names = tree.get_by_role("button", name=re.compile(r"^exp_\d+")).all_inner_texts()
    assert [name[:7] for name in names][1:7] == [
        *("exp_002", "exp_003", "exp_004", "exp_005", "exp_006", "exp_008")
    ]

    chooses_two_and_sees_their_curves(page)
    finds_one_by_its_name(page)


def chooses_two_and_sees_their_curves(page: Page) -> None:
    tree = page.get_by_role("list", name="Run tree")
    for pressed in tree.get_by_role("button", pressed=True).all_inner_texts():
        name = pressed.split()[0]
        node = tree.get_by_role("button", name=re.compile(f"^{name} .*%"))
        node.click()
        expect(node).to_have_attribute("aria-pressed", "false")
    for name in ("exp_012", "exp_013"):
        node = tree.get_by_role("button", name=re.compile(f"^{name}"))
        node.click()
        expect(node).to_have_attribute("aria-pressed", "true")

    open_tab(page, "Curves")
    both = re.compile(r"Validation accuracy by epoch: exp_012 .+ %, exp_013 .+ %")
    expect(page.get_by_role("img", name=both)).to_be_visible()
    open_tab(page, "Settings that differ")
    settings = page.get_by_role("table", name="Settings that differ")
    expect(settings.get_by_role("row", name="model.weights")).to_contain_text("exp_012")


def finds_one_by_its_name(page: Page) -> None:
    runs = page.get_by_role("table", name="Runs")
    fill_in(page, "Find", "exp_005")

    expect(runs.get_by_role("row")).to_have_count(2)
    runs.get_by_role("button", name="Star exp_005").click()
    starred = runs.get_by_role("button", name="Star exp_005", pressed=True)
    expect(starred).to_be_visible()
    fill_in(page, "Find", "")


def test_what_one_run_fixed_is_looked_at_picture_by_picture(page):
    for name in ("short", "long"):
        start_training(page, name, 1 if name == "short" else 12)
        done = page.get_by_role("status", name=f"{name}: done")
        expect(done).to_be_visible(timeout=TRAINING_MS)

    open_tab(page, "Compare")
    open_tab(page, "Fixed and broke")
    verdict = re.compile(r"long is right on \d+ of 130 images, short on \d+")
    expect(page.get_by_text(verdict)).to_be_visible()
    fixed = page.get_by_role("img", name=re.compile(r"was called .+, now right"))
    assert has_loaded(fixed.first)
    fixed.first.click()
    for name, said in (("short", "wrong"), ("long", "right")):
        opinion = page.get_by_role("region", name=name)
        expect(opinion).to_contain_text(said)
        expect(opinion.get_by_role("img", name="What it saw")).to_be_visible()

    runs = page.get_by_role("table", name="Runs")
    for name in ("short", "long"):
        runs.get_by_role("button", name=name, exact=True).click()
        chosen = runs.get_by_role("button", name=name, exact=True, pressed=True)
        expect(chosen).to_be_visible()
    open_tab(page, "One picture")
    page.get_by_role("button", name="Thumbnail 1 of 12").last.click()
    for name in ("short", "long"):
        opinions = page.get_by_role("region", name=name)
        expect(opinions.last).to_contain_text("%")
    press(page, "Next")
