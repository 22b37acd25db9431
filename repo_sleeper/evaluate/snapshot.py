"""The files of one past commit in a folder of our own; the repository itself is never written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from repo_sleeper.domain.paths import path_to_bytes
from repo_sleeper.domain.text import as_text
from repo_sleeper.domain.tree import Scan, Signature, SkipReason
from repo_sleeper.git import Repository
from repo_sleeper.git.past import PastFile, contents, files_at
from repo_sleeper.watch.filters import skip_by_name

_REGULAR = frozenset({"100644", "100755", "100664"})


@dataclass(frozen=True, slots=True)
class Moved:
    """What differs from the commit the folder held before."""

    written: tuple[str, ...]
    removed: tuple[str, ...]


class Snapshot:
    """A folder that holds the regular files of one commit at a time.

    Names that could lead out of the folder are left out, however they got into a commit.
    """

    def __init__(self, repo: Repository, folder: Path) -> None:
        self.root = folder
        self.files: dict[str, PastFile] = {}
        self._repo = repo
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def resume(self, commit: str) -> None:
        """Take the folder as it is for one that holds this commit already."""
        self.files = self._wanted(commit)

    def move_to(self, commit: str) -> Moved:
        """Make the folder hold this commit, touching only what differs."""
        wanted = self._wanted(commit)
        removed = tuple(sorted(self.files.keys() - wanted.keys()))
        changed = [
            one for path, one in sorted(wanted.items()) if _oid(self.files.get(path)) != one.oid
        ]
        for path in removed:
            self._remove(path)
        written = self._write(changed)
        self.files = wanted
        return Moved(written, removed)

    def text(self, path: str) -> str:
        """A file as text; one that is not there has none."""
        try:
            return as_text(self._place(path).read_bytes())
        except FileNotFoundError:
            return ""

    def scan(self, *, max_bytes: int, ignore: Sequence[str] = ()) -> Scan:
        """What a scan of a work tree with these files would tell."""
        files: dict[str, Signature] = {}
        skipped: dict[str, SkipReason] = {}
        for path in sorted(self.files):
            try:
                found = self._place(path).lstat()
            except FileNotFoundError:
                continue  # a content that a partial clone lacks
            reason = skip_by_name(path, found.st_size, max_bytes=max_bytes, ignore=ignore)
            if reason is not None:
                skipped[path] = reason
                continue
            files[path] = Signature(
                found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
            )
        return Scan(files, skipped)

    def _wanted(self, commit: str) -> dict[str, PastFile]:
        return {
            one.path: one
            for one in files_at(self._repo, commit)
            if one.mode in _REGULAR and is_safe(one.path)
        }

    def _write(self, files: Sequence[PastFile]) -> tuple[str, ...]:
        by_oid: dict[str, list[str]] = {}
        for one in files:
            by_oid.setdefault(one.oid, []).append(one.path)
        for oid, data in contents(self._repo, sorted(by_oid)):
            for path in by_oid[oid]:
                place = self._place(path)
                place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                place.write_bytes(data)
        return tuple(one.path for one in files)

    def _remove(self, path: str) -> None:
        place = self._place(path)
        place.unlink(missing_ok=True)
        for folder in place.parents:
            if folder == self.root or any(folder.iterdir()):
                return
            folder.rmdir()  # or a file of that name could not be written

    def _place(self, path: str) -> Path:
        return self.root / os.fsdecode(path_to_bytes(path))


def is_safe(path: str) -> bool:
    """Whether the name stays inside the folder it is written to, and is not git's own."""
    names = path.split("/")
    return not any(name in {"", ".", ".."} or name.lower() == ".git" for name in names)


def discard(folder: Path) -> None:
    """Remove a snapshot and all that was made from it."""
    shutil.rmtree(folder, ignore_errors=True)


def _oid(file: PastFile | None) -> str:
    return "" if file is None else file.oid
