"""How the run tree is laid out: a row a run, along the epochs that led to it."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from carclf import recorded
from carclf.lineage import Relative
from carclf.ui import choices

# Of more children than these, the best are shown until the others are asked for.
MOST_CHILDREN = 8
# Rows of a page; a family is not torn apart, so a page may hold a few more.
PAGE = 60


@dataclass
class Row:
    """A line of the drawing: a run, where runs began from, or runs left out.

    Attributes:
        one: The run; None for an origin and for what is left out.
        place: Epochs since the first weights at which its line begins.
        depth: Runs between it and the first weights.
        title: What an origin is called.
        hidden: Runs below it, or in place of it, that are not drawn.
        below: Runs that began from it, drawn or not.
        is_aside: Drawn only because others came from it.
        passes: Places of lines that go past it, to rows further down.
        leaves: (place, epoch) of lines that leave it.
        arrives: Whether a line comes in at its place.
    """

    place: int
    depth: int
    one: Relative | None = None
    parent: Relative | None = None
    title: str = ""
    hidden: int = 0
    below: int = 0
    is_aside: bool = False
    passes: list[int] = field(default_factory=list)
    leaves: list[tuple[int, int]] = field(default_factory=list)
    arrives: bool = False

    @property
    def end(self) -> int:
        """Where its line ends; what a waiting or running run has before it counts."""
        if self.one is None:
            return self.place
        planned = 0
        if self.one.run.status in ("queued", "running"):
            planned = recorded.epochs(self.one.run) or 0
        return self.place + max(self.one.epochs, planned)


@dataclass(frozen=True)
class Page:
    """Some of the families.

    Attributes:
        length: Epochs along the whole axis.
    """

    rows: list[Row]
    page: int
    pages: int
    length: int


@dataclass(frozen=True)
class View:
    """What a person asked to see of the tree.

    Attributes:
        folded: Runs whose descendants are left out.
        unfolded: Runs all of whose children are drawn, however many.
    """

    page: int = 0
    folded: Collection[int] = ()
    unfolded: Collection[int] = ()


def grow(
    family: Sequence[Relative], shown: Collection[int], view: View | None = None
) -> Page:
    """Return a page of the tree of these runs.

    The newest families come first by page, and within one in the order they were begun.

    Args:
        family: All runs.
        shown: Ids of those to draw; what they came from is drawn too.
    """
    view = view or View()
    wood = _Wood(family, shown, view)
    pages = wood.pages()
    page = min(max(view.page, 0), len(pages) - 1)
    rows: list[Row] = []
    for origin, roots in _by_origin(pages[page]).items():
        rows += wood.rows(origin, roots)
    _connect(rows)
    return Page(rows, page, len(pages), max([1, *(row.end for row in rows)]))


class _Wood:
    """All runs, by what they came from."""

    def __init__(
        self, family: Sequence[Relative], shown: Collection[int], view: View
    ) -> None:
        self._view, self._shown = view, set(shown)
        known = {one.run.id for one in family}
        self._children: dict[int | None, list[Relative]] = {}
        for one in sorted(family, key=lambda one: one.run.id):
            parent = one.run.parent_id if one.run.parent_id in known else None
            self._children.setdefault(parent, []).append(one)
        # Of a run: how many of it and below it are to be drawn, and in how many rows.
        self._weights: dict[int, int] = {}
        self._sizes: dict[int, int] = {}
        # An imported run may have a lower number than its parent.
        for one in reversed(self._from_roots()):
            self._weigh(one)

    def pages(self) -> list[list[Relative]]:
        """Return the roots of each page, those begun last on the first."""
        found: list[list[Relative]] = [[]]
        room = PAGE
        for root in reversed(self._children.get(None, [])):
            size = self._sizes[root.run.id]
            if size > room and found[-1]:
                found.append([])
                room = PAGE
            if size:
                found[-1].insert(0, root)
            room -= size
        return found

    def rows(self, origin: str, roots: Sequence[Relative]) -> list[Row]:
        rows = [Row(0, 0, title=origin)]
        waiting = [Row(0, 0, root) for root in reversed(roots)]
        while waiting:
            row = waiting.pop()
            rows.append(row)
            if row.one is not None:
                waiting += reversed(self._below(row, row.one))
        return rows

    def _below(self, row: Row, one: Relative) -> list[Row]:
        """Return the rows right below a run's, and tell its own what it needs."""
        drawn, left = self._split(one)
        row.is_aside = one.run.id not in self._shown
        row.below = len(drawn) + len(left)
        if one.run.id in self._view.folded:
            row.hidden = self._weights[one.run.id] - (not row.is_aside)
            return []
        found = [
            Row(row.place + branched_at(child, one), row.depth + 1, child, one)
            for child in drawn
        ]
        if left:
            at = row.place + min(branched_at(child, one) for child in left)
            hidden = sum(self._weights[child.run.id] for child in left)
            found.append(Row(at, row.depth + 1, parent=one, hidden=hidden))
        return found

    def _split(self, one: Relative) -> tuple[list[Relative], list[Relative]]:
        """Return the children to draw, and those to leave out.

        Those that branched off last come first: their lines then cross no other.
        """
        there = [
            child
            for child in self._children.get(one.run.id, ())
            if self._weights[child.run.id]
        ]
        there.sort(key=lambda child: (-branched_at(child, one), child.run.id))
        if len(there) <= MOST_CHILDREN + 1 or one.run.id in self._view.unfolded:
            return there, []
        ranked = sorted(there, key=lambda child: -(child.best("val_accuracy") or 0.0))
        kept = {child.run.id for child in ranked[:MOST_CHILDREN]}
        return (
            [child for child in there if child.run.id in kept],
            [child for child in there if child.run.id not in kept],
        )

    def _from_roots(self) -> list[Relative]:
        """Return all runs, each after its parent."""
        found = list(self._children.get(None, []))
        for one in found:
            found += self._children.get(one.run.id, [])
        return found

    def _weigh(self, one: Relative) -> None:
        run_id = one.run.id
        below = self._children.get(run_id, [])
        weight = sum(self._weights[child.run.id] for child in below)
        self._weights[run_id] = weight = weight + (run_id in self._shown)
        if not weight or run_id in self._view.folded:
            self._sizes[run_id] = min(1, weight)
            return
        drawn, left = self._split(one)
        sizes = (self._sizes[child.run.id] for child in drawn)
        self._sizes[run_id] = 1 + bool(left) + sum(sizes)


