"""The port every model is behind: one prompt in, one reply out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from repo_sleeper.domain.model import Price, Prompt, Reply


class Model(Protocol):
    """What the rest of the program knows of a language model."""

    @property
    def name(self) -> str:
        """The name it is asked for by, as the settings have it."""

    def complete(self, prompt: Prompt) -> Reply:
        """One call, never repeated here; raises only the ModelError family."""

    def price(self) -> Price:
        """What its tokens cost, as far as anybody knows."""

    def close(self) -> None:
        """Let go of whatever it holds; the next `complete` starts it again."""


class Streaming(Model, Protocol):
    """A model that can be heard while it speaks."""

    def stream(self, prompt: Prompt, hear: Callable[[str], None]) -> Reply:
        """One call as `complete` makes it; `hear` gets the text of the reply, line by line."""


@runtime_checkable
class Startable(Protocol):
    """A model that takes its time to be ready, and can be told to before there is a question."""

    def start(self) -> None:
        """Be ready; whatever prevents it is told by the next `complete`."""
