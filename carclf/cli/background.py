"""carclf background: what removers there are, one image, a whole version."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from carclf import background as removers
from carclf import images, jobs, store
from carclf.cli.console import follow, print_table, ready, say
from carclf.config import Treatment
from carclf.store import versions

app = typer.Typer(no_args_is_help=True)

Remover = Annotated[str, typer.Option(help="See `carclf background list`.")]
OutputAs = Annotated[
    Literal["cutout", "crop"],
    typer.Option(
        "--output", help="The vehicle alone on a colour, or a crop to its box."
    ),
]


@app.command("list")
def list_removers() -> None:
    """List the background removers."""
    rows = [[name, removers.describe(name)] for name in removers.names()]
    print_table(["name", "what it does"], rows)


@app.command("image")
def image(
    file: Annotated[Path, typer.Argument(help="A photograph.")],
    to: Annotated[Path, typer.Argument(help="Where to write it, as .png or .jpg.")],
    remover: Remover = "u2netp",
    output_as: OutputAs = "cutout",
) -> None:
    """Take the background of one photograph away."""
    chosen = removers.create(Treatment(remover=remover, output=output_as))
    cutout = chosen.remove(images.read_rgb(file))
    images.write(to, cutout.image)
    found = "vehicle found" if cutout.box else "nothing found, whole image kept"
    say(f"{to}: {found}")


@app.command("version")
def version(
    name: Annotated[str, typer.Argument(help="A dataset version's name.")],
    new_name: Annotated[str, typer.Option("--as", help="The new version's name.")],
    remover: Remover = "u2netp",
    output_as: OutputAs = "cutout",
) -> None:
    """Make a new version with every background taken away."""
    settings = ready()
    treatment = Treatment(remover=remover, output=output_as)
    # Made once here, so that an unknown or broken remover is told before the queue.
    removers.create(treatment)
    with store.connect(settings.db_path) as db:
        source = versions.by_name(db, name)
    follow(settings, jobs.submit_background(settings, source.id, treatment, new_name))
