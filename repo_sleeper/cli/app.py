"""The `sleeper` command and what it offers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from repo_sleeper import __version__
from repo_sleeper.cli import (
    ask,
    bugs,
    cost,
    daemon,
    doctor,
    group,
    init,
    notes,
    status,
    think,
    trust,
)
from repo_sleeper.cli import (
    eval as evaluation,
)
from repo_sleeper.cli import (
    map as code_map,
)
from repo_sleeper.errors import NotFoundError

_COMMANDS = (
    ("init", init.init),
    ("status", status.status),
    ("ask", ask.ask),
    ("map", code_map.map_),
    ("think", think.think),
    ("eval", evaluation.evaluate),
    ("doctor", doctor.doctor),
    ("trust", trust.trust),
    ("daemon", daemon.app),
    ("notes", notes.app),
    ("bugs", bugs.app),
    ("cost", cost.app),
)
app = typer.Typer(
    name="sleeper",
    cls=group.late(_COMMANDS),
    help="Thinks about your repository while you rest, and answers from notes.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 -- typer's way to call it
    if wanted:
        typer.echo(f"sleeper {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def sleeper(
    context: typer.Context,
    *,
    directory: Annotated[
        Path | None, typer.Option("-C", metavar="DIR", help="Work in this directory.")
    ] = None,
    version: Annotated[  # noqa: ARG001 -- its callback prints and leaves
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Thinks about your repository while you rest, and answers from notes."""
    if directory is not None:
        _change_into(directory)
    if context.invoked_subcommand is None:
        _greet(context)


def _change_into(directory: Path) -> None:
    try:
        os.chdir(directory)
    except OSError as error:
        raise NotFoundError(f"{directory}: {error.strerror}") from error


def _greet(context: typer.Context) -> None:
    """`sleeper` alone: how things are where we know the repository, help elsewhere."""
    try:
        status.status()
    except NotFoundError:
        typer.echo(context.get_help())
