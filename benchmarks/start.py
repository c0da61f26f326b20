"""How long the app takes to start, beside what it does not import."""

import subprocess
import sys
import time
from statistics import median

from page import Finding, seconds, times

from carclf.settings import PROJECT, Settings

REPEATS = 3


def measure(settings: Settings) -> Finding:
    """Import each in fresh processes; the first, which reads the disk, is dropped."""
    measured = {
        what: import_seconds(module)
        for what, module in (
            ("the app (`import app`)", "app"),
            ("Gradio alone", "gradio"),
            ("Keras with its backend, which the app leaves to workers", "keras"),
        )
    }
    of_app = next(iter(measured.values()))
    return Finding(
        "Starting",
        f"Python's start and one import, median of {REPEATS} fresh processes.",
        ("what", "time", "compared with the app"),
        tuple((what, seconds(s), times(s / of_app)) for what, s in measured.items()),
    )


def import_seconds(module: str) -> float:
    taken = []
    for _ in range(REPEATS + 1):
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", f"import {module}"],
            cwd=PROJECT,
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        taken.append(time.perf_counter() - began)
    return median(taken[1:])
