"""What the Train tab shows of runs, stops, and moves in the queue."""

import json

import gradio as gr

from carclf import store
from carclf.records import StepEnded
from carclf.store import jobs as stored_jobs
from carclf.store import notes, runs, steps
from carclf.ui.tabs import train, train_live
from carclf.ui.tabs.train_curves import Wanted

SKIP = gr.skip()
HEADLINE, LEFT = (train_live.View._fields.index(name) for name in ("headline", "left"))


def look(lab, run_id=None, **wanted):
    return train_live.view(lab.settings, run_id, Wanted(**wanted))


def record_steps(lab, run, count):
    with store.connect(lab.settings.db_path) as db:
        steps.add(
            db,
            run.id,
            [StepEnded(1, step, 1 / step, 1e-3) for step in range(1, count + 1)],
        )


def report(lab, run, total=300, **facts):
    """Report as a training does in its first epoch."""
    with store.connect(lab.settings.db_path) as db:
        job = stored_jobs.of_run(db, run.id)
        stored_jobs.report(db, job.id, 5, total, "Epoch 1 of 30", 60.0, **facts)


def must_not_be_asked(*_):
    raise AssertionError("Nothing changed, and yet the store was asked.")


def test_without_a_run_the_tab_says_what_to_do(lab):
    shown = look(lab)

    assert "Press “Start training”" in shown.headline
    assert (shown.left, shown.right) == (None, None)
    assert shown.controls.stopping["visible"] is False


def test_a_running_run_is_told_in_words_with_its_best_epoch(lab):
    lab.run("night <run>", epochs=5, status="running", best=0.8)

    shown = look(lab)

    assert 'aria-label="night &lt;run&gt;: running"' in shown.headline
    for words in ("5 of 30", "80.0 %", "best in epoch 4", "412", "1 min", "CPU"):
        assert words in shown.headline


def test_a_failed_run_says_why_in_full_and_escaped(lab):
    reason = "The worker was killed. Its log ends: <b>out of memory</b>"
    run = lab.run("big", epochs=0, status="failed", reason=reason)

    shown = look(lab, run.id)

    assert "&lt;b&gt;out of memory&lt;/b&gt;" in shown.headline
    assert "<b>out of memory" not in shown.headline + shown.queue.jobs


def test_a_waiting_run_tells_how_many_are_before_it(lab):
    lab.run("first", epochs=1, status="running")
    lab.run("second", status="queued")
    third = lab.run("third", status="queued")

    shown = look(lab, third.id)

    assert "Waits in the queue: 2 before it." in shown.headline


def test_a_run_that_is_deleted_while_it_is_looked_at_is_shown_once_more(
    lab, monkeypatch
):
    run = lab.run("going", epochs=3, status="failed", reason="No space.")
    courses = train_live.train_curves.courses

    def delete_meanwhile(*asked):
        with store.connect(lab.settings.db_path) as other:
            runs.delete(other, run.id)
        return courses(*asked)

    monkeypatch.setattr(train_live.train_curves, "courses", delete_meanwhile)

    shown = look(lab, run.id)

    assert 'aria-label="going: failed"' in shown.headline
    assert shown.left is not None


def test_a_refresh_sends_only_what_changed(lab):
    run = lab.run("one", epochs=3, status="running")
    first = train.show(lab.settings, run.id, *Wanted())

    on_log_scale = Wanted(scale="log")
    changed = train.refresh(lab.settings, run.id, *on_log_scale, first[-1])

    assert [one != SKIP for one in changed[:-1]].count(True) == 1
    assert changed[:-1][LEFT]["layout"]["yaxis"]["type"] == "log"


def test_polling_costs_two_looks_at_the_disk_while_nothing_changes(lab, monkeypatch):
    run = lab.run("one", epochs=300)
    record_steps(lab, run, 2000)
    first = train.show(lab.settings, run.id, *Wanted())
    monkeypatch.setattr(train_live, "view", must_not_be_asked)

    again = train.refresh(lab.settings, run.id, *Wanted(), first[-1])

    sent, sent_again = (len(json.dumps(one[:-1])) for one in (first, again))
    assert sent > 30_000
    assert sent_again < 600
    assert again == (SKIP,) * len(first)


