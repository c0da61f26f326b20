"""A trained network with what its predictions need: class order and preparation.

Runs without Keras, so the app predicts without waiting for it.
"""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from carclf import background, familiarity, preparation
from carclf.background import treatments
from carclf.config import Preparation, Treatment
from carclf.errors import BundleError
from carclf.familiarity import Familiarity
from carclf.network import PRECISIONS, Network, Precision
from carclf.preparation import Prepared
from carclf.records import Box, Cutout, ImageRGB, Prediction

FORMAT = 1
BATCH = 32
TOP = 5


@dataclass(frozen=True)
class Look:
    """One photograph through a bundle, from its preparation to its explanation.

    Attributes:
        activation: What spoke for the predicted class, as `Bundle.activation`.
        shares: Of every class, in output order.
        strangeness: As `Familiarity.strangeness`; None where the bundle cannot say.
    """

    prediction: Prediction
    prepared: Prepared
    activation: NDArray[np.float32]
    shares: NDArray[np.float32]
    strangeness: float | None = None


@dataclass(frozen=True)
class Answers:
    """What a network says of n prepared images, and from what, in one pass.

    Attributes:
        probabilities: Shares of 1, shape (n, classes).
        features: What the head decides by, shape (n, channels).
        evidence: What spoke for the likeliest class at each place of the feature
            map, not below 0, shape (n, rows, columns).
    """

    probabilities: NDArray[np.float32]
    features: NDArray[np.float32]
    evidence: NDArray[np.float32]


