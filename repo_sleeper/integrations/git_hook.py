"""The post-commit hook: one line of shell that leaves word of a commit, and nothing else."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from repo_sleeper import git
from repo_sleeper.errors import GitError
from repo_sleeper.git import Repository

_NAME = "post-commit"
_KEPT = "post-commit.sleeper-prev"
_SECTION = "hook.sleeper"
_CONFIG_HOOKS = (2, 54, 0)  # from here on git runs hooks named in its configuration as well

_SHEBANG = b"#!/bin/sh\n"
_START = b"# >>> sleeper >>>\n"
_END = b"# <<< sleeper <<<\n"
_BLOCK = re.compile(re.escape(_START) + rb".*?" + re.escape(_END), re.DOTALL)
_REST = b'[ -x "$0.sleeper-prev" ] && exec "$0.sleeper-prev" "$@"\nexit 0\n'
_OURS = (_SHEBANG, _SHEBANG + _REST)  # what remains of a hook of ours without its block
_SHELL = re.compile(rb"#! ?(/usr)?(/local)?/bin/(env )?(sh|bash|dash|ksh|zsh)( [^\r\n]*)?\n")
# A repository that was moved or copied brings a hook along that writes where it was.
_MOVED = "the hook tells of commits in another place; `sleeper init` renews it"


class _Folder(NamedTuple):
    """Where git looks for hooks, and what `core.hooksPath` says of it where that is not ours.

    A folder which is not git's own is tracked, or shared by many.
    """

    path: Path
    elsewhere: str


def install(repo: Repository, *, spool: Path, version: tuple[int, int, int] | None = None) -> str:
    """Have git tell us of commits; returns what was done, in one line. Doing it twice is fine.

    A hook that cannot be installed is no error: commits are found by looking, too.
    """
    folder = _folder(repo)
    if not _has_block(folder.path) and (version or git.git_version()) >= _CONFIG_HOOKS:
        return _said(lambda: _configure(repo, _command(spool)))
    if folder.elsewhere:
        line = f"add to its {_NAME}: {_command(spool)}"
        return f"no hook: core.hooksPath is {folder.elsewhere}; {line}"
    return _said(lambda: _install_file(folder.path / _NAME, _block(spool)))


def remove(repo: Repository) -> str:
    """Undo `install`, byte for byte; what someone else changed since then stays."""
    if git.config_value(repo, f"{_SECTION}.command"):
        return _said(lambda: _unconfigure(repo))
    folder = _folder(repo)
    if not folder.elsewhere:
        return _said(lambda: _remove_file(folder.path / _NAME))
    said = _said(lambda: _remove_file(repo.common_dir / "hooks" / _NAME))
    return f"{said}; if you added our line in {folder.elsewhere}, remove it there"


def state(repo: Repository) -> str:
    """Where the hook is, or that there is none and why."""
    ours = _command(repo.state_dir / "spool")
    if command := git.config_value(repo, f"{_SECTION}.command"):
        return "installed in the repository's configuration" if command == ours else _MOVED
    folder = _folder(repo)
    if folder.elsewhere:
        return f"not installed: core.hooksPath is {folder.elsewhere}"
    file = folder.path / _NAME
    if not _has_block(folder.path):
        return "not installed"
    if os.fsencode(ours) not in file.read_bytes():
        return _MOVED
    return f"installed in {file}" if os.access(file, os.X_OK) else f"{file} is not executable"


def _said(act: Callable[[], str]) -> str:
    try:
        return act()
    except (OSError, GitError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        return f"no hook: {reason}; commits are noticed within a minute all the same"


def _folder(repo: Repository) -> _Folder:
    configured, path = git.hooks_path(repo)
    is_own = not configured or Path(os.path.realpath(path)).is_relative_to(repo.common_dir)
    return _Folder(path, "" if is_own else configured)


# --- what the hook says -----------------------------------------------------------------------


def _command(spool: Path) -> str:
    """Shell without a program to look up, quiet and successful whatever happens."""
    quoted = "'" + str(spool / "commits").replace("'", "'\\''") + "'"
    return f"{{ printf '%s\\n' \"$PWD\" >>{quoted}; }} 2>/dev/null || :"


def _block(spool: Path) -> bytes:
    note = b"# Tells sleeper of the commit; `sleeper init --remove` takes this out again.\n"
    return _START + note + os.fsencode(_command(spool)) + b"\n" + _END


# --- git's configuration ----------------------------------------------------------------------


def _configure(repo: Repository, command: str) -> str:
    if git.config_value(repo, f"{_SECTION}.command") == command:
        return "is already in the repository's configuration"
    git.set_config(repo, f"{_SECTION}.command", command)
    git.set_config(repo, f"{_SECTION}.event", _NAME)
    return "added a post-commit hook to the repository's configuration"


def _unconfigure(repo: Repository) -> str:
    git.drop_config(repo, _SECTION)
    return "took the post-commit hook out of the repository's configuration"


# --- the file ---------------------------------------------------------------------------------


def _has_block(folder: Path) -> bool:
    file = folder / _NAME
    return file.is_file() and _START in file.read_bytes()


def _install_file(file: Path, block: bytes) -> str:
    if not os.path.lexists(file):
        _write(file, _SHEBANG + block, 0o755)
        return f"installed {file}"
    before = file.read_bytes() if file.is_file() else b""
    if _START in before:
        return _renewed(file, before, block)
    if _may_be_edited(file, before):
        head, _, tail = before.partition(b"\n")
        _write(file, head + b"\n" + block + tail, file.stat().st_mode & 0o777)
        return f"added to your {file}"
    if os.path.lexists(file.with_name(_KEPT)):
        return f"no hook: {file.with_name(_KEPT)} is in the way"
    file.rename(file.with_name(_KEPT))
    _write(file, _SHEBANG + block + _REST, 0o755)
    return f"installed {file}, which goes on to your own, now {_KEPT}"


def _may_be_edited(file: Path, before: bytes) -> bool:
    """Whether our lines can go below the first one: a shell script that git does run.

    Below the first line rather than at the end, where an `exit` would keep them from running.
    """
    is_shell = _SHELL.match(before) is not None and before not in _OURS
    return is_shell and not file.is_symlink() and os.access(file, os.X_OK)


def _renewed(file: Path, before: bytes, block: bytes) -> str:
    after = _BLOCK.sub(lambda _: block, before, count=1)
    if _BLOCK.search(before) is None:
        return f"no hook: the sleeper lines in {file} have lost their end; remove them by hand"
    if after == before and os.access(file, os.X_OK):
        return f"is already in {file}"
    _write(file, after, file.stat().st_mode & 0o777 | 0o111)
    return f"renewed the hook in {file}"


def _remove_file(file: Path) -> str:
    before = file.read_bytes() if file.is_file() else b""
    after = _BLOCK.sub(b"", before, count=1)
    if after == before:
        return "there was no hook of ours"
    if after not in _OURS:
        _write(file, after, file.stat().st_mode & 0o777)
        return f"took our lines out of {file}; the rest of it is yours"
    file.unlink()
    kept = file.with_name(_KEPT)
    if not os.path.lexists(kept):
        return f"removed {file}"
    kept.rename(file)
    return f"removed our hook and put yours back: {file}"


def _write(file: Path, content: bytes, mode: int) -> None:
    """All or nothing: a commit may happen at any moment."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{_NAME}.sleeper-new")
    draft.write_bytes(content)
    draft.chmod(mode)
    draft.replace(file)
