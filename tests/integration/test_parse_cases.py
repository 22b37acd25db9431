"""What is in files, case by case: cut off, nested, endless, in any encoding or none."""

from __future__ import annotations

import codecs
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from repo_sleeper import git
from repo_sleeper.config import Settings
from repo_sleeper.domain.code import SymbolKind
from repo_sleeper.domain.text import as_utf8
from repo_sleeper.domain.tree import SkipReason
from repo_sleeper.index.contents import skip_by_content
from repo_sleeper.index.languages import BY_NAME, LANGUAGES, TEXT, language_of
from repo_sleeper.index.pool import ParserPool, Request
from repo_sleeper.index.rows import Rows
from repo_sleeper.store import code, extent
from repo_sleeper.store.database import Database, open_database
from tests.conftest import GitRepo
from tests.equivalence import differences, fresh_index, look, snapshot, symbols

ONE = "def one():\n    return 1\n"
SAMPLES = Path(__file__).parents[2] / "fixtures/repos/languages"


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    with ParserPool(1) as parsers:
        yield parsers


def samples() -> Iterator[tuple[str, Path]]:
    for folder in sorted(SAMPLES.iterdir()):
        if folder.name in BY_NAME:
            yield folder.name, next(one for one in folder.iterdir() if one.name != "expected.txt")


def is_sound(rows: Rows) -> bool:
    """Places lie in the file, parents come first, kinds are ours."""
    return all(
        SymbolKind(kind) and 0 <= start < end <= rows.lines and (parent is None or parent < at)
        for at, (_, _, kind, start, end, _, parent, _, _) in enumerate(rows.symbols)
    ) and all(0 <= start < end <= rows.lines for _, start, end, _, _, _ in rows.chunks)


# --- not finished, not what it says -----------------------------------------------------------


@pytest.mark.parametrize("language", sorted(one for one, _ in samples()))
def test_a_file_cut_off_anywhere_gives_what_can_be_told(language: str) -> None:
    whole = dict(samples())[language].read_bytes()

    pieces = [whole[:end] for end in range(len(whole))] + [whole[end:] for end in range(len(whole))]

    with ParserPool(1) as parsers:  # a grammar that hangs or crashes is not to end the tests
        parsed = list(parsers.parse(Request("k", language, language, one) for one in pieces[::9]))

    for one in parsed:
        assert one.rows is not None, (one.skip, one.request.data)
        assert is_sound(one.rows), one.request.data


def test_an_annotation_at_the_end_of_a_kotlin_file_does_not_hang(pool: ParserPool) -> None:
    data = b"const val LIMIT = 3\n\n/** What is bought. */\n@Seri"
    (found,) = pool.parse([Request("k", "a.kt", "kotlin", data)])
    assert found.rows is not None


def test_what_precedes_a_mistake_is_still_known(db: Database, repo: GitRepo) -> None:
    repo.write("a.py", f"{ONE}\n\ndef two(:\n    class\n")

    found = look(db, repo.root)

    blob = code.blob_of(db, found.tree_id, "a.py")
    assert blob is not None
    assert blob.has_error
    assert "one" in symbols(db, found)["a.py"]


@given(data=st.binary(max_size=300), language=st.sampled_from([one.name for one in LANGUAGES]))
@how(max_examples=300, deadline=None, derandomize=True, database=None)
def test_any_bytes_in_any_language_give_sound_rows(
    pool: ParserPool, data: bytes, language: str
) -> None:
    (found,) = pool.parse([Request("k", language, language, data)])
    assert found.rows is not None
    assert is_sound(found.rows)


@given(
    name=st.sampled_from(["a.py", "a", "Makefile", "a.h", "x.tar.py", ".py", "a.ts", "a.unknown"]),
    data=st.binary(max_size=200) | st.sampled_from([b"#!/usr/bin/env python3\n", b"<?php\n#!"]),
)
@how(max_examples=300, deadline=None, derandomize=True, database=None)
def test_any_name_with_any_bytes_has_a_language(pool: ParserPool, name: str, data: bytes) -> None:
    language = language_of(name, data)
    assert language == TEXT or language in BY_NAME
    (found,) = pool.parse([Request("k", name, language, as_utf8(data))])
    assert found.rows is not None
    assert is_sound(found.rows)


