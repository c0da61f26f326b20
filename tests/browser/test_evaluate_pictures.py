"""Going through the pictures of an evaluation, from a mistake to a better label."""

import re

import pytest
from playwright.sync_api import Page, expect

from carclf import store
from carclf.settings import Settings
from carclf.store import evaluations, labels
from tests.browser import training
from tests.browser.gestures import choose, has_loaded, is_whole, open_tab, press

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORK_MS = 600_000


@pytest.fixture
def run(app, page):
    return training.hasty(page, Settings(home=app.home))


def test_a_mistake_leads_to_its_neighbours_and_to_a_dropped_picture(page, app, run):
    opens_the_evaluation(page)
    opens_a_mistake_and_its_nearest_training_images(page)
    goes_on_and_drops_by_keyboard(page, Settings(home=app.home), run.id)
    sees_what_the_network_looked_at(page)
    draws_around_points_of_the_map(page)


def opens_the_evaluation(page: Page) -> None:
    page.reload()
    open_tab(page, "Evaluate")
    # The newest evaluation is shown first.
    run = page.get_by_role("combobox", name="Run to look at")
    expect(run).to_have_value(re.compile("^hasty"))
    expect(page.get_by_text("right within five")).to_be_visible()


def opens_a_mistake_and_its_nearest_training_images(page: Page) -> None:
    page.get_by_role("img", name=re.compile(r", called .+ \(\d+ %\)")).first.click()
    expect(page.get_by_text("What spoke for the answer")).to_be_visible()
    assert all(map(is_whole, page.locator("#evaluate-look img:visible").all()))

    press(page, "Find the nearest")
    near = page.get_by_role("img", name=re.compile(r" · distance \d\.\d\d"))
    expect(near.first).to_be_visible(timeout=WORK_MS)
    assert has_loaded(near.first)
    near.first.click()
    answers = page.get_by_role("region", name="Likeliest classes")
    expect(answers).to_contain_text("Training image: ")


def goes_on_and_drops_by_keyboard(page: Page, settings: Settings, run_id: int) -> None:
    with store.connect(settings.db_path) as db:
        evaluation = evaluations.of_run(db, run_id)[0]
        second = evaluations.judged(db, evaluation.id, is_correct=False)[1]
    answers = page.get_by_role("region", name="Likeliest classes")
    page.keyboard.press("n")
    expect(answers).to_contain_text(f"{second.label}, called {second.prediction.label}")
    expect(answers).not_to_contain_text("Training image")

    page.keyboard.press("d")
    stands = page.get_by_role("status", name="Label now")
    expect(stands).to_contain_text(f"{second.label}, dropped by person")
    tile = page.get_by_role("img", name=re.compile(r" · now .+, dropped$"))
    expect(tile).to_be_visible()
    page.keyboard.press("u")
    expect(tile).to_have_count(0)
    with store.connect(settings.db_path) as db:
        assert not labels.current(db, second.image_id).is_dropped


def sees_what_the_network_looked_at(page: Page) -> None:
    choose(page, "Show", "All, least on the vehicle first")

    expect(page.get_by_text("of the evidence for an answer lay inside")).to_be_visible()
    tiles = page.get_by_role("img", name=re.compile(r" · \d+ % on the vehicle$"))
    expect(tiles.first).to_be_visible()


def draws_around_points_of_the_map(page: Page) -> None:
    open_tab(page, "Map")
    chart = page.get_by_role("img", name=re.compile("Map of 130 images"))
    expect(chart).to_be_visible()
    chart.scroll_into_view_if_needed()
    place = chart.bounding_box()
    assert place is not None

    def at(across: float, down: float) -> tuple[float, float]:
        return (
            place["x"] + across * place["width"],
            place["y"] + down * place["height"],
        )

    page.mouse.move(*at(0.05, 0.12))
    page.mouse.down()
    for corner in ((0.95, 0.12), (0.95, 0.85), (0.05, 0.85), (0.05, 0.2)):
        page.mouse.move(*at(*corner), steps=5)
    page.mouse.up()
    expect(page.get_by_text(re.compile(r"Chosen: the first 18 of \d+"))).to_be_visible()
    press(page, "Look through them in Pictures")
    expect(
        page.get_by_text(re.compile(r"Only the \d+ pictures chosen"))
    ).to_be_visible()
    press(page, "Show all pictures again")
    expect(page.get_by_text("1–36 of 130")).to_be_visible()