@dataclass(frozen=True)
class Bundle:
    """A trained network, ready to predict from any thread.

    Attributes:
        classes: In output order.
        preparation: What training saw, so what a prediction must see.
        facts: Run, epoch, backbone, metrics; origin and licence of its first weights.
        test_time_flip: Predict by the mean over an image and its mirror image.
        precision: What its answers were found to stay the same in.
    """

    folder: Path
    classes: tuple[str, ...]
    preparation: Preparation
    facts: dict[str, Any]
    test_time_flip: bool = False
    precision: Precision = "f32"
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    # Filled when first needed: network, background remover, what was seen.
    _made: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, folder: Path) -> "Bundle":
        """Read a bundle's facts; the network itself is read when first used.

        Raises:
            BundleError: Something is missing, damaged, or of a newer carclf.
        """
        facts_path = folder / "bundle.json"
        try:
            plain = json.loads(facts_path.read_text(encoding="utf-8"))
            if plain["format"] != FORMAT:
                raise BundleError(
                    f"{facts_path} is of format {plain['format']}, and this carclf "
                    f"reads format {FORMAT}. Use the carclf that wrote it."
                )
            bundle = cls(
                folder,
                tuple(plain["classes"]),
                Preparation.model_validate(plain["preparation"]),
                plain["facts"],
                # Bundles of 0.1 say neither.
                bool(plain.get("test_time_flip", False)),
                PRECISIONS[PRECISIONS.index(plain.get("precision", "f32"))],
            )
        except FileNotFoundError as error:
            raise BundleError(
                f"{folder} holds no trained network (no bundle.json). A run has one "
                "once its training has ended or was stopped after an epoch."
            ) from error
        except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
            raise BundleError(
                f"{facts_path} is damaged. Train again, or restore it from a copy."
            ) from error
        if not (folder / "model.onnx").is_file():
            raise BundleError(
                f"{folder} has lost its model.onnx. Train again, or restore it from a "
                "copy."
            )
        return bundle

    def probabilities(self, images: Sequence[ImageRGB]) -> NDArray[np.float32]:
        """Return shares of 1 for every class, shape (n, classes).

        Args:
            images: Prepared, so each (height, width, 3) of the preparation.
        """
        found = [np.zeros((0, len(self.classes)), np.float32)]
        for start in range(0, len(images), BATCH):
            batch = images[start : start + BATCH]
            found.append(self._shares(batch, self._run(batch, 0)))
        return np.concatenate(found)

    def ask(
        self, images: Sequence[ImageRGB]
    ) -> tuple[NDArray[np.float32], list[float | None]]:
        """Return what `probabilities` does, and the strangeness of each image.

        Args:
            images: Prepared, and few enough to be computed at once.
        """
        logits, maps = self._outputs(images, (0, 1))
        features = np.asarray(maps.mean(axis=(1, 2)), np.float32)
        return self._shares(images, logits), self._strangeness(features)

    def answer(self, images: Sequence[ImageRGB]) -> Answers:
        """Return probabilities, features and evidence of prepared images.

        Args:
            images: At least one, and no more than memory holds feature maps of.
        """
        logits, features, maps = self._outputs(images, (0, 1, 2))
        shares = self._shares(images, logits)
        likeliest = shares.argmax(axis=1)
        return Answers(shares, features.mean(axis=(1, 2)), _evidence(maps, likeliest))

    def predict(self, images: Sequence[ImageRGB]) -> list[Prediction]:
        """Return the likeliest five classes of each prepared image."""
        return [self.top(shares) for shares in self.probabilities(images)]

    def features(self, images: Sequence[ImageRGB]) -> NDArray[np.float32]:
        """Return what the head decides by, shape (n, channels).

        Args:
            images: Prepared, so each (height, width, 3) of the preparation.
        """
        pooled = [
            self._run(images[start : start + BATCH], 1).mean(axis=(1, 2))
            for start in range(0, len(images), BATCH)
        ]
        return np.concatenate(pooled)

    def activation(
        self, image: ImageRGB, label: str | None = None
    ) -> NDArray[np.float32]:
        """Return where a prepared image spoke for a class, 0-1, (height, width).

        Args:
            label: The class; left out, the predicted one.

        Raises:
            BundleError: The network does not know this class.

        Source: Zhou et al. 2016, Learning Deep Features for Discriminative
        Localization. A constant added to all logits changes no probability, so only
        what a class gets beyond the average class counts as speaking for it.
        """
        if label is None:
            position = int(np.argmax(self.probabilities([image])[0]))
        elif label in self.classes:
            position = self.classes.index(label)
        else:
            raise BundleError(
                f"This network does not know “{label}”. It knows "
                f"{len(self.classes)} classes, such as “{self.classes[0]}”."
            )
        return self._grown(_evidence(self._run([image], 2), np.array([position]))[0])

    def prepare(
        self, image: ImageRGB, box: Box | None = None, given: Treatment | None = None
    ) -> Prepared:
        """Return a picture as the network is to see it.

        Args:
            box: Where the vehicle is, if known.
            given: How the picture was treated already; None if it is a photograph as
                it was taken, or if nobody knows.
        """
        how = self.preparation
        if given is None or given.remover == "none":
            return preparation.prepare(image, how, self.remover, box)
        # Treated once more, it would be what no network learnt from.
        seen = preparation.resize(image, how)
        unlike = treatments.unlike(
            "This network", how.treatment, "this picture is one", given
        )
        told = (
            f"{unlike}. Ask about the photograph as it was taken." if unlike else None
        )
        return Prepared(seen, Cutout(image), told, was_treated=True)

    def look(
        self, image: ImageRGB, box: Box | None = None, given: Treatment | None = None
    ) -> Look:
        """Return prediction and explanation of a picture.

        Args:
            box: As of `prepare`.
            given: As of `prepare`.
        """
        prepared = self.prepare(image, box, given)
        # All that is to be told, from one pass through the network.
        found = self.answer([prepared.image])
        shares = found.probabilities[0]
        return Look(
            self.top(shares),
            prepared,
            self._grown(found.evidence[0]),
            shares,
            self._strangeness(found.features)[0],
        )

    @property
    def remover(self) -> background.BackgroundRemover:
        """The background remover that the training images went through."""
        with self._lock:
            if "remover" not in self._made:
                self._made["remover"] = background.create(self.preparation.treatment)
            remover: background.BackgroundRemover = self._made["remover"]
            return remover

    @property
    def familiarity(self) -> Familiarity | None:
        """What tells whether an image looks like those that were learnt from."""
        with self._lock:
            if "familiarity" not in self._made:
                self._made["familiarity"] = familiarity.load(self.folder)
            found: Familiarity | None = self._made["familiarity"]
            return found

    def _strangeness(self, features: NDArray[np.float32]) -> list[float | None]:
        """Return how strange images are, from what the head decides by."""
        known = self.familiarity
        if known is None:
            return [None] * len(features)
        return [float(one) for one in known.strangeness(features)]

    def _grown(self, evidence: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return evidence at the network's size, as shares of the strongest."""
        size = (self.preparation.width, self.preparation.height)
        grown = cv2.resize(evidence, size, interpolation=cv2.INTER_CUBIC)
        strongest = float(grown.max())
        shares = np.clip(grown / strongest if strongest > 0 else grown, 0, 1)
        return np.asarray(shares, np.float32)

    def _shares(
        self, images: Sequence[ImageRGB], logits: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return probabilities; their mean with the mirror images', if asked for."""
        shares = _softmax(logits)
        if not self.test_time_flip:
            return shares
        mirrored = _softmax(self._run([image[:, ::-1] for image in images], 0))
        return np.asarray((shares + mirrored) / 2, np.float32)

    def _run(self, images: Sequence[ImageRGB], output: int) -> NDArray[np.float32]:
        return self._outputs(images, (output,))[0]

    def _outputs(
        self, images: Sequence[ImageRGB], wanted: Sequence[int]
    ) -> list[NDArray[np.float32]]:
        """Return some of the outputs: 0 logits, 1 features, 2 class maps."""
        with self._lock:
            if "network" not in self._made:
                self._made["network"] = Network(
                    self.folder / "model.onnx", self.precision
                )
            network: Network = self._made["network"]
        return network.run(np.stack(images).astype(np.float32), wanted)

    def top(self, shares: NDArray[np.float32]) -> Prediction:
        """Return the likeliest five classes of one image's shares."""
        likeliest = np.argsort(-shares, kind="stable")[:TOP]
        return Prediction(tuple((self.classes[i], float(shares[i])) for i in likeliest))


def _evidence(
    maps: NDArray[np.float32], positions: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return what speaks for the class at a position beyond the average class."""
    own = np.take_along_axis(maps, positions[:, None, None, None], axis=-1)[..., 0]
    return np.asarray(np.maximum(own - maps.mean(axis=-1), 0), np.float32)


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)
