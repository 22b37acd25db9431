"""A question's context: what was found, packed into the budget, or that it was nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import NamedTuple

from repo_sleeper.domain.answers import Answered
from repo_sleeper.domain.notes import Note, NoteKind, Origin
from repo_sleeper.domain.recall import Context, FileHit, SymbolHit
from repo_sleeper.recall import pointers, rank
from repo_sleeper.recall.excerpt import Excerpt, excerpt, line_that_says
from repo_sleeper.recall.pack import Packed, Parts, count_tokens, nothing, pack
from repo_sleeper.recall.places import Spot, worth_reading
from repo_sleeper.recall.pointer_lines import signature
from repo_sleeper.recall.question import Question, understand
from repo_sleeper.recall.rank import Ranked
from repo_sleeper.recall.retrieve import Found, retrieve
from repo_sleeper.recall.sources import Sources
from repo_sleeper.store import note_kinds
from repo_sleeper.store import symbols as symbol_store
from repo_sleeper.store.tree import Tree

# Below this share of a question's weight, found together in one place, nothing is relevant.
# Who asks for a change means this repository; who asks how or why may mean anything at all.
# On ten public repositories 99 % of 969 commit subjects are above their bar, and 7.5 % of 200
# questions about cooking, sports and the like.
CONFIDENCE = 0.25
CONFIDENCE_CHANGE = 0.08
CONFIDENCE_READING = 0.3
_OURS = ".sleeper.toml"
_EXCERPTS = 10
_LARGEST = 3 * pointers.ALSO  # definitions of a file among which names come twice
_OUTLINED = 6  # files whose other definitions are named
_NOTED = 5  # files that a counted note must be about

NO_WORDS = "The question has no words to search for."


class Scope(NamedTuple):
    """How many files may be named, whether a model is sent the text, and what takes no part.

    Code of files that are stores of secrets is never sent. `without` are kinds of counted notes;
    None means those that are switched off.
    """

    files: int
    sent: bool = False
    without: Collection[NoteKind] | None = None


def context(tree: Tree, query: str, *, budget: int, scope: Scope) -> Context:
    """Everything worth knowing for a question, packed; nothing at all when we are not sure."""
    (one,) = contexts(tree, query, budgets=[budget], scope=scope)
    return one


def contexts(tree: Tree, query: str, *, budgets: Sequence[int], scope: Scope) -> list[Context]:
    """The same for several budgets: looked up once, packed for each."""
    question = understand(query)
    sources = Sources(tree, sent=scope.sent)
    found = retrieve(tree.db, tree.id, question, is_of_now=partial(_is_of_now, sources))
    fact = _fact(tree, question, sources)
    known = fact is not None or (not question.is_empty and found.confidence >= _bar(question))
    parts = Parts()
    if known:
        parts = _parts(tree, question, found, scope, sources)._replace(facts=_told(fact))
    fit = partial(pack, parts) if parts.files else _nothing(tree, question)
    told = _unpacked(tree, query, found, parts)._replace(fact=fact)
    return [_with(told, fit(budget=budget), budget) for budget in budgets]


def _told(fact: Answered | None) -> Sequence[str]:
    return () if fact is None else fact.text.split("\n")


def _parts(tree: Tree, question: Question, found: Found, scope: Scope, sources: Sources) -> Parts:
    """What the text is made of, whatever the budget."""
    hits = rank.hits(_theirs(found), found.reasons, limit=scope.files)
    shown = pointers.chosen(found.symbols, wants_tests=question.wants_tests)
    without = note_kinds.switched_off(tree.db) if scope.without is None else scope.without
    return Parts(
        commit=tree.commit,
        files=hits,
        symbols=shown,
        also=_also(tree, hits, shown, wants_tests=question.wants_tests),
        notes=[note for note in _telling(found.notes, hits) if _is_used(note, without)],
        excerpts=_code(question, found, hits, shown, sources),
    )


def _unpacked(tree: Tree, query: str, found: Found, parts: Parts) -> Context:
    """What a context tells whatever its budget, nothing packed yet."""
    return Context(
        query=query,
        root=os.fspath(tree.root),
        commit=tree.commit,
        budget=0,
        tokens=0,
        files=tuple(parts.files),
        symbols=found.symbols if parts.files else (),
        notes=(),
        text="",
    )


def _with(told: Context, packed: Packed, budget: int) -> Context:
    tokens = count_tokens(packed.text)
    return told._replace(budget=budget, tokens=tokens, notes=packed.notes, text=packed.text)


def _nothing(tree: Tree, question: Question) -> Callable[..., Packed]:
    """That nothing was found, and what may hold it: files that are named and not indexed."""
    if question.is_empty:
        return partial(nothing, why=NO_WORDS)
    from repo_sleeper.recall import unread  # only where nothing was found

    named = unread.named(tree.db, tree.id, question.text)
    return partial(nothing, unread=[*named, *unread.counted(tree.db, tree.id)])


def _theirs(found: Found) -> list[Ranked]:
    """Without the settings that `init` wrote: their comments speak of all kinds of things."""
    return [
        one
        for one in found.ranked
        if one.path != _OURS or "mention" in found.reasons.get(one.path, {})
    ]


def _fact(tree: Tree, question: Question, sources: Sources) -> Answered | None:
    """What the index alone can answer: who calls, what tests."""
    if not question.wants_fact:
        return None
    from repo_sleeper.store import answers  # 2 ms, and most questions are of no such form

    return answers.answer(tree.db, tree.id, question.text, read=sources.raw)


def _also(
    tree: Tree, hits: Sequence[FileHit], shown: Sequence[SymbolHit], *, wants_tests: bool
) -> dict[str, tuple[SymbolHit, ...]]:
    """What the best files of code define besides what is shown of them."""
    by_path = pointers.grouped(shown)
    best = [hit.path for hit in hits if wants_tests or not pointers.is_minor(hit.path)]
    return {
        path: pointers.also(
            symbol_store.largest(tree.db, tree.id, path, pointers.TELLING, limit=_LARGEST),
            by_path.get(path, ()),
        )
        for path in best[:_OUTLINED]
    }


def _telling(notes: Sequence[Note], hits: Sequence[FileHit]) -> list[Note]:
    """The notes about the best files; what was counted elsewhere shares a word by chance."""
    best = {hit.path for hit in hits[:_NOTED]}
    return [
        note
        for note in notes
        if note.origin is not Origin.SURVEY or any(one.path in best for one in note.evidence)
    ]


def _is_used(note: Note, off: Collection[NoteKind]) -> bool:
    return note.origin is not Origin.SURVEY or note.kind not in off


def _is_of_now(sources: Sources, note: Note) -> bool:
    """Whether what a model said is of the files as they are, whatever the index knows of them."""
    cited = {one.path for one in note.evidence}
    return note.origin is not Origin.MODEL or all(sources.is_as_read(path) for path in cited)


def _bar(question: Question) -> float:
    if question.wants_reading:
        return CONFIDENCE_READING
    return CONFIDENCE_CHANGE if question.wants_change else CONFIDENCE


# --- code -------------------------------------------------------------------------------------


def _code(
    question: Question,
    found: Found,
    hits: Sequence[FileHit],
    shown: Sequence[SymbolHit],
    sources: Sources,
) -> list[Excerpt]:
    """The lines that say most, of files that are named, without what a pointer shows as well."""
    listed = {hit.path for hit in hits}
    spots = [one for one in worth_reading(found, question) if one.path in listed]
    read = [_excerpt(spot, sources, question) for spot in spots[:_EXCERPTS]]
    told = [one for one in read if one is not None and not _is_pointed_at(one, shown)]
    return sorted(told, key=lambda one: one.line is None)  # what the question means comes first


def _excerpt(spot: Spot, sources: Sources, question: Question) -> Excerpt | None:
    source = sources.lines(spot.path)
    line = spot.line
    if line is None and spot.says:
        line = line_that_says(source, spot.range, spot.says)
    return excerpt(spot.path, source, spot.range, question.words, line=line)


def _is_pointed_at(one: Excerpt, shown: Sequence[SymbolHit]) -> bool:
    """Whether it is a single line that a pointer shows as well."""
    text = " ".join(one.lines[0][1].split())
    return len(one.lines) == 1 and any(
        hit.path == one.path and hit.range == one.range and signature(hit.signature) == text
        for hit in shown
    )
