"""Several runs asked together: the mean of their probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from carclf import familiarity, images, recorded, store
from carclf.bundle import Bundle, Look
from carclf.config import Treatment
from carclf.datasets import treated
from carclf.errors import BundleError
from carclf.records import Box, ImageRGB, Prediction, Run
from carclf.settings import Settings
from carclf.store import runs

Shares = NDArray[np.float32]


class Input(NamedTuple):
    """What a network is given; the photograph itself is let go of by then."""

    image: ImageRGB
    warning: str | None


class Member(NamedTuple):
    """A network; `order` puts its shares into the order of the first one's classes."""

    name: str
    bundle: Bundle
    order: NDArray[np.int64]


@dataclass(frozen=True)
class Answer:
    """What one or several networks say of a photograph.

    Attributes:
        strangeness: The least that any network says, so that all have to agree before
            an image counts as unknown; None where none of them can say.
        warnings: Where a preparation could not be followed, in words.
    """

    prediction: Prediction
    strangeness: float | None
    warnings: tuple[str, ...]

    @property
    def is_unknown(self) -> bool:
        return self.strangeness is not None and familiarity.is_unknown(self.strangeness)


@dataclass(frozen=True)
class Explained:
    """An answer with what led to it.

    Attributes:
        looks: One for each network, in the ensemble's order.
    """

    answer: Answer
    looks: tuple[Look, ...]


@dataclass(frozen=True)
class Ensemble:
    """One or more networks that tell the same classes apart.

    Attributes:
        name: Of the runs and their epochs, as results are signed with.
        settings: Of the store that may know how a picture was treated.
    """

    name: str
    members: tuple[Member, ...]
    settings: Settings | None = None

    @classmethod
    def of(
        cls, found: Sequence[tuple[str, Bundle]], settings: Settings | None = None
    ) -> "Ensemble":
        """Return the networks, each with the name of its run, as one.

        Raises:
            BundleError: There is none, or they do not know the same classes.
        """
        if not found:
            raise BundleError("Choose at least one run to ask.")
        classes = found[0][1].classes
        for name, bundle in found[1:]:
            _refuse_other_classes((found[0][0], classes), (name, bundle.classes))
        members = tuple(
            Member(name, one, np.array([one.classes.index(label) for label in classes]))
            for name, one in found
        )
        signed = [f"{name} (epoch {one.facts.get('epoch')})" for name, one in found]
        return cls(" + ".join(signed), members, settings)

    @property
    def classes(self) -> tuple[str, ...]:
        return self.members[0].bundle.classes

    def look(
        self, image: ImageRGB, box: Box | None = None, given: Treatment | None = None
    ) -> Explained:
        """Return answer and explanations of a picture, as `Bundle.prepare` takes it."""
        looks = tuple(one.bundle.look(image, box, given) for one in self.members)
        answer = self._answer(
            [look.shares for look in looks],
            [look.strangeness for look in looks],
            [look.prepared.warning for look in looks],
        )
        return Explained(answer, looks)

    def prepare(self, path: Path, box: Box | None = None) -> list[Input]:
        """Return the input of each network.

        Raises:
            UnreadableImageError: The file is no image, or damaged.
        """
        image, given = images.read_rgb(path), self.given(path)
        prepared = (one.bundle.prepare(image, box, given) for one in self.members)
        return [Input(one.image, one.warning) for one in prepared]

    def answers(self, batch: Sequence[Sequence[Input]]) -> list[Answer]:
        """Return an answer to each of a few photographs, as `prepare` returned them."""
        asked = [
            member.bundle.ask([one[place].image for one in batch])
            for place, member in enumerate(self.members)
        ]
        return [
            self._answer(
                [shares[row] for shares, _ in asked],
                [strangeness[row] for _, strangeness in asked],
                [one.warning for one in inputs],
            )
            for row, inputs in enumerate(batch)
        ]

    def given(self, path: Path) -> Treatment | None:
        """Return how a file's picture was treated already, if the store knows it."""
        return treated.treatment_of(self.settings, path) if self.settings else None

    def _answer(
        self,
        shares: Sequence[Shares],
        strangeness: Sequence[float | None],
        warnings: Sequence[str | None],
    ) -> Answer:
        """Return what all networks say together of one photograph."""
        aligned = [
            one[member.order] for one, member in zip(shares, self.members, strict=True)
        ]
        mean = np.mean(aligned, axis=0)
        told = [one for one in strangeness if one is not None]
        return Answer(
            self.members[0].bundle.top(mean),
            min(told, default=None),
            tuple(dict.fromkeys(one for one in warnings if one)),
        )


def load(settings: Settings, run_ids: Sequence[int]) -> Ensemble:
    """Return the bundles of these runs, read anew.

    Raises:
        BundleError: One has none, or they do not know the same classes.
        StoreError: There is no such run.
    """
    with store.connect(settings.db_path) as db:
        found = [runs.get(db, run_id) for run_id in run_ids]
    return Ensemble.of(
        [(run.name, Bundle.load(folder(settings, run))) for run in found], settings
    )


def folder(settings: Settings, run: Run) -> Path:
    """Return where a run's bundle lies.

    Raises:
        BundleError: It has none.
    """
    found = settings.resolve(run.folder) / "bundle"
    if not (found / "model.onnx").is_file():
        raise BundleError(recorded.why_no_model(run))
    return found


def _refuse_other_classes(
    first: tuple[str, Sequence[str]], other: tuple[str, Sequence[str]]
) -> None:
    differing = sorted(set(first[1]) ^ set(other[1]))
    if differing:
        knows = first[0] if differing[0] in first[1] else other[0]
        raise BundleError(
            f"“{first[0]}” and “{other[0]}” do not tell the same classes apart, so "
            f"they have no common answer: only “{knows}” knows “{differing[0]}”"
            f"{f', and {len(differing) - 1} more differ' * (len(differing) > 1)}. "
            "Choose runs trained on the same classes."
        )
