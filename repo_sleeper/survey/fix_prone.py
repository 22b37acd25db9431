"""Fix-prone files: an unusual share of their commits mended something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.store.history import PathRecord
from repo_sleeper.survey.files import SourceFile
from repo_sleeper.survey.wording import MOST, at_path, percent, survey_note

_FEWEST_FIXES = 5
_UNUSUAL = 1.5  # times the repository's own share
_SURE = 2.3  # standard errors above it: among hundreds of files some stand out by luck


def fix_prone(files: Iterable[SourceFile], records: Mapping[str, PathRecord]) -> list[Note]:
    """Files with at least five fixes and a share of fixes well above the product's."""
    product = [records[file.path] for file in files if file.is_product and file.path in records]
    usual = _usual_share(product)
    prone = [
        record
        for record in product
        if record.fixes >= _FEWEST_FIXES
        and record.fixes / record.touches >= _UNUSUAL * usual
        and _is_no_luck(record, usual)
    ]
    prone.sort(key=lambda record: (-_sure_share(record), record.path))
    return [_note(record, usual) for record in prone[:MOST]]


def _usual_share(records: Iterable[PathRecord]) -> float:
    counted = list(records)
    touches = sum(record.touches for record in counted)
    return sum(record.fixes for record in counted) / touches if touches else 0.0


def _is_no_luck(record: PathRecord, usual: float) -> bool:
    spread = float((record.touches * usual * (1 - usual)) ** 0.5)
    return record.fixes - record.touches * usual >= _SURE * spread


def _sure_share(record: PathRecord) -> float:
    """The share less one standard error, so that 5 of 6 does not outrank 40 of 60 by luck."""
    share = record.fixes / record.touches
    return share - float((share * (1 - share) / record.touches) ** 0.5)


def _note(record: PathRecord, usual: float) -> Note:
    share = percent(record.fixes / record.touches)
    return survey_note(
        NoteKind.FIX_PRONE,
        about=(record.path,),
        title=f"{record.path}: {record.fixes} of {record.touches} changes were fixes ({share})",
        body=f"The product's usual share is {percent(usual)}. Something here is easy to get wrong:"
        " read the fixes in its history before changing it, and add the test that would have"
        " caught the last one.",
        evidence=[at_path(record.path)],
    )
