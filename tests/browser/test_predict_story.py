"""Predicting by hand: one picture, several runs, something unknown, a folder."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from carclf import images, jobs, store
from carclf.bundle import Bundle
from carclf.config import TrainConfig
from carclf.settings import Settings
from carclf.store import runs, versions
from tests.browser.conftest import App
from tests.browser.gestures import (
    choose,
    drop,
    fill_in,
    has_loaded,
    open_tab,
    press,
    unfold,
)
from tests.prediction.conftest import acquaint, paint
from tests.test_bundle import network, write_facts

pytestmark = pytest.mark.browser

NAMES = ("colour one", "colour two")


@pytest.fixture
def settings(app: App) -> Settings:
    return Settings(home=app.home)


@pytest.fixture
def colour_runs(settings: Settings) -> Iterator[None]:
    """Two runs that tell colours apart and know reds only."""
    config = TrainConfig.model_validate({}).model_dump(mode="json")
    made = []
    for name in NAMES:
        with store.connect(settings.db_path) as db:
            run = runs.create(db, name, config, version_id=1)
        folder = settings.resolve(run.folder) / "bundle"
        folder.mkdir(parents=True)
        network(folder / "model.onnx")
        write_facts(folder)
        acquaint(Bundle.load(folder))
        made.append(run)
    yield
    for run in made:
        jobs.delete_run(settings, run.id)


@pytest.fixture
def asked(colour_runs: None, page: Page) -> Page:
    """The Predict tab, asking the first of the two."""
    open_tab(page, "Predict")
    # The tab has opened once it asks one of them, or it would do so after the choice.
    run = page.get_by_role("combobox", name="Run to ask")
    expect(run).to_have_value(re.compile("^colour "))
    choose(page, "Run to ask", NAMES[0])
    return page


def place(page: Page) -> Locator:
    return page.get_by_role("button", name="Drop an image file here to upload").first


def test_a_picture_is_answered_by_one_run_and_then_by_two(asked, tmp_path):
    drop(asked, place(asked), paint(tmp_path / "red.png", (225, 30, 30)))
    answer = asked.get_by_role("region", name="Likeliest classes")
    expect(answer).to_contain_text(re.compile(r"red\d.*%"))
    familiar = asked.get_by_role("status", name="Whether it looks familiar")
    expect(familiar).to_contain_text("Looks like what it was trained on")
    assert has_loaded(asked.get_by_alt_text("Bright where the network found"))

    choose(asked, "Runs to ask as well", NAMES[1])

    expect(answer).to_contain_text("All together")
    apart = asked.get_by_role("region", name="Each run alone")
    for name in NAMES:
        expect(apart.get_by_role("article", name=name)).to_contain_text("red")
        assert has_loaded(apart.get_by_alt_text(f"Where {name} found its evidence"))


def test_something_unlike_the_training_images_is_said_to_be_unknown(asked, tmp_path):
    drop(asked, place(asked), paint(tmp_path / "green.png", (0, 250, 0)))

    familiar = asked.get_by_role("status", name="Whether it looks familiar")
    expect(familiar).to_contain_text("Does not look like anything it was trained on")


def test_a_picture_is_labelled_and_comes_into_a_new_version(asked, settings, tmp_path):
    picture = paint(tmp_path / "my red.png", (231, 17, 29))
    drop(asked, place(asked), picture)
    expect(asked.get_by_role("region", name="Likeliest classes")).to_be_visible()

    unfold(asked, "Label this photograph")
    expect(asked.get_by_role("combobox", name="What it shows")).to_have_value("red")
    press(asked, "Keep photograph with this label")
    expect(asked.get_by_text(re.compile("Kept my red.png as “red”"))).to_be_visible()
    choose(asked, "Add to", "sample")
    fill_in(asked, "Name of the new version", "sample and a red")
    press(asked, "Freeze new version with them")

    expect(asked.get_by_text("They are in train of “sample and a red”")).to_be_visible()
    with store.connect(settings.db_path) as db:
        made = versions.by_name(db, "sample and a red")
        assert sum(made.counts.values()) == 469


def test_several_pictures_are_dropped_at_once(asked, tmp_path):
    pictures = [
        paint(tmp_path / "one.png", (225, 30, 30)),
        paint(tmp_path / "two.png", (0, 0, 250)),
    ]
    unfold(asked, "Several photographs at once")
    drop(
        asked,
        asked.get_by_role("button", name="Click to upload or drop files"),
        *pictures,
    )

    table = asked.get_by_role("grid", name="Predictions").first
    expect(table.get_by_role("row", name=re.compile("one.png"))).to_contain_text("red")
    expect(table.get_by_role("row", name=re.compile("two.png"))).to_contain_text("blue")
    with asked.expect_download() as saved:
        asked.get_by_role("button", name="Download CSV").first.click()
    assert Path(saved.value.path()).read_text().count("\n") == 3


def test_a_folder_is_predicted_as_a_job_that_survives_a_reload(asked, tmp_path):
    random = np.random.default_rng(1)
    for number in range(30):
        picture = random.integers(0, 255, (80, 120, 3)).astype(np.uint8)
        images.write(tmp_path / "in" / f"{number:02d}.png", picture)
    (tmp_path / "in" / "broken.png").write_bytes(b"no image")

    unfold(asked, "A folder, or a list in a CSV file")
    fill_in(asked, "Folder or CSV file on this machine", str(tmp_path / "in"))
    press(asked, "Start predicting")
    done = asked.get_by_text("31 of 31 photographs predicted; 1 could not be read")
    begun = asked.get_by_role("button", name="Stop predicting")
    expect(begun.or_(done)).to_be_visible()
    asked.reload()
    open_tab(asked, "Predict")
    unfold(asked, "A folder, or a list in a CSV file")

    expect(done).to_be_visible(timeout=300_000)
    with asked.expect_download() as saved:
        asked.get_by_role("button", name="Download JSON").locator(
            "visible=true"
        ).click()
    assert Path(saved.value.path()).read_text().count('"file"') == 31
