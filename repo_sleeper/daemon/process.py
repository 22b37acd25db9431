"""Starts, finds and ends the daemon of a repository; a held lock is the only proof of life."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repo_sleeper import __version__
from repo_sleeper.daemon import holders, locks, verbs
from repo_sleeper.daemon.disk import told_if_full
from repo_sleeper.daemon.holders import Holder
from repo_sleeper.daemon.workspace import Workspace, require_store
from repo_sleeper.errors import DaemonError

START_S = 30.0
STOP_S = 5.0
_MUTE_S = 3.0  # how long a daemon that holds the lock may take to say its first word
_POLL = 0.02


@dataclass(frozen=True, slots=True)
class Started:
    """A daemon that answers, and whether it had been there before."""

    pid: int
    already: bool = False


@dataclass(frozen=True, slots=True)
class DaemonState:
    """What can be known of a daemon from outside; `details` is its own word, if it answers."""

    running: bool
    details: dict[str, Any] | None = None
    pid: int = 0


# --- start ------------------------------------------------------------------------------------


def start(workspace: Workspace, *, limit: float = START_S) -> Started:
    """Return when a daemon answers. However many call at once, one daemon comes of it."""
    require_store(workspace)
    if (found := _answering(workspace)) is not None:
        return found
    with (
        told_if_full(workspace.state_dir),
        locks.held(workspace.state_dir / "start.lock", wait=limit) as ours,
    ):
        if not ours:
            raise DaemonError(
                "another start is under way and does not end", hint="`sleeper daemon restart`"
            )
        return _answering(workspace) or _begun(workspace, limit=limit)


def _answering(workspace: Workspace) -> Started | None:
    """The daemon that is there; an older one, or one without the lock, has to make room first."""
    _without_impostor(workspace, limit=STOP_S)
    answer = verbs.ping(workspace.socket_file)
    if answer is None:
        return None
    if _is_older(str(answer.get("version", ""))):
        stop(workspace)
        return None
    return Started(int(answer.get("pid", 0)), already=True)


def _begun(workspace: Workspace, *, limit: float) -> Started:
    """A new daemon, unless one that holds the lock already begins to answer."""
    deadline = time.monotonic() + limit
    while True:
        if (found := _first_word(workspace)) is not None:
            return found
        told = _spawned(workspace, limit=max(deadline - time.monotonic(), 0.0))
        if "pid" in told:
            return Started(int(told["pid"]))
        if not told.get("taken"):
            raise DaemonError(str(told["error"]), hint=str(told.get("hint", "")))


def _first_word(workspace: Workspace) -> Started | None:
    """Wait for a daemon that holds the lock, for instance one in the foreground, to answer.

    None when nobody holds it, or nobody does any more: one that was killed lets go in a moment.
    """
    deadline = time.monotonic() + _MUTE_S
    while locks.is_held(workspace.daemon_lock):
        answer = verbs.ping(workspace.socket_file)
        if answer is not None:
            return Started(int(answer.get("pid", 0)), already=True)
        if time.monotonic() >= deadline:
            raise DaemonError(
                f"a daemon is running (pid {holders.of(workspace).pid}) but does not answer",
                hint="`sleeper daemon restart` ends it and starts a new one",
            )
        time.sleep(_POLL)
    return None


def _spawned(workspace: Workspace, *, limit: float) -> dict[str, Any]:
    """Start the process and read what it says of itself: ready, taken, or why not."""
    read_end, write_end = os.pipe()
    try:
        try:
            _detached(workspace, write_end)
        finally:
            os.close(write_end)
        return _told(workspace, read_end, limit=limit)
    finally:
        os.close(read_end)


def _detached(workspace: Workspace, write_end: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    log = os.open(workspace.log_file, flags, 0o600)
    try:
        child = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-m",
                "repo_sleeper.daemon",
                os.fspath(workspace.repo.root),
                str(write_end),
            ],
            pass_fds=(write_end,),
            start_new_session=True,
            cwd="/",
            env=_scrubbed(workspace),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    finally:
        os.close(log)
    child.wait()  # it forks at once: the daemon is nobody's child, and leaves no zombie


def _scrubbed(workspace: Workspace) -> dict[str, str]:
    # A hook's GIT_DIR or GIT_INDEX_FILE would have us look at another repository.
    return {key: value for key, value in workspace.env.items() if not key.startswith("GIT_")}


def _told(workspace: Workspace, read_end: int, *, limit: float) -> dict[str, Any]:
    ready, _, _ = select.select([read_end], [], [], limit)
    line = os.read(read_end, 65536) if ready else b""
    if line:
        told: dict[str, Any] = json.loads(line)
        return told
    how = "ended while starting" if ready else f"was not ready within {limit:.0f} s"
    last = last_line(workspace.log_file)
    return {
        "error": f"the daemon {how}" + (f": {last}" if last else ""),
        "hint": "`sleeper daemon logs` says more",
    }


def _is_older(version: str) -> bool:
    return _numbers(version) < _numbers(__version__)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


# --- stop -------------------------------------------------------------------------------------


def stop(workspace: Workspace, *, limit: float = STOP_S) -> bool:
    """End the daemon; False when there was none. It is asked, then told, then killed.

    A signal goes only to the process that wrote its name into a lock that is held, and whose
    time of birth is the one it wrote, or that listens at our socket: a reused pid is never touched.
    """
    dislodged = _without_impostor(workspace, limit=limit)
    if not locks.is_held(workspace.daemon_lock):
        return dislodged
    holder = holders.of(workspace)
    _drive_out(
        workspace,
        holder,
        is_over=lambda: not locks.is_held(workspace.daemon_lock) and not holders.lives(holder),
        limit=limit,
    )
    return True


def restart(workspace: Workspace) -> Started:
    """End the daemon if there is one, and start a new one."""
    stop(workspace)
    return start(workspace)


def _without_impostor(workspace: Workspace, *, limit: float) -> bool:
    """End a daemon whose files were taken from under it; False when there is none."""
    impostor = holders.impostor(workspace)
    if impostor is None:
        return False
    _drive_out(workspace, impostor, is_over=lambda: not holders.lives(impostor), limit=limit)
    return True


def _drive_out(
    workspace: Workspace, holder: Holder, *, is_over: Callable[[], bool], limit: float
) -> None:
    deadline = time.monotonic() + limit
    steps: tuple[tuple[Callable[[], bool], float], ...] = (
        (lambda: _asked(workspace), 0.6),
        (lambda: _signalled(holder, signal.SIGTERM), 0.2),
        (lambda: _signalled(holder, signal.SIGKILL), 0.2),
    )
    for step, share in steps:
        patience = min(time.monotonic() + limit * share, deadline)
        if (step() and _comes_true(is_over, until=patience)) or is_over():
            return
    raise DaemonError(
        f"the daemon (pid {holder.pid}) does not end",
        hint="its process may be stuck in the operating system; `sleeper daemon logs` may say more",
    )


def _asked(workspace: Workspace) -> bool:
    try:
        verbs.ask(workspace.socket_file, {"verb": "stop"}, limit=verbs.PING_S * 2)
    except DaemonError:
        return False
    return True


def _signalled(holder: Holder, number: signal.Signals) -> bool:
    if not holders.lives(holder):
        return False
    try:
        if number is signal.SIGKILL and os.getpgid(holder.pid) == holder.pid:
            os.killpg(holder.pid, number)  # its children, which it can no longer end, as well
        else:
            os.kill(holder.pid, number)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return True


def _comes_true(wanted: Callable[[], bool], *, until: float) -> bool:
    while not wanted():
        if time.monotonic() >= until:
            return False
        time.sleep(_POLL)
    return True


# --- who it is --------------------------------------------------------------------------------


def state(workspace: Workspace, *, limit: float = verbs.PING_S) -> DaemonState:
    """Whether a daemon lives, and what it says of itself when it answers in time."""
    try:
        details = verbs.ask(workspace.socket_file, {"verb": "status"}, limit=limit)
    except DaemonError:
        details = None
    if details is None or holders.impostor(workspace) is not None:
        running = locks.is_held(workspace.daemon_lock)
        return DaemonState(running, None, holders.of(workspace).pid if running else 0)
    return DaemonState(running=True, details=details, pid=int(details.get("pid", 0)))


def last_line(log_file: Path) -> str:
    """The last thing the log says, or ""."""
    try:
        with log_file.open("rb") as log:
            log.seek(max(log.seek(0, os.SEEK_END) - 4096, 0))
            lines = log.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1] if lines else ""
