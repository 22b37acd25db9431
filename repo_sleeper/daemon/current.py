"""The settings that hold now: read again where they may be others, kept where they are wrong."""

from __future__ import annotations

from enum import Enum, auto

from repo_sleeper.daemon.forest import Watched
from repo_sleeper.daemon.logbook import LOGGER
from repo_sleeper.daemon.workspace import Workspace, of_repository, settings_mark
from repo_sleeper.errors import ConfigError


class Found(Enum):
    """What a look at the settings came to."""

    SAME = auto()
    CHANGED = auto()
    UNREADABLE = auto()


class Current:
    """The workspace of the daemon's own tree, and those of others within their own settings."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.error = ""
        self._mark: tuple[object, ...] = ()

    def is_touched(self) -> bool:
        """Whether a file of settings was written since this was asked last."""
        before, self._mark = self._mark, settings_mark(self.workspace)
        return self._mark != before

    def read(self) -> Found:
        """Take the settings as they are now; a mistake in them leaves the old ones."""
        try:
            found = of_repository(self.workspace.repo, self.workspace.env)
        except ConfigError as error:
            if str(error) != self.error:
                LOGGER.error("settings stay as they were: %s", error)
            self.error = str(error)
            return Found.UNREADABLE
        self.error = ""
        if found == self.workspace:
            return Found.SAME
        LOGGER.info("settings changed")
        self.workspace = found
        return Found.CHANGED

    def of(self, watched: Watched) -> Workspace | None:
        """A work tree with the settings that hold in it; None while they cannot be read."""
        if watched.root == self.workspace.repo.root:
            return self.workspace
        try:
            return of_repository(watched.tree.repo, self.workspace.env)
        except ConfigError:
            return None
