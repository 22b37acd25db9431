"""How likely bugs are decided by a person, and shown."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import typer

from repo_sleeper.cli import cost_view, notes_view, output, place
from repo_sleeper.cli.bugs_past import CheckedOut
from repo_sleeper.cli.place import Place
from repo_sleeper.daemon.workspace import write_store
from repo_sleeper.errors import NotFoundError, UsageError
from repo_sleeper.redact import clean, redact
from repo_sleeper.store import bugs, versions
from repo_sleeper.store.bugs import Bug, BugState, Check, Verdict

_HEADERS = ("id", "state", "severity", "conf", "where", "title")
_MAY_BE_WRONG = frozenset({BugState.CONFIRMED, BugState.NEW})
_OUTCOMES = {Verdict.DIFFERS: "not seen again", Verdict.UNCLEAR: "unclear"}


# --- deciding ---------------------------------------------------------------------------------


def confirm(prefix: str, why: str, *, json: bool) -> None:
    """A person says that it is one."""
    workspace = place.here()
    with closing(write_store(workspace)) as db:
        tree_id = place.tree_of(db, workspace)
        past = CheckedOut(Place(workspace, db, tree_id))
        found = bugs.bug(db, tree_id, prefix, past=past)
        if found.state is BugState.DISMISSED:
            versions.restore(db, found.note.id)
        else:
            require_code(found)
        bugs.confirm(db, found.note.id, by="person", why=why, now=time.time())
        decided = bugs.bug(db, tree_id, found.note.id, past=past)
    _tell("confirmed", decided, json=json)


def require_code(bug: Bug) -> None:
    """Raises UsageError for a bug whose code is not here: nobody can look at it any more."""
    if bug.state in {BugState.RESOLVED, BugState.STALE}:
        raise UsageError(
            f"{bug.note.id} is {_told_state(bug)}",
            hint=f"`sleeper think {bug.note.place[0]} -k likely-bug`"
            " looks at the code as it is now",
        )


def dismiss(prefix: str, why: str, *, json: bool) -> None:
    """A person says that it is none."""
    workspace = place.here()
    with closing(write_store(workspace)) as db:
        tree_id = place.tree_of(db, workspace)
        found = bugs.bug(db, tree_id, prefix)
        if found.state is BugState.DISMISSED:
            raise NotFoundError(f"{found.note.id} was dismissed already", hint=restore_hint(found))
        versions.dismiss(db, found.note.id, why)
        decided = bugs.bug(db, tree_id, found.note.id)
    _tell("dismissed", decided, json=json)


def restore_hint(bug: Bug) -> str:
    """How what was put aside is taken back."""
    return f"`sleeper notes restore {bug.note.id}` takes it back"


def _tell(done: str, bug: Bug, *, json: bool) -> None:
    if json:
        output.print_json({"bug": as_json(bug)})
    else:
        output.say(f"{done} {bug.note.id}: {bug.note.title}")


# --- showing ----------------------------------------------------------------------------------


def listed(here: Place, min_confidence: float, *, fates: bool) -> list[Bug]:
    """All bugs that are at least this certain, whatever became of them.

    Git is asked for `fates`, what became of those whose code is not here, only where it is told.
    """
    past = CheckedOut(here) if fates else None
    found = bugs.bugs(here.db, here.tree_id, states=tuple(BugState), past=past)
    return [bug for bug in found if bug.note.confidence >= min_confidence]


def may_be_wrong(bug: Bug) -> bool:
    """Whether it is in the code at hand, and nobody has said that it is none."""
    return bug.state in _MAY_BE_WRONG


def show_list(found: Sequence[Bug], *, json: bool, limit: int, hidden: int) -> None:
    """Each bug in a line. Exit 3 when a person would see nothing, which is no error."""
    if json:
        output.print_json({"bugs": [as_json(bug) for bug in found[:limit]]})
        return
    if not found:
        output.say(f"{_nothing(hidden)}\nhint:  {_elsewhere(hidden)}")
        raise typer.Exit(NotFoundError.exit_code)
    output.table(_HEADERS, [_row(bug) for bug in found[:limit]], wide=-1)
    if len(found) > limit:
        output.say(f"{len(found) - limit} more: -n says how many to list")


def _nothing(hidden: int) -> str:
    return "no likely bugs are in the code at hand" if hidden else "no likely bugs are known"


def _elsewhere(hidden: int) -> str:
    if hidden:
        stale = output.count(hidden, "stale, resolved or dismissed one")
        return f"`sleeper bugs --all` lists {stale}"
    return "`sleeper bugs --suspects` says where to look; `sleeper think` lets a model look"


def show_whole(bug: Bug, *, json: bool) -> None:
    """Every word of it."""
    if json:
        output.print_json({"bug": as_json(bug)})
        return
    notes_view.show_whole([bug.note], json=False)
    output.out("")
    for label, text in _lines(bug):
        output.out(f"{label:>10}  {text}")


def as_json(bug: Bug) -> dict[str, Any]:
    """A bug as programs get it: its note, and what became of it."""
    return {
        **notes_view.as_json(bug.note),
        "state": bug.state.value,
        "outcome": bug.outcome and bug.outcome.value,
        "why": bug.why,
        "resolved_by": bug.commit,
        "found_again_as": bug.again,
        "found_before_as": list(bug.before),
        "severity": bug.severity,
        "check": _told(bug.check),
        "test": _told(bug.test),
        "checks": [
            {"step": c.step, "state": c.state, "verdict": c.verdict, "reason": c.reason}
            for c in bug.checks
        ],
    }


def _row(bug: Bug) -> tuple[str, ...]:
    note = bug.note
    where = notes_view.where(note)
    return (note.id, _state(bug), bug.severity, f"{note.confidence:.2f}", where, note.title)


def _state(bug: Bug) -> str:
    if bug.outcome is not None:
        return _OUTCOMES[bug.outcome]
    return bug.state.value


def _told_state(bug: Bug) -> str:
    by = f" by {bug.commit[:10]}" if bug.commit else ""
    why = f": {bug.why}" if bug.why else ""
    return f"{_state(bug)}{by}{why}"


def _lines(bug: Bug) -> list[tuple[str, str]]:
    lines = [
        ("state", _told_state(bug)),
        ("severity", bug.severity),
        ("check", _told(bug.check)),
        ("test", _told(bug.test)),
    ]
    lines += [("before", f"found as {id_}; `sleeper bugs show` tells of it") for id_ in bug.before]
    lines += [("look", _look(check)) for check in bug.checks]
    return [(label, text) for label, text in lines if text]


def _look(check: Check) -> str:
    came_to = f"{check.verdict}: {check.reason}" if check.verdict else check.state
    return f"{cost_view.when(check.at)} {check.step}: {came_to} (call {check.call_id})"


def _told(text: str) -> str:
    """What only the stored reply holds was never cleaned as a note is."""
    return " ".join(redact(clean(text))[0].split())


# --- where to look ----------------------------------------------------------------------------


def show_suspects(here: Place, *, limit: int, json: bool) -> None:
    """Files by how likely a bug is in them, with the reasons."""
    from repo_sleeper.survey import suspects

    found = suspects.suspects(here.db, here.tree_id, root=here.workspace.repo.root, limit=limit)
    if json:
        output.print_json(
            {"suspects": [{"path": s.path, "score": s.score, "why": list(s.why)} for s in found]}
        )
        return
    if not found:
        raise NotFoundError("nothing to suspect", hint="there is no code in the index yet")
    rows = [(f"{s.score:.2f}", s.path, ", ".join(s.why)) for s in found]
    output.table(("score", "path", "why"), rows, wide=-1)
