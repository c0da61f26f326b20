"""carclf background: what removers there are, one image, a whole version."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from carclf import background as removers
from carclf import config, images, jobs, store, words
from carclf.background import treatments
from carclf.background import weights as networks
from carclf.cli import compare, train
from carclf.cli.console import follow, print_table, ready, say
from carclf.config import Treatment
from carclf.errors import BackgroundError
from carclf.settings import Settings
from carclf.store import versions

app = typer.Typer(no_args_is_help=True)

FETCHED_FIRST = "its network is fetched first"

Remover = Annotated[str, typer.Option(help="See `carclf background list`.")]
OutputAs = Annotated[
    Literal["cutout", "blur", "crop"],
    typer.Option(
        "--output",
        help="The vehicle alone on a colour, before a blur, or a crop to its box.",
    ),
]
Fill = Annotated[str, typer.Option(help="The colour behind it, #rrggbb.")]
Margin = Annotated[float, typer.Option(help="Around the box, as a share of its side.")]
Square = Annotated[
    bool, typer.Option("--square", help="Crop to a square, so nothing is squashed.")
]
Score = Annotated[float, typer.Option(help="How sure a detector has to be, 0 to 1.")]
Classes = Annotated[
    list[str] | None,
    typer.Option("--class", help="What a detector takes: car, truck, bus."),
]
Size = Annotated[
    int, typer.Option(help="Of the shorter side a detector sees, in pixels.")
]
Network = Annotated[
    str, typer.Option(help="What rembg calls its network, such as birefnet-general.")
]
Weights = Annotated[
    str, typer.Option(help="A file of your own for the remover's network.")
]


@app.command("list")
def list_removers() -> None:
    """List the background removers, and whether each can run here."""
    settings = ready()
    rows = [
        [name, _here(settings, Treatment(remover=name)), removers.describe(name)]
        for name in removers.names()
    ]
    print_table(["name", "here", "what it does"], rows)


@app.command("image")
def image(
    file: Annotated[Path, typer.Argument(help="A photograph.")],
    to: Annotated[Path, typer.Argument(help="Where to write it, as .png or .jpg.")],
    remover: Remover = "u2netp",
    output_as: OutputAs = "cutout",
    fill: Fill = "#ffffff",
    margin: Margin = 0.05,
    square: Square = False,
    score: Score = 0.5,
    classes: Classes = None,
    size: Size = 800,
    network: Network = "isnet-general-use",
    weights: Weights = "",
) -> None:
    """Take the background of one photograph away."""
    settings = ready()
    treatment = networks.pin(
        settings,
        _treatment(
            *(remover, output_as, fill, margin, square, score, classes, size),
            *(network, weights),
        ),
    )
    chosen = removers.create(treatment, settings)
    cutout = chosen.remove(images.read_rgb(file))
    images.write(to, cutout.image)
    found = "vehicle found" if cutout.box else "nothing found, whole image kept"
    sure = f", {words.percent(cutout.score)} sure" if cutout.score else ""
    say(f"{to}: {found}{sure}")


@app.command("version")
def version(
    name: Annotated[str, typer.Argument(help="A dataset version's name.")],
    new_name: Annotated[str, typer.Option("--as", help="The new version's name.")],
    remover: Remover = "u2netp",
    output_as: OutputAs = "cutout",
    fill: Fill = "#ffffff",
    margin: Margin = 0.05,
    square: Square = False,
    score: Score = 0.5,
    classes: Classes = None,
    size: Size = 800,
    network: Network = "isnet-general-use",
    weights: Weights = "",
) -> None:
    """Make a new version with every background taken away.

    Stopped, and started again, it goes on where it was.
    """
    settings = ready()
    treatment = _treatment(
        *(remover, output_as, fill, margin, square, score, classes, size),
        *(network, weights),
    )
    with store.connect(settings.db_path) as db:
        source = versions.by_name(db, name)
    follow(settings, jobs.submit_background(settings, source.id, treatment, new_name))


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
    treatment = treatments.checked({"remover": remover, "network": network})
    if source is not None:
        say(f"Kept as {networks.take(settings, treatment, source)}")
        return
    follow(settings, jobs.submit_network(settings, treatment))


def _here(settings: Settings, treatment: Treatment) -> str:
    try:
        networks.require(settings, treatment)
    except BackgroundError:
        return "not installed"
    return "ready" if networks.has(settings, treatment) else FETCHED_FIRST


def _treatment(
    remover: str,
    output: str,
    fill: str,
    margin: float,
    square: bool,
    score: float,
    classes: list[str] | None,
    size: int,
    network: str,
    weights: str,
) -> Treatment:
    plain: dict[str, object] = {
        "remover": remover,
        "output": output,
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
