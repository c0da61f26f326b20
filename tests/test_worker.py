"""The other process says in words how its work ended."""

from carclf import worker


def test_a_stop_promises_to_have_kept_only_what_can_be_gone_on_with():
    assert "what was done is kept" in worker.stopped("train")
    assert "what was done is kept" in worker.stopped("predict")
    assert "kept" not in worker.stopped("export")
    assert "Start it again" in worker.stopped("background")
