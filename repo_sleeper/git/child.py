"""A git at work, with a time limit that kills."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from repo_sleeper.errors import GitError
from repo_sleeper.pipes import widen

_READ_BYTES = 1 << 20
# Where one question was not answered, the next few are hardly: nobody waits ten seconds for each.
_AGAIN_S = 1.0
_SOON_S = 30.0
_silent: dict[Path, float] = {}  # when a git about this place last did not answer


class Child:
    """A git at work. Its answer may be asked for later; the limit counts from the start.

    Written with `posix_spawn` and `poll`: subprocess takes 4 ms to import, and sleeps between its
    looks at a child that has a time limit.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        limit_s: float,
        stdin: bytes = b"",
    ) -> None:
        self._verb = _verb(command)
        self._cwd = cwd
        self._limit_s = _patience(cwd, limit_s)
        self._until = time.monotonic() + self._limit_s
        self._given = memoryview(stdin)
        self._said: dict[int, list[bytes]] = {}
        self._open: list[int] = []
        program, *words = command
        self._pid = self._start([program, "-C", os.fspath(cwd), *words], env)

    def output(self, allowed: Sequence[int] = (0,)) -> bytes:
        """What it printed; GitError when it ends otherwise than allowed, or not in time."""
        try:
            self._converse()
            code = self._ended()
        except BaseException:
            self.kill()
            raise
        _silent.pop(self._cwd, None)
        out, err = (b"".join(parts) for parts in self._said.values())
        if code not in allowed:
            raise self._failure(code, err)
        return out

    def kill(self) -> None:
        """End it with whatever it started."""
        self._close()
        if self._pid:
            os.killpg(self._pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._pid, 0)
            self._pid = 0

    def _start(self, command: list[str], env: Mapping[str, str]) -> int:
        ends = [os.pipe(), os.pipe(), os.pipe()]
        (read, self._write), *told = ends
        self._said = {end[0]: [] for end in told}
        self._open = list(self._said)
        widen(told[0][0])
        theirs = (read, *(end[1] for end in told))
        try:
            return os.posix_spawn(
                command[0],
                command,
                env,
                file_actions=[(os.POSIX_SPAWN_DUP2, end, n) for n, end in enumerate(theirs)],
                setpgroup=0,  # a group of its own: whatever it starts dies with it
                setsigdef=(signal.SIGPIPE,),
            )
        except OSError as error:
            self._close()
            raise GitError(f"git could not be started: {error.strerror}") from error
        finally:
            for end in theirs:
                os.close(end)

    def _converse(self) -> None:
        """Give and take until it has closed both its ends."""
        from select import POLLIN, POLLOUT, poll

        watched = poll()
        for end in self._said:
            watched.register(end, POLLIN)
        if self._given:
            os.set_blocking(self._write, False)
            watched.register(self._write, POLLOUT)
        else:
            self._finish_giving()
        silent = set(self._said)
        while silent:
            for end, _ in watched.poll(self._rest_ms()):
                if end == self._write:
                    if not self._give():
                        watched.unregister(end)
                        self._finish_giving()
                elif not self._take(end):
                    watched.unregister(end)
                    silent.discard(end)

    def _give(self) -> bool:
        """Write what fits; False when there is nothing more to write, or nobody who reads."""
        try:
            self._given = self._given[os.write(self._write, self._given) :]
        except BlockingIOError:
            return True
        except OSError:
            return False
        return bool(self._given)

    def _take(self, end: int) -> bool:
        part = os.read(end, _READ_BYTES)
        self._said[end].append(part)
        return bool(part)

    def _finish_giving(self) -> None:
        if self._write >= 0:
            os.close(self._write)
            self._write = -1

    def _rest_ms(self) -> float:
        rest = self._until - time.monotonic()
        if rest <= 0:
            _silent[self._cwd] = time.monotonic()
            raise GitError(
                f"git {self._verb} did not answer within {self._limit_s:g} s and was stopped",
                hint="a named pipe or a dead network drive among git's files does this",
            )
        return rest * 1000

    def _ended(self) -> int:
        """Its exit code, minus the signal that ended it. All is said, so it is about to end."""
        pause = 20e-6
        while True:
            try:
                pid, status = os.waitpid(self._pid, os.WNOHANG)
            except ChildProcessError:  # our parent made us forget our children
                pid, status = self._pid, 0
            if pid:
                self._pid = 0
                self._close()
                return os.waitstatus_to_exitcode(status)
            self._rest_ms()
            time.sleep(pause)
            pause = min(2 * pause, 0.05)

    def _close(self) -> None:
        self._finish_giving()
        while self._open:
            with contextlib.suppress(OSError):
                os.close(self._open.pop())

    def _failure(self, code: int, err: bytes) -> GitError:
        if not self._cwd.is_dir():
            return GitError(f"{printable(self._cwd)} is not there any more")
        return GitError(f"git {self._verb} failed: {_reason(code, err)}")


def _patience(place: Path, limit_s: float) -> float:
    last = _silent.get(place)
    is_again = last is not None and time.monotonic() - last < _SOON_S
    return min(limit_s, _AGAIN_S) if is_again else limit_s


def _verb(command: Sequence[str]) -> str:
    words = iter(command[1:])
    return next(word for word in words if not (word == "-c" and next(words)) and word[0] != "-")


def _reason(code: int, err: bytes) -> str:
    if code < 0:
        return f"it was killed by signal {-code}"
    lines = err.decode("utf-8", "replace").strip().splitlines()
    told = [line for line in lines if not line.startswith("warning:")] or lines
    return printable(told[0]) if told else f"exit code {code}"


def printable(text: object) -> str:
    """Text that can be shown in a terminal whatever a repository put into it."""
    return "".join(
        char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(text)
    )
