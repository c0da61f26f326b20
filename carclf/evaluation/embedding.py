"""Features as places on a map."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carclf.records import Run
from carclf.settings import Settings

# What t-SNE is given: fewer directions are read faster, and the rest is noise.
_DIRECTIONS = 50
# Fewer images have no neighbourhoods to keep.
_FEWEST = 5


def of_evaluation(settings: Settings, run: Run, evaluation_id: int) -> Path:
    """Return where the neighbourhoods of an evaluation lie, once they are made."""
    folder = settings.resolve(run.folder) / "evaluations"
    return folder / f"{evaluation_id}-neighbourhoods.npz"


def overview(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the two directions in which features differ most, shape (n, 2)."""
    return _directions(vectors, 2)


def neighbourhoods(vectors: NDArray[np.float32], seed: int = 0) -> NDArray[np.float32]:
    """Return places at which near images are near, shape (n, 2).

    Distances between groups mean nothing. Takes seconds for thousands of images.

    Source: van der Maaten & Hinton 2008, Visualizing Data using t-SNE; rate and start
    as Kobak & Berens 2019, The art of using t-SNE for single-cell transcriptomics.
    """
    from sklearn.manifold import TSNE  # noqa: PLC0415

    count = len(vectors)
    if count < _FEWEST:
        return overview(vectors)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    # By angle, as neighbours are told.
    turned = np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)
    found = TSNE(
        perplexity=min(30.0, (count - 1) / 3),
        init="pca",
        learning_rate="auto",
        random_state=seed,
    ).fit_transform(_directions(turned, _DIRECTIONS))
    return np.asarray(found, np.float32)


def _directions(vectors: NDArray[np.float32], wanted: int) -> NDArray[np.float32]:
    """Return the first principal components; zeros for those there are not."""
    # A second to import, which the app need not take to start.
    from sklearn.decomposition import PCA  # noqa: PLC0415

    count = min(wanted, *vectors.shape)
    places = np.zeros((len(vectors), max(2, count)), np.float32)
    # Images that are all alike have no direction to differ in.
    if (vectors != vectors[:1]).any():
        made = PCA(count, random_state=0).fit_transform(vectors)
        places[:, :count] = made
    return places
