"""Trust is bound to what was there when it was given."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from repo_sleeper import config, trust
from repo_sleeper.git import Repository, discover
from tests.conftest import GitRepo


@pytest.fixture
def place(repo: GitRepo) -> Repository:
    repo.write(".sleeper.toml", "[ask]\nfiles = 3\n")
    found = discover(repo.root)
    trust.grant(found)
    return found


def test_nothing_is_trusted_by_itself(repo: GitRepo) -> None:
    assert not trust.is_trusted(discover(repo.root))
    assert trust.why_untrusted(discover(repo.root)) == "it is not trusted"


def test_what_was_granted_holds_and_can_be_taken_back(place: Repository) -> None:
    assert trust.is_trusted(place)

    trust.revoke(place)
    trust.revoke(place)

    assert not trust.is_trusted(place)


def test_a_repository_without_settings_can_be_trusted_until_it_has_some(repo: GitRepo) -> None:
    place = discover(repo.root)
    trust.grant(place)
    assert trust.is_trusted(place)

    repo.write(".sleeper.toml", "")

    assert not trust.is_trusted(place)


def test_one_changed_byte_ends_it(place: Repository) -> None:
    (place.root / ".sleeper.toml").write_text("[ask]\nfiles = 4\n")

    assert trust.why_untrusted(place) == ".sleeper.toml changed since it was trusted"


def test_settings_that_are_gone_are_not_said_to_be_there(place: Repository) -> None:
    assert trust.advice(place) == "look at .sleeper.toml, then `sleeper trust`"

    (place.root / ".sleeper.toml").unlink()

    assert trust.why_untrusted(place) == ".sleeper.toml is gone since it was trusted"
    assert trust.advice(place) == "`sleeper trust` goes on without .sleeper.toml"


def test_another_repository_at_the_same_place_inherits_nothing(
    place: Repository, tmp_path: Path
) -> None:
    place.root.rename(tmp_path / "kept")
    shutil.copytree(tmp_path / "kept", place.root)

    assert trust.why_untrusted(place) == "another folder is at this place now"


def test_another_git_folder_at_the_same_place_inherits_nothing(place: Repository) -> None:
    git = place.root / ".git"
    git.rename(place.root / "old")
    shutil.copytree(place.root / "old", git)

    assert trust.why_untrusted(place) == "another .git is at this place now"


def test_a_git_folder_that_leads_elsewhere_inherits_nothing(
    place: Repository, tmp_path: Path
) -> None:
    moved = Repository(place.root, place.git_dir, tmp_path)

    assert trust.why_untrusted(moved) == ".git leads somewhere else now"


def test_a_worktree_is_trusted_on_its_own(place: Repository, repo: GitRepo, tmp_path: Path) -> None:
    repo.commit("one", a_py="x = 1\n")
    repo.git("worktree", "add", "-q", str(tmp_path / "other"))
    other = discover(tmp_path / "other")
    assert not trust.is_trusted(other)

    trust.grant(other)

    assert trust.is_trusted(other)
    assert trust.is_trusted(place)


def test_settings_that_became_a_pipe_are_not_waited_for(place: Repository) -> None:
    import os

    (place.root / ".sleeper.toml").unlink()
    os.mkfifo(place.root / ".sleeper.toml")

    assert trust.why_untrusted(place) == ".sleeper.toml: not a regular file"


@pytest.mark.parametrize("record", ["", "[1]", "{}", '{"root": 5}'])
def test_a_broken_record_trusts_nothing(place: Repository, record: str) -> None:
    (file,) = (config.user_state_dir() / "trust").iterdir()
    file.write_text(record)

    assert trust.why_untrusted(place) == "it is not trusted"


def test_the_record_holds_no_settings(place: Repository) -> None:
    (file,) = (config.user_state_dir() / "trust").iterdir()

    assert "files" not in file.read_text()
    assert json.loads(file.read_text())["root"] == str(place.root)
    assert file.stat().st_mode & 0o777 == 0o600


def test_only_stores_this_user_made_are_known() -> None:
    assert not trust.knows_store("0123456789abcdef")

    trust.remember_store("0123456789abcdef")
    trust.remember_store("0123456789abcdef")
    trust.remember_store("fedcba9876543210")

    assert trust.knows_store("0123456789abcdef")
    assert trust.knows_store("fedcba9876543210")
    assert not trust.knows_store("0123456789abcde")
    assert not trust.knows_store("")
    assert not trust.knows_store("a b\nc d e f g h")


def test_a_store_that_is_gone_is_forgotten_and_the_others_are_not() -> None:
    for one in ("0123456789abcdef", "fedcba9876543210"):
        trust.remember_store(one)

    trust.forget_store("0123456789abcdef")
    trust.forget_store("0123456789abcdef")
    trust.remember_store("00112233445566aa")

    assert not trust.knows_store("0123456789abcdef")
    assert trust.knows_store("fedcba9876543210")
    assert trust.knows_store("00112233445566aa")


def test_what_the_repository_asks_for_can_be_looked_at_first(repo: GitRepo) -> None:
    repo.write(".sleeper.toml", "[ask]\nfiles = 3\n")

    assert config.repository_values(discover(repo.root)) == {"ask.files": 3}
    (repo.root / ".sleeper.toml").unlink()
    assert config.repository_values(discover(repo.root)) == {}
