from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from repo_sleeper.daemon import locks
from repo_sleeper.errors import StoreError

_HOLDER = """
import fcntl, sys
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.lock"


@contextmanager
def _held_elsewhere(path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", _HOLDER, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        yield child


def test_a_lock_that_nobody_made_is_not_held(path: Path) -> None:
    assert not locks.is_held(path)


def test_a_held_lock_is_seen_and_cannot_be_taken(path: Path) -> None:
    with locks.held(path) as ours:
        assert ours
        assert locks.is_held(path)
        assert locks.take(path) is None
    assert not locks.is_held(path)


def test_whoever_does_not_get_it_is_told(path: Path) -> None:
    with locks.held(path), locks.held(path) as ours:
        assert not ours


def test_it_is_private(path: Path) -> None:
    with locks.held(path):
        assert path.stat().st_mode & 0o777 == 0o600


def test_the_kernel_lets_go_when_the_holder_is_killed(path: Path) -> None:
    with _held_elsewhere(path) as child:
        assert locks.is_held(path)
        child.kill()
        child.wait()
        assert not locks.is_held(path)


def test_it_can_be_waited_for(path: Path) -> None:
    with _held_elsewhere(path) as child:
        assert child.stdin is not None
        child.stdin.close()
        lock = locks.take(path, wait=30.0)
        assert lock is not None
        lock.release()


def test_several_can_share_it_and_nobody_has_it_for_themselves_then(path: Path) -> None:
    with locks.shared(path), locks.shared(path):
        assert locks.take(path) is None
    assert locks.take(path) is not None


def test_waiting_ends(path: Path) -> None:
    times = iter([0.0, 1.0, 2.0])

    with locks.held(path):
        assert locks.take(path, wait=1.5, clock=lambda: next(times)) is None


def test_it_says_who_holds_it(path: Path) -> None:
    lock = locks.take(path)
    assert lock is not None
    lock.inscribe("a long name")
    lock.inscribe("Ada")

    assert path.read_text() == "Ada"
    lock.release()


def test_it_knows_whether_others_would_find_it(path: Path) -> None:
    lock = locks.take(path)
    assert lock is not None
    assert lock.is_at(path)

    path.rename(path.with_name("away"))
    assert not lock.is_at(path)
    assert locks.is_still(path, None)
    path.touch()
    assert not lock.is_at(path)
    lock.release()


def test_a_place_that_cannot_be_looked_at_is_not_anothers(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = locks.take(path)
    assert lock is not None

    def refuse(_: Path) -> None:
        raise PermissionError(13, "no")

    monkeypatch.setattr(Path, "lstat", refuse)

    assert lock.is_at(path)
    assert not locks.is_still(path, None)
    lock.release()


def test_a_place_that_cannot_be_written_is_an_error_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file"):
        locks.take(tmp_path / "absent" / "some.lock")


def test_a_symbolic_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StoreError):
        locks.take(path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_pipe_is_no_lock_and_never_waited_for(path: Path) -> None:
    os.mkfifo(path)

    assert not locks.is_held(path)
    assert locks.inscribed(path) == locks.written(path) == {}
    with pytest.raises(StoreError, match="not a regular file"):
        locks.take(path)
