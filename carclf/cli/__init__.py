"""carclf on the command line: the same verbs as the page, with the same effect.

Exit codes: 0 done; 1 something could not be done, said in one sentence on standard
error; 2 the command was not understood; 3 stopped by the user.
"""

import os
import runpy
import sys

import typer

from carclf import __version__
from carclf.cli import (
    background,
    compare,
    config,
    datasets,
    evaluate,
    export,
    health,
    hierarchy,
    imports,
    label,
    predict,
    report,
    runs,
    train,
    trials,
)
from carclf.cli.console import warn
from carclf.errors import CarclfError
from carclf.settings import PROJECT

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Teach a computer to tell vehicles apart.",
    pretty_exceptions_enable=False,
)
app.add_typer(datasets.app, name="datasets", help="Import, look at, freeze, delete.")
datasets.app.command("health")(health.look)
datasets.app.command("mend")(health.mend)
datasets.app.command("undo")(health.undo)
app.add_typer(label.app, name="label", help="Say what an image shows.")
app.add_typer(background.app, name="background", help="Take backgrounds away.")
app.add_typer(runs.app, name="runs", help="List, show, stop and delete runs.")
runs.app.command("import")(imports.import_runs)
app.add_typer(config.app, name="config", help="Explain and check a config.yml.")
app.add_typer(hierarchy.app, name="hierarchy", help="Make, model, body and year.")
app.command("train")(train.train)
app.command("find-rate")(trials.find_rate)
app.command("evaluate")(evaluate.evaluate)
app.command("compare")(compare.compare)
app.command("predict")(predict.predict)
app.command("export")(export.export)
app.command("report")(report.report)


@app.command("app")
def serve() -> None:
    """Serve the page, as `python app.py` does."""
    runpy.run_path(str(PROJECT / "app.py"), run_name="__main__")


@app.callback(invoke_without_command=True)
def version(
    ctx: typer.Context,
    show_version: bool = typer.Option(False, "--version", help="Print the version."),
) -> None:
    if show_version:
        print(f"carclf {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


def main() -> None:
    """Run a command; an error that a user can mend is one sentence and exit code 1."""
    try:
        app()
    except CarclfError as error:
        warn(str(error))
        sys.exit(1)
    except BrokenPipeError:
        # The reader (`| head`) has seen enough; Python must not try to flush again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
