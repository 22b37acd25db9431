"""Hot spots: files that are large and keep changing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from repo_sleeper.domain import Note, NoteKind
from repo_sleeper.survey.files import SourceFile
from repo_sleeper.survey.wording import MOST, at_path, survey_note

_FEWEST_CHANGES = 4
_FEWEST_LINES = 80


def hotspots(
    files: Iterable[SourceFile],
    churn: Mapping[str, float],
    recent: Sequence[Sequence[str]],
) -> list[Note]:
    """The product's files by decayed churn times the square root of their length.

    The root because a file of ten times the lines is harder to change safely, not ten times so.
    """
    changes = Counter(path for paths in recent for path in paths)
    hot = [
        file
        for file in files
        if file.is_product and file.lines >= _FEWEST_LINES and changes[file.path] >= _FEWEST_CHANGES
    ]
    hot.sort(key=lambda file: (-churn.get(file.path, 0.0) * file.lines**0.5, file.path))
    return [
        _note(file, changes=changes[file.path], rank=rank, of=len(recent))
        for rank, file in enumerate(hot[:MOST], start=1)
    ]


def _note(file: SourceFile, *, changes: int, rank: int, of: int) -> Note:
    return survey_note(
        NoteKind.HOTSPOT,
        about=(file.path,),
        title=f"{file.path}: {changes} of the last {of} commits changed it, {file.lines} lines",
        body=f"Number {rank} among the files of the product by recent changes and length. Expect"
        " the next change here too: keep edits small, and look at its recent commits first.",
        evidence=[at_path(file.path)],
    )
