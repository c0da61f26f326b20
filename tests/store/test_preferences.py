"""What was set once for the whole app."""

from carclf.store import preferences


def test_a_preference_is_what_was_set_last(db):
    assert preferences.get(db, "continue_after_failure", otherwise=True) is True

    preferences.set(db, "continue_after_failure", False)
    preferences.set(db, "smoothing", {"of": ["loss"], "by": 0.5})
    preferences.set(db, "continue_after_failure", None)

    assert preferences.get(db, "continue_after_failure", otherwise=True) is None
    assert preferences.get(db, "smoothing", otherwise=0) == {"of": ["loss"], "by": 0.5}