def branched_at(one: Relative, parent: Relative) -> int:
    """Return the epoch of its parent that a run began from; its last, if unsettled."""
    return one.run.parent_epoch or parent.epochs


def origin(one: Relative) -> str:
    """Return what weights a run without a parent began from, in words."""
    weights = recorded.weights(one.run)
    if weights is None:
        return f"Weights {recorded.NOT_RECORDED}"
    # Of a file elsewhere, its folder and its name tell what it was.
    said = "/".join(re.split(r"[\\/]", choices.origin(weights))[-2:])
    return said[:1].upper() + said[1:]


def _by_origin(roots: Sequence[Relative]) -> dict[str, list[Relative]]:
    found: dict[str, list[Relative]] = {}
    for root in roots:
        found.setdefault(origin(root), []).append(root)
    return found


def _connect(rows: list[Row]) -> None:
    """Draw the lines between rows: out of one, past others, into another."""
    last: dict[int | None, int] = {}
    for place, row in enumerate(rows):
        if row.one is None and row.parent is None:
            last = {None: place}
            continue
        source = last[row.parent.run.id if row.parent else None]
        leaving = (row.place, row.place - rows[source].place)
        if leaving not in rows[source].leaves:
            rows[source].leaves.append(leaving)
        for between in rows[source + 1 : place]:
            if row.place not in between.passes:
                between.passes.append(row.place)
        row.arrives = True
        if row.one is not None:
            last[row.one.run.id] = place
