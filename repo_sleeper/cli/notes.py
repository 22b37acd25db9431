"""`sleeper notes`: list, show and search what has been noted, and dismiss what is wrong."""

from __future__ import annotations

from typing import Annotated

import typer

from repo_sleeper.cli.group import group
from repo_sleeper.cli.options import Json

app = group("list", "What has been noted about this repository.")

Kind = Annotated[
    list[str] | None, typer.Option("--kind", "-k", help="Only this kind; may be given again.")
]
All = Annotated[bool, typer.Option("--all", "-a", help="Stale notes as well.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")]
Id = Annotated[
    str, typer.Argument(metavar="ID", help="The id of a note, or at least its first 4 characters.")
]


@app.command("list")
def list_(  # noqa: PLR0913 -- the options, each by name
    path: Annotated[str | None, typer.Argument(help="Only about this file or folder.")] = None,
    *,
    kind: Kind = None,
    origin: Annotated[str | None, typer.Option(help="Only from: survey, model.")] = None,
    all_: All = False,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List notes: fresh ones first, then the surest. Questions the index answers: -k question."""
    from repo_sleeper.cli import notes_view, place
    from repo_sleeper.store import note_kinds, notes

    with place.present() as here:
        off = note_kinds.switched_off(here.db)
        wanted = notes_view.wanted(here, path, of=kind, by=origin, stale=all_)
        found = notes.list_notes(here.db, here.tree_id, **wanted._asdict(), limit=limit)
        hidden = notes_view.hidden_questions(here, wanted)
    notes_view.tell_off(off)
    notes_view.tell_hidden(hidden)
    narrowed = bool(path or kind or origin)
    none = notes_view.none_listed(path, narrowed=narrowed, stale=all_)
    notes_view.show_list(found, json=json, cut=len(found) == limit, none=none)


@app.command()
def show(about: Annotated[str, typer.Argument(metavar="ID|PATH")], *, json: Json = False) -> None:
    """Show one note whole, or all notes about a file."""
    from repo_sleeper.cli import notes_view, place

    with place.present() as here:
        found = notes_view.about(here, about)
        costs = notes_view.costs_of(here, found)
    notes_view.show_whole(found, json=json, costs=costs)


@app.command()
def search(
    text: Annotated[list[str], typer.Argument(metavar="TEXT...")],
    *,
    all_: All = False,
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """Find notes by their words, the best first."""
    from repo_sleeper.cli import notes_view, place
    from repo_sleeper.errors import UsageError
    from repo_sleeper.store import notes
    from repo_sleeper.words import parts

    words = parts(" ".join(text))
    if not words:
        raise UsageError("there is nothing to search for", hint="sleeper notes search rounding")
    with place.present() as here:
        found = notes.search_notes(here.db, here.tree_id, words, limit=limit, fresh_only=not all_)
    none = notes_view.none_found(" ".join(words), stale=all_)
    notes_view.show_list([note for note, _ in found], json=json, cut=False, none=none)


@app.command()
def dismiss(
    note: Id, *, why: Annotated[str, typer.Option(help="What is wrong with it.")] = ""
) -> None:
    """Put a note aside. It is not shown, not used and not written again."""
    from repo_sleeper.cli import notes_view

    notes_view.dismiss(note, why)


@app.command()
def restore(
    note: Annotated[str, typer.Argument(metavar="[ID]", help="Without it, lists them.")] = "",
    *,
    json: Json = False,
) -> None:
    """Take a dismissed note back. Without an id, list what was dismissed."""
    from repo_sleeper.cli import notes_view, place
    from repo_sleeper.store import notes

    if note:
        notes_view.restore(note)
        return
    with place.present() as here:
        found = [one for one, _ in notes.dismissed(here.db, here.tree_id)]
    notes_view.show_list(found, json=json, cut=False, none=notes_view.none_dismissed())
