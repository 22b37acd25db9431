"""Remembers what the decision to think depends on, and reads the rest when it is asked."""

from __future__ import annotations

import time

from repo_sleeper import git, trust
from repo_sleeper.daemon import machine, rounds
from repo_sleeper.daemon.tree import WatchedTree
from repo_sleeper.daemon.workspace import Workspace
from repo_sleeper.sleep import idle
from repo_sleeper.store import ledger, pause
from repo_sleeper.store.database import Database

ROOM = 200_000_000  # bytes that must be free before we pay for what could not be stored
_BATTERY_S = 60.0
_SPENT_S = 60.0
_GIT_S = 600.0
_EXHAUSTED_S = 600.0
_LONGEST_REST_S = 600.0
_MOST_DOUBLINGS = 20
_NOTHING_LEFT = "nothing is left to think about"


class Idleness:
    """Why nothing is thought just now. The cheapest reasons are looked at first: every second."""

    def __init__(self, *, now: float) -> None:
        self.why = "starting"
        self.last_activity = now
        self.last_ask = float("-inf")
        self._rests_until = now
        self._rests_why = ""
        self._errors = 0
        self._battery: bool | None = None
        self._battery_at = float("-inf")
        self._spent_why = ""
        self._spent_at = float("-inf")
        self._git_why = ""
        self._git_at = float("-inf")

    def active(self, now: float) -> None:
        """Somebody is at work, so there may be something new to think about."""
        self.last_activity = now
        if not self._errors or self._rests_why == _NOTHING_LEFT:
            self._rests_until = now

    def asked(self, now: float) -> None:
        """A question was asked."""
        self.last_ask = now

    def stir(self) -> None:
        """The settings are others now: whatever kept us from thinking may be over."""
        self._rests_until = self._spent_at = float("-inf")
        self._errors = 0

    def exhausted(self, *, now: float) -> None:
        """Nothing is left to think about: so soon nothing will be."""
        self._rests_until, self._rests_why = now + _EXHAUSTED_S, _NOTHING_LEFT

    def thought(self, *, now: float, error: str) -> None:
        """How the last thought went decides when the next may begin."""
        self._spent_at = float("-inf")
        if error:
            self._errors += 1
            # Not doubled without end: what a week of errors comes to is no number any more.
            rest = min(2.0 ** min(self._errors, _MOST_DOUBLINGS), _LONGEST_REST_S)
            self._rests_until, self._rests_why = now + rest, error
        else:
            self._errors = 0

    def why_awake(
        self, db: Database, workspace: Workspace, tree: WatchedTree | None, *, now: float
    ) -> str:
        """The reason not to think, or "" when one may; kept for `status` as well."""
        self.why = (
            why_never(workspace)
            or _why_not_here(tree)
            or self._why_busy(workspace, tree, now, load=machine.load_per_core())
            or (self._rests_why if now < self._rests_until else "")
            or _why_paused(db)
            or self._why_spent(db, workspace, now)
            or self._why_unsafe(now)
        )
        return self.why

    def is_over(self, workspace: Workspace, tree: WatchedTree | None, *, now: float) -> bool:
        """Whether nobody was at work and now somebody is, while a thought is being prepared.

        The load says nothing then: it may be that of the preparations.
        """
        return bool(self._why_busy(workspace, tree, now, load=None))

    def _why_busy(
        self, workspace: Workspace, tree: WatchedTree | None, now: float, *, load: float | None
    ) -> str:
        settings = workspace.settings.idle
        quiet_since = max(self.last_activity, self.last_ask)
        # Without quiet there is nothing more to find out, and most seconds end here.
        operation, quiet_until = "", quiet_since + settings.quiet_s
        if tree is not None and now >= quiet_until:
            operation = git.operation_in_progress(tree.repo)
        return idle.why_awake(
            now=now,
            last_activity=self.last_activity,
            last_ask=self.last_ask,
            quiet_s=settings.quiet_s,
            load_per_core=load,
            max_load=settings.max_load,
            battery=self._on_battery(now),
            on_battery=settings.on_battery,
            operation=operation,
            hours=settings.hours,
            minute=_minute_of_day(),
            typed_ago=_typed_ago() if settings.terminals and now >= quiet_until else None,
        )

    def _why_spent(self, db: Database, workspace: Workspace, now: float) -> str:
        """Why not even the smallest call may be made; known before a model is started for one."""
        if now - self._spent_at >= _SPENT_S:
            refusal, clock = rounds.caps_refusal(workspace.settings), time.time()
            self._spent_why = refusal(ledger.spent(db, clock), 0.0, 1)
            ledger.redate(db, clock)  # else a day in the future would end only when it comes
            self._spent_at = now
        return self._spent_why

    def _why_unsafe(self, now: float) -> str:
        """Why this git may show us, or run, what we keep out; seldom asked, it may be replaced."""
        if now - self._git_at >= _GIT_S:
            self._git_why, self._git_at = git.self_test(), now
        return self._git_why and f"{self._git_why}, so nothing is sent"

    def _on_battery(self, now: float) -> bool | None:
        if now - self._battery_at >= _BATTERY_S:
            self._battery, self._battery_at = machine.on_battery(), now
        return self._battery


def _minute_of_day() -> int:
    local = time.localtime()
    return 60 * local.tm_hour + local.tm_min


def _typed_ago() -> float | None:
    typed = machine.last_typed()
    return None if typed is None else time.time() - typed


def why_never(workspace: Workspace) -> str:
    """Why no model is asked here however quiet it is; "" where one may be."""
    settings = workspace.settings
    if workspace.untrusted:
        why = f"the repository's settings do not count: {workspace.untrusted}"
        return f"{why}; {trust.advice(workspace.repo)}"
    if workspace.model_forbidden:
        return "this repository is to have no model"
    if not settings.model.name:
        return "no model is set"
    if not settings.think.enabled:
        return "thinking is switched off"
    if machine.free_bytes(workspace.state_dir) < ROOM:
        return "the disk is nearly full"
    return ""


def _why_not_here(tree: WatchedTree | None) -> str:
    if tree is None:
        return "there is no work tree"
    if tree.failure:
        return f"cannot reconcile: {tree.failure}"
    if tree.doubt:
        return "git could not say what is ignored, so nothing is sent"
    if tree.first_hint is not None:
        return "files are changing"
    return ""


def _why_paused(db: Database) -> str:
    found = pause.waiting(db, time.time())
    return "" if found is None else f"{found.kind}: {found.message}"
