"""Wiring: what happens on a click, when a view is built anew, ways between tabs."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import gradio as gr

TabId = Literal[
    "datasets", "label", "background", "train", "evaluate", "compare", "predict"
]

# Shows nothing on its outputs while it works. Gradio's page keeps a state for every
# component on which progress may be shown, and at each event looks all of those up in
# the whole tree: seconds on a slow machine, once several tabs have been opened.
_QUIET: dict[str, Any] = {"show_progress": "hidden", "show_progress_on": []}
# What only reads goes past Gradio's queue, whose own messages are twenty times as long
# as most answers. What a handler says in a pop-up needs the queue.
_AT_ONCE: dict[str, Any] = {"queue": False}
# What follows an event, and is none that a program may call.
THEN: dict[str, Any] = {
    "preprocess": False,
    "api_visibility": "private",
    **_QUIET,
    **_AT_ONCE,
}


def wire(
    triggers: Any,
    handler: Callable[..., Any],
    inputs: Sequence[Any] | Any = None,
    outputs: Sequence[Any] | Any = None,
    *,
    is_slow: bool = False,
    **options: Any,
) -> Any:
    """Call `handler` on any of the events, with what the page sends as it stands.

    Gradio's own preprocessing would open a dropped picture, and fail without words
    on a damaged one; and it knows no choice that came after the page was built, so
    a page left open while the app restarts could choose nothing any more.

    It is for the page alone: what programs may call stands in `ui.service`, and
    `ui.gate` refuses them the rest.

    Args:
        is_slow: Show that it works on the outputs meanwhile.
        options: Of gr.on.
    """
    shown = {} if is_slow else _QUIET
    return gr.on(
        triggers,
        handler,
        inputs=inputs,
        outputs=outputs,
        api_visibility="private",
        preprocess=False,
        **shown,
        **options,
    )


def on_show(
    tab: gr.Tab,
    handler: Callable[..., Any],
    inputs: Sequence[Any] | Any = None,
    outputs: Sequence[Any] | Any = None,
) -> Any:
    """Rebuild a view from the store whenever its tab comes to be seen.

    Other tabs and other windows may have changed what it shows. What is out of sight
    when the page loads waits until it is opened, or every page would begin by building
    all of them.
    """
    triggers: list[Any] = [tab.select]
    around: Any = tab
    # One that is the first of its tabs is seen whenever those are.
    while not isinstance(around, gr.Blocks):
        inside, around = around, around.parent
        if isinstance(inside, gr.Tab) and around.children[0] is not inside:
            return wire(triggers, handler, inputs, outputs, **_AT_ONCE)
        if isinstance(around, gr.Tab):
            triggers.append(around.select)
    return wire([*triggers, around.load], handler, inputs, outputs, **_AT_ONCE)


def on_tick(
    timer: gr.Timer,
    handler: Callable[..., Any],
    inputs: Sequence[Any] | Any = None,
    outputs: Sequence[Any] | Any = None,
) -> Any:
    """Look again at every tick of a timer."""
    return wire(timer.tick, handler, inputs, outputs, **_AT_ONCE)


def rest_out_of_sight(tabs: gr.Tabs) -> None:
    """Let the timers that always tick do so only in the tab that is open.

    A tab that comes to be seen is built anew (`on_show`), so nothing is missed; and
    tabs that were opened once would go on asking the server, and keep the page busy.
    """
    clocks = {
        timer: tab
        for tab in tabs.children
        for timer in _inside(tab)
        if isinstance(timer, gr.Timer) and timer.active
    }
    for opened in (tab for tab in tabs.children if isinstance(tab, gr.Tab)):
        ticks = [
            {"__type__": "update", "active": around is opened}
            for around in clocks.values()
        ]
        script = f"() => {json.dumps(ticks)}"
        opened.select(None, outputs=[*clocks], js=script, api_visibility="private")


def _inside(around: Any) -> Iterator[Any]:
    for child in getattr(around, "children", ()):
        yield child
        yield from _inside(child)


def go_to(button: gr.Button, tab: TabId) -> Any:
    """Make a button open another tab; called inside the tabs.

    Returns:
        The event, for what is to happen once that tab is open.
    """
    around: Any = button
    while not isinstance(around, gr.Tabs):
        around = around.parent
    return wire(button.click, lambda: gr.Tabs(selected=tab), outputs=around)
