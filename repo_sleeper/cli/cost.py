"""`sleeper cost`: what calls of a model have cost, and every word that one of them sent."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from repo_sleeper.cli.group import group
from repo_sleeper.cli.options import Json, finite

app = group("by", "What has been spent, on what, and exactly what was sent.")


class By(StrEnum):
    """What the sums are over."""

    DAY = "day"
    KIND = "kind"
    MODEL = "model"
    SUBJECT = "subject"


@app.command("by")
def by_(
    *,
    by: Annotated[By, typer.Option("--by", help="Sums over this.")] = By.DAY,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 30,
    json: Json = False,
) -> None:
    """Add up what has been spent: by day, kind, model or subject."""
    from repo_sleeper.cli import cost_view, place
    from repo_sleeper.store import spending

    with place.reading() as here:
        sums = spending.sums(here.db, by.value, limit=limit)
        cost_view.show_sums(here, by.value, sums, json=json)


@app.command()
def calls(
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="The last so many.")] = 20,
    json: Json = False,
) -> None:
    """List the last calls."""
    from repo_sleeper.cli import cost_view, place
    from repo_sleeper.store import spending

    with place.reading() as here:
        found = spending.calls(here.db, limit=limit)
    cost_view.show_calls(found, json=json)


@app.command()
def show(
    call: Annotated[int, typer.Argument(metavar="ID", help="The number of a call.")],
    *,
    json: Json = False,
) -> None:
    """Show one call: what was sent, what came back, what it cost."""
    from repo_sleeper.cli import cost_view, place
    from repo_sleeper.store import spending

    with place.reading() as here:
        found = spending.call(here.db, call)
    cost_view.show_call(found, json=json)


@app.command()
def notes(
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 30,
    json: Json = False,
) -> None:
    """Say what each note cost, and how many questions have used it."""
    from repo_sleeper.cli import cost_view, place
    from repo_sleeper.store import spending

    with place.reading() as here:
        found = spending.note_costs(here.db, limit=limit)
    cost_view.show_notes(found, json=json)


@app.command("break-even")
def break_even(
    *,
    without: Annotated[
        float | None,
        typer.Option(
            "--without",
            min=1,
            callback=finite,
            metavar="TOKENS",
            help="What an answer takes unaided.",
        ),
    ] = None,
    spares: Annotated[
        float | None,
        typer.Option(
            "--spares", min=1, callback=finite, metavar="TIMES", help="So much less with notes."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Say after how many questions the notes have paid off."""
    from repo_sleeper.cli import cost_even, place

    with place.reading() as here:
        cost_even.show(here, without=without, spares=spares, json=json)