def test_a_file_in_no_known_language_is_searchable_text(db: Database, repo: GitRepo) -> None:
    repo.write("a.cobol", "IDENTIFICATION DIVISION. total\n")

    found = look(db, repo.root)

    assert extent.counts(db, found.tree_id).languages == {"text": 1}
    assert db.value("select count(*) from chunk_words where chunk_words match 'total'") == 1


# --- nested, huge, long -----------------------------------------------------------------------

DEEP = {
    "brackets": "[" * 20_000 + "]" * 20_000,
    "open brackets": "(" * 40_000,
    "unary": "x = " + "-" * 20_000 + "1",
    "sum": "x = 1" + "+1" * 20_000,
    "call chain": "x" + ".f()" * 10_000,
    "if": "".join(f"{' ' * depth}if x:\n" for depth in range(2_000)) + " " * 2_000 + "pass",
    "lambda": "x = " + "lambda: " * 8_000 + "1",
    "strings": 'x = f"' + '{f"' * 3_000,
    "comparison": "x = 1" + " < 1" * 20_000,
}


@pytest.mark.parametrize("shape", DEEP)
def test_no_nesting_ends_the_parser_or_takes_long(pool: ParserPool, shape: str) -> None:
    began = pool.pids
    (found,) = pool.parse([Request("k", "deep.py", "python", DEEP[shape].encode())])

    assert found.rows is not None or found.skip in {SkipReason.TOO_DEEP, SkipReason.PARSER_TIMEOUT}
    assert found.skip is not SkipReason.PARSER_CRASHED
    assert found.skip is SkipReason.PARSER_TIMEOUT or began in ([], pool.pids)


@pytest.mark.parametrize("language", ["javascript", "java", "c", "go", "rust", "ruby", "php"])
def test_brackets_without_end_are_survived_in_other_languages(
    pool: ParserPool, language: str
) -> None:
    data = (b"<?php " if language == "php" else b"") + b"(" * 30_000
    (found,) = pool.parse([Request("k", "deep", language, data)])
    (after,) = pool.parse([Request("l", "good.py", "python", ONE.encode())])

    assert found.rows is not None or found.skip is not None
    assert after.rows is not None


