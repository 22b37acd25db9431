"""The baselines over one state of the repository, kept up to date as the state moves on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from repo_sleeper.evaluate import baselines, repomap
from repo_sleeper.evaluate.baselines import Corpus, Neighbours, PastCommit, plain_words
from repo_sleeper.evaluate.metrics import Piece
from repo_sleeper.evaluate.queries import is_source
from repo_sleeper.evaluate.reading import whole_files
from repo_sleeper.evaluate.repomap import Definition, Names
from repo_sleeper.evaluate.results import Ranker
from repo_sleeper.evaluate.snapshot import Snapshot
from repo_sleeper.recall.pack import count_tokens
from repo_sleeper.store import code
from repo_sleeper.store.database import Database
from repo_sleeper.words import identifiers


@dataclass(frozen=True, slots=True)
class Answer:
    """Files best first, and what would be injected under each budget."""

    ranked: Sequence[str]
    contexts: Mapping[int, Sequence[Piece]] = field(default_factory=dict)


class Rivals:
    """Everybody but us; they see the source files only, which makes their task easier."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._oids: dict[str, str] = {}
        self._content = Corpus()
        self._paths = Corpus()
        self._neighbours = Neighbours()
        self._recent: list[str] = []
        self._names = Names({}, {}, ())

    def learn(self, snapshot: Snapshot, history: Sequence[PastCommit], names: Names) -> None:
        """Know what there is now, reading only the files that differ."""
        files = {path: one.oid for path, one in snapshot.files.items() if is_source(path)}
        for path in self._oids.keys() - files.keys():
            del self._texts[path]
            self._content.drop(path)
            self._paths.drop(path)
        for path, oid in sorted(files.items()):
            if self._oids.get(path) != oid:
                self._texts[path] = snapshot.text(path)
                self._content.put(path, plain_words(self._texts[path]))
                self._paths.put(path, plain_words(path))
        self._oids = files
        self._neighbours.learn(history)
        self._recent = baselines.by_recency(history, files)
        self._names = names

    def answers(self, text: str, budgets: Sequence[int]) -> dict[Ranker, Answer]:
        """What each of them says to a question."""
        words = plain_words(text)
        content = baselines.best_first(self._content.scores(words))
        path = baselines.best_first(self._paths.scores(words))
        history = baselines.best_first(self._neighbours.scores(words, self._oids))
        fusion = baselines.fused((path, content, history, self._recent))
        return {
            Ranker.FUSION: Answer(fusion),
            Ranker.HISTORY: Answer(history),
            Ranker.CONTENT: Answer(content, self._whole(content, budgets)),
            Ranker.PATH: Answer(path),
            Ranker.RECENCY: Answer(self._recent),
            Ranker.MAP: self._mapped(text, budgets),
        }

    def _whole(self, ranked: Sequence[str], budgets: Sequence[int]) -> dict[int, list[Piece]]:
        return {
            budget: whole_files(ranked, self._texts, budget=budget, count=count_tokens)
            for budget in budgets
        }

    def _mapped(self, text: str, budgets: Sequence[int]) -> Answer:
        order = repomap.ranked_definitions(
            self._names, mentioned=set(identifiers(text)), words=set(plain_words(text))
        )
        return Answer(
            repomap.files_of(order, self._names),
            {budget: repomap.drawn(order, budget=budget, count=count_tokens) for budget in budgets},
        )


def names_in(db: Database, tree_id: int) -> Names:
    """Definitions and uses as the index has them, of source files only."""
    paths = tuple(path for path in sorted(code.stored_files(db, tree_id)) if is_source(path))
    definitions: dict[str, list[Definition]] = {}
    for path in paths:
        for one in code.symbols_in(db, tree_id, path):
            found = Definition(path, one.name, one.range.start, one.signature)
            definitions.setdefault(one.name, []).append(found)
    uses = {name: _uses(db, tree_id, name) for name in sorted(definitions)}
    return Names(definitions, uses, paths)


def _uses(db: Database, tree_id: int, name: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in code.references_to(db, tree_id, name):
        if is_source(one.path):
            counts[one.path] = counts.get(one.path, 0) + len(one.lines)
    return counts
