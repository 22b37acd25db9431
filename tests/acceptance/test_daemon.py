from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import GitRepo
from tests.terminal import SLEEPER, Person, descendants, is_alive, someone

HOLD = """
import fcntl, sys
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture
def person(repo: GitRepo, private_home: Path) -> Iterator[Person]:
    with someone(repo, private_home) as person:
        yield person


@pytest.fixture
def at_work(person: Person) -> Person:
    """A person whose repository is set up; the daemon is not running."""
    assert person.types("init", "--yes", "--no-daemon").code == 0
    return person


def test_it_starts_answers_restarts_and_stops(at_work: Person) -> None:
    assert at_work.types("daemon").code == 3
    assert "is ready" in at_work.types("daemon", "start").err
    first = at_work.pid()
    assert "was running already" in at_work.types("daemon", "start").err

    told = json.loads(at_work.types("daemon", "status", "--json").out)
    assert (told["running"], told["answering"], told["pid"]) == (True, True, first)
    assert "awake: no model is set" in at_work.types("daemon", "status").out

    assert at_work.types("daemon", "restart").code == 0
    second = at_work.pid()
    assert second != first
    assert not is_alive(first)

    assert "daemon stopped" in at_work.types("daemon", "stop").err
    assert not is_alive(second)
    assert "no daemon was running" in at_work.types("daemon", "stop").err
    assert "daemon 0.1.0 ready" in at_work.types("daemon", "logs").out
    assert at_work.types("daemon", "logs", "-n", "1").out.count("\n") == 1


def test_many_starts_at_once_make_one_daemon(at_work: Person) -> None:
    with ThreadPoolExecutor(12) as pool:
        started = list(pool.map(lambda _: at_work.types("daemon", "start"), range(12)))

    assert [done.code for done in started] == [0] * 12
    assert sum("is ready" in done.err for done in started) == 1
    assert at_work.log().count(" ready, pid ") == 1


def test_after_a_kill_there_is_nothing_to_clean(at_work: Person) -> None:
    at_work.types("daemon", "start")
    first = at_work.pid()
    children = descendants(first)

    os.kill(first, signal.SIGKILL)

    at_work.until(lambda: not any(is_alive(pid) for pid in (first, *children)))
    assert at_work.types("daemon", "status").code == 3
    assert "is ready" in at_work.types("daemon", "start").err
    assert at_work.pid() != first


def test_it_is_found_whatever_the_environment_it_was_started_in(
    at_work: Person, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "run"
    elsewhere.mkdir(mode=0o700)
    at_work.types("daemon", "start", XDG_RUNTIME_DIR=str(elsewhere))
    first = at_work.pid()

    assert at_work.types("daemon", "status").code == 0
    assert f"was running already (pid {first})" in at_work.types("daemon", "start").err
    assert at_work.types("ask", "how does total add the tax", "--context").err == ""
    assert "daemon stopped" in at_work.types("daemon", "stop").err
    assert not is_alive(first)


def test_a_store_that_is_removed_by_hand_takes_its_daemon_along(at_work: Person) -> None:
    at_work.types("daemon", "start")
    first = at_work.pid()

    shutil.rmtree(at_work.state)

    _until(lambda: not is_alive(first))


@pytest.mark.parametrize("how", ["start", "restart", "stop", "init", "rebuild"])
def test_a_daemon_without_its_files_makes_room(at_work: Person, how: str) -> None:
    at_work.types("daemon", "start")
    first = at_work.pid()
    os.kill(first, signal.SIGSTOP)  # it cannot see for itself
    if how == "rebuild":
        (at_work.state / "daemon.lock").unlink()
    else:
        shutil.rmtree(at_work.state)
        at_work.types("init", "--yes", "--no-daemon")
    assert "not running" in at_work.types("daemon", "status").out

    types = {"init": ("init", "--yes"), "rebuild": ("init", "--yes", "--rebuild")}
    done = at_work.types(*types.get(how, ("daemon", how)))

    assert done.code == 0, done.err
    assert not is_alive(first)
    if how == "stop":
        assert "daemon stopped" in done.err
    else:
        assert at_work.pid() != first
        assert at_work.types("daemon", "status").code == 0


def test_a_question_does_not_believe_a_daemon_without_its_files(at_work: Person) -> None:
    at_work.types("daemon", "start")
    shutil.rmtree(at_work.state)
    at_work.types("init", "--yes", "--no-daemon")
    at_work.repo.write("basket.py", "def weigh(basket):\n    return len(basket)\n")

    asked = at_work.types("ask", "where is the basket weighed", "--context")

    assert "basket.py" in asked.out
    assert "no daemon is running" in asked.err


def _until(wanted: Callable[[], object], *, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_save_a_commit_and_a_question(at_work: Person) -> None:
    at_work.types("daemon", "start")

    at_work.repo.write("basket.py", "def weigh(basket):\n    return len(basket)\n")
    at_work.until(lambda: "1 changed" in at_work.log())
    asked = at_work.types("ask", "where is the basket weighed", "--context")
    assert (asked.code, asked.err) == (0, "")
    assert "basket.py" in asked.out

    at_work.repo.commit("Weigh baskets")
    at_work.until(lambda: "a commit in" in at_work.log())
    at_work.until(lambda: "1 commits" in at_work.log())


def test_a_question_without_a_daemon_says_that_there_is_none(at_work: Person) -> None:
    at_work.repo.write("basket.py", "def weigh(basket):\n    return len(basket)\n")

    asked = at_work.types("ask", "where is the basket weighed", "--context")

    assert asked.code == 0
    assert "basket.py" in asked.out
    assert "no daemon is running" in asked.err


def test_a_daemon_that_hangs_does_not_hang_a_question(at_work: Person) -> None:
    at_work.types("daemon", "start")
    pid = at_work.pid()
    os.kill(pid, signal.SIGSTOP)

    asked = at_work.types("ask", "how does total add the tax", "--context")
    assert asked.code == 0
    assert "shop.py" in asked.out
    assert "does not answer" in asked.err
    assert "not answering" in at_work.types("status").out

    assert at_work.types("daemon", "start").code == 1
    assert at_work.types("daemon", "stop").code == 0
    assert not is_alive(pid)


def test_it_outlives_the_terminal_it_was_started_in(at_work: Person) -> None:
    terminal = subprocess.Popen(
        ["/bin/sh", "-c", f"'{SLEEPER}' daemon start && echo started && exec sleep 60"],
        cwd=at_work.repo.root,
        env=at_work.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with terminal:
        assert terminal.stdout is not None
        assert terminal.stdout.readline() == b"started\n"
        os.killpg(terminal.pid, signal.SIGHUP)

    assert at_work.types("daemon", "status").code == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_in_the_foreground_it_leaves_when_told(at_work: Person, number: signal.Signals) -> None:
    running = subprocess.Popen(
        [SLEEPER, "daemon", "run"],
        cwd=at_work.repo.root,
        env=at_work.env,
        stderr=subprocess.PIPE,
        text=True,
    )
    with running:
        assert running.stderr is not None
        assert next(line for line in running.stderr if "ready, pid" in line)
        second = at_work.types("daemon", "run")
        assert (second.code, "running already" in second.err) == (1, True)

        running.send_signal(number)
        assert running.wait(10) == 0
        rest = running.stderr.read()
        assert f"ending: {number.name}" in rest
        assert "ready" not in rest, "it says so once"


def test_the_log_can_be_followed(at_work: Person) -> None:
    assert at_work.types("daemon", "logs").code == 3
    at_work.types("daemon", "start")
    following = subprocess.Popen(
        [SLEEPER, "daemon", "logs", "-f"],
        cwd=at_work.repo.root,
        env={**at_work.env, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    with following:
        assert following.stdout is not None
        assert "ready" in following.stdout.readline()
        at_work.types("daemon", "stop")
        assert any("ending: asked to" in line for line in following.stdout)
        following.send_signal(signal.SIGINT)
        assert following.wait(10) == 130


def test_why_it_cannot_start_is_said(at_work: Person) -> None:
    (at_work.state / "sleeper.db").write_bytes(b"this is not a database" * 100)

    started = at_work.types("daemon", "start")

    assert started.code == 1
    assert "error: the database cannot be opened" in started.err
    assert "hint:" in started.err


def test_a_foreign_pid_in_the_lock_is_never_signalled(at_work: Person) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            HOLD,
            str(at_work.state / "daemon.lock"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        (at_work.state / "daemon.lock").write_text(json.dumps({"pid": holder.pid, "born": "1"}))

        stopped = at_work.types("daemon", "stop")

        assert stopped.code == 1
        assert "does not end" in stopped.err
        assert holder.poll() is None
        assert holder.stdin is not None
        holder.stdin.close()
