"""The repository as a tree of folders with the heat of each, and how it is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from repo_sleeper.cli import output
from repo_sleeper.domain.notes import Note
from repo_sleeper.errors import NotFoundError

_BAR = 8
_SHOWN = 12  # entries of one folder; a wall of names is no map
_HOT = 20


@dataclass(slots=True)
class Spot:
    """A folder or a file: how many files, how much churn, which notes are in it.

    `first` and `last` are the times of its first and last known change, 0 where there is none.
    """

    name: str
    path: str
    files: int = 0
    heat: float = 0.0
    first: int = 0
    last: int = 0
    noted: set[str] = field(default_factory=set)
    inside: dict[str, Spot] = field(default_factory=dict)

    @property
    def notes(self) -> int:
        """How many notes: one about two files of a folder is one note of the folder."""
        return len(self.noted)

    def hottest_first(self) -> list[Spot]:
        """What is in it; ties by name."""
        return sorted(self.inside.values(), key=lambda spot: (-spot.heat, spot.name))

    def leaves(self) -> Iterator[Spot]:
        """Every file in it."""
        if not self.inside:
            yield self
        for spot in self.inside.values():
            yield from spot.leaves()


def inside(files: Iterable[str], below: str) -> list[str]:
    """Those in a folder, whose name ends with a slash, or the one file of that name."""
    folder = not below or below.endswith("/")
    return [file for file in files if file == below or (folder and file.startswith(below))]


class Past(NamedTuple):
    """What the history says of paths: decayed churn, and first and last change."""

    churn: Mapping[str, float]
    ages: Mapping[str, tuple[int, int]]


def drawn(files: Sequence[str], past: Past, noted: Sequence[Note], *, below: str) -> Spot:
    """The tree of these files. Raises NotFoundError when there are none."""
    if not files:
        raise NotFoundError(f"nothing is indexed below {below or 'this place'}")
    ids: dict[str, set[str]] = {}
    for note in noted:
        for evidence in note.evidence:
            ids.setdefault(evidence.path, set()).add(note.id)
    root = Spot(below or ".", below)
    for file in sorted(files):
        for spot in _way(root, file, below):
            _add(spot, past.churn.get(file, 0.0), past.ages.get(file), ids.get(file, set()))
    return root


def _way(root: Spot, file: str, below: str) -> list[Spot]:
    """The spots from the root down to a file, made where there are none."""
    spots, at = [root], below
    *folders, name = file[len(below) :].split("/")
    for part in (*(f"{folder}/" for folder in folders), name):
        if not part:
            break  # it is the place itself
        at += part
        spots.append(spots[-1].inside.setdefault(part, Spot(part, at)))
    return spots


def _add(spot: Spot, heat: float, ages: tuple[int, int] | None, noted: set[str]) -> None:
    spot.files += 1
    spot.heat += heat
    spot.noted |= noted
    if ages is not None:
        spot.first = min(spot.first or ages[0], ages[0])
        spot.last = max(spot.last, ages[1])


def show(root: Spot, *, depth: int, hot: bool, json: bool) -> None:
    """For a program, as a list of hot files, or as a tree."""
    if hot:
        _show_hot(root, json=json)
    elif json:
        output.print_json({"map": _object(root, depth)})
    else:
        output.out(" ".join(filter(None, (output.one_line(root.name), _facts(root), _ages(root)))))
        for line in _branches(root, depth, "", hottest=_hottest(root)):
            output.out(line)


def _show_hot(root: Spot, *, json: bool) -> None:
    leaves = sorted(root.leaves(), key=lambda spot: (-spot.heat, spot.path))
    found = [spot for spot in leaves[:_HOT] if spot.heat > 0]
    if json:
        output.print_json({"hot": [_object(spot, 0) for spot in found]})
        return
    if not found:
        raise NotFoundError("no file was changed by a commit that is known")
    rows = [
        (f"{spot.heat:.2f}", str(spot.notes), _day(spot.first), _day(spot.last), spot.path)
        for spot in found
    ]
    output.table(("heat", "notes", "first", "last", "file"), rows)


def _branches(spot: Spot, depth: int, indent: str, *, hottest: float) -> Iterator[str]:
    if depth == 0:
        return
    inside = spot.hottest_first()
    shown, rest = inside[:_SHOWN], inside[_SHOWN:]
    for number, child in enumerate(shown):
        last = number == len(shown) - 1 and not rest
        name = output.one_line(child.name)
        yield f"{indent}{'└── ' if last else '├── '}{name} {_facts(child, hottest)}".rstrip()
        below = indent + ("    " if last else "│   ")
        yield from _branches(child, depth - 1, below, hottest=hottest)
    if rest:
        yield f"{indent}└── … {output.count(sum(child.files for child in rest), 'file')} more"


def _facts(spot: Spot, hottest: float = 0.0) -> str:
    facts = [output.count(spot.files, "file")] if spot.inside else []
    facts += [output.count(spot.notes, "note")] if spot.notes else []
    if hottest and spot.heat:
        facts.append("▇" * max(round(_BAR * spot.heat / hottest), 1))
    return " · ".join(facts)


def _ages(spot: Spot) -> str:
    if not spot.last:
        return ""
    first = "" if spot.first == spot.last else f", first {_day(spot.first)}"
    return f"(last changed {_day(spot.last)}{first})"


def _day(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).date().isoformat() if time else ""


def _hottest(root: Spot) -> float:
    return max((spot.heat for spot in root.inside.values()), default=0.0)


def _object(spot: Spot, depth: int) -> dict[str, Any]:
    about = {
        "path": spot.path,
        "files": spot.files,
        "heat": spot.heat,
        "notes": spot.notes,
        "first_changed": _day(spot.first),
        "last_changed": _day(spot.last),
    }
    if depth and spot.inside:
        return {**about, "inside": [_object(one, depth - 1) for one in spot.hottest_first()]}
    return about
