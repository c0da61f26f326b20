"""What the page asks for is answered in an order that it can be shown in."""

import threading
from itertools import combinations

import gradio as gr
from gradio_client import Client

from carclf import ui
from carclf.ui.navigation import in_order

PATIENCE_S = 60.0


def test_what_fills_the_same_place_is_answered_as_it_was_asked():
    answered, begun, released = [], threading.Event(), threading.Event()

    def show():
        begun.set()
        released.wait(PATIENCE_S)
        answered.append("show")

    def act():
        answered.append("act")

    def aside():
        answered.append("aside")
        released.set()

    with gr.Blocks(analytics_enabled=False) as page:
        left, right = gr.State(), gr.State()
        for handler, filled in ((show, left), (act, [left]), (aside, right)):
            gr.on(page.load, handler, outputs=filled, api_name=handler.__name__)
    in_order(page)
    # Without Gradio's own first look at the page, for which a busy machine is too slow.
    page.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False, _frontend=False)
    try:
        patient = {"timeout": PATIENCE_S}
        client = Client(page.local_url, verbose=False, httpx_kwargs=patient)
        first = client.submit(api_name="/show")
        assert begun.wait(PATIENCE_S)
        second = client.submit(api_name="/act")
        client.predict(api_name="/aside")
        for job in (first, second):
            job.result(timeout=PATIENCE_S)
    finally:
        page.close(verbose=False)

    assert answered == ["aside", "show", "act"]


def test_whatever_meets_in_a_third_is_in_one_line():
    with gr.Blocks(analytics_enabled=False) as page:
        one, two, three = gr.State(), gr.State(), gr.State()
        for filled in ([one], [two], [three], [one, two]):
            gr.on(page.load, lambda: None, outputs=filled)
        gr.on(page.load, lambda: None, outputs=one, concurrency_limit=1)
        gr.on(page.load, lambda: None, outputs=one, queue=False)
    in_order(page)

    first, second, third, both, own, unqueued = [
        function.concurrency_id for function in page.fns.values()
    ]
    assert first == second == both
    assert len({first, third, own, unqueued}) == 4


def test_no_two_events_of_the_page_fill_a_place_side_by_side(settings):
    page = ui.build(settings)

    queued = [
        one
        for one in page.fns.values()
        if one.queue and one.concurrency_limit == "default"
    ]
    for one, other in combinations(queued, 2):
        if {id(place) for place in one.outputs} & {
            id(place) for place in other.outputs
        }:
            assert one.concurrency_id == other.concurrency_id, (one.name, other.name)
