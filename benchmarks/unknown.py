"""How well a network tells what is unlike anything it was trained on.

Trained on photographs of cars that lie in ../shared; asked about pictures that come
with scikit-image and scikit-learn, and about what is drawn here.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import course
import cv2
import numpy as np
import skimage
import sklearn
import training
from numpy.typing import NDArray
from page import Finding
from sklearn.covariance import LedoitWolf
from sklearn.metrics import roc_auc_score

from carclf import batches, familiarity, images, preparation, store
from carclf.bundle import Bundle
from carclf.datasets import layouts
from carclf.errors import UnreadableImageError
from carclf.network import Network
from carclf.records import ImageRGB, Split
from carclf.settings import Settings
from carclf.store import versions

HEAD = """# Whether an image looks like anything a run was trained on

Written by `make bench ARGS="unknown"`, not by hand. A network names one of its classes
whatever it is shown. So an image is compared with some that the network was trained
on: its strangeness is the share of validation images that look less strange, and from
95 % on it is said not to look like anything known. The tables tell how far that
holds: for other things than cars, and, where there is a last column “other cars”, for
cars of classes that the network does not know. Of those it knows little more than that
they are cars."""

CROPS = course.SHARED / "data" / "cars_crops"
RECIPE = "quick-freeze.yml"
# A vehicle, though of no class: it is neither right nor wrong to know it.
LEFT_OUT = ("motorcycle_left.png", "motorcycle_right.png")
DRAWN = 100
OTHERS = 300

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Seen:
    """What a network makes of some images: features (n, channels) and logits."""

    features: Values
    logits: Values


def measure_small(settings: Settings) -> Finding | None:
    """Ask a network of 12 classes, also about cars of 156 others."""
    return measured(settings, course.CARS, CROPS)


def measure_crops(settings: Settings) -> Finding | None:
    """Ask a network of 156 classes."""
    return measured(settings, CROPS)


def measured(
    settings: Settings, folder: Path, other_cars: Path | None = None
) -> Finding | None:
    """Train a frozen EfficientNet-Lite0, and ask it about other things.

    Args:
        other_cars: Photographs of cars, some of classes that it does not know.
    """
    if not folder.is_dir():
        return None
    bundle = trained(settings, folder)
    train, labels = split(settings, bundle, folder, "train")
    validation, _ = split(settings, bundle, folder, "validation")
    test, _ = split(settings, bundle, folder, "test")
    pictures = {
        "photographs": photographs(),
        "faces": faces(),
        "drawn scenes": drawn_scenes(),
        "noise": noise(),
    }
    if other_cars is not None:
        pictures["other cars"] = cars_unlike(bundle, other_cars)
    others = {name: look(bundle, some) for name, some in pictures.items()}
    rows = [
        row_of(name, score, validation, test, others)
        for name, score in scores(bundle, train, labels).items()
    ]
    return Finding(
        f"EfficientNet-Lite0, frozen, on {len(bundle.classes)} classes of Stanford "
        "Cars",
        f"`carclf train assets/recipes/{RECIPE}`: {len(labels)} images to train on, "
        f"{len(validation.logits)} to validate. Each measure is set so that 5 % of the "
        f"validation images would be flagged; then it is shown {len(test.logits)} test "
        f"images of the same classes, and {counted(others)}. A cell has the share that "
        "is flagged and, in brackets, the area under the ROC curve against the test "
        "images: 0.5 is chance, 1 perfect. The first row is what carclf uses.",
        ("measure", "test images", *others),
        tuple(rows),
    )


def counted(others: dict[str, Seen]) -> str:
    told = {
        "photographs": "pictures of scikit-image and scikit-learn, whole and in "
        "quarters, without the two of a motorcycle",
        "faces": "faces of the LFW subset in scikit-image",
        "drawn scenes": "circles and boxes before a horizon",
        "noise": "from fine to coarse",
        "other cars": "of Stanford Cars, of classes that it was not trained on",
    }
    return "; ".join(
        f"{len(one.logits)} {name} ({told[name]})" for name, one in others.items()
    )


def trained(settings: Settings, folder: Path) -> Bundle:
    program = Path(sys.executable).with_name("carclf")
    subprocess.run(
        [program, "datasets", "import", folder, "--name", folder.name],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "CARCLF_HOME": str(settings.home)},
    )
    recipe = settings.recipes / RECIPE
    training.train(settings, recipe, f"--set=data.version={folder.name}")
    run, _ = training.last_run(settings)
    return Bundle.load(settings.resolve(run.folder) / "bundle")


def cars_unlike(bundle: Bundle, folder: Path) -> list[ImageRGB]:
    """Return a few hundred test images of classes that a network does not know."""
    paths = [
        one.path
        for one in layouts.read(folder).entries
        if one.split == "test" and one.label not in bundle.classes
    ]
    return [images.read_rgb(path) for path in paths[:: max(1, len(paths) // OTHERS)]]


def scores(
    bundle: Bundle, train: Seen, labels: list[str]
) -> dict[str, Callable[[Seen], Values]]:
    """Return measures by name; the higher, the stranger."""
    known = bundle.familiarity
    assert known is not None
    return {
        "distance to the fifth nearest (carclf)": lambda one: known.distances(
            one.features
        ),
        "Mahalanobis distance to the nearest class": mahalanobis(train, labels),
        "energy of the logits": lambda one: -np.logaddexp.reduce(one.logits, axis=1),
        "largest logit": lambda one: -one.logits.max(axis=1),
        "largest probability": lambda one: (
            -np.exp(one.logits.max(axis=1) - np.logaddexp.reduce(one.logits, axis=1))
        ),
    }


def mahalanobis(train: Seen, labels: list[str]) -> Callable[[Seen], Values]:
    """Source: Lee et al. 2018, A Simple Unified Framework for Detecting OOD Samples."""
    classes = np.unique(labels)
    middles = np.stack(
        [train.features[np.asarray(labels) == one].mean(axis=0) for one in classes]
    )
    spread = train.features - middles[np.searchsorted(classes, labels)]
    whiten = np.linalg.cholesky(LedoitWolf().fit(spread).precision_)
    whitened = middles @ whiten

    def distance(one: Seen) -> Values:
        features = one.features @ whiten
        return np.stack(
            [np.linalg.norm(whitened - each, axis=1).min() for each in features]
        )

    return distance


def row_of(
    name: str,
    score: Callable[[Seen], Values],
    validation: Seen,
    test: Seen,
    others: dict[str, Seen],
) -> tuple[str, ...]:
    usual = score(test)
    limit = np.quantile(score(validation), 1 - familiarity.FLAGGED_SHARE)
    cells = []
    for one in others.values():
        strange = score(one)
        truth = np.repeat([0, 1], [len(usual), len(strange)])
        area = roc_auc_score(truth, np.concatenate([usual, strange]))
        cells.append(f"{100 * np.mean(strange > limit):.0f} % ({area:.3f})")
    return (name, f"{100 * np.mean(usual > limit):.1f} %", *cells)


def split(
    settings: Settings, bundle: Bundle, folder: Path, which: Split
) -> tuple[Seen, list[str]]:
    with store.connect(settings.db_path) as db:
        version = versions.by_name(db, folder.name)
        examples = versions.examples(db, version.id, split=which)
    pictures = [images.read_rgb(settings.resolve(one.path)) for one in examples]
    return look(bundle, pictures), [one.label for one in examples]


def look(bundle: Bundle, pictures: list[ImageRGB]) -> Seen:
    prepared = [preparation.resize(one, bundle.preparation) for one in pictures]
    network = Network(bundle.folder / "model.onnx", bundle.precision)
    found = [
        network.run(np.float32(some), (0, 1))
        for some in batches.read_ahead(prepared, lambda one: one)
    ]
    logits, maps = (np.concatenate([one[place] for one in found]) for place in (0, 1))
    return Seen(maps.mean(axis=(1, 2)), logits)


def photographs() -> list[ImageRGB]:
    """Return pictures of anything but vehicles, each whole and in quarters."""
    folders = (
        Path(skimage.__file__).parent / "data",
        Path(sklearn.__file__).parent / "datasets" / "images",
    )
    found = []
    for path in sorted(one for folder in folders for one in folder.iterdir()):
        if path.suffix not in (".png", ".jpg") or path.name in LEFT_OUT:
            continue
        try:
            image = images.read_rgb(path)
        except UnreadableImageError:
            continue
        down, across = image.shape[0] // 2, image.shape[1] // 2
        found += [
            image,
            *(
                image[top : top + down, left : left + across]
                for top in (0, down)
                for left in (0, across)
            ),
        ]
    return found


def faces() -> list[ImageRGB]:
    """Return the faces that come with scikit-image; its other half are no faces."""
    grey = np.load(Path(skimage.__file__).parent / "data" / "lfw_subset.npy")[:100]
    scaled = (255 * grey / grey.max()).astype(np.uint8)
    return [np.repeat(one[..., None], 3, axis=2) for one in scaled]


def drawn_scenes() -> list[ImageRGB]:
    random = np.random.default_rng(1)
    return [drawn_scene(random) for _ in range(DRAWN)]


def drawn_scene(random: np.random.Generator) -> ImageRGB:
    def colour() -> tuple[int, ...]:
        return tuple(int(one) for one in random.integers(0, 256, 3))

    scene = np.full((240, 320, 3), colour(), np.uint8)
    cv2.rectangle(scene, (0, int(random.integers(120, 200))), (320, 240), colour(), -1)
    for _ in range(int(random.integers(1, 8))):
        x, y, size = (int(random.integers(8, most)) for most in (320, 240, 70))
        if random.random() < 0.5:
            cv2.circle(scene, (x, y), size, colour(), -1)
        else:
            cv2.rectangle(scene, (x, y), (x + size, y + 2 * size), colour(), -1)
    return scene


def noise() -> list[ImageRGB]:
    random = np.random.default_rng(2)
    return [
        cv2.resize(
            random.integers(0, 256, (side, side, 3)).astype(np.uint8),
            (224, 224),
            interpolation=cv2.INTER_CUBIC,
        )
        for _ in range(DRAWN // 5)
        for side in (2, 6, 20, 70, 224)
    ]
