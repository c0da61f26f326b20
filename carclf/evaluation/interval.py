"""How far a share that was counted on some images may be from the truth."""

from math import sqrt

# Of the normal distribution, for 95 %.
_Z = 1.959963984540054


def wilson(successes: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, 0-1; all of it when nothing was counted.

    Source: Wilson 1927, Probable Inference, the Law of Succession, and Statistical
    Inference. Unlike share ± 1.96 standard errors, it stays in 0-1 and holds at the
    ends: of 20 images all right, the truth may still be 84 %.
    """
    if of == 0:
        return 0.0, 1.0
    share, z_of = successes / of, _Z**2 / of
    middle = (share + z_of / 2) / (1 + z_of)
    half = _Z / (1 + z_of) * sqrt((share * (1 - share) + z_of / 4) / of)
    return max(0.0, middle - half), min(1.0, middle + half)
