"""Runs what was typed; the one place where errors become words."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from repo_sleeper.cli import ahead, first, shortcut
from repo_sleeper.errors import SleeperError

if TYPE_CHECKING:
    from repo_sleeper.cli.asking import Wish


def main() -> None:
    """Run it: nothing but one line of ours ever reaches the person."""
    _have_streams()
    _be_lenient_with_characters()
    try:
        sys.exit(_run(sys.argv[1:]))
    except SleeperError as error:
        sys.exit(_told(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        _leave_quietly()
    except Exception as error:
        if os.environ.get("SLEEPER_DEBUG") == "1":
            raise
        sys.exit(_confessed(error))


def _run(words: list[str]) -> int:
    wish = shortcut.plain_question(words)
    if wish is not None:
        return _ask(wish)
    if shortcut.is_plain_init(words):
        return _set_up(daemon="--no-daemon" not in words)
    from repo_sleeper.cli.app import app

    first.begin()
    try:
        app(prog_name="sleeper")  # leaves by SystemExit, with its own code
    finally:
        sys.stdout.flush()  # here, where what cannot be written is told
    return 0


def _ask(wish: Wish) -> int:
    ahead.set_out(derive=False)
    from repo_sleeper.cli import asking

    first.begin()
    try:
        code = asking.fulfil(wish)
    finally:
        ahead.call_off()
    sys.stdout.flush()  # here, where a pipe that is closed is no news
    return code


def _set_up(*, daemon: bool) -> int:
    ahead.set_out(derive=True)
    from repo_sleeper.cli import setup
    from repo_sleeper.cli.wizard import Choice

    first.begin()
    setup.set_up(Choice(), ask=False, daemon=daemon, rebuild=False)
    return 0


def _told(error: SleeperError) -> int:
    from repo_sleeper.cli import output

    with contextlib.suppress(BrokenPipeError):
        output.complain(str(error), error.hint)
    return error.exit_code


def _confessed(error: Exception) -> int:
    """One line for what should not have happened, and the whole story in a file."""
    from repo_sleeper.cli import output
    from repo_sleeper.cli.crash import explain

    output.complain(*explain(error))
    if isinstance(error, OSError):
        _forget_output()  # it may be what could not be written
    return 1


def _have_streams() -> None:
    """Streams that whoever started us has closed are None: what is written there is lost."""
    sys.stdin = sys.stdin or open(os.devnull)  # noqa: PTH123, SIM115 -- it lives as long as we do
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115


def _be_lenient_with_characters() -> None:
    """A terminal that cannot show a character gets its code, not an exception."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _leave_quietly() -> None:
    _forget_output()
    sys.exit(141)


def _forget_output() -> None:
    # Python would complain once more when it flushes at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
