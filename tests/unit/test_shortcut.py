"""The short way takes exactly what typer would take, and leaves it the rest."""

from __future__ import annotations

import pytest

from repo_sleeper.cli.asking import Wish
from repo_sleeper.cli.shortcut import is_plain_init, plain_question


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


@pytest.mark.parametrize(
    "words", [["init", "--yes"], ["init", "-y"], ["init", "--no-daemon", "--yes", "-y"]]
)
def test_setting_up_without_a_question_is_taken(words):
    assert is_plain_init(words)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param([], id="nothing at all"),
        pytest.param(["--yes"], id="no command"),
        pytest.param(["init"], id="it may ask"),
        pytest.param(["init", "--no-daemon"], id="it may ask for a daemon-less one, too"),
        pytest.param(["init", "--yes", "--no-model"], id="a choice of model"),
        pytest.param(["init", "--yes", "--rebuild"], id="something else to do"),
        pytest.param(["init", "--yes", "there"], id="a word too many"),
        pytest.param(["init", "--ye"], id="not quite an option"),
    ],
)
def test_any_other_init_is_left_to_typer(words):
    assert not is_plain_init(words)
