"""One worker process: started, asked by lines, and killed when it is late."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import IO, Any, cast

_MAX_LINE = 32 * 1024 * 1024
_CHUNK = 1024 * 1024
_GOODBYE_S = 2.0
_ARGUMENTS = ("-P", "-m", "repo_sleeper.llm.worker")
_PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "COVERAGE_PROCESS_START",
    "COVERAGE_PROCESS_CONFIG",
)


class UnansweredError(Exception):
    """The worker is dead. `sent` is False only where the request is known not to have left it."""

    sent = True


class LateError(UnansweredError):
    """The deadline passed."""


class DeadError(UnansweredError):
    """It ended by itself, or was told to, without an answer."""


def scrubbed(env: Mapping[str, str], also: tuple[str, ...] = ()) -> dict[str, str]:
    """The few variables a worker gets: no other key, no proxy, no endpoint, nothing of Python's."""
    return {name: env[name] for name in (*_PASSED_ON, *also) if name in env}


class Child:
    """A started worker. Its key comes in the first line, never in an argument or a variable."""

    def __init__(self, env: Mapping[str, str], also: tuple[str, ...] = ()) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *_ARGUMENTS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=scrubbed(env, also),
            bufsize=0,
            start_new_session=True,
        )
        self._in = cast("IO[bytes]", self._process.stdin)
        self._out = cast("IO[bytes]", self._process.stdout)
        self._rest = b""
        self._heard = False
        self.dismissed = False

    @property
    def pid(self) -> int:
        """Which process it is, for people and tests."""
        return self._process.pid

    @property
    def killed(self) -> bool:
        """Whether a signal ended it, ours or the system's; known once `end` has returned."""
        return (self._process.returncode or 0) < 0

    def exchange(
        self,
        message: Mapping[str, Any],
        *,
        deadline_s: float,
        hear: Callable[[str], None] | None = None,
    ) -> dict[str, Any]:
        """Say one thing, wait for one answer; LateError or DeadError when there is none.

        What comes before the answer is whole is heard as it comes.
        """
        self._heard = bool(self._rest)
        try:
            return self._exchanged(message, time.monotonic() + deadline_s, hear)
        except UnansweredError as error:
            error.sent = self.may_have_left()
            raise

    def _exchanged(
        self, message: Mapping[str, Any], until: float, hear: Callable[[str], None] | None
    ) -> dict[str, Any]:
        try:
            self._in.write(f"{json.dumps(message)}\n".encode())
        except OSError as error:
            raise DeadError from error
        while True:
            answer = self._said(until)
            if "part" in answer and hear is not None:
                hear(str(answer["part"]))
            elif "leaving" not in answer and "part" not in answer:
                return answer

    def may_have_left(self) -> bool:
        """The worker says so before a request leaves: silence to its very end means that none did.

        Whatever else it said may have come after that. Waits for that end.
        """
        self._wait()
        return self._heard or bool(self._rest) or bool(self._unread())

    def _unread(self) -> bytes:
        os.set_blocking(self._out.fileno(), False)
        with suppress(OSError):  # nothing there, though somebody else holds the other end
            return os.read(self._out.fileno(), _CHUNK)
        return b""

    def _said(self, until: float) -> dict[str, Any]:
        try:
            said = json.loads(self._line(until))
        except (OSError, ValueError) as error:
            raise DeadError from error
        if not isinstance(said, dict):
            raise DeadError
        return said

    def dismiss(self) -> None:
        """Kill it because nobody wants its answer any more: no fault of its own."""
        self.dismissed = True
        self.kill()

    def kill(self) -> None:
        """At once; whoever waits for an answer learns that it is dead."""
        with suppress(OSError):
            self._process.kill()

    def end(self) -> None:
        """Let it go quietly, or not, and leave nothing behind."""
        with suppress(OSError):
            self._in.close()
        self._wait()
        self._out.close()

    def _wait(self) -> None:
        """Until it is dead; not for long."""
        try:
            self._process.wait(_GOODBYE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()

    def _line(self, until: float) -> bytes:
        parts = [self._rest]
        size = len(self._rest)
        while b"\n" not in parts[-1]:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._out], [], [], left)[0]:
                self._rest = b"".join(parts)
                self.kill()
                raise LateError
            before, self._heard = self._heard, True  # Ctrl-C may come once it is read
            parts.append(os.read(self._out.fileno(), _CHUNK))
            self._heard = before or bool(parts[-1])
            size += len(parts[-1])
            if not parts[-1] or size > _MAX_LINE:
                self._rest = b"".join(parts)
                raise DeadError
        line, _, self._rest = b"".join(parts).partition(b"\n")
        return line
