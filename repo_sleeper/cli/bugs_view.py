"""How likely bugs are decided by a person, and shown."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import typer

from repo_sleeper.cli import cost_view, notes_view, output, place
from repo_sleeper.cli.place import Place
from repo_sleeper.daemon.workspace import write_store
from repo_sleeper.errors import NotFoundError
from repo_sleeper.redact import clean, redact
from repo_sleeper.store import bugs, versions
from repo_sleeper.store.bugs import Bug, BugState, Check, Verdict

_HEADERS = ("id", "state", "severity", "conf", "where", "title")
# A bug is new to the store; to a person it is one that nobody has confirmed.
_STATES = {BugState.NEW: "unconfirmed"}
_OUTCOMES = {Verdict.DIFFERS: "not seen again", Verdict.UNCLEAR: "unclear"}


# --- deciding ---------------------------------------------------------------------------------


def confirm(prefix: str, why: str) -> None:
    """A person says that it is one."""
    workspace = place.here()
    with closing(write_store(workspace)) as db:
        found = bugs.bug(db, place.tree_of(db, workspace), prefix)
        if found.state is BugState.DISMISSED:
            versions.restore(db, found.note.id)
        bugs.confirm(db, found.note.id, by="person", why=why, now=time.time())
    output.say(f"confirmed {found.note.id}: {found.note.title}")


def dismiss(prefix: str, why: str) -> None:
    """A person says that it is none."""
    workspace = place.here()
    with closing(write_store(workspace)) as db:
        found = bugs.bug(db, place.tree_of(db, workspace), prefix)
        if found.state is not BugState.DISMISSED:
            versions.dismiss(db, found.note.id, why)
    output.say(f"dismissed {found.note.id}: {found.note.title}")


# --- showing ----------------------------------------------------------------------------------


def show_list(found: Sequence[Bug], *, json: bool, more: int) -> None:
    """Each bug in a line. Exit 3 when a person would see nothing, which is no error."""
    if json:
        output.print_json({"bugs": [as_json(bug) for bug in found]})
        return
    if not found:
        output.say(
            "no likely bugs are known\n"
            "hint:  `sleeper bugs --suspects` says where to look; "
            "`sleeper think` lets a model look"
        )
        raise typer.Exit(NotFoundError.exit_code)
    output.table(_HEADERS, [_row(bug) for bug in found], wide=-1)
    if more > 0:
        output.say(f"{more} more: -n says how many to list")


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
    return _STATES.get(bug.state, bug.state.value)


def _lines(bug: Bug) -> list[tuple[str, str]]:
    by = f" by {bug.commit[:10]}" if bug.commit else ""
    why = f": {bug.why}" if bug.why else ""
    lines = [
        ("state", f"{_state(bug)}{by}{why}"),
        ("severity", bug.severity),
        ("check", _told(bug.check)),
        ("test", _told(bug.test)),
    ]
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
