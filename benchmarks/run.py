"""Measure carclf on this machine, and write what was found to docs/performance.md.

    python benchmarks/run.py                 everything
    python benchmarks/run.py freeze memory   some of it; the rest of the page stays

With KERAS_BACKEND=jax what depends on the backend is measured, into sections of its
own.
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

# Read when TensorFlow and Gradio are imported: only results are printed.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import background
import compare
import course
import download
import evaluation
import gallery
import health
import labelling
import machine
import memory
import page
import prediction
import preview
import start
import throughput
import training
import unknown

from carclf.settings import PROJECT, Settings

Measure = Callable[[Settings], page.Finding | None]

# In this order: the prediction uses the run of the first training, and the course's
# frozen training is done once for two sections.
SECTIONS: dict[str, Measure] = {
    "first": training.measure,
    "finetune": training.measure_finetune,
    "predict": prediction.measure,
    "predict-course": prediction.measure_course,
    "evaluate-open": evaluation.measure_opening,
    "start": start.measure,
    "gallery": gallery.measure,
    "health": health.measure,
    "preview": preview.measure,
    "preview-import": preview.measure_import,
    "labelling": labelling.measure,
    "compare": compare.measure,
    "download": download.measure,
    "freeze": course.measure_freeze,
    "streaming": course.measure_streaming,
    "step": course.measure_step,
    "memory": memory.measure,
    "unknown-small": unknown.measure_small,
    "unknown-crops": unknown.measure_crops,
    "background-photographs": background.measure_photographs,
    "background-sample": background.measure_sample,
    "background-peers": background.measure_peers,
    "throughput": throughput.measure,
}
WITH_JAX = ("freeze", "streaming", "step", "throughput")
NEEDS = {
    "throughput": "there is no GPU",
    "download": "awscli, to compare with, could not be installed",
}
NEEDS_FIRST = {"finetune", "predict"}
# Not about speed, so on a page of its own.
PAGES = {
    "unknown": ("unknown.md", unknown.HEAD),
    "background": ("background.md", background.HEAD),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure carclf on this machine.")
    parser.add_argument("sections", nargs="*", metavar="NAME", help=", ".join(SECTIONS))
    wanted = parser.parse_args().sections or (
        WITH_JAX if machine.backend() == "jax" else list(SECTIONS)
    )
    known = {name.partition("-")[0] for name in SECTIONS} | set(SECTIONS)
    if strange := set(wanted) - known:
        parser.error(f"no such section: {', '.join(strange)}")
    # “predict” stands for “predict-course”, too.
    wanted = [name for name in SECTIONS if {name, name.partition("-")[0]} & set(wanted)]
    if NEEDS_FIRST & set(wanted) and "first" not in wanted:
        wanted = ["first", *wanted]
    with tempfile.TemporaryDirectory(prefix="carclf-bench-") as folder:
        settings = Settings(home=Path(folder))
        for name, measure in SECTIONS.items():
            if name in wanted:
                record(name, measure(settings))


def record(name: str, finding: page.Finding | None) -> None:
    """Print what was found, and write it to the page at once."""
    if finding is None:
        needed = NEEDS.get(name, "../shared is not here")
        print(f"{name}: skipped, for {needed}; its old figures stay.")
        return
    print(finding.title, *map("  ".join, finding.rows), sep="\n  ", flush=True)
    name_of_page, head = PAGES.get(
        name.partition("-")[0], ("performance.md", page.HEAD)
    )
    target = PROJECT / "docs" / name_of_page
    before = target.read_text(encoding="utf-8") if target.exists() else ""
    date = f"{datetime.now(UTC):%Y-%m-%d}"
    text = page.merged(before, machine.describe(), date, [finding], head)
    target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
