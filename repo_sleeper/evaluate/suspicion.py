"""Replays history: at the parent of each fix, was what it mended among the most suspect files?"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from repo_sleeper import git
from repo_sleeper.git import Repository
from repo_sleeper.git.past import Edit, contents, edits, files_at
from repo_sleeper.history.churn import decayed_churn
from repo_sleeper.history.commits import is_fix
from repo_sleeper.survey import suspects
from repo_sleeper.survey.files import SourceFile
from repo_sleeper.survey.suspects import Signs

TOP = (5, 10, 20)
_SWEEP = 30
_FEWEST_BEFORE = 100
_SEED = 7
_LANGUAGES = {
    "py": "python", "js": "javascript", "ts": "typescript", "go": "go", "rs": "rust", "c": "c",
    "h": "c", "cpp": "cpp", "cc": "cpp", "java": "java", "rb": "ruby", "php": "php", "cs": "csharp",
    "kt": "kotlin", "swift": "swift", "scala": "scala", "lua": "lua", "sh": "bash",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """For each way of ranking, in how many of the fixes a mended file was among the first k."""

    name: str
    fixes: int
    files: int
    hits: Mapping[str, Mapping[int, float]]


@dataclass(slots=True)
class _Past:
    """What was known before a commit: touches by age, and fixes."""

    touched: dict[str, list[int]]
    fixes: Counter[str]
    commits: int = 0

    def add(self, edit: Edit) -> None:
        self.commits += 1
        if len(edit.statuses) > _SWEEP:
            return
        for _, path in edit.statuses:
            self.touched[path].append(self.commits)
            self.fixes[path] += is_fix(edit.subject)


def suspect(
    repo: Repository,
    *,
    fixes: int,
    progress: Callable[[int, int], None] | None = None,
    name: str = "",
) -> Suspicion:
    """Measure on the newest fixes that modified at most thirty files, some of them the product."""
    newest = git.head(repo)
    log = list(edits(repo, newest))[::-1] if newest else []
    wanted = {edit.oid for edit in _fixes(log)[-fixes:]}
    past = _Past(defaultdict(list), Counter())
    found: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    known: dict[str, tuple[int, tuple[str, ...]]] = {}
    files = 0
    for edit in log:
        if edit.oid in wanted:
            signs = _signs(repo, edit.parents[0], past, known)
            mended = {path for status, path in edit.statuses if status == "M"} & signs.keys()
            if mended:
                files = len(signs)
                _count(found, signs, mended)
            if progress is not None:
                progress(len(found["size"][TOP[0]]), len(wanted))
        past.add(edit)
    hits = {way: {k: sum(v) / len(v) for k, v in by.items()} for way, by in sorted(found.items())}
    count = len(found["size"][TOP[0]]) if found else 0
    return Suspicion(name=name or repo.root.name, fixes=count, files=files, hits=hits)


def _fixes(log: Sequence[Edit]) -> list[Edit]:
    return [
        edit
        for edit in log[_FEWEST_BEFORE:]
        if edit.parents
        and is_fix(edit.subject)
        and len(edit.statuses) <= _SWEEP
        and any(_source(path) for status, path in edit.statuses if status == "M")
    ]


def _source(path: str) -> bool:
    return SourceFile(path, _LANGUAGES.get(path.rpartition(".")[2], ""), 1).is_product


def _signs(
    repo: Repository, commit: str, past: _Past, known: dict[str, tuple[int, tuple[str, ...]]]
) -> dict[str, Signs]:
    files = [file for file in files_at(repo, commit) if _source(file.path)]
    new = sorted({file.oid for file in files} - known.keys())
    for oid, data in contents(repo, new):
        known[oid] = (data.count(b"\n"), suspects.risks(data))
    churn = decayed_churn(
        {f.path: [past.commits - at for at in past.touched.get(f.path, ())] for f in files}
    )
    return {
        file.path: Signs(
            fixes=past.fixes[file.path],
            touches=len(past.touched.get(file.path, ())),
            churn=churn[file.path],
            lines=known.get(file.oid, (0, ()))[0],
            risks=known.get(file.oid, (0, ()))[1],
        )
        for file in files
    }


def _count(
    found: dict[str, dict[int, list[float]]], signs: Mapping[str, Signs], mended: set[str]
) -> None:
    for way, order in _orders(signs).items():
        for k in TOP:
            found[way][k].append(float(bool(mended & set(order[:k]))))


def _orders(signs: Mapping[str, Signs]) -> dict[str, list[str]]:
    paths = sorted(signs)
    shuffled = random.Random(_SEED).sample(paths, len(paths))  # noqa: S311 -- no secret
    return {
        "random": shuffled,
        "size": sorted(paths, key=lambda path: (-signs[path].lines, path)),
        "churn": sorted(paths, key=lambda path: (-signs[path].churn, path)),
        "fixes": sorted(paths, key=lambda path: (-signs[path].fixes, path)),
        "suspicion": suspects.ranked(signs),
    }


def table(found: Suspicion) -> str:
    """For a person."""
    head = f"{found.name}: {found.fixes} fixes, {found.files} files of code"
    rows = [f"{'':12}" + "".join(f"  hit@{k:<3}" for k in TOP)]
    for way, by in found.hits.items():
        rows.append(f"{way:12}" + "".join(f"  {by[k]:7.3f}" for k in TOP))
    return "\n".join((head, *rows))


def as_json(found: Suspicion) -> dict[str, Any]:
    """For programs."""
    hits = {way: {f"hit@{k}": by[k] for k in TOP} for way, by in found.hits.items()}
    return {"name": found.name, "fixes": found.fixes, "files": found.files, "hits": hits}