def test_a_huge_file_is_never_opened(
    db: Database, repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    with repo.write("huge.py", "").open("wb") as file:
        file.truncate(100 << 20)
    opened: list[str] = []
    system_open = os.open

    def noted(path: str | bytes, *args: int, **more: int) -> int:
        opened.append(os.path.basename(os.fsdecode(path)))  # noqa: PTH119 -- bytes
        return system_open(path, *args, **more)

    monkeypatch.setattr(os, "open", noted)
    repo.write("a.py", ONE)

    found = look(db, repo.root)

    assert [one for one in opened if one.endswith(".py")] == ["a.py"]
    assert extent.skipped(db, found.tree_id) == {"huge.py": "too-large"}


def test_one_line_of_a_megabyte_is_minified_code_and_searchable_prose(
    db: Database, repo: GitRepo
) -> None:
    repo.write("a.js", "x=1;" * 250_000)
    repo.write("a.md", "total " * 170_000)

    found = look(db, repo.root)

    assert extent.skipped(db, found.tree_id) == {"a.js": "minified"}
    blob = code.blob_of(db, found.tree_id, "a.md")
    assert blob is not None
    assert blob.lines == 1


# --- encodings --------------------------------------------------------------------------------

ENCODINGS = [
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"),
    *("cp437", "cp850", "cp1251", "koi8-r", "mac-roman", "iso8859-2", "iso8859-15", "shift_jis"),
    *("euc-jp", "iso2022-jp", "gb2312", "gb18030", "big5", "euc-kr", "cp949", "hz", "utf-7"),
    *("iso8859-5", "iso8859-7", "cp1253", "cp1254", "ascii"),
]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_text_in_any_encoding_is_read_or_passed_over(
    db: Database, repo: GitRepo, encoding: str
) -> None:
    text = f"# \u00e9\u0436\u65e5\n{ONE}"
    repo.write("a.py", codecs.encode(text, encoding, "replace"))

    found = look(db, repo.root)

    if extent.skipped(db, found.tree_id):
        assert extent.skipped(db, found.tree_id) == {"a.py": "binary"}
        assert encoding.startswith("utf-16-")  # no mark tells them from binary data
    else:
        assert symbols(db, found) == {"a.py": ["one"]}


@pytest.mark.parametrize(
    "data",
    [b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff\xd8\x00", b"\xff", b"\xed\xa0\x80", b"a\0b"],
)
def test_a_few_odd_bytes_are_no_error(db: Database, repo: GitRepo, data: bytes) -> None:
    repo.write("a.py", data)
    repo.write("b.py", ONE.encode() + data)

    found = look(db, repo.root)

    stored = set(code.stored_files(db, found.tree_id))
    assert stored == {"a.py", "b.py"}
    assert skip_by_content("a.py", data, "python") in {None, SkipReason.BINARY}


# --- parsers that fail ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("SLEEPER_TEST_HANG_ON", "parser-timeout"), ("SLEEPER_TEST_CRASH_ON", "parser-crashed")],
)
def test_a_file_that_ends_its_parser_is_set_aside_until_it_changes(
    db: Database, repo: GitRepo, monkeypatch: pytest.MonkeyPatch, fault: str, reason: str
) -> None:
    monkeypatch.setenv(fault, "bad.py")
    repo.write("bad.py", f"x = 1\n{ONE}")
    repo.write("good.py", ONE)
    with ParserPool(1, limit_s=0.4) as parsers:
        found = look(db, repo.root, pool=parsers)
        assert extent.skipped(db, found.tree_id) == {"bad.py": reason}
        assert symbols(db, found)["good.py"] == ["one"]

        os.utime(repo.root / "bad.py", (1, 1))
        assert look(db, repo.root, pool=parsers).changes.parsed == 0
    monkeypatch.delenv(fault)
    with ParserPool(1) as parsers:
        repo.write("bad.py", f"x = 2\n{ONE}")
        found = look(db, repo.root, pool=parsers)

    assert extent.skipped(db, found.tree_id) == {}
    assert symbols(db, found)["bad.py"] == ["x", "one"]


KILLED = """
import os, signal, sys
from pathlib import Path
from repo_sleeper import git
from repo_sleeper.index.pool import ParserPool
from repo_sleeper.store.database import open_database
from tests.equivalence import FragileDatabase, PowerCutError, look

class Killed(FragileDatabase):
    def _burn(self):
        try:
            super()._burn()
        except PowerCutError:
            os.kill(os.getpid(), signal.SIGKILL)

root, store, statements = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
db = Killed(open_database(store).connection)
with ParserPool(1) as pool:
    db.fuse = statements
    look(db, root, pool=pool)
"""


@pytest.mark.parametrize("statements", [1, 4, 8, 12, 16, 24])
def test_killed_between_any_two_statements_the_next_start_continues(
    repo: GitRepo, tmp_path: Path, statements: int
) -> None:
    store = tmp_path / "index.db"
    for number in range(5):
        repo.write(f"a{number}.py", f"{ONE}x = {number}\n")
    db = open_database(store)
    look(db, repo.root)
    db.close()
    repo.write("a1.py", "def other(): pass\n")
    (repo.root / "a2.py").rename(repo.root / "b.py")
    repo.write("new.js", "function f() {}\n")
    program: list[str | Path] = [sys.executable, "-c", KILLED, repo.root, store, str(statements)]

    done = subprocess.run(program, check=False, cwd=Path(__file__).parents[2])

    assert done.returncode in {0, -signal.SIGKILL}
    db = open_database(store)
    tree_id = look(db, repo.root).tree_id
    fresh = fresh_index(git.discover(repo.root), Settings())
    assert differences(snapshot(db, tree_id), fresh) == []
    assert db.value("pragma integrity_check") == "ok"
    db.close()
