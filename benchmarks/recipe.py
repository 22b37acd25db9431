"""What a simple, strong recipe finds on the questions of a replay, beside what we find.

    python benchmarks/recipe.py --cache /tmp/recall ~/src/flask ~/src/httpx

The recipe: BM25 over pieces of files (the three best summed), BM25F over whole files and commit
neighbours, each divided by its best and summed; the six best files lend a little to what changes
with them and to their tests. It learns nothing and ranks source files only. It reads the pieces,
the names and the commits of the index that `benchmarks/recall.py` has left in the cache.
"""

from __future__ import annotations

import argparse
import math
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from heapq import nlargest
from pathlib import Path
from typing import NamedTuple

from repo_sleeper import git
from repo_sleeper.evaluate.metrics import file_scores, macro
from repo_sleeper.evaluate.queries import STOP_WORDS, is_source
from repo_sleeper.evaluate.replay import replay
from repo_sleeper.evaluate.report import HEADLINE
from repo_sleeper.evaluate.results import Plan, Ranker, Replay
from repo_sleeper.recall.file_kinds import core, is_test
from repo_sleeper.recall.rank import shares
from repo_sleeper.store import code, history, search
from repo_sleeper.store.database import Database, read_database
from repo_sleeper.words import parts

_B = 0.6
_NAME, _FOLDER, _STEM = 3, 8, 12  # what a word is worth in a symbol, a folder, a file's name
_COMMITS, _WIDE, _WIDEST = 200, 15, 30
_FADES_AFTER = 600
_LEADERS = 6
_LENT = 0.15
_SHOWN = 20
_WORD = re.compile(r"\w+")

Bag = Counter[str]


