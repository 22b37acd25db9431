"""R@k, F1@k, MRR, RPrec, symbol recall, context efficiency and paired intervals; pure."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from repo_sleeper.evaluate.queries import GoldSymbol

BUDGETS = (256, 512, 1_024, 2_048, 4_096)
FILE_METRICS = ("R@5", "R@10", "F1@5", "MRR", "RPrec")
ROUNDS = 1_000

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some lines a context shows of one file; `start` is 0-based, or None for what is no code."""

    path: str
    text: str
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean difference and where 95 of 100 resampled ones lie."""

    mean: float
    low: float
    high: float

    @property
    def is_real(self) -> bool:
        """Whether it is above zero for more than chance."""
        return self.low > 0


# --- ranked files -----------------------------------------------------------------------------


def file_scores(ranked: Sequence[str], gold: Collection[str]) -> dict[str, float]:
    """Every file metric of one ranking."""
    return {
        "R@5": recall_at(5, ranked, gold),
        "R@10": recall_at(10, ranked, gold),
        "F1@5": f1_at(5, ranked, gold),
        "MRR": reciprocal_rank(ranked, gold),
        "RPrec": recall_at(len(gold), ranked, gold),
    }


def recall_at(k: int, ranked: Sequence[str], gold: Collection[str]) -> float:
    """The share of the gold files among the first k."""
    return len(set(gold) & set(ranked[:k])) / len(gold)


def f1_at(k: int, ranked: Sequence[str], gold: Collection[str]) -> float:
    """Precision and recall of the first k in one number; a shorter list is judged as it is."""
    shown = set(ranked[:k])
    hits = len(set(gold) & shown)
    return 2 * hits / (len(shown) + len(gold)) if hits else 0.0


def reciprocal_rank(ranked: Sequence[str], gold: Collection[str]) -> float:
    """One over the place of the first hit."""
    return next((1 / place for place, path in enumerate(ranked, 1) if path in gold), 0.0)


# --- contexts under a budget ------------------------------------------------------------------


def context_scores(
    pieces: Sequence[Piece], gold: Sequence[GoldSymbol], *, count: Callable[[str], int]
) -> dict[str, float]:
    """Symbol recall and context efficiency of what would be injected.

    A symbol is recalled when a piece of its own file names it. A line counts as useful when it
    names a gold symbol of its file or lies in one; efficiency is useful tokens by all tokens.
    """
    named = {symbol for symbol in gold if any(_names(piece, symbol) for piece in pieces)}
    total = sum(count(piece.text) for piece in pieces)
    useful = sum(_useful_tokens(piece, gold, count) for piece in pieces)
    return {
        "SymRecall": len(named) / len(gold),
        "CtxEff": useful / total if total else 0.0,
    }


def _names(piece: Piece, symbol: GoldSymbol) -> bool:
    return piece.path == symbol.path and symbol.name in _WORD.findall(piece.text)


def _useful_tokens(piece: Piece, gold: Sequence[GoldSymbol], count: Callable[[str], int]) -> int:
    own = [symbol for symbol in gold if symbol.path == piece.path]
    if not own:
        return 0
    lines = piece.text.splitlines(keepends=True)
    return sum(
        count(line) for number, line in enumerate(lines) if _is_useful(line, number, piece, own)
    )


def _is_useful(line: str, number: int, piece: Piece, own: Sequence[GoldSymbol]) -> bool:
    words = set(_WORD.findall(line))
    inside = piece.start is not None and any(piece.start + number in one.range for one in own)
    return inside or any(symbol.name in words for symbol in own)


# --- many queries, many repositories ----------------------------------------------------------


def mean(values: Collection[float]) -> float:
    """The arithmetic mean; nothing measured is 0."""
    return sum(values) / len(values) if values else 0.0


def macro(groups: Collection[Collection[float]]) -> float:
    """The mean of each repository's mean, so that a long history does not count more."""
    return mean([mean(group) for group in groups if group])


def paired_interval(
    ours: Sequence[Sequence[float]],
    theirs: Sequence[Sequence[float]],
    *,
    seed: int = 0,
    rounds: int = ROUNDS,
) -> Interval:
    """How much better ours is: the same queries of each repository, drawn again and again.

    The repositories are fixed: the interval speaks of these, not of ones never seen.
    """
    groups = [
        [mine - other for mine, other in zip(one, two, strict=True)]
        for one, two in zip(ours, theirs, strict=True)
        if one
    ]
    draw = random.Random(seed)  # noqa: S311 -- resampling, not a secret
    drawn = sorted(
        macro([draw.choices(group, k=len(group)) for group in groups]) for _ in range(rounds)
    )
    cut = round(rounds * 0.025)
    return Interval(macro(groups), drawn[cut], drawn[rounds - cut - 1])
