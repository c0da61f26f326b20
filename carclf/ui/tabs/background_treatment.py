"""Background, what is to be done: which remover, and how."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import background, jobs
from carclf.background import treatments, weights, zoo
from carclf.config import Treatment
from carclf.errors import BackgroundError
from carclf.records import FINISHED
from carclf.settings import Settings
from carclf.ui import cards, progress
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import on_tick, wire

CUT_OUT, BLUR, CROP = (
    "Cut out on a plain colour",
    "Before a blurred background",
    "Cropped to the vehicle",
)
OUTPUTS = {CUT_OUT: "cutout", BLUR: "blur", CROP: "crop"}
WORDS = {output: words for words, output in OUTPUTS.items()}
FIRST_CHOICE = "u2netp"
DEFAULT = Treatment(remover=FIRST_CHOICE)
VEHICLES = ("car", "bus", "truck")
SETTINGS_FIELDS = (
    "remover",
    "output",
    "fill",
    "margin",
    "keep_aspect",
    "score",
    "classes",
    "size",
    "network",
    "weights",
)

Update = dict[str, Any]


class Form(NamedTuple):
    """The fields, in the order `treatment` takes their values."""

    remover: gr.Radio
    output: gr.Radio
    fill: gr.ColorPicker
    margin: gr.Slider
    keep_aspect: gr.Checkbox
    score: gr.Slider
    classes: gr.CheckboxGroup
    size: gr.Slider
    network: gr.Dropdown
    weights: gr.Textbox


def build(settings: Settings) -> Form:
    """Lay out the fields; those that do nothing for a remover are not shown."""
    remover = gr.Radio(
        list(background.names()), value=FIRST_CHOICE, label="Background remover"
    )
    described = gr.HTML(cards.note(background.describe(FIRST_CHOICE)))
    fetch = gr.Button("Fetch its network", size="sm", visible=False)
    fetching = gr.HTML()
    output = gr.Radio(list(OUTPUTS), value=CUT_OUT, label="What is kept")
    with gr.Row():
        fill = gr.ColorPicker("#ffffff", label="Fill colour", min_width=110)
        margin = gr.Slider(
            0,
            0.5,
            0.05,
            step=0.01,
            label="Margin around the box",
            min_width=160,
            visible=False,
        )
    square = gr.Checkbox(
        False, label="Keep the aspect: crop to a square", visible=False
    )
    with gr.Accordion("Detector", open=True, visible=False) as detector:
        classes = gr.CheckboxGroup(
            list(VEHICLES), value=["car", "truck"], label="What counts as a vehicle"
        )
        score = gr.Slider(0.05, 0.95, 0.5, step=0.05, label="Least score")
        size = gr.Slider(
            256, 1200, 800, step=32, label="Size it looks at (shorter side, pixels)"
        )
    network = gr.Dropdown(
        list(zoo.REMBG),
        value=DEFAULT.network,
        label="Network",
        info="One of these, or what rembg calls that of your own weights.",
        allow_custom_value=True,
        visible=False,
    )
    own = gr.Textbox(
        label="Weights of your own",
        placeholder="path of a file on this machine; empty: as published",
        visible=False,
    )
    form = Form(
        *(remover, output, fill, margin, square, score, classes, size, network, own)
    )
    asked = [remover, output, network, own]
    told = [described, output, fill, margin, square, detector, network, own, fetch]
    # Of a change, for a remover is also chosen elsewhere.
    for changed in (remover.change, output.input, network.input, own.input):
        wire(changed, partial(describe, settings), asked, told)
    # It ticks only while there is something to tell.
    timer = gr.Timer(2, active=False)
    fetched = [fetching, timer, fetch]
    wire(fetch.click, partial(fetch_network, settings), [remover, network], fetched)
    on_tick(timer, partial(fetching_now, settings), outputs=fetched[:2])
    return form


@shown_to_user
def describe(
    settings: Settings,
    remover: str,
    output: str,
    network: str = DEFAULT.network,
    own: str = "",
) -> tuple[Any, ...]:
    """Return what a remover does, and which of the fields matter to it."""
    possible = [WORDS[one] for one in background.outputs(remover)]
    chosen = output if output in possible else (possible or [CUT_OUT])[0]
    crops, is_detector = chosen == CROP, remover in zoo.DETECTRON2
    runs_networks = is_detector or remover == "rembg"
    how = Treatment(remover=remover, network=network or DEFAULT.network)
    # A path that is still being written is looked at when it is used.
    lacks = "" if own else missing(settings, how)
    fetchable = not own and not lacks and not weights.has(settings, how)
    note = "Its network is not here yet." if fetchable else ""
    return (
        cards.note(background.describe(remover))
        + cards.note(lacks, "warn")
        + cards.note(note, "warn"),
        gr.update(choices=possible, value=chosen, visible=len(possible) > 1),
        gr.update(visible=bool(possible)),
        gr.update(visible=bool(possible) and crops),
        gr.update(visible=bool(possible) and crops),
        gr.update(visible=is_detector),
        gr.update(visible=remover == "rembg"),
        gr.update(visible=runs_networks),
        gr.update(visible=fetchable),
    )


def missing(settings: Settings, treatment: Treatment) -> str:
    """Return what has to be installed first; nothing if the remover can run."""
    try:
        weights.require(settings, treatment)
    except BackgroundError as error:
        return str(error)
    return ""


@shown_to_user
def fetch_network(
    settings: Settings, remover: str, network: str
) -> tuple[str, gr.Timer, Update]:
    """Queue the fetching of a remover's network; return how the job stands."""
    chosen = {"remover": remover, "network": network or DEFAULT.network}
    treatment = treatments.checked(chosen)
    job = jobs.submit_network(settings, treatment)
    return cards.job(job), gr.Timer(active=True), gr.update(visible=False)


@shown_to_user
def fetching_now(settings: Settings) -> tuple[str, gr.Timer]:
    """Return how the fetching stands, and whether to go on asking."""
    job = progress.latest(settings, "network")
    goes_on = job is not None and job.status not in FINISHED
    return cards.job(job), gr.Timer(active=goes_on)


def treatment(settings: Settings, *values: Any) -> Treatment:
    """Return what the fields say, with its own weights kept.

    Args:
        values: As of `said`.

    Raises:
        BackgroundError: A field holds what cannot be.
    """
    return weights.pin(settings, said(*values))


def said(*values: Any) -> Treatment:
    """Return what the fields say, checked.

    Args:
        values: In the order of `Form`; what the last of them lack is as usual.

    Raises:
        BackgroundError: A field holds what cannot be.
    """
    plain = dict(zip(SETTINGS_FIELDS, values, strict=False))
    # A field that nobody touched holds nothing.
    plain["weights"] = plain.get("weights") or ""
    plain["network"] = plain.get("network") or DEFAULT.network
    plain["output"] = OUTPUTS.get(plain["output"], plain["output"])
    plain["fill"] = _hex(plain["fill"])
    return treatments.checked(plain)


def _hex(colour: str) -> str:
    """Return #rrggbb for what a colour picker gives: that, or rgba(r, g, b, a)."""
    if not colour.startswith("rgb"):
        return colour
    parts = colour[colour.index("(") + 1 :].rstrip(")").split(",")
    try:
        return "#" + "".join(f"{round(float(part)):02x}" for part in parts[:3])
    except ValueError:
        return colour
