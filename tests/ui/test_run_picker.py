"""The run that the Train tab shows is the one that a person chose."""

from carclf.ui.tabs import train_live
from carclf.ui.tabs.train_curves import Wanted


def test_a_late_answer_does_not_turn_the_page_back_to_another_run(lab):
    earlier = lab.run("earlier")
    lab.run("later", status="running")

    answer = train_live.view(lab.settings, earlier.id, Wanted())

    assert "value" not in answer.run
    assert "earlier" in answer.headline


def test_a_page_without_a_run_is_turned_to_the_one_at_work(lab):
    at_work = lab.run("at work", status="running")

    answer = train_live.view(lab.settings, None, Wanted())

    assert answer.run["value"] == at_work.id
