from __future__ import annotations

import json
import subprocess

import pytest

from repo_sleeper import git
from repo_sleeper.cli.eval import evaluate
from repo_sleeper.evaluate import anticipation
from repo_sleeper.evaluate.anticipation import Chooser
from tests.conftest import GitRepo


@pytest.fixture
def busy(repo: GitRepo, monkeypatch: pytest.MonkeyPatch) -> GitRepo:
    """A history of 260 commits in which one file in twenty changes most of the time."""
    lines = ["commit refs/heads/main\n", "committer Ada <ada@example.org> 1000 +0000\n"]
    script: list[str] = []
    for at in range(260):
        path = "busy.py" if at % 4 else f"calm_{at // 4 % 19}.py"
        script += [
            lines[0],
            f"committer Ada <ada@example.org> {1_000 + at} +0000\n",
            "data 6\nChange\n",
        ]
        if at == 0:
            script += [f"M 100644 inline calm_{n}.py\ndata 2\n0\n" for n in range(19)]
            script += ["M 100644 inline busy.py\ndata 2\n0\n"]
        script += [f"M 100644 inline {path}\ndata 4\n{at:03}\n\n"]
    (repo.root / "script").write_text("".join(script))
    with (repo.root / "script").open() as given:
        subprocess.run(["git", "fast-import", "--quiet"], cwd=repo.root, stdin=given, check=True)
    (repo.root / "script").unlink()
    repo.git("reset", "--quiet", "--hard", "main")
    monkeypatch.chdir(repo.root)
    return repo


def test_what_is_edited_most_is_foreseen(busy: GitRepo) -> None:
    found = anticipation.anticipate(git.discover(busy.root), points=5)

    assert (found.commits, found.points, found.files) == (260, 5, 20)
    assert found.shares[Chooser.UNIFORM] == pytest.approx(0.1)
    assert 0.7 < found.shares[Chooser.SLEEPER] <= found.shares[Chooser.ORACLE]
    assert "decayed churn" in anticipation.table(found)


def test_a_file_is_followed_under_the_name_it_had_then(busy: GitRepo) -> None:
    busy.git("mv", "busy.py", "renamed.py")
    busy.commit("Rename")
    for at in range(21):
        busy.commit("Change", renamed_py=f"{at}\n")

    found = anticipation.anticipate(git.discover(busy.root), points=1)

    assert found.points == 1
    assert found.shares[Chooser.SLEEPER] == 1.0


def test_a_young_repository_has_nothing_to_replay(repo: GitRepo) -> None:
    empty = anticipation.anticipate(git.discover(repo.root), points=5)
    repo.commit("Begin", a_py="a\n")
    young = anticipation.anticipate(git.discover(repo.root), points=5, name="young")

    assert (empty.points, young.points, young.name) == (0, 0, "young")
    assert anticipation.as_json(young)["shares"] == {}


@pytest.mark.usefixtures("busy")
def test_who_interrupts_it_is_told_that_nothing_is_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(anticipation, "_moment", interrupt)

    with pytest.raises(KeyboardInterrupt):
        evaluate(commits=3, anticipation=True)
    assert capsys.readouterr().err == "sleeper: interrupted; of this measure nothing is kept\n"


def test_the_command_prints_a_table_or_json(
    busy: GitRepo, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate(commits=3, anticipation=True)
    told = capsys.readouterr().out
    evaluate(commits=3, anticipation=True, json=True)

    assert told.startswith(f"{busy.root.name}: 3 points in 260 commits")
    assert json.loads(capsys.readouterr().out)["points"] == 3
