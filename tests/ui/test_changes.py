"""Sending a page only what it does not show already."""

import gradio as gr

from carclf.ui.changes import only_changes, since


def test_only_what_changed_is_sent():
    *first, seen = only_changes(["one", {"x": [1, 2]}], None)
    *again, seen_again = only_changes(["one", {"x": [1, 3]}], seen)

    assert first == ["one", {"x": [1, 2]}]
    assert again == [gr.skip(), {"x": [1, 3]}]
    assert seen_again != seen


def test_without_another_stamp_the_view_is_not_asked_for():
    def unasked():
        raise AssertionError

    *_, seen = since("stamp", lambda: ["one", "two"], "")

    assert since("stamp", unasked, seen) == (gr.skip(),) * 3


def test_a_late_answer_is_made_good_by_the_next():
    *_, older = since("first", lambda: ["one", "two"], None)
    *_, newer = since("second", lambda: ["one", "three"], older)
    # The page was sent the newer answer, and the older one after it.
    late = older

    *again, seen = since("second", lambda: ["one", "three"], late)

    assert again == [gr.skip(), "three"]
    assert seen == newer
