"""Replays history: at the parent of each fix, was what it mended among the most suspect?"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from repo_sleeper import git
from repo_sleeper.domain.code import Symbol
from repo_sleeper.evaluate.queries import around
from repo_sleeper.evaluate.saved import Shelf, code_version, fingerprint
from repo_sleeper.git import Repository
from repo_sleeper.git.past import Edit, PastFile, contents, edits, files_at, hunks
from repo_sleeper.history.churn import decayed_churn
from repo_sleeper.history.fixes import is_fix
from repo_sleeper.index.languages import TEXT, language_of
from repo_sleeper.index.pool import ParserPool, Request
from repo_sleeper.index.tags import symbols_of
from repo_sleeper.survey import suspects
from repo_sleeper.survey.files import SourceFile
from repo_sleeper.survey.suspects import SWEEP, Part, Signs

FEWEST_BEFORE = 100
_CODE = ("domain", "git", "history", "index", "survey", "evaluate/queries", "evaluate/suspicion")
_LANGUAGES = {
    "py": "python", "js": "javascript", "ts": "typescript", "go": "go", "rs": "rust", "c": "c",
    "h": "c", "cpp": "cpp", "cc": "cpp", "java": "java", "rb": "ruby", "php": "php", "cs": "csharp",
    "kt": "kotlin", "swift": "swift", "scala": "scala", "lua": "lua", "sh": "bash",
}  # fmt: skip


class Way(StrEnum):
    """Ways to put the most suspect first."""

    RANDOM = "random"
    SIZE = "size"
    CHURN = "churn"
    FIXES = "past fixes"
    SLEEPER = "suspicion"


class Level(StrEnum):
    """What is ranked."""

    FILE = "files"
    SYMBOL = "symbols"


_Key = TypeVar("_Key", str, "tuple[str, Part]")
Ranks = Mapping[Level, Mapping[Way, int]]  # where the first mended one stands, from 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """For each fix, oldest first, where each way of ranking had what it mended."""

    name: str
    files: int
    symbols: int
    fixes: tuple[Ranks, ...]


class Content(NamedTuple):
    """What is read of one content, whichever commits have it."""

    lines: int
    risks: tuple[str, ...]
    symbols: tuple[Symbol, ...]
    parts: tuple[Part, ...]


@dataclass(slots=True)
class _Past:
    """What was known before a commit: touches by age, and fixes."""

    touched: dict[str, list[int]]
    fixed: dict[str, int]
    commits: int = 0

    def add(self, edit: Edit) -> None:
        self.commits += 1
        if len(edit.statuses) > SWEEP:
            return
        for _, path in edit.statuses:
            self.touched[path].append(self.commits)
            self.fixed[path] += is_fix(edit.subject)

    def ages(self, path: str) -> list[int]:
        return [self.commits - at for at in self.touched.get(path, ())]


def shelf_in(folder: Path) -> Shelf:
    """What this very code has measured before; what other code has is of no use any more."""
    name = f"suspicion-{fingerprint(code_version(*_CODE))}.jsonl"
    for other in folder.glob("suspicion-*.jsonl"):
        if other.name != name:
            other.unlink()
    return Shelf(folder / name)


def suspect(
    repo: Repository,
    *,
    fixes: int,
    shelf: Shelf,
    progress: Callable[[int, int], None] | None = None,
    name: str = "",
) -> Suspicion:
    """Measure on the newest fixes that modified at most thirty files, some of them the product.

    What the shelf holds is not measured again.
    """
    newest = git.head(repo)
    log = list(edits(repo, newest))[::-1] if newest else []
    wanted = [edit.oid for edit in _fixes(log)[-fixes:]]
    missing = {oid for oid in wanted if oid not in shelf}
    past = _Past(defaultdict(list), defaultdict(int))
    with ParserPool() as pool:
        reader = _Reader(repo, pool)
        for edit in log if missing else ():
            if edit.oid in missing:
                shelf.put(edit.oid, _measured(repo, reader, edit, past))
                missing.discard(edit.oid)
                if progress is not None:
                    progress(len(wanted) - len(missing), len(wanted))
            past.add(edit)
    return _found(name or repo.root.name, [shelf[oid] for oid in wanted])


def _found(name: str, kept: Sequence[Mapping[str, Any]]) -> Suspicion:
    fixes = tuple(_ranks(one["ranks"]) for one in kept if one["ranks"])
    last = next((one for one in reversed(kept) if one["ranks"]), {"files": 0, "symbols": 0})
    return Suspicion(name=name, files=last["files"], symbols=last["symbols"], fixes=fixes)


def _ranks(kept: Mapping[str, Mapping[str, int]]) -> Ranks:
    return {
        Level(level): {Way(way): rank for way, rank in by.items()} for level, by in kept.items()
    }


def _fixes(log: Sequence[Edit]) -> list[Edit]:
    return [
        edit
        for edit in log[FEWEST_BEFORE:]
        if edit.parents
        and is_fix(edit.subject)
        and len(edit.statuses) <= SWEEP
        and any(_source(path) for status, path in edit.statuses if status == "M")
    ]


def _source(path: str) -> bool:
    return SourceFile(path, _LANGUAGES.get(path.rpartition(".")[2], ""), 1).is_product


# --- one fix ----------------------------------------------------------------------------------


class _Reader:
    """Reads each content once."""

    def __init__(self, repo: Repository, pool: ParserPool) -> None:
        self._repo = repo
        self._pool = pool
        self._known: dict[str, Content] = {}

    def read(self, files: Iterable[PastFile]) -> dict[str, Content]:
        """What each of these files held; those that git lacks are left out."""
        paths = {file.path: file.oid for file in files}
        new = {oid: path for path, oid in paths.items() if oid not in self._known}
        texts = dict(contents(self._repo, sorted(new)))
        symbols = self._symbols(texts, new)
        for oid, data in texts.items():
            self._known[oid] = Content(
                data.count(b"\n"),
                suspects.risks(new[oid], data),
                symbols.get(oid, ()),
                tuple(suspects.parts(data, symbols.get(oid, ()))),
            )
        return {path: self._known[oid] for path, oid in paths.items() if oid in self._known}

    def _symbols(
        self, texts: Mapping[str, bytes], paths: Mapping[str, str]
    ) -> dict[str, tuple[Symbol, ...]]:
        requests = [
            Request(oid, paths[oid], language, data)
            for oid, data in texts.items()
            if (language := language_of(paths[oid], data)) != TEXT
        ]
        return {
            one.request.key: symbols_of(one.rows)
            for one in self._pool.parse(requests)
            if one.rows is not None
        }


def _measured(repo: Repository, reader: _Reader, edit: Edit, past: _Past) -> dict[str, Any]:
    """Where each way of ranking had what this commit mended; no ranks where that is nothing."""
    parent = edit.parents[0]
    there = reader.read(file for file in files_at(repo, parent) if _source(file.path))
    mended = {path for status, path in edit.statuses if status == "M"} & there.keys()
    ranks = {}
    if mended:
        ranks[Level.FILE] = _first(_file_scores(there, past), mended, seed=edit.oid)
        inside = _inside(hunks(repo, parent, edit.oid, sorted(mended)), there)
        if inside:
            ranks[Level.SYMBOL] = _first(_part_scores(there, past), inside, seed=edit.oid)
    symbols = sum(len(content.parts) for content in there.values())
    return {"files": len(there), "symbols": symbols, "ranks": ranks}


def _inside(
    edited: Mapping[str, Sequence[Any]], there: Mapping[str, Content]
) -> set[tuple[str, Part]]:
    """The innermost definitions that were edited."""
    ranges = {
        (path, symbol.range)
        for path, places in edited.items()
        for place in places
        for symbol in around(place, there[path].symbols)
    }
    return {
        (path, part)
        for path in edited
        for part in there[path].parts
        if (path, part.range) in ranges
    }


def _file_scores(there: Mapping[str, Content], past: _Past) -> dict[Way, Mapping[str, float]]:
    churn = decayed_churn({path: past.ages(path) for path in there})
    signs = {
        path: Signs(
            recent=suspects.recency(past.ages(path)),
            churn=churn[path],
            lines=content.lines,
            risks=content.risks,
        )
        for path, content in there.items()
    }
    return {
        Way.SIZE: {path: float(content.lines) for path, content in there.items()},
        Way.CHURN: churn,
        Way.FIXES: {path: float(past.fixed.get(path, 0)) for path in there},
        Way.SLEEPER: suspects.score(signs),
    }


def _part_scores(
    there: Mapping[str, Content], past: _Past
) -> dict[Way, Mapping[tuple[str, Part], Any]]:
    churn = decayed_churn({path: past.ages(path) for path in there})
    restless = {
        path: suspects.restlessness(recent=suspects.recency(past.ages(path)), churn=churn[path])
        for path in there
    }
    all_parts = [(path, part) for path in there for part in there[path].parts]
    lines = {key: float(key[1].range.end - key[1].range.start) for key in all_parts}
    return {
        Way.SIZE: lines,
        Way.CHURN: {key: (churn[key[0]], lines[key]) for key in all_parts},
        Way.FIXES: {key: (float(past.fixed.get(key[0], 0)), lines[key]) for key in all_parts},
        Way.SLEEPER: {
            (path, part): suspects.part_score(part, restless=restless[path])
            for path, part in all_parts
        },
    }


def _first(
    scores: Mapping[Way, Mapping[_Key, Any]], mended: set[_Key], *, seed: str
) -> dict[Way, int]:
    """Where the first mended one stands in each order, from 1; ties by name and place."""
    names = sorted(scores[Way.SLEEPER])
    shuffled = random.Random(seed).sample(names, len(names))  # noqa: S311 -- no secret
    orders = {
        way: sorted(names, key=lambda one: by[one], reverse=True) for way, by in scores.items()
    }
    orders[Way.RANDOM] = shuffled
    return {
        way: next(place for place, one in enumerate(order, 1) if one in mended)
        for way, order in orders.items()
    }
