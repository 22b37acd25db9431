"""The texts of a large tree are read by another process, while this one asks the store.

The first survey is what a first index waits for at its end, when every parser is idle.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.notes import Anchor, Evidence, Note, NoteKind, Origin
from repo_sleeper.store.database import Database, read_database
from repo_sleeper.survey.files import SourceFile
from repo_sleeper.survey.texts import live_files, text_notes

_WORTH_A_PROCESS = 1_000  # files; it takes 0.1 s to start one
_LIMIT_S = 60.0
_KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "SYSTEMROOT")
_KEPT_PREFIXES = ("PYTHON", "COVERAGE_")


@contextmanager
def texts_apart(
    db: Database, tree_id: int, files: Sequence[SourceFile], *, is_first: bool
) -> Iterator[Callable[[], list[Note]]]:
    """Have the notes of the texts counted during a block; in it, they can be had once.

    A later survey, a small tree and a store in memory are counted here, when they are asked for,
    and so is what the other process does not tell.
    """
    here = partial(text_notes, db, tree_id, files)
    if not is_first or len(files) < _WORTH_A_PROCESS or not db.file:
        yield here
        return
    child = _started(db.file, tree_id)
    try:
        yield lambda: _said(child) or here()
    finally:
        child.kill()
        child.communicate()


def _started(file: str, tree_id: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "repo_sleeper.survey.apart", file, str(tree_id)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={
            name: value
            for name, value in os.environ.items()
            if name in _KEPT or name.startswith(_KEPT_PREFIXES)
        },
    )


def _said(child: subprocess.Popen[bytes]) -> list[Note]:
    """What it counted; nothing if it did not come to its end."""
    try:
        told, _ = child.communicate(timeout=_LIMIT_S)
    except subprocess.TimeoutExpired:
        return []
    return [_note(one) for one in json.loads(told)] if child.returncode == 0 else []


def _note(told: dict[str, Any]) -> Note:
    """A note as it was before it became JSON."""
    evidence = tuple(
        Evidence(path, Range(*place), quote, Anchor(anchor), hash_, symbol)
        for path, place, quote, anchor, hash_, symbol in told["evidence"]
    )
    kind, origin = NoteKind(told["kind"]), Origin(told["origin"])
    return Note(**{**told, "kind": kind, "origin": origin, "evidence": evidence})


def main() -> None:
    """Count what the texts of a tree tell, and say it."""
    file, tree_id = sys.argv[1], int(sys.argv[2])
    with closing(read_database(Path(file))) as db:
        found = text_notes(db, tree_id, live_files(db, tree_id))
    sys.stdout.write(json.dumps([one._asdict() for one in found]))


if __name__ == "__main__":
    main()
