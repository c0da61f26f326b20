"""What the Train tab fills in, starts, shows and stops."""

import asyncio

import gradio as gr
import pytest

from carclf import config, jobs, store
from carclf.datasets import versions
from carclf.store import jobs as stored_jobs
from carclf.store import runs
from carclf.ui.tabs import train, train_form, train_live
from carclf.ui.tabs.train_form import Values
from tests import drawing


def form_of(filled):
    """Return the nine values of a filled form, whatever updates they came in."""
    return Values(
        *(
            one["value"] if isinstance(one, dict) else one
            for one in filled[: len(Values._fields)]
        )
    )


@pytest.fixture
def filled(lab):
    """The form as the tab opens it: values, and config.yml."""
    opened = train_form.fill(lab.settings, train_form.first(lab.settings))
    return form_of(opened), opened[-1]


def test_the_tab_arrives_with_a_quick_recipe_on_a_version_that_exists(lab):
    # Gradio leaves an event loop of its own open, unless one runs already.
    async def built():
        with gr.Blocks():
            return train_form.build(lab.settings)

    form, _ = asyncio.run(built())

    assert form.recipe.value == "quick-freeze.yml"
    assert form.version.value == "drawn"
    assert form.mode.value == "freeze"
    assert config.parse(form.yaml.value).data.version == "drawn"


def test_every_recipe_is_offered_with_its_first_line(lab):
    recipe, *_ = train_form.open_form(lab.settings, None, None)

    assert len(recipe["choices"]) >= 3
    assert all(" · " in words for words, _ in recipe["choices"])


def test_a_form_is_left_as_it_was_when_the_tab_is_opened_again(lab):
    opened = train_form.open_form(lab.settings, "since deleted", "imagenet")

    assert not any("value" in update for update in opened)
    assert ("since deleted", "since deleted") in opened[1]["choices"]


def test_changing_the_form_changes_config_yml(filled):
    values, text = filled
    changed = values._replace(
        epochs=7, batch_size=8, learning_rate=0.02, dropout_rate=0.5, name=" mine "
    )

    _, text = train_form.edit_form(text, *changed)

    wanted = config.parse(text)
    assert (wanted.fit.epochs, wanted.data.batch_size, wanted.name) == (7, 8, "mine")
    assert wanted.compile.optimizer.arguments.learning_rate == 0.02
    assert wanted.model.dropout_rate == 0.5


def test_changing_config_yml_changes_the_form(lab):
    text = "data: {version: drawn}\nfit: {epochs: 12}\nlearning: {mode: finetune}\n"

    *fields, note = train_form.edit_yaml(lab.settings, text)

    assert form_of(fields).epochs == 12
    assert form_of(fields).mode == "finetune"
    assert note == ""


def test_a_misspelt_setting_is_named_with_the_nearest_one_and_the_form_stays(lab):
    *fields, note = train_form.edit_yaml(lab.settings, "model: {droput_rate: 0.2}")

    assert "model.droput_rate is not a setting (the nearest is dropout_rate)" in note
    assert all(one == gr.skip() for one in fields)


def test_a_wrong_field_is_said_and_config_yml_stays(filled):
    values, text = filled

    note, left = train_form.edit_form(text, *values._replace(epochs=None))

    assert "fit.epochs must be a valid integer, not None" in note
    assert left == gr.skip()


def test_freezing_tells_of_its_ceiling_and_fine_tuning_does_not(filled):
    values, text = filled

    frozen, _ = train_form.edit_form(text, *values)
    tuned, _ = train_form.edit_form(text, *values._replace(mode="finetune"))

    assert "near 0.67" in frozen
    assert tuned == ""


def test_kept_epochs_can_be_started_from_the_best_first(lab):
    lab.run("first", epochs=5)

    *_, opened = train_form.open_form(lab.settings, None, None)

    starts = opened["choices"]
    assert starts[:2] == [
        ("ImageNet weights", "imagenet"),
        ("Nothing: random weights", "none"),
    ]
    assert starts[2:] == [
        ("first · epoch 4 (best)", "run:first@4"),
        ("first · epoch 5", "run:first@5"),
    ]


def test_a_run_with_a_number_for_a_name_is_started_from_by_its_id(lab):
    run = lab.run("2024", epochs=1)

    *_, opened = train_form.open_form(lab.settings, None, None)

    assert opened["choices"][-1][1] == f"run:{run.id}@1"


def test_training_on_a_version_puts_it_into_the_form_and_leaves_the_rest(lab, filled):
    values, text = filled
    typed = values._replace(epochs=7, name="mine")
    source = drawing.draw_classes(lab.settings.home / "others")
    other = versions.import_folder(lab.settings, source, "others")

    taken = train_form.choose_version(lab.settings, other.id, text, *typed)

    assert form_of(taken) == typed._replace(version="others")
    assert config.parse(taken[-1]).data.version == "others"


def test_starting_from_a_run_brings_its_backbone_and_image_size(lab, filled):
    values, text = filled
    parent = lab.run(
        "parent",
        changes={
            "data": {"version": "drawn", "image_size": [96, 128]},
            "model": {"backbone": "ResNet50"},
        },
    )

    taken = train_form.choose_start(lab.settings, "run:parent@4", text, *values)

    wanted = config.parse(taken[-1])
    assert form_of(taken).backbone == parent.config["model"]["backbone"]
    assert wanted.data.image_size == (96, 128)
    assert wanted.mode == "finetune"


