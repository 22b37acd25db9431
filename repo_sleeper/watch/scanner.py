"""The truth: what is on disk right now, listed with signatures."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from repo_sleeper import git
from repo_sleeper.domain.paths import path_from_bytes, path_to_bytes
from repo_sleeper.domain.tree import Scan, Signature, SkipReason
from repo_sleeper.errors import GitError, NotFoundError
from repo_sleeper.git import Repository
from repo_sleeper.watch.attributes import marked
from repo_sleeper.watch.filters import is_vendored, skip_by_name


def scan(
    repo: Repository, *, max_bytes: int, ignore: Sequence[str] = (), expected: Iterable[str] = ()
) -> Scan:
    """List the work tree: what git tracks or would add, and what of it is worth reading.

    Paths that are `expected` are looked at while git lists. When git cannot say, the folders are
    walked instead and the scan is marked incomplete, for then ignored files are among the rest.
    """
    root = os.fsencode(repo.root)
    if not os.path.isdir(root):  # noqa: PTH112 -- bytes: a name need not be text
        raise NotFoundError(f"{repo.root} is not there any more")
    look = _Look(root, max_bytes, ignore)
    try:
        paths, absent, submodules = _listed(repo, look, expected)
        doubt = ""
    except GitError as error:
        paths, absent, submodules = list(_walked(root, b"")), frozenset(), []
        doubt = str(error)
    files, skipped = look.at_all(paths)
    skipped.update(dict.fromkeys(submodules, SkipReason.SUBMODULE))
    if not doubt:
        _leave_out(files, skipped, marked(repo, files))
    return Scan(files, skipped, absent - files.keys(), not doubt, doubt)


def has_changed(root: Path, known: Mapping[str, Signature]) -> bool:
    """Whether any of these files is not as it was: a hint, for it may be ignored by now."""
    place = os.fsencode(root)
    return any(not _is_as_known(place, path, one) for path, one in known.items())


def _is_as_known(root: bytes, path: str, known: Signature) -> bool:
    try:
        seen = os.lstat(root + b"/" + path_to_bytes(path))
    except OSError:
        return False
    # Not the time of the last write, which is not kept where a file was written just now.
    now = (seen.st_size, seen.st_ctime_ns, seen.st_ino)
    return now == (known.size, known.ctime_ns, known.inode)


def _leave_out(
    files: dict[str, Signature],
    skipped: dict[str, SkipReason],
    found: Mapping[str, SkipReason],
) -> None:
    skipped.update(found)
    for path in found:
        del files[path]


def _listed(
    repo: Repository, look: _Look, expected: Iterable[str]
) -> tuple[list[str], frozenset[str], list[str]]:
    """Paths to look at, those a sparse checkout leaves out, and submodules."""
    with git.begun_listing(repo) as listing:
        look.at(expected)
        found = listing()
    paths = dict.fromkeys((*found.tracked, *found.untracked))
    return list(paths), found.absent, found.submodules


def _walked(root: bytes, folder: bytes) -> Iterator[str]:
    """Every file below a folder; links and other repositories are not entered."""
    try:
        entries = sorted(os.scandir(os.path.join(root, folder)), key=lambda one: one.name)  # noqa: PTH118
    except OSError:
        return
    for entry in entries:
        path = folder + entry.name
        if not entry.is_dir(follow_symlinks=False):
            yield path_from_bytes(path)
        elif not _is_other_repository(entry.path) and not is_vendored(path_from_bytes(path)):
            yield from _walked(root, path + b"/")


def _is_other_repository(folder: bytes) -> bool:
    return os.path.basename(folder) == b".git" or os.path.lexists(os.path.join(folder, b".git"))  # noqa: PTH118, PTH119


class _Look:
    """A look at the disk: the signature of each file, or why it is not worth reading."""

    def __init__(self, root: bytes, max_bytes: int, ignore: Sequence[str]) -> None:
        self._root = root
        self._max_bytes = max_bytes
        self._ignore = ignore
        self._folders: dict[bytes, bool | SkipReason] = {b"": True}
        self._seen: dict[str, Signature | SkipReason | None] = {}

    def at(self, paths: Iterable[str]) -> None:
        """Look at each of these, once."""
        seen = self._seen
        for path in paths:
            if path not in seen:
                seen[path] = self._at(path)

    def at_all(self, paths: Sequence[str]) -> tuple[dict[str, Signature], dict[str, SkipReason]]:
        """What these are, those looked at before included: files, and what is left out."""
        self.at(paths)
        files: dict[str, Signature] = {}
        skipped: dict[str, SkipReason] = {}
        for path in paths:
            found = self._seen[path]
            if isinstance(found, Signature):
                files[path] = found
            elif found is not None:
                skipped[path] = found
        return files, skipped

    def _at(self, path: str) -> Signature | SkipReason | None:
        """None for what is not there, or lies behind a link."""
        name = path_to_bytes(path)
        folder = self._real_folder(name.rpartition(b"/")[0])
        if folder is not True:  # it became a link or went away: so did what git lists in it
            return folder if isinstance(folder, SkipReason) else None
        try:
            seen = os.lstat(self._root + b"/" + name)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            return SkipReason.UNREADABLE
        reason = _odd(seen.st_mode) or skip_by_name(
            path, seen.st_size, max_bytes=self._max_bytes, ignore=self._ignore
        )
        return reason or Signature(seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino)

    def _real_folder(self, folder: bytes) -> bool | SkipReason:
        """Whether no part of the folder's path is a symbolic link; or why that cannot be told."""
        found = self._folders.get(folder)
        if found is None:
            found = self._real_folder(folder.rpartition(b"/")[0])
            if found is True:
                found = _is_folder(self._root + b"/" + folder)
            self._folders[folder] = found
        return found


def _is_folder(path: bytes) -> bool | SkipReason:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return SkipReason.UNREADABLE


def _odd(mode: int) -> SkipReason | None:
    if stat.S_ISREG(mode):
        return None
    return SkipReason.SYMLINK if stat.S_ISLNK(mode) else SkipReason.NOT_REGULAR
