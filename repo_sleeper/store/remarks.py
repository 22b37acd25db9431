"""What a reply said of a likely bug besides its note: how grave, how to check it, which test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from repo_sleeper.domain.notes import Note
from repo_sleeper.store.database import Database

SEVERITIES = ("high", "medium", "low")


def remarks(db: Database, note: Note) -> dict[str, str]:
    """What replies said besides: optional members, which a revision need not say again."""
    rows = db.rows(
        """select t.reply, n.title from notes n join thoughts t on t.id = n.thought_id
           where n.id = ? order by n.version desc""",
        (note.id,),
    )
    found: dict[str, str] = {}
    for reply, title in rows:
        for said in _notes_in(reply or ""):
            if str(said.get("title", ""))[:60] == title[:60]:
                found = {**_members(said), **found}
    return found


def _members(said: Mapping[str, Any]) -> dict[str, str]:
    severity = str(said.get("severity", "")).lower()
    members = {
        "severity": severity if severity in SEVERITIES else "",
        "check": str(said.get("check", "")),
        "test": str(said.get("test", "")),
    }
    return {name: text for name, text in members.items() if text}


def _notes_in(reply: str) -> list[dict[str, Any]]:
    try:
        said = json.loads(reply[reply.find("{") : reply.rfind("}") + 1])
    except (ValueError, RecursionError):
        return []
    if not isinstance(said, dict):
        return []
    lists = [said.get("notes"), said.get("operations")]
    return [
        one for some in lists if isinstance(some, list) for one in some if isinstance(one, dict)
    ]
