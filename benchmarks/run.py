"""Measure carclf on this machine, and write what was found to docs/performance.md."""

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

# Read when TensorFlow and Gradio are imported: only results are printed.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import machine
import page
import prediction
import start
import training

from carclf.settings import PROJECT, Settings


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="carclf-bench-") as folder:
        settings = Settings(home=Path(folder))
        findings = []
        # The training comes first: the prediction uses its run.
        for measure in (
            training.measure,
            training.measure_finetune,
            prediction.measure,
            start.measure,
        ):
            finding = measure(settings)
            print(finding.title, *map("  ".join, finding.rows), sep="\n  ", flush=True)
            findings.append(finding)
    text = page.render(machine.describe(), f"{datetime.now(UTC):%Y-%m-%d}", findings)
    target = PROJECT / "docs" / "performance.md"
    target.write_text(text, encoding="utf-8")
    print(f"Written to {target.relative_to(PROJECT)}.")


if __name__ == "__main__":
    main()
