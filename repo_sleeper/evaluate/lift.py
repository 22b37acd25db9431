"""Whether each kind of counted note is worth its place in a context; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.evaluate.metrics import Interval, Piece, paired_interval
from repo_sleeper.evaluate.queries import Query
from repo_sleeper.evaluate.results import Ranker, Replay

BUDGET = 1_024
FEWEST = 20  # questions with such a note: fewer show nothing
_PREFIX = "lift of "


class Lift(NamedTuple):
    """What a kind of note adds to what a context finds, over the questions that were shown one."""

    kind: NoteKind
    questions: int
    interval: Interval

    @property
    def helps(self) -> bool:
        """Whether it adds something for more than chance."""
        return self.interval.is_real


def metric(kind: NoteKind) -> str:
    """What the scores of a question call it."""
    return f"{_PREFIX}{kind.value}"


def found(pieces: Sequence[Piece], query: Query, symbols: float) -> float:
    """How much of the answer a context holds, files and symbols alike, 0..1."""
    paths = {piece.path for piece in pieces}
    files = sum(path in paths for path in query.targets) / len(query.targets)
    return (files + symbols) / 2


def lifts(replay: Replay) -> list[Lift]:
    """Each kind that enough questions were shown, in the order of their names."""
    made = []
    for kind in sorted(NoteKind):
        values = [
            scores[metric(kind)]
            for result in replay.results
            if metric(kind) in (scores := result.scores[Ranker.SLEEPER])
        ]
        if len(values) >= FEWEST:
            interval = paired_interval([values], [[0.0] * len(values)])
            made.append(Lift(kind, len(values), interval))
    return made


def lines(measured: Sequence[Lift], *, kept: bool) -> list[str]:
    """What a person should know of it."""
    if not measured:
        return [f"counted notes: no kind was shown to {FEWEST} questions, nothing changes"]
    said = [
        f"  {one.kind.value:14} {one.interval.mean:+.3f} [{one.interval.low:+.3f} "
        f"{one.interval.high:+.3f}] over {one.questions} questions{_verdict(one, kept=kept)}"
        for one in measured
    ]
    end = "a model's notes are not measured here and always stay"
    more = "" if kept else "; `sleeper eval --keep-notes` uses all kinds again"
    return [f"what counted notes add to a context of {BUDGET} tokens", *said, f"{end}{more}"]


def _verdict(one: Lift, *, kept: bool) -> str:
    if one.helps:
        return ""
    return ", kept as asked" if kept else ", left out of contexts from now on"
