"""Whole processes, timed in turn so that a noisy minute falls on all of them alike."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Timed:
    """Wall seconds of every run, and the highest memory of the largest process seen, in MB."""

    seconds: tuple[float, ...]
    peak_mb: float

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
    before: Mapping[str, Callable[[], None]] | None = None,
) -> dict[str, Timed]:
    """Each command once per round, `runs` rounds, one after the other; the first round warms up.

    Raises RuntimeError with what it printed when a command fails.
    """
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    peaks = dict.fromkeys(commands, 0.0)
    for turn in range(runs + 1):
        for name, command in commands.items():
            if before and name in before:
                before[name]()
            taken, peak = run(command, cwd=cwd, env=env)
            peaks[name] = max(peaks[name], peak)
            if turn:
                seconds[name].append(taken)
    return {name: Timed(tuple(seconds[name]), peaks[name]) for name in commands}


def run(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None
) -> tuple[float, float]:
    """Wall seconds and peak resident memory in MB of one command, its children included."""
    start = time.perf_counter()
    child = subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output, _ = child.communicate()
    taken = time.perf_counter() - start
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit {child.returncode}\n{output.decode()}")
    return taken, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def table(results: Mapping[str, Timed], *, floor: str) -> str:
    """One line a command: median, ratio to the floor, peak memory."""
    base = results[floor].median
    width = max(len(name) for name in results)
    lines = [f"{'':{width}}  {'median':>9}  {'x ' + floor:>14}  {'peak MB':>8}"]
    for name, timed in results.items():
        lines.append(
            f"{name:{width}}  {timed.median * 1000:>6.1f} ms  {timed.median / base:>14.1f}"
            f"  {timed.peak_mb:>8.0f}"
        )
    return "\n".join(lines)
