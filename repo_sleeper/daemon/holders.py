"""Who holds the daemon's lock, who listens at its socket, and whether that process still lives."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from repo_sleeper import __version__
from repo_sleeper.daemon import locks, verbs
from repo_sleeper.daemon.workspace import Workspace

_IS_LINUX = sys.platform == "linux"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who wrote their name into the lock. `born` tells a process from a later one of that pid."""

    pid: int
    born: str


def inscription(workspace: Workspace) -> str:
    """What the daemon writes into its lock, for whoever looks for it."""
    pid, place = os.getpid(), os.fspath(workspace.own_socket_file)
    return json.dumps({"pid": pid, "born": _born(pid), "version": __version__, "socket": place})


def of(workspace: Workspace) -> Holder:
    """Who wrote their name into the lock; pid 0 when nobody did."""
    written = locks.written(workspace.daemon_lock)
    try:
        return Holder(int(written["pid"]), str(written["born"]))
    except (ValueError, KeyError, TypeError):
        return Holder(0, "")


def impostor(workspace: Workspace) -> Holder | None:
    """Who listens at our socket without holding the lock that others find, if anyone does.

    Nobody but us can listen there, and a daemon lets go of its socket before its lock.
    """
    pid = verbs.listener(workspace.socket_file)
    held, holder = locks.is_held(workspace.daemon_lock), of(workspace)
    born = _born(pid) if pid and pid != os.getpid() else ""
    if not born or (held and holder.pid in {0, pid}):
        return None
    return Holder(pid, born)


def lives(holder: Holder) -> bool:
    """Whether that very process is still there, not a later one of the same pid."""
    return bool(holder.pid and holder.born) and _born(holder.pid) == holder.born


def _born(pid: int) -> str:
    """When a process began, in whatever unit the system tells it; "" when there is none.

    One that has ended and only waits for its parent to hear of it is none.
    """
    if _IS_LINUX:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] in {"Z", "X"} else fields[19]
    told = subprocess.run(  # pragma: no cover (not Linux)
        ["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return told.stdout.strip()  # pragma: no cover (not Linux)
