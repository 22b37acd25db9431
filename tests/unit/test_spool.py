from __future__ import annotations

from pathlib import Path

from repo_sleeper.daemon import spool


def test_an_empty_spool_has_nothing(tmp_path: Path) -> None:
    assert not spool.has_lines(tmp_path)
    assert spool.drain(tmp_path) == []


def test_every_work_tree_is_named_once(tmp_path: Path) -> None:
    (tmp_path / "commits").write_bytes(b"/b\n/a\n/b\n\n")

    assert spool.has_lines(tmp_path)
    assert spool.drain(tmp_path) == [Path("/a"), Path("/b")]
    assert spool.drain(tmp_path) == []


def test_a_path_that_is_not_text_survives(tmp_path: Path) -> None:
    (tmp_path / "commits").write_bytes(b"/caf\xe9\n")

    assert spool.drain(tmp_path) == [Path("/caf\udce9")]
