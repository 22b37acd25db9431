"""One tree of our own with its index and notes, taken from edit to edit and judged after each."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.notes import Anchor, Evidence, Origin
from repo_sleeper.evaluate import made, seeding
from repo_sleeper.evaluate.results import Limits
from repo_sleeper.evaluate.saved import Shelf
from repo_sleeper.evaluate.snapshot import Snapshot
from repo_sleeper.evaluate.unchanged import MODULE, OUTSIDE, WHOLE
from repo_sleeper.evaluate.witness import Cited, Truth, Witness
from repo_sleeper.git import Repository
from repo_sleeper.git.past import PastFile, files_at, hunks
from repo_sleeper.index import indexer
from repo_sleeper.index.hands import Hands
from repo_sleeper.index.pool import ParserPool
from repo_sleeper.recall.context import Scope, context
from repo_sleeper.store import code, notes
from repo_sleeper.store.database import open_database
from repo_sleeper.store.tree import Tree

_FILES_AN_EDIT = 12  # that get notes before it
_QUESTIONS_AN_EDIT = 2
_SWITCHES = 3
_BUDGET = 1_200
_NAMES = {Anchor.FILE: WHOLE, Anchor.MODULE: MODULE}
_FIELDS = ("path", "name", "tokens", "text")

Progress = Callable[[int, int], None]


class Trial:
    """The tree, its index and its notes; what is on disk already is taken up again."""

    def __init__(
        self,
        repo: Repository,
        folder: Path,
        limits: Limits,
        clock: Callable[[], float],
        pool: ParserPool,
    ) -> None:
        self.seconds: list[float] = []
        self._repo = repo
        self._limits = limits
        self._clock = clock
        self._pool = pool
        self._snapshot = Snapshot(repo, folder / "tree")
        self._db = open_database(folder / "index.db")
        self._tree_id = code.ensure_tree(self._db, self._snapshot.root, repo.git_dir)
        self._done = Shelf(folder / "edits.jsonl")
        self._seeds = Shelf(folder / "seeds.jsonl")
        self._cited: dict[str, Cited] = {}
        self._titles: dict[str, str] = {}
        self._witness = Witness(self._snapshot.text, self._places)

    def close(self) -> None:
        """Let go of the index; what is on disk can be taken up again."""
        self._db.close()

    def replayed(self, log: Sequence[str], progress: Progress | None) -> Iterator[Counter[str]]:
        """What each edit did to the notes, then the edits we make, then switches of branches."""
        steps = [*pairwise(log)]
        fresh_from = next(
            (n for n, (_, to) in enumerate(steps) if to not in self._done), len(steps)
        )
        for _, to in steps[:fresh_from]:
            yield Counter(self._done[to])
        self._remember()
        self._go(log[fresh_from])
        for number, (_, to) in enumerate(steps[fresh_from:], start=fresh_from + 1):
            tally = self._edit(to)
            self._done.put(to, dict(tally))
            yield tally
            if progress is not None:
                progress(number, len(steps))
        yield from self._made()
        yield self._switches(log)

    @property
    def _tree(self) -> Tree:
        return Tree(self._db, self._tree_id, self._snapshot.root, self._commit)

    # --- one edit -----------------------------------------------------------------------------

    def _edit(self, to: str) -> Counter[str]:
        after = _oids(files_at(self._repo, to))
        before = {path: file.oid for path, file in self._snapshot.files.items()}
        touched = {path for path, oid in before.items() if after.get(path) != oid}
        tally: Counter[str] = Counter(notes=self._seed(to, sorted(touched), after))
        fresh_before = self._fresh()
        self._go(to)
        return tally + self._judged(touched, fresh_before)

    def _seed(self, to: str, touched: Sequence[str], after: Mapping[str, str]) -> int:
        at = self._commit
        inside = [path for path in touched[:_FILES_AN_EDIT] if path in after]
        edited = hunks(self._repo, at, to, inside) if inside else {}
        written = 0
        for path in touched[:_FILES_AN_EDIT]:
            lines = edited.get(path, ())
            for note in seeding.seed(self._tree, path, edited=lines, clock=self._clock):
                written += self._keep(note.id, note.title, note.evidence[0])
        return written

    def _keep(self, id_: str, title: str, evidence: Evidence) -> bool:
        name = _NAMES.get(evidence.anchor) or evidence.symbol or OUTSIDE
        cited = self._witness.cite(evidence.path, name, evidence.range.start)
        if cited is None or id_ in self._cited:
            return False
        self._cited[id_], self._titles[id_] = cited, title
        twins = sorted(cited.twins)
        self._seeds.put(
            id_, {"title": title, "cited": [*(getattr(cited, n) for n in _FIELDS), twins]}
        )
        return True

    def _judged(self, touched: Collection[str], fresh_before: Collection[str]) -> Counter[str]:
        """What the product says of every note beside what is true of it."""
        fresh, tally = self._fresh(), Counter[str]()
        changed = []
        for id_, cited in self._cited.items():
            truth = self._witness.truth(cited)
            is_fresh = id_ in fresh
            tally["unjudged"] += truth is None
            tally["fresh"] += is_fresh and truth is not None
            if truth is Truth.CHANGED:
                tally["injected"] += is_fresh
                changed += [id_] if cited.path in touched else []
            elif truth is not None and cited.path in touched and id_ in fresh_before:
                tally += _survived(truth, is_fresh=is_fresh)
        return tally + self._asked(changed)

    def _asked(self, changed: Sequence[str]) -> Counter[str]:
        """Ask for what was noted on code that has just changed: is it in the answer?"""
        tally: Counter[str] = Counter()
        for id_ in changed[:_QUESTIONS_AN_EDIT]:
            query = f"change {self._titles[id_]}"
            packed = context(self._tree, query, budget=_BUDGET, scope=Scope(20)).notes
            ours = [note.id for note in packed if note.id in self._cited]
            truths = [self._witness.truth(self._cited[one]) for one in ours]
            tally += Counter(packed=len(ours), packed_stale=truths.count(Truth.CHANGED))
        return tally

    # --- edits of our own, and switches -------------------------------------------------------

    def _made(self) -> Iterator[Counter[str]]:
        """At the head: remarks and blank lines everywhere, and every file in another folder."""
        for name, edit in (("left", made.remarked), ("moved", made.moved)):
            before, fresh_before = dict(self._snapshot.files), self._fresh()
            touched = edit(self._snapshot)
            self._settle()
            told = self._judged(touched, fresh_before)
            yield Counter(
                made_left=told["left"] if name == "left" else 0,
                made_lost=told["lost"] if name == "left" else 0,
                made_moved=told["moved"] if name == "moved" else 0,
                made_kept=told["kept"] if name == "moved" else 0,
                injected=told["injected"],
                fresh=told["fresh"],
            )
            made.undone(self._snapshot, before)
            self._go(self._commit)

    def _switches(self, log: Sequence[str]) -> Counter[str]:
        """To a commit well behind and back, several times: how soon is every verdict right?"""
        tally: Counter[str] = Counter()
        step = max(len(log) // (_SWITCHES + 1), 1)
        for commit in log[:-1][::step][:_SWITCHES]:
            for to in (commit, log[-1]):
                self._snapshot.move_to(to)
                began = time.perf_counter()
                self._reconcile()
                fresh = self._fresh()
                self.seconds.append(time.perf_counter() - began)
                self._commit = to
                self._look()
                tally += self._verdicts(fresh)
        return tally

    def _verdicts(self, fresh: Collection[str]) -> Counter[str]:
        tally: Counter[str] = Counter()
        for id_, cited in self._cited.items():
            truth = self._witness.truth(cited)
            tally["switched"] += truth is not None
            tally["switched_wrong"] += truth is Truth.CHANGED and id_ in fresh
        return tally

    # --- the tree -----------------------------------------------------------------------------

    def _go(self, commit: str) -> None:
        self._snapshot.move_to(commit)
        self._commit = commit
        self._settle()

    def _settle(self) -> None:
        self._reconcile()
        self._look()

    def _reconcile(self) -> None:
        found = self._snapshot.scan(max_bytes=self._limits.max_bytes, ignore=self._limits.ignore)
        tree = Tree(self._db, self._tree_id, self._snapshot.root)
        indexer.reconcile(tree, found, now=self._clock(), hands=Hands(self._pool))

    def _look(self) -> None:
        known = code.stored_files(self._db, self._tree_id)
        files = self._snapshot.files
        self._witness.move_to({path: files[path].oid for path in known if path in files})

    def _fresh(self) -> set[str]:
        found = notes.list_notes(self._db, self._tree_id, origin=Origin.MODEL, include_stale=False)
        return {note.id for note in found}

    def _places(self, path: str) -> list[tuple[str, Range]]:
        found = code.symbols_in(self._db, self._tree_id, path)
        return [(one.qualified, one.range) for one in found]

    def _remember(self) -> None:
        for id_ in self._seeds:
            path, name, tokens, text, twins = self._seeds[id_]["cited"]
            places = frozenset((a, b) for a, b in twins)
            self._cited[id_] = Cited(path, name, tokens, text, places)
            self._titles[id_] = self._seeds[id_]["title"]


def _oids(files: Sequence[PastFile]) -> dict[str, str]:
    return {file.path: file.oid for file in files}


def _survived(truth: Truth, *, is_fresh: bool) -> Counter[str]:
    """Whether a note outlived an edit that it had no reason to die of."""
    if truth is Truth.MOVED:
        return Counter(moved=1, kept=int(is_fresh))
    layout = truth is Truth.LAYOUT
    return Counter(
        left=1,
        lost=int(not is_fresh),
        left_layout=int(layout),
        lost_layout=int(layout and not is_fresh),
    )
