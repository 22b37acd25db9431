"""A few parser children: kept busy, killed when they hang, replaced when they die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from selectors import EVENT_READ, DefaultSelector
from types import TracebackType
from typing import Any, NamedTuple, Self

from repo_sleeper.domain.tree import SkipReason
from repo_sleeper.index.channel import Channel
from repo_sleeper.index.rows import Rows

LIMIT_S = 5.0
# How much longer than the child's own alarm we wait before we kill it ourselves.
_GRACE_S = 3.0
_STOP_S = 2.0
_RECYCLE = 75
_OUTSTANDING = 256  # what is asked for while we store, or a child would run dry
_OUTSTANDING_BYTES = 1 << 20
# So much waiting work is worth the start of another child, about 0.1 s.
_WORTH_A_CHILD = 12
_WORTH_A_CHILD_BYTES = 192 << 10
_KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "SYSTEMROOT")
_KEPT_PREFIXES = ("PYTHON", "COVERAGE_", "SLEEPER_TEST_")


class Request(NamedTuple):
    """A content to parse; `path` is only for messages and tests."""

    key: str
    path: str
    language: str
    data: bytes


class Parsed(NamedTuple):
    """The rows of a content, or why there are none."""

    request: Request
    rows: Rows | None = None
    skip: SkipReason | None = None


class ParserPool:
    """Children that parse, started when there is work for them and kept until `close`.

    Results come in no particular order. A child that hangs or dies takes with it only the file it
    was at: that one is reported as skipped, the others are given to a new child.
    """

    def __init__(
        self,
        workers: int = 2,
        *,
        limit_s: float = LIMIT_S,
        keep: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workers = workers
        self._keep = keep
        self._limit_s = limit_s
        self._clock = clock
        self._children: list[_Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def pids(self) -> list[int]:
        """The children alive now."""
        return [child.process.pid for child in self._children]

    def start(self) -> None:
        """Start the first child before there is work for it: it takes 0.1 s until it can read."""
        if not self._children:
            self._children.append(_Child(self._limit_s))

    def close(self) -> None:
        """End every child; waits until they are gone, but not for one that was never needed."""
        for child in self._children:
            if child.was_needed:
                child.stop()
            else:
                child.kill()
        self._children.clear()

    def parse(self, requests: Iterable[Request]) -> Iterator[Parsed]:
        """Parse as requests come; they are asked for only as fast as the children work.

        Without `keep` this is the last time: idle children end while the caller goes on.
        """
        source = iter(requests)
        again: deque[Request] = deque()
        try:
            while self._feed(source, again):
                yield from self._collect(again)
            if not self._keep:
                for child in self._children:
                    child.dismiss()
        finally:
            for child in [child for child in self._children if child.waiting]:
                child.kill()  # nobody wants these answers any more
                self._children.remove(child)

    def _feed(self, source: Iterator[Request], again: deque[Request]) -> bool:
        """Hand out work; False when all of it is done."""
        while len(self._children) < self._workers or any(one.has_room for one in self._children):
            request = again.popleft() if again else next(source, None)
            if request is None:
                break
            self._least_busy().send(request, self._clock())
        return any(child.waiting for child in self._children)

    def _least_busy(self) -> _Child:
        least = min(self._children, key=lambda child: child.load, default=None)
        if least is None or (least.is_worth_another and len(self._children) < self._workers):
            least = _Child(self._limit_s)
            self._children.append(least)
        return least

    def _collect(self, again: deque[Request]) -> Iterator[Parsed]:
        """Wait for the next answers, or for the end of a child."""
        ready = self._wait()
        now = self._clock()
        for child in list(self._children):
            if child in ready:
                yield from child.answers(now)
            elif child.waiting and now - child.since > self._limit_s + _GRACE_S:
                child.give_up()
            if child.is_over:
                self._children.remove(child)
                yield from child.leftovers(again)

    def _wait(self) -> list[_Child]:
        with DefaultSelector() as selector:
            for child in self._children:
                if child.waiting:
                    selector.register(child.channel.reader, EVENT_READ, child)
                    if child.channel.is_sending:
                        selector.register(child.channel.writer, 2, child)
            found = selector.select(timeout=self._limit_s)
        for key, events in found:
            if events & ~EVENT_READ:
                key.data.channel.push()
        return [key.data for key, events in found if events & EVENT_READ]


class _Child:
    """One process and what it still owes us, in the order in which it will answer."""

    def __init__(self, limit_s: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "repo_sleeper.index.worker", str(limit_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=_environment(),
            bufsize=0,
        )
        assert self.process.stdin is not None  # noqa: S101 -- for the type checker
        assert self.process.stdout is not None  # noqa: S101
        self.channel = Channel(self.process.stdout.fileno(), self.process.stdin.fileno())
        self.waiting: deque[Request] = deque()
        self.load = 0
        self.since = 0.0
        self.is_over = False
        self.timed_out = False

    @property
    def was_needed(self) -> bool:
        return self.since > 0

    @property
    def has_room(self) -> bool:
        return len(self.waiting) < _OUTSTANDING and self.load < _OUTSTANDING_BYTES

    @property
    def is_worth_another(self) -> bool:
        return len(self.waiting) >= _WORTH_A_CHILD or self.load >= _WORTH_A_CHILD_BYTES

    def send(self, request: Request, now: float) -> None:
        if not self.waiting:
            self.since = now
        self.waiting.append(request)
        self.load += len(request.data)
        self.channel.send((request.language, request.path, request.data))

    def answers(self, now: float) -> Iterator[Parsed]:
        for outcome, value in self.channel.receive():
            request = self.waiting.popleft()
            self.load -= len(request.data)
            self.since = now
            yield _parsed(request, outcome, value)
        self.is_over = self.channel.is_closed

    def leftovers(self, again: deque[Request]) -> Iterator[Parsed]:
        """Blame the file it died at, keep the rest for another."""
        code = self._reap()
        if self.waiting and code != _RECYCLE:
            timed_out = self.timed_out or code == -signal.SIGALRM
            reason = SkipReason.PARSER_TIMEOUT if timed_out else SkipReason.PARSER_CRASHED
            yield Parsed(self.waiting.popleft(), skip=reason)
        again.extend(self.waiting)
        self.waiting.clear()

    def give_up(self) -> None:
        """It is past its time and its own alarm did not end it."""
        self.process.kill()
        self.is_over = self.timed_out = True

    def kill(self) -> None:
        self.process.kill()
        self._reap()

    def dismiss(self) -> None:
        """Let an idle child end by itself, while we do something else; it has nothing to save."""
        assert self.process.stdin is not None  # noqa: S101
        self.process.stdin.close()

    def stop(self) -> None:
        """Dismiss an idle child and wait until it is gone."""
        self.dismiss()
        # Its end closes the pipe. Waiting for the process itself would sleep between looks.
        with DefaultSelector() as selector:
            selector.register(self.channel.reader, EVENT_READ)
            if not selector.select(timeout=_STOP_S):
                self.process.kill()
        self._reap()

    def _reap(self) -> int:
        for end in (self.process.stdin, self.process.stdout):
            if end is not None:
                end.close()
        try:
            return self.process.wait(timeout=_GRACE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def _parsed(request: Request, outcome: str, value: Any) -> Parsed:
    if outcome == "rows":
        return Parsed(request, rows=Rows._make(value))
    too_deep = value == "TooDeepError"
    reason = SkipReason.TOO_DEEP if too_deep else SkipReason.PARSER_CRASHED
    return Parsed(request, skip=reason)


def _environment() -> dict[str, str]:
    """What a parser may know of its surroundings: no keys, no tokens."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or name.startswith(_KEPT_PREFIXES)
    }
