"""Replies: strict JSON in, drafts out, and only ModelReplyError in between."""

from __future__ import annotations

import json
import re
from typing import Any

from repo_sleeper.domain.notes import (
    Draft,
    DraftEvidence,
    NoteKind,
    Operations,
    Retirement,
    Revision,
)
from repo_sleeper.errors import ModelReplyError
from repo_sleeper.redact import clean, redact

_MOST_CHARACTERS = 200_000
_DEEPEST = 8
_MOST_NOTES = 50
_MOST_EVIDENCE = 20
_FENCE = re.compile(r"\A```(?:json)?[ \t]*\n(?P<json>.*)\n```\Z", re.DOTALL)
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.?)*+(?:"|\Z)|[\[{]|[\]}]', re.DOTALL)
_FROM_MODELS = frozenset(
    {
        NoteKind.ARCHITECTURE,
        NoteKind.LIKELY_BUG,
        NoteKind.DEBUGGING_STRATEGY,
        NoteKind.OPTIMIZATION,
        NoteKind.QUESTION,
    }
)


def parse(text: str) -> list[Draft]:
    """The drafts of a reply, or ModelReplyError with what is wrong with it.

    One object of the agreed shape; members nobody asked for are ignored. A single fence around
    it is tolerated, prose is not. Nothing of a reply that was cut is used.
    """
    return list(operations(text).added)


def operations(text: str) -> Operations:
    """What a reply asks for; one that has notes only asks for them to be added.

    An operation is a note with `op`: "add" needs nothing else, "revise" the `id` of the note it
    replaces, "retire" the `id` and, instead of a whole note, `why` and `evidence`.
    """
    reply = _object(_loaded(_unfenced(text)), "the reply")
    if "operations" not in reply or "notes" in reply:
        _member(reply, "notes", "the reply")
    notes = _list(reply.get("notes", []), "notes", most=_MOST_NOTES)
    asked = _list(reply.get("operations", []), "operations", most=_MOST_NOTES)
    if reply.get("end") != "OK":
        raise ModelReplyError("the reply was cut: its end marker is missing")
    added = [_draft(note, f"note {number}") for number, note in enumerate(notes, start=1)]
    revised: list[Revision] = []
    retired: list[Retirement] = []
    for number, value in enumerate(asked, start=1):
        where = f"operation {number}"
        match _member(_object(value, where), "op", where):
            case "add":
                added.append(_draft(value, where))
            case "revise":
                revised.append(Revision(_id(value, where), _draft(value, where)))
            case "retire":
                retired.append(_retirement(value, where))
            case other:
                raise ModelReplyError(f"{where} is none that we know: {_start(str(other))}")
    return Operations(tuple(added), tuple(revised), tuple(retired))


def _retirement(value: dict[str, Any], where: str) -> Retirement:
    return Retirement(
        _id(value, where),
        _text(_member(value, "why", where), f"{where} why"),
        _all_evidence(value, where),
    )


def _id(value: dict[str, Any], where: str) -> str:
    return _text(_member(value, "id", where), f"{where} id")


def verdict(text: str) -> tuple[str, str, tuple[DraftEvidence, ...]]:
    """What a look at a finding says: one word, why, and the lines that show it."""
    reply = _object(_loaded(_unfenced(text)), "the reply")
    evidence = _list(reply.get("evidence", []), "evidence", most=_MOST_EVIDENCE)
    word = _text(_member(reply, "verdict", "the reply"), "the verdict").strip().lower()
    reason = _text(_member(reply, "reason", "the reply"), "the reason")
    if reply.get("end") != "OK":
        raise ModelReplyError("the reply was cut: its end marker is missing")
    return word, reason, tuple(_evidence(item, "evidence") for item in evidence)


def storable(text: str) -> str:
    """The text without half characters, which no database takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _unfenced(text: str) -> str:
    if len(text) > _MOST_CHARACTERS:
        raise ModelReplyError(f"the reply is too long: {len(text)} characters")
    text = text.strip()
    if not text:
        raise ModelReplyError("the reply is empty")
    fenced = _FENCE.match(text)
    return fenced["json"].strip() if fenced else text


def _loaded(text: str) -> Any:
    if not text.startswith("{"):
        raise ModelReplyError(f"the reply is not the JSON that was asked for: {_start(text)}")
    _refuse_deep(text)
    try:
        return json.loads(text, object_pairs_hook=_no_twins, parse_constant=_no_constant)
    except ValueError as error:  # malformed, or a number with more digits than Python reads
        raise ModelReplyError(f"the reply is not JSON: {error}") from error


def _refuse_deep(text: str) -> None:
    # Counted before the parser runs, because its recursion is what depth breaks.
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        if found[0] in "[{":
            depth += 1
        elif found[0] in "]}":
            depth -= 1
        if depth > _DEEPEST:
            raise ModelReplyError("the reply is nested too deeply")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ModelReplyError("the reply names a member twice in one object")
    return members


def _no_constant(name: str) -> None:
    raise ModelReplyError(f"the reply has {name} for a number")


def _draft(value: Any, where: str) -> Draft:
    note = _object(value, where)
    return Draft(
        kind=_kind(_member(note, "kind", where), where),
        title=_text(_member(note, "title", where), f"{where} title"),
        body=_text(_member(note, "body", where), f"{where} body"),
        confidence=_confidence(_member(note, "confidence", where), where),
        evidence=_all_evidence(note, where),
    )


def _all_evidence(value: dict[str, Any], where: str) -> tuple[DraftEvidence, ...]:
    found = _list(_member(value, "evidence", where), f"{where} evidence", most=_MOST_EVIDENCE)
    return tuple(_evidence(item, f"{where} evidence") for item in found)


def _evidence(value: Any, where: str) -> DraftEvidence:
    item = _object(value, where)
    return DraftEvidence(
        path=_text(_member(item, "path", where), f"{where} path"),
        line=_line(_member(item, "line", where), where),
        quote=_text(_member(item, "quote", where), f"{where} quote"),
    )


def _member(members: dict[str, Any], name: str, where: str) -> Any:
    if name not in members:
        raise ModelReplyError(f"{where} lacks {name}")
    return members[name]


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ModelReplyError(f"{where} is not an object")
    return value


def _list(value: Any, where: str, *, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise ModelReplyError(f"{where} is not a list of at most {most}")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ModelReplyError(f"{where} is not a string")
    # JSON can spell out what the reply as a whole was cleaned of.
    return redact(clean(storable(value)))[0]


def _kind(value: Any, where: str) -> NoteKind:
    if not isinstance(value, str) or value not in _FROM_MODELS:
        raise ModelReplyError(f"{where} has no kind that we know: {_start(str(value))}")
    return NoteKind(value)


def _confidence(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ModelReplyError(f"{where} confidence is not a number")
    if not 0 <= value <= 1:
        raise ModelReplyError(f"{where} confidence is not between 0 and 1")
    return float(value)


def _line(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10**9:
        raise ModelReplyError(f"{where} line is not a line number")
    return value


def _start(text: str) -> str:
    return " ".join(storable(clean(text[:60])).split())
