"""What was measured of an export, in words."""

from carclf import words
from carclf.exports.folder import Export, Measured

# More than this lost by 8 bits is said in words, not in figures alone.
NOTABLE_LOSS = 0.01


def warnings(made: Export) -> list[str]:
    """Return what is to be minded of an export."""
    lost = [loss(one) for one in made.formats]
    script = made.script
    if script is None or script.same_answer_rate == 1:
        return [one for one in lost if one]
    return [
        *(one for one in lost if one),
        f"predict.py names another class than carclf on "
        f"{words.percent(1 - script.same_answer_rate, 1)} of "
        f"{words.count(script.image_count, 'photograph')}.",
    ]


def difference(one: Measured) -> str:
    """Return how far a file is from Keras, in words."""
    share = words.percent(one.same_answer_rate, 1).replace(".0 %", " %")
    same = f"same answer on {share} of {words.count(one.image_count, 'image')}"
    if one.difference is None:
        return same
    return f"{same}, logits within {one.difference:.0e} of the largest"


def accuracy(one: Measured) -> str:
    """Return such as “91.2 % → 90.9 %”; a dash where it was not measured."""
    found = one.accuracy
    if found is None:
        return "–"
    return f"{words.percent(found.before, 1)} → {words.percent(found.after, 1)}"


def loss(one: Measured) -> str:
    """Return a warning where 8 bits cost more than is usual; else nothing."""
    found = one.accuracy
    if found is None or found.lost <= NOTABLE_LOSS:
        return ""
    return (
        f"In 8 bits it loses {found.lost * 100:.1f} points of accuracy on "
        f"{words.count(found.image_count, 'image')} ({found.source}), more than the "
        f"{NOTABLE_LOSS * 100:.0f} point that is usual. Use the 32-bit file where "
        "accuracy matters."
    )
