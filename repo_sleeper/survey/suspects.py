"""Where a bug is likeliest, judged without a model: how lately it changed, size, risky lines."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol

from repo_sleeper.domain.code import Range, SymbolKind
from repo_sleeper.store import code, history, path_records
from repo_sleeper.store import survey as store
from repo_sleeper.store.database import Database
from repo_sleeper.store.usefulness import recent_edits
from repo_sleeper.survey.files import SourceFile, is_test
from repo_sleeper.survey.imports import Edge
from repo_sleeper.survey.reading import read_bytes
from repo_sleeper.survey.test_map import tests_of
from repo_sleeper.survey.untested import tests_are_programs
from repo_sleeper.words import counted

HALF_LIFE = 10  # commits
_COMMITS = 10 * HALF_LIFE  # what is older no longer counts
SWEEP = 30  # a commit of more paths is no work on any one of them
_READ = 200  # files whose lines are read: those that are suspect without
# Signs multiply: a large file nobody touches is as harmless as a small one that changes daily.
# The powers were found on the fixes of ten repositories and tried on seven others
# (`sleeper eval --suspicion`); risky lines and missing tests only break ties. Past fixes told
# nothing beyond the changes they were, so they are shown and do not count.
_RECENT_POWER = 0.7
_CHURN_POWER = 0.3
_SIZE_POWER = 0.5
_PART_SIZE_POWER = 0.7
_BRANCH_POWER = 0.15
_RISK = 0.02
_BRANCH = re.compile(
    rb"\b(?:if|elif|elsif|for|foreach|while|until|case|when|match|switch|catch|except|rescue"
    rb"|unless|and|or)\b|&&|\|\||\?[^.:?]"
)
_BODIES = frozenset(SymbolKind) - {SymbolKind.CONSTANT, SymbolKind.FIELD, SymbolKind.VARIABLE}
_PYTHON = (".py", ".pyi")
_EVERYWHERE = ("",)
# What may go wrong where a file of these endings has it: to others it is no risk, or means nothing.
_RISKS: tuple[tuple[str, tuple[str, ...], re.Pattern[bytes]], ...] = (
    (
        "broad except",
        _PYTHON,
        re.compile(rb"^\s*except\s*(?:\(?\s*(?:Base)?Exception\b[^:]*)?:", re.MULTILINE),
    ),
    (
        "mutable default",
        _PYTHON,
        re.compile(rb"def \w+\([^)]*=\s*(?:\[\s*\]|\{\s*\}|set\(\))"),
    ),
    ("comparison with None by ==", _PYTHON, re.compile(rb"[!=]=\s*None\b")),
    ("empty catch", _EVERYWHERE, re.compile(rb"catch\s*(?:\([^)]*\))?\s*\{\s*\}")),
    (
        "loose comparison with null",
        (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte", ".php"),
        re.compile(rb"[^=!]==\s*null\b"),
    ),
    ("ignored error", (".go",), re.compile(rb"\b_\s*=\s*err\b")),
    ("ignored error", (".rs",), re.compile(rb"\.unwrap\(\)")),
    ("ignored error", (".sh", ".bash", ".zsh"), re.compile(rb"\bset \+e\b")),
    ("TODO or FIXME", _EVERYWHERE, re.compile(rb"\b(?:TODO|FIXME|XXX|HACK)\b")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What is known of a file without understanding it; `recent` fades sooner than `churn`."""

    fixes: int = 0
    touches: int = 0
    recent: float = 0.0
    churn: float = 0.0
    lines: int = 0
    risks: tuple[str, ...] = ()
    untested: bool = False


class Definition(Protocol):
    """What a symbol is to the suspects, whoever read it."""

    @property
    def qualified(self) -> str: ...
    @property
    def kind(self) -> SymbolKind: ...
    @property
    def range(self) -> Range: ...


class Part(NamedTuple):
    """An innermost definition of a file, and how often its code branches."""

    qualified: str
    range: Range
    branches: int


@dataclass(frozen=True, slots=True)
class Suspect:
    """A file with how suspect it is, 0..1, and why in words, last of all where to begin."""

    path: str
    score: float
    why: tuple[str, ...]


def suspects(db: Database, tree_id: int, *, root: Path, limit: int) -> list[Suspect]:
    """The files of the product that are most suspect, the first of all first."""
    signs = _signs(db, tree_id)
    texts = {path: read_bytes(root, path) for path in ranked(signs)[:_READ]}
    read = {
        **signs,
        **{path: replace(signs[path], risks=risks(path, texts[path])) for path in texts},
    }
    scores = score(read)
    best = sorted(scores, key=lambda path: (-scores[path], path))[:limit]
    return [
        Suspect(
            path,
            scores[path],
            (
                *_why(_told(db, tree_id, path, read[path])),
                *_where(texts.get(path, b""), code.symbols_in(db, tree_id, path)),
            ),
        )
        for path in best
    ]


