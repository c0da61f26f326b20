"""Write a run's epoch in the formats of elsewhere, each checked, into one zip."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from carclf import devices, store, words
from carclf.bundle import Bundle
from carclf.datasets import sample
from carclf.errors import Stopped
from carclf.exports import card, folder, formats, packing
from carclf.exports.folder import Accuracy, Export, Measured, ScriptCheck
from carclf.exports.formats import Format
from carclf.ml import folders
from carclf.ml import formats as ways
from carclf.ml import input as inputs
from carclf.ml.formats import making
from carclf.ml.formats import source as sources
from carclf.ml.listing import Listing, TrainImage
from carclf.records import Evaluation, JobStatus, Run, Split, Version
from carclf.store import evaluations, jobs, versions
from carclf.tasks.evaluate import bundle_of
from carclf.tasks.work import Work

# Images that a network is compared with Keras on, that tell int8 its ranges, that its
# accuracy is measured on, and that predict.py is tried on.
CHECKED, CALIBRATING, MEASURED, TRIED = 64, 128, 2000, 24


def run(work: Work) -> JobStatus:
    run, wanted = work.run(), work.job.settings
    chosen = formats.chosen(wanted["formats"])
    bundle = bundle_of(work, run, wanted["epoch"])
    name = folder.name_of(run, wanted["epoch"], wanted["formats"])
    place = folder.place(work.settings, run, name)
    with folders.whole(place) as part:
        made = _write(work, run, bundle, chosen, part / "files", place)
        work.report(len(chosen) + 1, len(chosen) + 2, "Packing")
        packing.pack(part / "files", part / f"{name}.zip")
        packing.clear(part / "files")
        folder.write_facts(made, part)
    jobs.set_result(work.db, work.job.id, {"export": name})
    return "done"


def _write(
    work: Work,
    run: Run,
    bundle: Bundle,
    chosen: Sequence[Format],
    files: Path,
    place: Path,
) -> Export:
    """Write everything that goes into the zip, and return what was measured."""
    version = work.version_of(run)
    source = _source(work, bundle, version)
    files.mkdir()
    made: list[Measured] = []
    for number, one in enumerate(chosen):
        if work.stop_requested():
            raise Stopped
        work.report(number, len(chosen) + 2, f"Writing {one.title}")
        measured = making.make(one, source, files)
        if one.name == "int8":
            measured = replace(
                measured, accuracy=_accuracy(work, source, files, version)
            )
        made.append(measured)
    packing.add_bundle(files, bundle)
    work.report(len(chosen), len(chosen) + 2, "Trying predict.py")
    export = Export(
        place.name,
        place,
        run.id,
        work.job.settings["epoch"],
        store.now(),
        _machine(),
        tuple(made),
        _script(work, source, files, version),
    )
    rendered = _is_sample(work, version)
    origin = card.Origin(run, version, bundle, _judged(work, run), rendered)
    (files / packing.CARD).write_text(card.text(origin, export), encoding="utf-8")
    return export


def _source(work: Work, bundle: Bundle, version: Version) -> sources.Source:
    how = bundle.preparation
    train = _spread(_images(work, version, "train"), CALIBRATING)
    validation = _spread(_images(work, version, "validation"), CHECKED)
    return sources.of(
        bundle,
        inputs.samples(train or validation, how, CALIBRATING),
        inputs.samples(validation or train, how, CHECKED),
    )


def _accuracy(
    work: Work, source: sources.Source, files: Path, version: Version
) -> Accuracy:
    split = _measuring(version)
    bundle = source.bundle
    exact, rounded = ways.of("onnx"), ways.of("int8")
    return making.accuracy(
        exact.opened(bundle.folder / "model.onnx"),
        rounded.opened(files / formats.named("int8").file),
        _spread(_images(work, version, split), MEASURED),
        bundle,
        f"{split} of {version.name}",
        work.paced("Measuring accuracy in 8 bits"),
    )


def _script(
    work: Work, source: sources.Source, files: Path, version: Version
) -> ScriptCheck | None:
    """Return how predict.py does, where there is a file that it can read."""
    networks = sorted(files.glob("model*.onnx"))
    if not networks:
        return None
    tried = _spread(_images(work, version, _measuring(version)), TRIED)
    readable = making.readable(tried, source.bundle.preparation)
    pixels = np.stack([image for _, image in readable]).astype(np.float32)
    logits = ways.of("onnx").opened(networks[-1])
    known = making.shares(logits, pixels, source.bundle.test_time_flip)
    return packing.try_script(
        files, source.bundle, [one.path for one, _ in readable], known
    )


def _measuring(version: Version) -> Split:
    return "test" if version.counts["test"] else "validation"


def _images(work: Work, version: Version, split: Split) -> Listing:
    return Listing(
        TrainImage(work.settings.resolve(one.path), one.sha256, one.label)
        for one in versions.each(work.db, version.id, split)
    )


def _spread(listing: Listing, count: int) -> list[TrainImage]:
    """Return `count` images from all over a list, so of every class; all of fewer."""
    taken = min(count, len(listing))
    return [listing[place * len(listing) // taken] for place in range(taken)]


def _judged(work: Work, run: Run) -> list[tuple[Evaluation, str]]:
    """Return the newest evaluation of the epoch on each split, with its version."""
    newest: dict[tuple[int, Split], Evaluation] = {}
    for one in evaluations.of_run(work.db, run.id):
        if one.epoch == work.job.settings["epoch"]:
            newest.setdefault((one.version_id, one.split), one)
    return [
        (one, versions.get(work.db, one.version_id).name) for one in newest.values()
    ]


def _is_sample(work: Work, version: Version) -> bool:
    """Whether a version, or the one it was made from, is the bundled sample."""
    while version.parent_id is not None:
        version = versions.get(work.db, version.parent_id)
    return version.name == sample.NAME and version.source.endswith("/assets/sample")


def _machine() -> str:
    cores = words.count(devices.cores(), "core")
    return f"{cores}, {devices.describe()}" if devices.has_gpu() else cores
