"""Second looks at likely bugs: one that knows nothing of the first, one that tries to refute it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.model import Price, Prompt, Reply
from repo_sleeper.domain.notes import Anchor, DraftEvidence, Evidence, Note, NoteKind
from repo_sleeper.domain.thoughts import Subject, ThoughtState
from repo_sleeper.errors import BudgetError, ModelError, ModelReplyError, SleeperError
from repo_sleeper.store import bugs, ledger, pause, subjects
from repo_sleeper.store.bugs import Due, Step, Verdict
from repo_sleeper.store.database import Database
from repo_sleeper.store.subjects import Neighbour
from repo_sleeper.store.thoughts import Job
from repo_sleeper.store.tree import Tree
from repo_sleeper.think import context, prompts, replies, shown
from repo_sleeper.think.anchoring import SHORTEST_QUOTE, DroppedError, grounded
from repo_sleeper.think.asking import Asking
from repo_sleeper.think.grounding import Asked, ground
from repo_sleeper.think.kept import sources
from repo_sleeper.think.quotes import locate
from repo_sleeper.think.reading import Limits, Material, group, lines_of, size
from repo_sleeper.think.thinker import Outcome

_KIND = NoteKind.LIKELY_BUG
_NEAR = 3
_AROUND = 24  # lines of a caller or a test
_USERS = 24  # looked at, to find these among them
_TESTS, _CALLERS = 3, 3
_LONGEST_FACT = 1_500
_LEAST_OWN = 2_000  # tokens, as a thought about a small file takes
_OTHERS_SHARE = 3  # callers and tests get at most a third of the room
_WORDS = {"stands": Verdict.STANDS, "refuted": Verdict.REFUTED}


@dataclass(frozen=True, slots=True)
class _Look:
    """What is asked, about which notes, and what is shown with it."""

    due: Due
    notes: tuple[Note, ...]
    material: Material
    version: str

    @property
    def subject(self) -> Subject:
        """What it is paid for."""
        return subject_of(self.due)


@dataclass(frozen=True, slots=True)
class _Call:
    """A reservation."""

    id: int
    price: Price
    started: float


def check(tree: Tree, due: Due, asking: Asking, limits: Limits) -> Outcome:
    """Take one look and keep what it came to. Raises only BudgetError, before anything is sent."""
    try:
        look = _look(tree, due, limits)
        call = _reserved(tree.db, look, asking)
    except ModelError as error:
        stop = pause.failed(tree.db, error, now=asking.clock()) is not None
        return Outcome(None, error=error, stop=stop)
    except BudgetError:
        raise
    except SleeperError as error:
        return Outcome(None, error=error)
    try:
        reply = asking.model.complete(look.material.prompt)
    except ModelError as error:
        return _lost(tree.db, call.id, error, now=asking.clock())
    return _read(tree.db, look, call, reply, now=asking.clock())


def subject_of(due: Due) -> Subject:
    """What a look is paid for: the definition of the finding, as a thought about it would be."""
    cited = due.note.evidence[0]
    return Subject(cited.path, cited.hash, cited.symbol)


def prepare(tree: Tree, due: Due, limits: Limits) -> tuple[Prompt, tuple[str, ...]]:
    """Exactly what a look would send, and the findings it serves; nothing is written or sent."""
    look = _look(tree, due, limits)
    return look.material.prompt, tuple(note.id for note in look.notes)


def _reserved(db: Database, look: _Look, asking: Asking) -> _Call:
    """The cost set aside and for which findings, both or neither."""
    price, now, subject = asking.model.price(), asking.clock(), look.subject
    terms = asking.terms("check", price)
    with db.transaction():
        call_id = ledger.reserve(db, look.material.prompt, terms, now=now, subject=subject)
        bugs.begin(
            db,
            [note.id for note in look.notes],
            step=look.due.step,
            version=look.version,
            call_id=call_id,
            path=subject.path,
            symbol=subject.symbol,
            now=now,
        )
    return _Call(call_id, price, now)


def _lost(db: Database, call_id: int, error: ModelError, *, now: float) -> Outcome:
    with db.transaction():
        ledger.fail(db, call_id, error, charge=error.sent)
        bugs.fail(db, call_id)
        stop = pause.failed(db, error, now=now) is not None
    return Outcome(ThoughtState.FAILED, error=error, stop=stop)


def _read(db: Database, look: _Look, call: _Call, reply: Reply, *, now: float) -> Outcome:
    """The verdict and what it cost, all or nothing; an answer of no use is paid for as well."""
    with db.transaction():
        usd = ledger.settle(db, call.id, reply, call.price, now - call.started)
        try:
            verdicts = _verdicts(db, look, reply.text)
        except ModelReplyError as error:
            ledger.complain(db, call.id, error)
            bugs.fail(db, call.id)
            stop = pause.failed(db, error, now=now) is not None
            return Outcome(ThoughtState.FAILED, usd=usd, error=error, stop=stop)
        if look.due.afresh:
            bugs.forget(db, look.due.note.id)
        bugs.decide(db, call.id, verdicts, now=now)
        pause.succeeded(db)
    return Outcome(ThoughtState.APPLIED, usd=usd)


# --- what is shown ----------------------------------------------------------------------------


def _look(tree: Tree, due: Due, limits: Limits) -> _Look:
    if due.step is Step.REFUTE:
        material = _refutation(tree, due.note, limits)
        return _Look(due, (due.note,), material, prompts.refutation().version)
    material = _again(tree, due.note, limits)
    # One look serves every finding in the file that still waits for it and that it can see.
    others = [
        one.note
        for one in bugs.due(tree.db, tree.id)
        if one.step is due.step
        and one.note.id != due.note.id
        and _is_seen(one.note.evidence[0], material.prompt)
    ]
    return _Look(due, (due.note, *others), material, prompts.again_task().version)


def _is_seen(evidence: Evidence, prompt: Prompt) -> bool:
    return any(
        path == evidence.path and where.start <= evidence.range.start < where.end
        for path, where in prompt.ranges
    )


def _again(tree: Tree, note: Note, limits: Limits) -> Material:
    material = context.build(tree, _first_look(tree, note, limits), limits)
    user = material.prompt.user.removesuffix(prompts.task(_KIND).text)
    return Material(
        material.prompt._replace(user=user + prompts.again_task().text), material.contents
    )


def _first_look(tree: Tree, note: Note, limits: Limits) -> Job:
    """As the code was shown when the finding was made: neither a sample nor a pass."""
    return Job(subject=_subject(tree, note, limits), kind=_KIND, version="")


def _subject(tree: Tree, note: Note, limits: Limits) -> Subject:
    """The whole file where it fits, so that the look is not led to the place; else the symbol."""
    cited = note.evidence[0]
    file = subjects.live_file(tree.db, tree.id, cited.path)
    is_small = file is not None and file.lines * 40 < limits.input_tokens * 2
    if file is not None and (is_small or cited.anchor is not Anchor.NODE):
        return Subject(cited.path, file.node_hash)
    return Subject(cited.path, cited.hash, cited.symbol)


def _refutation(tree: Tree, note: Note, limits: Limits) -> Material:
    tokens = limits.input_tokens
    own = Limits(tokens - tokens // _OTHERS_SHARE, limits.max_output_tokens)
    if own.input_tokens < _LEAST_OWN:  # without the code itself there is nothing to judge
        own = Limits(min(tokens, _LEAST_OWN), limits.max_output_tokens)
    room = (tokens - own.input_tokens) * 3
    base = context.build(tree, _first_look(tree, note, own), own)
    code = base.prompt.user.removesuffix(prompts.task(_KIND).text).rstrip()
    others, contents = _others(tree, note, room)
    facts = [
        note.title,
        note.body,
        *(f"{e.path}:{e.range.start + 1} {e.quote}" for e in note.evidence),
    ]
    finding = group("finding", facts, 3 * _LONGEST_FACT, longest=_LONGEST_FACT)
    user = "\n\n".join(filter(None, (code, *others, finding, "Judge the finding.")))
    prompt = base.prompt._replace(system=prompts.refutation().text, user=user, shared=0)
    return Material(prompt, {**base.contents, **contents})


def _others(tree: Tree, note: Note, room: int) -> tuple[list[str], dict[str, str]]:
    """The tests and the callers of what the finding is about, as many as fit."""
    blocks: list[str] = []
    contents: dict[str, str] = {}
    users = subjects.callers(tree.db, tree.id, note.evidence[0].path, limit=_USERS)
    for near in _tests_first(users):
        file = subjects.live_file(tree.db, tree.id, near.path)
        try:
            lines = [] if file is None else lines_of(tree.root, near.path, file.hash)[0]
        except SleeperError:
            continue  # what may not be shown is left out
        block = shown.block(near.path, lines, _window(near, len(lines)))
        room -= size(block)
        if file is None or room < 0:
            break
        blocks.append(block)
        contents[near.path] = file.hash
    return blocks, contents


def _window(near: Neighbour, lines: int) -> Range:
    return Range(min(near.line, lines), min(near.line + _AROUND, lines))


def _tests_first(found: Sequence[Neighbour]) -> list[Neighbour]:
    tests = (one for one in found if "test" in one.path.lower())
    others = (one for one in found if "test" not in one.path.lower())
    return [*islice(tests, _TESTS), *islice(others, _CALLERS)]


# --- what came of it --------------------------------------------------------------------------


def _verdicts(db: Database, look: _Look, text: str) -> dict[str, tuple[Verdict, str]]:
    if look.due.step is Step.REFUTE:
        return {look.due.note.id: _judged(db, look, text)}
    drafts = replies.parse(text)
    asked = Asked(kind=_KIND, commit="", now=0.0, names_exist=lambda names: names)
    seen = ground(drafts, sources(db, look.material.prompt, look.material.contents), asked)
    return {note.id: _agreed(note, seen.notes) for note in look.notes}


def _agreed(note: Note, seen: Sequence[Note]) -> tuple[Verdict, str]:
    for other in seen:
        if any(_same(one, two) for one in note.evidence for two in other.evidence):
            return Verdict.AGREES, other.title
    return Verdict.DIFFERS, "a second look did not see it"


def _same(one: Evidence, two: Evidence) -> bool:
    """The same definition; outside all of them the same lines, or nearly."""
    if (one.path, one.anchor, one.hash) != (two.path, two.anchor, two.hash):
        return False
    return one.anchor is Anchor.NODE or abs(one.range.start - two.range.start) <= _NEAR


def _judged(db: Database, look: _Look, text: str) -> tuple[Verdict, str]:
    word, reason, evidence = replies.verdict(text)
    verdict = _WORDS.get(word, Verdict.UNCLEAR)
    lines = shown.texts(look.material.prompt)
    if verdict is not Verdict.UNCLEAR and not any(_is_shown(lines, one) for one in evidence):
        return Verdict.UNCLEAR, f"{reason} (nothing shown was quoted)"
    if verdict is Verdict.STANDS and not _is_about(db, look, evidence):
        return Verdict.UNCLEAR, f"{reason} (the code of the finding was not quoted)"
    return verdict, reason


def _is_about(db: Database, look: _Look, cited: Sequence[DraftEvidence]) -> bool:
    """Whether the lines are of what the finding cites: agreement about other code is none."""
    material = look.material
    try:
        found = grounded(cited, sources(db, material.prompt, material.contents))
    except DroppedError:
        return False
    return any(_same(one, two) for one in look.due.note.evidence for two in found)


def _is_shown(lines: Mapping[str, Mapping[int, str]], cited: DraftEvidence) -> bool:
    quote = [line.strip() for line in cited.quote.strip().split("\n")]
    there = lines.get(cited.path.removeprefix("./"), {})
    if len(" ".join(quote)) < SHORTEST_QUOTE:
        return False
    return locate(quote, there, near=cited.line - 1) is not None
