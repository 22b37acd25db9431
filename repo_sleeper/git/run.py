"""The one door to the git program: a bare environment and the verbs that are allowed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from repo_sleeper.errors import SetupError
from repo_sleeper.git.child import Child

LIMIT_S = 10.0

# What only reads, takes no lock and runs no program that a repository could name. `status`,
# `diff`, `blame` and `ls-files -m` do run such programs, however they are called.
Verb = Literal[
    "cat-file",
    "check-attr",
    "diff-tree",
    "log",
    "ls-files",
    "ls-tree",
    "merge-base",
    "rev-list",
    "rev-parse",
    "symbolic-ref",
]
ENVIRONMENT: Mapping[str, str] = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_FLUSH": "0",  # into a pipe it would write each commit by itself
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_PAGER": "cat",
    "GIT_ASKPASS": "/bin/false",
    "GIT_SSH_COMMAND": "/bin/false",
    "GIT_EDITOR": "/bin/false",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
}
_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "protocol.allow=never",
    "diff.external=",
    "log.showSignature=false",
    "submodule.recurse=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "safe.bareRepository=explicit",
)
# Of all GIT_* variables only these say where the person's own configuration is; the others may
# come from a hook we were started in and describe another repository.
_PERSONAL = (
    "HOME",
    "XDG_CONFIG_HOME",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
)


def begin(
    verb: Verb, *args: str, root: Path, git_dir: Path, limit_s: float, stdin: bytes = b""
) -> Child:
    """A git that is asked about exactly this work tree and git directory."""
    excludes = f"core.excludesFile={personal_excludes()}"
    settings = [part for setting in (*_SETTINGS, excludes) for part in ("-c", setting)]
    places = (f"--git-dir={git_dir}", f"--work-tree={root}")
    command = (git_program(), "--no-pager", *places, *settings, verb, *args)
    return Child(command, env=ENVIRONMENT, cwd=root, limit_s=limit_s, stdin=stdin)


def personal_config(*args: str, cwd: Path = Path("/"), limit_s: float = LIMIT_S) -> str:
    """What `git config` says with the person's own files in view; empty if there is nothing."""
    personal = {name: os.environ[name] for name in _PERSONAL if name in os.environ}
    env = {**_without_personal(), **personal}
    command = (git_program(), *args)
    raw = output(command, env=env, cwd=cwd, limit_s=limit_s, allowed=(0, 1))
    return os.fsdecode(raw).rstrip("\n")


def _without_personal() -> dict[str, str]:
    return {name: value for name, value in ENVIRONMENT.items() if name not in _PERSONAL}


def personal_excludes() -> str:
    """The person's own ignore file, never one that a repository names.

    Without it, files that are ignored on this machine only would look as if they may be sent.
    """
    return _excludes_of(*(os.environ.get(name, "") for name in _PERSONAL))


@cache
def _excludes_of(home: str, config_home: str, *_: str) -> str:
    # GIT_DIR names nothing, so that no repository's own settings are looked at.
    named = personal_config("--git-dir=/dev/null", "config", "--type=path", "core.excludesFile")
    if named:
        return named
    return f"{config_home or home + '/.config'}/git/ignore"


def output(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    limit_s: float,
    allowed: Sequence[int] = (0,),
) -> bytes:
    """Run to the end or to the limit; any other end is a GitError of this call only."""
    return Child(command, env=env, cwd=cwd, limit_s=limit_s).output(allowed)


def git_program() -> str:
    """The absolute path of git, so that no folder of a repository can stand in for it."""
    return _program_in(os.environ.get("PATH", ""))


@cache
def _program_in(search_path: str) -> str:
    for folder in search_path.split(os.pathsep):
        file = f"{folder}/git"
        if folder.startswith("/") and Path(file).is_file() and os.access(file, os.X_OK):
            return file
    raise SetupError(
        "git was not found on the PATH", hint="install git 2.32 or newer, then try again"
    )
