"""Candidates: every signal of a question, fused, with their neighbours, reasons and symbols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from repo_sleeper.recall.question import Question, held
from repo_sleeper.recall.quotes import search_quotes
from repo_sleeper.recall.rank import Ranked, Scores
from repo_sleeper.recall.wording import search_wording
from repo_sleeper.store import notes as note_store
from repo_sleeper.store import search, topics
from repo_sleeper.store import symbols as symbol_store
from repo_sleeper.store.database import Database
from repo_sleeper.store.search import Passage

_NOTES = 24
_PROSE = 0.1  # of its score is what prose and data keep where the question does not ask for them
_MADE = 0.5  # ... and what is built or brought along: it says again what its source says
_CANDIDATES = 200
_LEADING = 40  # of them, those that what is no code is taken out of to find the leaders
_OTHER = 0.4  # ... and pages, styles, what builds read
_ALONG = 0.6  # ... of either, where asked to change it: code is mostly changed along with it
_SYMBOLS = 60
_WORDS_SHOWN = 3
_EXPLAINED = 100
_PASSAGE = 0.9  # a symbol found by its text comes after one found by its name
_OPENED = 24  # passages whose inner symbols are looked at
_FILE_SHARE = 0.5  # of a symbol's score: what its file is worth


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


def retrieve(
    db: Database, tree_id: int, question: Question, *, weights: Mapping[str, float] = rank.WEIGHTS
) -> Found:
    """Look the question up in every way there is and put the answers in one order."""
    if question.is_empty:
        return Found()
    question = settled(db, tree_id, question)
    if question.wants_callers:
        weights = {**weights, "caller": rank.CALLERS_WANTED}
    known = search.terms(db, question.words)
    paths = search_paths(db, tree_id, known, scope=question.scope)
    weak = search.terms(db, question.weak) if question.weak else ()
    content = search_content(db, tree_id, known, paths, weak=weak)
    named = search_names(db, tree_id, question)
    past = past_commits(db, tree_id, question.words)
    noted = _notes(db, tree_id, question)
    found = signals(content, paths, named, past, noted)
    fused = rank.fuse(found, weights, limit=_CANDIDATES)
    standing = _standing(db, tree_id, fused)
    worded = search_wording(db, tree_id, question)
    quoted = search_quotes(db, tree_id, question)
    said = {"wording": worded.scores, "quote": quoted.scores}
    fused = [one for one in fused if one.path in standing]
    fused = rank.add(fused, {**priors(standing, question), **said}, weights)
    kinds, borrowed = lent(db, tree_id, rank.leaders(_kept(fused[:_LEADING], standing, question)))
    ranked = rank.to_unit(_kept(rank.add(fused, kinds, weights), standing, question), weights)
    inside = _passage_symbols(db, tree_id, content, question.words)
    return Found(
        ranked=ranked,
        reasons=_reasons(
            content,
            paths,
            named,
            noted,
            borrowed,
            _history(past, question, ranked),
            (worded.reasons, quoted.reasons),
        ),
        symbols=_symbols(named, inside, ranked),
        passages=content.passages,
        notes=tuple(note for note, _ in noted),
        confidence=max(_confidence(question, content, named, past), quoted.sure),
        pointed=tuple(named.pointed),
        quoted=quoted.places,
    )


def signals(
    content: Content, paths: Paths, named: Named, past: Past, noted: Sequence[tuple[Note, float]]
) -> dict[str, Scores]:
    """The signals by the names that weights and explanations use."""
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
        "history": past.scores,
        "note": _note_scores(noted),
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


def _confidence(question: Question, content: Content, named: Named, past: Past) -> float:
    """One sure sign is enough: a place or name that exists, a passage, or a commit on the topic.

    Whoever asks for nothing but a place or a name that is not here is not answered by its words.
    """
    if named.mention or named.name:
        return 1.0
    if question.is_only_places or (question.wants_callers and question.names and not named.caller):
        return 0.0
    return min(max(content.coverage, past.coverage), 1.0)


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


def _reasons(  # noqa: PLR0913, PLR0917 -- one for each kind of reason
    content: Content,
    paths: Paths,
    named: Named,
    noted: Sequence[tuple[Note, float]],
    borrowed: Mapping[str, Mapping[str, str]],
    history: Mapping[str, str],
    said: Sequence[Mapping[str, Mapping[str, str]]],
) -> dict[str, dict[str, str]]:
    """Path -> signal -> the reason in words."""
    own = {
        "text": {
            path: f"text matches {_listed(words)}" if words else ""
            for path, words in content.words.items()
        },
        "fields": {
            path: f"path matches {_listed(one.words)}"
            for path, one in paths.placed.items()
            if one.words
        },
        "history": history,
        "note": _note_reasons(noted),
    }
    found: dict[str, dict[str, str]] = {}
    for signal, reasons in own.items():
        for path, reason in reasons.items():
            found.setdefault(path, {})[signal] = reason
    for source in (named.reasons, borrowed, *said):
        for path, by_signal in source.items():
            found.setdefault(path, {}).update(by_signal)
    for by_signal in found.values():
        if "quote" in by_signal:  # three words of what it says are no reason more
            by_signal.pop("wording", None)
    return found


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


def _symbols(
    named: Named, inside: Sequence[SymbolHit], ranked: Sequence[Ranked]
) -> tuple[SymbolHit, ...]:
    """Symbols by name and by passage, weighed by their own match and by their file's rank."""
    files = rank.shares({one.path: one.score for one in ranked})
    scored = [
        _at(
            hit,
            hit.path,
            round(_FILE_SHARE * files.get(hit.path, 0.0) + (1 - _FILE_SHARE) * hit.score, 4),
        )
        for hit in _by_place([*named.symbols, *inside])
    ]
    scored.sort(key=lambda hit: (-hit.score, hit.path, hit.range, hit.name))
    return tuple(scored[:_SYMBOLS])


def _passage_symbols(
    db: Database, tree_id: int, content: Content, words: Sequence[str]
) -> list[SymbolHit]:
    """The symbols that the best passages belong to, and those inside them with the same words."""
    best = max((one.score for one in content.passages), default=0.0) or 1.0
    known = symbol_store.by_id(db, {one.symbol_id for one in content.passages if one.symbol_id})
    found = []
    for position, one in enumerate(content.passages):
        worth = _PASSAGE * one.score / best
        if one.symbol_id and (hit := known.get(one.symbol_id)):
            found.append(_at(hit, one.path, worth))
        if position < _OPENED:
            found += _inner(symbol_store.inside(db, tree_id, one), words, worth)
    return found


def _inner(
    symbols: Sequence[tuple[SymbolHit, str]], words: Sequence[str], worth: float
) -> list[SymbolHit]:
    counts = [(hit, len(held(f"{hit.name} {doc}", words))) for hit, doc in symbols]
    most = max((count for _, count in counts), default=0)
    return [_at(hit, hit.path, worth * count / most) for hit, count in counts if count]


def _at(hit: SymbolHit, path: str, score: float) -> SymbolHit:
    return SymbolHit(path, hit.name, hit.kind, hit.range, score, hit.signature)


def _by_place(hits: Sequence[SymbolHit]) -> list[SymbolHit]:
    best: dict[tuple[str, str, int], SymbolHit] = {}
    for hit in hits:
        place = (hit.path, hit.name, hit.range.start)
        if place not in best or best[place].score < hit.score:
            best[place] = hit
    return list(best.values())
