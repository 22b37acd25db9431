"""The texts of a large tree, counted by another process: the same notes, and always some."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from repo_sleeper.config import Settings
from repo_sleeper.domain.notes import Note
from repo_sleeper.store.database import Database, open_database
from repo_sleeper.survey import apart
from repo_sleeper.survey.apart import texts_apart
from repo_sleeper.survey.texts import live_files, text_notes
from tests.conftest import GitRepo
from tests.equivalence import look

SHOP = """import os

# TODO: take the currency of the customer into account
RATE = os.environ["SHOP_RATE"]


def _forgotten_by_everybody(cart):
    total = 0
    for item in cart:
        total += item
    return total
"""


@pytest.fixture
def store(repo: GitRepo, tmp_path: Path) -> Iterator[Database]:
    repo.write("shop.py", SHOP)
    repo.commit("Open the shop")
    with closing(open_database(tmp_path / "store.db")) as db:
        look(db, repo.root, settings=Settings())
        yield db


def counted(db: Database, *, is_first: bool = True) -> list[Note]:
    with texts_apart(db, 1, live_files(db, 1), is_first=is_first) as notes:
        return notes()


def test_another_process_counts_the_same(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = text_notes(store, 1, live_files(store, 1))
    monkeypatch.setattr(apart, "_WORTH_A_PROCESS", 1)
    monkeypatch.setattr(apart, "text_notes", lambda *_: [])  # not here

    assert counted(store) == expected
    assert len(expected) > 1


def test_what_the_other_process_does_not_tell_is_counted_here(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = text_notes(store, 1, live_files(store, 1))
    monkeypatch.setattr(apart, "_WORTH_A_PROCESS", 1)
    dying = [sys.executable, "-c", "print('[]'); raise SystemExit(1)"]
    monkeypatch.setattr(
        apart, "_started", lambda *_: subprocess.Popen(dying, stdout=subprocess.PIPE)
    )

    assert counted(store) == expected


def test_nobody_is_started_for_a_small_tree_or_a_later_survey(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "_started", None)
    small = counted(store)
    monkeypatch.setattr(apart, "_WORTH_A_PROCESS", 1)

    assert counted(store, is_first=False) == small
    with closing(open_database()) as memory:
        assert not memory.file


def test_a_survey_that_breaks_off_leaves_no_process(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "_WORTH_A_PROCESS", 1)
    started: list[subprocess.Popen[bytes]] = []
    sleeping = [sys.executable, "-c", "import time; time.sleep(60)"]

    def start(*_: object) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(sleeping, stdout=subprocess.PIPE))
        return started[0]

    monkeypatch.setattr(apart, "_started", start)
    with pytest.raises(KeyboardInterrupt):
        _interrupted(store)
    assert started[0].returncode is not None


def _interrupted(db: Database) -> None:
    with texts_apart(db, 1, live_files(db, 1), is_first=True):
        raise KeyboardInterrupt
