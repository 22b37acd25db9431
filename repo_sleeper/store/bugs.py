"""Likely bugs: what became of each, and the independent looks that decide it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from repo_sleeper.domain.notes import Note, NoteKind
from repo_sleeper.errors import NotFoundError
from repo_sleeper.store import notes, versions
from repo_sleeper.store.bug_fates import Past, fate, successor
from repo_sleeper.store.counting import since_day
from repo_sleeper.store.database import Database
from repo_sleeper.store.remarks import SEVERITIES, remarks
from repo_sleeper.store.thoughts import ATTEMPTS, FAILURE

_FEWEST_LOOKS = 4  # a day, however little is thought: what was begun is to be decided


class BugState(StrEnum):
    """What is known of a likely bug, the surest first. A stale one is not in the code at hand."""

    CONFIRMED = "confirmed"
    NEW = "new"
    STALE = "stale"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"


class Step(StrEnum):
    """A second look that knows nothing of the first, and one that tries to refute it."""

    AGAIN = "again"
    REFUTE = "refute"


class Verdict(StrEnum):
    """What a look came to: the first two of the second look, the others of the last."""

    AGREES = "agrees"
    DIFFERS = "differs"
    STANDS = "stands"
    REFUTED = "refuted"
    UNCLEAR = "unclear"


_ORDER = tuple(BugState)
_HERE = frozenset({BugState.CONFIRMED, BugState.NEW})


@dataclass(frozen=True, slots=True)
class Check:
    """One look at one bug; `verdict` is empty unless `state` is applied.

    `counts` says that it failed for a reason that may lie in what was asked.
    """

    step: str
    state: str
    verdict: str
    reason: str
    call_id: int
    at: float
    counts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """A likely bug with what became of it; severity, check and test are as the model said.

    `again` is the id of the bug that it was found again as once its code had changed, `before`
    has those that were found again as this one.
    """

    note: Note
    state: BugState
    why: str = ""
    commit: str = ""
    checks: tuple[Check, ...] = ()
    severity: str = ""
    check: str = ""
    test: str = ""
    again: str = ""
    before: tuple[str, ...] = ()

    @property
    def outcome(self) -> Verdict | None:
        """Of a bug that nobody confirmed, the verdict of a look that did not bear it out."""
        came_to = [
            c.verdict for c in self.checks if c.verdict in {Verdict.DIFFERS, Verdict.UNCLEAR}
        ]
        return Verdict(came_to[-1]) if came_to and self.state is BugState.NEW else None


@dataclass(frozen=True, slots=True)
class Due:
    """The look that comes next for a bug; done `afresh`, what was decided before it goes."""

    note: Note
    step: Step
    afresh: bool = False


# --- reading ----------------------------------------------------------------------------------


def bugs(
    db: Database, tree_id: int, *, states: Collection[BugState], past: Past | None = None
) -> list[Bug]:
    """The likely bugs in these states: the surest first, then the gravest, then the likeliest.

    Whatever a look did not bear out comes after what none has. Without a past no bug is resolved.
    One that was found again in its changed code is left out: it is the other one now.
    """
    found = _every(db, tree_id, past, stale=not _HERE.issuperset(states))
    return sorted((bug for bug in found if bug.state in states and not bug.again), key=_rank)


def bug(db: Database, tree_id: int, prefix: str, *, past: Past | None = None) -> Bug:
    """The bug whose id begins like this, whatever became of it."""
    notes.require_prefix(prefix, listed_by="sleeper bugs --all")
    every = _every(db, tree_id, past, stale=True)
    found = [bug for bug in every if bug.note.id.startswith(prefix.lower())]
    if len(found) > 1:
        raise NotFoundError(
            f"several bugs begin with {prefix}: {', '.join(bug.note.id for bug in found)}",
            hint="give more characters of the id",
        )
    if not found:
        raise NotFoundError(
            f"no likely bug begins with {prefix}", hint="`sleeper bugs --all` lists them all"
        )
    return found[0]


def due(db: Database, tree_id: int) -> list[Due]:
    """The looks that come next, for the likeliest bugs first."""
    new = bugs(db, tree_id, states=[BugState.NEW])
    steps = [(bug.note, _next_step(bug.checks)) for bug in new]
    return [Due(note, step) for note, step in steps if step is not None]


def may_check(db: Database, *, now: float) -> bool:
    """Whether the day's looks are still fewer than its thoughts, or a few: they crowd none out."""
    query = """
        select coalesce(sum(purpose = 'check'), 0) < max(coalesce(sum(purpose = 'think'), 0), ?)
        from calls where id >= ?
    """
    return bool(db.value(query, (_FEWEST_LOOKS, since_day(db, now))))


def _every(db: Database, tree_id: int, past: Past | None, *, stale: bool) -> list[Bug]:
    """Those of the code at hand, and with stale ones what became of all the others."""
    kinds = [NoteKind.LIKELY_BUG]
    shown = notes.list_notes(db, tree_id, kinds=kinds, include_stale=stale, rethought=True)
    if not stale:
        return [_bug(db, note, past) for note in shown]
    aside = notes.dismissed(db, tree_id, NoteKind.LIKELY_BUG)
    others = [*shown, *(note for note, _ in aside)]
    again = {note.id: successor(note, others) for note in shown if not note.fresh}
    found = [_bug(db, note, past, again=again.get(note.id, "")) for note in shown]
    found += [
        replace(_bug(db, note, None), state=BugState.DISMISSED, why=why) for note, why in aside
    ]
    return [_with_history(bug, again) for bug in found]


