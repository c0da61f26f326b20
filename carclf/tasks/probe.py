"""Try one batch of a training: what fits, how long it takes, how it looks."""

import shutil
from typing import Any

from carclf import devices, images, words
from carclf.config import TrainConfig
from carclf.ml import machine, probe
from carclf.ml.probe import Probe, Tried
from carclf.ml.trial import Told
from carclf.records import JobStatus
from carclf.store import jobs
from carclf.tasks import plans
from carclf.tasks.work import Work

# Beside the thumbnails, for only those are served to a browser.
PREVIEWS = "batch-"


def run(work: Work) -> JobStatus:
    plan = plans.of_trial(work)
    found = probe.probe(plan, Told(work.report, work.stop_requested))
    result = _in_words(plan.config, found) | {"preview": _write(work, found)}
    jobs.set_result(work.db, work.job.id, result)
    return "done"


def _in_words(config: TrainConfig, found: Probe) -> dict[str, Any]:
    height, width = config.data.image_size
    mode = "frozen" if config.mode == "freeze" else "fine-tuned"
    return {
        "asked": found.asked,
        "batch_size": found.batch_size,
        "first_step_s": found.first_step_s,
        "step_s": found.step_s,
        "validation_step_s": found.validation_step_s,
        "peak_bytes": found.peak_bytes,
        "memory": "GPU memory" if found.is_gpu else "memory",
        "total_s": found.total_s,
        "epochs": config.fit.epochs,
        "network": f"{config.model.backbone}, {mode}, at {height} × {width}",
        "device": machine.device() if devices.has_gpu() else devices.describe(),
        "parts": _parts(config, found),
    }


def _parts(config: TrainConfig, found: Probe) -> str:
    each = found.epochs_s / config.fit.epochs
    parts = [f"reading images {words.duration(found.read_s)}"]
    if found.features_s:
        parts.append(f"their features {words.duration(found.features_s)}")
    parts.append(f"an epoch {words.duration(each)}")
    compiling = f"the first step {words.duration(found.first_step_s)}"
    return f"Estimated: {', '.join([*parts, compiling])}."


def _write(work: Work, found: Probe) -> list[dict[str, str]]:
    """Write the batch as pictures, and sweep away those of earlier probes."""
    thumbnails = work.settings.thumbnails
    folder = thumbnails / f"{PREVIEWS}{work.job.id}"
    for old in thumbnails.glob(f"{PREVIEWS}*"):
        shutil.rmtree(old, ignore_errors=True)
    folder.mkdir(parents=True)
    written = []
    for number, one in enumerate(found.batch):
        path = folder / f"{number:02d}.png"
        images.write(path, one.image)
        stored = path.relative_to(work.settings.home)
        written.append({"path": str(stored), "caption": _caption(one)})
    return written


def _caption(one: Tried) -> str:
    """Return the class, or the shares of those that were mixed."""
    if len(one.shares) == 1:
        return one.shares[0][0]
    return ", ".join(f"{label} {words.percent(share)}" for label, share in one.shares)
