"""Which kinds of counted notes are left out of contexts here, because they did not help."""

from __future__ import annotations

import json
from collections.abc import Iterable

from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.store.database import Database

_KEY = "note-kinds-off"


def switched_off(db: Database) -> frozenset[NoteKind]:
    """The kinds that contexts do without; notes of a model are used whatever their kind."""
    known = {kind.value: kind for kind in NoteKind}
    found = json.loads(db.meta(_KEY) or "[]")
    return frozenset(known[name] for name in found if name in known)


def switch_off(db: Database, kinds: Iterable[NoteKind]) -> None:
    """Leave out these kinds and no others; none of them uses all again."""
    names = sorted(kind.value for kind in kinds)
    with db.transaction():
        db.set_meta(_KEY, json.dumps(names) if names else None)