def main() -> None:
    """One row for each repository and one for all, ours first."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("repositories", nargs="+", type=Path)
    cache = Path(tempfile.gettempdir()) / "sleeper-recall"
    parser.add_argument("--cache", type=Path, default=cache)
    asked = parser.parse_args()
    replays, lists = [], []
    for path in asked.repositories:
        workshop = asked.cache.resolve() / "kept" / path.resolve().name
        found = replay(
            git.discover(path),
            workshop=workshop,
            plan=Plan(budgets=(1_024,)),
            clock=time.time,
            state_version="kept",
        )
        ranked = _ranked(next(workshop.glob("fast-*")), found)
        print(f"{found.name:14}{_row([found], [ranked])}", flush=True)
        replays.append(found)
        lists.append(ranked)
    print(f"{'all':14}{_row(replays, lists)}")


def _row(replays: Sequence[Replay], lists: Sequence[Sequence[list[str]]]) -> str:
    cells = []
    for part, metric in HEADLINE.items():
        ours, theirs = [], []
        for one, ranked in zip(replays, lists, strict=True):
            both = [
                (each.scores[Ranker.SLEEPER][metric], file_scores(paths, each.targets)[metric])
                for each, paths in zip(one.results, ranked, strict=True)
                if part in each.slices
            ]
            ours.append([mine for mine, _ in both])
            theirs.append([other for _, other in both])
        cells.append(f"{metric} {part.value} {macro(ours):.3f} recipe {macro(theirs):.3f}")
    return "   ".join(cells)


def _ranked(folder: Path, one: Replay) -> list[list[str]]:
    with closing(read_database(folder / "index.db")) as db:
        recipe = _Recipe(db, code.trees(db)[0].id, folder / "tree")
    return [recipe.ranked(each.text)[:_SHOWN] for each in one.results]


class _Past(NamedTuple):
    """A commit: what it says and touched, under the names of now."""

    subject: str
    paths: tuple[str, ...]


class _Bm25:
    """Documents of any key; a word in most of them counts for little."""

    def __init__(self, documents: Mapping[object, Bag], *, k1: float) -> None:
        self._k1 = k1
        self._lengths = {key: bag.total() for key, bag in documents.items()}
        self._average = sum(self._lengths.values()) / max(len(self._lengths), 1) or 1.0
        self._postings: defaultdict[str, dict[object, int]] = defaultdict(dict)
        for key, bag in documents.items():
            for word, count in bag.items():
                self._postings[word][key] = count

    def scores(self, words: Iterable[str]) -> dict[object, float]:
        found: defaultdict[object, float] = defaultdict(float)
        for word in sorted(set(words)):
            postings = self._postings.get(word, {})
            missing = len(self._lengths) - len(postings)
            weight = math.log(1 + (missing + 0.5) / (len(postings) + 0.5))
            for key, count in postings.items():
                room = self._k1 * (1 - _B + _B * self._lengths[key] / self._average)
                found[key] += weight * count * (self._k1 + 1) / (count + room)
        return dict(found)


class _Recipe:
    def __init__(self, db: Database, tree_id: int, tree: Path) -> None:
        live = sorted(path for path in code.stored_files(db, tree_id) if is_source(path))
        texts = {path: _text(tree / path) for path in live}
        self._past = _past(db)
        self._stems = _stems([*texts.values(), *live, *(one.subject for one in self._past)])
        self._live = set(live)
        self._pieces = _Bm25(self._cut(db, tree_id, texts), k1=1.2)
        self._files = _Bm25(self._whole(db, tree_id, texts), k1=2.0)
        self._commits = _Bm25(
            {
                place: self._bag(one.subject)
                for place, one in enumerate(self._past)
                if 0 < len(one.paths) <= _WIDEST
            },
            k1=1.2,
        )
        self._touches, self._together = _together(self._past)
        self._cores: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        for path in live:
            self._cores[core(path)].append(path)

    def ranked(self, text: str) -> list[str]:
        """Files best first."""
        words = self._words(text)
        signals = (self._by_pieces(words), self._by_file(words), self._by_commits(words))
        total: defaultdict[str, float] = defaultdict(float)
        for signal in signals:
            for path, share in shares(signal).items():
                total[path] += share
        scores = shares(total)
        for path, lent in self._lent(scores).items():
            scores[path] = scores.get(path, 0.0) + lent
        return sorted(scores, key=lambda path: (-scores[path], path))

    def _by_pieces(self, words: Sequence[str]) -> dict[str, float]:
        pooled: defaultdict[str, list[float]] = defaultdict(list)
        for key, score in self._pieces.scores(words).items():
            pooled[str(key[0])].append(score)  # type: ignore[index]
        return {path: sum(nlargest(3, scores)) for path, scores in pooled.items()}

    def _by_file(self, words: Sequence[str]) -> dict[str, float]:
        return {str(path): score for path, score in self._files.scores(words).items()}

    def _by_commits(self, words: Sequence[str]) -> dict[str, float]:
        likeness: dict[int, float] = self._commits.scores(words)  # type: ignore[assignment]
        best = max(likeness.values(), default=1.0)
        found: defaultdict[str, float] = defaultdict(float)
        for age in nlargest(_COMMITS, sorted(likeness), key=likeness.__getitem__):
            paths = self._past[age].paths
            if len(paths) > _WIDE:
                continue
            recency = 0.5 + 0.5 * math.exp(-age / _FADES_AFTER)
            for path in self._live.intersection(paths):
                found[path] += (likeness[age] / best) ** 2 / math.sqrt(len(paths)) * recency
        return found

    def _lent(self, scores: Mapping[str, float]) -> dict[str, float]:
        leaders = nlargest(_LEADERS, sorted(scores), key=scores.__getitem__)
        total = sum(scores[path] ** 3 for path in leaders) or 1.0
        together: defaultdict[str, float] = defaultdict(float)
        pairs: defaultdict[str, float] = defaultdict(float)
        for path in leaders:
            weight = scores[path] ** 3 / total
            for other, count in self._together[path].items():
                if other in self._live:
                    together[other] += weight * count / (self._touches[path] + 3)
            for other in self._cores[core(path)] if core(path) else ():
                if is_test(other) != is_test(path):
                    pairs[other] += weight
        changed = shares(together)
        return {
            path: _LENT * (changed.get(path, 0.0) + pairs.get(path, 0.0))
            for path in {*changed, *pairs}
        }

    def _cut(self, db: Database, tree_id: int, texts: Mapping[str, str]) -> dict[object, Bag]:
        lines = {path: text.split("\n") for path, text in texts.items()}
        rows = db.rows(
            """select f.path, c.start_line, c.end_line from files f
               join chunks c on c.blob_id = f.blob_id where f.tree_id = ?""",
            (tree_id,),
        )
        return {
            (path, start): self._bag("\n".join(lines[path][start:end])) + self._bag(_stem(path))
            for path, start, end in rows
            if path in lines
        }

    def _whole(self, db: Database, tree_id: int, texts: Mapping[str, str]) -> dict[object, Bag]:
        bags: dict[object, Bag] = {}
        for path, text in texts.items():
            bag = self._bag(text)
            names = " ".join(one.name for one in code.symbols_in(db, tree_id, path))
            folder = path.rpartition("/")[0]
            for extra, worth in ((names, _NAME), (folder, _FOLDER), (_stem(path), _STEM)):
                for word in self._words(extra):
                    bag[word] += worth
            bags[path] = bag
        return bags

    def _bag(self, text: str) -> Bag:
        return Counter(self._words(text))

    def _words(self, text: str) -> list[str]:
        return [self._stems.get(word, word) for word in _words(text)]


def _words(text: str) -> list[str]:
    found: list[str] = []
    for word in _WORD.findall(text):
        inside = parts(word)
        found += [word.lower(), *inside] if len(inside) > 1 else inside
    return [word for word in found if len(word) > 1 and word not in STOP_WORDS]


def _stems(texts: Iterable[str]) -> dict[str, str]:
    return search.stems({word for text in texts for word in _words(text)})


def _stem(path: str) -> str:
    return Path(path).stem


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def _past(db: Database) -> list[_Past]:
    """The newest commits first."""
    subjects = [
        row[0]
        for row in db.rows(
            "select subject from commits where not is_merge order by time desc, id desc"
        )
    ]
    touched = history.recent_changes(db, limit=len(subjects))
    return [_Past(subject, paths) for subject, paths in zip(subjects, touched, strict=True)]


def _together(past: Sequence[_Past]) -> tuple[Counter[str], defaultdict[str, Counter[str]]]:
    touches: Counter[str] = Counter()
    together: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in past:
        if len(one.paths) > _WIDEST:
            continue
        touches.update(one.paths)
        for path in one.paths:
            together[path].update(other for other in one.paths if other != path)
    return touches, together


if __name__ == "__main__":
    main()
