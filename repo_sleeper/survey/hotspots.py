"""Hot spots: files that are large and keep changing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from repo_sleeper.domain.history import CoChange
from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.survey.files import SourceFile
from repo_sleeper.survey.wording import MOST, at_path, listed, percent, survey_note

_FEWEST_CHANGES = 4
_FEWEST_LINES = 80
_FEWEST_SHARE = 0.015  # of the recent commits
_BESIDE_BUSIEST = 0.2  # of the changes of the busiest file: less is not hot where that one is
_OFTEN = 0.25  # of the changes


def hotspots(
    files: Sequence[SourceFile],
    churn: Mapping[str, float],
    recent: Sequence[Sequence[str]],
    pairs: Iterable[CoChange] = (),
) -> list[Note]:
    """The product's files by decayed churn times the square root of their length.

    The root because a file of ten times the lines is harder to change safely, not ten times so.
    `files` are all that there are: what a file often changed with may be gone.
    """
    changes = Counter(path for paths in recent for path in paths)
    there = {file.path for file in files}
    product = [file for file in files if file.is_product]
    busiest = max((changes[file.path] for file in product), default=0)
    fewest = max(_FEWEST_CHANGES, _FEWEST_SHARE * len(recent), _BESIDE_BUSIEST * busiest)
    hot = [one for one in product if one.lines >= _FEWEST_LINES and changes[one.path] >= fewest]
    hot.sort(key=lambda file: (-churn.get(file.path, 0.0) * file.lines**0.5, file.path))
    together = _companions(pair for pair in pairs if pair.other in there)
    return [
        _note(file, changes[file.path], len(recent), rank, together.get(file.path, ()))
        for rank, file in enumerate(hot[:MOST], start=1)
    ]


def _companions(pairs: Iterable[CoChange]) -> dict[str, list[CoChange]]:
    found: dict[str, list[CoChange]] = {}
    for pair in sorted(pairs, key=lambda one: (one.path, -one.confidence, one.other)):
        if pair.confidence >= _OFTEN:
            found.setdefault(pair.path, []).append(pair)
    return found


def _note(file: SourceFile, changes: int, of: int, rank: int, together: Sequence[CoChange]) -> Note:
    named = [f"{pair.other} ({percent(pair.confidence)})" for pair in together]
    usually = f" It often changes with {listed(named)}." if named else ""
    return survey_note(
        NoteKind.HOTSPOT,
        about=(file.path,),
        title=f"{file.path}: {changes} of the last {of} commits changed it, {file.lines:,} lines",
        body=f"Number {rank} among the product's files by recent changes and length: the next"
        f" change is likely to come here too.{usually}",
        evidence=[at_path(file.path)],
    )
