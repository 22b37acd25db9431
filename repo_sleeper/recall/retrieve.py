"""Candidates: every signal of a question, fused, with their neighbours, reasons and symbols."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.notes import Note, NoteKind, Origin
from repo_sleeper.domain.recall import SymbolHit
from repo_sleeper.recall import rank
from repo_sleeper.recall.content import Content, search_content
from repo_sleeper.recall.file_kinds import is_code, is_made, is_prose
from repo_sleeper.recall.names import Named, search_names, settled
from repo_sleeper.recall.neighbours import Past, lent, past_commits, past_reason
from repo_sleeper.recall.paths import Paths, search_paths
from repo_sleeper.recall.priors import Standing, priors
from repo_sleeper.recall.question import Question
from repo_sleeper.recall.quotes import Quoted, search_quotes
from repo_sleeper.recall.rank import Ranked, Scores
from repo_sleeper.recall.symbols import ordered_symbols, passage_symbols
from repo_sleeper.recall.wording import Worded, search_wording
from repo_sleeper.store import notes as note_store
from repo_sleeper.store import search, topics
from repo_sleeper.store.database import Database
from repo_sleeper.store.search import Passage

_NOTES = 24
_PROSE = 0.1  # of its score is what prose and data keep where the question does not ask for them
_MADE = 0.5  # ... and what is built or brought along: it says again what its source says
_CANDIDATES = 200
_LEADING = 40  # of them, those that what is no code is taken out of to find the leaders
_OTHER = 0.4  # ... and pages, styles, what builds read
_ALONG = 0.6  # ... of either, where asked to change it: code is mostly changed along with it
_WORDS_SHOWN = 3
_EXPLAINED = 100


class Found(NamedTuple):
    """What there is for a question, best first, and how sure we are that it is about it (0..1).

    `pointed` are the lines that the question itself names, 0-based, in the order written, `quoted`
    the places that say what it quotes, each with the words that it says.
    """

    ranked: Sequence[Ranked] = ()
    reasons: Mapping[str, Mapping[str, str]] = {}
    symbols: tuple[SymbolHit, ...] = ()
    passages: tuple[Passage, ...] = ()
    notes: tuple[Note, ...] = ()
    confidence: float = 0.0
    pointed: tuple[tuple[str, int], ...] = ()
    quoted: tuple[tuple[str, Range, str], ...] = ()


class _Looked(NamedTuple):
    """What each way of looking a question up has found."""

    content: Content
    paths: Paths
    named: Named
    past: Past
    noted: Sequence[tuple[Note, float]]
    worded: Worded
    quoted: Quoted


def retrieve(
    db: Database,
    tree_id: int,
    question: Question,
    *,
    weights: Mapping[str, float] = rank.WEIGHTS,
    is_of_now: Callable[[Note], bool] = lambda _: True,
) -> Found:
    """Look the question up in every way there is and put the answers in one order.

    A note that is not of now neither counts nor is told, however fresh the index holds it.
    """
    if question.is_empty:
        return Found()
    question = settled(db, tree_id, question)
    if question.wants_callers:
        weights = {**weights, "caller": rank.CALLERS_WANTED}
    looked = _looked_up(db, tree_id, question, is_of_now)
    ranked, borrowed = _ranked(db, tree_id, question, looked, weights)
    inside = passage_symbols(db, tree_id, looked.content, question.words)
    return Found(
        ranked=ranked,
        reasons=_reasons(looked, borrowed, _history(looked.past, question, ranked)),
        symbols=ordered_symbols((*looked.named.symbols, *inside), ranked),
        passages=looked.content.passages,
        notes=tuple(note for note, _ in looked.noted),
        confidence=max(_confidence(question, looked), looked.quoted.sure),
        pointed=tuple(looked.named.pointed),
        quoted=looked.quoted.places,
    )


def _looked_up(
    db: Database, tree_id: int, question: Question, is_of_now: Callable[[Note], bool]
) -> _Looked:
    known = search.terms(db, question.words)
    weak = search.terms(db, question.weak) if question.weak else ()
    paths = search_paths(db, tree_id, known, scope=question.scope)
    return _Looked(
        content=search_content(db, tree_id, known, paths, weak=weak),
        paths=paths,
        named=search_names(db, tree_id, question),
        past=past_commits(db, tree_id, question.words),
        noted=[one for one in _notes(db, tree_id, question) if is_of_now(one[0])],
        worded=search_wording(db, tree_id, question),
        quoted=search_quotes(db, tree_id, question),
    )


def _ranked(
    db: Database,
    tree_id: int,
    question: Question,
    looked: _Looked,
    weights: Mapping[str, float],
) -> tuple[list[Ranked], dict[str, dict[str, str]]]:
    """The files in order, and why some were lent something by those before them."""
    fused = rank.fuse(_signals(looked), weights, limit=_CANDIDATES)
    standing = _standing(db, tree_id, fused)
    fused = [one for one in fused if one.path in standing]
    said = {"wording": looked.worded.scores, "quote": looked.quoted.scores}
    fused = rank.add(fused, {**priors(standing, question), **said}, weights)
    kinds, borrowed = lent(db, tree_id, rank.leaders(_kept(fused[:_LEADING], standing, question)))
    kept = _kept(rank.add(fused, kinds, weights), standing, question)
    return rank.to_unit(kept, weights), borrowed


def _signals(looked: _Looked) -> dict[str, Scores]:
    """The signals by the names that weights and explanations use."""
    content, named, paths = looked.content, looked.named, looked.paths
    return {
        "mention": named.mention,
        "name": named.name,
        "guess": named.guess,
        "caller": named.caller,
        "text": content.text,
        "passage": content.passage,
        "fields": content.fields,
        "stem": paths.stem,
        "cover": paths.cover,
        "scope": paths.scope,
        "history": looked.past.scores,
        "note": _note_scores(looked.noted),
    }


def _standing(db: Database, tree_id: int, ranked: Sequence[Ranked]) -> dict[str, Standing]:
    known = topics.standing(db, tree_id, [one.path for one in ranked])
    return {path: Standing(*found) for path, found in known.items()}


def _kept(
    ranked: Sequence[Ranked], standing: Mapping[str, Standing], question: Question
) -> list[Ranked]:
    """What is no code keeps a share of its score, unless it is what the question asks for."""
    shares = {one.path: _share_kept(one.path, standing.get(one.path), question) for one in ranked}
    return rank.damp(ranked, shares)


def _share_kept(path: str, standing: Standing | None, question: Question) -> float:
    wanted = 1.0 if question.wants_reading else _ALONG
    if is_prose(path):
        return wanted if question.wants_prose else _PROSE
    if standing is None or is_code(path, standing.language):
        return _MADE if is_made(path) else 1.0
    return wanted if question.wants_pages else _OTHER


def _confidence(question: Question, looked: _Looked) -> float:
    """One sure sign is enough: a place or name that exists, a passage, or a commit on the topic.

    Whoever asks for nothing but a place or a name that is not here is not answered by its words.
    """
    named = looked.named
    if named.mention or named.name:
        return 1.0
    of_name = question.names and (question.wants_callers or question.wants_named)
    if question.is_only_places or (of_name and not named.caller):
        return 0.0
    return min(max(looked.content.coverage, looked.past.coverage), 1.0)


def _notes(db: Database, tree_id: int, question: Question) -> list[tuple[Note, float]]:
    if not question.words:
        return []
    found = note_store.search_notes(db, tree_id, question.words, limit=_NOTES, fresh_only=True)
    return [(note, score) for note, score in found if note.fresh and _tells(note)]


def _tells(note: Note) -> bool:
    """Whether a note says more than the ranking shows: counted facts answer their question only."""
    counted = note.kind is NoteKind.QUESTION and note.origin is Origin.SURVEY
    return not note.hypothesis and not counted


def _note_scores(noted: Sequence[tuple[Note, float]]) -> dict[str, float]:
    scores: dict[str, float] = {}
    for note, score in noted:
        for path in sorted({evidence.path for evidence in note.evidence}):
            scores[path] = scores.get(path, 0.0) + score * note.confidence
    return scores


def _reasons(
    looked: _Looked, borrowed: Mapping[str, Mapping[str, str]], history: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """Path -> signal -> the reason in words."""
    found: dict[str, dict[str, str]] = {}
    for signal, reasons in _own_reasons(looked, history).items():
        for path, reason in reasons.items():
            found.setdefault(path, {})[signal] = reason
    for source in (looked.named.reasons, borrowed, looked.worded.reasons, looked.quoted.reasons):
        for path, by_signal in source.items():
            found.setdefault(path, {}).update(by_signal)
    for by_signal in found.values():
        if "quote" in by_signal:  # three words of what it says are no reason more
            by_signal.pop("wording", None)
    return found


def _own_reasons(looked: _Looked, history: Mapping[str, str]) -> dict[str, Mapping[str, str]]:
    """Signal -> path -> the reason, of the signals that know no reasons themselves."""
    return {
        "text": {
            path: f"text matches {_listed(words)}" if words else ""
            for path, words in looked.content.words.items()
        },
        "fields": {
            path: f"path matches {_listed(one.words)}"
            for path, one in looked.paths.placed.items()
            if one.words
        },
        "history": history,
        "note": _note_reasons(looked.noted),
    }


def _history(past: Past, question: Question, ranked: Sequence[Ranked]) -> dict[str, str]:
    """Reasons from commits, for the files that may be shown."""
    reasons = {one.path: past_reason(past, one.path, question.words) for one in ranked[:_EXPLAINED]}
    return {path: reason for path, reason in reasons.items() if reason}


def _note_reasons(noted: Sequence[tuple[Note, float]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for note, _ in noted:
        for evidence in note.evidence:
            found.setdefault(evidence.path, f"noted: {note.title}")
    return found


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words[:_WORDS_SHOWN])
