"""What could not be read as well as the rest is said by `init`, `status`, `doctor`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from repo_sleeper.cli.app import app
from tests.conftest import GitRepo


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def limits() -> list[str]:
    found: list[str] = json.loads(run("status", "--json").stdout)["limits"]
    return found


def checked() -> dict[str, str]:
    """What `doctor` says of limits."""
    checks = json.loads(run("doctor", "--json").stdout)["checks"]
    (found,) = [one for one in checks if one["what"] == "limits"]
    return {key: found[key] for key in ("standing", "told")}


def test_code_without_a_grammar_is_named(repo: GitRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit("one", a_hs="main = print 1\n", b_hs="x = 1\n", c_ex="x\n", d_txt="x\n", e_py="")
    (repo.root / "icon.vue").write_text("<template><svg /></template>\n")  # no script to read
    monkeypatch.chdir(repo.root)

    told = run("init", "--yes", "--no-daemon").stderr

    assert ".hs 2, .ex 1: no grammar here, searched as text only" in told
    assert limits() == [".hs 2, .ex 1: no grammar here, searched as text only"]
    assert "searched as text only" in run("status").stdout
    assert checked() == {"standing": "note", "told": limits()[0]}


def test_files_that_do_not_parse_are_counted(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit("one", a_py="def f(:\n    pass\n", b_py="x = 1\n")
    monkeypatch.chdir(repo.root)
    run("init", "--yes", "--no-daemon")

    (told,) = limits()

    assert told.startswith("1 file with syntax the grammar does not follow (python 1)")
    assert checked() == {"standing": "note", "told": told}


def test_files_that_no_parser_survived_are_counted(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit("one", a_py=f"x = {'(' * 3_000}{')' * 3_000}\n".replace("(", "(\n"), b_py="x = 1\n")
    repo.commit("two", c_py="x = 2\n", d_min_js="x")
    monkeypatch.chdir(repo.root)
    monkeypatch.setenv("SLEEPER_TEST_CRASH_ON", "c.py")
    run("init", "--yes", "--no-daemon")

    assert limits() == [
        "2 files not read (parser-crashed 1, too-deep 1): `sleeper status --skipped` lists them"
    ]
    assert checked() == {"standing": "note", "told": limits()[0]}


def test_without_commits_and_with_some_alone_the_history_is_told_to_end(
    repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo.root)
    repo.write("a.py", "x = 1\n")
    run("init", "--yes", "--no-daemon")
    assert limits() == ["no commits yet: nothing is known of changes"]

    assert checked() == {"standing": "note", "told": limits()[0]}

    repo.commit("one")
    run("init", "--yes", "--no-daemon")
    assert checked() == {"standing": "good", "told": "none: all was read"}

    repo.commit("two", a_py="x = 2\n")
    shallow = tmp_path / "shallow"
    source = f"file://{repo.root}"
    subprocess.run(["git", "clone", "-q", "--depth", "1", source, shallow], check=True)
    monkeypatch.chdir(shallow)
    run("init", "--yes", "--no-daemon")
    assert limits() == ["a shallow clone: the history ends where it was cut off"]
    assert checked() == {"standing": "note", "told": limits()[0]}


def test_a_clone_without_trees_is_set_up_and_told_of(
    repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        repo.commit(str(number), a_py=f"x = {number}\n")
    repo.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    repo.git("clone", "--quiet", "--filter=tree:0", f"file://{repo.root}", str(clone))
    monkeypatch.chdir(clone)

    assert run("init", "--yes", "--no-daemon").exit_code == 0

    assert limits() == ["a clone without trees: of old commits it is not known what they changed"]
    assert json.loads(run("status", "--json").stdout)["index"]["commits"] == 2


def test_without_a_store_doctor_says_that_limits_are_not_known(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo.root)

    assert checked() == {"standing": "note", "told": "not known without a store"}
