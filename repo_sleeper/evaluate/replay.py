"""Asks what each commit was about, of an index that has not seen it, and keeps the scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from repo_sleeper import git
from repo_sleeper.domain.code import Range
from repo_sleeper.errors import NotFoundError
from repo_sleeper.evaluate import questions
from repo_sleeper.evaluate.bench import FILES, Bench
from repo_sleeper.evaluate.metrics import context_scores, file_scores
from repo_sleeper.evaluate.queries import GoldSymbol, Query
from repo_sleeper.evaluate.questions import Past
from repo_sleeper.evaluate.results import Mode, Plan, Ranker, Replay, Result
from repo_sleeper.evaluate.rivals import Answer
from repo_sleeper.evaluate.saved import Shelf, code_version, fingerprint
from repo_sleeper.evaluate.snapshot import discard
from repo_sleeper.git import Repository
from repo_sleeper.index.pool import ParserPool
from repo_sleeper.recall.pack import count_tokens

# What a stored state or score depends on: a change in any of these makes it worthless. What only
# ranks is not part of a state, so that a new ranking is measured in seconds.
_STORE = (
    *(
        "code",
        "contents",
        "database",
        "evidence",
        "freshness",
        "history",
        "migrations",
        "notes",
        "versions",
    ),
)
_STATE_CODE = (
    *("domain", "git", "history", "index", "survey", "watch/filters", "words"),
    *(f"store/{name}" for name in _STORE),
)
_SCORING = ("bench", "lift", "metrics", "queries", "questions", "reading", "replay", "snapshot")
_GOLD_CODE = tuple(f"evaluate/{name}" for name in _SCORING)
_RIVAL_CODE = (*_GOLD_CODE, "evaluate/baselines", "evaluate/repomap", "evaluate/rivals")
_OUR_CODE = (*_GOLD_CODE, "recall", "redact", "store/search")
_COUNTED = count_tokens("what is counted as a token: d\u00e9j\u00e0 vu " * 9)

Progress = Callable[[int, int], None]


def replay(  # noqa: PLR0913 -- what a replay needs from outside, each by name
    repo: Repository,
    *,
    workshop: Path,
    plan: Plan,
    clock: Callable[[], float],
    progress: Progress | None = None,
    state_version: str = "",
) -> Replay:
    """Replay the newest fair commits; what the workshop holds already is not done again.

    With a `state_version` an index is used again even if the code that made it has changed since.
    """
    head = git.head(repo)
    if not head:
        raise NotFoundError("there are no commits to replay", hint="commit something first")
    past = questions.past_of(repo, head)
    queries = questions.choose(past, count=plan.count)
    base = queries[0].parent if plan.mode is Mode.FAST else ""
    state = fingerprint(state_version or code_version(*_STATE_CODE), base, plan.limits)
    folder = workshop.resolve() / f"{plan.mode}-{state}"
    _discard_others(folder)
    with ParserPool() as pool, closing(Bench(repo, folder, plan.limits, clock, pool)) as bench:
        run = _Run(repo, past, bench, folder, plan.budgets)
        results = _asked(run, queries, base=base, progress=progress)
    return Replay(name=repo.root.name, plan=plan, head=head, frozen_at=base, results=results)


def _asked(
    run: _Run, queries: Sequence[Query], *, base: str, progress: Progress | None
) -> tuple[Result, ...]:
    found = []
    for number, query in enumerate(queries, 1):
        result = run.result(query, at=base or query.parent)
        if result is not None:
            found.append(result)
        if progress is not None:
            progress(number, len(queries))
    return tuple(found)


class _Run:
    """One pass over the questions, with the three shelves that let it be interrupted."""

    def __init__(
        self, repo: Repository, past: Past, bench: Bench, folder: Path, budgets: Sequence[int]
    ) -> None:
        self._repo = repo
        self._past = past
        self._bench = bench
        self._budgets = budgets
        self._gold = _shelf(folder, "gold", _GOLD_CODE)
        self._theirs = _shelf(folder, "rivals", _RIVAL_CODE, budgets, _COUNTED)
        self._ours = _shelf(folder, "sleeper", _OUR_CODE, budgets)

    def result(self, query: Query, *, at: str) -> Result | None:
        """The scores of one question, from the shelf or by asking it."""
        settled = self._settled(query, at)
        if settled is None:
            return None
        key = settled.oid
        if key not in self._theirs:
            self._theirs.put(key, self._rival_scores(settled, at))
        if key not in self._ours:
            self._bench.move_to(at)
            answers = {Ranker.SLEEPER: self._bench.ask(settled.text, self._budgets)}
            judged = _judged(answers, settled)
            judged[Ranker.SLEEPER.value]["scores"] |= self._bench.lifts(settled)
            self._ours.put(key, judged)
        return _result(settled, {**self._ours[key], **self._theirs[key]})

    def _settled(self, query: Query, at: str) -> Query | None:
        if query.oid not in self._gold:
            self._bench.move_to(at)
            golden = questions.with_gold(self._repo, query, self._bench.symbols_of)
            settled = questions.at_index(
                golden, paths=self._bench.snapshot.files, ranges=self._bench.ranges
            )
            self._gold.put(query.oid, {"query": asdict(settled) if settled else None})
        kept = self._gold[query.oid]["query"]
        return _query(kept) if kept else None

    def _rival_scores(self, query: Query, at: str) -> dict[str, Any]:
        self._bench.move_to(at)
        rivals = self._bench.rivals(self._past)
        return _judged(rivals.answers(query.text, self._budgets), query)


def _shelf(folder: Path, name: str, depends_on: Sequence[str], *more: object) -> Shelf:
    return Shelf(folder / f"{name}-{fingerprint(code_version(*depends_on), *more)}.jsonl")


def _discard_others(folder: Path) -> None:
    """States of older code or of an older frozen commit would never be used again."""
    for other in sorted(folder.parent.glob(f"{folder.name.partition('-')[0]}-*")):
        if other != folder:
            discard(other)


def _judged(answers: Mapping[Ranker, Answer], query: Query) -> dict[str, Any]:
    return {
        ranker.value: {
            "scores": scores(answer, query),
            "ranked": list(answer.ranked[:FILES]),
        }
        for ranker, answer in answers.items()
    }


def scores(answer: Answer, query: Query) -> dict[str, float]:
    """Every metric of one answer; every list is cut to the same length first."""
    found = file_scores(answer.ranked[:FILES], query.targets)
    if query.symbols:
        for budget, pieces in answer.contexts.items():
            judged = context_scores(pieces, query.symbols, count=count_tokens)
            found |= {f"{name}@{budget}": value for name, value in judged.items()}
    return found


def _query(kept: Mapping[str, Any]) -> Query:
    return Query(
        oid=kept["oid"],
        parent=kept["parent"],
        text=kept["text"],
        targets=tuple(kept["targets"]),
        symbols=tuple(
            GoldSymbol(one["path"], one["qualified"], Range(*one["range"]))
            for one in kept["symbols"]
        ),
    )


def _result(query: Query, answers: Mapping[str, Any]) -> Result:
    return Result(
        oid=query.oid,
        text=query.text,
        targets=query.targets,
        slices=query.slices,
        scores={ranker: answers[ranker]["scores"] for ranker in Ranker if ranker in answers},
        ranked={ranker: tuple(answers[ranker]["ranked"]) for ranker in Ranker if ranker in answers},
    )
