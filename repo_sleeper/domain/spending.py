"""What calls cost, and what forbids the next one."""

from __future__ import annotations

from typing import NamedTuple, Self


class Amount(NamedTuple):
    """What calls have cost, or may cost at worst; for `unpriced` of them nobody knows the money."""

    usd: float = 0.0
    tokens: int = 0
    calls: int = 0
    unpriced: int = 0

    @property
    def known_usd(self) -> float | None:
        """What is known of the money; None where that is nothing."""
        return self.usd if self.usd or not self.unpriced else None


class Spent(NamedTuple):
    """What counts against the caps of today, of this month and of a subject."""

    day: Amount = Amount()
    month: Amount = Amount()
    subject: Amount = Amount()  # this month, about what the next call is about


class Refused(str):
    """Why a call may not be made, and what to do where it is not for what was spent before."""

    __slots__ = ("hint",)
    hint: str

    def __new__(cls, why: str, hint: str = "") -> Self:
        refused = super().__new__(cls, why)
        refused.hint = hint
        return refused


class TooDear(Refused):
    """Why this very call may not be made, while a smaller one or one elsewhere still may."""

    __slots__ = ()


class LastError(NamedTuple):
    """The newest failure of a model call, verbatim but for secrets."""

    kind: str
    message: str
    at: float


class KeptAnswer(NamedTuple):
    """What a model said to a question, verbatim, and when."""

    text: str
    model: str
    at: float


class Pause(NamedTuple):
    """Why no call is made. `until` is None when only a person can end it."""

    kind: str
    message: str
    at: float
    until: float | None = None
    failures: int = 0
