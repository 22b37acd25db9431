"""Parser children that hang, crash, grow and lose their parent."""

from __future__ import annotations

import marshal
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from repo_sleeper.domain.tree import SkipReason
from repo_sleeper.index import pool as pools
from repo_sleeper.index.channel import HEADER
from repo_sleeper.index.pool import Parsed, ParserPool, Request


def request(path: str, text: str = "def f(): pass\n", language: str = "python") -> Request:
    return Request(path, path, language, text.encode())


def outcomes(results: Iterator[Parsed]) -> dict[str, SkipReason | None]:
    return {one.request.path: one.skip for one in results}


def until(true: Callable[[], bool]) -> None:
    for _ in range(400):
        if true():
            return
        time.sleep(0.02)
    pytest.fail("never happened")


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_rows_come_back_for_every_request() -> None:
    with ParserPool() as pool:
        results = list(pool.parse([request("a.py"), request("b.md", "# Hi there\n", "text")]))

    rows = {one.request.path: one.rows for one in results}
    assert rows["a.py"] is not None
    assert rows["a.py"].symbols[0][0] == "f"
    assert rows["b.md"] is not None
    assert rows["b.md"].chunks[0][3] == "Hi there"


def test_nothing_to_do_starts_nobody_and_little_to_do_only_one() -> None:
    with ParserPool() as pool:
        assert list(pool.parse([])) == []
        assert pool.pids == []
        list(pool.parse([request("a.py"), request("b.py")]))
        assert len(pool.pids) == 1
        list(pool.parse(request(f"{number}.py") for number in range(60)))
        assert len(pool.pids) == 2


def test_children_are_gone_after_closing() -> None:
    with ParserPool() as pool:
        list(pool.parse([request("a.py")]))
        (pid,) = pool.pids
        assert is_alive(pid)
    assert not is_alive(pid)
    assert pool.pids == []


def test_a_file_that_hangs_is_given_up_and_the_rest_is_parsed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLEEPER_TEST_HANG_ON", "5.py")
    with ParserPool(1, limit_s=0.4) as pool:
        found = outcomes(pool.parse(request(f"{number}.py") for number in range(10)))

    assert found == {
        f"{number}.py": SkipReason.PARSER_TIMEOUT if number == 5 else None for number in range(10)
    }


def test_a_file_that_crashes_the_parser_is_given_up_and_the_rest_is_parsed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLEEPER_TEST_CRASH_ON", "5.py")
    with ParserPool(1) as pool:
        found = outcomes(pool.parse(request(f"{number}.py") for number in range(10)))

    assert found == {
        f"{number}.py": SkipReason.PARSER_CRASHED if number == 5 else None for number in range(10)
    }


def test_a_parent_kills_a_child_that_the_alarm_did_not_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pools, "_GRACE_S", 0.2)
    with ParserPool(1, limit_s=0.2) as pool:
        list(pool.parse([request("a.py")]))
        os.kill(pool.pids[0], signal.SIGSTOP)  # a stopped process gets no alarm
        found = outcomes(pool.parse([request("b.py")]))

    assert found == {"b.py": SkipReason.PARSER_TIMEOUT}


@pytest.mark.parametrize(
    "text", ["[" * 5_000 + "]" * 5_000, "x = " + "-" * 9_000 + "1", "a" + "+a" * 9_000]
)
def test_what_is_nested_too_deep_is_not_queried(text: str) -> None:
    with ParserPool(1) as pool:
        (found,) = pool.parse([request("deep.py", text)])
    assert found.skip is SkipReason.TOO_DEEP


def test_an_error_in_our_own_code_costs_one_file() -> None:
    with ParserPool(1) as pool:
        found = outcomes(pool.parse([request("a.x", language="klingon"), request("b.py")]))
    assert found == {"a.x": SkipReason.PARSER_CRASHED, "b.py": None}


def test_memory_is_capped() -> None:
    with ParserPool(1) as pool:
        list(pool.parse([request("a.py")]))
        limits = Path(f"/proc/{pool.pids[0]}/limits").read_text()
    assert f"{1 << 30}" in next(line for line in limits.splitlines() if "address space" in line)


def test_a_child_that_grew_fat_is_replaced_and_nobody_is_blamed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ParserPool(1) as pool:
        list(pool.parse([request("a.py")]))
        before = pool.pids
        monkeypatch.setattr(pools, "_RECYCLE", -signal.SIGTERM)  # stands for the polite exit
        # More than are asked for at once, so that some are left when it goes; fewer than one
        # child reads before it makes room for another by itself.
        requests = (request(f"{number}.py") for number in range(400))
        found: list[Parsed] = []
        for one in pool.parse(requests):
            if not found:
                os.kill(before[0], signal.SIGTERM)
            found.append(one)
        assert pool.pids != before
    assert len({one.request.path for one in found}) == len(found) == 400
    assert all(one.skip is None for one in found)


FAT = """
import sys
from repo_sleeper.index import worker
worker._FILES_MAX, worker._FAT_KB = 2, 0
sys.exit(worker.main())
"""


def test_a_worker_that_grew_fat_ends_between_two_files() -> None:
    body = marshal.dumps(("python", "a.py", b"x = 1\n"))
    frames = (HEADER.pack(len(body)) + body) * 5

    done = subprocess.run(
        [sys.executable, "-c", FAT, "5"], input=frames, stdout=subprocess.PIPE, check=False
    )

    assert done.returncode == pools._RECYCLE
    assert done.stdout.count(b"rows") == 2


def test_answers_nobody_waits_for_are_thrown_away() -> None:
    with ParserPool(1) as pool:
        results = pool.parse(request(f"{number}.py") for number in range(20))
        next(results)
        results.close()  # type: ignore[attr-defined]
        assert outcomes(pool.parse([request("other.py")])) == {"other.py": None}


def test_a_child_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    with ParserPool(1) as pool:
        list(pool.parse([request("a.py")]))
        told = Path(f"/proc/{pool.pids[0]}/environ").read_bytes()
        where = Path(f"/proc/{pool.pids[0]}/cwd").readlink()
    assert b"sk-1" not in told
    assert where == Path("/")


ORPHANS = """
import sys, time
from repo_sleeper.index.pool import ParserPool, Request
pool = ParserPool(1, limit_s=1.0)
list(pool.parse([Request("a", "a.py", "python", b"")]))
print(pool.pids[0], flush=True)
if sys.argv[1] == "busy":
    list(pool.parse([Request("b", "hang.py", "python", b"")]))
time.sleep(60)
"""


@pytest.mark.parametrize("when", ["idle", "busy"])
def test_no_orphan_survives_the_death_of_its_parent(when: str) -> None:
    env = {**os.environ, "SLEEPER_TEST_HANG_ON": "hang.py"}
    with subprocess.Popen(
        [sys.executable, "-c", ORPHANS, when], stdout=subprocess.PIPE, env=env
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.kill()
    until(lambda: not is_alive(child))


def test_a_child_that_was_never_needed_is_not_waited_for() -> None:
    pool = ParserPool()
    pool.start()
    began = time.monotonic()
    pool.close()
    assert time.monotonic() - began < 0.5
    assert pool.pids == []
