"""What the past looked like: the files of a commit, their contents, what a commit edited."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.paths import path_from_bytes, path_to_bytes
from repo_sleeper.git.plumbing import ask, checked
from repo_sleeper.git.repository import Repository

_PAGE = 500  # contents or commits asked for at once, which bounds memory and time
_MARK = "\x01"  # before each commit: no status looks like it
_HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+", re.MULTILINE)
_FILE = re.compile(rb"^diff --git ", re.MULTILINE)
_ORDER = ("--no-merges", "--date-order")
_PLAIN = ("--no-color", "--no-ext-diff", "--no-renames", "--no-relative", "--no-textconv")
_TOLD = (
    "-z",
    "-O/dev/null",
    "--no-walk=unsorted",
    "--name-status",
    "--encoding=UTF-8",
    "--no-decorate",
    "--no-mailmap",
    "--no-notes",
    "--no-show-signature",
    "--format=%x01%H%x00%P%x00%an%x00%s",
    *_PLAIN,
)


class PastFile(NamedTuple):
    """One regular file or symbolic link in a commit; its bytes are 0 where git lacks them."""

    path: str
    mode: str
    oid: str
    size: int = 0


class Edit(NamedTuple):
    """One commit that is no merge, with the status letter of each path it touched."""

    oid: str
    parents: tuple[str, ...]
    author: str
    subject: str
    statuses: tuple[tuple[str, str], ...]


def files_at(repo: Repository, commit: str, paths: Sequence[str] = ()) -> list[PastFile]:
    """Every file of a commit, or those of these paths; submodules are not files."""
    found = []
    options = ("-r", "-l", "-z", "--full-tree")
    raw = ask(repo, "ls-tree", *options, checked(commit), "--", *_names(paths))
    for entry in raw.split(b"\0")[:-1]:
        about, _, path = entry.partition(b"\t")
        mode, kind, oid, size = about.decode().split()
        if kind == "blob":
            bytes_ = int(size) if size.isdecimal() else 0
            found.append(PastFile(path_from_bytes(path), mode, oid, bytes_))
    return found


def names_at(repo: Repository, commit: str) -> frozenset[str]:
    """The paths of everything in a commit."""
    raw = ask(repo, "ls-tree", "-r", "-z", "--name-only", "--full-tree", checked(commit))
    return frozenset(map(path_from_bytes, raw.split(b"\0")[:-1]))


def contents(repo: Repository, oids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Each content with its id; those that a partial clone lacks are left out."""
    for start in range(0, len(oids), _PAGE):
        page = "".join(f"{checked(oid)}\n" for oid in oids[start : start + _PAGE])
        raw = ask(repo, "cat-file", "--batch", stdin=page.encode())
        yield from _batched(raw)


def _batched(raw: bytes) -> Iterator[tuple[str, bytes]]:
    place = 0
    while place < len(raw):
        end = raw.index(b"\n", place)
        oid, *about = raw[place:end].decode().split(" ")
        place = end + 1
        if about != ["missing"]:
            size = int(about[1])
            yield oid, raw[place : place + size]
            place += size + 1


def edits(repo: Repository, newest: str) -> Iterator[Edit]:
    """Commits without merges, newest first; none comes after an ancestor of its own."""
    oids = iter(ancestors(repo, newest))
    while page := list(islice(oids, _PAGE)):
        yield from _told(ask(repo, "log", *_TOLD, *page))


def _told(raw: bytes) -> Iterator[Edit]:
    """Read what `git log` printed: four fields, then pairs of status and path."""
    tokens = iter(raw.split(b"\0"))
    oid = next(tokens)
    while oid:
        parents, author, subject = (next(tokens).decode("utf-8", "replace") for _ in range(3))
        statuses, following = _statuses(tokens)
        yield Edit(
            oid=oid.decode().lstrip(_MARK),
            parents=tuple(parents.split()),
            author=author,
            subject=subject,
            statuses=statuses,
        )
        oid = following


def _statuses(tokens: Iterator[bytes]) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """The statuses of one commit, and the token that begins the next."""
    found: list[tuple[str, str]] = []
    for token in tokens:
        if token.startswith(_MARK.encode()):
            return tuple(found), token
        if status := token.strip().decode():
            found.append((status, path_from_bytes(next(tokens))))
    return tuple(found), b""


def hunks(repo: Repository, old: str, new: str, paths: Sequence[str]) -> dict[str, list[Range]]:
    """Where `new` changed files that both commits have, in lines of `old`."""
    ordered = sorted(paths, key=path_to_bytes)
    options = ("-r", "-p", "-U0", "-O/dev/null", *_PLAIN)
    raw = ask(repo, "diff-tree", *options, checked(old), checked(new), "--", *_names(ordered))
    # git tells the files in the order of their names, so the names need not be read back
    return {
        path: [_range(found) for found in _HUNK.finditer(patch)]
        for path, patch in zip(ordered, _FILE.split(raw)[1:], strict=True)
    }


def _names(paths: Sequence[str]) -> list[str]:
    return [path_to_bytes(path).decode("utf-8", "surrogateescape") for path in paths]


def _range(found: re.Match[bytes]) -> Range:
    start, count = int(found[1]), int(found[2] or 1)
    return Range(start - 1, start - 1 + count) if count else Range(start, start)


def ancestors(repo: Repository, commit: str) -> list[str]:
    """The commit and all before it without merges, in the order of `edits`."""
    return ask(repo, "rev-list", *_ORDER, checked(commit)).decode().split()
