"""Which images the records of a data set mean, and which images none of them means."""

from collections.abc import Iterable, Iterator

from carclf.datasets.layouts.account import Kind, Trouble
from carclf.datasets.layouts.tree import Index, Tree, shown


class Placing:
    """Finds images by name, and remembers which were found."""

    def __init__(self, tree: Tree) -> None:
        self._index = Index(tree)
        self._unnamed = set(self._index.images)

    def place(
        self,
        name: str,
        near: Iterable[str],
        where: str,
        label: str = "",
        subset: str = "",
    ) -> str | Trouble:
        """Return the file that a record names, or why it cannot be told.

        Args:
            near: As `Index.find`.
            where: The record, for people.
        """
        found = self._index.find(name, near, label, subset)
        # Of each it is known that something is said about it.
        self._unnamed.difference_update(found)
        if len(found) == 1:
            return found[0]
        if not found:
            reason = f"stands in {where}, and is missing."
            return Trouble(shown(name), reason, Kind.ABSENT)
        several = " and ".join(shown(path) for path in found[:3])
        reason = f"stands in {where}, and may be any of {several}."
        return Trouble(shown(name), reason, Kind.AMBIGUOUS)

    def unnamed(self, source: str) -> Iterator[Trouble]:
        """Yield the images that no record named."""
        for file in sorted(self._unnamed):
            yield Trouble(shown(file), f"does not stand in {source}.", Kind.UNNAMED)