def _told(db: Database, tree_id: int, path: str, signs: Signs) -> Signs:
    """Of the few that are shown it is looked up whether a test uses a name of theirs."""
    if not signs.untested or not any(map(is_test, store.users_of(db, tree_id, path))):
        return signs
    return replace(signs, untested=False)


def _where(data: bytes, symbols: Iterable[Definition]) -> list[str]:
    """The part of a file to look at first, in words; nothing where it has none."""
    found = parts(data, symbols)
    if not found:
        return []
    first = max(found, key=lambda one: (part_score(one), -one.range.start))
    return [f"first look at {first.qualified}"]


def ranked(signs: Mapping[str, Signs]) -> list[str]:
    """The paths, most suspect first."""
    scores = score(signs)
    return sorted(scores, key=lambda path: (-scores[path], path))


def score(signs: Mapping[str, Signs]) -> dict[str, float]:
    """How suspect each file is, compared with the others of its repository."""
    measured = {path: _measured(one) for path, one in signs.items()}
    most = max(measured.values(), default=0.0) or 1.0
    return {path: value / most for path, value in measured.items()}


def risks(path: str, data: bytes) -> tuple[str, ...]:
    """The kinds of risky lines in a file."""
    return tuple(
        name for name, ends, pattern in _RISKS if path.endswith(ends) and pattern.search(data)
    )


def recency(ages: Iterable[int]) -> float:
    """How often and how lately something changed, from the ages of its changes in commits."""
    return math.fsum(0.5 ** (age / HALF_LIFE) for age in ages)


def parts(data: bytes, symbols: Iterable[Definition]) -> list[Part]:
    """The definitions that contain no other: where the work is done."""
    bodies = sorted(
        (one for one in symbols if one.kind in _BODIES),
        key=lambda one: (one.range.start, -one.range.end, one.qualified),
    )
    inner = [
        one
        for one, following in zip(bodies, [*bodies[1:], None], strict=False)
        if following is None or following.range.start >= one.range.end
    ]
    lines = data.split(b"\n")
    return [
        Part(
            one.qualified,
            one.range,
            sum(len(_BRANCH.findall(line)) for line in lines[slice(*one.range)]),
        )
        for one in inner
    ]


def restlessness(*, recent: float, churn: float) -> float:
    """How much a file is being worked on: changes of the last commits, and of the last hundreds."""
    return float((1 + recent) ** _RECENT_POWER * (1 + churn) ** _CHURN_POWER)


def part_score(part: Part, *, restless: float = 1.0) -> float:
    """How suspect a part of so restless a file is; comparable across files."""
    lines = part.range.end - part.range.start
    shape = (1 + lines) ** _PART_SIZE_POWER * (1 + part.branches) ** _BRANCH_POWER
    return float(restless * shape)


def _measured(signs: Signs) -> float:
    restless = restlessness(recent=signs.recent, churn=signs.churn)
    size = max(signs.lines, 1) ** _SIZE_POWER
    return float(restless * size * (1.0 + _RISK * (len(signs.risks) + signs.untested)))


def _signs(db: Database, tree_id: int) -> dict[str, Signs]:
    files = [SourceFile(*row) for row in store.live_files(db, tree_id)]
    records = {record.path: record for record in path_records.path_records(db)}
    recent, churn = _recent(db), history.churn(db)
    tested = _tested(db, tree_id, files)
    is_telling = tests_are_programs(files, fewest=1)  # else it would be said of every file
    return {
        file.path: Signs(
            fixes=records[file.path].fixes if file.path in records else 0,
            touches=records[file.path].touches if file.path in records else 0,
            recent=recent.get(file.path, 0.0),
            churn=churn.get(file.path, 0.0),
            lines=file.lines,
            untested=is_telling and file.path not in tested,
        )
        for file in files
        if file.is_product
    }


def _recent(db: Database) -> dict[str, float]:
    ages: dict[str, list[int]] = defaultdict(list)
    for age, paths in enumerate(recent_edits(db, limit=_COMMITS)):
        for path in paths if len(paths) <= SWEEP else ():
            ages[path].append(age)
    return {path: recency(found) for path, found in ages.items()}


def _tested(db: Database, tree_id: int, files: Iterable[SourceFile]) -> set[str]:
    """The files that a note could name a test of: told apart here they would disagree with it."""
    named, importing = tests_of(files, [Edge(*link) for link in store.links_of(db, tree_id)])
    return {*named, *importing}


def _why(signs: Signs) -> tuple[str, ...]:
    fixes = "was a fix" if signs.fixes == 1 else "were fixes"
    why: Sequence[tuple[bool, str]] = (
        (signs.fixes > 0, f"{signs.fixes} of {counted(signs.touches, 'commit')} {fixes}"),
        (signs.recent >= 1, f"recent changes {signs.recent:.1f}"),
        (signs.lines > 0, counted(signs.lines, "line")),
        (signs.untested, "no test of its own is known"),
        *((True, risk) for risk in signs.risks),
    )
    return tuple(text for is_so, text in why if is_so)
