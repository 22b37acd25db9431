from __future__ import annotations

import io
import json
from contextlib import redirect_stdout

import pytest

from repo_sleeper.cli import output


class Terminal(io.StringIO):
    """A stream that says a person looks at it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def test_data_goes_to_stdout_and_talk_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    output.out("data")
    output.say("talk")
    output.complain("it broke", "mend it")

    assert capsys.readouterr() == ("data\n", "talk\nerror: it broke\nhint:  mend it\n")


def test_what_a_terminal_would_obey_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    output.out("a\x1b]52;c;evil\x07b\u202e")

    assert "\x1b" not in (printed := capsys.readouterr().out)
    assert "\u202e" not in printed


def test_json_is_ascii_and_says_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_json({"title": "é\u202e"})

    printed = capsys.readouterr().out
    assert printed.isascii()
    assert json.loads(printed) == {"schema": 1, "title": "é\u202e"}


def test_a_table_in_a_pipe_is_lines_and_tabs(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(("id", "title"), [("1", "two\nlines\tand a tab")])

    assert capsys.readouterr().out == "id\ttitle\n1\ttwo lines and a tab\n"


def test_a_table_on_a_terminal_does_not_read_markup(terminal: Terminal) -> None:
    with redirect_stdout(terminal):
        output.table(("id", "title"), [("1", "list[int] = cache[/b] \x1b[31m")])

    assert "list[int] = cache[/b]" in terminal.getvalue()
    assert "\x1b[31m" not in terminal.getvalue()


ROW = ("7e857965fec2", "entry-point", "src/flask/cli.py:1126", "runs as a script, by hand")


@pytest.mark.parametrize(("width", "room"), [(40, -15), (70, 15), (90, 35)])
def test_what_the_other_columns_leave_is_for_the_sentence(width: int, room: int) -> None:
    assert output.room_for(3, [ROW], width) == room


def test_a_sentence_that_fits_has_room_however_little_it_is() -> None:
    assert output.room_for(1, [("id", "title")], 40) >= output._READABLE


@pytest.mark.parametrize("width", ["40", "60"])
def test_a_narrow_table_cuts_nothing(
    terminal: Terminal, width: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    with redirect_stdout(terminal):
        output.table(("id", "kind", "where", "title"), [ROW])

    for cell in ROW:
        assert cell in terminal.getvalue()


def test_a_panel_in_a_pipe_is_plain(capsys: pytest.CaptureFixture[str]) -> None:
    output.panel("sleeper", [("notes", "3 fresh")])

    assert capsys.readouterr().out == "  notes  3 fresh\n"


def test_a_panel_on_a_terminal_has_a_frame(terminal: Terminal) -> None:
    with redirect_stdout(terminal):
        output.panel("sleeper", [("notes", "3 [fresh]")])

    assert "╭─ sleeper" in terminal.getvalue()
    assert "3 [fresh]" in terminal.getvalue()


def test_no_color_is_honoured(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    with redirect_stdout(terminal):
        output.panel("sleeper", [("notes", "3 fresh")])

    assert "3 fresh" in terminal.getvalue()
    assert "\x1b[3" not in terminal.getvalue()


def test_a_dumb_terminal_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert not output.is_terminal(Terminal())


def test_a_terminal_without_width_is_still_drawn_on(terminal: Terminal) -> None:
    assert output.console(terminal).width == 80


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-1, "0 s"), (0.4, "0 s"), (59, "59 s"), (60, "1 min"), (7200, "2 h"), (200_000, "2 d")],
)
def test_time_as_a_person_says_it(seconds: float, words: str) -> None:
    assert output.ago(seconds) == words


@pytest.mark.parametrize(
    ("amount", "words"), [(0, "$0.00"), (0.0048, "$0.0048"), (0.5, "$0.50"), (12.345, "$12.35")]
)
def test_small_money_is_told_from_nothing(amount: float, words: str) -> None:
    assert output.usd(amount) == words


def test_one_note_and_two_notes() -> None:
    assert (output.count(1, "note"), output.count(1200, "note")) == ("1 note", "1,200 notes")


def test_a_bar_stays_within_its_width() -> None:
    assert output.bar(0.5, 4) == "██░░"
    assert output.bar(9.0, 4) == "████"
    assert output.bar(-1.0, 4) == "░░░░"
