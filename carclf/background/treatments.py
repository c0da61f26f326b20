"""Treatments: as people say them, checked, in words, and whether two are alike."""

from collections.abc import Mapping

from pydantic import ValidationError

from carclf import background
from carclf.config import Treatment
from carclf.errors import BackgroundError

_MADE = {"cutout": "cut out", "blur": "before a blur", "crop": "cropped"}
_HINTS = {
    "fill": "a colour such as #ffffff",
    "margin": "a margin from 0 to 1",
    "score": "a score from 0 to 1",
    "size": "a size from 64 to 1600 pixels",
    "classes": "car, truck or bus, at least one",
    "output": "cutout, blur or crop",
}


def checked(plain: Mapping[str, object]) -> Treatment:
    """Return the treatment that is meant.

    Raises:
        BackgroundError: There is no such remover, or a setting is out of range.
    """
    try:
        treatment = Treatment.model_validate(dict(plain))
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        given = plain.get(name)
        raise BackgroundError(
            f"“{given}” cannot be used as {name}. Give "
            f"{_HINTS.get(name, 'another value')}."
        ) from error
    background.describe(treatment.remover)
    return treatment


def by(treatment: Treatment, remover: str) -> Treatment:
    """Return the treatment by a remover; a network of its own is no other one's."""
    own = treatment.weights if remover == treatment.remover else ""
    return treatment.model_copy(update={"remover": remover, "weights": own})


def alike(one: Treatment, other: Treatment) -> bool:
    """Say whether a network that learnt from images treated so may be shown others.

    Nothing else decides that, wherever a run is put to use.
    """
    return one == other or one.remover == other.remover == "none"


def unlike(who: str, learnt: Treatment, what: str, given: Treatment) -> str:
    """Return how images differ from those that were learnt from; nothing if alike.

    Args:
        who: Such as “This network”.
        what: With its verb, such as “those of “sample” are”.
    """
    if alike(learnt, given):
        return ""
    had, have = in_full(learnt), in_full(given)
    other = ", with other settings" if had == have else ""
    return f"{who} learnt from images {had}, and {what} {have}{other}"


def in_full(treatment: Treatment) -> str:
    """Return as `in_words`, of images that the sentence has named before."""
    own = {"none": "with their backgrounds", "box": "cropped to a known box"}
    return own.get(treatment.remover) or in_words(treatment)


def in_words(treatment: Treatment) -> str:
    """Return such as “cut out by u2netp”, or “kept”."""
    if treatment.remover == "none":
        return "kept"
    output = "crop" if background.crops(treatment) else treatment.output
    if treatment.remover == "box":
        return "cropped to its box"
    network = treatment.weights.partition("#")[0]
    if treatment.remover == "rembg":
        network = network or treatment.network
    return f"{_MADE[output]} by {treatment.remover}" + f" ({network})" * bool(network)
