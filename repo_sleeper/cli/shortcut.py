"""The short way for the commonest question: typer takes 40 ms to read three words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from repo_sleeper.cli.asking import Wish

_FLAGS = frozenset({"--context", "--json", "--no-model", "--fresh"})


def plain_question(words: Sequence[str]) -> Wish | None:
    """The wish in `ask [flags] WORDS`; None for anything else, which typer then reads.

    Whatever is not one of the flags exactly, or begins like an option, is not for us: typer
    knows abbreviations, values, help and how to complain.
    """
    if not words or words[0] != "ask":
        return None
    question = [word for word in words[1:] if word not in _FLAGS]
    if not question or any(word.startswith("-") for word in question):
        return None
    from repo_sleeper.cli.asking import Wish

    return Wish(
        " ".join(question),
        context="--context" in words,
        as_json="--json" in words,
        no_model="--no-model" in words,
        fresh="--fresh" in words,
    )
