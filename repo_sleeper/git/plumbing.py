"""The questions: head, branch, files, an operation in progress, differences, settings."""

from __future__ import annotations

import atexit
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from repo_sleeper.domain.paths import path_from_bytes, path_to_bytes
from repo_sleeper.errors import GitError
from repo_sleeper.git.child import Child, printable
from repo_sleeper.git.repository import Repository
from repo_sleeper.git.run import (
    ENVIRONMENT,
    LIMIT_S,
    Verb,
    begin,
    git_program,
    output,
    personal_config,
)

Question = tuple[Verb, *tuple[str, ...]]

_OID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_HEAD: Question = ("rev-parse", "--verify", "--quiet", "HEAD")
_LISTING: Question = ("ls-files", "-s", "-t", "-o", "--exclude-standard", "-z")
_SUBMODULE = b"160000"
_OPERATIONS = (
    ("rebase-merge", "rebase"),
    ("rebase-apply", "rebase"),
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("BISECT_LOG", "bisect"),
)


class TrackedFile(NamedTuple):
    """One entry of the index; of a conflict, our side."""

    path: str
    mode: str
    oid: str
    skip_worktree: bool


class Listing(NamedTuple):
    """The paths in the index, once each; files neither in it nor ignored; submodules.

    Repositories inside this one are left out. `absent` are those of the paths that a sparse
    checkout leaves out of the work tree.
    """

    tracked: list[str]
    untracked: list[str]
    submodules: list[str]
    absent: frozenset[str]


def ask(
    repo: Repository,
    verb: Verb,
    *args: str,
    allowed: tuple[int, ...] = (0,),
    stdin: bytes = b"",
) -> bytes:
    """One question about this repository."""
    return _asked(repo, verb, *args, stdin=stdin).output(allowed)


def ask_ahead(repo: Repository) -> None:
    """Begin what a reconcile will ask, while this process imports what it needs for the answers.

    Only for a process that asks at once and once: an answer is as old as its question.
    """
    for question in (_LISTING, _HEAD):
        _asked_ahead[repo, *question] = _begun(repo, *question)


def _asked(repo: Repository, verb: Verb, *args: str, stdin: bytes = b"") -> Child:
    return _asked_ahead.pop((repo, verb, *args), None) or _begun(repo, verb, *args, stdin=stdin)


def _begun(repo: Repository, verb: Verb, *args: str, stdin: bytes = b"") -> Child:
    return begin(
        verb, *args, root=repo.root, git_dir=repo.git_dir, limit_s=repo.limit_s, stdin=stdin
    )


_asked_ahead: dict[tuple[Repository | str, ...], Child] = {}


@atexit.register
def _end_what_nobody_read() -> None:
    while _asked_ahead:
        _asked_ahead.popitem()[1].kill()


def checked(oid: str) -> str:
    """A full object id, or an error: a ref may be called `--output=x`."""
    if _OID.fullmatch(oid) is None:
        raise GitError(f"not a commit id: {printable(oid[:80])!r}")
    return oid


def head(repo: Repository) -> str:
    """The commit checked out; empty when there are no commits yet."""
    oid = ask(repo, *_HEAD, allowed=(0, 1)).decode().strip()
    return oid and checked(oid)


def branch(repo: Repository) -> str:
    """The branch checked out, with or without commits; empty when HEAD is detached."""
    name = ask(repo, "symbolic-ref", "--quiet", "HEAD", allowed=(0, 1))
    return path_from_bytes(name.rstrip(b"\n")).removeprefix("refs/heads/")


def tracked(repo: Repository) -> list[TrackedFile]:
    """Every path in the index, once each."""
    found: dict[bytes, TrackedFile] = {}
    for entry in ask(repo, "ls-files", "-s", "-t", "-z").split(b"\0")[:-1]:
        about, _, path = entry.partition(b"\t")
        tag, mode, oid, stage = about.decode().split(" ")
        if path not in found or stage == "2":
            found[path] = TrackedFile(path_from_bytes(path), mode, oid, tag == "S")
    return list(found.values())


def listing(repo: Repository) -> Listing:
    """What git knows of the work tree, in one question."""
    with begun_listing(repo) as answer:
        return answer()


@contextmanager
def begun_listing(repo: Repository) -> Iterator[Callable[[], Listing]]:
    """The same, asked now and answered when called: there is something to do until then."""
    child = _asked(repo, *_LISTING)
    try:
        yield lambda: _listed(child.output())
    finally:
        child.kill()


