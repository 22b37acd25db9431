"""Fix-prone files: of late, an unusual share of their commits mended something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.store.path_records import SWEEP, Quarter
from repo_sleeper.survey.files import SourceFile
from repo_sleeper.survey.wording import MOST, at_path, percent, survey_note

QUARTERS = 24  # six years: what is older counts less than an eighth, and is not looked at
_HALF_LIFE = 8  # quarters
_FEWEST_FIXES = 4.0  # of today: six that are a year old, eight that are two
_UNUSUAL = 1.5  # times the repository's own share
_SURE = 2.3  # standard errors above it: among hundreds of files some stand out by luck


class _Past(NamedTuple):
    """Changes of one file or of many, as they were and with older ones counting less."""

    path: str
    touches: int
    fixes: int
    first: int
    last: int
    recent_touches: float
    recent_fixes: float
    squares: float  # of the weights of all changes: what chance makes of a weighed sum

    @property
    def share(self) -> float:
        return self.fixes / self.touches

    @property
    def recent_share(self) -> float:
        return self.recent_fixes / self.recent_touches


def fix_prone(files: Iterable[SourceFile], quarters: Mapping[str, Sequence[Quarter]]) -> list[Note]:
    """Files with several fixes of late and a share of fixes well above the product's."""
    paths = [file.path for file in files if file.is_product and file.path in quarters]
    product = [_past(path, quarters[path]) for path in paths]
    if not product:
        return []
    usual = _past("", [quarter for path in paths for quarter in quarters[path]])
    prone = [
        past
        for past in product
        if past.recent_fixes >= _FEWEST_FIXES
        and past.share >= _UNUSUAL * usual.share
        and _is_no_luck(past, usual.recent_share)
    ]
    prone.sort(key=lambda past: (-_sure_share(past), past.path))
    return [_note(past, usual.share) for past in prone[:MOST]]


def _past(path: str, quarters: Iterable[Quarter]) -> _Past:
    found = list(quarters)
    weights = [0.5 ** (quarter.age / _HALF_LIFE) for quarter in found]
    weighed = list(zip(weights, found, strict=True))
    return _Past(
        path,
        touches=sum(quarter.touches for quarter in found),
        fixes=sum(quarter.fixes for quarter in found),
        first=min(quarter.first for quarter in found),
        last=max(quarter.last for quarter in found),
        recent_touches=sum(weight * quarter.touches for weight, quarter in weighed),
        recent_fixes=sum(weight * quarter.fixes for weight, quarter in weighed),
        squares=sum(weight**2 * quarter.touches for weight, quarter in weighed),
    )


def _is_no_luck(past: _Past, usual: float) -> bool:
    above = past.recent_fixes - past.recent_touches * usual
    return above >= _SURE * _spread(past, usual)


def _spread(past: _Past, share: float) -> float:
    return float((past.squares * share * (1 - share)) ** 0.5)


def _sure_share(past: _Past) -> float:
    """The share less one standard error, so that 5 of 6 does not outrank 40 of 60 by luck."""
    share = past.recent_share
    return share - _spread(past, share) / past.recent_touches


def _note(past: _Past, usual: float) -> Note:
    return survey_note(
        NoteKind.FIX_PRONE,
        about=(past.path,),
        title=f"{past.path}: {past.fixes} of {past.touches} changes {_span(past)} were fixes"
        f" ({percent(past.share)})",
        body=f"The product's usual share in the last six years is {percent(usual)}; commits of more"
        f" than {SWEEP} paths, which are no work on one of them, are not counted."
        " Something here is easy to get wrong: read the fixes in its history before changing it,"
        " and add the test that would have caught the last one.",
        evidence=[at_path(past.path)],
    )


def _span(past: _Past) -> str:
    first, last = (datetime.fromtimestamp(at, UTC).strftime("%Y-%m") for at in past[3:5])
    return f"in {first}" if first == last else f"from {first} to {last}"
