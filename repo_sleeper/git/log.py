"""The history as git tells it: commits with the paths they touched, never their contents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from repo_sleeper.domain.history import Commit
from repo_sleeper.domain.paths import path_from_bytes
from repo_sleeper.errors import GitError
from repo_sleeper.git.plumbing import ask, checked, head
from repo_sleeper.git.repository import Repository

_PAGE = 2_000  # commits told by one call, which bounds its memory and its time
_LONGEST_STATUS = 8  # a letter and a number, sometimes after a line break; an id is longer
_BEGINNINGS = b"ARC"  # of a path: added, moved to, copied to
_FIELDS = 7  # six, and what is between the last of them and the first status
_FORMAT = "--format=%H%x00%ct%x00%P%x00%ae%x00%s%x00%b%x00"
_Entry = tuple[bytes, tuple[str, ...]]  # the letter of its status, its path or two
_OPTIONS = (
    "-z",
    "-O/dev/null",
    "--no-walk=unsorted",
    "--stdin",
    "--diff-merges=off",
    "--encoding=UTF-8",
    "--no-color",
    "--no-decorate",
    "--no-ext-diff",
    "--no-mailmap",
    "--no-notes",
    "--no-relative",
    "--no-show-signature",
    "--no-textconv",
    _FORMAT,
)


def commits(repo: Repository, *, limit: int, after: str = "") -> Iterator[Commit]:
    """The newest commits that `after` does not contain, newest first, at most `limit`."""
    newest = head(repo)
    if newest:
        yield from tell(repo, commit_ids(repo, newest, limit=limit, after=after))


def commit_ids(repo: Repository, newest: str, *, limit: int, after: str = "") -> list[str]:
    """What `newest` contains and `after` does not, newest first, at most `limit`."""
    beyond = (f"^{checked(after)}",) if after else ()
    raw = ask(repo, "rev-list", f"--max-count={limit}", checked(newest), *beyond)
    return raw.decode().split()


def tell(repo: Repository, oids: Sequence[str]) -> Iterator[Commit]:
    """These commits, in this order.

    Merges bring no paths: the commits they merge do. Neither do the oldest commits of a shallow
    clone, whose parents are not there to compare with, nor those of a clone without trees.
    """
    cut_off = cut_off_at(repo)
    for page in _pages(repo, oids):
        for commit in _told(page):
            known = commit.oid not in cut_off
            yield commit if known else commit._replace(paths=(), renames=(), begun=())


def _pages(repo: Repository, oids: Sequence[str]) -> Iterator[bytes]:
    """What git says of them page by page; it prepares one page while the other is read."""
    from concurrent.futures import Future, ThreadPoolExecutor  # many never read history

    following: Future[bytes] | None = None
    with ThreadPoolExecutor(max_workers=1) as ahead:
        for start in range(0, len(oids) + _PAGE, _PAGE):
            page = oids[start : start + _PAGE]
            current, following = following, ahead.submit(_log, repo, page) if page else None
            if current is not None:
                yield current.result()


def cut_off_at(repo: Repository) -> frozenset[str]:
    file = repo.common_dir / "shallow"
    return frozenset(file.read_text("ascii", "replace").split() if file.is_file() else ())


def _log(repo: Repository, oids: Sequence[str]) -> bytes:
    # On its stdin: of each word on its command line git asks whether it is not also a file, which
    # takes longer than everything else.
    named = "".join(f"{oid}\n" for oid in oids).encode()
    try:
        return ask(repo, "log", *_OPTIONS, "--name-status", "-M", "-l200", stdin=named)
    except GitError:
        return _log_of_partial_clone(repo, named)


def _log_of_partial_clone(repo: Repository, named: bytes) -> bytes:
    try:
        # It lacks the contents needed to see that a changed file was also moved.
        return ask(repo, "log", *_OPTIONS, "--name-status", "-M100%", stdin=named)
    except GitError:
        # It lacks the folders too: what was said is known, and not what was touched.
        return ask(repo, "log", *_OPTIONS, "--no-patch", stdin=named)


def _told(raw: bytes) -> Iterator[Commit]:
    """Read what `git log` printed. Every field ends in NUL and none can hold one."""
    tokens = raw.split(b"\0")
    place = 0
    while place < len(tokens) - 1:
        oid, time, parents, author, subject, body, _ = tokens[place : place + _FIELDS]
        entries, place = _entries(tokens, place + _FIELDS)
        yield Commit(
            oid=oid.decode(),
            time=int(time),
            author=_hashed(author),
            subject=subject.decode("utf-8", "replace"),
            body=body.decode("utf-8", "replace").strip(),
            paths=tuple([paths[-1] for _, paths in entries]),
            renames=tuple([(paths[0], paths[1]) for _, paths in entries if len(paths) > 1]),
            begun=tuple([paths[-1] for status, paths in entries if status in _BEGINNINGS]),
            is_merge=b" " in parents,
        )


def _entries(tokens: Sequence[bytes], place: int) -> tuple[list[_Entry], int]:
    """What one commit touched, and where the next begins: at the first token that is no status."""
    entries: list[_Entry] = []
    while 0 < len(tokens[place]) <= _LONGEST_STATUS:
        status = tokens[place].strip()[:1]
        count = 2 if status in b"RC" else 1
        entries.append((status, tuple(map(_path, tokens[place + 1 : place + 1 + count]))))
        place += 1 + count
    return entries, place


@lru_cache(maxsize=1 << 14)
def _hashed(author: bytes) -> str:
    from hashlib import sha256  # 3 ms, and many commands read no history

    return sha256(author).hexdigest()[:16]


_path = lru_cache(maxsize=1 << 15)(path_from_bytes)
