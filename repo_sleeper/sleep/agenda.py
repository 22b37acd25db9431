"""What to think about next: the most value per token first."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.domain.thoughts import Candidate, Subject

# What a call costs besides the code: instructions, surroundings, and the answer, which is dearer.
_OVERHEAD_TOKENS = 1_500
_ANSWER_TOKENS = 3_000
_LARGEST_TOKENS = 6_000
_BYTES_PER_TOKEN = 3
_USUAL_BYTES = 3_000
# A file that history never saw touched may still be: without a floor it would have no value.
_LEAST_TOUCHED = 0.02
_LEAST_UNCOVERED = 0.05
_ASKED = 4.0  # a question that led here says as much as so many references
_CREDIT = 2.0
_MULTIPLIED = ("touched", "reuse", "uncovered", "reach", "worth", "record", "patience")
_WORTH = {
    NoteKind.ARCHITECTURE: 1.0,
    NoteKind.LIKELY_BUG: 0.9,
    NoteKind.DEBUGGING_STRATEGY: 0.7,
    NoteKind.OPTIMIZATION: 0.6,
}


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """A subject and a kind, with its value per 1,000 tokens and the factors that made it."""

    subject: Subject
    kind: NoteKind
    value: float
    factors: dict[str, float]
    step: str = ""  # which look at the subject


def plan(candidates: Iterable[Candidate]) -> list[AgendaItem]:
    """All of it in order: what is being worked on and was not thought about since, then by value.

    The kinds of one subject stay together, because their prompts begin alike and providers
    charge less for what they have just seen.
    """
    subjects: dict[tuple[str, str], list[AgendaItem]] = defaultdict(list)
    for candidate in candidates:
        key = (candidate.subject.path, candidate.subject.symbol)
        subjects[key].append(_item(candidate))
    groups = [sorted(items, key=_rank) for items in subjects.values()]
    return [item for group in sorted(groups, key=lambda g: _rank(g[0])) for item in group]


def _rank(item: AgendaItem) -> tuple[float, float, str, str, NoteKind]:
    subject = item.subject
    return (-item.factors["changed"], -item.value, subject.path, subject.symbol, item.kind)


def _item(candidate: Candidate) -> AgendaItem:
    factors = {
        "changed": float(candidate.dirty_at > candidate.thought_at),
        "touched": _touched(candidate),
        "reuse": 1.0 + math.log2(1.0 + max(candidate.references, 0.0) + _ASKED * candidate.asked),
        "uncovered": _uncovered(candidate),
        "reach": _reach(candidate.size),
        "worth": _WORTH.get(candidate.kind, 0.5),
        "record": _record(candidate),
        "patience": 0.5 ** (candidate.failures + candidate.looks),
        "tokens": tokens(candidate.size),
    }
    gain = math.prod(factors[name] for name in _MULTIPLIED)
    value = 1_000.0 * gain / factors["tokens"]
    return AgendaItem(candidate.subject, candidate.kind, value, factors, candidate.step)


def _touched(candidate: Candidate) -> float:
    """How many of the next edits come here, from how often and lately they did; damped, because
    a note serves the second edit less than the first."""
    expected = candidate.churn if candidate.expected is None else candidate.expected
    touched = math.log1p(max(expected, 0.0) + candidate.beside)
    return max(touched, 1.0 if candidate.dirty_at > candidate.thought_at else _LEAST_TOUCHED)


def _uncovered(candidate: Candidate) -> float:
    """What is new; a second look is at what was seen, and is worth less for that alone."""
    return 1.0 if candidate.looks else max(1.0 - candidate.coverage, _LEAST_UNCOVERED)


def _record(candidate: Candidate) -> float:
    """Notes that nobody came near make another one there worth less; two bring half."""
    return (candidate.hits + _CREDIT) / (candidate.hits + candidate.misses + _CREDIT)


def _reach(size: int) -> float:
    """How much of what is edited later one thought has seen: more code, of which it tells less."""
    return math.sqrt(min(size, _LARGEST_TOKENS * _BYTES_PER_TOKEN) / _USUAL_BYTES)


def tokens(size: int) -> float:
    """What a thought about so many bytes of code takes, an answer counted at its price."""
    code = min(size / _BYTES_PER_TOKEN, _LARGEST_TOKENS)
    return code + _OVERHEAD_TOKENS + _ANSWER_TOKENS
