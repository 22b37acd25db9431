"""What a crash left behind: replies that are paid for are read, calls without one given up."""

from __future__ import annotations

import time

from repo_sleeper.daemon import locks
from repo_sleeper.daemon.workspace import Workspace
from repo_sleeper.store.database import Database
from repo_sleeper.think import thinker
from repo_sleeper.think.thinker import Outcome


def recovered(workspace: Workspace, db: Database) -> list[Outcome]:
    """What came of the replies. Nothing is done while a command asks a model.

    Nobody could tell its calls from those that were lost, and what is given up is asked again.
    What was lost counts in full meanwhile, as it does anyway.
    """
    with locks.held(workspace.asking_lock) as alone:
        return thinker.recover(db, clock=time.time) if alone else []
