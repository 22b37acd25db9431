"""The short way for the commonest commands: typer takes 40 ms to read three words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from repo_sleeper.cli.asking import Wish

_FLAGS = frozenset({"--context", "--json", "--no-model", "--fresh"})
_ASK_NOTHING = frozenset({"--yes", "-y"})
_NO_DAEMON = frozenset({"--no-daemon"})


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


def is_plain_init(words: Sequence[str]) -> bool:
    """Whether this is the `init` that asks nothing, of anybody, and is told nothing of a model.

    One that may ask is typer's: it knows what it means to leave at a question.
    """
    said = set(words[1:])
    return words[:1] == ["init"] and bool(said & _ASK_NOTHING) and said <= _ASK_NOTHING | _NO_DAEMON
