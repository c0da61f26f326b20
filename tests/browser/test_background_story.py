"""Backgrounds by hand: one photograph by two removers; a version, reviewed, frozen."""

import csv
import re
import shutil

import pytest
from playwright.sync_api import Locator, Page, expect

from carclf import store
from carclf.datasets import versions
from carclf.settings import PROJECT, Settings
from carclf.store import removals
from carclf.store import versions as stored
from tests.browser.gestures import fill_in, has_loaded, open_tab, press, unfold

pytestmark = pytest.mark.browser

SAMPLE = PROJECT / "assets" / "sample"
# A worker starts and runs a network, on a machine that runs other tests beside.
TREATED_MS = 300_000


@pytest.fixture
def settings(app):
    return Settings(home=app.home)


@pytest.fixture
def few(settings, tmp_path):
    """A version of six pictures of the sample, with their boxes."""
    with (SAMPLE / "labels.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    chosen = [row for row in rows if row[0] in ("Baja Bug", "Stock Car 1")][::12]
    for label, name, *_ in chosen:
        target = tmp_path / "few" / "images" / label / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SAMPLE / "images" / label / name, target)
    with (tmp_path / "few" / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([header, *chosen])
    return versions.import_folder(settings, tmp_path / "few", "few")


def test_two_removers_are_looked_at_side_by_side(page):
    open_tab(page, "Background")
    page.get_by_role("button", name="Thumbnail 4 of 12").first.click()
    for remover in ("box", "u2netp"):
        found = page.get_by_role("region", name=f"By {remover}", exact=True)
        expect(found).to_contain_text("of the image covered")
        expect(found).to_contain_text("taken")
    before, result = sliding(page)
    assert has_loaded(before)
    assert has_loaded(result)

    moves_the_slider(page, before, result)
    sees_another_picture_under_it(page, result, "Mask")
    sees_another_picture_under_it(page, result, "Box and score")


def sliding(page: Page) -> tuple[Locator, Locator]:
    """Return the two pictures of the first slider, which Gradio gives no names."""
    pictures = page.get_by_test_id("imageslider-image").locator("visible=true")
    return pictures.nth(0), pictures.nth(1)


def moves_the_slider(page: Page, before: Locator, result: Locator) -> None:
    before.scroll_into_view_if_needed()
    edges = before.bounding_box()
    assert edges is not None
    cut = result.evaluate("image => image.style.clipPath")
    middle = edges["y"] + edges["height"] / 2
    page.mouse.move(edges["x"] + edges["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(edges["x"] + edges["width"] * 0.8, middle, steps=4)
    page.mouse.up()
    assert result.evaluate("image => image.style.clipPath") != cut


def sees_another_picture_under_it(page: Page, result: Locator, view: str) -> None:
    shown = result.get_attribute("src")
    assert shown is not None
    page.get_by_role("radio", name=view, exact=True).check()
    expect(result).not_to_have_attribute("src", shown)
    assert has_loaded(result)


def test_a_version_is_treated_reviewed_and_frozen(page, few, settings):
    page.reload()
    treats(page)
    reviews(page)
    freezes(page)

    with store.connect(settings.db_path) as db:
        cut = stored.by_name(db, "few, cut out")
        reviewed = stored.by_name(db, "few, reviewed")
        decided = removals.decisions(db, cut.id)
        before, after = (
            {one.image_id for one in stored.examples(db, version.id)}
            for version in (cut, reviewed)
        )
    kept = [one.image_id for one in decided.values() if one.treatment]
    assert len(decided) == 2
    assert before - after == set(kept)
    assert len(after - before) == 1
    assert reviewed.parent_id == cut.id


def treats(page: Page) -> None:
    open_tab(page, "Background")
    version = page.get_by_role("combobox", name="Version to treat")
    expect(version).to_have_value("few · 6 images")
    fill_in(page, "Name of the treated version", "few, cut out")
    press(page, "Remove backgrounds of the whole version")
    done = page.get_by_text("“few, cut out” holds 6 images.")
    expect(done).to_be_visible(timeout=TREATED_MS)


def reviews(page: Page) -> None:
    """Keep the worst one whole, and accept the next."""
    unfold(page, "Review a treated version")
    figures = page.get_by_text("reviewed", exact=True).locator("..")
    page.get_by_role("radio", name="All", exact=True).check()
    every = page.get_by_text(re.compile("^(Baja Bug|Stock Car 1): "))
    expect(every).to_have_count(6)
    odd = page.get_by_text(re.compile("^(Baja Bug|Stock Car 1): (?!nothing)"))
    odd.first.click()
    press(page, "Keep the original")
    expect(page.get_by_text("To be kept in the next frozen version.")).to_be_visible()
    expect(figures).to_contain_text("1")

    rest = page.get_by_text(re.compile("^(Baja Bug|Stock Car 1): (?!.*· reviewed$)"))
    rest.first.click()
    expect(page.get_by_text("To be kept in the next frozen version.")).to_be_hidden()
    press(page, "Accept")
    expect(page.get_by_text("Accepted as it is.")).to_be_visible()
    expect(figures).to_contain_text("2")


def freezes(page: Page) -> None:
    fill_in(page, "Name of the reviewed version", "few, reviewed")
    press(page, "Freeze as reviewed")
    told = page.get_by_text("“few, reviewed” holds 6 images")
    expect(told).to_contain_text("1 background as reviewed")
