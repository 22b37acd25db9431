"""Tries the hardening on the git that is installed, in a repository made to break it."""

from __future__ import annotations

from pathlib import Path

from repo_sleeper.errors import GitError, SetupError
from repo_sleeper.git.plumbing import git_version
from repo_sleeper.git.run import ENVIRONMENT, LIMIT_S, begin, git_program, output

OLDEST = (2, 32, 0)
_MISSING = "1" * 40
# Every setting that could make git start a program for what we ask; each would leave the mark.
_HOSTILE = """\
[core]
\trepositoryformatversion = 1
\tfsmonitor = {program}
\thooksPath = {folder}
[extensions]
\tpartialClone = origin
[remote "origin"]
\turl = ext::{program}
\tpromisor = true
[protocol "ext"]
\tallow = always
"""


def self_test() -> str:
    """What of the hardening the installed git does not honour; empty when it honours all."""
    from tempfile import TemporaryDirectory  # 3 ms, and every command imports this module

    try:
        version = git_version()
        if version < OLDEST:
            found, needed = (".".join(map(str, one)) for one in (version, OLDEST))
            return f"git {found} is too old: {needed} is needed to shut out settings of others"
        with TemporaryDirectory(prefix="sleeper-git-") as folder:
            return _tried(Path(folder).resolve())
    except (GitError, SetupError) as error:
        return str(error)
    except OSError as error:
        return f"the test needs a temporary folder: {error.strerror}"


def _tried(folder: Path) -> str:
    git_dir, mark = folder / ".git", folder / "mark"
    program = folder / "program"
    program.write_text(f"#!/bin/sh\n: > '{mark}'\n")
    program.chmod(0o700)
    for name in ("objects", "refs"):
        (git_dir / name).mkdir(parents=True)
    (git_dir / "HEAD").write_text("ref: refs/heads/main\n")
    (git_dir / "config").write_text(_HOSTILE.format(program=program, folder=folder))
    if _reads_personal_settings(folder):
        return "git does not honour GIT_CONFIG_GLOBAL: settings of others would be read"
    begin("ls-files", "-o", "-z", root=folder, git_dir=git_dir, limit_s=LIMIT_S).output()
    missing = begin("cat-file", "-e", _MISSING, root=folder, git_dir=git_dir, limit_s=LIMIT_S)
    missing.output(allowed=(0, 1, 128))
    return "git started a program that a repository named" if mark.exists() else ""


def _reads_personal_settings(home: Path) -> bool:
    (home / ".gitconfig").write_text("[sleeper]\n\tseen = true\n")
    env = {**ENVIRONMENT, "HOME": str(home)}
    command = (git_program(), "--git-dir=/dev/null", "config", "sleeper.seen")
    return bool(output(command, env=env, cwd=home, limit_s=LIMIT_S, allowed=(0, 1)))
