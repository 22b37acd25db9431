"""`sleeper map`: the files as a tree, with what is hot and what is noted about it."""

from __future__ import annotations

from typing import Annotated

import typer

from repo_sleeper.cli.options import Json


def map_(
    path: Annotated[str | None, typer.Argument(help="Only below this folder.")] = None,
    *,
    depth: Annotated[int, typer.Option("--depth", min=1, help="How many levels.")] = 2,
    hot: Annotated[
        bool, typer.Option("--hot", help="Only the files most likely to be edited next.")
    ] = False,
    json: Json = False,
) -> None:
    """Draw the repository: folders, hot spots, notes."""
    from repo_sleeper.cli import map_view, notes_view, place
    from repo_sleeper.store import extent, history, notes, path_records

    with place.present() as here:
        below = "" if path is None else notes_view.place_of(here.workspace, path)
        files = map_view.inside(extent.indexed(here.db, here.tree_id), below)
        past = map_view.Past(history.churn(here.db), path_records.path_ages(here.db))
        noted = notes.list_notes(here.db, here.tree_id, include_stale=False)
    map_view.show(map_view.drawn(files, past, noted, below=below), depth=depth, hot=hot, json=json)
