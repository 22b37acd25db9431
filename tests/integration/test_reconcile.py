"""The store agrees with the disk, whatever happened in between."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from repo_sleeper import git
from repo_sleeper.domain.tree import Changes
from repo_sleeper.index import indexer
from repo_sleeper.index.hands import Hands, Progress
from repo_sleeper.index.pool import ParserPool
from repo_sleeper.store import code, contents, extent
from repo_sleeper.store.database import Database, open_database
from repo_sleeper.store.tree import Tree
from repo_sleeper.watch import scanner
from tests.conftest import GitRepo

LATER = 1e10  # a clock so late that every file has long been settled


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    with ParserPool(1) as parsers:
        yield parsers


class Index:
    """A repository and its index, for tests to change the one and compare the other."""

    def __init__(self, db: Database, repo: GitRepo, pool: ParserPool) -> None:
        self.db, self.repo, self.pool = db, repo, pool
        self.tree = code.ensure_tree(db, repo.root, repo.root / ".git")

    def reconcile(
        self,
        *,
        now: float = LATER,
        languages: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> Changes:
        scan = scanner.scan(git.discover(self.repo.root), max_bytes=1_000_000)
        hands = Hands(self.pool, progress)
        return indexer.reconcile(self.whole, scan, now=now, languages=languages, hands=hands)

    @property
    def whole(self) -> Tree:
        return Tree(self.db, self.tree, self.repo.root)

    @property
    def names(self) -> dict[str, list[str]]:
        return {
            path: [one.qualified for one in code.symbols_in(self.db, self.tree, path)]
            for path in sorted(code.stored_files(self.db, self.tree))
        }

    def found(self, word: str) -> list[str]:
        rows = self.db.rows(
            """select distinct f.path from chunk_words w join chunks c on c.id = w.rowid
               join files f on f.blob_id = c.blob_id
               where chunk_words match ? and f.tree_id = ? order by 1""",
            (f'"{word}"', self.tree),
        )
        return [row[0] for row in rows]

    def found_paths(self, word: str) -> list[str]:
        rows = self.db.rows(
            "select path from path_words where path_words match ? order by 1", (f'"{word}"',)
        )
        return [row[0] for row in rows]

    @property
    def dirty(self) -> dict[str, float]:
        rows = self.db.rows("select path, dirty_at from files order by 1")
        return {row[0]: row[1] for row in rows}


@pytest.fixture
def index(db: Database, repo: GitRepo, pool: ParserPool) -> Index:
    return Index(db, repo, pool)


def test_a_first_index_holds_every_file_and_a_second_does_nothing(index: Index) -> None:
    index.repo.commit("start", shop__cart_py="def total(): pass\n", README_md="# Shop\n")

    first = index.reconcile()
    writes = index.db.connection.total_changes
    second = index.reconcile()

    assert first.added == ("README.md", "shop/cart.py")
    assert first.parsed == 2
    assert index.names == {"README.md": [], "shop/cart.py": ["total"]}
    assert index.found("total") == ["shop/cart.py"]
    assert index.found_paths("cart") == ["shop/cart.py"]
    assert (second.paths, second.parsed) == ((), 0)
    assert index.db.connection.total_changes == writes


def test_only_what_changed_is_parsed_and_marked_dirty(index: Index) -> None:
    index.repo.commit("start", a_py="def a(): pass\n", b_py="def b(): pass\n")
    index.reconcile()
    index.repo.write("b.py", "def better(): pass\n")
    index.repo.write("c.py", "def c(): pass\n")

    done = index.reconcile(now=LATER + 1)

    assert (done.added, done.changed, done.parsed) == (("c.py",), ("b.py",), 2)
    assert index.names == {"a.py": ["a"], "b.py": ["better"], "c.py": ["c"]}
    assert index.dirty == {"a.py": 0, "b.py": LATER + 1, "c.py": LATER + 1}
    assert index.found("better") == ["b.py"]
    assert index.found("b") == []


def test_going_back_to_contents_seen_before_parses_nothing(index: Index) -> None:
    index.repo.commit("one", a_py="def one(): pass\n")
    index.reconcile()
    index.repo.git("checkout", "--quiet", "-b", "other")
    index.repo.commit("two", a_py="def two(): pass\n", b_py="def three(): pass\n")
    index.reconcile()
    index.repo.git("checkout", "--quiet", "main")
    back = index.reconcile()
    assert (back.changed, back.removed, back.parsed) == (("a.py",), ("b.py",), 0)
    index.repo.git("checkout", "--quiet", "other")

    again = index.reconcile()

    assert (again.added, again.changed, again.parsed) == (("b.py",), ("a.py",), 0)
    assert index.names == {"a.py": ["two"], "b.py": ["three"]}


def test_a_rename_moves_words_and_keeps_the_content(index: Index) -> None:
    index.repo.commit("start", cart_py="def total(): pass\n")
    index.reconcile()
    index.repo.git("mv", "cart.py", "basket.py")

    done = index.reconcile()

    assert (done.added, done.removed, done.parsed) == (("basket.py",), ("cart.py",), 0)
    assert (index.found_paths("cart"), index.found_paths("basket")) == ([], ["basket.py"])


def test_one_content_in_many_places_is_parsed_once(index: Index) -> None:
    for number in range(200):
        index.repo.write(f"{number}.py", "def same(): pass\n")

    assert index.reconcile().parsed == 1
    assert len(index.names) == 200
    assert index.db.value("select count(*) from symbols") == 1


def test_a_touched_file_is_read_and_nothing_is_new(index: Index) -> None:
    file = index.repo.write("a.py", "x = 1\n")
    index.reconcile()
    os.utime(file, (1, 1))

    assert index.reconcile().paths == ()
    assert index.dirty == {"a.py": 0}


def test_a_file_of_this_very_moment_is_read_again_until_it_has_settled(index: Index) -> None:
    file = index.repo.write("a.py", "x = 1\n")
    index.reconcile(now=time.time())
    assert code.stored_files(index.db, index.tree)["a.py"].signature.mtime_ns == -1
    seen = file.stat()
    writes = index.db.connection.total_changes
    assert index.reconcile(now=time.time()).paths == ()
    assert index.db.connection.total_changes == writes

    file.write_text("x = 2\n")  # the same size, the same inode, and the same time:
    os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    assert index.reconcile().changed == ("a.py",)


def test_size_and_time_restored_do_not_hide_a_change(index: Index) -> None:
    file = index.repo.write("a.py", "x = 1\n")
    index.reconcile()
    seen = file.stat()
    file.write_text("x = 2\n")
    os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    assert index.reconcile().changed == ("a.py",)


def test_what_is_skipped_is_listed_with_its_reason(index: Index) -> None:
    index.repo.write("a.bin", b"\0\1\2")
    index.repo.write("gen.go", "// Code generated by x. DO NOT EDIT.\n")
    index.repo.write("yarn.lock", "")
    (index.repo.root / "link").symlink_to("a.bin")
    index.reconcile()
    writes = index.db.connection.total_changes

    assert extent.skipped(index.db, index.tree) == {
        "a.bin": "binary",
        "gen.go": "generated",
        "link": "symlink",
        "yarn.lock": "lock-file",
    }
    assert index.found_paths("gen") == []
    assert index.reconcile().paths == ()
    assert index.db.connection.total_changes == writes


def test_a_file_that_stops_or_starts_being_worth_reading(index: Index) -> None:
    index.repo.write("gen.go", "package a\n\nfunc Total() {}\n")
    index.reconcile()
    index.repo.write("gen.go", "// Code generated by x. DO NOT EDIT.\npackage a\n")
    index.reconcile()
    assert index.names == {"gen.go": []}
    assert index.found_paths("gen") == []
    assert extent.counts(index.db, index.tree).files == 0
    index.repo.write("gen.go", "package a\n\nfunc Total() {}\n")

    index.reconcile()

    assert index.names == {"gen.go": ["Total"]}
    assert index.found_paths("gen") == ["gen.go"]


def test_a_file_that_can_no_longer_be_read_leaves_the_index(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = index.repo.write("a.py", "def a(): pass\n")
    index.repo.write("b.py", "def b(): pass\n")
    index.reconcile()
    os.utime(file, (1, 1))
    real = os.open

    def refuse(path: str | bytes, flags: int, *more: int) -> int:
        if os.fsencode(path).endswith(b"/a.py"):
            raise PermissionError(13, "no")
        return real(path, flags, *more)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        done = index.reconcile()
    assert done.removed == ("a.py",)
    assert extent.skipped(index.db, index.tree) == {"a.py": "unreadable"}

    assert index.reconcile().added == ("a.py",)
    assert extent.skipped(index.db, index.tree) == {}


def test_a_file_that_vanishes_after_the_scan_is_simply_gone(index: Index) -> None:
    index.repo.write("a.py", "")
    index.reconcile()
    scan = scanner.scan(git.discover(index.repo.root), max_bytes=1_000_000)
    (index.repo.root / "a.py").unlink()
    scan = type(scan)({"a.py": next(iter(scan.files.values()))}, {})
    stale = {path: type(one)(1, 2, 3, 4) for path, one in scan.files.items()}

    hands = Hands(index.pool)
    done = indexer.reconcile(index.whole, type(scan)(stale, {}), now=LATER, hands=hands)

    assert done.removed == ("a.py",)
    assert index.names == {}


def test_what_a_sparse_checkout_leaves_out_is_not_called_removed(index: Index) -> None:
    index.repo.commit("start", a__x_py="", b__y_py="y = 1\n")
    index.reconcile()
    index.repo.git("sparse-checkout", "set", "a")

    assert index.reconcile().removed == ()
    assert sorted(index.names) == ["a/x.py"]


def test_a_parser_that_dies_costs_its_file_and_is_remembered(
    db: Database, repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLEEPER_TEST_CRASH_ON", "bad.py")
    repo.write("bad.py", "def bad(): pass\n")
    repo.write("good.py", "def good(): pass\n")
    with ParserPool(1) as pool:
        index = Index(db, repo, pool)
        index.reconcile()

        assert extent.skipped(db, index.tree) == {"bad.py": "parser-crashed"}
        assert index.names == {"bad.py": [], "good.py": ["good"]}
        assert index.reconcile().parsed == 0


def test_another_grammar_reads_everything_again(index: Index) -> None:
    index.repo.write("a.py", "def a(): pass\n")
    index.repo.write("tool", "#!/bin/sh\nmain() { :; }\n")
    index.reconcile()
    with index.db.transaction():
        index.db.execute("update blobs set grammar = replace(grammar, 'q', 'q0')")

    done = index.reconcile()

    assert (done.paths, done.parsed) == ((), 2)
    assert index.names == {"a.py": ["a"], "tool": ["main"]}
    assert index.reconcile().parsed == 0


def test_languages_left_out_by_the_settings_are_text(index: Index) -> None:
    index.repo.write("a.py", "def a(): pass\n")
    index.repo.write("b.go", "package b\n\nfunc Total() {}\n")

    index.reconcile(languages=["go"])
    assert index.names == {"a.py": [], "b.go": ["Total"]}
    assert index.reconcile(languages=["go"]).parsed == 0

    assert index.reconcile().parsed == 1
    assert index.names == {"a.py": ["a"], "b.go": ["Total"]}


def test_progress_is_told_and_ends_with_all(index: Index) -> None:
    for number in range(400):
        index.repo.write(f"{number}.py", f"x = {number}\n")
    told: list[tuple[int, int]] = []

    index.reconcile(progress=lambda done, total: told.append((done, total)))

    assert told == sorted(told)
    assert len(told) > 1
    assert told[-1] == (400, 400)


def test_killed_half_way_the_next_one_continues(
    tmp_path: Path, repo: GitRepo, pool: ParserPool
) -> None:
    for number in range(400):
        repo.write(f"{number}.py", f"x = {number}\n")
    file = tmp_path / "state/index.db"

    class Killed(BaseException):
        pass

    def die(done: int, _: int) -> None:
        if done >= 100:
            raise Killed

    db = open_database(file)
    with pytest.raises(Killed):
        Index(db, repo, pool).reconcile(progress=die)
    db.close()

    db = open_database(file)
    index = Index(db, repo, pool)
    kept = len(index.names)
    done = index.reconcile()
    assert 0 < kept < 400
    assert done.parsed == 400 - kept
    assert len(index.names) == 400
    db.close()


def test_two_work_trees_share_contents_and_nothing_else(
    db: Database, repo: GitRepo, pool: ParserPool, tmp_path: Path
) -> None:
    repo.commit("start", cart_py="def total(): pass\n")
    repo.git("worktree", "add", "--quiet", str(tmp_path / "second"), "-b", "second")
    first = Index(db, repo, pool)
    first.reconcile()
    second_tree = code.ensure_tree(db, tmp_path / "second", repo.root / ".git/worktrees/second")
    scan = scanner.scan(git.discover(tmp_path / "second"), max_bytes=1_000_000)

    second = Tree(db, second_tree, tmp_path / "second")
    done = indexer.reconcile(second, scan, now=LATER, hands=Hands(pool))

    assert (done.added, done.parsed) == (("cart.py",), 0)
    contents.remove_files(db, second_tree, ["cart.py"])
    assert first.names == {"cart.py": ["total"]}
    assert first.found_paths("cart") == ["cart.py"]


def test_names_that_are_not_text_are_indexed(index: Index) -> None:
    name = os.fsencode(index.repo.root) + b"/bad\xff.py"
    Path(os.fsdecode(name)).write_text("def odd(): pass\n")
    index.repo.write("good.py", "def good(): pass\n")

    index.reconcile()

    assert sorted(index.names.values()) == [["good"], ["odd"]]


def test_wide_text_and_byte_order_marks_are_read(index: Index) -> None:
    index.repo.write("wide.py", "def wide(): pass\n".encode("utf-16"))
    index.repo.write("mark.py", b"\xef\xbb\xbfdef mark(): pass\n")
    index.repo.write("latin.py", "# caf\xe9\ndef latin(): pass\n".encode("latin-1"))
    index.repo.write("empty.py", "")

    index.reconcile()

    assert index.names == {
        "empty.py": [],
        "latin.py": ["latin"],
        "mark.py": ["mark"],
        "wide.py": ["wide"],
    }


def test_without_a_pool_one_is_made_and_ended(db: Database, repo: GitRepo) -> None:
    repo.write("a.py", "def a(): pass\n")
    tree = code.ensure_tree(db, repo.root, repo.root / ".git")
    scan = scanner.scan(git.discover(repo.root), max_bytes=1_000_000)

    assert indexer.reconcile(Tree(db, tree, repo.root), scan, now=LATER).parsed == 1
