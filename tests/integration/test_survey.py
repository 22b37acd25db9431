"""The survey over a real repository, a real history and a real index."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from repo_sleeper import git
from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.domain.tree import Signature
from repo_sleeper.history.commits import import_history
from repo_sleeper.index.languages import grammar_label, language_named
from repo_sleeper.index.reading import read_rows
from repo_sleeper.store import code, contents, notes, topics
from repo_sleeper.store import survey as rows
from repo_sleeper.store.database import Database
from repo_sleeper.survey import reading
from repo_sleeper.survey.reading import read_all, read_lines
from repo_sleeper.survey.survey import survey
from tests.conftest import GitRepo

Surveyed = Callable[[], int]


@pytest.fixture
def surveyed(db: Database, repo: GitRepo) -> Surveyed:
    """Index what is there, import the history, survey; how many notes changed."""

    def run() -> int:
        found = git.discover(repo.root)
        tree = code.ensure_tree(db, found.root, found.git_dir)
        index(db, tree, repo.root, [file.path for file in git.tracked(found)])
        import_history(db, found, limit=100)
        return survey(db, tree, now=7.0, commit=git.head(found))

    return run


def index(db: Database, tree: int, root: Path, paths: list[str]) -> None:
    for path in paths:
        data = (root / path).read_bytes()
        language = language_named(path)
        key = (hashlib.sha256(data).hexdigest()[:32], grammar_label(language))
        rows = read_rows(data, language)
        known = contents.known_contents(db, [key]) or contents.add_contents(
            db,
            [
                contents.Content(
                    hash=key[0],
                    grammar=key[1],
                    language=language,
                    size=len(data),
                    lines=rows.lines,
                    symbols=rows.symbols,
                    references=rows.references,
                    imports=rows.imports,
                    chunks=rows.chunks,
                )
            ],
        )
        contents.put_files(db, tree, [contents.FileRow(path, known[key], Signature(1, 1, 1, 1))])


def told(db: Database, kind: NoteKind) -> list[Note]:
    return notes.list_notes(db, 1, kinds=[kind])


def titles(db: Database, kind: NoteKind) -> list[str]:
    return [note.title for note in told(db, kind)]


def test_every_kind_of_note_is_found_and_fresh(
    db: Database, repo: GitRepo, surveyed: Surveyed
) -> None:
    filler = "".join(f"LINE_{number} = {number}\n" for number in range(100))
    repo.commit(
        "Begin",
        shop__cart_py=f"from shop import tax\n{filler}",
        shop__tax_py="from shop import cart\n",
        shop____init___py="",
        shop____main___py="print(1)\n",
        tests__test_tax_py="import shop.tax\n",
        tests__test_all_py="import shop.tax\n",
        pyproject_toml='[project.scripts]\nshop = "shop.cart:main"\n',
    )
    repo.write("shop/__init__.py", "")
    for number in range(6):
        text = f"from shop import tax\n{filler}X = {number}\n"
        repo.commit(
            f"Fix crash {number}",
            shop__cart_py=text,
            shop__stock_py=f"X = {number}\n",
            shop__tax_py=f"from shop import cart\nX = {number}\n",
        )
    for number in range(30):
        repo.commit(f"Grow {number}", shop__more_py=f"X = {number}\n")

    assert surveyed() > 0

    (hot,) = told(db, NoteKind.HOTSPOT)
    assert hot.title == "shop/cart.py: 7 of the last 37 commits changed it, 102 lines"
    assert (hot.fresh, hot.commit, hot.created_at) == (
        True,
        repo.git("rev-parse", "HEAD").strip(),
        7,
    )
    (cycle,) = told(db, NoteKind.CYCLE)
    assert cycle.title == "Import cycle of 2 files: shop/cart.py → shop/tax.py → shop/cart.py"
    assert [evidence.quote for evidence in cycle.evidence] == [
        "from shop import tax",
        "from shop import cart",
    ]
    (tests,) = titles(db, NoteKind.TEST_MAP)
    assert tests == "shop/tax.py is tested by tests/test_tax.py; one more imports it"
    assert "`shop` starts shop.cart:main" in titles(db, NoteKind.ENTRY_POINT)
    assert any(
        "that changed shop/stock.py changed" in title for title in titles(db, NoteKind.CO_CHANGE)
    )
    (prone,) = (note for note in titles(db, NoteKind.FIX_PRONE) if "stock.py" in note)
    assert re.fullmatch(r"shop/stock.py: 6 of 6 changes in \d{4}-\d\d were fixes \(100 %\)", prone)


def test_nothing_is_counted_again_until_something_changes(
    db: Database, repo: GitRepo, surveyed: Surveyed
) -> None:
    repo.commit("one", Makefile_="all:\n")
    repo.write("Makefile", "all:\n")
    repo.commit("two")
    assert surveyed() == 1
    assert surveyed() == 0

    repo.commit("three", other_py="x = 1\n")
    assert surveyed() == 0

    repo.write("Makefile", "all:\nclean:\n")
    repo.commit("four")
    assert surveyed() == 1
    assert titles(db, NoteKind.ENTRY_POINT) == ["make has 2 targets in Makefile: all, clean"]


def test_imports_inside_functions_and_conditions_make_no_cycle(
    db: Database, repo: GitRepo, surveyed: Surveyed
) -> None:
    repo.commit(
        "one",
        a_py="def f():\n    import b\n",
        b_py="import a\n",
        c_py="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import d\n",
        d_py="import c\n",
    )

    surveyed()

    assert titles(db, NoteKind.CYCLE) == []


def test_a_note_whose_reason_went_away_is_retired(
    db: Database, repo: GitRepo, surveyed: Surveyed
) -> None:
    repo.commit("one", a_py="import b\n", b_py="import a\n")
    surveyed()
    assert len(titles(db, NoteKind.CYCLE)) == 1

    repo.commit("two", b_py="x = 1\n")
    surveyed()

    assert titles(db, NoteKind.CYCLE) == []


def test_an_empty_tree_has_no_notes(surveyed: Surveyed) -> None:
    assert surveyed() == 0


def imported_by(db: Database, path: str) -> set[str]:
    return {target for source, _, target in rows.links_of(db, 1) if source == path}


def test_links_between_files_are_kept_for_whoever_asks(
    db: Database, repo: GitRepo, surveyed: Surveyed
) -> None:
    for path, text in {
        "src/main.rs": "mod cart;\nuse crate::cart::Cart;\n",
        "src/cart.rs": "pub struct Cart {}\n",
        "A.cs": "using Shop.Tax;\nclass A { Rate r = new Rate(); }\n",
        "Rate.cs": "namespace Shop.Tax { public class Rate {} }\n",
        "Other.cs": "namespace Shop.Tax { public class Other {} }\n",
    }.items():
        repo.write(path, text)
    repo.commit("one")

    surveyed()

    assert imported_by(db, "src/main.rs") == {"src/cart.rs"}
    assert topics.linked(db, 1, ["src/cart.rs"])[1] == [("src/cart.rs", "src/main.rs")]
    assert imported_by(db, "A.cs") == {"Rate.cs"}

    repo.write("src/main.rs", "fn main() {}\n")
    surveyed()

    assert topics.linked(db, 1, ["src/cart.rs"])[1] == []


def test_code_that_nothing_names_is_told_with_its_definition(
    db: Database, repo: GitRepo, surveyed: Surveyed
) -> None:
    repo.write(
        "cart.py",
        "def _lonely():\n    return 1\n\n\nclass Cart(Base):\n    def _hook(self): pass\n",
    )
    repo.write("tests/test_cart.py", "def _helper(): pass\n")
    repo.commit("one")

    surveyed()

    (note,) = told(db, NoteKind.DEAD_LOOKING)
    assert note.title == "_lonely in cart.py looks unused (2 lines)"
    assert note.fresh
    assert note.evidence[0].quote == "def _lonely()"


@pytest.mark.parametrize(
    ("path", "text", "user", "use"),
    [
        ("shop.py", "def pay(): ...\n", "till.py", "pay()\n"),
        ("A.cs", "namespace Shop { class Pay {} }\n", "B.cs", "class B { Pay p = new Pay(); }\n"),
        ("a.cc", "namespace shop {\nint pay() { return 1; }\n}\n", "b.cc", "int b() { pay(); }\n"),
    ],
    ids=["Python", "C#", "C++"],
)
def test_users_of_what_a_namespace_holds_are_known(  # noqa: PLR0913, PLR0917 -- two files
    db: Database, repo: GitRepo, surveyed: Surveyed, path: str, text: str, user: str, use: str
) -> None:
    repo.write(path, text)
    repo.write(user, use)
    repo.commit("one")
    surveyed()

    assert rows.users_of(db, 1, path) == [user]


# --- reading ----------------------------------------------------------------------------------


def test_lines_are_read_only_from_regular_files_of_the_tree(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    (root / "in" / "a.py").write_bytes(b"one\ncaf\xe9\n")
    (root / "in" / "wide.py").write_bytes("one\ncafé\n".encode("utf-16"))
    (tmp_path / "secret").write_text("secret\n")
    (root / "link.py").symlink_to(tmp_path / "secret")
    (root / "out").symlink_to(tmp_path)
    os.mkfifo(root / "pipe")
    (root / "large").write_bytes(b"x\n" * (1 << 20))

    assert read_lines(root, "in/a.py") == ["one", "caf\ufffd"]
    assert read_lines(root, "in/wide.py") == ["one", "café"]
    for path in ("link.py", "out/secret", "pipe", "large", "in", "gone", "gone/a.py"):
        assert read_lines(root, path) == []
    assert read_lines(tmp_path / "nowhere", "a.py") == []


def test_no_more_is_read_at_once_than_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_MOST_TOGETHER", 9)
    for name in "abc":
        (tmp_path / name).write_text("four")

    assert read_all(tmp_path, ["a", "b", "c"]) == {"a": b"four", "b": b"four"}
    assert reading.line_of(["one"], 3) == ""
