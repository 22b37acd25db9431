"""What a person sees, to the letter: each file in fixtures/transcripts is played again.

A line that starts with `$ ` is a command, what follows is its output (errors before data, as a
pipe orders them), `[exit N]` its exit code when it is not 0. Rewrite them after a deliberate
change with SLEEPER_REWRITE_TRANSCRIPTS=1, and read the difference.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parents[2] / "fixtures"
TRANSCRIPTS = sorted((FIXTURES / "transcripts").glob("*.txt"))
REWRITE = bool(os.environ.get("SLEEPER_REWRITE_TRANSCRIPTS"))  # before tests lose the environment
SLEEPER = Path(sys.executable).with_name("sleeper")

# What is different each time, and what is written instead.
CHANGING = (
    (r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", "WHEN"),
    (r"pid \d+", "pid PID"),
    (r"\b\d+(\.\d+)? (ms|s)\b", "SOME s"),
    (r"\b\d+(\.\d+)? MB\b", "SOME MB"),
)
# From 2.54 on git runs hooks that its configuration names, and ours is told of as one of them.
_HOOK = "~/shop/.git/hooks/post-commit"
OF_NEWER_GIT = (
    ("installed in the repository's configuration", f"installed in {_HOOK}"),
    ("added a post-commit hook to the repository's configuration", f"installed {_HOOK}"),
    ("is already in the repository's configuration", f"is already in {_HOOK}"),
    ("took the post-commit hook out of the repository's configuration", f"removed {_HOOK}"),
)


class Terminal:
    """A shell in a fresh copy of the shop, with a history that has the same ids every time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cwd = folder / "shop"
        shutil.copytree(FIXTURES / "repos/shop", self.cwd)
        self._git("init", "--quiet")
        self._commit("Add the shop", 1)
        cart = self.cwd / "shop/cart.py"
        cart.write_text(cart.read_text().replace("halves to the even", "halves to even"))
        self._commit("Fix rounding of the total", 2)

    def play(self, command: str) -> str:
        """Run one command line; `cd` stays, `sleeper` is the installed one."""
        words = shlex.split(command)
        if words[0] == "cd":
            self.cwd = (self.cwd / words[1]).resolve()
            return ""
        program = {
            "sleeper": [str(SLEEPER)],
            "git": ["git"],
            "write": [sys.executable, "-c", WRITE],
        }
        done = subprocess.run(
            [*program[words[0]], *words[1:]],
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "", "NO_COLOR": "1"},
            text=True,
            check=False,
        )
        ended = f"[exit {done.returncode}]\n" if done.returncode else ""
        return self._settled(done.stdout) + ended

    def _settled(self, text: str) -> str:
        text = text.replace(str(self.folder.resolve()), "~").replace(os.environ["HOME"], "HOME")
        for pattern, instead in (*CHANGING, *OF_NEWER_GIT):
            text = re.sub(pattern, instead, text)
        return text

    def _git(self, *args: str) -> None:
        subprocess.run(["git", *args], cwd=self.cwd, check=True, capture_output=True)

    def _commit(self, message: str, day: int) -> None:
        os.environ["GIT_AUTHOR_DATE"] = os.environ["GIT_COMMITTER_DATE"] = (
            f"2026-01-0{day}T12:00:00Z"
        )
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", message)


# `write PATH TEXT` stands for an editor.
WRITE = "import sys; open(sys.argv[1], 'w').write(sys.argv[2].encode().decode('unicode_escape'))"


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.setenv(name, "")
    yield Terminal(tmp_path)
    subprocess.run(
        [SLEEPER, "-C", tmp_path / "shop", "daemon", "stop"], capture_output=True, check=False
    )


@pytest.mark.timeout(120)
@pytest.mark.parametrize("file", TRANSCRIPTS, ids=lambda file: file.stem)
def test_a_person_sees_exactly_this(file: Path, terminal: Terminal):
    written = file.read_text()
    commands = [line[2:] for line in written.splitlines() if line.startswith("$ ")]

    played = "".join(f"$ {command}\n{terminal.play(command)}" for command in commands)

    if REWRITE:
        file.write_text(played)
        pytest.skip("rewritten")
    assert played == written


def test_there_are_transcripts():
    assert len(TRANSCRIPTS) > 3
