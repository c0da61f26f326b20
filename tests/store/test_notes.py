"""What a person should know of a run."""

from carclf.config import TrainConfig
from carclf.store import notes, runs


def test_notes_come_back_in_the_order_they_were_made(db):
    settings = TrainConfig().model_dump(mode="json")
    run, other = (runs.create(db, "", settings, version_id=None) for _ in range(2))

    notes.add(db, run.id, "Memory ran out.")
    notes.add(db, other.id, "Resumed after epoch 3.")
    notes.add(db, run.id, "Ended after epoch 7.")

    found = notes.of_run(db, run.id)
    assert [one.text for one in found] == ["Memory ran out.", "Ended after epoch 7."]
    assert found[0].at <= found[1].at
