"""Questions to expect of a repository, with answers that are facts: no model is asked."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

from repo_sleeper.domain.answers import Answered, Form
from repo_sleeper.domain.code import Range
from repo_sleeper.domain.notes import Evidence, Note, NoteKind, Origin, note_id
from repo_sleeper.errors import SleeperError
from repo_sleeper.store import answers, code, namesakes, search, versions
from repo_sleeper.store.asides import is_test
from repo_sleeper.store.database import Database
from repo_sleeper.think.reading import raw_lines_of

_SUBJECTS = 40
_PATHS = 20
_MOST_PER_NAME = 3
_COMMITS = 300
_QUESTIONS = 300
_ASKED = 5.0  # a past question says more of the next than a commit's subject does
_LONGEST_BODY = 1_200
_WORD = re.compile(r"\w{3,}")
_FORMS = (Form.RAISED, Form.CALLERS, Form.SUBCLASSES, Form.DEFAULT, Form.TESTS)
_RAISED = re.compile(r"(?:Error|Exception|Warning|Failure|Interrupt)s?\b")

_CANDIDATES = 2_000
_AT_ONCE = 500
_SHORTEST = 3
_USED = "select name, sum(json_array_length(places)) as times from uses group by name"
# From the names to their definitions: to group all definitions would cost many times as much.
# Only one `min`, so that SQLite takes the signature from the row of the first line.
_DEFINED = """
select s.name, f.path as path, min(s.start_line) as line, s.signature as signature
from json_each(?) w cross join symbols s on s.name = w.value
join files f on f.blob_id = s.blob_id
where f.tree_id = ? and s.kind in ('class', 'function', 'method', 'trait', 'interface', 'struct')
group by s.name having count(distinct f.path) = 1 and count(distinct s.qualified) = 1"""


@dataclass(frozen=True, slots=True)
class _Subject:
    """A name worth asking about, and where it is defined."""

    name: str
    path: str
    line: int
    signature: str


def expect(db: Database, tree_id: int, *, now: float, commit: str) -> int:
    """Make the question notes of this tree those to expect now; how many changed."""
    found = {note.id: note for note in _notes(db, tree_id, now=now, commit=commit)}
    inputs = {id_: hashlib.sha256(note.body.encode()).hexdigest() for id_, note in found.items()}
    return versions.save_survey_notes(
        db, list(found.values()), kinds=(NoteKind.QUESTION,), inputs=inputs, tree_id=tree_id
    )


def _notes(db: Database, tree_id: int, *, now: float, commit: str) -> Iterator[Note]:
    read = _reader(db, tree_id)
    for subject in _likely(db, tree_id):
        told = answers.facts(db, tree_id, _forms(subject), subject.name, read=read)
        for one in islice(told, _MOST_PER_NAME):
            yield _note(one, subject, now=now, commit=commit)
    for path in _busy_paths(db, tree_id):
        answered = answers.fact(db, tree_id, Form.TOGETHER, path)
        if answered is not None:
            yield _note(answered, _Subject(path, path, 0, ""), now=now, commit=commit)


def _forms(subject: _Subject) -> tuple[Form, ...]:
    """Only what is named like an error, or like a kind of one, is worth reading files for."""
    return _FORMS if _RAISED.search(f"{subject.name} {subject.signature}") else _FORMS[1:]


def _reader(db: Database, tree_id: int) -> namesakes.Reader:
    root = next((tree.root for tree in code.trees(db) if tree.id == tree_id), None)

    @cache
    def read(path: str) -> Sequence[str]:
        content = search.content_hash(db, tree_id, path)
        try:
            return raw_lines_of(root, path, content) if root and content else ()
        except SleeperError:
            return ()

    return read


def _likely(db: Database, tree_id: int) -> list[_Subject]:
    """Names defined once: those asked about, named in commits and used most."""
    mentions = _mentions(db)
    found = [one for one in _defined_once(db, tree_id) if not is_test(one[1].path)]
    found.sort(key=lambda one: (-(1.0 + mentions[one[1].name.lower()]) * one[0], one[1].name))
    return [subject for _, subject in found[:_SUBJECTS]]


def _defined_once(db: Database, tree_id: int) -> list[tuple[int, _Subject]]:
    """The names used most that are defined once alone, with how often they are used.

    Of a name with namesakes, here or in its language, nobody can say whose uses it has.
    """
    common = namesakes.built_ins()
    rated = ((name, count) for name, count in db.execute(_USED) if len(name) > _SHORTEST)
    times = {name: count for name, count in rated if name not in common}
    names = sorted(times, key=lambda name: (-times[name], name))
    found: list[tuple[int, _Subject]] = []
    for start in range(0, len(names), _AT_ONCE):
        wanted = names[start : start + _AT_ONCE]
        rows = {row["name"]: row for row in db.rows(_DEFINED, (json.dumps(wanted), tree_id))}
        found += [(times[name], _Subject(*rows[name])) for name in wanted if name in rows]
        if len(found) >= _CANDIDATES:
            break
    return found[:_CANDIDATES]


def _mentions(db: Database) -> Counter[str]:
    found: Counter[str] = Counter()
    asked = db.rows("select text from questions order by id desc limit ?", (_QUESTIONS,))
    told = db.rows("select subject from commits order by time desc limit ?", (_COMMITS,))
    for text, weight in [*((r[0], _ASKED) for r in asked), *((r[0], 1.0) for r in told)]:
        for word in set(_WORD.findall(text.lower())):
            found[word] += weight  # type: ignore[assignment]  # a Counter counts in any number
    return found


def _busy_paths(db: Database, tree_id: int) -> list[str]:
    rows = db.rows(
        """
        select f.path from files f join history_paths h on h.path = f.path
        where f.tree_id = ? and h.churn > 0 order by h.churn desc, f.path limit ?
        """,
        (tree_id, _PATHS),
    )
    return [row["path"] for row in rows]


def _cut(text: str) -> str:
    """As many whole lines as there is room for, and a sign where there were more."""
    if len(text) <= _LONGEST_BODY:
        return text
    kept, line, _ = text[:_LONGEST_BODY].rpartition("\n")
    return f"{kept}\n- and more" if line else f"{text[: _LONGEST_BODY - 1].rstrip()}\u2026"


def _note(answered: Answered, subject: _Subject, *, now: float, commit: str) -> Note:
    evidence = Evidence(subject.path, Range(subject.line, subject.line + 1), subject.signature)
    places = tuple(
        Evidence(place.path, Range(place.line, place.line + 1), "") for place in answered.places[:4]
    )
    return Note(
        id=note_id(NoteKind.QUESTION, answered.form.value, json.dumps(answered.name)),
        kind=NoteKind.QUESTION,
        title=answered.question,
        body=_cut(answered.text),
        confidence=0.9,
        origin=Origin.SURVEY,
        evidence=(evidence, *places),
        subject=subject.path,
        commit=commit,
        created_at=now,
    )
