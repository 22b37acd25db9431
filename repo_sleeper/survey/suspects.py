"""Where a bug is likeliest, judged without a model: past fixes, churn, size, tests, risky lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from repo_sleeper.store import history
from repo_sleeper.store import survey as store
from repo_sleeper.store.database import Database
from repo_sleeper.survey.files import SourceFile, is_test
from repo_sleeper.survey.reading import read_bytes

_READ = 200  # files whose lines are read: those that are suspect without
# Signs multiply: a large file nobody touches is as harmless as a small one that changes daily.
# The powers were found on the fixes of six repositories and tried on six others
# (`sleeper eval --suspicion`); risky lines and missing tests only break ties.
_UNTOUCHED = 0.3
_SIZE_POWER = 0.3
_FIX_POWER = 0.25
_RISK = 0.02
_RISKS: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    (
        "broad except",
        re.compile(rb"^\s*except\s*(?:\(?\s*(?:Base)?Exception\b[^:]*)?:", re.MULTILINE),
    ),
    ("mutable default", re.compile(rb"def \w+\([^)]*=\s*(?:\[\s*\]|\{\s*\}|set\(\))")),
    ("comparison with None by ==", re.compile(rb"[!=]=\s*None\b")),
    ("empty catch", re.compile(rb"catch\s*(?:\([^)]*\))?\s*\{\s*\}")),
    ("loose comparison with null", re.compile(rb"[^=!]==\s*null\b")),
    ("ignored error", re.compile(rb"\b_\s*=\s*err\b|\.unwrap\(\)|\bset \+e\b")),
    ("TODO or FIXME", re.compile(rb"\b(?:TODO|FIXME|XXX|HACK)\b")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What is known of a file without understanding it."""

    fixes: int = 0
    touches: int = 0
    churn: float = 0.0
    lines: int = 0
    risks: tuple[str, ...] = ()
    untested: bool = False


@dataclass(frozen=True, slots=True)
class Suspect:
    """A file with how suspect it is, 0..1, and why in words."""

    path: str
    score: float
    why: tuple[str, ...]


def suspects(db: Database, tree_id: int, *, root: Path, limit: int) -> list[Suspect]:
    """The files of the product that are most suspect, the first of all first."""
    signs = _signs(db, tree_id)
    likely = ranked(signs)[:_READ]
    read = {
        path: Signs(
            fixes=one.fixes,
            touches=one.touches,
            churn=one.churn,
            lines=one.lines,
            risks=risks(read_bytes(root, path)) if path in likely else (),
            untested=one.untested,
        )
        for path, one in signs.items()
    }
    scores = score(read)
    best = sorted(scores, key=lambda path: (-scores[path], path))[:limit]
    return [Suspect(path, scores[path], _why(read[path])) for path in best]


def ranked(signs: Mapping[str, Signs]) -> list[str]:
    """The paths, most suspect first."""
    scores = score(signs)
    return sorted(scores, key=lambda path: (-scores[path], path))


def score(signs: Mapping[str, Signs]) -> dict[str, float]:
    """How suspect each file is, compared with the others of its repository."""
    measured = {path: _measured(one) for path, one in signs.items()}
    most = max(measured.values(), default=0.0) or 1.0
    return {path: value / most for path, value in measured.items()}


def risks(data: bytes) -> tuple[str, ...]:
    """The kinds of risky lines in a file."""
    return tuple(name for name, pattern in _RISKS if pattern.search(data))


def _measured(signs: Signs) -> float:
    expected = (signs.churn + _UNTOUCHED) * max(signs.lines, 1) ** _SIZE_POWER
    doubt = 1.0 + _RISK * (len(signs.risks) + signs.untested)
    return float(expected * (1 + signs.fixes) ** _FIX_POWER * doubt)


def _signs(db: Database, tree_id: int) -> dict[str, Signs]:
    files = [SourceFile(*row) for row in store.live_files(db, tree_id)]
    records = {record.path: record for record in history.path_records(db)}
    churn = history.churn(db)
    tested = _tested(db, tree_id, files)
    return {
        file.path: Signs(
            fixes=records[file.path].fixes if file.path in records else 0,
            touches=records[file.path].touches if file.path in records else 0,
            churn=churn.get(file.path, 0.0),
            lines=file.lines,
            untested=file.path not in tested,
        )
        for file in files
        if file.is_product
    }


def _tested(db: Database, tree_id: int, files: Iterable[SourceFile]) -> set[str]:
    tests = [file.path for file in files if file.is_code and is_test(file.path)]
    return {target for test in tests for target in store.imported_by(db, tree_id, test)}


def _why(signs: Signs) -> tuple[str, ...]:
    why: Sequence[tuple[bool, str]] = (
        (signs.fixes > 0, f"{signs.fixes} of {signs.touches} commits were fixes"),
        (signs.churn >= 1, f"churn {signs.churn:.1f}"),
        (signs.lines > 0, f"{signs.lines:,} lines"),
        (signs.untested, "no test imports it"),
        *((True, risk) for risk in signs.risks),
    )
    return tuple(text for is_so, text in why if is_so)
