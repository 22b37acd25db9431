"""`sleeper status`: how things are, in one screen."""

from __future__ import annotations

from typing import Annotated

import typer

from repo_sleeper.cli.options import Json


def status(
    *,
    json: Json = False,
    skipped: Annotated[
        bool, typer.Option("--skipped", help="List the files that are not indexed, and why.")
    ] = False,
    line: Annotated[bool, typer.Option("--line", help="One line, for a status bar.")] = False,
) -> None:
    """Show the daemon, notes, what comes next, spending and troubles."""
    from repo_sleeper.cli import condition, place, status_view

    with place.reading() as here:
        if skipped:
            status_view.show_skipped(here, json=json)
        else:
            status_view.show(condition.gathered(here), json=json, line=line)
