"""How survey notes are put together: one-line titles, short bodies, evidence by path."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.notes import Anchor, Evidence, Note, NoteKind, Origin, note_id

if TYPE_CHECKING:
    from repo_sleeper.store.code import StoredSymbol
    from repo_sleeper.store.survey import Definition

MOST = 12  # notes of one kind: the best ones are read, a long list is not
_LONGEST_TITLE = 160
_LONGEST_BODY = 400


def survey_note(  # noqa: PLR0913 -- the parts of a note, each by name
    kind: NoteKind,
    *,
    about: Sequence[str],
    title: str,
    body: str,
    evidence: Sequence[Evidence],
    confidence: float = 1.0,
) -> Note:
    """A note whose id depends only on its kind and on what it is about."""
    return Note(
        id=note_id(kind, *about),
        kind=kind,
        title=shortened(title, _LONGEST_TITLE),
        body=shortened(body, _LONGEST_BODY),
        confidence=round(confidence, 2),
        origin=Origin.SURVEY,
        evidence=tuple(evidence),
        subject=evidence[0].path,
    )


def at_path(path: str) -> Evidence:
    """Evidence that stands as long as the path does; it is counted afresh anyway."""
    return Evidence(path, Range(0, 1), "")


def at_line(path: str, line: int, quote: str) -> Evidence:
    """Evidence of one line, 0-based."""
    return Evidence(path, Range(line, line + 1), quote)


def at_definition(found: Definition | StoredSymbol) -> Evidence:
    """Evidence that stands as long as the definition does, wherever it moves."""
    return Evidence(
        found.path,
        Range(found.range.start, found.range.start + 1),
        found.signature,
        Anchor.NODE,
        str(found.node_hash),
        found.qualified,
    )


def shared_folder(paths: Sequence[str], most: int = 80) -> tuple[str, list[str]]:
    """The folder that long paths lie in, with the paths as seen from there; short ones as is."""
    folder = posixpath.commonpath([posixpath.dirname(path) for path in paths])
    if not folder or sum(map(len, paths)) <= most:
        return "", list(paths)
    return folder, [path[len(folder) + 1 :] for path in paths]


def shortened(text: str, most: int) -> str:
    """The text, cut with an ellipsis when it is too long."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def percent(share: float) -> str:
    """A share in whole per cent."""
    return f"{share:.0%}".replace("%", " %")


def listed(names: Sequence[str], most: int = 3) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - most
    shown = ", ".join(names[:most])
    return f"{shown} and {more} more" if more > 0 else shown
