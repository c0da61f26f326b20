"""carclf config: what can be set, and whether a config.yml is right."""

from pathlib import Path
from typing import Annotated

import typer

from carclf import config as configs
from carclf import preflight
from carclf.cli.console import output, print_table, ready, say
from carclf.config import TrainConfig, explain
from carclf.preflight import Finding

app = typer.Typer(no_args_is_help=True)
_SIGNS = {"ok": "[green]ok  [/]", "warn": "[yellow]mind[/]", "bad": "[red]bad [/]"}


@app.command("explain")
def describe(
    key: Annotated[
        str, typer.Argument(help="A key or section, such as learning; default: all.")
    ] = "",
    markdown: Annotated[
        bool, typer.Option("--markdown", help="As a table in Markdown.")
    ] = False,
) -> None:
    """Tell every key of config.yml: what it takes, its default, range and meaning."""
    rows = explain.keys(TrainConfig, key)
    if markdown:
        table = explain.markdown(rows) if key else explain.page(TrainConfig)
        say(table.removesuffix("\n"))
        return
    print_table(
        ["key", "takes", "default", "range", "meaning"],
        [(row.name, row.type, row.default, row.range, row.meaning) for row in rows],
    )


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A config.yml or a recipe.")],
) -> None:
    """Say what is wrong with a config.yml, and what to mind, before it is trained."""
    config = configs.load(file)
    if not report(preflight.check(ready(), config)):
        raise typer.Exit(1)
    say(f"{file.name} can be trained.")


def report(findings: list[Finding]) -> bool:
    """Print findings; return whether nothing stands in the way."""
    signs = {
        "ok": ("ok  ", "green"),
        "warn": ("mind", "yellow"),
        "bad": ("bad ", "red"),
    }
    for one in findings:
        sign, colour = signs[one.tone]
        output.print(f"[{colour}]{sign}[/]", end="  ")
        say(one.text)
    return not any(one.tone == "bad" for one in findings)
