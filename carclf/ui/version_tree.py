"""Dataset versions as a tree: what was made from what, and how."""

from collections.abc import Sequence
from html import escape

from carclf import words
from carclf.records import Version


def draw(every: Sequence[Version], chosen: Version) -> str:
    """Return the family of a version: its ancestors and all that was made from them."""
    by_id = {one.id: one for one in every}
    root = chosen
    while root.parent_id in by_id:
        root = by_id[root.parent_id]
    children: dict[int | None, list[Version]] = {}
    for one in sorted(every, key=lambda one: one.id):
        children.setdefault(one.parent_id, []).append(one)
    return (
        '<div class="version-tree" role="group" aria-label="Versions made from each '
        f'other"><ul>{_branch(root, children, chosen.id)}</ul></div>'
    )


def _branch(
    one: Version, children: dict[int | None, list[Version]], chosen: int
) -> str:
    mark = ' aria-current="true"' if one.id == chosen else ""
    images = words.count(sum(one.counts.values()), "image")
    how = one.source if one.parent_id is not None else f"from {one.source}"
    inner = "".join(
        _branch(child, children, chosen) for child in children.get(one.id, ())
    )
    below = f"<ul>{inner}</ul>" if inner else ""
    return (
        f"<li{mark}><b>{escape(one.name)}</b> <span>{escape(images)} · "
        f"{escape(how)} · {escape(words.date(one.created_at))} · "
        f"{escape(one.hash[:8])}</span>{below}</li>"
    )
