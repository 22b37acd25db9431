from __future__ import annotations

import pytest

from repo_sleeper.errors import GitError
from repo_sleeper.evaluate import suspected, suspicion
from repo_sleeper.evaluate.saved import Shelf
from repo_sleeper.evaluate.suspicion import Level, Way
from repo_sleeper.git import discover
from tests.conftest import GitRepo

SHOP = """\
def total(prices):
    if not prices:
        return {empty}
    return sum(prices)


def name():
    return "shop"
"""


@pytest.fixture
def mended(repo: GitRepo, monkeypatch: pytest.MonkeyPatch) -> GitRepo:
    """Of three fixes one changed a definition, one a line outside any, and one no code."""
    monkeypatch.setattr(suspicion, "FEWEST_BEFORE", 2)
    repo.commit("first", shop_py=SHOP.format(empty=1), other_py="b = 1\n", README_md="x\n")
    repo.commit("Change the shop", shop_py=SHOP.format(empty=2))
    repo.commit("Fix a crash in the shop", shop_py=SHOP.format(empty=0))
    repo.commit("Fix a crash elsewhere", other_py="b = 2\n")
    repo.commit("Fix a crash in words", README_md="y\n")
    return repo


def test_history_says_whether_fixes_were_where_they_were_suspected(mended: GitRepo) -> None:
    shelf = suspicion.shelf_in(mended.root / "eval")

    found = suspicion.suspect(discover(mended.root), fixes=10, shelf=shelf)

    assert (len(found.fixes), found.files, found.symbols) == (2, 2, 2)
    assert suspected.hits(found, Level.FILE, Way.SLEEPER, 1) == [1.0, 0.0]
    assert suspected.hits(found, Level.SYMBOL, Way.SLEEPER, 1) == [1.0]
    assert suspected.share([found], Level.FILE, Way.RANDOM, 5) == 1.0
    assert "2 fixes, 2 files of code, 2 innermost" in suspected.table([found])
    told = suspected.as_json([found])
    assert told["hits"]["symbols"]["suspicion"]["hit@1"] == 1.0
    assert told["suspicion_minus"]["files"]["size"]["mean"] == 0.0


def test_an_interrupted_measurement_goes_on_where_it_stopped(
    mended: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = mended.root / "eval"
    whole = suspicion.suspect(discover(mended.root), fixes=10, shelf=suspicion.shelf_in(folder))
    monkeypatch.setattr(suspicion, "_measured", _explodes)

    again = suspicion.suspect(discover(mended.root), fixes=10, shelf=suspicion.shelf_in(folder))

    assert again == whole
    with pytest.raises(GitError):
        suspicion.suspect(discover(mended.root), fixes=10, shelf=Shelf(folder / "new.jsonl"))


def test_what_older_code_measured_is_thrown_away(mended: GitRepo) -> None:
    folder = mended.root / "eval"
    folder.mkdir()
    (folder / "suspicion-0123.jsonl").write_text("")
    (folder / "fast-0123.jsonl").write_text("")

    suspicion.shelf_in(folder)

    assert [file.name for file in folder.iterdir()] == ["fast-0123.jsonl"]


def test_a_repository_without_commits_has_nothing_to_suspect(repo: GitRepo) -> None:
    shelf = suspicion.shelf_in(repo.root / "eval")

    found = suspicion.suspect(discover(repo.root), fixes=10, shelf=shelf)

    assert (found.fixes, found.files) == ((), 0)
    assert suspected.table([found]).endswith("0 fixes, 0 files of code, 0 innermost definitions")
    assert suspected.as_json([found])["hits"]["files"]["size"]["hit@5"] == 0.0


def _explodes(*_: object) -> None:
    raise GitError("measured again")
