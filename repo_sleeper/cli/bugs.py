"""`sleeper bugs`: what is likely wrong, what became of it, and where to look first."""

from __future__ import annotations

from typing import Annotated

import typer

from repo_sleeper.cli.group import group
from repo_sleeper.cli.notes import Id
from repo_sleeper.cli.options import Json

app = group("list", "Likely bugs, with the lines that show them.")

Why = Annotated[str, typer.Option("--why", help="The reason, for later.")]


@app.command("list")
def list_(
    *,
    min_confidence: Annotated[
        float, typer.Option("--min-conf", min=0, max=1, help="Only at least this certain.")
    ] = 0.0,
    all_: Annotated[
        bool, typer.Option("--all", "-a", help="Resolved and dismissed ones as well.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 10,
    suspects: Annotated[
        bool, typer.Option("--suspects", help="Where to look first, judged without a model.")
    ] = False,
    json: Json = False,
) -> None:
    """List likely bugs, confirmed ones first. Then the gravest and most certain."""
    from repo_sleeper.cli import bugs_view, place
    from repo_sleeper.store import bugs
    from repo_sleeper.store.bugs import BugState

    states = tuple(BugState) if all_ else (BugState.CONFIRMED, BugState.NEW)
    with place.present() as here:
        if suspects:
            bugs_view.show_suspects(here, limit=limit, json=json)
            return
        found = bugs.bugs(here.db, here.tree_id, states=states)
    certain = [bug for bug in found if bug.note.confidence >= min_confidence]
    bugs_view.show_list(certain[:limit], json=json, more=len(certain) - limit)


@app.command()
def show(bug: Id, *, json: Json = False) -> None:
    """Show one likely bug whole. Its evidence, how to check it, and who looked at it."""
    from repo_sleeper.cli import bugs_view, place
    from repo_sleeper.store import bugs

    with place.present() as here:
        found = bugs.bug(here.db, here.tree_id, bug)
    bugs_view.show_whole(found, json=json)


@app.command()
def confirm(bug: Id, *, why: Why = "") -> None:
    """It is a bug: from now on it is told as a fact."""
    from repo_sleeper.cli import bugs_view

    bugs_view.confirm(bug, why)


@app.command()
def dismiss(bug: Id, *, why: Why = "") -> None:
    """It is no bug: put it aside for good, also when its code changes."""
    from repo_sleeper.cli import bugs_view

    bugs_view.dismiss(bug, why)


@app.command()
def recheck(bug: Id, *, json: Json = False) -> None:
    """Forget what was decided, and take both second looks now."""
    from repo_sleeper.cli import bugs_check

    bugs_check.recheck(bug, json=json)
