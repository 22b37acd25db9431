"""What is kept of a thought, as JSON: what was shown, what came back, and both read again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from repo_sleeper.domain.model import Price, Prompt, Reply, Usage
from repo_sleeper.redact import clean
from repo_sleeper.store import subjects
from repo_sleeper.store.database import Database
from repo_sleeper.store.thoughts import Thought
from repo_sleeper.think import shown
from repo_sleeper.think.anchoring import Place, Source
from repo_sleeper.think.reading import Material
from repo_sleeper.think.replies import storable
from repo_sleeper.words import identifiers

_COMMANDS = re.compile(r"^<commands>\n(.*?)^</commands>$", re.MULTILINE | re.DOTALL)


def request(material: Material) -> str:
    """What is sent, and what it was made from."""
    prompt = material.prompt
    return json.dumps(
        {
            "system": prompt.system,
            "user": prompt.user,
            "max_tokens": prompt.max_tokens,
            "contents": material.contents,
            "built_on": material.built_on,
            "notes": material.notes,
        },
        ensure_ascii=False,
    )


def receipt(reply: Reply, price: Price, *, seconds: float) -> str:
    """All of a reply but its text."""
    return json.dumps(
        {
            "usage": None if reply.usage is None else reply.usage._asdict(),
            "model": storable(clean(reply.model)),
            "finish": reply.finish,
            "seconds": seconds,
            "tier": storable(clean(reply.tier)),
            "price": (reply.price or price)._asdict(),
        }
    )


def paid(thought: Thought) -> tuple[Reply, Price]:
    """The reply of a thought, and the price of what was served."""
    receipt = json.loads(thought.receipt)
    usage = None if receipt["usage"] is None else Usage(**receipt["usage"])
    reply = Reply(
        thought.reply,
        usage,
        receipt["model"],
        receipt["finish"],
        receipt["seconds"],
        receipt.get("tier", ""),  # older ones have none
    )
    return reply, _price(receipt["price"])


def _price(told: Mapping[str, Any]) -> Price:
    longer = ((tokens, Price(*parts[:4])) for tokens, parts in told.get("longer", ()))
    return Price(**{**told, "longer": tuple(longer)})


def notes_shown(thought: Thought) -> Sequence[str]:
    """The ids of the notes that it was shown."""
    shown_notes: Sequence[str] = json.loads(thought.request).get("notes", ())
    return shown_notes


def command_words(thought: Thought) -> set[str]:
    """The words of the commands that it was shown: a note may name what it was told of."""
    found = _COMMANDS.search(json.loads(thought.request)["user"])
    return set(identifiers(found[1])) if found else set()


# --- what was shown ----------------------------------------------------------------------------


def sources_of(db: Database, thought: Thought) -> dict[str, Source]:
    """The files that a stored thought was shown."""
    request = json.loads(thought.request)
    prompt = Prompt(request["system"], request["user"], 0)
    return sources(db, prompt, request["contents"])


def sources(db: Database, prompt: Prompt, contents: Mapping[str, str]) -> dict[str, Source]:
    """The files as they were shown, under the names they were shown with."""
    lines = shown.texts(prompt)
    found = {}
    for path, content_hash in sorted(contents.items()):
        file = subjects.content(db, content_hash)
        if file is not None:
            found[shown.label(path)] = Source(
                path=path,
                lines=lines.get(shown.label(path), {}),
                content_hash=file.hash,
                module_hash=file.module_hash,
                places=tuple(Place(s.qualified, s.range, str(s.node_hash)) for s in file.symbols),
                statements=file.statements,
                is_text=file.is_text,
                has_error=file.has_error,
            )
    return found


def hashes(sources: Iterable[Source]) -> set[str]:
    """All that evidence in these files can be anchored to."""
    return {
        hash_
        for source in sources
        for hash_ in (
            source.content_hash,
            source.module_hash,
            *(place.node_hash for place in source.places),
            *(statement.hash for statement in source.statements),
        )
    }
