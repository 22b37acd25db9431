"""Notes without a model, on real lines: through every step that a reply of a model goes through."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.model import Price, Prompt, Reply, Usage
from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.domain.text import as_text
from repo_sleeper.domain.thoughts import Subject
from repo_sleeper.store import code, subjects
from repo_sleeper.store.code import StoredSymbol
from repo_sleeper.store.tree import Tree
from repo_sleeper.think import shown, thinker
from repo_sleeper.think.asking import Asking
from repo_sleeper.think.reading import Limits

_KIND = NoteKind.ARCHITECTURE
_SHORTEST = 8  # characters of a line that can be quoted
_TOUCHED, _OTHERS = 2, 2
_WHOLE_FILE = 400_000  # tokens: every line is shown
_REMARK = re.compile(r"\s*(//|#|/?\*)")  # outside definitions it belongs to no syntax at all
_BODY = "It was noted so that the next edits can be judged."


class Quoter:
    """Answers with a note on each of the lines it was made for."""

    name = "evaluation/quoter"

    def __init__(self, path: str, lines: Sequence[int]) -> None:
        self._path = path
        self._lines = lines

    def complete(self, prompt: Prompt) -> Reply:
        """A reply as a model would write it, with quotes of what the prompt shows."""
        label = shown.label(self._path)
        lines = shown.texts(prompt).get(label, {})
        notes = [_note(label, at, lines[at]) for at in self._lines if at in lines]
        return Reply(json.dumps({"notes": notes, "end": "OK"}), Usage(1, 1), self.name)

    def price(self) -> Price:
        """Nothing is paid."""
        return Price(0.0, 0.0)

    def close(self) -> None:
        """Holds nothing."""


def _note(label: str, at: int, line: str) -> dict[str, object]:
    quote = line.strip()
    return {
        "kind": _KIND.value,
        "title": f"Line {at + 1} says {quote[:60]}",
        "body": _BODY,
        "confidence": 0.8,
        "evidence": [{"path": label, "line": at + 1, "quote": quote}],
    }


def seed(
    tree: Tree, path: str, *, edited: Sequence[Range], clock: Callable[[], float]
) -> tuple[Note, ...]:
    """Write notes on definitions that are about to be `edited`, on some that are not, and beside.

    None for a file that may not be shown.
    """
    file = subjects.live_file(tree.db, tree.id, path)
    if file is None:
        return ()
    lines = as_text((tree.root / path).read_bytes()).split("\n")
    symbols = code.symbols_in(tree.db, tree.id, path)
    quoter = Quoter(path, list(_wanted(symbols, lines, edited)))
    job = thinker.job(Subject(path, file.node_hash), _KIND, f"~e{tree.commit[:12]}")
    free = Asking(quoter, refusal=lambda *_: "", clock=clock)
    return thinker.think_about(tree, job, free, Limits(_WHOLE_FILE, 1_000)).notes


def _wanted(
    symbols: Sequence[StoredSymbol], lines: Sequence[str], edited: Sequence[Range]
) -> Iterator[int]:
    """A line of each piece worth a note: edited ones first, and one outside all definitions."""
    first: dict[int, int] = {}  # symbol, or 0 for none: its first line that can be quoted
    touched: dict[int, None] = {}
    for at, line in enumerate(lines):
        inner = _innermost(symbols, at)
        if any(at in where for where in edited):
            touched.setdefault(inner)
        if len(line.strip()) >= _SHORTEST and not (inner == 0 and _REMARK.match(line)):
            first.setdefault(inner, at)
    outside = first.pop(0, None)
    changing = [first[one] for one in touched if one in first][:_TOUCHED]
    others = [at for one, at in first.items() if one not in touched]
    yield from changing
    yield from others[:: max(len(others) // _OTHERS, 1)][:_OTHERS]
    if outside is not None:
        yield outside


def _innermost(symbols: Sequence[StoredSymbol], at: int) -> int:
    around = [one for one in symbols if at in one.range]
    return min(around, key=lambda s: s.range.end - s.range.start).id if around else 0
