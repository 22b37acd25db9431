"""What an edit re-opens: `python benchmarks/amplification.py REPOSITORY... [--commits 100]`.

Takes the newest commits one after the other into a tree of its own. Before each, everything that
may be thought about has been; after it, whatever may be thought about again was re-opened. Printed
are the nodes whose normalised syntax the commits changed or added (innermost definitions, and the
rest of a file as one), the symbols and files they re-opened, the ratio (the goal is 1.5), the
folders that were built on them, and how many commits changed no syntax and what those re-opened.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from repo_sleeper import git
from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.domain.thoughts import Candidate
from repo_sleeper.evaluate.snapshot import Snapshot
from repo_sleeper.git import Repository
from repo_sleeper.git.past import ancestors
from repo_sleeper.index import indexer
from repo_sleeper.index.hands import Hands
from repo_sleeper.index.pool import ParserPool
from repo_sleeper.store import code, thoughts
from repo_sleeper.store.database import Database, open_database
from repo_sleeper.store.folders import is_folder
from repo_sleeper.store.thoughts import Job
from repo_sleeper.store.tree import Tree
from repo_sleeper.store.unthought import unthought

_KIND = NoteKind.ARCHITECTURE
_VERSION = "amplification"
_MAX_BYTES = 1024 * 1024
# Definitions that contain no other, and what is in no definition, of files that are code.
_NODES = """
select 'symbol', s.node_hash from symbols s
join files f on f.blob_id = s.blob_id and f.tree_id = :tree
join blobs b on b.id = s.blob_id and b.language != 'text' and b.skip = ''
where not exists (select 1 from symbols c where c.blob_id = s.blob_id and c.parent_id = s.id)
union select 'rest', b.module_hash from blobs b
join files f on f.blob_id = b.id and f.tree_id = :tree
where b.language != 'text' and b.skip = ''"""


def main() -> None:
    """Replay each repository and print one line for it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--commits", type=int, default=100)
    asked = parser.parse_args()
    print(f"{'':14}{'nodes':>8}{'re-opened':>11}{'ratio':>8}{'folders':>9}   no syntax changed")
    for path in asked.repositories:
        print(_line(path.name, replayed(git.discover(path), commits=asked.commits)), flush=True)


def _line(name: str, told: Counter[str]) -> str:
    ratio = told["subjects"] / told["nodes"] if told["nodes"] else 0.0
    return (
        f"{name[:13]:14}{told['nodes']:>8,}{told['subjects']:>11,}{ratio:>8.2f}"
        f"{told['folders']:>9,}   {told['quiet']} commits re-opened {told['quiet subjects']}"
    )


def replayed(repo: Repository, *, commits: int) -> Counter[str]:
    """What the newest commits changed and re-opened, first parents only."""
    log = ancestors(repo, git.head(repo))[: commits + 1][::-1]
    told: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, ParserPool() as pool:
        snapshot = Snapshot(repo, Path(folder) / "tree")
        with closing(open_database(Path(folder) / "index.db")) as db:
            for step in _steps(db, repo, snapshot, log, pool):
                told += step
    return told


def _steps(
    db: Database, repo: Repository, snapshot: Snapshot, log: list[str], pool: ParserPool
) -> Iterator[Counter[str]]:
    tree_id = code.ensure_tree(db, snapshot.root, repo.git_dir)
    before: set[tuple[str, int]] = set()
    for number, commit in enumerate(log):
        snapshot.move_to(commit)
        found = snapshot.scan(max_bytes=_MAX_BYTES)
        tree = Tree(db, tree_id, snapshot.root)
        indexer.reconcile(tree, found, now=time.time(), hands=Hands(pool))
        after = {(row[0], row[1]) for row in db.rows(_NODES, {"tree": tree_id})}
        opened = _open(db, tree_id)
        if number:
            yield _counted(len(after - before), opened)
        _think_about_all(db, tree_id, opened)
        before |= after  # what comes back has been thought about


def _open(db: Database, tree_id: int) -> list[Candidate]:
    return unthought(db, tree_id, kinds=[_KIND], versions={_KIND: _VERSION})


def _counted(nodes: int, opened: list[Candidate]) -> Counter[str]:
    folders = sum(is_folder(one.subject.path) for one in opened)
    subjects = len(opened) - folders
    return Counter(
        {
            "nodes": nodes,
            "subjects": subjects,
            "folders": folders,
            "quiet": int(not nodes),
            "quiet subjects": 0 if nodes else subjects,
        }
    )


def _think_about_all(db: Database, tree_id: int, opened: list[Candidate]) -> None:
    """Again until nothing is left: folders open only once their parts are thought about."""
    while opened:
        with db.transaction():
            for one in opened:
                job = Job(subject=one.subject, kind=_KIND, version=_VERSION)
                thought = thoughts.set_aside(db, job, tree_id=tree_id, why="", now=0.0)
                db.execute(
                    "update thoughts set state = 'applied', request = '{}' where id = ?", (thought,)
                )
        opened = _open(db, tree_id)


if __name__ == "__main__":
    main()
