"""Many processes and threads write to one store."""

from concurrent.futures import ThreadPoolExecutor

from carclf import store
from carclf.config import TrainConfig
from carclf.records import EpochEnded
from carclf.store import jobs, runs

EPOCHS = 100


def test_writers_at_the_same_time_wait_for_each_other(settings):
    config = TrainConfig().model_dump(mode="json")
    with store.connect(settings.db_path) as db:
        made = [runs.create(db, "", config, version_id=None).id for _ in range(2)]
        job = jobs.create(db, "train", "Train", {})

    def train(run_id):
        with store.connect(settings.db_path) as db:
            for epoch in range(1, EPOCHS + 1):
                runs.add_epoch(db, run_id, EpochEnded(epoch, {"loss": 1.0, "val": 2.0}))

    def beat(times):
        with store.connect(settings.db_path) as db:
            for _ in range(times):
                jobs.beat(db, job.id)

    with ThreadPoolExecutor() as at_once:
        done = [at_once.submit(train, run_id) for run_id in made]
        done.append(at_once.submit(beat, EPOCHS))
    for one in done:
        one.result()

    with store.connect(settings.db_path) as db:
        histories = runs.histories(db, made)
    assert [len(history) for history in histories.values()] == [EPOCHS, EPOCHS]
