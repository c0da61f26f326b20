"""How many images a class has, as bars divided into splits."""

from collections.abc import Iterable
from html import escape

from carclf.records import SPLITS, Split


def bars(rows: Iterable[tuple[str, Split, int]]) -> str:
    """Return one bar a class, divided into its splits."""
    by_class: dict[str, dict[str, int]] = {}
    for label, split, number in rows:
        by_class.setdefault(label, {})[split] = number
    most = max((sum(one.values()) for one in by_class.values()), default=1)
    legend = "".join(f'<i class="{split}">{split}</i>' for split in SPLITS)
    lines = "".join(_bar(label, one, most) for label, one in by_class.items())
    return (
        f'<section class="counts" aria-label="Images a class"><header>'
        f"<b>Images a class</b><span>{legend}</span></header>"
        f"<div>{lines}</div></section>"
    )


def _bar(label: str, by_split: dict[str, int], most: int) -> str:
    parts = "".join(
        f'<i class="{split}" style="width:{by_split[split] / most * 100:.1f}%"></i>'
        for split in SPLITS
        if split in by_split
    )
    told = ", ".join(f"{number} {split}" for split, number in by_split.items())
    return (
        f'<p title="{escape(told)}"><span>{escape(label)}</span>'
        f"<u>{parts}</u><b>{sum(by_split.values()):,}</b></p>"
    )
