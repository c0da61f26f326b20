"""What the form shows of a batch that was tried, and of a search for a rate."""

from functools import partial

import gradio as gr
import pytest

from carclf import config, jobs, store
from carclf.config import from_plain
from carclf.store import jobs as stored_jobs
from carclf.ui.tabs import train_form, train_preflight, train_rate, train_trials
from carclf.ui.tabs.train_values import Values
from tests.ui.test_train_tab import beside, changes, form_of

FOUND = {
    "asked": 64,
    "batch_size": 16,
    "first_step_s": 4.0,
    "step_s": 0.42,
    "validation_step_s": 0.1,
    "peak_bytes": 2_100_000_000,
    "memory": "GPU memory",
    "total_s": 12_000.0,
    "epochs": 30,
    "network": "ResNet50, fine-tuned, at 224 × 224",
    "device": "a <b>GPU</b>",
    "parts": "Estimated: an epoch 6 min.",
    "preview": [],
}
SEARCHED = {
    "rates": [1e-6, 1e-5, 1e-4, 1e-3, 1e-2],
    "losses": [3.0, 2.9, 2.0, 1.5, 9.0],
    "smoothed": [3.0, 2.9, 2.1, 1.6, 8.0],
    "steepest": 0.000123,
    "tenth": 0.001,
}
(BATCH, USE_BATCH, PREVIEW, RATE, CURVE, STEEPEST, TENTH, TIMER, SEEN) = range(9)


@pytest.fixture
def trial(lab):
    """Return a function that records a trial, done unless said otherwise."""

    def record(kind, result, status="done"):
        wanted = from_plain(
            {
                "data": {"version": "drawn"},
                "model": {"backbone": "tiny", "weights": "none"},
            }
        )
        submit = {"probe": jobs.submit_probe, "find_rate": jobs.submit_find_rate}
        job = submit[kind](lab.settings, wanted)
        with store.connect(lab.settings.db_path) as db:
            if status == "queued":
                return stored_jobs.get(db, job.id)
            db.execute(
                "update jobs set status = 'running', started_at = ? where id = ?",
                [store.now(), job.id],
            )
            if status != "running":
                stored_jobs.set_result(db, job.id, result)
                stored_jobs.finish(db, job.id, status, reason="Memory <ran> out.")
            return stored_jobs.get(db, job.id)

    return record


@pytest.fixture
def form(lab):
    """The form as it opens: config.yml and the fields, as handlers take them."""
    filled = train_form.fill(lab.settings, train_form.first(lab.settings))
    return [beside(filled)["yaml"], *form_of(filled)]


def test_without_a_trial_nothing_is_shown_and_nothing_asked(lab):
    shown = train_trials.view(lab.settings)

    assert (shown[BATCH], shown[RATE]) == ("", "")
    assert [shown[one]["visible"] for one in (USE_BATCH, PREVIEW, CURVE)] == [False] * 3
    assert shown[TIMER] == gr.update(active=False)


def test_a_tried_batch_is_told_in_figures_and_escaped(lab, trial):
    trial("probe", FOUND)

    shown = train_trials.view(lab.settings)

    for words in ("<dd>16</dd>", "420 ms", "2.1 GB", "about 3.3 h", "for 30 epochs"):
        assert words in shown[BATCH]
    assert "64 images a batch did not fit into memory." in shown[BATCH]
    assert "a &lt;b&gt;GPU" in shown[BATCH]
    assert shown[USE_BATCH] == gr.update(value="Use batch size 16", visible=True)


def test_a_batch_that_fits_proposes_no_other(lab, trial):
    trial("probe", {**FOUND, "batch_size": 64})

    shown = train_trials.view(lab.settings)

    assert shown[USE_BATCH]["visible"] is False
    assert "did not fit" not in shown[BATCH]


def test_the_pictures_of_a_batch_are_shown_with_their_shares(lab, trial):
    path = lab.settings.thumbnails / "batch-9" / "00.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a picture")
    here = str(path.relative_to(lab.settings.home))
    swept = {"path": "cache/thumbnails/batch-1/00.png", "caption": "gone"}
    preview = [{"path": here, "caption": "Bug 70 %, Mini 30 %"}, swept]
    trial("probe", {**FOUND, "preview": preview})

    shown = train_trials.view(lab.settings)

    assert shown[PREVIEW]["value"] == [(str(path), "Bug 70 %, Mini 30 %")]
    assert shown[PREVIEW]["visible"] is True


def test_a_trial_behind_other_work_waits_its_turn_in_words(lab, trial):
    lab.run("night <run>", status="running")
    trial("probe", {}, status="queued")

    shown = train_trials.view(lab.settings)

    assert (
        "“Train night &lt;run&gt;” is at work, so this waits its turn" in shown[BATCH]
    )
    assert shown[TIMER] == gr.update(active=True)


def test_a_trial_that_failed_says_why(lab, trial):
    trial("probe", {}, status="failed")

    assert "Memory &lt;ran&gt; out." in train_trials.view(lab.settings)[BATCH]


def test_a_refresh_sends_nothing_that_is_shown_already(lab, trial):
    trial("find_rate", SEARCHED)
    first = train_trials.view(lab.settings)

    again = train_trials.refresh(lab.settings, first[SEEN])

    assert all(one == gr.skip() for one in again[:-1])


def test_the_batch_size_that_fits_is_put_into_the_form(lab, trial, form):
    trial("probe", FOUND)
    adjust = partial(train_form.adjust, lab.settings)

    filled = train_trials.use_batch(lab.settings, adjust, *form)

    assert changes(filled) == {"batch_size": gr.update(value=16)}
    assert config.parse(beside(filled)["yaml"]).data.batch_size == 16


def test_a_search_is_drawn_with_what_it_proposes(lab, trial):
    trial("find_rate", SEARCHED)

    shown = train_trials.view(lab.settings)

    assert "the loss falls fastest at 0.00012" in shown[RATE]
    assert shown[STEEPEST] == gr.update(value="Use 0.00012", visible=True)
    assert shown[TENTH] == gr.update(value="Use 0.001", visible=True)
    drawn = shown[CURVE]["value"]
    assert drawn["layout"]["xaxis"]["type"] == "log"
    assert len(drawn["data"]) == 3


@pytest.mark.parametrize(("place", "rate"), [(0, 0.00012), (1, 0.001)])
def test_a_proposed_rate_is_put_into_the_form(lab, trial, form, place, rate):
    trial("find_rate", SEARCHED)
    adjust = partial(train_form.adjust, lab.settings)

    filled = train_trials.use_rate(lab.settings, adjust, place, *form)

    assert changes(filled) == {"learning_rate": gr.update(value=rate)}


def test_a_loss_that_never_fell_proposes_nothing(lab, trial):
    job = trial("find_rate", {**SEARCHED, "steepest": None, "tenth": None})

    assert "The loss never fell" in train_rate.outcome(job)
    assert train_trials.view(lab.settings)[STEEPEST]["visible"] is False


def test_a_trial_of_what_cannot_be_trained_is_refused_in_words(lab, form):
    text, *fields = form
    gone = Values(*fields)._replace(version="gone")

    with pytest.raises(gr.Error, match="no dataset version called “gone”"):
        train_trials.begin(lab.settings, jobs.submit_probe, text, *gone)


def test_what_refuses_comes_before_what_is_well(lab):
    wanted = from_plain({"data": {"version": "gone"}, "learning": {"mode": "freeze"}})
    found = train_form.preflight.check(lab.settings, wanted)

    shown = train_preflight.findings(found)

    assert shown.index('class="note bad"') < shown.index('class="note warn"')
