"""What a question says: its words, the names and places written in it, what it asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from repo_sleeper.recall.written import Place, marked_in, names_in, places_in, sought_in
from repo_sleeper.words import parts

WORDS_MAX = 200
_NAMES_MAX = 40
_SAME_START = 4  # letters two words must share to be taken for one

_COMMON = """
    a about above after again all also am an and any anyone anything are aren as at back be
    because been before being below between both but by can cannot could couldn d did didn do does
    doesn doing don done down during each either else ever every explain few find for from further
    get gets getting give given goes going got had has hasn have haven having he help her here hers
    him his how however i if in into is isn it its itself just know let like ll look m may me mean
    means might more most much must my need needs neither no nor not now of off ok on once one only
    or other our out over own please possible really s same say see seem seems shall she should
    shouldn show so some somehow someone something somewhere still such sure t tell than that the
    their them then there these they thing things this those through to too under understand until
    up us ve very want wants was wasn way we were weren what when where whether which while who
    whom whose why will with within without won wonder would wouldn yes yet you your"""
# Verbs of every second commit subject: they say what is done, not where.
_VERBS = """
    add added adding adds adjust adjusted adjusting adjusts allow allows apply avoid bug bugs
    bump change changed changes clarified clarifies clarify clarifying clean cleaned cleaning
    cleans cleanup code convert converted converting converts correct create declared defined
    deprecate deprecated deprecates deprecating deprecation deprecations disable disabled
    disables disabling drop enable enabled enables enabling ensure expose exposed exposes
    exposing extract extracted extracting extracts file files fix fixed fixes fixing handle
    handled happen happens implement implemented improve improved improvement initial introduce
    introduced introduces introducing issue issues make makes making merge migrate migrated
    migrates migrating minor move moved new old polish polished polishing polishes prefer
    preferred preferring prefers prevent prevented preventing prevents problem reduce reduced
    reduces reducing refactor release remove removed removes removing rename renamed reorganize
    reorganized reorganizes reorganizing replace repo repository restore restored restores
    restoring restructure restructured restructures restructuring reuse reused reuses reusing
    revert rework reworked reworking reworks rewrite rewrites rewriting rewritten simplify small
    support supported supports tidied tidies tidy tidying tweak typo unified unifies unify
    unifying update updated updates updating use used uses using work working works wrong"""
_STOP = frozenset(_COMMON.split())
_WEAK = frozenset(_VERBS.split())

_PROSE = frozenset(
    {"changelog", "docs", "documentation", "guide", "license", "licence", "readme", "tutorial"}
)

_NUMBER = re.compile(r"#\d+|(?<![\w.])\d{4,}(?![\w.])")  # of an issue: nothing in the code
_USES = r"(?:calls|call sites|places that|references|usages)"
_SEEK = r"\W*(?:(?:find|give me|list|show me|show|tell me) )?(?:(?:all|every|everything|the) )*"
_CALLERS = re.compile(
    r"\b(who|what|where)\b.{0,40}\b(calls?|called|uses?|used|imports?)\b|callers? of"
    r"|\b(?:who|what|where|which)\b.{0,40}\b(?:calls?|calling|invoke[ds]?|referenced)\b"
    rf"|^{_SEEK}{_USES} (?:of|to|that)\b|\bcallers\W*$"
)
_ASKS = re.compile(  # for a fact; "Use the cart" and "Test totals" are what commits say
    r"\W*(?:callers|defaults?|implementations|importers|imports|subclasses|tests|uses|users)"
    r" (?:for|of|that)\b"
    rf"|{_SEEK}(?:{_USES}|callers?|that) (?:calls?|for|of|to|that)\b|.*\bcallers\W*$"
    r"|\W*(?:who|what|where|which|is)\b|.*\?\s*$",
    re.DOTALL | re.IGNORECASE,
)
_OF_A_NAME = re.compile(
    r"\b(?:sub-?class(?:es)?|heirs|defaults?(?: value)?) (?:of|for)\b|\binherits? from\b"
    r"|\b(?:implements?|extends?|conforms? to) \S+\W*$"
)
_NEAR = re.compile(r"(?<!\S)(\S+)\s+NEAR(?:/\d+)?(?=\s+(\S+))")
_SCOPE = re.compile(r"\s*(?:\w{1,20}\(([^)\n]{1,60})\)!?|([\w./ -]{1,40})):\s")
# `Error: no such file` is a line of a log, not an area and what was changed in it.
LEVEL = r"(?:debug|info|notice|warn(?:ing)?|fatal|panic|critical|\w*(?:error|exception))"
_LEVEL = re.compile(LEVEL, re.IGNORECASE)
_CHANGE = """
    abandon add adjust allow apply avoid bump cache change check clean cleanup convert create
    correct deprecate disable do document don drop enable enforce ensure expose extend extract
    fix handle implement improve initial inline introduce kill let limit make merge migrate
    minor move optimize pass prevent raise reduce refactor remove rename replace restore return
    reuse revert rewrite set silence simplify skip split stop support switch test try turn
    tweak update upgrade use validate warn work"""
_CHANGES = re.compile(rf"\W*(?:{'|'.join(_CHANGE.split())})(?:e?s|e?d|p?ing|ning|ting)?\b")
_READING = re.compile(r"\W*(how|where|why|what|which|who|when|does|is|can|explain|describe)\b")
_WHOLE = re.compile(
    r"\W*(?:what (?:is|does)|how (?:is|does)|describe|explain|summari[sz]e|overview of)"
    r" (?:this|the) (?:whole |entire )?"
    r"(?:repo|repository|project|code ?base|library|package|app|application)"
    r"(?: (?:do|about|for|work|organi[sz]ed|structured|laid out|built))?\W*$"
)
_PAGES = frozenset(
    {"build", "ci", "css", "html", "markup", "page", "pages", "style", "styles", "template"}
    | {"templates", "theme", "workflow", "workflows"}
)
_TESTS = frozenset({"coverage", "spec", "specs", "test", "tested", "testing", "tests"})
_ASIDE = frozenset(
    {"benchmark", "benchmarks", "doc", "docs", "example", "examples", "sample", "tutorial"}
)


class Question(NamedTuple):
    """A question taken apart.

    `words` are lower case, in order, each once; `weak` are those that say what is done rather
    than where: they order what the others find. `names` are identifiers that were clearly meant
    as such, `guesses` those that neighbouring words would make, `marked` words that are names with
    the mark after them where there are such names, `sought` the one word that it is all about, a
    name where one is defined here; `places` are written paths; `scope` is the area named before a
    colon, as in "fix(parser): ...". Who wants reading asks how, where or why: the code first, its
    tests after it. Who asks for a fact may have it; callers, heirs and
    defaults are of a name.
    """

    text: str
    words: tuple[str, ...]
    weak: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    guesses: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()
    sought: str = ""
    places: tuple[Place, ...] = ()
    scope: tuple[str, ...] = ()
    wants_callers: bool = False
    wants_named: bool = False
    wants_prose: bool = False
    wants_pages: bool = False
    wants_tests: bool = False
    wants_aside: bool = False
    wants_reading: bool = False
    wants_fact: bool = False
    wants_change: bool = False
    wants_whole: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not (self.words or self.names or self.places or self.sought)

    @property
    def is_only_places(self) -> bool:
        """Whether written places are all it says."""
        written = {word for place in self.places for word in parts(place.path)}
        said = {word for word in self.words if not word.isdecimal()}
        return bool(self.places) and said <= written


def understand(text: str) -> Question:
    """Take a question apart. Any text at all will do; the same text gives the same answer."""
    sought = _sought(text)
    plain = sought or _without_near(text)
    words = content_words(plain)
    said = parts(plain)
    return Question(
        text=text,
        words=tuple(words[:WORDS_MAX]),
        weak=tuple(word for word in _said(plain) if word not in words)[:WORDS_MAX],
        names=tuple(names_in(text)[:_NAMES_MAX]),
        guesses=tuple(_guesses(words[:12])),
        marked=tuple(marked_in(text)[:_NAMES_MAX]),
        sought=sought,
        places=tuple(places_in(text)[:_NAMES_MAX]),
        wants_named=_OF_A_NAME.search(text.lower()) is not None,
        wants_callers=_CALLERS.search(text.lower()) is not None,
        scope=_scope(text),
        wants_prose=not _PROSE.isdisjoint(said),
        wants_pages=not _PAGES.isdisjoint(said),
        wants_tests=not _TESTS.isdisjoint(said),
        wants_aside=not _ASIDE.isdisjoint(said),
        wants_reading=_READING.match(text.lower()) is not None,
        wants_fact=_ASKS.match(text) is not None,
        wants_change=bool(_scope(text)) or _CHANGES.match(text.lower()) is not None,
        wants_whole=_WHOLE.match(text.lower()) is not None,
    )


def _sought(text: str) -> str:
    """The one word that a question is about; a word of no weight only where it says so."""
    found = sought_in(text)
    is_told = found is not None and (found.is_sure or found.name.lower() not in _STOP)
    return found.name if found is not None and is_told else ""


def _scope(text: str) -> tuple[str, ...]:
    found = _SCOPE.match(text)
    if found is None or _LEVEL.fullmatch(found[1] or found[2]):
        return ()
    return tuple(parts(found[1] or found[2]))


def _without_near(text: str) -> str:
    """Without NEAR between two words to look for: the syntax of searches, as AND, OR and NOT are.

    Those are words of no weight already. Beside such words NEAR is what is asked about.
    """
    return _NEAR.sub(lambda at: at[1] if _is_sought(at[1]) and _is_sought(at[2]) else at[0], text)


def _is_sought(written: str) -> bool:
    return any(word not in _STOP and word not in _WEAK for word in parts(written))


def content_words(text: str) -> list[str]:
    """The words that say what a text is about; the weak ones only when there are no others."""
    found = _said(text)
    strong = [word for word in found if word not in _WEAK]
    return strong or found


def _said(text: str) -> list[str]:
    words = parts(_NUMBER.sub(" ", text))
    return _unique(word for word in words if word not in _STOP and _tells(word))


def held(text: str, words: Iterable[str]) -> list[str]:
    """Those of the words that a text has, endings aside: "round" and "rounding" are one here."""
    lower = text.lower()
    likely = [word for word in words if word[:_SAME_START] in lower]  # most texts have none
    if not likely:
        return []
    found = set(parts(text))
    return [word for word in likely if word in found or _is_like(word, found)]


def _is_like(word: str, others: Iterable[str]) -> bool:
    return any(
        min(len(word), len(other)) >= _SAME_START
        and (word.startswith(other) or other.startswith(word))
        for other in others
    )


def _tells(word: str) -> bool:
    return not word.isascii() or len(word) > 1


def _guesses(words: list[str]) -> list[str]:
    """Identifiers that one to three neighbouring words would make, in the usual spellings."""
    made: list[str] = []
    for size in (3, 2, 1):
        for start in range(len(words) - size + 1):
            made += _spellings(words[start : start + size])
    return _unique(made)


def _spellings(words: list[str]) -> list[str]:
    pascal = "".join(word.capitalize() for word in words)
    return ["_".join(words), pascal, pascal[:1].lower() + pascal[1:], "".join(words)]


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
