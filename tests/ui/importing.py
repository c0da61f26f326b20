"""What the page sends of the form that corrects how a source is read."""

from carclf.ui.tabs.datasets_look import ROLES


def form(layout="table", columns=(), splits=((), (), ()), leave_out=()):
    """Return the form as a person filled it."""
    said = [dict(columns).get(role) for role in ROLES]
    return [layout, None, True, "class", *said, *splits, leave_out]
