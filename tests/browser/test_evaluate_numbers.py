"""Reading an evaluation: from its numbers to the pictures behind them."""

import csv
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from carclf import config, store
from carclf.evaluation import report
from carclf.records import Example, Judged, Prediction
from carclf.settings import Settings
from carclf.store import evaluations, runs, versions
from tests.browser.conftest import App
from tests.browser.gestures import choose, fill_in, open_tab, press

pytestmark = pytest.mark.browser

MAKES = (
    "class,make,model,year\nStock Car 1,Stock,Car,1998\nStock Car 2,Stock,Car,2002\n"
)


@pytest.fixture
def evaluated(app: App) -> Iterator[None]:
    """A run whose every Stock Car 1 was called Stock Car 2, and else was right."""
    settings = Settings(home=app.home)
    plain = config.from_plain({"data": {"version": "sample"}}).model_dump(mode="json")
    with store.connect(settings.db_path) as db:
        version = versions.by_name(db, "sample")
        run = runs.create(db, "mixed up", plain, version_id=version.id)
        judged = [
            answer(one) for one in versions.examples(db, version.id, split="test")
        ]
        evaluations.add(
            db,
            run.id,
            1,
            version.id,
            "test",
            version.classes,
            report.summary(judged),
            judged,
        )
    yield
    with store.connect(settings.db_path) as db:
        runs.delete(db, run.id)


def answer(one: Example) -> Judged:
    said = "Stock Car 2" if one.label == "Stock Car 1" else one.label
    true = 0.9 if said == one.label else 0.1
    top = ((said, 0.9), ("Baja Bug" if said != "Baja Bug" else "Open Wheel", 0.1))
    return Judged(one.image_id, one.label, Prediction(top), true, -math.log(true))


def test_from_the_numbers_to_the_pictures(page, evaluated, tmp_path):
    open_tab(page, "Evaluate")
    choose(page, "Run to look at", "mixed up")

    expect(page.get_by_text("accuracy, 95 %: 86.4–95.8 %")).to_be_visible()
    makes_are_told_by_a_file(page, tmp_path)
    a_class_is_found_and_taken_away(page)
    a_near_miss_leads_to_its_pictures(page)
    classes_that_are_confused_stand_together(page)
    the_file_is_forgotten(page)


def makes_are_told_by_a_file(page: Page, tmp_path: Path) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text(MAKES, encoding="utf-8")
    open_tab(page, "Classes")
    page.get_by_role("button", name="Make, model, body and year").click()

    page.locator("input[type=file][accept='.csv']").set_input_files(mine)

    expect(
        page.get_by_text("mine.csv is taken: it says something of 2 classes")
    ).to_be_visible()
    choose(page, "Make", "Stock")
    expect(page.get_by_text("recall, macro average").locator("..")).to_contain_text(
        "50.0 %"
    )


def a_class_is_found_and_taken_away(page: Page) -> None:
    choose(page, "Make", "Any")
    mean = page.get_by_text("recall, macro average").locator("..")
    expect(mean).to_contain_text("92.3 %")
    fill_in(page, "Find a class", "car 1")
    table = page.get_by_role("grid", name="Classes, worst first")
    expect(table.get_by_role("row", name=re.compile("^Stock Car 1 "))).to_be_visible()
    expect(table.get_by_text("Baja Bug")).to_have_count(0)

    with page.expect_download() as coming:
        page.get_by_text("Download classes as CSV").click()

    with Path(coming.value.path()).open(encoding="utf-8") as file:
        first = next(csv.DictReader(file))
    assert (first["class"], float(first["recall"])) == ("Stock Car 1", 0.0)


def a_near_miss_leads_to_its_pictures(page: Page) -> None:
    open_tab(page, "Summary")
    expect(page.get_by_role("img", name="Reliability over 130 images")).to_be_visible()
    levels = page.get_by_role("region", name="Right on each level")
    expect(levels).to_contain_text("Make and model, of the 20 images")
    page.get_by_role("gridcell", name="Right make and model, wrong year").first.click()

    pairs = page.get_by_role("grid", name="Most frequent confusions")
    pairs.get_by_role("gridcell", name="Stock Car 2").first.click()

    caption = re.compile(r"Stock Car 1, called Stock Car 2 \(90 %\)")
    expect(page.get_by_role("img", name=caption)).to_have_count(10)


def classes_that_are_confused_stand_together(page: Page) -> None:
    open_tab(page, "Confusions")
    choose(page, "Order of the classes", "Often confused together")
    page.get_by_label("Mistakes alone").check()

    matrix = page.get_by_role("img", name="Confusion matrix of 13 classes: 120 of 130")
    expect(matrix).to_be_visible()


def the_file_is_forgotten(page: Page) -> None:
    open_tab(page, "Classes")
    press(page, "Forget my corrections")
    open_tab(page, "Summary")

    expect(page.get_by_text("tell neither make nor body nor year")).to_be_visible()
