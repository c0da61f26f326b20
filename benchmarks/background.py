"""How well background removers find vehicles, and how fast beside other ways.

Boxes are known of every photograph in ../shared/data/cars_uncropped128 and of every
picture of the sample. The weights of Detectron2's model zoo may lie elsewhere than this
machine reaches, so its remover is judged with a small network that is trained here.
"""

import csv
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import course
import failures
import numpy as np
import rembg
from page import Finding, percent, rate, times
from PIL import Image

from carclf import background, images
from carclf.background import u2netp, weights
from carclf.background.box import overlap
from carclf.config import Treatment
from carclf.datasets import versions
from carclf.detector import process
from carclf.errors import BackgroundError
from carclf.records import Box, Cutout
from carclf.settings import PROJECT, Settings
from carclf.store import connect, prepare
from carclf.store import versions as stored

HEAD = """# Which remover finds the vehicle

Written by `make bench ARGS="background"`, not by hand. A vehicle counts as found if the
remover says so; IoU is the area that its box and the known one share, as a share of
what they cover, and 0 where nothing was found. The times are of one run on one machine,
so compare them within a table."""
PHOTOGRAPHS = course.SHARED / "data" / "cars_uncropped128"
SAMPLE = PROJECT / "assets" / "sample"
DETECTOR = PROJECT / "tests" / "detector"
STEPS = 800
# Every so-manieth is enough for a mean, and removers are slow.
STEP = 3
FEW = 12
SIZE = 96
LARGE = 800
WHITE = (255, 255, 255, 255)


@dataclass(frozen=True)
class Known:
    """A picture, and where its vehicle is."""

    path: Path
    box: Box


@dataclass(frozen=True)
class Judged:
    """What a remover made of pictures with known boxes.

    Attributes:
        overlaps: The IoU of each.
    """

    cutouts: list[Cutout]
    overlaps: list[float]
    taken_s: float


def measure_photographs(settings: Settings) -> Finding | None:
    """Find the vehicles of real photographs."""
    if not PHOTOGRAPHS.is_dir():
        return None
    known = read(PHOTOGRAPHS / "labels.csv", "test")[::STEP]
    trained = "on the training photographs of the same data set"
    return judged_all(
        settings,
        known,
        "Photographs of cars",
        f"{len(known)} whole photographs of Stanford Cars' test images, 128 × 96 "
        f"pixels, with the boxes of the data set. The detector was trained {trained} "
        f"({STEPS} steps of 4).",
    )


def measure_sample(settings: Settings) -> Finding | None:
    """Find the cars of the sample, and draw what went most wrong."""
    known = read(SAMPLE / "labels.csv", None)[::STEP]
    return judged_all(
        settings,
        known,
        "The sample",
        f"{len(known)} renders, with exact boxes. What u2netp found least well, the "
        "known box blue and what was found orange:\n\n"
        "![What went most wrong](images/background-failures.jpg)",
        PROJECT / "docs" / "images" / "background-failures.jpg",
    )


def judged_all(
    settings: Settings,
    known: Sequence[Known],
    title: str,
    words: str,
    picture: Path | None = None,
) -> Finding:
    """Return what each remover that can run here makes of the pictures."""
    rows = []
    for name, how in ways(settings):
        found = judge(background.create(how, placed(settings)), known)
        at = [one for one in found.overlaps if one >= 0.5]
        rows.append(
            (
                name,
                percent(mean(one.box is not None for one in found.cutouts)),
                f"{mean(found.overlaps):.3f}",
                percent(len(at) / len(known)),
                rate(len(known) / found.taken_s),
            )
        )
        if picture is not None and how.remover == "u2netp":
            failures.draw(picture, [one.path for one in known], *boxes(known, found))
    headings = ("remover", "found", "mean IoU", "IoU of 0.5 or more", "speed")
    return Finding(title, words, headings, tuple(rows))


