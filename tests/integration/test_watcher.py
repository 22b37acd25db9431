"""Hints from the work tree, and what is said when there can be none."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from repo_sleeper.watch import watcher as watchers
from repo_sleeper.watch.watcher import Watcher, is_internal
from tests.conftest import GitRepo


def until(true: Callable[[], bool]) -> None:
    for _ in range(250):
        if true():
            return
        time.sleep(0.02)
    pytest.fail("never happened")


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture
def watcher(repo: GitRepo, seen: list[str]) -> Iterator[Watcher]:
    watching = Watcher(repo.root, seen.append)
    watching.start()
    yield watching
    watching.stop()


def test_whatever_happens_to_a_file_is_a_hint(
    repo: GitRepo, watcher: Watcher, seen: list[str]
) -> None:
    repo.write("lib/a.py", "x = 1\n")
    until(lambda: "lib" in seen)
    seen.clear()

    (repo.root / "b.py").write_text("x")
    until(lambda: "b.py" in seen)
    (repo.root / "b.py").rename(repo.root / "c.py")
    until(lambda: "c.py" in seen)
    seen.clear()
    (repo.root / "c.py").unlink()
    until(lambda: "c.py" in seen)
    assert watcher.degraded == ""


def test_reading_is_no_activity(repo: GitRepo, seen: list[str]) -> None:
    file = repo.write("a.py", "x = 1\n")  # before anybody watches: a write is announced twice
    watching = Watcher(repo.root, seen.append)
    watching.start()

    file.read_text()
    list(repo.root.iterdir())
    repo.write("last.py", "")

    until(lambda: "last.py" in seen)
    watching.stop()
    assert set(seen) == {"last.py"}


@pytest.mark.usefixtures("watcher")
def test_a_commit_is_a_hint(repo: GitRepo, seen: list[str]) -> None:
    repo.commit("start", a_py="")
    until(lambda: any(path.startswith(".git/refs/heads") for path in seen))
    assert not [path for path in seen if path.endswith((".lock", "index"))]


@pytest.mark.parametrize(
    ("path", "internal"),
    [
        (b"a.py", False),
        (b".gitignore", False),
        (b".github/workflows/ci.yml", False),
        (b".git", True),
        (b".git/index", True),
        (b".git/objects/ab/cdef", True),
        (b".git/sleeper/index.db-wal", True),
        (b".git/HEAD", False),
        (b".git/HEAD.lock", True),
        (b".git/refs/heads/main", False),
        (b".git/sleeper/spool/commits", False),
    ],
)
def test_bookkeeping_is_no_activity(path: bytes, *, internal: bool) -> None:
    assert is_internal(path) is internal


def test_lost_events_are_told_and_forgotten_after_a_while(repo: GitRepo, seen: list[str]) -> None:
    now = [0.0]
    watching = Watcher(repo.root, seen.append, clock=lambda: now[0])
    watching.start()
    logger = logging.getLogger("watchdog.observers.inotify_c")

    logger.warning("something else")
    assert seen == []
    logger.warning("Inotify queue overflowed; filesystem events were lost")

    assert "" in seen
    assert "events were lost" in watching.degraded
    now[0] = 601.0
    assert watching.degraded == ""
    watching.stop()
    watching.stop()
    seen.clear()
    logger.warning("Inotify queue overflowed; filesystem events were lost")
    assert seen == []


def test_a_root_that_cannot_be_watched_is_told_and_no_error(tmp_path: Path) -> None:
    watching = Watcher(tmp_path / "gone", print)
    watching.start()
    assert "not watching" in watching.degraded
    watching.stop()


def test_a_watcher_that_was_never_started_is_not_degraded(tmp_path: Path) -> None:
    assert Watcher(tmp_path, print).degraded == ""


def test_a_watcher_that_ended_by_itself_is_told(watcher: Watcher) -> None:
    assert watcher._observer is not None
    watcher._observer.stop()
    watcher._observer.join()
    assert "ended" in watcher.degraded


def test_folders_without_a_watch_are_counted(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchers, "_watches", lambda _: 3)
    assert watcher.degraded.startswith("3 of ")
    assert "max_user_watches" in watcher.degraded
    assert watcher.is_blind


def test_folders_are_counted_again_only_where_some_may_be_without_a_watch(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, counted = [0.0], []
    monkeypatch.setattr(watchers, "_watches", lambda _: counted.append(now[0]))
    watching = Watcher(repo.root, print, clock=lambda: now[0])
    watching.start()
    try:
        for now[0] in (1.0, 100.0, 200.0):
            assert not watching.is_blind
        assert counted == [1.0]
        (repo.root / "new").mkdir()
        until(lambda: watching._new_folder_at is not None)
        for now[0] in (201.0, 203.0, 204.0):
            assert not watching.is_blind
        assert counted == [1.0, 203.0]
    finally:
        watching.stop()


def test_counting_takes_a_hundredth_of_the_time_at_most(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, counted = [0.0], []

    def slowly(_: object) -> int:
        counted.append(now[0])
        now[0] += 3.0
        return 1

    monkeypatch.setattr(watchers, "_watches", slowly)
    watching = Watcher(repo.root, print, clock=lambda: now[0])
    watching.start()
    try:
        for now[0] in (1.0, 100.0, 303.0, 304.0):
            assert watching.is_blind
        assert counted == [1.0, 304.0]
    finally:
        watching.stop()


def test_where_the_system_does_not_count_nothing_is_claimed(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(watchers, "_FDINFO", tmp_path / "none")
    assert watcher.degraded == ""
    assert watchers._watches_in(tmp_path / "none") == 0


LIMITED = """
import sys
from pathlib import Path
from repo_sleeper.watch.watcher import Watcher
watcher = Watcher(Path(sys.argv[1]), print)
watcher.start()
print(watcher.degraded)
watcher.stop()
"""


def test_the_limit_of_the_system_is_noticed_at_the_start(repo: GitRepo) -> None:
    for number in range(300):
        (repo.root / f"d{number}").mkdir()
    limit = "echo 100 > /proc/sys/user/max_inotify_watches"
    probe = subprocess.run(["unshare", "-Ur", "sh", "-c", limit], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("no user namespaces here")

    script = f'{limit}; exec "$@"'
    program = [sys.executable, "-c", LIMITED, os.fspath(repo.root)]
    done = subprocess.run(
        ["unshare", "-Ur", "sh", "-c", script, "sh", *program],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "max_user_watches" in done.stdout or "not watching" in done.stdout
    assert done.stderr == ""


# --- file systems that announce nothing -------------------------------------------------------


class Mute:
    """A back end that accepts everything and delivers nothing, as a network drive does."""

    def schedule(self, *_: object, **__: object) -> None:
        return

    def start(self) -> None:
        return

    def stop(self) -> None:
        return

    def join(self, **_: object) -> None:
        return

    def is_alive(self) -> bool:
        return True


def test_a_file_system_that_announces_nothing_is_noticed_at_the_start(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(watchers, "Observer", Mute)
    monkeypatch.setattr(watchers, "_watches", lambda _: None)
    spool = repo.root / ".git" / "spool"
    spool.mkdir()
    watching = Watcher(repo.root, print, proof=spool, clock=lambda: now[0])

    watching.start()
    assert (watching.degraded, watching.is_blind) == ("", False)
    now[0] = 2.5

    assert "no changes are announced" in watching.degraded
    assert watching.is_blind
    assert list(spool.iterdir()) == []


def test_where_changes_are_announced_the_proof_arrives_and_is_no_hint(repo: GitRepo) -> None:
    now = [0.0]
    seen: list[str] = []
    spool = repo.root / ".git" / "sleeper" / "spool"
    spool.mkdir(parents=True)
    watching = Watcher(repo.root, seen.append, proof=spool, clock=lambda: now[0])
    watching.start()
    try:
        until(lambda: watching._proved_by is None)
        now[0] = 60.0
        assert (watching.degraded, watching.is_blind) == ("", False)
        assert [path for path in seen if "watched" in path] == []
    finally:
        watching.stop()


def test_where_we_cannot_write_we_do_not_say_that_we_are_deaf(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(watchers, "Observer", Mute)
    monkeypatch.setattr(watchers, "_watches", lambda _: None)
    watching = Watcher(repo.root, print, proof=repo.root / "absent", clock=lambda: now[0])

    watching.start()
    now[0] = 60.0

    assert (watching.degraded, watching.is_blind) == ("", False)
