"""Reads the fair queries out of a history, and what each of them should find."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from repo_sleeper.domain.code import Range, Symbol
from repo_sleeper.errors import NotFoundError
from repo_sleeper.evaluate.baselines import PastCommit
from repo_sleeper.evaluate.queries import (
    Candidate,
    GoldSymbol,
    Query,
    existing,
    query_of,
    with_symbols,
)
from repo_sleeper.git import Repository
from repo_sleeper.git.past import Edit, ancestors, contents, edits, files_at, hunks

SymbolsOf = Callable[[Mapping[str, bytes]], Mapping[str, Sequence[Symbol]]]


@dataclass(frozen=True, slots=True)
class Past:
    """Every commit that is no merge, newest first."""

    edits: tuple[Edit, ...]

    def before(self, repo: Repository, commit: str, *, limit: int) -> list[PastCommit]:
        """What the history held when `commit` was the newest."""
        known = set(ancestors(repo, commit))
        found = [edit for edit in self.edits if edit.oid in known]
        return [_past(edit) for edit in found[:limit]]


def past_of(repo: Repository, newest: str) -> Past:
    """The whole history of a commit."""
    return Past(tuple(edits(repo, newest)))


def choose(past: Past, *, count: int) -> list[Query]:
    """The newest `count` fair queries, oldest first, and never from the older half of them.

    None of them is an ancestor of an older one, so all of them lie in the future of the oldest
    one's parent.
    """
    found = list(_fair(past, limit=2 * count))
    kept = found[: min(count, (len(found) + 1) // 2)]
    if not kept:
        raise NotFoundError(
            "no commit of this history makes a fair question",
            hint="it takes commits that say in a few words why they change existing code",
        )
    return kept[::-1]


def _fair(past: Past, *, limit: int) -> Iterator[Query]:
    number = 0
    for edit in past.edits:
        if (query := query_of(_candidate(edit))) is not None:
            yield query
            number += 1
        if number == limit:
            return


def with_gold(repo: Repository, query: Query, symbols_of: SymbolsOf) -> Query:
    """The query with the symbols it changed, as its parent has them."""
    files = files_at(repo, query.parent, query.targets)
    read = dict(contents(repo, sorted({one.oid for one in files})))
    texts = {one.path: read[one.oid] for one in files if one.oid in read}
    edited = hunks(repo, query.parent, query.oid, query.targets)
    return with_symbols(query, hunks=edited, symbols=symbols_of(texts))


def at_index(
    query: Query, *, paths: Mapping[str, object], ranges: Callable[[str], Mapping[str, Range]]
) -> Query | None:
    """The query with what of its answer the index can know, where the index has it."""
    kept = existing(query, paths)
    if kept is None:
        return None
    there = [
        GoldSymbol(one.path, one.qualified, place)
        for one in kept.symbols
        if one.path in paths and (place := ranges(one.path).get(one.qualified)) is not None
    ]
    return replace(kept, symbols=tuple(sorted(there)))


def _candidate(edit: Edit) -> Candidate:
    return Candidate(
        oid=edit.oid,
        parents=edit.parents,
        author=edit.author,
        subject=edit.subject,
        statuses=edit.statuses,
    )


def _past(edit: Edit) -> PastCommit:
    touched = tuple(path for status, path in edit.statuses if status != "D")
    return PastCommit(edit.oid, edit.subject, touched)