def boxes(
    known: Sequence[Known], found: Judged
) -> tuple[list[Box], list[Box | None], list[float]]:
    return (
        [one.box for one in known],
        [one.box for one in found.cutouts],
        found.overlaps,
    )


def judge(remover: background.BackgroundRemover, known: Sequence[Known]) -> Judged:
    """Return what a remover makes of pictures that were read before."""
    pictures = [images.read_rgb(one.path) for one in known]
    remover.remove(pictures[0])
    start = time.perf_counter()
    cutouts = [
        cutout
        for first in range(0, len(pictures), remover.batch)
        for cutout in batch(remover, pictures[first : first + remover.batch])
    ]
    taken_s = time.perf_counter() - start
    overlaps = [
        overlap(cutout.box, one.box) if cutout.box else 0.0
        for cutout, one in zip(cutouts, known, strict=True)
    ]
    return Judged(cutouts, overlaps, taken_s)


def batch(
    remover: background.BackgroundRemover, pictures: Sequence[np.ndarray]
) -> list[Cutout]:
    return remover.remove_all(pictures, [None] * len(pictures))


def ways(settings: Settings) -> list[tuple[str, Treatment]]:
    """Return the removers that can run here, by what they are called on the page."""
    own = str(u2netp.MODEL)
    found = [
        ("u2netp", Treatment(remover="u2netp")),
        (
            "rembg, on the network of u2netp",
            Treatment(remover="rembg", network="u2netp", weights=own),
        ),
    ]
    if has_detectron2(settings) and PHOTOGRAPHS.is_dir():
        how = Treatment(
            remover="detectron2-box", weights=str(trained(settings)), size=SIZE
        )
        found.append(("detectron2-box, a small Faster R-CNN trained here", how))
    return [(name, weights.pin(placed(settings), how)) for name, how in found]


