"""Whom a thought is asked of, and on what terms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from repo_sleeper.domain.model import Price
from repo_sleeper.llm.model import Model
from repo_sleeper.store.ledger import Refusal, Terms


@dataclass(frozen=True, slots=True)
class Asking:
    """A model, the host it is at, what refuses to pay for it, and what time it is."""

    model: Model
    refusal: Refusal
    clock: Callable[[], float]
    host: str = ""

    def terms(self, purpose: str, price: Price) -> Terms:
        """What a call for this purpose is reserved with."""
        return Terms(purpose, self.model.name, self.host, price, self.refusal)