def _listed(raw: bytes) -> Listing:
    paths: dict[bytes, None] = {}  # of a conflict each side is listed
    absent, submodules, untracked = [], [], []
    for entry in raw.split(b"\0")[:-1]:
        if entry.startswith(b"?"):
            if not entry.endswith(b"/"):
                untracked.append(path_from_bytes(entry[2:]))
            continue
        path = entry[entry.index(b"\t") + 1 :]
        if not path or path.endswith(b"/"):  # git reads on where an index was cut short
            raise GitError("git's index is damaged", hint="remove .git/index, then `git reset`")
        if entry.startswith(_SUBMODULE, 2):
            submodules.append(path_from_bytes(path))
            continue
        paths[path] = None
        if entry.startswith(b"S"):
            absent.append(path_from_bytes(path))
    return Listing([*map(path_from_bytes, paths)], untracked, submodules, frozenset(absent))


def attributed(
    repo: Repository, paths: Sequence[str], names: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Which of these attributes is set for which of these paths: pairs of path and name."""
    stdin = b"".join(path_to_bytes(path) + b"\0" for path in paths)
    tokens = ask(repo, "check-attr", "-z", "--stdin", *names, stdin=stdin).split(b"\0")
    for path, name, value in zip(tokens[::3], tokens[1::3], tokens[2::3], strict=False):
        if value in (b"set", b"true"):
            yield path_from_bytes(path), name.decode()


def operation_in_progress(repo: Repository) -> str:
    """rebase, merge, cherry-pick, revert or bisect while a person is in the middle of one."""
    in_table = (repo.common_dir / "reftable").is_dir()  # then CHERRY_PICK_HEAD is not a file
    for name, operation in _OPERATIONS:
        if (repo.git_dir / name).exists() or (in_table and _is_ref(repo, name)):
            return operation
    return ""


def _is_ref(repo: Repository, name: str) -> bool:
    if not name.endswith("_HEAD"):
        return False
    return bool(ask(repo, "rev-parse", "--verify", "--quiet", name, allowed=(0, 1)))


def is_ancestor(repo: Repository, old: str, new: str) -> bool:
    """Whether `new` contains `old`; a commit that is gone is nobody's ancestor."""
    if not ask(repo, "rev-list", "--no-walk", "--ignore-missing", checked(old)):
        return False
    # Not `rev-list old ^new`: where clocks went backwards that names ancestors all the same.
    return ask(repo, "merge-base", old, checked(new), allowed=(0, 1)).decode().strip() == old


def changed_paths(repo: Repository, old: str, new: str) -> list[str]:
    """Paths that differ between two commits."""
    options = ("-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv")
    raw = ask(repo, "diff-tree", *options, checked(old), checked(new))
    return [path_from_bytes(path) for path in raw.split(b"\0")[:-1]]


def git_version() -> tuple[int, int, int]:
    """The version of the git we call."""
    said = output((git_program(), "version"), env=ENVIRONMENT, cwd=Path("/"), limit_s=LIMIT_S)
    numbers = [int(number) for number in re.findall(rb"\d+", said)]
    major, minor, patch = (*numbers, 0, 0, 0)[:3]
    return major, minor, patch


def config_value(repo: Repository, key: str) -> str:
    """A setting as git sees it here, the person's own files included; empty when unset."""
    place = f"--git-dir={repo.git_dir}"
    return personal_config(place, "config", key, cwd=repo.root, limit_s=repo.limit_s)


def is_treeless(repo: Repository) -> bool:
    """Whether it was cloned without the folders of old commits (`--filter=tree:0`)."""
    place = f"--git-dir={repo.git_dir}"
    filters = r"^remote\..*\.partialclonefilter$"
    told = personal_config(
        place, "config", "--get-regexp", filters, cwd=repo.root, limit_s=repo.limit_s
    )
    return any(line.partition(" ")[2].startswith("tree:") for line in told.splitlines())


def set_config(repo: Repository, key: str, value: str) -> None:
    """Write one setting into the repository's own file."""
    _write_config(repo, "--replace-all", key, value)


def drop_config(repo: Repository, section: str) -> None:
    """Take a whole section out of the repository's own file."""
    _write_config(repo, "--remove-section", section)


def _write_config(repo: Repository, *args: str) -> None:
    place = f"--git-dir={repo.git_dir}"
    personal_config(place, "config", "--local", *args, cwd=repo.root, limit_s=repo.limit_s)


def hooks_path(repo: Repository) -> tuple[str, Path]:
    """What `core.hooksPath` says, and where git looks: there, or where all work trees share."""
    configured = config_value(repo, "core.hooksPath")
    if not configured:
        return "", repo.common_dir / "hooks"
    return configured, Path(os.path.normpath(repo.root / Path(configured).expanduser()))
