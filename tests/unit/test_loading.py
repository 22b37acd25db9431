"""A first index without some of its indexes, which are there whenever it is done."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from repo_sleeper.store.database import Database
from repo_sleeper.store.loading import loading


def schema(db: Database) -> set[tuple[str, str]]:
    found = db.rows("select name, sql from sqlite_schema where type = 'index'")
    return {(name, sql) for name, sql in found}


def add_content(db: Database) -> None:
    db.execute("insert into blobs values (1, 'h', 'g', 'python', 1, 1, 1, 1, 0, '')")


def test_a_store_that_was_filled_has_the_schema_it_was_made_with(db: Database) -> None:
    made = schema(db)

    with loading(db):
        assert schema(db) < made
        add_content(db)

    assert {name for name, _ in schema(db)} == {name for name, _ in made}


def test_whatever_is_stored_already_keeps_its_indexes(db: Database) -> None:
    add_content(db)
    made = schema(db)
    writes = db.connection.total_changes

    with loading(db):
        assert schema(db) == made

    assert schema(db) == made
    assert db.connection.total_changes == writes


@pytest.mark.parametrize("arrived", [lambda _: None, add_content])
def test_a_first_index_that_broke_off_is_completed_by_the_next(
    db: Database, arrived: Callable[[Database], None]
) -> None:
    made = {name for name, _ in schema(db)}
    broken = loading(db)
    broken.__enter__()
    arrived(db)
    assert {name for name, _ in schema(db)} < made

    with loading(db):
        pass

    assert {name for name, _ in schema(db)} == made
