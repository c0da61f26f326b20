"""Wiring: what happens on a click, when a view is built anew, ways between tabs."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import gradio as gr
from gradio.block_function import BlockFunction

# What tells that something is wanted otherwise than before.
_ASKS = {"input", "change", "blur"}

TabId = Literal[
    "datasets", "label", "background", "train", "evaluate", "compare", "predict"
]

# What follows an event, and is none that a program may call.
THEN: dict[str, Any] = {
    "preprocess": False,
    "show_progress": "hidden",
    "api_visibility": "private",
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

    What is pressed again before it is answered counts once; of what is chosen or typed
    meanwhile, the last is answered too. `in_order` says which answer comes first.

    Args:
        is_slow: Show that it works on the outputs meanwhile.
        options: Of gr.on.
    """
    events = triggers if isinstance(triggers, Sequence) else [triggers]
    if any(one.event_name in _ASKS for one in events):
        options.setdefault("trigger_mode", "always_last")
    return gr.on(
        triggers,
        handler,
        inputs=inputs,
        outputs=outputs,
        show_progress="full" if is_slow else "hidden",
        api_visibility="private",
        preprocess=False,
        **options,
    )


def in_order(page: gr.Blocks) -> None:
    """Let what fills the same place of the page be answered in the order it was asked.

    Gradio answers every kind of event in a line of its own. An answer that was asked
    for earlier, such as a picture's label, could come after that to a later one, such
    as its new label, and hide it. What is to run in another line has a limit of its
    own, and what passes the queue by is in none.
    """
    lines: list[tuple[set[int], list[BlockFunction]]] = []
    for function in page.fns.values():
        if not function.queue or function.concurrency_limit != "default":
            continue
        filled, line = {id(one) for one in function.outputs}, [function]
        apart = []
        for places, functions in lines:
            if filled & places:
                filled, line = filled | places, [*functions, *line]
            else:
                apart.append((places, functions))
        lines = [*apart, (filled, line)]
    for number, (_, functions) in enumerate(lines):
        for function in functions:
            function.concurrency_id = f"line {number}"


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
            return wire(triggers, handler, inputs, outputs)
        if isinstance(around, gr.Tab):
            triggers.append(around.select)
    return wire([*triggers, around.load], handler, inputs, outputs)


def clock() -> gr.Button:
    """Lay out what ticks every two seconds while this place of the page is in sight.

    A tab that was opened once stays on the page, and a gr.Timer in it goes on asking
    the server for ever. What waits for a single job is a gr.Timer that is switched on
    and off with it. `scripts.CLOCKS` presses the button, which nobody sees.
    """
    return gr.Button(elem_classes="clock")


def on_tick(
    ticking: gr.Button | gr.Timer,
    handler: Callable[..., Any],
    inputs: Sequence[Any] | Any = None,
    outputs: Sequence[Any] | Any = None,
    *,
    is_queued: bool = True,
) -> Any:
    """Look again at every tick of a clock or a timer.

    Args:
        is_queued: The messages of Gradio's queue are twenty times as long as most
            answers. But past it an error is no pop-up, and a gr.State that becomes
            another is no event.
    """
    tick = ticking.tick if isinstance(ticking, gr.Timer) else ticking.click
    return wire(tick, handler, inputs, outputs, queue=is_queued)


def bring_into_sight(event: Any, filled: gr.blocks.Block) -> None:
    """Scroll to what an event has filled, where it is out of sight.

    What stands beside a button on a wide page is far above or below it on a phone.

    Args:
        filled: A block with an `elem_id`.
    """
    scroll = "scrollIntoView({block: 'nearest', behavior: 'smooth'})"
    found = f"document.getElementById('{filled.elem_id}')"
    event.success(None, js=f"() => {found}.{scroll}")


def go_to(button: gr.Button, tab: TabId) -> Any:
    """Make a button open another tab; called inside the tabs.

    Returns:
        The event, for what is to happen once that tab is open.
    """
    around: Any = button
    while not isinstance(around, gr.Tabs):
        around = around.parent
    return wire(button.click, lambda: gr.Tabs(selected=tab), outputs=around)
