"""Files that have a question's own words side by side: what a program printed is in its source."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from repo_sleeper.recall.pointers import is_minor
from repo_sleeper.recall.question import Question
from repo_sleeper.recall.quotes import MINOR
from repo_sleeper.store import phrases
from repo_sleeper.store.database import Database

# Three words in a row are seldom in two places by chance, and between two placeholders of a
# message there are often no more.
_TOGETHER = 3
_LONG = 5  # letters; without one such word a row is said everywhere
_ALL = 2.0
_MOST_ROWS = 24
_MOST_FILES = 12  # a row that more files have says nothing
_WORD = re.compile(r"[^\W_]+")


class Worded(NamedTuple):
    """Path -> the share of the question's rows of words that it has, rare ones counting most.

    Half of them is all that can be asked: the rest has what was filled in.
    """

    scores: Mapping[str, float] = {}
    reasons: Mapping[str, Mapping[str, str]] = {}


def search_wording(db: Database, tree_id: int, question: Question) -> Worded:
    """Look up every three neighbouring words of a question, as they stand."""
    rows = rows_of_words(question.text)
    all_alike = question.wants_tests or question.wants_prose
    scores: dict[str, float] = {}
    reasons: dict[str, dict[str, str]] = {}
    for row in rows:
        paths = phrases.phrase_paths(db, tree_id, row, limit=_MOST_FILES + 1)
        if len(paths) > _MOST_FILES:
            continue
        for path in paths:
            worth = 1.0 if all_alike or not is_minor(path) else MINOR
            share = scores.get(path, 0.0) + _ALL * worth / (len(paths) * len(rows))
            scores[path] = min(share, worth)
            reasons.setdefault(path, {"wording": f'has "{row}"'})
    return Worded(scores, reasons)


def rows_of_words(text: str) -> list[str]:
    """Neighbouring words, at least one of them long; each row once."""
    said = _WORD.findall(text)
    rows = [said[at : at + _TOGETHER] for at in range(len(said) - _TOGETHER + 1)]
    telling = (" ".join(row) for row in rows if max(map(len, row)) >= _LONG)
    return list(dict.fromkeys(telling))[:_MOST_ROWS]
