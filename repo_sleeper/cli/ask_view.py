"""How a context and an answer are printed, for people and for programs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from repo_sleeper.domain.answers import Answered
    from repo_sleeper.domain.notes import Note
    from repo_sleeper.domain.recall import Context
    from repo_sleeper.recall.answer import Answer


def print_context(found: Context, *, as_json: bool, error: str = "", called: bool = False) -> None:
    """The context alone; with the reason when an answer was wanted and there is none."""
    if not as_json:
        sys.stdout.write(found.text)
    elif error:
        _print_json({**as_object(found), "model_called": called, "error": error})
    else:
        _print_json(as_object(found))
    sys.stdout.flush()


class Screen:
    """Where an answer appears while it comes, for a person who watches."""

    def __init__(self) -> None:
        self.used = False

    def show(self, text: str) -> None:
        """The next line; the end of it comes with the one after."""
        sys.stdout.write(text)
        sys.stdout.flush()
        self.used = True

    def end(self) -> None:
        """There is no more."""
        sys.stdout.write("\n")
        sys.stdout.flush()

    def break_off(self) -> None:
        """There is no more, though there should be."""
        from repo_sleeper.cli import output

        self.end()
        output.say("sleeper: what is above is only the beginning of an answer")


def is_watched() -> bool:
    """Whether a person looks at what is printed; a program gets the answer in one piece."""
    return sys.stdout.isatty()


def print_answer(
    found: Context, said: Answer, *, as_json: bool, screen: Screen | None = None
) -> None:
    """The answer, unless it is on the screen already, and on stderr what is wrong with it."""
    if as_json:
        called = {"model_called": said.asked_at is None}
        kept = {} if said.asked_at is None else {"answered_from": "kept"}
        _print_json({**as_object(found), **called, **kept, "answer": _answer_object(said)})
        sys.stdout.flush()
        return
    import time

    from repo_sleeper.cli import output

    if screen is not None and screen.used:
        screen.end()
    else:
        output.out(said.text)
    sys.stdout.flush()
    if said.asked_at is not None:
        when = output.ago(max(time.time() - said.asked_at, 0.0))
        why = "question, notes and code are the same"
        output.say(f"sleeper: answered {when} ago, no model was asked: {why}; --fresh asks it")
    if said.cut:
        output.say("sleeper: the answer was cut; model.max_output_tokens allows longer ones")
    if said.struck:
        output.say(f"sleeper: struck what does not exist: {', '.join(said.struck)}")


def print_fact(found: Context, fact: Answered, *, as_json: bool, model: bool) -> None:
    """An answer that the index alone gave, that it did, and how to get more than that."""
    from repo_sleeper.redact import clean, redact

    text = clean(redact(fact.text)[0])  # signatures may hold what is no one else's business
    if as_json:
        answer = {"question": fact.question, "text": text, "places": _places(fact)}
        _print_json({**as_object(found), "answered_from": "index", "answer": answer})
        sys.stdout.flush()
        return
    from repo_sleeper.cli import output

    output.out(text)
    sys.stdout.flush()
    more = "--fresh asks it" if model else "--context shows the code around it"
    output.say(f"sleeper: answered from the index, no model was asked; {more}")


def _places(fact: Answered) -> list[dict[str, Any]]:
    return [{"path": place.path, "line": place.line + 1} for place in fact.places]


def as_object(found: Context) -> dict[str, Any]:
    """A context as other programs read it. Lines are 1-based, ends included."""
    return {
        "query": found.query,
        "root": found.root,
        "commit": found.commit,
        "budget": found.budget,
        "tokens": found.tokens,
        "model_called": False,
        "files": [
            {"path": hit.path, "score": hit.score, "why": list(hit.why)} for hit in found.files
        ],
        "symbols": [
            {
                "path": hit.path,
                "name": hit.name,
                "kind": hit.kind.value,
                "start_line": hit.range.start + 1,
                "end_line": hit.range.end,
                "score": hit.score,
            }
            for hit in found.symbols
        ],
        "notes": [_note_object(note) for note in found.notes],
        "text": found.text,
    }


def _note_object(note: Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "kind": note.kind.value,
        "title": note.title,
        "body": note.body,
        "origin": note.origin.value,
        "confidence": note.confidence,
        "fresh": note.fresh,
        "commit": note.commit,
        "evidence": [
            {
                "path": one.path,
                "start_line": one.range.start + 1,
                "end_line": one.range.end,
                "quote": one.quote,
            }
            for one in note.evidence
        ],
    }


def _print_json(value: dict[str, Any]) -> None:
    import json

    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def _answer_object(said: Answer) -> dict[str, Any]:
    return {
        "text": said.text,
        "citations": list(said.citations),
        "struck": list(said.struck),
        "cut": said.cut,
        "asked_at": said.asked_at,
        "model": said.model,
        "usd": said.usd,
        "tokens_sent": said.usage.sent if said.usage else None,
        "tokens_received": said.usage.received if said.usage else None,
    }
