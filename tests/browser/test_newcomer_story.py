"""A newcomer's first hour, with the mouse alone."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from carclf.settings import PROJECT
from tests.browser.gestures import (
    choose,
    drop,
    has_loaded,
    open_tab,
    press,
    start_training,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SAMPLE = PROJECT / "assets" / "sample" / "images"
# More than anybody waits for: the newcomer has seen enough before, and stops it.
EPOCHS = 2000
TRAINING_MS = 600_000


def test_a_newcomer_goes_from_the_sample_to_a_prediction(page):
    looks_at_the_sample(page)
    corrects_a_label_and_takes_it_back(page)
    sees_a_background_removed(page)
    trains_frozen_and_watches(page)
    reloads_and_sees_the_run_go_on(page)
    stops_after_the_epoch(page)
    fine_tunes_from_the_best_epoch(page)
    looks_through_the_mistakes(page)
    compares_the_two_runs(page)
    drops_a_photograph(page, min((SAMPLE / "Baja Bug").iterdir()))


def looks_at_the_sample(page: Page) -> None:
    expect(page.get_by_role("tab", name="Datasets")).to_be_visible()
    version = page.get_by_role("combobox", name="Dataset version")

    expect(version).to_have_value("sample · 468 images")
    picture = page.get_by_role("img", name="Baja Bug").first
    assert has_loaded(picture)
    choose(page, "Class", "Stock Car 2")
    expect(page.get_by_role("img", name="Baja Bug")).to_have_count(0)
    expect(page.get_by_role("img", name="Stock Car 2").first).to_be_visible()


def corrects_a_label_and_takes_it_back(page: Page) -> None:
    open_tab(page, "Label")
    expect(page.get_by_text("1 of 468")).to_be_visible()
    history = page.get_by_role("region", name="Label history")

    choose(page, "Right class", "Open Wheel")
    press(page, "Save label")
    expect(page.get_by_text("2 of 468")).to_be_visible()
    press(page, "Previous")
    expect(history).to_contain_text("Open Wheel by person")
    expect(page.get_by_text("1 label differs from this version")).to_be_visible()
    press(page, "Undo")
    expect(history).to_contain_text("undone by person")


def sees_a_background_removed(page: Page) -> None:
    open_tab(page, "Background")
    page.get_by_role("button", name="Thumbnail 2 of 12").click()

    found = page.get_by_role("region", name="By u2netp", exact=True)
    expect(found).to_contain_text("of the image covered")


def trains_frozen_and_watches(page: Page) -> None:
    start_training(page, "frozen", EPOCHS)
    curves_move(page)


def curves_move(page: Page) -> None:
    """See both curves, while it runs, and see them change."""
    loss = page.get_by_role("img", name=re.compile(r"Loss by epoch: train .+ valid"))
    expect(loss).to_be_visible(timeout=TRAINING_MS)
    expect(page.get_by_role("img", name="Accuracy by epoch")).to_be_visible()
    expect(page.get_by_role("status", name="frozen: running")).to_be_visible()
    # Accuracies may stand still for long.
    told = loss.get_attribute("aria-label")
    assert told is not None
    expect(loss).not_to_have_attribute("aria-label", told, timeout=TRAINING_MS)


def reloads_and_sees_the_run_go_on(page: Page) -> None:
    page.reload()
    open_tab(page, "Train")

    expect(page.get_by_role("status", name="frozen: running")).to_be_visible()
    curves_move(page)


def stops_after_the_epoch(page: Page) -> None:
    press(page, "Stop after this epoch")

    stopped = page.get_by_role("status", name="frozen: stopped")
    expect(stopped).to_contain_text("what was done is kept", timeout=TRAINING_MS)


def fine_tunes_from_the_best_epoch(page: Page) -> None:
    press(page, "Fine-tune from this epoch")
    expect(page.get_by_role("radio", name="Fine-tune")).to_be_checked()
    start_training(page, "tuned", epochs=1)

    done = page.get_by_role("status", name="tuned: done")
    expect(done).to_be_visible(timeout=TRAINING_MS)
    expect(done).to_contain_text("from frozen, epoch")


def looks_through_the_mistakes(page: Page) -> None:
    open_tab(page, "Evaluate")
    choose(page, "Run to look at", "tuned")
    expect(page.get_by_text("right within five")).to_be_visible()

    mistake = page.get_by_role("img", name=re.compile(r", called .+ \(\d+ %\)")).first
    assert has_loaded(mistake)
    mistake.click()
    expect(page.get_by_text("What spoke for the answer")).to_be_visible()
    open_tab(page, "Confusions")
    matrix = page.get_by_role("img", name="Confusion matrix of 13 classes")
    expect(matrix).to_be_visible()


def compares_the_two_runs(page: Page) -> None:
    open_tab(page, "Compare")
    runs = page.get_by_role("table", name="Runs")
    for name, status in (("frozen", "stopped"), ("tuned", "done")):
        expect(runs.get_by_role("row", name=f"{name} {status}")).to_be_visible()

    # The newest two are chosen to begin with.
    open_tab(page, "Curves")
    both = re.compile(r"(frozen|tuned) .+ %, (frozen|tuned) .+ %")
    curves = page.get_by_role("img", name="Validation accuracy by epoch")
    expect(curves).to_have_attribute("aria-label", both)
    open_tab(page, "Fixed and broke")
    verdict = re.compile(r"tuned is right on \d+ of 130 images, frozen on \d+")
    expect(page.get_by_text(verdict)).to_be_visible()


def drops_a_photograph(page: Page, photograph: Path) -> None:
    open_tab(page, "Predict")
    choose(page, "Run to ask", "frozen")
    place = page.get_by_role("button", name="Drop an image file here to upload").first
    drop(page, place, photograph)

    answer = page.get_by_role("region", name="Likeliest classes")
    expect(answer).to_contain_text(re.compile(r"Baja Bug.*\d %"))
    assert has_loaded(page.get_by_alt_text("Bright where the network found"))
