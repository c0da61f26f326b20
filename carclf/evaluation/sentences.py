"""What the numbers of an evaluation mean, in sentences for page and terminal."""

from collections.abc import Sequence

from carclf import words
from carclf.evaluation.calibration import Calibration
from carclf.records import Judged

_NAMED = 3


def believed(found: Calibration, judged: Sequence[Judged]) -> str:
    """Return how far the probabilities of answers can be believed."""
    right = sum(one.is_correct for one in judged) / len(judged)
    means = (
        f"its answers had a probability of {words.percent(right + found.gap, 1)} on "
        f"average, and {words.percent(right, 1)} of them were right"
    )
    if found.error <= found.by_chance:
        verdict = (
            f"Its probabilities can be believed as they stand: {means}. Chance alone "
            f"makes an error of up to {_points(found.by_chance)} on "
            f"{words.count(len(judged), 'image')}."
        )
    elif abs(found.gap) < found.error / 2:
        verdict = (
            "Over-confident of some answers and under-confident of others; over all, "
            f"{means}."
        )
    else:
        side = "Over" if found.gap > 0 else "Under"
        verdict = f"{side}-confident by {_points(abs(found.gap))}: {means}."
    return f"{verdict} The expected calibration error is {_points(found.error)}."


def strangers(judged: Sequence[Judged], classes: Sequence[str]) -> str:
    """Return what the numbers mean where a label is no class of the network.

    Nothing where it knows them all.
    """
    known = [one for one in judged if one.label in set(classes)]
    unknown = sorted({one.label for one in judged} - set(classes))
    if not unknown:
        return ""
    named = ", ".join(f"“{name}”" for name in unknown[:_NAMED])
    more = ", …" if len(unknown) > _NAMED else ""
    images = words.count(len(judged) - len(known), "image")
    said = (
        f"{images} of {len(judged):,} show "
        f"{words.count(len(unknown), 'class', 'classes')} that this run never learnt "
        f"({named}{more}), so each of them counts as a mistake."
    )
    if not known:
        return said
    right = sum(one.is_correct for one in known) / len(known)
    return f"{said} On the others it is right on {words.percent(right, 1)}."


def _points(share: float) -> str:
    return f"{share * 100:.1f} points"
