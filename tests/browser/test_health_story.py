"""A version is looked at, its findings opened, mended, taken back and frozen."""

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from carclf import images
from carclf.datasets import versions
from carclf.settings import Settings
from tests import drawing
from tests.browser.gestures import choose, fill_in, has_loaded, open_tab, press

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOKING_MS = 300_000


@pytest.fixture
def ill(app, tmp_path):
    """A version with a picture in two splits, and a dark one."""
    folder = drawing.draw_scenes(tmp_path / "ill" / "train", each=12)
    leak = drawing.scene(71)
    images.write(folder / "Red Van" / "leak.png", leak)
    mirrored = np.ascontiguousarray(leak[:, ::-1])
    images.write(folder.parent / "test" / "Red Van" / "leaked.png", mirrored)
    images.write(folder / "Red Van" / "dark.png", drawing.scene(70) // 5)
    return versions.import_folder(Settings(home=app.home), folder.parent, "ill")


def test_a_version_is_looked_at_mended_and_frozen(page, ill):
    open_health(page)
    looks_at_every_image(page)
    drops_a_dark_image(page)
    takes_it_back(page)
    moves_the_leak_into_one_split(page)
    freezes(page)


def open_health(page: Page) -> None:
    page.reload()
    version = page.get_by_role("combobox", name="Dataset version")
    expect(version).to_have_value("ill · 39 images")
    open_tab(page, "Health")


def looks_at_every_image(page: Page) -> None:
    expect(page.get_by_text("Nobody has looked at these images yet")).to_be_visible()
    press(page, "Look at every image")

    said = page.get_by_text("Looked at on")
    expect(said).to_be_visible(timeout=LOOKING_MS)
    first = page.get_by_role("list", name="Findings").get_by_role("button").first
    expect(first).to_contain_text("One picture, several splits")
    group = page.get_by_role("group", name="Group 1")
    expect(group.get_by_role("button", name="Look at Red Van")).to_have_count(2)


def drops_a_dark_image(page: Page) -> None:
    findings = page.get_by_role("list", name="Findings")
    findings.get_by_role("button", name="Dark images").click()
    picture = page.get_by_role("button", name="Look at Red Van, train")
    picture.click()
    assert has_loaded(page.get_by_role("img", name="Red Van"))
    page.get_by_role("checkbox", name="Choose Red Van, train, dark.png").check()
    expect(page.get_by_role("status", name="Chosen")).to_have_text("1 chosen")
    expect(page.get_by_role("radio", name="Chosen images")).to_be_checked()
    press(page, "Drop them")

    expect(findings.get_by_role("button", name="Dark images")).to_contain_text(
        "1 dealt with"
    )


def takes_it_back(page: Page) -> None:
    press(page, "Undo all of this")

    told = page.get_by_text("Nothing was changed since this version was frozen.")
    expect(told).to_be_visible()


def moves_the_leak_into_one_split(page: Page) -> None:
    findings = page.get_by_role("list", name="Findings")
    findings.get_by_role("button", name="One picture, several splits").click()
    page.get_by_role("radio", name="All of this finding (2)").check()
    choose(page, "Their split", "test")
    press(page, "Move them")

    expect(page.get_by_text("moved to test", exact=True)).to_be_visible()


def freezes(page: Page) -> None:
    fill_in(page, "Name of the mended version", "well")
    press(page, "Freeze mended version")

    version = page.get_by_role("combobox", name="Dataset version")
    expect(version).to_have_value("well · 39 images")
    press(page, "Look at every image")
    expect(page.get_by_text("Looked at on")).to_be_visible(timeout=LOOKING_MS)
    findings = page.get_by_role("list", name="Findings")
    expect(findings).to_contain_text("Dark images")
    expect(findings).not_to_contain_text("One picture, several splits")