def _with_history(bug: Bug, again: Mapping[str, str]) -> Bug:
    return replace(bug, before=tuple(id_ for id_, as_ in again.items() if as_ == bug.note.id))


def _bug(db: Database, note: Note, past: Past | None, *, again: str = "") -> Bug:
    row = db.row("select * from bugs where note_id = ?", (note.id,))
    state = BugState.NEW if row is None else BugState(row["state"])
    commit, why = "", "" if row is None else row["why"]
    if again:
        state, why = BugState.STALE, f"found again as {again}, in the code as it was changed"
    elif not note.fresh:
        resolved, commit, why = fate(db, note, past)
        state = BugState.RESOLVED if resolved else BugState.STALE
    said = remarks(db, note)
    return Bug(
        note=note,
        state=state,
        why=why,
        commit=commit,
        checks=_checks(db, note.id),
        severity=said.get("severity", ""),
        check=said.get("check", ""),
        test=said.get("test", ""),
        again=again,
    )


def _checks(db: Database, note_id: str) -> tuple[Check, ...]:
    rows = db.rows(
        f"""
        select step, state, verdict, reason, call_id, at, coalesce({FAILURE}, 0) from (
            select b.*, c.error_kind from bug_checks b left join calls c on c.id = b.call_id
        ) where note_id = ? and state != 'forgotten' order by id
        """,
        (note_id,),
    )
    return tuple(Check(*row) for row in rows)


def _rank(bug: Bug) -> tuple[int, bool, int, float, str]:
    grave = (*SEVERITIES, "").index(bug.severity)
    not_borne_out = bug.outcome is not None
    return (_ORDER.index(bug.state), not_borne_out, grave, -bug.note.confidence, bug.note.id)


def _next_step(checks: Collection[Check]) -> Step | None:
    verdicts = {check.step: check.verdict for check in checks if check.state == "applied"}
    step = Step.AGAIN if Step.AGAIN not in verdicts else Step.REFUTE
    if step is Step.REFUTE and (verdicts[Step.AGAIN] != Verdict.AGREES or Step.REFUTE in verdicts):
        return None
    failures = sum(check.counts for check in checks if check.step == step)
    return step if failures < ATTEMPTS else None


# --- deciding ---------------------------------------------------------------------------------


def confirm(db: Database, note_id: str, *, by: str, why: str, now: float) -> None:
    """It is a bug: from now on it is told as a fact."""
    db.execute(
        "insert or replace into bugs (note_id, state, decided_by, why, at) values (?, ?, ?, ?, ?)",
        (note_id, BugState.CONFIRMED.value, by, why, now),
    )


def forget(db: Database, note_id: str) -> None:
    """What was decided and looked at so far does not count any more."""
    with db.transaction():
        db.execute("delete from bugs where note_id = ?", (note_id,))
        db.execute("update bug_checks set state = 'forgotten' where note_id = ?", (note_id,))


def begin(  # noqa: PLR0913 -- the whole record of a look, each by name
    db: Database,
    note_ids: Collection[str],
    *,
    step: Step,
    version: str,
    call_id: int,
    path: str,
    symbol: str,
    now: float,
) -> None:
    """Keep what is about to be asked and for which finding, in the transaction that reserves it."""
    db.many(
        "insert into bug_checks (note_id, step, version, call_id, path, symbol, state, at)"
        " values (?, ?, ?, ?, ?, ?, 'reserved', ?)",
        [
            (note_id, step.value, version, call_id, path, symbol, now)
            for note_id in sorted(note_ids)
        ],
    )


def fail(db: Database, call_id: int) -> None:
    """Nothing came of it."""
    db.execute("update bug_checks set state = 'failed' where call_id = ?", (call_id,))


def lose(db: Database) -> None:
    """After a crash: looks whose answer never arrived are unknown."""
    db.execute("update bug_checks set state = 'unknown' where state = 'reserved'")


def decide(
    db: Database, call_id: int, verdicts: Mapping[str, tuple[Verdict, str]], *, now: float
) -> None:
    """Keep what a look came to, and what follows: who stands is confirmed, who falls dismissed.

    Nothing follows for one that a person decided while the look was under way: their word holds.
    """
    for note_id, (verdict, reason) in sorted(verdicts.items()):
        db.execute(
            "update bug_checks set state = 'applied', verdict = ?, reason = ?"
            " where call_id = ? and note_id = ?",
            (verdict.value, reason, call_id, note_id),
        )
        if not _is_open(db, note_id):
            continue
        if verdict is Verdict.STANDS:
            confirm(db, note_id, by="checks", why=reason, now=now)
        if verdict is Verdict.REFUTED:
            versions.dismiss(db, note_id, f"refuted: {reason}")


def _is_open(db: Database, note_id: str) -> bool:
    """Whether the note still counts and nobody has decided about it."""
    query = """
        select exists (select 1 from notes where id = :id and state = 'active')
        and not exists (select 1 from bugs where note_id = :id and state = 'confirmed')
    """
    return bool(db.value(query, {"id": note_id}))
