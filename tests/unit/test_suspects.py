from __future__ import annotations

from pathlib import Path

import pytest

from repo_sleeper.domain.history import Commit
from repo_sleeper.evaluate import suspicion
from repo_sleeper.git import discover
from repo_sleeper.store import history
from repo_sleeper.store.database import Database
from repo_sleeper.survey import suspects
from repo_sleeper.survey.suspects import Signs
from tests.conftest import GitRepo
from tests.indexed import Indexed


def test_each_sign_makes_a_file_more_suspect() -> None:
    plain = Signs(lines=10)
    others = {
        "fixes": Signs(lines=10, fixes=3, touches=3),
        "churn": Signs(lines=10, churn=2.0),
        "size": Signs(lines=900),
        "risks": Signs(lines=10, risks=("broad except",)),
        "untested": Signs(lines=10, untested=True),
    }

    scores = suspects.score({"plain": plain, **others})

    assert all(scores[name] > scores["plain"] for name in others)
    assert suspects.score({}) == {}


@pytest.mark.parametrize(
    ("line", "risk"),
    [
        (b"    except Exception:\n", "broad except"),
        (b"except:\n", "broad except"),
        (b"def f(a, b=[]):\n", "mutable default"),
        (b"if a == None:\n", "comparison with None by =="),
        (b"} catch (e) {}\n", "empty catch"),
        (b"if (a == null) {\n", "loose comparison with null"),
        (b"_ = err\n", "ignored error"),
        (b"# FIXME later\n", "TODO or FIXME"),
    ],
)
def test_risky_lines_are_known_by_their_looks(line: bytes, risk: str) -> None:
    assert suspects.risks(line) == (risk,)


def test_careful_lines_are_no_risk() -> None:
    careful = b"except ValueError:\ndef f(a=None):\nif a is None:\nif (a === null) {\n"

    assert suspects.risks(careful) == ()


def test_the_suspects_of_a_tree_are_its_product_with_reasons(db: Database, tmp_path: Path) -> None:
    tree = Indexed(db, tmp_path / "tree")
    tree.write("calm.py", "def calm():\n    return 1\n")
    tree.write("wild.py", "def wild(a=[]):\n    return a\n" * 9)
    tree.write("test_wild.py", "import wild\n")
    history.add_commits(db, [(Commit("a" * 40, 1, "x", "Fix wild", paths=("wild.py",)), True)])

    first, second = suspects.suspects(db, tree.tree, root=tree.root, limit=9)

    assert (first.path, second.path) == ("wild.py", "calm.py")
    assert first.why[0] == "1 of 1 commits were fixes"
    assert "mutable default" in first.why
    assert suspects.suspects(db, 99, root=tree.root, limit=9) == []


def test_history_says_whether_fixes_were_where_they_were_suspected(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suspicion, "_FEWEST_BEFORE", 2)
    repo.commit("first", shop_py="a = 1\n" * 30, other_py="b = 1\n", README_md="x\n")
    repo.commit("Change the shop", shop_py="a = 2\n" * 30)
    repo.commit("Fix a crash in the shop", shop_py="a = 3\n" * 30)
    repo.commit("Fix a crash in words", README_md="y\n")

    found = suspicion.suspect(discover(repo.root), fixes=10)

    assert (found.fixes, found.files) == (1, 2)
    assert found.hits["suspicion"][5] == 1.0
    assert "1 fixes, 2 files" in suspicion.table(found)
    assert suspicion.as_json(found)["hits"]["random"]["hit@5"] == 1.0
