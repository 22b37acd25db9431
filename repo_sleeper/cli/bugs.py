"""`sleeper bugs`: the notes that say something is likely wrong."""

from __future__ import annotations

from typing import Annotated

import typer

from repo_sleeper.cli.group import group
from repo_sleeper.cli.notes import All, Id, Limit
from repo_sleeper.cli.place import Json

app = group("list", "Likely bugs, with the lines that show them.")


@app.command("list")
def list_(
    *,
    min_confidence: Annotated[
        float, typer.Option("--min-conf", min=0, max=1, help="Only at least this certain.")
    ] = 0.0,
    all_: All = False,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List likely bugs, the most certain first."""
    from repo_sleeper.cli import notes_view, place
    from repo_sleeper.domain import NoteKind
    from repo_sleeper.store import notes

    with place.reading() as here:
        found = notes.list_notes(
            here.db, here.tree_id, kinds=[NoteKind.LIKELY_BUG], include_stale=all_
        )
    certain = sorted(
        (note for note in found if note.confidence >= min_confidence),
        key=lambda note: (-note.confidence, note.id),
    )
    notes_view.show_list(certain[:limit], json=json, cut=len(certain) > limit)


@app.command()
def show(bug: Id, *, json: Json = False) -> None:
    """Show one likely bug whole."""
    from repo_sleeper.cli import notes_view, place

    with place.reading() as here:
        found = notes_view.about(here, bug)
    notes_view.show_whole(found, json=json)


@app.command()
def dismiss(bug: Id, *, why: Annotated[str, typer.Option(help="Why it is none.")] = "") -> None:
    """It is no bug: put the note aside for good."""
    from repo_sleeper.cli import notes_view

    notes_view.dismiss(bug, why)
