"""The content signals: BM25 over chunks, pooled to files, and the words of a file as a whole."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nlargest
from itertools import chain
from typing import NamedTuple

from repo_sleeper.recall.paths import Paths, Placed
from repo_sleeper.store import search
from repo_sleeper.store.database import Database
from repo_sleeper.store.search import Passage, Term

_ROWS = 8_000  # matches read for one question: what keeps 5,000 files below 50 ms
_COMMON = 5  # a term in more than a fifth of the documents does not drive the search
_SMALL = 20  # ... but in a small repository a fifth is nothing
_TERMS = 24
_BEST_CHUNKS = 3
_FILES = 300
_PASSAGES = 40
_STEM, _FOLDER = 12.0, 8.0  # what a word is worth in a file's name, in its folders
_SATURATION = 2.0
_ALONE = 0.4


class Content(NamedTuple):
    """What the words of a question found.

    `coverage` is the share of the question's weight that the best passage answers to, 0..1.
    """

    text: dict[str, float]
    passage: dict[str, float]
    fields: dict[str, float]
    words: dict[str, tuple[str, ...]]
    passages: tuple[Passage, ...]
    coverage: float


class _Tally:
    """Sums over all matches; a bit of `seen` stands for a term."""

    def __init__(self) -> None:
        self.chunk: dict[int, float] = {}
        self.seen: dict[int, int] = {}
        self.blob: dict[int, int] = {}  # chunk -> blob
        self.parts: list[dict[int, float]] = []  # of each term: blob -> frequency

    def terms_in(self, blob: int) -> Iterator[tuple[int, float]]:
        """The terms that a content has, with their frequencies."""
        for position, frequencies in enumerate(self.parts):
            if blob in frequencies:
                yield position, frequencies[blob]


def search_content(
    db: Database, tree_id: int, known: Sequence[Term], paths: Paths, *, weak: Sequence[Term] = ()
) -> Content:
    """Everything the index knows about these words in this tree.

    Weak words and common ones count in the scores, as far as the rows allow, but prove nothing.
    """
    total = search.chunk_total(db)
    proving = drivers(known, total=total)
    chosen = affordable([*proving, *_further(known, weak, proving)])
    weights = [rarity(term.chunks, total) for term in chosen]
    tally = _tallied(db, chosen, weights)
    pools = _pools(tally)
    live = search.live_paths(db, tree_id, _best(_together(pools), _FILES))
    best = {chunk: tally.chunk[chunk] for chunk in _best(tally.chunk, _PASSAGES)}
    asked = sum(rarity(term.chunks, total) for term in known if _is_asked(term, proving))
    proofs = [
        weight if term in proving else 0.0 for term, weight in zip(chosen, weights, strict=True)
    ]
    return Content(
        text=_by_path(live, _together({blob: pools[blob] for blob in live})),
        passage=_by_path(live, {blob: pools[blob][0] for blob in live}),
        fields=_fields(tally, live, paths.placed, chosen, weights),
        words=_words_found(tally, live, chosen, proofs),
        passages=tuple(search.passages(db, tree_id, best)),
        coverage=_coverage(tally, live, paths.placed, chosen, proofs) / max(asked, 1.0),
    )


def _by_path(
    live: Mapping[int, Sequence[tuple[str, int]]], scores: Mapping[int, float]
) -> dict[str, float]:
    return {path: scores[blob] for blob, places in live.items() for path, _ in places}


def drivers(terms: Sequence[Term], *, total: int, rows: int = _ROWS) -> list[Term]:
    """The terms that prove something: rare ones first, as many as the rows allow.

    `terms` come rarest first. Common terms join only when fewer than two others remain.
    """
    found = [term for term in terms if term.chunks]
    rare = [term for term in found if term.chunks <= max(total // _COMMON, _SMALL)]
    return affordable(rare if len(rare) > 1 else found[:2], rows=rows)


def _further(known: Sequence[Term], weak: Sequence[Term], proving: Sequence[Term]) -> list[Term]:
    """The other terms, rarest first, one of each stem."""
    taken = {term.stem for term in proving}
    others = {term.stem: term for term in (*weak, *known) if term.chunks}
    return sorted(
        (term for stem, term in others.items() if stem not in taken),
        key=lambda term: (term.chunks, term.word),
    )


def affordable(terms: Sequence[Term], *, rows: int = _ROWS) -> list[Term]:
    """The first of the terms whose matches the rows allow to read; one at least."""
    chosen: list[Term] = []
    for term in terms[:_TERMS]:
        if chosen and term.chunks > rows:
            break
        chosen.append(term)
        rows -= term.chunks
    return chosen


def rarity(documents: int, total: int) -> float:
    """Inverse document frequency, never below a little."""
    documents = min(documents, total)
    return max(math.log((total - documents + 0.5) / (documents + 0.5)), 0.1)


def _tallied(db: Database, chosen: Sequence[Term], weights: Sequence[float]) -> _Tally:
    """One round for each match, thousands for a question: little is done in it."""
    tally = _Tally()
    chunks, seen, blobs = tally.chunk, tally.seen, tally.blob
    for position, term in enumerate(chosen):
        bit, weight = 1 << position, weights[position]
        found: defaultdict[int, float] = defaultdict(float)
        for chunk, blob, score in search.chunk_scores(db, term, limit=_ROWS):
            found[blob] += score
            if chunk in chunks:
                chunks[chunk] += score
                seen[chunk] |= bit
            else:
                chunks[chunk], seen[chunk], blobs[chunk] = score, bit, blob
        tally.parts.append({blob: score / weight for blob, score in found.items()})
    return tally


def _best(scores: Mapping[int, float], count: int) -> list[int]:
    """The keys with the highest scores, best first, ties by key."""
    lowest = min(nlargest(count, scores.values()), default=0.0)
    return sorted(
        (one for one, score in scores.items() if score >= lowest),
        key=lambda one: (-scores[one], one),
    )[:count]


def _pools(tally: _Tally) -> dict[int, list[float]]:
    """Per content, its three best chunks."""
    found: defaultdict[int, list[float]] = defaultdict(list)
    for blob, score in zip(tally.blob.values(), tally.chunk.values(), strict=True):
        found[blob].append(score)
    for scores in found.values():
        if len(scores) > 1:
            scores.sort(reverse=True)
            del scores[_BEST_CHUNKS:]
    return found


def _together(pools: Mapping[int, Sequence[float]]) -> dict[int, float]:
    return {blob: sum(scores) for blob, scores in pools.items()}


def _fields(
    tally: _Tally,
    live: dict[int, list[tuple[str, int]]],
    placed: Mapping[str, Placed],
    chosen: Sequence[Term],
    weights: Sequence[float],
) -> dict[str, float]:
    """BM25F in small: a term's places are added up first and saturate together."""
    weight = {term.word: weights[position] for position, term in enumerate(chosen)}
    frequencies = dict(_inside(tally, live, chosen))
    for path, place in placed.items():
        own = frequencies.setdefault(path, {})
        for words, worth in ((place.name, _STEM), (place.folders, _FOLDER)):
            for word in words:
                own[word] = own.get(word, 0.0) + worth
    return {
        path: sum(weight.get(word, 1.0) * _saturated(value) for word, value in sorted(own.items()))
        for path, own in frequencies.items()
    }


