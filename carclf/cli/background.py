"""carclf background: what removers there are, one image, a whole version."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from carclf import background as removers
from carclf import config, images, jobs, store, words
from carclf.background import treatments
from carclf.background import weights as networks
from carclf.cli import compare, train
from carclf.cli.console import follow, print_table, ready, say, warn
from carclf.config import Treatment
from carclf.records import Job
from carclf.settings import Settings
from carclf.store import jobs as store_jobs
from carclf.store import versions

app = typer.Typer(no_args_is_help=True)

Network = Annotated[
    str, typer.Option(help="What rembg calls its network, such as birefnet-general.")
]
Command = Callable[..., None]


def treatment(
    remover: Annotated[
        str, typer.Option(help="See `carclf background list`.")
    ] = "u2netp",
    output_as: Annotated[
        Literal["cutout", "blur", "crop"],
        typer.Option(
            "--output",
            help="The vehicle alone on a colour, before a blur, or a crop to its box.",
        ),
    ] = "cutout",
    fill: Annotated[str, typer.Option(help="The colour behind it, #rrggbb.")] = (
        "#ffffff"
    ),
    margin: Annotated[
        float, typer.Option(help="Around the box, as a share of its side.")
    ] = 0.05,
    square: Annotated[
        bool, typer.Option("--square", help="Crop to a square, so nothing is squashed.")
    ] = False,
    score: Annotated[
        float, typer.Option(help="How sure a detector has to be, 0 to 1.")
    ] = 0.5,
    classes: Annotated[
        list[str] | None,
        typer.Option("--class", help="What a detector takes: car, truck, bus."),
    ] = None,
    size: Annotated[
        int, typer.Option(help="Of the shorter side a detector sees, in pixels.")
    ] = 800,
    network: Network = "isnet-general-use",
    weights: Annotated[
        str, typer.Option(help="A file of your own for the remover's network.")
    ] = "",
) -> Treatment:
    """Return what the options of a command ask for."""
    plain: dict[str, object] = {
        "remover": remover,
        "output": output_as,
        "fill": fill,
        "margin": margin,
        "keep_aspect": square,
        "score": score,
        "size": size,
        "network": network,
        "weights": weights,
    }
    if classes:
        plain["classes"] = classes
    return treatments.checked(plain)


def with_treatment(command: Command) -> Command:
    """Give a command, whose last argument is a treatment, the options of one."""
    own, asked = inspect.signature(command), inspect.signature(treatment)
    *kept, _ = own.parameters.values()

    def called(**given: Any) -> None:
        how = treatment(**{name: given.pop(name) for name in asked.parameters})
        command(**given, how=how)

    called.__doc__ = command.__doc__
    # Typer reads both.
    called.__signature__ = own.replace(  # type: ignore[attr-defined]
        parameters=[
            one.replace(kind=one.KEYWORD_ONLY)
            for one in (*kept, *asked.parameters.values())
        ]
    )
    called.__annotations__ = {
        **{one.name: one.annotation for one in kept},
        **{one.name: one.annotation for one in asked.parameters.values()},
    }
    return called


@app.command("list")
def list_removers() -> None:
    """List the background removers, and whether each can run here."""
    settings = ready()
    rows = [
        [name, _here(settings, name), removers.describe(name)]
        for name in removers.names()
    ]
    print_table(["name", "here", "what it does"], rows)


@app.command("image")
@with_treatment
def image(
    file: Annotated[Path, typer.Argument(help="A photograph.")],
    to: Annotated[Path, typer.Argument(help="Where to write it, as .png or .jpg.")],
    how: Treatment,
) -> None:
    """Take the background of one photograph away."""
    settings = ready()
    chosen = removers.create(networks.pin(settings, how), settings)
    cutout = chosen.remove(images.read_rgb(file))
    images.write(to, cutout.image)
    found = "vehicle found" if cutout.box else "nothing found, whole image kept"
    sure = f", {words.percent(cutout.score)} sure" if cutout.score else ""
    say(f"{to}: {found}{sure}")


@app.command("version")
@with_treatment
def version(
    name: Annotated[str, typer.Argument(help="A dataset version's name.")],
    new_name: Annotated[str, typer.Option("--as", help="The new version's name.")],
    how: Treatment,
) -> None:
    """Make a new version with every background taken away.

    Stopped, and started again, it goes on where it was.
    """
    settings = ready()
    with store.connect(settings.db_path) as db:
        source = versions.by_name(db, name)
    job = jobs.submit_background(settings, source.id, how, new_name)
    try:
        follow(settings, job)
    finally:
        _say_failed(settings, job)


@app.command("helps")
def helps(
    name: Annotated[str, typer.Argument(help="A version without backgrounds.")],
    recipe: Annotated[Path, typer.Argument(help="What to train, and how.")],
    classes: Annotated[
        bool, typer.Option("--classes", help="Each class too, worst first.")
    ] = False,
) -> None:
    """Train the same recipe with and without backgrounds, and compare the two."""
    settings = ready()
    with store.connect(settings.db_path) as db:
        treated = versions.by_name(db, name)
    queued = jobs.submit_both(settings, treated.id, config.load(recipe))
    train.follow_all(settings, queued)
    compare.compare([str(run.id) for run, _ in queued], classes=classes)


@app.command("fetch")
def fetch(
    remover: Annotated[
        str, typer.Argument(help="detectron2-box, detectron2-mask or rembg.")
    ],
    network: Network = "isnet-general-use",
    source: Annotated[
        Path | None, typer.Option("--from", help="A copy that is here already.")
    ] = None,
) -> None:
    """Fetch the network that a remover runs, from where it was published."""
    settings = ready()
    how = treatments.checked({"remover": remover, "network": network})
    if source is not None:
        say(f"Kept as {networks.take(settings, how, source)}")
        return
    follow(settings, jobs.submit_network(settings, how))


def _here(settings: Settings, name: str) -> str:
    return networks.lack(settings, Treatment(remover=name)) or "ready"


def _say_failed(settings: Settings, job: Job) -> None:
    """Name the photographs that could not be treated, and why."""
    with store.connect(settings.db_path) as db:
        failed = store_jobs.skipped(db, job.id)
    for one in failed:
        warn(f"{one.path} {one.reason}")
    if failed:
        warn(f"{words.count(len(failed), 'photograph')} could not be treated.")
