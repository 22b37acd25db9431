"""The short way takes exactly what typer would take, and leaves it the rest."""

from __future__ import annotations

import pytest

from repo_sleeper.cli.asking import Wish
from repo_sleeper.cli.shortcut import plain_question


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        (["ask", "where is it?"], Wish("where is it?")),
        (["ask", "where", "is", "it"], Wish("where is it")),
        (["ask", "--context", "where"], Wish("where", context=True)),
        (["ask", "where", "--context", "--json"], Wish("where", context=True, as_json=True)),
        (["ask", "--no-model", "--fresh", "w"], Wish("w", no_model=True, fresh=True)),
        (["ask", ""], Wish("")),
    ],
)
def test_a_question_and_plain_flags_are_taken(words, wish):
    assert plain_question(words) == wish


@pytest.mark.parametrize(
    "words",
    [
        pytest.param([], id="nothing at all"),
        pytest.param(["status"], id="another command"),
        pytest.param(["ask"], id="no question"),
        pytest.param(["ask", "--context"], id="only a flag"),
        pytest.param(["ask", "-"], id="standard input"),
        pytest.param(["ask", "--", "--context"], id="an end of options"),
        pytest.param(["ask", "--help"], id="help"),
        pytest.param(["ask", "--files", "3", "where"], id="an option with a value"),
        pytest.param(["ask", "--cont", "where"], id="not quite a flag"),
        pytest.param(["-C", "there", "ask", "where"], id="an option before"),
    ],
)
def test_all_else_is_left_to_typer(words):
    assert plain_question(words) is None
