"""The first of ours that runs: Ctrl-C ends a command quietly even while the rest is imported."""

from __future__ import annotations

import os
import signal
from types import FrameType


def main() -> None:
    """What the installed command runs."""
    # Behind `&` or `nohup` it is ignored, and stays so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
    from repo_sleeper.cli import entry

    entry.main()


def begin() -> None:
    """From here on Ctrl-C is an exception again: what was begun is left in order."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave(_number: int, _frame: FrameType | None) -> None:
    # No exception: one in the middle of an import may be printed, swallowed or turned into another.
    os._exit(130)
