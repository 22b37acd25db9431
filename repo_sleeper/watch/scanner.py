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


def scan(repo: Repository, *, max_bytes: int, ignore: Sequence[str] = ()) -> Scan:
    """List the work tree: what git tracks or would add, and what of it is worth reading.

    When git cannot say, the folders are walked instead and the scan is marked incomplete, for
    then ignored files are among the rest.
    """
    root = os.fsencode(repo.root)
    if not os.path.isdir(root):  # noqa: PTH112 -- bytes: a name need not be text
        raise NotFoundError(f"{repo.root} is not there any more")
    try:
        paths, absent, submodules = _listed(repo)
        doubt = ""
    except GitError as error:
        paths, absent, submodules = list(_walked(root, b"")), frozenset(), []
        doubt = str(error)
    files, skipped = _looked_at(root, paths, max_bytes=max_bytes, ignore=ignore)
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


def _listed(repo: Repository) -> tuple[list[str], frozenset[str], list[str]]:
    """Paths to look at, those a sparse checkout leaves out, and submodules."""
    found = git.listing(repo)
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


def _looked_at(
    root: bytes, paths: Iterable[str], *, max_bytes: int, ignore: Sequence[str]
) -> tuple[dict[str, Signature], dict[str, SkipReason]]:
    files: dict[str, Signature] = {}
    skipped: dict[str, SkipReason] = {}
    folders = {b"": True}
    for path in paths:
        name = path_to_bytes(path)
        if not _is_real_folder(root, name.rpartition(b"/")[0], folders):
            continue  # a folder became a link or went away: so did what git lists in it
        try:
            seen = os.lstat(root + b"/" + name)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            skipped[path] = SkipReason.UNREADABLE
            continue
        reason = _odd(seen.st_mode) or skip_by_name(
            path, seen.st_size, max_bytes=max_bytes, ignore=ignore
        )
        if reason is None:
            files[path] = Signature(seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino)
        else:
            skipped[path] = reason
    return files, skipped


def _is_real_folder(root: bytes, folder: bytes, known: dict[bytes, bool]) -> bool:
    """Whether no part of the folder's path is a symbolic link."""
    found = known.get(folder)
    if found is None:
        around = folder.rpartition(b"/")[0]
        found = _is_real_folder(root, around, known) and _is_folder(root + b"/" + folder)
        known[folder] = found
    return found


def _is_folder(path: bytes) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def _odd(mode: int) -> SkipReason | None:
    if stat.S_ISREG(mode):
        return None
    return SkipReason.SYMLINK if stat.S_ISLNK(mode) else SkipReason.NOT_REGULAR
