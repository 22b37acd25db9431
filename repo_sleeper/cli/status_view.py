"""How `status` shows how things are."""

from __future__ import annotations

from typing import Any

from repo_sleeper import trust
from repo_sleeper.cli import cost_view, daemon_view, output
from repo_sleeper.cli.condition import Condition, Head
from repo_sleeper.cli.place import Place
from repo_sleeper.daemon.upcoming import Upcoming
from repo_sleeper.domain.spending import LastError, Pause
from repo_sleeper.index.languages import unknown
from repo_sleeper.store import extent


def show(found: Condition, *, json: bool, line: bool) -> None:
    """For a program, for a status bar, or for a person."""
    if json:
        output.print_json(_object(found))
    elif line:
        output.out(_line(found))
    else:
        output.panel("sleeper", _lines(found))


def _lines(found: Condition) -> list[tuple[str, str]]:
    lines = [
        ("repo", _repo(found)),
        ("daemon", daemon_view.sentence(found.daemon)),
        ("index", _index(found)),
        ("notes", _notes(found)),
        ("queue", _queue(found)),
        ("today", cost_view.day_line(found.spent, found.settings)),
        ("month", cost_view.month_line(found.spent, found.settings)),
        ("model", _model(found)),
        ("hook", found.hook),
    ]
    lines += [("paused", _paused(found.paused, found.now))] if found.paused else []
    lines += [("error", _error(found.last_error, found.now))] if found.last_error else []
    lines += [("limit", limit) for limit in found.limits]
    return lines + [("trouble", trouble) for trouble in _troubles(found)]


def _troubles(found: Condition) -> list[str]:
    told = daemon_view.troubles(found.daemon)
    if found.daemon.details is None and found.doubt:  # else it has told of it itself
        told.append(daemon_view.doubtful(found.doubt))
    if found.head.doubt and not told:  # else that is most likely the reason here, too
        told.append(found.head.doubt)
    return told


def _repo(found: Condition) -> str:
    shared = f" · {found.trees} work trees share these notes" if found.trees > 1 else ""
    return f"{found.repo.root}  {_checked_out(found.head)}{shared}"


def _checked_out(head: Head) -> str:
    if head.doubt:
        return "(git cannot say what is checked out)"
    return f"{head.branch or 'detached'}{f' @ {head.commit[:10]}' if head.commit else ''}"


def _index(found: Condition) -> str:
    if not found.reconciled_at:
        return "not read yet: this work tree joins with the first question asked in it"
    counts = found.counts
    languages = sorted(counts.languages.items(), key=lambda item: (-item[1], item[0]))
    most = ", ".join(f"{name} {number}" for name, number in languages[:4])
    text = (
        f"{output.count(counts.files, 'file')} · {output.count(counts.symbols, 'symbol')}"
        f" · {output.count(found.commits, 'commit')}"
    )
    text += f" · {most}" if most else ""
    text += f" · {counts.skipped:,} skipped" if counts.skipped else ""
    # Nobody keeps it up while there is no daemon, so it says how old the last of it is.
    text += "" if found.daemon.running else f" · last change read {_since(found)} ago"
    slips = unknown(found.settings.index.languages)
    return text + (f" · no such language: {', '.join(slips)}" if slips else "")


def _since(found: Condition) -> str:
    return output.ago(found.now - found.reconciled_at)


def _notes(found: Condition) -> str:
    total = found.fresh + found.stale
    if not total:
        return "none yet"
    share = found.fresh / total
    bugs = f" · {output.count(found.bugs, 'likely bug')}" if found.bugs else ""
    counts = f"{found.fresh:,} fresh · {found.stale:,} stale{bugs}"
    return f"{output.bar(share)} {share:.0%} fresh   {counts}"


def _model(found: Condition) -> str:
    if found.untrusted:
        return f"asked nothing: {found.untrusted}; {trust.advice(found.repo)}"
    if found.forbidden:
        return "none in this repository: structure only; `sleeper init --model NAME` sets one"
    if not found.settings.model.name:
        return "none: structure only, nothing leaves the machine"
    if not cost_view.is_price_known(found.settings):
        return f"{found.settings.model.name} · price {cost_view.UNKNOWN}"
    return found.settings.model.name


def _queue(found: Condition) -> str:
    counts = [output.count(len(found.work.items), "subject")] if found.work.items else []
    counts += [output.count(found.checks, "second look")] if found.checks else []
    counts += [f"{found.work.held:,} held back"] if found.work.held else []
    if not counts:
        return "nothing left to think about"
    return f"{' · '.join(counts)}  next: {_next(found)}"


def _next(found: Condition) -> str:
    if found.next.subject:
        return f"{found.next.subject} ({found.next.kind})"
    return f"none: {_why_none(found)}"


def _paused(paused: Pause, now: float) -> str:
    if paused.until is None:
        return f"{paused.kind}: {paused.message} (until you act: `sleeper think` tries again)"
    return f"{paused.kind}: {paused.message} (for {output.ago(paused.until - now)} more)"


def _error(error: LastError, now: float) -> str:
    return f"{error.kind}, {output.ago(now - error.at)} ago: {error.message}"


def _line(found: Condition) -> str:
    doing = "off"
    if found.daemon.running:
        details = found.daemon.details or {}
        doing = "asleep" if details.get("asleep") else "awake"
    notes_now = output.count(found.fresh, "fresh note")
    return f"sleeper {doing} · {notes_now} · {cost_view.money(found.spent.day)} today"


def _object(found: Condition) -> dict[str, Any]:
    return {
        "root": str(found.repo.root),
        "branch": found.head.branch,
        "commit": found.head.commit,
        "trees": found.trees,
        "reconciled_at": found.reconciled_at,
        "daemon": {
            "running": found.daemon.running,
            "answering": found.daemon.details is not None,
            "pid": found.daemon.pid or None,
            "details": found.daemon.details,
        },
        "index": {**found.counts._asdict(), "commits": found.commits},
        "notes": {"fresh": found.fresh, "stale": found.stale, "likely_bugs": found.bugs},
        "queue": {
            "subjects": len(found.work.items),
            "checks": found.checks,
            "held_back": found.work.held,
            "next": _next_object(found.next),
            "why_none": _why_none(found) or None,
        },
        "spend": cost_view.caps(found.spent, found.settings),
        "model": found.settings.model.name or None,
        "price_known": cost_view.is_price_known(found.settings),
        "untrusted": found.untrusted or None,
        "paused": found.paused and found.paused._asdict(),
        "last_error": found.last_error and found.last_error._asdict(),
        "hook": found.hook,
        "limits": list(found.limits),
        "troubles": _troubles(found),
    }


def _next_object(found: Upcoming) -> dict[str, str] | None:
    return {"subject": found.subject, "kind": found.kind} if found.subject else None


def _why_none(found: Condition) -> str:
    return "" if found.next.subject else found.next.why_none or found.work.cap


def show_skipped(here: Place, *, json: bool) -> None:
    """Every file that is not indexed, with the reason."""
    skipped = extent.skipped(here.db, here.tree_id)
    if json:
        output.print_json({"skipped": skipped})
        return
    if not skipped:
        output.say("every file is indexed")
        return
    output.table(("reason", "path"), [(why, path) for path, why in skipped.items()])
