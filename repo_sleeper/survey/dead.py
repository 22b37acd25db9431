"""Dead-looking definitions: private ones whose name appears nowhere else in the tree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.store.survey import Definition
from repo_sleeper.survey.reading import Texts
from repo_sleeper.survey.wording import MOST, at_definition, survey_note
from repo_sleeper.words import counted

_TRIED = 120
_SHORTEST = 4  # letters: shorter names turn up in text by chance
_STARTS = frozenset({"main", "init", "_init", "_start"})
_SAID = frozenset({"java", "kotlin", "csharp", "php"})
_EXPORTED = re.compile(r"\b(?:export|pub|extern)\b")
_SCRIPTS = frozenset({"javascript", "typescript", "tsx"})
_MODULE = re.compile(rb"^\s*(?:import|export)\b|\brequire\(|\bmodule\.exports\b", re.MULTILINE)
# What ends the first part of a name that is put together: a quote, or a place to fill in.
_JOINED = re.compile(rb"_(?=[\"'`%{$])")
_PASTED = re.compile(rb"##[ \t]*(\w*)")  # a macro of C puts names together: `NAME##_ctl`
_BEFORE = re.compile(rb"(\w+)[ \t]*\Z")
_SHORTEST_PART = 3  # letters: shorter ones are mostly the arguments of the macro
_LONGEST_PART = 80
_C = frozenset({"c", "cpp"})
_WORD = re.compile(rb"\w")
_MARKED = ("@", "#[", "[", "__attribute__", "#pragma")  # something else knows of what follows


def is_private(found: Definition) -> bool:
    """Whether nothing outside the repository can be meant to use it, by the language's rules."""
    if len(found.name) < _SHORTEST or found.name in _STARTS:
        return False
    if found.language in _SAID:
        return re.search(r"\bprivate\b", found.signature) is not None
    if found.language == "python":
        return found.name.startswith("_") and not found.name.endswith("_")
    is_free = found.kind == "function" and "." not in found.qualified
    return is_free and _is_hidden(found) and not _is_of_a_table(found)


def _is_of_a_table(found: Definition) -> bool:
    """Whether a script has it as a value of an object, `name: () => ...`: for who takes that."""
    return found.language in _SCRIPTS and found.signature.startswith(f"{found.name}:")


def _is_hidden(found: Definition) -> bool:
    """Whether a free function cannot be seen from other files or packages."""
    if found.language == "go":
        return found.name[0].islower()
    if found.language in _C:
        return found.signature.startswith("static ") and not found.path.endswith((".h", ".hpp"))
    said = _EXPORTED.search(found.signature)
    return found.language in _SCRIPTS | {"rust"} and said is None


def dead_looking(
    found: Iterable[Definition],
    contents: Texts,
) -> list[Note]:
    """Private definitions that no text of the tree names, the longest first."""
    private = [one for one in found if one.path in contents and is_private(one)]
    whole = contents.whole  # one search of it is faster than one in each
    longest = max((len(one.name.encode()) for one in private), default=0)
    beginnings, pasted = _Beginnings(whole, longest), _Pasted(whole)
    notes: list[Note] = []
    for one in private[:_TRIED]:
        own = contents[one.path]  # first: whoever uses it is most likely beside it
        name = one.name.encode()
        if not (_is_plain(one, own) and _is_alone(name, own, whole)):
            continue
        if not beginnings.any_of(name) and not (one.language in _C and pasted.is_part_of(name)):
            notes.append(_note(one))
            if len(notes) == MOST:
                break
    return notes


def _is_plain(found: Definition, data: bytes) -> bool:
    """Neither decorated, marked nor exported, and in a script only where a file is a module."""
    lines = data.split(b"\n")
    first = max(found.range.start - 1, 0)
    around = [line.decode("utf-8", "replace").strip() for line in lines[first : first + 2]]
    if any(line.startswith(_MARKED) for line in around) or around[-1].startswith("export "):
        return False
    return found.language not in _SCRIPTS or _MODULE.search(data) is not None


def _is_alone(name: bytes, own: bytes, whole: bytearray) -> bool:
    """Whether the whole tree has the name once."""
    return _is_once(name, own) and _is_once(name, whole)


def _is_once(name: bytes, data: bytes | bytearray) -> bool:
    """Whether the name stands there as a whole word exactly once."""
    # By `find`: a pattern that looks behind has no literal start, and is fifty times slower.
    count = 0
    place = data.find(name)
    while place >= 0 and count < 2:  # noqa: PLR2004 -- more than once
        end = place + len(name)
        count += not _WORD.match(data, end) and not (place and _WORD.match(data, place - 1))
        place = data.find(name, end)
    return count == 1


class _Beginnings:
    """Beginnings of names that are put together, such as `"_visit_" + kind`."""

    def __init__(self, whole: bytearray, longest: int) -> None:
        self._whole = whole
        self._longest = longest

    def any_of(self, name: bytes) -> bool:
        """Whether a name that begins like this one is built anywhere."""
        cuts = [at + 1 for at, char in enumerate(name) if char == ord("_") and at > 0]
        starts = tuple(name[:cut] for cut in cuts)
        return any(one.endswith(starts) for one in self._written)

    @cached_property
    def _written(self) -> frozenset[bytes]:
        # All of them in one look at the tree: one for each part of a name took longer.
        ends = (found.end() for found in _JOINED.finditer(self._whole))
        return frozenset(bytes(self._whole[max(end - self._longest, 0) : end]) for end in ends)


class _Pasted:
    """Parts of names that the macros of C put together, such as `_ctl` in `NAME##_ctl`."""

    def __init__(self, whole: bytearray) -> None:
        self._whole = whole

    def is_part_of(self, name: bytes) -> bool:
        """Whether a name that begins or ends like this one is built anywhere."""
        return name.endswith(self._endings) or name.startswith(self._starts)

    @cached_property
    def _endings(self) -> tuple[bytes, ...]:
        return _long_enough(after for _, after in self._both)

    @cached_property
    def _starts(self) -> tuple[bytes, ...]:
        return _long_enough(before for before, _ in self._both)

    @cached_property
    def _both(self) -> list[tuple[bytes, bytes]]:
        """What stands before and after each mark; nothing is before that of a heading."""
        found = []
        for mark in _PASTED.finditer(self._whole):
            near = self._whole[max(mark.start() - _LONGEST_PART, 0) : mark.start()]
            if before := _BEFORE.search(near):
                found.append((bytes(before[1]), bytes(mark[1])))
        return found


def _long_enough(parts: Iterable[bytes]) -> tuple[bytes, ...]:
    return tuple({one for one in parts if len(one) >= _SHORTEST_PART})


def _note(found: Definition) -> Note:
    lines = found.range.end - found.range.start
    return survey_note(
        NoteKind.DEAD_LOOKING,
        about=(found.path, found.qualified),
        title=f"{found.qualified} in {found.path} looks unused ({counted(lines, 'line')})",
        body="It is private, and no code, test or text of the repository names it again. It may"
        " still be called by a name that is put together at run time: look once, then delete it.",
        evidence=[at_definition(found)],
        confidence=0.8,
    )
