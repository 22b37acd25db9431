"""A person at a terminal: their own home, a real repository, the installed command."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.conftest import GitRepo

SLEEPER = str(Path(sys.executable).with_name("sleeper"))
SHOP = '''\
"""Adds up what is in a basket."""

TAX = 0.2


def total(prices):
    net = sum(prices)
    return net + tax(net)


def tax(net):
    return net * TAX


def is_empty(prices):
    return not prices
'''


class Done(NamedTuple):
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


class Person:
    """Types commands in a repository. Everything they keep is below one temporary folder."""

    def __init__(self, repo: GitRepo, env: dict[str, str]) -> None:
        self.repo = repo
        self.env = env

    def types(self, *args: str, given: str | None = None, **env: str) -> Done:
        """Run `sleeper` with these arguments and wait for it."""
        done = subprocess.run(
            [SLEEPER, *args],
            cwd=self.repo.root,
            env={**self.env, **env},
            input=given,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def until(self, wanted: Callable[[], object], *, seconds: float = 30.0) -> None:
        """Wait for something to be so."""
        deadline = time.monotonic() + seconds
        while not wanted():
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)

    def log(self) -> str:
        """What the daemon has written down."""
        file = self.state / "daemon.log"
        return file.read_text() if file.exists() else ""

    @property
    def state(self) -> Path:
        """Where sleeper keeps things in this repository."""
        return self.repo.root / ".git" / "sleeper"

    def pid(self) -> int:
        """The daemon's process."""
        found = re.search(r'"pid": (\d+)', (self.state / "daemon.lock").read_text())
        assert found is not None
        return int(found[1])


@contextmanager
def someone(repo: GitRepo, home: Path) -> Iterator[Person]:
    """Someone with a small repository of one commit. Their daemon ends with the block."""
    repo.commit("Add up baskets", shop_py=SHOP)
    person = Person(repo, {**os.environ, "HOME": str(home), "COLUMNS": "100"})
    yield person
    person.types("daemon", "stop")


def is_alive(pid: int) -> bool:
    """Whether there is such a process, and it is not a dead one waiting for its parent."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def descendants(pid: int) -> list[int]:
    """The processes it started, and theirs."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [one for child in map(int, children) for one in (child, *descendants(child))]
