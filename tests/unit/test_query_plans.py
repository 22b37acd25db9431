"""No question reads a whole table: what one costs must not grow with the repository."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.notes import Anchor, Evidence, Note, NoteKind, Origin, note_id
from repo_sleeper.recall.context import Scope, context
from repo_sleeper.store import versions
from repo_sleeper.store.database import Database
from repo_sleeper.store.tree import Tree
from tests.searchable import shop

QUESTIONS = (
    "how are totals of the cart rounded",
    "fix(shop): who calls round_half_up in shop/cart.py:9?",
    'Traceback\n  File "shop/cart.py", line 9, in total\nValueError: totals of receipts',
)
# A table in full, or every file or link of the tree.
_WHOLE = re.compile(r"^SCAN (?!\w+ VIRTUAL|\(subquery)|\(tree_id=\?\)$")
_ALLOWED = (
    "SCAN commits USING COVERING INDEX commits_time",  # as many as its limit says
    "SCAN bugs",  # one row for each bug a person or a check has decided
    "SCAN e",  # the cited evidence, a handful, read by its key before
    "SCAN t",  # the statements of the tree, but only for evidence whose file is gone
    "SCAN CONSTANT ROW",
)


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Every step of every query's plan, with the query."""
    seen: list[tuple[str, str]] = []

    def noted(name: str) -> None:
        original = getattr(Database, name)

        def run(self: Database, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> Any:
            if sql.lstrip().lower().startswith(("select", "with")):
                plan = self.connection.execute(f"explain query plan {sql}", values)
                seen.extend((sql, row[3]) for row in plan)
            return original(self, sql, values)

        monkeypatch.setattr(Database, name, run)

    for name in ("rows", "row", "value", "execute"):
        noted(name)
    return seen


def test_no_question_reads_a_whole_table(
    db: Database, tmp_path: Path, plans: list[tuple[str, str]]
) -> None:
    tree = shop(db, tmp_path / "work")
    path, hash_ = db.connection.execute(
        "select f.path, b.module_hash from files f join blobs b on b.id = f.blob_id limit 1"
    ).fetchone()
    cited = Evidence(path, Range(0, 1), "", Anchor.MODULE, str(hash_))
    kind = NoteKind.HOTSPOT
    note = Note(
        id=note_id(kind, path),
        kind=kind,
        title="Totals of the cart",
        body="Rounded.",
        confidence=1.0,
        origin=Origin.SURVEY,
        evidence=(cited,),
        subject=path,
    )
    versions.save_survey_notes(db, [note], kinds=[kind], inputs={note.id: "1"}, tree_id=tree.tree)
    plans.clear()

    for question in QUESTIONS:
        context(Tree(db, tree.tree, tree.root), question, budget=1200, scope=Scope(9))

    assert len({sql for sql, _ in plans}) > 15
    whole = {(" ".join(sql.split())[:120], step) for sql, step in plans if _is_whole(sql, step)}
    assert not whole


def _is_whole(sql: str, step: str) -> bool:
    # The folders of stale notes, which a question leaves out before it comes to this.
    folders = "substr(f.path, 1, length(v.subject_path))" in sql
    return _WHOLE.search(step) is not None and step not in _ALLOWED and not folders