def test_fine_tuning_fills_the_form_with_the_best_epoch_and_a_lower_rate(lab):
    run = lab.run("parent", epochs=5)

    recipe, *given = train.fine_tune(lab.settings, run.id)

    values = form_of(given)
    assert recipe is None
    assert (values.start, values.mode, values.name) == ("run:parent@4", "finetune", "")
    assert values.learning_rate == pytest.approx(1e-4)


def test_starting_queues_what_the_form_says_and_shows_it(lab, filled):
    values, text = filled

    shown = train.start_training(
        lab.settings, text, *values._replace(epochs=3, name="mine")
    )

    with store.connect(lab.settings.db_path) as db:
        run = runs.find(db, "mine")
    assert shown["value"] == run.id
    assert (run.status, run.config["fit"]["epochs"]) == ("queued", 3)


def test_starting_on_a_version_that_is_gone_is_refused_in_words(lab, filled):
    values, text = filled

    with pytest.raises(gr.Error, match="no dataset version called “gone”"):
        train.start_training(lab.settings, text, *values._replace(version="gone"))


def test_without_a_run_the_tab_says_what_to_do(lab):
    shown = train_live.view(lab.settings, None, False)

    assert "Press “Start training”" in shown.headline
    assert (shown.loss, shown.accuracy) == (None, None)
    assert shown.stop_now["interactive"] is False


def test_a_running_run_is_told_in_words_with_its_best_epoch(lab):
    lab.run("night <run>", epochs=5, status="running", best=0.8)

    shown = train_live.view(lab.settings, None, False)

    assert 'aria-label="night &lt;run&gt;: running"' in shown.headline
    for words in ("5 of 30", "80.0 %", "best in epoch 4", "412", "1 min", "CPU"):
        assert words in shown.headline


def test_a_failed_run_says_why_in_full_and_escaped(lab):
    reason = "The worker was killed. Its log ends: <b>out of memory</b>"
    run = lab.run("big", epochs=0, status="failed", reason=reason)

    shown = train_live.view(lab.settings, run.id, False)

    assert "&lt;b&gt;out of memory&lt;/b&gt;" in shown.headline
    assert "<b>out of memory" not in shown.headline + shown.queue


def test_a_waiting_run_tells_how_many_are_before_it(lab):
    lab.run("first", epochs=1, status="running")
    lab.run("second", status="queued")
    third = lab.run("third", status="queued")

    shown = train_live.view(lab.settings, third.id, False)

    assert "Waits in the queue: 2 before it." in shown.headline


def test_a_refresh_sends_only_what_changed(lab):
    run = lab.run("one", epochs=3, status="running")
    first = train.show(lab.settings, run.id, False)

    second = train.refresh(lab.settings, run.id, False, first[-1])
    other_scale = train.refresh(lab.settings, run.id, True, first[-1])

    assert all(one == gr.skip() for one in second[:-1])
    assert [one != gr.skip() for one in other_scale[:-1]].count(True) == 1


def test_only_what_runs_can_be_stopped_and_only_what_ended_fine_tuned(lab):
    done, running = lab.run("done"), lab.run("running", status="running")

    ended = train_live.view(lab.settings, done.id, False)
    at_work = train_live.view(lab.settings, running.id, False)

    assert [one.stop_now["interactive"] for one in (ended, at_work)] == [False, True]
    assert [one.fine_tune["interactive"] for one in (ended, at_work)] == [True, False]


def test_a_stop_that_was_asked_for_is_shown_and_not_offered_twice(lab):
    run = lab.run("one", status="running")

    train.stop_run(lab.settings, jobs.stop_after_epoch, run.id)

    shown = train_live.view(lab.settings, run.id, False)
    assert "Ends after this epoch, as asked." in shown.headline
    assert shown.stop_after_epoch["interactive"] is False


def test_stopping_a_run_that_has_ended_is_refused_in_words(lab):
    run = lab.run("one")

    with pytest.raises(gr.Error, match="has ended already"):
        train.stop_run(lab.settings, jobs.stop_now, run.id)


def test_the_queue_lists_what_waits_in_order_then_what_ended(lab):
    lab.run("old <i>one</i>")
    lab.run("working", status="running")
    lab.run("first", status="queued")
    lab.run("second", status="queued")

    table = train_live.view(lab.settings, None, False).queue

    names = ("Train working", "Train first", "Train second", "Train old &lt;i&gt;")
    places = [table.index(f"<td>{name}") for name in names]
    assert places == sorted(places)
    assert 'aria-label="Move “Train second” up"' in table
    assert 'aria-label="Move “Train first” up"' not in table


def test_a_waiting_job_can_be_moved_up_and_removed(lab):
    lab.run("first", status="queued")
    second = lab.run("second", status="queued")
    with store.connect(lab.settings.db_path) as db:
        job = stored_jobs.of_run(db, second.id)

    train.change_queue(lab.settings, job.id, "up")
    with store.connect(lab.settings.db_path) as db:
        order = [one.title for one in stored_jobs.unfinished(db)]
    train.change_queue(lab.settings, job.id, "remove")

    with store.connect(lab.settings.db_path) as db:
        left = [one.title for one in stored_jobs.unfinished(db)]
    assert order == ["Train second", "Train first"]
    assert left == ["Train first"]


def test_the_end_of_the_log_is_shown(lab):
    run = lab.run("one", status="running")
    log = lab.settings.resolve(run.folder) / "worker.log"
    log.parent.mkdir(parents=True)
    log.write_text("begun\nepoch 1 of 30\n", encoding="utf-8")

    shown = train_live.view(lab.settings, run.id, False)

    assert shown.log.endswith("epoch 1 of 30")
