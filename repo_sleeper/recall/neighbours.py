"""What history and naming add: commits about the same words, files that change together, tests."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from repo_sleeper.recall.file_kinds import core, is_test
from repo_sleeper.recall.question import held
from repo_sleeper.recall.rank import shares
from repo_sleeper.store import history, search
from repo_sleeper.store.database import Database
from repo_sleeper.store.topics import Precedent, commits_about, linked

_COMMITS = 200
_WIDE = 30  # a commit over more files is about everything, so about nothing
_FADES_AFTER = 600  # commits


class Past:
    """What earlier commits about the same words touched.

    `coverage` is the share of the question's words that one commit's subject has, 0..1.
    """

    def __init__(self) -> None:
        self.scores: dict[str, float] = {}
        self.told: dict[str, list[Precedent]] = {}
        self.coverage = 0.0


def past_commits(db: Database, tree_id: int, words: Sequence[str]) -> Past:
    """Credit files for commits whose message has the question's words, recent ones more."""
    hits = commits_about(db, words, limit=_COMMITS, widest=_WIDE)
    live = search.existing(db, tree_id, {path for hit in hits for path in hit.paths})
    best = max((hit.score for hit in hits), default=0.0) or 1.0
    past = Past()
    for hit in hits:
        credit = _credit(hit, best)
        still_there = live.intersection(hit.paths)
        if still_there:
            past.coverage = max(past.coverage, _covered(hit.subject, words))
        for path in still_there:
            past.scores[path] = past.scores.get(path, 0.0) + credit
            past.told.setdefault(path, []).append(hit)
    return past


def past_reason(past: Past, path: str, words: Sequence[str]) -> str:
    """Why history credits a path, in words; nothing where it does not."""
    hits = past.told.get(path, ())
    if not hits:
        return ""
    about = max(held(hits[0].subject, words), key=len, default="")  # hits come best first
    count = "a commit" if len(hits) == 1 else f"{len(hits)} commits"
    return f"changed in {count} about '{about}'" if about else f"changed in {count} like this"


Lent = tuple[dict[str, dict[str, float]], dict[str, dict[str, str]]]


def lent(db: Database, tree_id: int, leaders: Mapping[str, float]) -> Lent:
    """What the leading files lend to those that change with them, test or import them, and why."""
    loan = _Loan()
    for leader, weight in leaders.items():
        for path, probability in history.co_changed(db, leader):
            loan.add("co-change", path, weight * probability, f"changes together with {leader}")
        for path in _pairs(db, tree_id, leader):
            loan.add("pair", path, weight, _pair_reason(path, leader))
    imports, importers = linked(db, tree_id, leaders)
    loan.share("imported", imports, leaders, "imported by")
    loan.share("importer", importers, leaders, "imports")
    live = search.existing(db, tree_id, loan.reasons)
    lent_to = {
        signal: {path: value for path, value in values.items() if path in live}
        for signal, values in loan.values.items()
    }
    # Seldom is anything sure to change with a file: what comes nearest to it counts as well.
    lent_to["company"] = shares(lent_to.get("co-change", {}))
    return lent_to, loan.reasons


class _Loan:
    """What is lent so far: signal -> path -> value, and path -> signal -> reason."""

    def __init__(self) -> None:
        self.values: dict[str, dict[str, float]] = {}
        self.reasons: dict[str, dict[str, str]] = {}

    def add(self, signal: str, path: str, value: float, reason: str) -> None:
        values = self.values.setdefault(signal, {})
        values[path] = values.get(path, 0.0) + value
        self.reasons.setdefault(path, {}).setdefault(signal, reason)

    def share(
        self,
        signal: str,
        pairs: Sequence[tuple[str, str]],
        leaders: Mapping[str, float],
        verb: str,
    ) -> None:
        """A leader's weight between its neighbours: who knows everybody recommends nobody."""
        many = Counter(leader for leader, _ in pairs)
        for leader, path in pairs:
            value = leaders[leader] / math.sqrt(many[leader])
            self.add(signal, path, value, f"{verb} {leader}")


def _covered(subject: str, words: Sequence[str]) -> float:
    # One word of several proves nothing: every history has most words somewhere.
    count = len(held(subject, words))
    return count / len(words) if count > 1 or len(words) == 1 else 0.0


def _credit(hit: Precedent, best: float) -> float:
    recency = 0.5 + 0.5 * math.exp(-hit.age / _FADES_AFTER)
    return (hit.score / best) ** 2 / math.sqrt(len(hit.paths)) * recency


def _pairs(db: Database, tree_id: int, path: str) -> Iterable[str]:
    words = core(path)
    if not words:
        return []
    return [
        other
        for other in search.paths_ending(db, tree_id, words)
        if is_test(other) != is_test(path) and core(other) == words
    ]


def _pair_reason(path: str, leader: str) -> str:
    return f"tests {leader}" if is_test(path) else f"tested by {leader}"
