"""Rankings anyone has without us: recency, BM25, commit neighbours, their fusion; pure."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest

from repo_sleeper.evaluate.queries import MAX_FILES, STOP_WORDS
from repo_sleeper.words import parts

K1 = 1.2
B = 0.75
NEIGHBOURS = 50
RRF_K = 60

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class PastCommit:
    """A commit that existed when the question was asked: what it says and what it touched."""

    oid: str
    subject: str
    paths: tuple[str, ...]


def plain_words(text: str) -> list[str]:
    """Identifiers and what they are made of, lower case, no stop words; nothing cleverer."""
    return [
        word
        for found in _WORD.findall(text)
        for word in _with_parts(found)
        if len(word) > 1 and word not in STOP_WORDS
    ]


def _with_parts(identifier: str) -> list[str]:
    inside = parts(identifier)
    return [identifier.lower(), *(inside if len(inside) > 1 else ())]


class Corpus:
    """BM25 over documents that can be replaced one at a time."""

    def __init__(self) -> None:
        self._lengths: dict[str, int] = {}
        self._postings: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._words: dict[str, tuple[str, ...]] = {}
        self._total = 0

    def put(self, key: str, words: Sequence[str]) -> None:
        """Add a document, or replace the one of that name."""
        self.drop(key)
        counts = Counter(words)
        for word, count in counts.items():
            self._postings[word][key] = count
        self._words[key] = tuple(counts)
        self._lengths[key] = len(words)
        self._total += len(words)

    def drop(self, key: str) -> None:
        """Forget a document; one that is not there is fine."""
        for word in self._words.pop(key, ()):
            del self._postings[word][key]
        self._total -= self._lengths.pop(key, 0)

    def scores(self, words: Iterable[str]) -> dict[str, float]:
        """Every document that shares a word with the query, and how well it fits."""
        found: defaultdict[str, float] = defaultdict(float)
        average = self._total / max(len(self._lengths), 1) or 1.0
        for word in sorted(set(words)):
            postings = self._postings.get(word, {})
            weight = self._rarity(len(postings))
            for key, count in postings.items():
                room = K1 * (1 - B + B * self._lengths[key] / average)
                found[key] += weight * count * (K1 + 1) / (count + room)
        return dict(found)

    def _rarity(self, holders: int) -> float:
        return math.log(1 + (len(self._lengths) - holders + 0.5) / (holders + 0.5))


def best_first(scores: Mapping[str, float]) -> list[str]:
    """Keys by falling score; ties by name, so that the order is always the same."""
    return sorted(scores, key=lambda key: (-scores[key], key))


def by_recency(history: Sequence[PastCommit], live: Iterable[str]) -> list[str]:
    """Files by when they were last touched; the untouched ones last."""
    wanted = set(live)
    touched = dict.fromkeys(
        path for commit in history for path in sorted(commit.paths) if path in wanted
    )
    return [*touched, *sorted(wanted - touched.keys())]


class Neighbours:
    """Files of the past commits whose subjects are most like the query."""

    def __init__(self) -> None:
        self._commits: dict[str, PastCommit] = {}
        self._subjects = Corpus()

    def learn(self, history: Sequence[PastCommit]) -> None:
        """Know exactly these commits; sweeps over many files say little about any of them."""
        known = {one.oid: one for one in history if 0 < len(one.paths) <= MAX_FILES}
        for oid in self._commits.keys() - known.keys():
            self._subjects.drop(oid)
        for oid in sorted(known.keys() - self._commits.keys()):
            self._subjects.put(oid, plain_words(known[oid].subject))
        self._commits = known

    def scores(self, words: Iterable[str], live: Iterable[str]) -> dict[str, float]:
        """Each neighbour gives its score to its files, shared between them."""
        wanted = set(live)
        found: defaultdict[str, float] = defaultdict(float)
        likeness = self._subjects.scores(words)
        for oid in nlargest(NEIGHBOURS, sorted(likeness), key=likeness.__getitem__):
            commit = self._commits[oid]
            for path in commit.paths:
                if path in wanted:
                    found[path] += likeness[oid] / math.sqrt(len(commit.paths))
        return dict(found)


def fused(rankings: Iterable[Sequence[str]], *, k: int = RRF_K) -> list[str]:
    """Reciprocal rank fusion: each ranking votes 1 / (k + place)."""
    votes: defaultdict[str, float] = defaultdict(float)
    for ranking in rankings:
        for place, path in enumerate(ranking, 1):
            votes[path] += 1 / (k + place)
    return best_first(votes)