def measure_peers(settings: Settings) -> Finding:
    """Take backgrounds away from file to file: carclf's way, and those of others."""
    known = read(SAMPLE / "labels.csv", None)
    known = known[:: len(known) // (4 * FEW)][: 4 * FEW]
    source = settings.home / "peers"
    for one in known:
        target = source / one.path.parent.name / one.path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(one.path.read_bytes())
    session = rembg_session(settings)
    ours = treated(settings, source, Treatment(remover="u2netp"))
    theirs = by_rembg(session, source, settings.home / "by-rembg")
    rows = [
        row("u2netp: carclf background version", len(known), ours),
        row("the same: rembg.remove() for each file", len(known), theirs, ours),
    ]
    if has_detectron2(settings):
        few = settings.home / "few"
        for path in sorted(source.rglob("*.jpg"))[::4][:FEW]:
            target = few / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
        how = Treatment(remover="detectron2-mask", weights=str(random(settings)))
        ours = treated(settings, few, how)
        theirs = by_predictor(settings, few)
        rows += [
            row("Mask R-CNN R50-FPN: carclf background version", FEW, ours),
            row("the same: predictor(image) for each file", FEW, theirs, ours),
        ]
    return Finding(
        "Beside other ways",
        f"{len(known)} pictures of the sample, {FEW} with Detectron2, whose weights "
        "are random here, for only the time is told, and which sees them "
        f"{LARGE} pixels high. From files to files; carclf's time is that of the "
        "whole job: reading, removing, writing, hashing, "
        "recording a version. Loading the network counts for none of them.",
        ("way", "images", "time", "speed", "carclf is faster by"),
        tuple(rows),
    )


def row(
    name: str, count: int, taken_s: float, ours_s: float | None = None
) -> tuple[str, ...]:
    ratio = "" if ours_s is None else times(taken_s / ours_s)
    return name, str(count), f"{taken_s:.1f} s", rate(count / taken_s), ratio


def treated(settings: Settings, source: Path, how: Treatment) -> float:
    """Return the seconds that a treated version takes, its network loaded before."""
    home = placed(Settings(home=settings.home / f"home-{how.remover}"))
    prepare(home.db_path)
    version = versions.import_folder(home, source, "cars")
    how = weights.pin(home, how)
    with connect(home.db_path) as db:
        first = stored.examples(db, version.id)[0]
    picture = images.read_rgb(home.resolve(first.path))
    # Detectron2's process stays, and its network with it.
    background.create(how, home).remove(picture)
    start = time.perf_counter()
    background.create(how, home)
    loaded = time.perf_counter()
    versions.treat(home, version.id, how, "treated")
    return time.perf_counter() - loaded - (loaded - start)


def rembg_session(settings: Settings) -> rembg.sessions.BaseSession:
    """Return rembg's own session of the network that u2netp runs."""
    home = settings.home / "rembg"
    own = home / "models" / "u2netp" / "u2netp.onnx"
    own.parent.mkdir(parents=True)
    own.write_bytes(u2netp.MODEL.read_bytes())
    os.environ["U2NET_HOME"] = str(home)
    return rembg.new_session("u2netp")


def by_rembg(session: rembg.sessions.BaseSession, source: Path, target: Path) -> float:
    """Return the seconds that rembg's own way takes, from file to file."""
    target.mkdir()
    start = time.perf_counter()
    for path in sorted(source.rglob("*.jpg")):
        with Image.open(path) as picture:
            cut = rembg.remove(picture, session=session, bgcolor=WHITE)
        cut.convert("RGB").save(target / path.name, quality=95, subsampling=0)
    return time.perf_counter() - start


def read(labels: Path, subset: str | None) -> list[Known]:
    """Return the pictures of a table of labels with their boxes."""
    with labels.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    where = {path.name: path for path in (labels.parent / "images").rglob("*.jpg")}
    return [
        Known(
            where[one["img_name"]],
            Box(*(int(one[edge]) for edge in ("x1", "y1", "x2", "y2"))),
        )
        for one in rows
        if subset in (None, one["subset"])
    ]


def placed(settings: Settings) -> Settings:
    """Return settings of the same home that know where Detectron2 is installed."""
    return Settings(
        home=settings.home, detectron2=Settings.from_environment().detectron2
    )


def has_detectron2(settings: Settings) -> bool:
    try:
        weights.python_of(placed(settings))
    except BackgroundError:
        return False
    return True


def trained(settings: Settings) -> Path:
    """Return weights of a small detector, trained on real photographs for minutes."""
    target = settings.home / "detector" / "model_final.pth"
    if not target.exists():
        target.parent.mkdir(parents=True)
        known = read(PHOTOGRAPHS / "labels.csv", "train")
        pictures = [images.read_rgb(one.path) for one in known]
        edges = [(b.left, b.top, b.right, b.bottom) for b in (k.box for k in known)]
        scenes = target.with_name("scenes.npz")
        np.savez(scenes, images=np.stack(pictures), boxes=edges)
        in_detectron2(settings, DETECTOR / "train_small.py", scenes, target, str(STEPS))
    return target


def random(settings: Settings) -> Path:
    """Return random weights of the model zoo's Mask R-CNN."""
    target = settings.home / "random.pth"
    script = Path(__file__).with_name("predictor.py")
    in_detectron2(settings, script, "weights", target)
    return target


def by_predictor(settings: Settings, source: Path) -> float:
    """Return the seconds that the course's way takes, on the same weights."""
    script = Path(__file__).with_name("predictor.py")
    target = settings.home / "predictor"
    target.mkdir()
    said = in_detectron2(
        settings, script, "remove", settings.home / "random.pth", source, target
    )
    return float(said.splitlines()[-1])


def in_detectron2(settings: Settings, *command: object) -> str:
    """Run a script in Detectron2's environment; return what it printed."""
    python = weights.python_of(placed(settings))
    # The warnings are Detectron2's own, about the PyTorch of today.
    done = subprocess.run(
        [python, "-W", "ignore", *map(str, command)],
        env=process.environment(),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout
