"""Texts that a question quotes, a message above all: the place that says the same is meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from repo_sleeper.domain.code import Range
from repo_sleeper.recall.pointers import is_minor
from repo_sleeper.recall.question import LEVEL, Question
from repo_sleeper.store import phrases
from repo_sleeper.store.database import Database

_QUOTED = re.compile(
    r"\"([^\"\n]{4,400})\"|“([^”\n]{4,400})”|`([^`\n]{4,400})`"
    r"|(?<!\w)'((?:[^'\n]|(?<=\w)'(?=\w)){4,400})'(?!\w)"
)
_LOGGED = re.compile(
    rf"^(?:[^\n]{{0,60}}[\s\[])?{LEVEL}[\]:]+\s*(\S.*)$", re.IGNORECASE | re.MULTILINE
)
_WORD = re.compile(r"[^\W_]+")
_MOST_QUOTES = 3
_MOST_WORDS = 24
_MOST_PLACES = 12  # words that stand together in more are no quotation of any one of them
_TOGETHER = 2
# What is written without marks may be a sentence of one's own: more of it has to be there.
_TOGETHER_UNMARKED = 3
_ENOUGH_UNMARKED = 0.6
_MOST_READ = 400  # places of words that stand together; with more of them they are everywhere
_FEWEST_SURE = 3
MINOR = 0.5  # a test, or a page, repeats what the program says


Place = tuple[str, Range]
Lookup = Callable[[Sequence[str]], Sequence[Place]]


class Said(NamedTuple):
    """The share of a text's words that a place has in runs, the longest run, how many words."""

    share: float
    longest: str
    of: int


class Quoted(NamedTuple):
    """Path -> the share of a quoted text that it says word for word, and where that stands.

    `places` are the passages that say it, each with the longest row of words that it has. `sure`
    is the largest share of a text that is long enough to be nowhere by chance.
    """

    scores: Mapping[str, float] = {}
    reasons: Mapping[str, Mapping[str, str]] = {}
    places: tuple[tuple[str, Range, str], ...] = ()
    sure: float = 0.0


def search_quotes(db: Database, tree_id: int, question: Question) -> Quoted:
    """Look up what the question quotes; what was filled in between is nowhere.

    First in the program itself: a test has a message as it was filled in, more of it than what
    says it, and only repeats it.
    """
    everywhere = _places(db, tree_id)
    if question.wants_tests or question.wants_prose:
        return _ordered(_shares(everywhere, question))
    first = _shares(_among(everywhere, lambda path: not is_minor(path)), question)
    second = _shares(_among(everywhere, is_minor), question)
    lessened = {place: said._replace(share=said.share * MINOR) for place, said in second.items()}
    return _ordered({**(lessened if first else second), **first})


def _places(db: Database, tree_id: int) -> Lookup:
    """Where words stand together; each phrase is looked up once."""

    @cache
    def places(phrase: str) -> list[Place]:
        return phrases.phrase_places(db, tree_id, phrase, limit=_MOST_READ + 1)

    return lambda words: places(" ".join(words))


def _among(places: Lookup, is_meant: Callable[[str], bool]) -> Lookup:
    """The same in some files; of what is everywhere all that were read, which is too many.

    Which were read is chance: how many of them are meant would differ from index to index.
    """

    def among(words: Sequence[str]) -> Sequence[Place]:
        found = places(words)
        if len(found) > _MOST_READ:
            return found
        return [place for place in found if is_meant(place[0])]

    return among


def _shares(places: Lookup, question: Question) -> dict[Place, Said]:
    found: dict[Place, Said] = {}
    for words, fewest, enough in _texts(question):
        for place, said in _said(words, places, fewest=fewest).items():
            if said.share >= max(enough, found[place].share if place in found else 0.0):
                found[place] = said
    return found


def _ordered(found: Mapping[Place, Said]) -> Quoted:
    order = sorted(found, key=lambda place: (-found[place].share, place))
    best: dict[str, Said] = {}
    for place in order:
        best.setdefault(place[0], found[place])
    return Quoted(
        {path: said.share for path, said in best.items()},
        {path: {"quote": f'says "{said.longest}"'} for path, said in best.items()},
        tuple((*place, found[place].longest) for place in order),
        max((said.share for said in best.values() if said.of >= _FEWEST_SURE), default=0.0),
    )


def _texts(question: Question) -> Iterator[tuple[list[str], int, float]]:
    """The words of each text to look up, how many must stand together, which share must be there.

    Without marks it is what follows a level in a log; or the whole, unless that asks something.
    Where a trace names places, those are what is meant.
    """
    said = quotes_in(question.text)
    if not (said or question.places):
        said = _LOGGED.findall(question.text)
    for words in filter(None, map(_WORD.findall, said[-_MOST_QUOTES:])):
        yield words[:_MOST_WORDS], _TOGETHER, 0.0
    if not (said or question.places or _is_asked(question)):
        words = _WORD.findall(question.text)
        yield words[:_MOST_WORDS], _TOGETHER_UNMARKED, _ENOUGH_UNMARKED


def _is_asked(question: Question) -> bool:
    return question.wants_reading or question.wants_change or "?" in question.text


def quotes_in(text: str) -> list[str]:
    """What stands between quotation marks, if it is of several words."""
    found = (next(filter(None, match.groups())) for match in _QUOTED.finditer(text))
    return [quote for quote in found if len(quote.split()) > 1]


def _said(words: Sequence[str], places: Lookup, *, fewest: int) -> dict[Place, Said]:
    """What each place says of the words, in runs of at least so many."""
    found: dict[Place, Said] = {}
    for run, where in _runs(words, places):
        if len(run) >= fewest:
            for place in where:
                before = found.get(place, Said(0.0, "", len(words)))
                longest = max(before.longest, " ".join(run), key=len)
                found[place] = Said(before.share + len(run) / len(words), longest, len(words))
    return found


def _runs(words: Sequence[str], places: Lookup) -> Iterator[tuple[Sequence[str], Sequence[Place]]]:
    """The words in runs, each as long as it stands together anywhere, with its places.

    One that is no quotation of any of them takes no word from the next: of "in the string" the
    last two words may be.
    """
    start = 0
    while start + _TOGETHER <= len(words):
        end = start + _TOGETHER
        where = places(words[start:end])
        while where and end < len(words) and (further := places(words[start : end + 1])):
            where, end = further, end + 1
        telling = 0 < len(where) <= _MOST_PLACES
        if telling:
            yield words[start:end], where
        start = end if telling else start + 1
