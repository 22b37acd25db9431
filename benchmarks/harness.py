"""Whole processes, timed in turn so that a noisy minute falls on all of them alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Timed:
    """Wall and CPU seconds of every run, and the highest memory of its largest process, in MB."""

    seconds: tuple[float, ...]
    peak_mb: float
    cpu: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        """The middle run, in seconds."""
        return statistics.median(self.seconds)


def in_turn(
    commands: Mapping[str, Sequence[str]],
    *,
    runs: int,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    before: Mapping[str, Callable[[], object]] | None = None,
) -> dict[str, Timed]:
    """Each command once per round, `runs` rounds, one after the other; the first round warms up.

    Raises RuntimeError with what it printed when a command fails.
    """
    runs_of: dict[str, list[Run]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            if before and name in before:
                before[name]()
            taken = run(command, cwd=cwd, env=env)
            if turn:
                runs_of[name].append(taken)
    return {name: _timed(found) for name, found in runs_of.items()}


def _timed(runs: Sequence[Run]) -> Timed:
    return Timed(
        tuple(one.seconds for one in runs),
        max((one.peak_mb for one in runs), default=0.0),
        tuple(one.cpu for one in runs),
    )


class Run(NamedTuple):
    """One command from start to end, its children included."""

    seconds: float
    cpu: float
    peak_mb: float


def run(command: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None) -> Run:
    """Wall and CPU seconds of one command, and the memory of its largest process."""
    start = time.perf_counter()
    child = subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    with child.stdout or BytesIO() as printed:  # there is always one
        output = printed.read()
    _, status, used = os.wait4(child.pid, 0)
    taken = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit {child.returncode}\n{output.decode()}")
    return Run(taken, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def table(results: Mapping[str, Timed], *, floor: str) -> str:
    """One line a command: median, ratio to the floor, CPU and its ratio, memory."""
    base = results[floor].median
    width = max(len(name) for name in results)
    cpu = statistics.median(results[floor].cpu)
    lines = [
        f"{'':{width}}  {'median':>9}  {'x ' + floor:>16}  {'CPU':>9}  {'x':>5}  {'peak MB':>8}"
    ]
    for name, timed in results.items():
        lines.append(
            f"{name:{width}}  {timed.median * 1000:>6.1f} ms  {timed.median / base:>16.2f}"
            f"  {statistics.median(timed.cpu) * 1000:>6.0f} ms"
            f"  {statistics.median(timed.cpu) / cpu:>5.2f}  {timed.peak_mb:>8.0f}"
        )
    return "\n".join(lines)
