"""Plain questions about stored code, and what is thrown away."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils.migrations import Migrations

from repo_sleeper.domain.code import Range, SymbolKind
from repo_sleeper.domain.tree import Signature
from repo_sleeper.errors import StoreError
from repo_sleeper.index.languages import grammar_label
from repo_sleeper.index.reading import read_rows
from repo_sleeper.store import code, contents, extent
from repo_sleeper.store.code import StoredReference
from repo_sleeper.store.contents import Content, FileRow
from repo_sleeper.store.database import (
    SCHEMA_VERSION,
    Database,
    open_database,
    read_database,
)
from repo_sleeper.store.migrations import migrate

CART = """import os.path
from shop import Item

class Cart:
    def total(self):
        return add(self, add(1, 2))

def main():
    add(Cart(), Cart)
"""


def put(db: Database, tree: int, path: str, text: str) -> int:
    rows = read_rows(text.encode(), "python")._replace(language="python")
    content = Content(
        hash=str(hash(text)),
        grammar=grammar_label("python"),
        size=len(text),
        **rows._asdict(),
    )
    key = (content.hash, content.grammar)
    blob_id = (contents.known_contents(db, [key]) or contents.add_contents(db, [content]))[key]
    contents.put_files(db, tree, [FileRow(path, blob_id, Signature(1, 2, 3, 4))])
    return blob_id


@pytest.fixture
def tree(db: Database) -> int:
    number = code.ensure_tree(db, Path("/w/shop"), Path("/w/shop/.git"))
    put(db, number, "a.py", "def other(): pass\n")
    put(db, number, "cart.py", CART)
    return number


def test_a_tree_is_known_by_its_root_and_written_once(db: Database) -> None:
    tree = code.ensure_tree(db, Path("/w/b\udcff"), Path("/w/.git"))
    writes = db.connection.total_changes

    assert code.ensure_tree(db, Path("/w/b\udcff"), Path("/w/.git")) == tree
    assert db.connection.total_changes == writes
    code.mark_reconciled(db, tree, "abc", 7.0)
    assert code.ensure_tree(db, Path("/w/b\udcff"), Path("/moved/.git")) == tree
    (found,) = code.trees(db)
    assert (found.root, found.git_dir) == (Path("/w/b\udcff"), Path("/moved/.git"))
    assert (found.head, found.reconciled_at) == ("abc", 7.0)


def test_symbols_of_a_file_come_in_order_with_their_parents(db: Database, tree: int) -> None:
    cart, total, main = code.symbols_in(db, tree, "cart.py")

    assert (cart.name, cart.kind, cart.range) == ("Cart", SymbolKind.CLASS, Range(3, 6))
    assert (total.qualified, total.parent_id) == ("Cart.total", cart.id)
    assert (main.parent_id, main.path) == (None, "cart.py")


def test_a_definition_is_found_by_its_name_or_by_the_end_of_its_qualified_name(
    db: Database, tree: int
) -> None:
    assert [one.path for one in code.definitions(db, tree, "total")] == ["cart.py"]
    assert [one.name for one in code.definitions(db, tree, "Cart.total")] == ["total"]
    assert code.definitions(db, tree, "art.total") == []
    assert code.definitions(db, tree + 1, "total") == []


def test_references_say_where_and_in_what(db: Database, tree: int) -> None:
    assert code.references_to(db, tree, "add") == [
        StoredReference("cart.py", "add", "call", (5,), "Cart.total"),
        StoredReference("cart.py", "add", "call", (8,), "main"),
    ]


def test_imports_are_as_written(db: Database, tree: int) -> None:
    assert code.imports_of(db, tree) == [
        ("cart.py", 0, "os.path", ()),
        ("cart.py", 1, "shop", ("Item",)),
    ]


def test_a_name_exists_when_it_is_defined_used_or_imported(db: Database, tree: int) -> None:
    asked = ["Cart", "Cart.total", "Item", "add", "os.path", "os.walk", "nothing"]
    assert code.names_exist(db, tree, asked) == {"Cart", "Cart.total", "Item", "add", "os.path"}
    assert code.names_exist(db, tree, []) == set()


def test_counts_are_of_live_code(db: Database, tree: int) -> None:
    put(db, tree, "a.py", "")
    found = extent.counts(db, tree)

    assert (found.files, found.symbols, found.languages) == (2, 3, {"python": 2})
    assert found.references == 5
    assert found.skipped == 0


def test_a_blob_is_the_content_at_a_path(db: Database, tree: int) -> None:
    found = code.blob_of(db, tree, "cart.py")

    assert found is not None
    assert (found.language, found.lines, found.has_error) == ("python", 9, False)
    assert code.blob_of(db, tree, "none.py") is None


def test_old_contents_are_thrown_away_but_for_the_newest(db: Database, tree: int) -> None:
    for number in range(5):
        put(db, tree, "a.py", f"def version_{number}(): pass\n")
    live = db.value("select count(*) from symbols") - 5

    assert code.garbage_collect(db, keep=2) == 3
    assert code.garbage_collect(db, keep=2) == 0

    names = {row[0] for row in db.rows("select name from symbols")}
    assert {"version_2", "version_3", "version_4"} <= names
    assert not {"other", "version_0", "version_1"} & names
    assert db.value("select count(*) from symbols") == live + 2
    assert db.rows("pragma foreign_key_check") == []


def test_a_store_from_before_statements_gets_a_place_for_them(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    open_database(file).close()
    with closing(sqlite3.connect(file)) as old:
        old.execute("drop table statements")
        old.execute("delete from _sqlite_migrations where name = 'm007_statements'")
        old.execute("pragma user_version = 6")
        old.commit()

    with closing(open_database(file)) as db:
        assert db.value("select count(*) from statements") == 0


def test_two_that_bring_a_store_up_to_date_at_once_do_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "store.db"
    open_database(file).close()
    with closing(sqlite3.connect(file)) as old:
        old.execute("alter table calls drop column tier")
        old.execute("delete from _sqlite_migrations where name = 'm011_tier'")
        old.execute("pragma user_version = 10")
        old.commit()
    pending = Migrations.pending
    another = sqlite3.connect(file, timeout=0, isolation_level=None)

    def while_another_comes(steps: Migrations, db: Any) -> list[Any]:
        found = pending(steps, db)
        monkeypatch.undo()
        with suppress(sqlite3.OperationalError):  # it would wait
            migrate(another, version=SCHEMA_VERSION)
        return found

    monkeypatch.setattr(Migrations, "pending", while_another_comes)

    with closing(open_database(file)) as db:
        assert db.value("pragma user_version") == SCHEMA_VERSION
    another.close()


def test_a_store_of_the_first_days_gets_uses_in_place_of_its_references(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    open_database(file).close()
    with closing(sqlite3.connect(file)) as old:
        old.executescript("""
            drop view refs; drop table uses; drop index thoughts_path;
            create table refs (blob_id, name, symbol_id, kind, lines, primary key (name, blob_id));
            delete from _sqlite_migrations where name = 'm014_uses_for_refs';
            pragma user_version = 13;
        """)

    with closing(open_database(file)) as db, closing(open_database()) as new_db:
        schema = "select name, lower(sql) as sql, type, tbl_name from sqlite_schema order by name"
        assert _spelled(db.rows(schema)) == _spelled(new_db.rows(schema))


def test_a_reader_says_how_a_store_of_an_older_sleeper_is_brought_up_to_date(
    tmp_path: Path,
) -> None:
    file = tmp_path / "store.db"
    open_database(file).close()
    with closing(sqlite3.connect(file)) as old:
        old.execute("drop table statements")
        old.execute("pragma user_version = 6")
        old.commit()

    with pytest.raises(StoreError, match="older sleeper") as refused:
        read_database(file)
    assert "`sleeper daemon restart`" in str(refused.value.hint)
    assert "rebuild" not in str(refused.value.hint)


def test_a_new_store_has_the_schema_that_an_old_one_is_brought_to(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    with closing(sqlite3.connect(file)) as old:
        old.execute("create table stray (x)")  # so that it is not new
    with closing(open_database(file)) as old_db, closing(open_database()) as new_db:
        old_db.execute("drop table stray")
        schema = "select type, name, tbl_name, lower(sql) as sql from sqlite_schema"
        steps = "select migration_set, name from _sqlite_migrations order by id"

        assert _spelled(new_db.rows(schema)) == _spelled(old_db.rows(schema))
        assert [tuple(row) for row in new_db.rows(steps)] == [*map(tuple, old_db.rows(steps))]


def test_a_second_connection_of_a_process_leaves_the_first_one_its_log(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    with closing(open_database(file)) as daemon:
        open_database(file).close()  # a thought has its own
        another = f"import sqlite3; sqlite3.connect({str(file)!r}).execute('pragma user_version')"

        subprocess.run([sys.executable, "-c", another], check=True)

        daemon.set_meta("head", "now")
        with closing(read_database(file)) as reader:
            assert reader.meta("head") == "now"


def test_a_database_that_may_not_be_written_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_database(tmp_path / "store.db").close()
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write whatever the mode says

    with pytest.raises(StoreError, match="cannot be written: Permission denied"):
        open_database(tmp_path / "store.db")


def _spelled(rows: list[sqlite3.Row]) -> list[str]:
    return sorted(" ".join(" ".join(map(str, row)).split()) for row in rows)


def test_a_number_of_a_chunk_is_never_given_twice(db: Database, tree: int) -> None:
    put(db, tree, "z.py", "def zebra(): pass\n")
    last = db.value("select max(id) from chunks")
    contents.remove_files(db, tree, ["z.py"])
    code.garbage_collect(db, keep=0)
    put(db, tree, "y.py", "def yak(): pass\n")

    assert db.value("select max(id) from chunks") > last
    assert (
        db.rows(
            """select f.path from chunk_words w join chunks c on c.id = w.rowid
           join files f on f.blob_id = c.blob_id where chunk_words match 'zebra'"""
        )
        == []
    )


def test_forgetting_nothing_and_forgetting_what_is_not_there_is_fine(
    db: Database, tree: int
) -> None:
    contents.remove_files(db, tree, [])
    contents.remove_files(db, tree, ["none.py"])
    assert len(code.stored_files(db, tree)) == 2


def test_two_names_that_read_the_same_are_stored_once(db: Database, tree: int) -> None:
    content = Content(
        hash="odd",
        grammar="python",
        language="python",
        size=1,
        references=[("a\ufffd", '[[null,"call","3"]]'), ("a\ufffd", '[[null,"call","9"]]')],
    )
    blob_id = contents.add_contents(db, [content])["odd", "python"]
    contents.put_files(db, tree, [FileRow("odd.py", blob_id, Signature(1, 2, 3, 4))])

    (found,) = code.references_to(db, tree, "a\ufffd")

    assert (found.path, found.lines, found.symbol) == ("odd.py", (3,), "")
