"""`sleeper bugs`: what is likely wrong, what became of it, and where to look first."""

from __future__ import annotations

from typing import Annotated

import typer

from repo_sleeper.cli.group import group
from repo_sleeper.cli.notes import Id
from repo_sleeper.cli.options import Json, MaxCost, finite

app = group("list", "Likely bugs, with the lines that show them.")

Why = Annotated[str, typer.Option("--why", help="The reason, for later.")]


@app.command("list")
def list_(
    *,
    min_confidence: Annotated[
        float,
        typer.Option(
            "--min-conf", min=0, max=1, callback=finite, help="Only at least this certain."
        ),
    ] = 0.0,
    all_: Annotated[
        bool, typer.Option("--all", "-a", help="Stale, resolved and dismissed ones as well.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 10,
    suspects: Annotated[
        bool, typer.Option("--suspects", help="Where to look first, judged without a model.")
    ] = False,
    json: Json = False,
) -> None:
    """List likely bugs, confirmed ones first. Then the gravest and most certain."""
    from repo_sleeper.cli import bugs_view, place

    with place.present() as here:
        if suspects:
            bugs_view.show_suspects(here, limit=limit, json=json)
            return
        every = bugs_view.listed(here, min_confidence, fates=all_)
    found = every if all_ else [bug for bug in every if bugs_view.may_be_wrong(bug)]
    bugs_view.show_list(found, json=json, limit=limit, hidden=len(every) - len(found))


@app.command()
def show(bug: Id, *, json: Json = False) -> None:
    """Show one likely bug whole. Its evidence, how to check it, and who looked at it."""
    from repo_sleeper.cli import bugs_view, place
    from repo_sleeper.cli.bugs_past import CheckedOut
    from repo_sleeper.store import bugs

    with place.present() as here:
        past = CheckedOut(here)
        found = bugs.bug(here.db, here.tree_id, bug, past=past)
    bugs_view.show_whole(found, json=json)


@app.command()
def confirm(bug: Id, *, why: Why = "", json: Json = False) -> None:
    """It is a bug: from now on it is told as a fact."""
    from repo_sleeper.cli import bugs_view

    bugs_view.confirm(bug, why, json=json)


@app.command()
def dismiss(bug: Id, *, why: Why = "", json: Json = False) -> None:
    """It is no bug: put it aside for good, also when its code changes."""
    from repo_sleeper.cli import bugs_view

    bugs_view.dismiss(bug, why, json=json)


@app.command()
def recheck(
    bug: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Enough characters of one id.")
    ] = None,
    *,
    max_cost: MaxCost = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="At most so many calls, without an id.")
    ] = 4,
    json: Json = False,
) -> None:
    """Look again at one likely bug now, or at all that are due.

    Both second looks are taken at one. What they come to replaces what was decided.
    """
    from repo_sleeper.cli import bugs_check

    if bug is None:
        bugs_check.take_due(limit, max_cost, json=json)
    else:
        bugs_check.recheck(bug, max_cost, json=json)
