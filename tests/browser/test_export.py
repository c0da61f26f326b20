"""A trained network is exported on the page, and comes down as a whole zip."""

import re
import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser.gestures import choose, open_tab, press, start_training

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TRAINING_MS = 600_000


def test_a_network_is_exported_downloaded_and_deleted(page, tmp_path):
    start_training(page, "to export", epochs=1)
    done = page.get_by_role("status", name="to export: done")
    expect(done).to_be_visible(timeout=TRAINING_MS)

    open_tab(page, "Predict")
    choose(page, "Run to ask", "to export")
    page.get_by_role("button", name=re.compile("^Export ")).click()
    expect(
        page.get_by_role("checkbox", name=re.compile("^ONNX. For servers"))
    ).to_be_checked()
    page.get_by_role("checkbox", name=re.compile("^ONNX int8")).check()
    press(page, "Export network")

    measured = page.get_by_role("table", name="What was measured")
    expect(measured).to_contain_text("same answer on 100 %", timeout=TRAINING_MS)
    expect(measured).to_contain_text(re.compile(r"ONNX int8.*\d %  ?→ \d"))
    with page.expect_download() as fetched:
        page.get_by_role("button", name=re.compile(r"^Download \(")).click()
    zip_path = tmp_path / fetched.value.suggested_filename
    fetched.value.save_as(zip_path)
    inside = [name.partition("/")[2] for name in zipfile.ZipFile(zip_path).namelist()]
    assert zip_path.name.endswith("-onnx-int8.zip")
    assert {"README.md", "model.onnx", "model-int8.onnx", "predict.py"} < set(inside)

    press(page, "Delete export")
    press(page, "Yes, delete it")
    expect(measured).to_be_hidden()
