"""What `sleeper daemon start` runs: leaves its parent, lives, tells through a pipe how it is."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from repo_sleeper.errors import SleeperError


def main(root: str, told_to: int) -> int:
    """Live in `root`; one line of JSON goes to `told_to`: ready, taken, or why not."""
    _leave_parent()
    try:
        _live(Path(root), told_to)
    except SleeperError as error:
        taken = type(error).__name__ == "AlreadyRunningError"
        _tell(told_to, {"taken": True} if taken else {"error": str(error), "hint": error.hint})
        return error.exit_code
    return 0


def _live(root: Path, told_to: int) -> None:
    from repo_sleeper.daemon.life import live
    from repo_sleeper.daemon.workspace import open_workspace

    workspace = open_workspace(root, dict(os.environ))
    live(workspace, ready=lambda: _tell(told_to, {"pid": os.getpid()}))


def _leave_parent() -> None:
    # Before anything heavy is imported: the parent waits for this to return.
    if os.fork():
        os._exit(0)
    os.setsid()


def _tell(told_to: int, message: dict[str, Any]) -> None:
    try:
        os.write(told_to, json.dumps(message).encode())
        os.close(told_to)
    except OSError:
        pass  # told already, or nobody listens any more


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