def _inside(
    tally: _Tally, live: dict[int, list[tuple[str, int]]], chosen: Sequence[Term]
) -> Iterator[tuple[str, dict[str, float]]]:
    sizes = [size for places in live.values() for _, size in places]
    average = sum(sizes) / len(sizes) if sizes else 1.0
    for blob, places in live.items():
        for path, size in places:
            length = 0.4 + 0.6 * size / (average or 1.0)
            found = {
                chosen[position].word: value / length for position, value in tally.terms_in(blob)
            }
            yield path, found


def _saturated(value: float) -> float:
    return value * (_SATURATION + 1) / (value + _SATURATION)


def _words_found(
    tally: _Tally,
    live: dict[int, list[tuple[str, int]]],
    chosen: Sequence[Term],
    weights: Sequence[float],
) -> dict[str, tuple[str, ...]]:
    """Path -> the words it holds, the ones that say most first."""
    by_weight = sorted(
        (position for position, weight in enumerate(weights) if weight),
        key=lambda one: (-weights[one], one),
    )
    return {
        path: tuple(
            chosen[position].word for position in by_weight if blob in tally.parts[position]
        )
        for blob, places in live.items()
        for path, _ in places
    }


def _is_asked(term: Term, chosen: Sequence[Term]) -> bool:
    """Words the repository has never heard of count against it; words it is full of do not."""
    return term in chosen or not (term.chunks or term.paths)


def _coverage(
    tally: _Tally,
    live: dict[int, list[tuple[str, int]]],
    placed: Mapping[str, Placed],
    chosen: Sequence[Term],
    weights: Sequence[float],
) -> float:
    """The weight of the words that one passage, with the path it is in, has together."""
    bits = {term.word: 1 << position for position, term in enumerate(chosen)}
    by_blob = {
        blob: _bits(
            (word for path, _ in places if path in placed for word in chain(*placed[path])), bits
        )
        for blob, places in live.items()
    }
    seen = {
        found | by_blob[tally.blob[chunk]]
        for chunk, found in tally.seen.items()
        if tally.blob[chunk] in by_blob
    }
    return max((_proof(one, weights) for one in seen), default=0.0)


def _bits(words: Iterable[str], bits: dict[str, int]) -> int:
    found = 0
    for word in words:
        found |= bits.get(word, 0)
    return found


def _proof(seen: int, weights: Sequence[float]) -> float:
    """One word alone proves little: every repository has most words somewhere."""
    found = [weight for position, weight in enumerate(weights) if weight and seen >> position & 1]
    return sum(found) if len(found) > 1 else sum(found) * _ALONE
