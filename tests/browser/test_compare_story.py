"""Comparing runs with the mouse: a tree that is read, curves, what was fixed."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from carclf import store
from carclf.datasets import versions
from carclf.settings import Settings
from carclf.store import runs
from tests import drawing, judging
from tests.browser.gestures import choose, fill_in, has_loaded, open_tab
from tests.test_bundle import network, write_facts

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TRAINING_MS = 600_000


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


def test_what_one_run_fixed_is_looked_at_picture_by_picture(app, page, tmp_path):
    judged_twice(Settings(home=app.home), tmp_path)
    open_tab(page, "Compare")
    open_tab(page, "Fixed and broke")
    choose(page, "Before", "short ·")
    choose(page, "After", "long ·")

    verdict = "long is right on 11 of 12 images, short on 4: +58.3 points"
    expect(page.get_by_text(verdict)).to_be_visible()
    fixed = page.get_by_role("img", name=re.compile(r"was called .+, now right"))
    expect(fixed).to_have_count(8)
    assert has_loaded(fixed.first)
    fixed.first.click()
    for name, said in (("short", "wrong"), ("long", "right")):
        opinion = page.get_by_role("region", name=name)
        expect(opinion).to_contain_text(said)
        expect(opinion.get_by_role("img", name="What it saw")).to_be_visible()
    asks_both_about_one_picture(page)


def judged_twice(settings: Settings, folder: Path) -> None:
    """Record two runs with networks, the later of which errs less."""
    cars = versions.import_folder(settings, drawing.draw_table(folder / "cars"), "cars")
    with store.connect(settings.db_path) as db:
        for name, wrong in (("short", range(8)), ("long", [9])):
            made = judging.evaluation(db, cars, wrong, name)
            run = runs.get(db, made.run_id)
            bundle = settings.resolve(run.folder) / "bundle"
            bundle.mkdir(parents=True)
            network(bundle / "model.onnx")
            write_facts(bundle)


def asks_both_about_one_picture(page: Page) -> None:
    table = page.get_by_role("table", name="Runs")
    for name in ("short", "long"):
        table.get_by_role("button", name=name, exact=True).click()
        chosen = table.get_by_role("button", name=name, exact=True, pressed=True)
        expect(chosen).to_be_visible()
    open_tab(page, "One picture")
    choose(page, "Pictures of", "cars")
    page.get_by_role("button", name="Thumbnail 1 of 12").click()

    for name in ("short", "long"):
        opinion = page.get_by_role("region", name=name)
        expect(opinion).to_contain_text("%")
        seen = opinion.get_by_role("img", name="What it saw")
        assert has_loaded(seen)
