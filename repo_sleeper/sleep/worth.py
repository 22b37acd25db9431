"""Have the notes paid for themselves? By the paper's formula, and by one that counts more."""

from __future__ import annotations

import math
from typing import NamedTuple

from repo_sleeper.domain.model import Price, Usage

PAPER_RATIO = 10.0  # what the paper takes a token awake to cost, in tokens asleep


class Mix(NamedTuple):
    """How questions are answered: by a model with notes before it, and with no call at all.

    Of `noted` and `free`, and of `bare` ones that a model answered without notes, there are so
    many; a free one spares what an answer of a model costs, `free_usd`.
    """

    noted: int
    bare: int
    free: int
    free_usd: float

    @property
    def all(self) -> int:
        """All of them."""
        return self.noted + self.bare + self.free


def paper(asleep: float, without: float, with_notes: float, *, ratio: float = PAPER_RATIO) -> float:
    """N* = B_s / (t (B - b)): questions after which generated tokens are even; inf for never."""
    return _even(asleep, ratio * (without - with_notes))


def spared(price: Price, *, without: float, with_notes: float, notes: float) -> float:
    """What notes spare one answer in money: tokens not generated, less the notes it reads."""
    saved = price.cost(Usage(received=1)) * (without - with_notes)
    return saved - price.cost(Usage(sent=1)) * notes


def ours(usd: float, mix: Mix, noted_usd: float) -> float:
    """All that was spent asleep over what a question of this mix spares; inf for never.

    `noted_usd` is what one with notes spares. What is spent asleep for one question after another
    is not in here: it is what was spent so far.
    """
    gain = mix.noted * noted_usd + mix.free * mix.free_usd
    return _even(usd, gain / mix.all if mix.all else 0.0)


def _even(spent: float, gain: float) -> float:
    if spent <= 0:
        return 0.0
    return spent / gain if gain > 0 else math.inf
