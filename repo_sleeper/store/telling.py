"""Facts of the index in words: a sentence, and a line for each place."""

from __future__ import annotations

from collections.abc import Sequence

from repo_sleeper.domain.answers import Form, Place
from repo_sleeper.store import namesakes
from repo_sleeper.words import counted

_MOST_PLACES = 20


def told(form: Form, name: str, places: Sequence[Place], how: str, *, lines: int) -> str:
    """The answer; a place is a symbol, and where more of its lines are meant they are counted."""
    aside = "" if how in {"", namesakes.BY_NAME} else f", {how}"
    if form is Form.SUBCLASSES and any(place.path.endswith(".go") for place in places):
        aside += ", by embedding it (who has its methods need not name it)"
    by = f", {how}" if how else ""
    count = counted(len(places), "place")
    if lines > len(places):
        count += f", on {counted(lines, 'line')}"
    head = {
        Form.CALLERS: f"`{name}` is used in {count}, {how}:",
        Form.SUBCLASSES: f"`{name}` is inherited from in {count}{aside}:",
        Form.RAISED: f"`{name}` is raised or handled in {count}{aside}:",
        Form.DEFAULT: f"Parameters of `{name}` with a default:",
        Form.TESTS: f"Tests use `{name}` in {count}{aside}:",
        Form.TOGETHER: f"Changed in the same commits as `{name}`:",
        Form.IMPORTERS: f"`{name}` is imported in {counted(len(places), 'file')}{by}:",
        Form.IMPORTS: f"`{name}` imports, on {counted(len(places), 'line')}:",
    }[form]
    return listed(form, head, places)


def listed(form: Form, head: str, places: Sequence[Place]) -> str:
    """A line for each of the first places, and how many there are more."""
    shown = [f"- {_place(form, place)}" for place in places[:_MOST_PLACES]]
    more = len(places) - _MOST_PLACES
    return "\n".join((head, *shown, *([f"- and {more} more"] if more > 0 else [])))


def _place(form: Form, place: Place) -> str:
    where = place.path if form is Form.TOGETHER else f"{place.path}:{place.line + 1}"
    return f"{where} {place.what}".rstrip()
