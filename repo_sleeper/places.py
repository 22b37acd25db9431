"""Where this person's own files are: settings, state, and the socket."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Protocol

from repo_sleeper.errors import SetupError

_APP = "sleeper"
_ON_LINUX: bool = sys.platform == "linux"
_SOCKET_DIR_BYTES = 80  # a socket's whole path must stay below 104 bytes on some systems


class Checkout(Protocol):
    """What we need to know of a repository here; `git.Repository` is one."""

    @property
    def root(self) -> Path:
        """The work tree."""

    @property
    def git_dir(self) -> Path:
        """What `.git` is or names."""

    @property
    def common_dir(self) -> Path:
        """Where linked worktrees share their data."""


def user_config_file() -> Path:
    """The person's own settings; it may not exist."""
    return _own("XDG_CONFIG_HOME", ".config") / "config.toml"


def user_state_dir() -> Path:
    """Private folder for what we remember about this person: trust, their stores, crash logs."""
    return _private(_own_state())


def runtime_dir() -> Path:
    """Private folder for the socket, with a path of at most 80 bytes."""
    candidates = []
    offered = os.environ.get("XDG_RUNTIME_DIR", "")
    if offered and Path(offered).is_dir():
        candidates.append(Path(offered) / _APP)
    candidates.append(_own_state() / "run")
    for folder in candidates:
        if len(os.fsencode(folder)) <= _SOCKET_DIR_BYTES:
            return _private(folder)
    raise SetupError(
        f"{candidates[-1]} is too long a path for a socket",
        hint="set XDG_RUNTIME_DIR to a private folder with a short path",
    )


def _own_state() -> Path:
    return _own("XDG_STATE_HOME", ".local/state")


def _own(variable: str, customary: str) -> Path:
    """Our folder in one of the person's base directories, as the platform has it."""
    if _ON_LINUX:  # what platformdirs does there; importing it takes 5 ms
        return Path(os.environ.get(variable, "").strip() or Path.home() / customary) / _APP
    import platformdirs

    is_state = variable == "XDG_STATE_HOME"
    find = platformdirs.user_state_path if is_state else platformdirs.user_config_path
    return find(_APP, appauthor=False)


def _private(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise SetupError(
                f"{folder} is not a folder of yours, so nothing is kept there",
                hint="move it away and try again",
            )
        if stat.S_IMODE(found.st_mode) != stat.S_IRWXU:
            folder.chmod(0o700)
    except OSError as error:
        raise SetupError(
            f"{folder} cannot be used: {error.strerror}",
            hint="sleeper keeps your trust decisions there",
        ) from error
    return folder
