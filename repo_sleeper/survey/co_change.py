"""Hidden coupling: files that change together although neither names the other."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from repo_sleeper.domain.history import CoChange
from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.survey.files import SourceFile
from repo_sleeper.survey.imports import Edge
from repo_sleeper.survey.wording import MOST, at_path, percent, survey_note

_FEWEST = 5
_SUREST = 0.5
# Where names alone resolve imports; elsewhere "no import" would only mean that we cannot see it.
_RESOLVED = frozenset(
    {"python", "javascript", "typescript", "tsx", "go", "java", "rust", "c", "cpp"}
)
_PACKAGE_IS_FOLDER = frozenset({"go", "java"})  # neighbours see each other without an import


def co_changes(
    files: Iterable[SourceFile], pairs: Iterable[CoChange], edges: Iterable[Edge]
) -> list[Note]:
    """Pairs of the product's files, each once, by the surer of its two directions."""
    product = {file.path: file.language for file in files if file.is_product}
    linked = {frozenset((edge.path, edge.target)) for edge in edges}
    hidden = [
        pair
        for pair in pairs
        if pair.together >= _FEWEST
        and pair.confidence >= _SUREST
        and pair.path in product
        and pair.other in product
        and frozenset((pair.path, pair.other)) not in linked
        and not _is_expected(pair, product[pair.path], product[pair.other])
    ]
    hidden.sort(key=lambda pair: (-pair.confidence * pair.together, pair.path, pair.other))
    once: dict[frozenset[str], CoChange] = {}
    for pair in hidden:
        once.setdefault(frozenset((pair.path, pair.other)), pair)
    return [_note(pair) for pair in list(once.values())[:MOST]]


def _is_expected(pair: CoChange, language: str, other: str) -> bool:
    """Whether the two belong together in a way that needs no import, or that we cannot see."""
    if not {language, other} <= _RESOLVED:
        return True
    if language == other and language in _PACKAGE_IS_FOLDER:
        return posixpath.dirname(pair.path) == posixpath.dirname(pair.other)
    return _stem(pair.path) == _stem(pair.other)  # cart.c and cart.h


def _stem(path: str) -> str:
    return posixpath.splitext(path)[0]


def _note(pair: CoChange) -> Note:
    return survey_note(
        NoteKind.CO_CHANGE,
        about=sorted((pair.path, pair.other)),
        title=f"{pair.path} changes with {pair.other}: {pair.together} of {pair.touches} commits"
        f" ({percent(pair.confidence)}), with no import between them",
        body="A change here usually needs one there, and nothing in the code says so. When you"
        f" edit {pair.path}, look at {pair.other} too.",
        evidence=[at_path(pair.path), at_path(pair.other)],
        confidence=pair.confidence,
    )
