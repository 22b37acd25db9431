"""The one door to the git program: a bare environment, allowed verbs, a time limit that kills."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from repo_sleeper.errors import GitError, SetupError

LIMIT_S = 10.0
_PIPE_BYTES = 1 << 16

# What only reads, takes no lock and runs no program that a repository could name. `status`,
# `diff`, `blame` and `ls-files -m` do run such programs, however they are called.
Verb = Literal[
    "cat-file",
    "check-attr",
    "diff-tree",
    "log",
    "ls-files",
    "ls-tree",
    "merge-base",
    "rev-list",
    "rev-parse",
    "symbolic-ref",
]
ENVIRONMENT: Mapping[str, str] = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_FLUSH": "0",  # into a pipe it would write each commit by itself
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_PAGER": "cat",
    "GIT_ASKPASS": "/bin/false",
    "GIT_SSH_COMMAND": "/bin/false",
    "GIT_EDITOR": "/bin/false",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
}
_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "protocol.allow=never",
    "diff.external=",
    "log.showSignature=false",
    "submodule.recurse=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "safe.bareRepository=explicit",
)
# Of all GIT_* variables only these say where the person's own configuration is; the others may
# come from a hook we were started in and describe another repository.
_PERSONAL = (
    "HOME",
    "XDG_CONFIG_HOME",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
)


def begin(
    verb: Verb, *args: str, root: Path, git_dir: Path, limit_s: float, stdin: bytes = b""
) -> Child:
    """A git that is asked about exactly this work tree and git directory."""
    excludes = f"core.excludesFile={personal_excludes()}"
    settings = [part for setting in (*_SETTINGS, excludes) for part in ("-c", setting)]
    places = (f"--git-dir={git_dir}", f"--work-tree={root}")
    command = (git_program(), "--no-pager", *places, *settings, verb, *args)
    return Child(command, env=ENVIRONMENT, cwd=root, limit_s=limit_s, stdin=stdin)


def personal_config(*args: str, cwd: Path = Path("/"), limit_s: float = LIMIT_S) -> str:
    """What `git config` says with the person's own files in view; empty if there is nothing."""
    personal = {name: os.environ[name] for name in _PERSONAL if name in os.environ}
    env = {**_without_personal(), **personal}
    command = (git_program(), *args)
    raw = output(command, env=env, cwd=cwd, limit_s=limit_s, allowed=(0, 1))
    return os.fsdecode(raw).rstrip("\n")


def _without_personal() -> dict[str, str]:
    return {name: value for name, value in ENVIRONMENT.items() if name not in _PERSONAL}


def personal_excludes() -> str:
    """The person's own ignore file, never one that a repository names.

    Without it, files that are ignored on this machine only would look as if they may be sent.
    """
    return _excludes_of(*(os.environ.get(name, "") for name in _PERSONAL))


@cache
def _excludes_of(home: str, config_home: str, *_: str) -> str:
    # GIT_DIR names nothing, so that no repository's own settings are looked at.
    named = personal_config("--git-dir=/dev/null", "config", "--type=path", "core.excludesFile")
    if named:
        return named
    return f"{config_home or home + '/.config'}/git/ignore"


def output(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    limit_s: float,
    allowed: Sequence[int] = (0,),
) -> bytes:
    """Run to the end or to the limit; any other end is a GitError of this call only."""
    return Child(command, env=env, cwd=cwd, limit_s=limit_s).output(allowed)


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
        self._limit_s = limit_s
        self._until = time.monotonic() + limit_s
        self._given = memoryview(stdin)
        self._said: dict[int, list[bytes]] = {}
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
        part = os.read(end, _PIPE_BYTES)
        self._said[end].append(part)
        return bool(part)

    def _finish_giving(self) -> None:
        if self._write >= 0:
            os.close(self._write)
            self._write = -1

    def _rest_ms(self) -> float:
        rest = self._until - time.monotonic()
        if rest <= 0:
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
        for end in self._said:
            with contextlib.suppress(OSError):
                os.close(end)

    def _failure(self, code: int, err: bytes) -> GitError:
        if not self._cwd.is_dir():
            return GitError(f"{printable(self._cwd)} is not there any more")
        return GitError(f"git {self._verb} failed: {_reason(code, err)}")


def _verb(command: Sequence[str]) -> str:
    words = iter(command[1:])
    return next(word for word in words if not (word == "-c" and next(words)) and word[0] != "-")


def _reason(code: int, err: bytes) -> str:
    if code < 0:
        return f"it was killed by signal {-code}"
    lines = err.decode("utf-8", "replace").strip().splitlines()
    return printable(lines[0]) if lines else f"exit code {code}"


def printable(text: object) -> str:
    """Text that can be shown in a terminal whatever a repository put into it."""
    return "".join(
        char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(text)
    )


def git_program() -> str:
    """The absolute path of git, so that no folder of a repository can stand in for it."""
    return _program_in(os.environ.get("PATH", ""))


@cache
def _program_in(search_path: str) -> str:
    for folder in search_path.split(os.pathsep):
        file = f"{folder}/git"
        if folder.startswith("/") and Path(file).is_file() and os.access(file, os.X_OK):
            return file
    raise SetupError(
        "git was not found on the PATH", hint="install git 2.32 or newer, then try again"
    )
