"""Have the notes paid for themselves? By the paper's formula, and by one that counts more."""

from __future__ import annotations

import math
from dataclasses import dataclass

from repo_sleeper.domain.model import Price, Usage

PAPER_RATIO = 10.0  # what the paper takes a token awake to cost, in tokens asleep


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """What one question takes: tokens generated without notes and with them, and the notes'."""

    without: float
    with_notes: float
    notes: float

    @property
    def saved(self) -> float:
        """Generated tokens that the notes spare a question."""
        return self.without - self.with_notes


def paper(asleep: float, answering: Answering, *, ratio: float = PAPER_RATIO) -> float:
    """N* = B_s / (t (B - b)): questions after which generated tokens are even; inf for never."""
    return _even(asleep, ratio * answering.saved)


def ours(usd: float, answering: Answering, price: Price) -> float:
    """The same in money: all that was spent asleep, and notes are read anew by every question."""
    saved = price.cost(Usage(received=round(answering.saved)))
    return _even(usd, saved - price.cost(Usage(sent=round(answering.notes))))


def _even(spent: float, gain: float) -> float:
    if spent <= 0:
        return 0.0
    return spent / gain if gain > 0 else math.inf