def test_polling_notices_what_another_process_wrote(lab):
    run = lab.run("one", epochs=3, status="running")
    seen = train.show(lab.settings, run.id, *Wanted())[-1]
    with store.connect(lab.settings.db_path) as db:
        notes.add(db, run.id, "The batch is halved to 16.")

    shown = train.refresh(lab.settings, run.id, *Wanted(), seen)

    assert [place for place, one in enumerate(shown[:-1]) if one != SKIP] == [HEADLINE]
    assert "The batch is halved to 16." in shown[HEADLINE]


def test_a_heartbeat_alone_changes_nothing_on_the_page(lab):
    run = lab.run("one", epochs=3, status="running")
    seen = train.show(lab.settings, run.id, *Wanted())[-1]
    with store.connect(lab.settings.db_path) as db:
        stored_jobs.beat(db, stored_jobs.of_run(db, run.id).id)

    shown = train.refresh(lab.settings, run.id, *Wanted(), seen)

    assert all(one == SKIP for one in shown[:-1])


def test_a_running_run_tells_what_it_takes_of_the_machine(lab):
    run = lab.run("one", epochs=2, status="running")
    report(
        lab,
        run,
        batch_size=48,
        images_per_second=1234.0,
        waiting_share=0.004,
        memory_bytes=3.2e9,
        cpu_share=0.85,
        gpu_share=0.91,
        gpu_memory_bytes=1.1e10,
        gpu_memory_total_bytes=1.5e11,
    )

    told = look(lab).headline

    assert "<dd>1,234</dd><dt>images a second</dt>" in told
    for value, of_what in (
        ("48", "images a batch"),
        ("0.4 %", "waiting for images"),
        ("3.2 GB", "memory"),
        ("85 %", "of the processor"),
        ("91 %", "of the GPU"),
        ("11 GB of 150 GB", "GPU memory"),
    ):
        assert f"<li><b>{value}</b> {of_what}</li>" in told


def test_without_a_gpu_nothing_is_said_of_one(lab):
    report(lab, lab.run("one", epochs=2, status="running"), cpu_share=0.5)

    assert "GPU" not in look(lab).headline


def test_what_happened_on_the_way_stands_there_with_its_time(lab):
    run = lab.run("one", status="running")
    with store.connect(lab.settings.db_path) as db:
        notes.add(db, run.id, "Memory ran out at 64 images a batch; goes on with <32>.")

    told = look(lab).headline

    assert (
        "</time> Memory ran out at 64 images a batch; goes on with &lt;32&gt;." in told
    )


def test_other_runs_are_drawn_beside_the_one_that_is_looked_at(lab):
    one, other = lab.run("one"), lab.run("other", best=0.6)
    lab.run("third")

    shown = look(lab, one.id, others=[other.id, one.id], first="accuracy")

    assert shown.left["layout"]["meta"] == (
        "Validation accuracy by epoch: one 78.0 %, other 58.0 %."
    )
    assert [name for name, _ in shown.others["choices"]] == [
        "third · done",
        "other · done",
    ]


def test_steps_of_the_first_epoch_are_drawn_while_it_is_trained(lab):
    run = lab.run("one", epochs=0, status="running")
    record_steps(lab, run, 5)
    report(lab, run, total=30 * 10)

    assert look(lab).left["data"][0]["x"] == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_the_end_of_the_log_is_shown(lab):
    run = lab.run("one", status="running")
    log = lab.settings.resolve(run.folder) / "worker.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("begun\nepoch 1 of 30\n", encoding="utf-8")

    shown = look(lab, run.id)

    assert "epoch 1 of 30</pre>" in shown.log


def test_without_a_log_a_sentence_says_so(lab):
    assert "There is no log to show." in look(lab, lab.run("one").id).log
