"""`sleeper think`: think now, without waiting for quiet, and see what it would cost before."""

from __future__ import annotations

from typing import Annotated

import typer

from repo_sleeper.cli.options import Json, MaxCost


def think(  # noqa: PLR0913 -- the options, each by name
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH...]", help="Only about these.")
    ] = None,
    *,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", "-k", help="Only this kind; may be given again.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print exactly what would be sent; send nothing.")
    ] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Print what comes next and why; send nothing.")
    ] = False,
    max_cost: MaxCost = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many calls.")] = 3,
    json: Json = False,
) -> None:
    """Think now about what is worth most, within the caps."""
    from repo_sleeper.cli import rehearsal, thinking
    from repo_sleeper.cli.thinking import Wish

    wish = Wish(tuple(paths or ()), tuple(kind or ()), limit, max_cost)
    if plan:
        thinking.show_plan(wish, json=json)
    elif dry_run:
        rehearsal.rehearse(wish, json=json)
    else:
        thinking.think(wish, json=json)
