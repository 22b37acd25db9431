"""Edits made for the purpose: they change how code is written or where, never what it says."""

from __future__ import annotations

import io
import shutil
import tokenize
from collections.abc import Mapping

from repo_sleeper.evaluate.snapshot import Snapshot
from repo_sleeper.git.past import PastFile

_ELSEWHERE = "moved_here/"
_SLASHES = frozenset({"go", "js", "ts", "java", "c", "h", "cc", "cpp", "rs", "kt", "scala", "php"})


def remarked(snapshot: Snapshot) -> set[str]:
    """Put a remark before every statement of every file that can be remarked upon; which ones."""
    touched = set()
    for path in sorted(snapshot.files):
        before = snapshot.text(path)
        after = _remarked(path, before)
        if after != before:
            (snapshot.root / path).write_text(after, "utf-8")
            snapshot.files[path] = PastFile(path, snapshot.files[path].mode, f"remarked-{path}")
            touched.add(path)
    return touched


def _remarked(path: str, text: str) -> str:
    if path.endswith(".py"):
        return _python(text)
    if path.rpartition(".")[2] in _SLASHES:
        lines = text.split("\n")
        return "\n".join(
            f"{line}\n\n// a remark\n" if line.endswith("{") else line for line in lines
        )
    return text


def _python(text: str) -> str:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, tokenize.TokenError):
        return text
    lines = text.split("\n")
    for token in tokens:
        if token.type == tokenize.NEWLINE:
            at = token.start[0] - 1
            lines[at] += "  # a remark\n" if "#" not in token.line else "\n"
    return "\n".join(lines)


def moved(snapshot: Snapshot) -> set[str]:
    """Put every file into another folder; the paths that are no more."""
    before = dict(snapshot.files)
    for path, file in before.items():
        to = snapshot.root / _ELSEWHERE / path
        to.parent.mkdir(parents=True, exist_ok=True)
        (snapshot.root / path).rename(to)
        snapshot.files[_ELSEWHERE + path] = PastFile(_ELSEWHERE + path, file.mode, file.oid)
        del snapshot.files[path]
    return set(before)


def undone(snapshot: Snapshot, before: Mapping[str, PastFile]) -> None:
    """Forget what was made: the next move writes those files anew."""
    shutil.rmtree(snapshot.root / _ELSEWHERE, ignore_errors=True)
    as_they_were = {path: f for path, f in snapshot.files.items() if before.get(path) == f}
    snapshot.files = as_they_were
