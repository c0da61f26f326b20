"""A report in a browser: written by a click, and read and printed as a page."""

import zipfile

import pytest
from playwright.sync_api import Page, expect

from carclf import report, store
from carclf.config import TrainConfig
from carclf.datasets import sample
from carclf.records import EpochEnded
from carclf.settings import Settings
from carclf.store import runs
from tests.browser.gestures import fill_in, open_tab, press

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def settings(app):
    return Settings(home=app.home)


@pytest.fixture
def trained(settings):
    """Two runs, the second from the first, with curves and no worker."""
    config = TrainConfig().model_dump(mode="json")
    with store.connect(settings.db_path) as db:
        version = sample.ensure(settings)
        first = runs.create(db, "", config, version_id=version.id)
        second = runs.create(
            db, "", config, version_id=version.id, parent_id=first.id, parent_epoch=2
        )
        for run, best in ((first, 0.5), (second, 0.75)):
            for epoch in (1, 2):
                metrics = {"val_accuracy": best * epoch / 2, "val_loss": 1 / epoch}
                runs.add_epoch(db, run.id, EpochEnded(epoch, metrics))
        yield [first, second]
        for run in (second, first):
            runs.delete(db, run.id)


def test_a_click_writes_both_forms_and_they_can_be_kept(page: Page, trained, tmp_path):
    open_tab(page, "Compare")
    token = page.get_by_text(f"{trained[1].name} · imported")
    expect(token.locator("visible=true").first).to_be_visible()
    fill_in(page, "Title of the report", "Cars of the term")
    press(page, "Write report")

    kept = {}
    for name in ("Download HTML", "Download Markdown"):
        with page.expect_download() as download:
            page.get_by_role("button", name=name).or_(
                page.get_by_role("link", name=name)
            ).first.click()
        kept[name] = tmp_path / download.value.suggested_filename
        download.value.save_as(kept[name])

    assert "<h1>Cars of the term</h1>" in kept["Download HTML"].read_text()
    assert "75.0 %" in kept["Download HTML"].read_text()
    assert zipfile.is_zipfile(kept["Download Markdown"])


def test_a_report_opens_without_a_complaint_and_prints(
    chromium, settings, trained, tmp_path
):
    document = report.make(settings, [run.id for run in trained])
    report.write(settings, document, tmp_path / "report.html", "html")
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto((tmp_path / "report.html").as_uri())

    expect(page.get_by_role("heading", name="The experiments")).to_be_visible()
    expect(page.get_by_role("img", name="Experiment tree")).to_be_visible()
    pictures = page.locator("main img").evaluate_all(
        "found => found.map((one) => one.naturalWidth)"
    )
    assert len(pictures) == 13
    assert min(pictures) > 0
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert page.pdf().startswith(b"%PDF")
    page.close()
