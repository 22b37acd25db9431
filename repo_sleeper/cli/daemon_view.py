"""How the daemon's condition and its log are shown."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from repo_sleeper.cli import output
from repo_sleeper.daemon.process import DaemonState
from repo_sleeper.errors import NotFoundError

_FOLLOW_S = 0.25


def show(found: DaemonState, *, json: bool) -> None:
    """Print it for a program or for a person."""
    if json:
        output.print_json(
            {
                "running": found.running,
                "answering": found.details is not None,
                "pid": found.pid or None,
                "details": found.details,
            }
        )
        return
    output.out(sentence(found))
    for tree in (found.details or {}).get("trees", []):
        output.out(f"  watching {tree['root']}{_trouble(tree)}")


def sentence(found: DaemonState) -> str:
    """The daemon in one line."""
    if not found.running:
        return "not running; `sleeper daemon start` starts it"
    if found.details is None:
        return f"running (pid {found.pid}) but not answering; `sleeper daemon restart` helps"
    details = found.details
    doing = "thinking" if details["thinking"] else "asleep" if details["asleep"] else "awake"
    why = f": {details['why']}" if details["why"] else ""
    return (
        f"{doing}{why} · pid {found.pid} · up {output.ago(details['uptime_s'])}"
        f" · {details['memory_mb']:.0f} MB · {_cpu(details['cpu_s'], details['uptime_s'])}"
        f"{_resyncs(details)}"
    )


def _resyncs(details: Mapping[str, Any]) -> str:
    """How often all files were compared because events were lost; seldom, so mostly nothing."""
    times = sum(tree.get("resyncs", 0) for tree in details.get("trees", []))
    return f" · {output.count(times, 'full rescan')} after lost events" if times else ""


def troubles(found: DaemonState) -> list[str]:
    """What does not work as it should, each in a line."""
    details = found.details or {}
    settings = [f"settings: {details['config_error']}"] if details.get("config_error") else []
    trees = [(tree["root"], _trouble(tree)) for tree in details.get("trees", [])]
    return settings + [f"{root}{trouble}" for root, trouble in trees if trouble]


def is_well(found: DaemonState) -> bool:
    """Whether it does its work; that it does it by looking instead of being told is no fault."""
    details = found.details or {}
    failing = any(tree["failure"] or tree.get("doubt") for tree in details.get("trees", []))
    return found.details is not None and not details.get("config_error") and not failing


def doubtful(doubt: str) -> str:
    """What it means that git cannot list the files."""
    return f"{doubt}: it cannot be told which files are ignored, so nothing is sent"


def _trouble(tree: dict[str, str]) -> str:
    doubt = tree.get("doubt", "")  # not told by a daemon of an earlier version
    failure = tree["failure"]
    found = [tree["degraded"], failure and f"failing: {failure}", doubt and doubtful(doubt)]
    told = "; ".join(text for text in found if text)
    return f" ({told})" if told else ""


def _cpu(used: float, uptime: float) -> str:
    return f"{100 * used / max(uptime, 1.0):.1f} % CPU"


def print_log(file: Path, *, lines: int, follow: bool) -> None:
    """Print the end of the log, and what is added to it while `follow`."""
    if not file.exists():
        raise NotFoundError("there is no log yet", hint="`sleeper daemon start` begins one")
    with file.open(encoding="utf-8", errors="replace") as log:
        for line in log.read().splitlines()[-lines:] if lines else []:
            output.out(line)
        for line in _added(file, log) if follow else ():
            output.out(line)


def _added(file: Path, log: IO[str]) -> Iterator[str]:
    """Lines as they come, for ever; a log that is rotated away is followed to the new one."""
    while True:
        yield from log.read().splitlines()
        time.sleep(_FOLLOW_S)
        if _is_replaced(file, log):
            yield from log.read().splitlines()
            log.close()
            log = file.open(encoding="utf-8", errors="replace")


def _is_replaced(file: Path, log: IO[str]) -> bool:
    import os

    try:
        return file.stat().st_ino != os.fstat(log.fileno()).st_ino
    except FileNotFoundError:
        return False
