"""The benchmarks write their page part by part, and run on any machine."""

import json
import os
import subprocess
import sys

import pytest

from carclf.settings import PROJECT, Settings

BENCHMARKS = PROJECT / "benchmarks"


@pytest.fixture
def benchmarks(monkeypatch):
    """Return a function that imports one of the scripts as they import each other."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return __import__


def finding(page, title, figure):
    return page.Finding(title, "What was done.", ("what", "time"), (("it", figure),))


def test_a_part_that_is_measured_again_leaves_the_rest_of_the_page(benchmarks):
    page = benchmarks("page")
    found = [finding(page, "One", "1 s"), finding(page, "Two", "2 s")]
    before = page.merged("", "a laptop", "2030-01-01", found)

    after = page.merged(before, "a box", "2031-02-03", [finding(page, "One", "9 s")])

    assert after == before.replace("1 s", "9 s").replace(
        "2030-01-01: a laptop", "2031-02-03: a box", 1
    )
    assert after.index("## One") < after.index("## Two")


def test_the_page_in_the_documents_is_one_that_benchmarks_can_go_on_with(benchmarks):
    page = benchmarks("page")
    text = (PROJECT / "docs" / "performance.md").read_text(encoding="utf-8")

    assert page.merged(text, "", "", []) == text


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ("model name\t: EPYC\nflags\t\t: fpu avx2 sse\n", "EPYC with AVX2"),
        (
            "model name\t: EPYC\nflags\t\t: avx2 avx512f avx512_bf16\n",
            "EPYC with AVX-512 and bfloat16",
        ),
        ("model name\t: Old\nflags\t\t: fpu\n", "Old"),
    ],
)
def test_a_processor_is_told_with_what_it_computes_in(
    benchmarks, tmp_path, about, said
):
    (tmp_path / "cpuinfo").write_text(about)

    assert benchmarks("machine").processor(tmp_path / "cpuinfo") == said


def test_a_row_that_is_measured_again_leaves_the_rest_of_the_table(benchmarks):
    page = benchmarks("page")
    rows = [("one", "0.1", "2030-01-01"), ("three", "0.3", "2030-01-01")]
    before = page.table(("what", "test", "date"), rows)

    after = page.merged_rows(
        before,
        [("two", "0.2", "2031-02-03"), ("one", "0.9", "2031-02-03")],
        ["one", "two", "three", "four"],
    )

    assert after == [
        ("one", "0.9", "2031-02-03"),
        ("two", "0.2", "2031-02-03"),
        ("three", "0.3", "2030-01-01"),
    ]


def test_a_page_says_what_each_of_its_rows_was_measured_on(benchmarks):
    page = benchmarks("page")
    known = {"2030-01-01": "a laptop.", "2031-02-03": "a box."}

    lines = page.machine_lines(known, ["2031-02-03", "2030-01-01", "2031-02-03"])

    assert page.machines(f"# A page\n\n{lines}\n") == known
    assert page.machine_lines(known, ["2031-02-03"]) == "Measured on 2031-02-03: a box."


def test_the_accuracies_in_the_documents_are_ones_that_more_can_join(benchmarks):
    page, accuracy = benchmarks("page"), benchmarks("accuracy")
    text = (PROJECT / "docs" / "accuracy.md").read_text(encoding="utf-8")
    order = [accuracy.YARDSTICK, *(one.words for one in accuracy.EXPERIMENTS)]

    rows = page.merged_rows(text, [], order)

    assert page.table(accuracy.HEADINGS, rows) in text
    assert {row[-1] for row in rows} == page.machines(text).keys()


def test_the_page_on_what_is_unknown_is_one_that_benchmarks_can_go_on_with(benchmarks):
    page, unknown = benchmarks("page"), benchmarks("unknown")
    text = (PROJECT / "docs" / "unknown.md").read_text(encoding="utf-8")

    assert page.merged(text, "", "", [], unknown.HEAD) == text


def test_sections_are_known_by_name():
    asked = subprocess.run(
        [sys.executable, BENCHMARKS / "run.py", "speeed"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert asked.returncode == 2
    assert "no such section: speeed" in asked.stderr


def test_drawn_photographs_differ(benchmarks, tmp_path):
    memory = benchmarks("memory")

    memory.draw(tmp_path, 20)

    content = {path.read_bytes() for path in tmp_path.rglob("*.jpg")}
    assert len(content) == 20


def test_an_evaluation_is_drawn_and_opened_as_the_tab_does(
    benchmarks, monkeypatch, tmp_path
):
    evaluation = benchmarks("evaluation")
    for name, value in {"IMAGES": 60, "CLASSES": 8, "REPEATS": 1}.items():
        monkeypatch.setattr(evaluation, name, value)

    found = evaluation.measure_opening(Settings(home=tmp_path / "home"))

    assert "60 drawn predictions of 8 classes" in found.words
    assert [row[0].split(":")[0] for row in found.rows][-1] == "opening"


def test_every_gallery_of_a_drawn_evaluation_is_opened(
    benchmarks, tmp_path, monkeypatch
):
    gallery = benchmarks("gallery")
    for name, value in {"IMAGES": 60, "CLASSES": 6, "CHANNELS": 8}.items():
        monkeypatch.setattr(gallery, name, value)

    found = gallery.measure(Settings(home=tmp_path))

    opened = [row[0] for row in found.rows]
    assert len(opened) == 3 + len(gallery.KINDS)
    assert all(row[1].endswith(" ms") for row in found.rows)


def test_every_way_through_a_drawn_version_is_opened(benchmarks, tmp_path, monkeypatch):
    preview = benchmarks("preview")
    for name, value in {
        "IMAGES": 2400,
        "CLASSES": 9,
        "REPEATS": 1,
        "FEW": 1200,
    }.items():
        monkeypatch.setattr(preview, name, value)

    found = preview.measure(Settings(home=tmp_path))
    drawn = preview.measure_import(Settings(home=tmp_path))

    assert "2,400 images of 9 classes" in found.words
    assert len(found.rows) == 11
    assert [row[0] for row in drawn.rows] == ["1,200 images", "2,400 images"]


def test_labelling_is_measured_on_any_number_of_images(
    benchmarks, tmp_path, monkeypatch
):
    labelling, gallery = benchmarks("labelling"), benchmarks("gallery")
    monkeypatch.setattr(labelling, "REPEATS", 2)
    monkeypatch.setattr(gallery, "IMAGES", 240)
    monkeypatch.setattr(gallery, "CLASSES", 6)

    found = labelling.measure(Settings(home=tmp_path))

    assert "240 drawn photographs of 6 classes" in found.words
    assert len(found.rows) == 5


def test_every_section_of_a_page_can_be_asked_for(benchmarks):
    run = benchmarks("run")

    assert set(run.WITH_JAX) | set(run.NEEDS) | run.NEEDS_FIRST <= set(run.SECTIONS)
    assert set(run.PAGES) <= {name.partition("-")[0] for name in run.SECTIONS}


@pytest.mark.keras
def test_the_work_of_a_resnet50_is_what_its_paper_says(benchmarks):
    import keras  # noqa: PLC0415  Only this test needs it.

    throughput = benchmarks("throughput")
    whole = keras.applications.ResNet50(weights=None, input_shape=(224, 224, 3))

    # 3.8 × 10^9 multiplications with additions (He et al. 2015, table 1).
    assert throughput.forward_flops(whole) / 2 == pytest.approx(3.86e9, rel=0.02)


@pytest.mark.parametrize(
    ("device", "peak"),
    [
        ("NVIDIA H100 80GB HBM3", 989.4),
        ("NVIDIA H100 PCIe", 756.0),
        ("2 × NVIDIA L4", 121.0),
        ("CPU, 2 cores", None),
    ],
)
def test_the_peak_of_a_gpu_is_known_by_its_name(benchmarks, device, peak):
    assert benchmarks("throughput").peak_tflops(device) == peak


@pytest.mark.slow
def test_throughput_is_measured_by_jax_without_tensorflow(tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise ImportError('not installed here')")
    path = os.pathsep.join([str(tmp_path), str(PROJECT)])

    options = ["--batch=1", "--steps=1", "--precision=mixed_bfloat16"]

    said = subprocess.run(
        [sys.executable, BENCHMARKS / "throughput.py", *options],
        env={**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout

    speeds = json.loads(said.splitlines()[-1])
    assert len(speeds) == 2
    assert all(one["images_per_second"] > 0 for one in speeds)
    assert "| bfloat16 |" in said
