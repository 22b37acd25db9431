"""An index of our own that can be taken to any past commit: the state a question was asked in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from repo_sleeper.domain.code import Range, Symbol
from repo_sleeper.domain.notes import NoteKind, Origin
from repo_sleeper.domain.recall import Context
from repo_sleeper.evaluate import lift
from repo_sleeper.evaluate.metrics import context_scores
from repo_sleeper.evaluate.queries import Query
from repo_sleeper.evaluate.questions import Past
from repo_sleeper.evaluate.reading import pieces
from repo_sleeper.evaluate.results import Limits
from repo_sleeper.evaluate.rivals import Answer, Rivals, names_in
from repo_sleeper.evaluate.snapshot import Snapshot
from repo_sleeper.git import Repository
from repo_sleeper.history import commits
from repo_sleeper.index import indexer
from repo_sleeper.index.hands import Hands
from repo_sleeper.index.languages import TEXT, language_of
from repo_sleeper.index.pool import ParserPool, Request
from repo_sleeper.index.tags import parsed_file
from repo_sleeper.recall.context import Scope, context, contexts
from repo_sleeper.recall.pack import count_tokens
from repo_sleeper.store import code
from repo_sleeper.store.database import open_database
from repo_sleeper.store.tree import Tree
from repo_sleeper.survey import survey

FILES = 20

_AT = "evaluated_at"


class Bench:
    """The index, its files and the baselines, all as they were at one commit."""

    def __init__(
        self,
        repo: Repository,
        folder: Path,
        limits: Limits,
        clock: Callable[[], float],
        pool: ParserPool,
    ) -> None:
        self.commit = ""
        self.snapshot = Snapshot(repo, folder / "tree")
        self._repo = repo
        self._limits = limits
        self._clock = clock
        self._pool = pool
        self._rivals = Rivals()
        self._rivals_at = ""
        self._db = open_database(folder / "index.db")
        self._tree_id = code.ensure_tree(self._db, self.snapshot.root, repo.git_dir)
        self._resume()

    def close(self) -> None:
        """Let go of the index; what is on disk can be taken up again."""
        self._db.close()

    def move_to(self, commit: str) -> None:
        """Be in the state of this commit: files, index, history and survey notes."""
        if commit == self.commit:
            return
        now = self._clock()
        self._db.set_meta(_AT, None)
        self.snapshot.move_to(commit)
        found = self.snapshot.scan(max_bytes=self._limits.max_bytes, ignore=self._limits.ignore)
        tree = Tree(self._db, self._tree_id, self.snapshot.root)
        indexer.reconcile(tree, found, now=now, hands=Hands(self._pool))
        commits.import_history(self._db, self._repo, limit=self._limits.max_commits, head=commit)
        survey.survey(self._db, self._tree_id, now=now, commit=commit)
        code.mark_reconciled(self._db, self._tree_id, commit, now)
        self._db.set_meta(_AT, commit)
        self.commit = commit

    def ask(self, question: str, budgets: Sequence[int]) -> Answer:
        """What `sleeper ask --context` would have said."""
        found = contexts(self._tree, question, budgets=budgets, scope=Scope(FILES))
        ranked = [hit.path for hit in found[0].files]
        return Answer(ranked, {one.budget: pieces(one.text) for one in found})

    def lifts(self, query: Query) -> dict[str, float]:
        """What each kind of counted note in the context adds to what the context finds."""
        whole = self._context(query.text, ())
        kinds = {note.kind for note in whole.notes if note.origin is Origin.SURVEY}
        return {
            lift.metric(kind): _found(whole, query)
            - _found(self._context(query.text, {kind}), query)
            for kind in sorted(kinds)
        }

    def _context(self, question: str, without: Collection[NoteKind]) -> Context:
        scope = Scope(FILES, without=without)
        return context(self._tree, question, budget=lift.BUDGET, scope=scope)

    @property
    def _tree(self) -> Tree:
        return Tree(self._db, self._tree_id, self.snapshot.root, self.commit)

    def rivals(self, past: Past) -> Rivals:
        """The baselines in the same state."""
        if self._rivals_at != self.commit:
            self._rivals.learn(
                self.snapshot,
                past.before(self._repo, self.commit, limit=self._limits.max_commits),
                names_in(self._db, self._tree_id),
            )
            self._rivals_at = self.commit
        return self._rivals

    def ranges(self, path: str) -> dict[str, Range]:
        """Where the symbols of a file are."""
        found = code.symbols_in(self._db, self._tree_id, path)
        return {one.qualified: one.range for one in reversed(found)}

    def symbols_of(self, texts: Mapping[str, bytes]) -> dict[str, Sequence[Symbol]]:
        """The symbols of contents that need not be in the index."""
        requests = [
            Request(path, path, language, data)
            for path, data in texts.items()
            if (language := language_of(path, data)) != TEXT
        ]
        return {
            one.request.path: parsed_file(one.rows, one.request.language).symbols
            for one in self._pool.parse(requests)
            if one.rows is not None
        }

    def _resume(self) -> None:
        commit = self._db.meta(_AT)
        if commit:
            self.snapshot.resume(commit)
            self.commit = commit


def _found(context: Context, query: Query) -> float:
    shown = pieces(context.text)
    judged = context_scores(shown, query.symbols, count=count_tokens) if query.symbols else {}
    return lift.found(shown, query, judged.get("SymRecall", 0.0))
