"""Which repository we are in: found by walking up, and refused when it is not what it seems."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from repo_sleeper.errors import NotARepositoryError
from repo_sleeper.git.child import printable
from repo_sleeper.git.run import LIMIT_S, personal_config


class Repository(NamedTuple):
    """A work tree and where git keeps its data; linked worktrees share `common_dir`.

    `limit_s` is how long any one question to git may take before it is stopped.
    """

    root: Path
    git_dir: Path
    common_dir: Path
    limit_s: float = LIMIT_S

    @property
    def state_dir(self) -> Path:
        """Where everything we keep about the repository lies, invisible to git."""
        return self.common_dir / "sleeper"


def discover(start: Path) -> Repository:
    """The repository around `start`, found without asking git.

    A `.git` that lies elsewhere counts only if it names this work tree in return: otherwise a
    downloaded folder could borrow the data, and the trust, of another repository.
    """
    here = start.resolve()
    for folder in (here, *here.parents):
        _refuse_git_dir(folder)
        repo = _repository_at(folder)
        if repo is not None:
            _refuse_other_owner(repo)
            return repo
    raise NotARepositoryError(
        f"{printable(here)} is not inside a git repository",
        hint="change into one, or run `git init` first",
    )


def _refuse_git_dir(folder: Path) -> None:
    if folder.name == ".git" or (folder / "commondir").is_file():
        raise NotARepositoryError(
            f"{printable(folder)} holds git's own data",
            hint="change into the work tree it belongs to",
        )
    if all((folder / name).exists() for name in ("HEAD", "objects", "refs")):
        raise NotARepositoryError(
            f"{printable(folder)} is a bare repository: it has no files to read",
            hint="clone it, or add files with `git worktree add`",
        )


def _repository_at(folder: Path) -> Repository | None:
    link = folder / ".git"
    if link.is_file():
        return _linked(folder, _pointed_at(link, "gitdir: "))
    if not (link / "HEAD").is_file():
        return None  # as git does: a folder that only bears the name
    if link.is_symlink():
        return _linked(folder, link.resolve())
    if (link / "commondir").exists():
        raise NotARepositoryError(
            f"{printable(link)} borrows the data of another repository",
            hint="work in that repository, or clone it",
        )
    return Repository(folder, link, link)


def _linked(root: Path, git_dir: Path) -> Repository:
    if not (git_dir / "HEAD").is_file():
        raise NotARepositoryError(
            f"{printable(root / '.git')} points to {printable(git_dir)}, which is not there",
            hint="`git worktree repair` in the main work tree may help",
        )
    if (git_dir / "commondir").is_file():
        common = _pointed_at(git_dir / "commondir")
        if git_dir.parent == common / "worktrees" and _names(git_dir, root):
            return Repository(root, git_dir, common)
    elif _claims(git_dir, root):
        return Repository(root, git_dir, git_dir)
    raise NotARepositoryError(
        f"{printable(git_dir)} does not name {printable(root)} as its work tree",
        hint="`git worktree repair`, or `git config core.worktree` where it is meant to be so",
    )


def _names(git_dir: Path, root: Path) -> bool:
    """Whether the data of a linked worktree points back at this work tree."""
    back = git_dir / "gitdir"
    return back.is_file() and _pointed_at(back) == root / ".git"


def _claims(git_dir: Path, root: Path) -> bool:
    """Whether a git directory kept elsewhere, as a submodule's is, calls this its work tree."""
    named = personal_config("config", f"--file={git_dir / 'config'}", "core.worktree")
    return bool(named) and Path(os.path.realpath(git_dir / named)) == root


def _pointed_at(file: Path, prefix: str = "") -> Path:
    raw = os.fsdecode(file.read_bytes()[:4096]).rstrip("\r\n")
    if not raw.startswith(prefix) or raw == prefix or "\0" in raw:
        raise NotARepositoryError(
            f"{printable(file)} does not say where the git directory is",
            hint="`git worktree repair` in the main work tree may help",
        )
    return Path(os.path.realpath(file.parent / raw.removeprefix(prefix)))


def _refuse_other_owner(repo: Repository) -> None:
    places = (repo.root, repo.root / ".git", repo.git_dir, repo.common_dir)
    if {place.lstat().st_uid for place in places} <= {os.geteuid()} or _is_called_safe(repo):
        return
    raise NotARepositoryError(
        f"{printable(repo.root)} belongs to another user",
        hint=f"if you trust it: git config --global --add safe.directory {printable(repo.root)}",
    )


def _is_called_safe(repo: Repository) -> bool:
    answer = personal_config("--git-dir=/dev/null", "config", "--get-all", "safe.directory")
    return not {str(repo.root), "*"}.isdisjoint(answer.splitlines())
