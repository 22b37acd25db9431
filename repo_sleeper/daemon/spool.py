"""What the commit hook left for us: one line, a work tree's path, for each commit."""

from __future__ import annotations

import os
from pathlib import Path

_NAME = "commits"
_LIMIT = 1_000_000


def has_lines(spool: Path) -> bool:
    """Whether there is anything to take; asked every second, so it is one call."""
    try:
        return os.stat(spool / _NAME).st_size > 0  # noqa: PTH116 -- the cheaper of the two
    except OSError:
        return False


def drain(spool: Path) -> list[Path]:
    """Take all lines, each work tree once. A line written meanwhile is for the next time."""
    taken = spool / "commits.taken"
    try:
        (spool / _NAME).rename(taken)
        raw = taken.read_bytes()[:_LIMIT]
        taken.unlink()
    except OSError:
        return []
    return [Path(os.fsdecode(line)) for line in sorted(set(raw.splitlines())) if line]
