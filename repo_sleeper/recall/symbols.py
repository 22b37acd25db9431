"""The symbols of an answer: found by their names, and by the passages that they are in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from repo_sleeper.domain.recall import SymbolHit
from repo_sleeper.recall import rank
from repo_sleeper.recall.content import Content
from repo_sleeper.recall.question import held
from repo_sleeper.recall.rank import Ranked
from repo_sleeper.store import symbols as symbol_store
from repo_sleeper.store.database import Database

_SYMBOLS = 60
_PASSAGE = 0.9  # a symbol found by its text comes after one found by its name
_OPENED = 24  # passages whose inner symbols are looked at
_FILE_SHARE = 0.5  # of a symbol's score: what its file is worth


def ordered_symbols(found: Iterable[SymbolHit], ranked: Sequence[Ranked]) -> tuple[SymbolHit, ...]:
    """The best of them, each once, weighed by their own match and by their file's rank."""
    files = rank.shares({one.path: one.score for one in ranked})
    scored = [
        _at(
            hit,
            hit.path,
            round(_FILE_SHARE * files.get(hit.path, 0.0) + (1 - _FILE_SHARE) * hit.score, 4),
        )
        for hit in _by_place(found)
    ]
    scored.sort(key=lambda hit: (-hit.score, hit.path, hit.range, hit.name))
    return tuple(scored[:_SYMBOLS])


def passage_symbols(
    db: Database, tree_id: int, content: Content, words: Sequence[str]
) -> list[SymbolHit]:
    """The symbols that the best passages belong to, and those inside them with the same words."""
    best = max((one.score for one in content.passages), default=0.0) or 1.0
    known = symbol_store.by_id(db, {one.symbol_id for one in content.passages if one.symbol_id})
    found = []
    for position, one in enumerate(content.passages):
        worth = _PASSAGE * one.score / best
        if one.symbol_id and (hit := known.get(one.symbol_id)):
            found.append(_at(hit, one.path, worth))
        if position < _OPENED:
            found += _inner(symbol_store.inside(db, tree_id, one), words, worth)
    return found


def _inner(
    symbols: Sequence[tuple[SymbolHit, str]], words: Sequence[str], worth: float
) -> list[SymbolHit]:
    counts = [(hit, len(held(f"{hit.name} {doc}", words))) for hit, doc in symbols]
    most = max((count for _, count in counts), default=0)
    return [_at(hit, hit.path, worth * count / most) for hit, count in counts if count]


def _at(hit: SymbolHit, path: str, score: float) -> SymbolHit:
    return SymbolHit(path, hit.name, hit.kind, hit.range, score, hit.signature)


def _by_place(hits: Iterable[SymbolHit]) -> list[SymbolHit]:
    best: dict[tuple[str, str, int], SymbolHit] = {}
    for hit in hits:
        place = (hit.path, hit.name, hit.range.start)
        if place not in best or best[place].score < hit.score:
            best[place] = hit
    return list(best.values())
