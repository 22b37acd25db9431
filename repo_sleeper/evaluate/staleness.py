"""Replays edits to see whether notes notice: none stale is told, none is lost without a cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from repo_sleeper import git
from repo_sleeper.errors import NotFoundError
from repo_sleeper.evaluate.results import Limits
from repo_sleeper.evaluate.saved import code_version, fingerprint
from repo_sleeper.evaluate.snapshot import discard
from repo_sleeper.evaluate.trial import Trial
from repo_sleeper.git import Repository
from repo_sleeper.git.past import ancestors
from repo_sleeper.index.pool import ParserPool
from repo_sleeper.words import counted

MOST_LOST = 0.02
FEWEST_KEPT = 0.95
_CODE = ("domain", "index", "store", "think", "recall", "redact")
_OURS = ("staleness", "trial", "witness", "unchanged", "seeding", "made", "snapshot")

Progress = Callable[[int, int], None]


class Share(NamedTuple):
    """So many of so many."""

    part: int
    of: int

    @property
    def value(self) -> float:
        """0.0 of nothing."""
        return self.part / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Staleness:
    """What became of notes over a replay.

    `injected` are stale ones among those that count as fresh, `packed` the same in answers;
    `lost` those made stale by edits that left their code alone, `kept` those that survived a
    move, each as it occurred in history and in edits made for the purpose. `switched` are wrong
    verdicts after a switch of branches, `seconds` what each switch took.
    """

    name: str
    edits: int
    notes: int
    unjudged: int
    injected: Share
    packed: Share
    lost: Share
    lost_layout: Share
    lost_made: Share
    kept: Share
    kept_made: Share
    switched: Share
    seconds: tuple[float, ...]

    @property
    def is_good(self) -> bool:
        """Whether every goal is met, as far as there was anything to judge."""
        moved = Share(self.kept.part + self.kept_made.part, self.kept.of + self.kept_made.of)
        left = Share(self.lost.part + self.lost_made.part, self.lost.of + self.lost_made.of)
        return (
            not (self.injected.part or self.packed.part or self.switched.part)
            and left.value <= MOST_LOST
            and (moved.value >= FEWEST_KEPT or not moved.of)
        )


def measure(  # noqa: PLR0913 -- what a replay needs from outside, each by name
    repo: Repository,
    *,
    workshop: Path,
    edits: int,
    limits: Limits,
    clock: Callable[[], float],
    progress: Progress | None = None,
    name: str = "",
) -> Staleness:
    """Replay the newest edits; what the workshop holds already is not done again."""
    head = git.head(repo)
    log = ancestors(repo, head)[: edits + 1][::-1] if head else []
    if len(log) < 2:  # noqa: PLR2004 -- an edit is between two
        raise NotFoundError("there are no edits to replay", hint="commit something first")
    versions = code_version(*_CODE, *(f"evaluate/{one}" for one in _OURS))
    folder = workshop.resolve() / f"staleness-{fingerprint(versions, head, len(log), limits)}"
    for other in sorted(folder.parent.glob("staleness-*")):
        if other != folder:
            discard(other)
    with ParserPool() as pool, closing(Trial(repo, folder, limits, clock, pool)) as run:
        tallies = list(run.replayed(log, progress))
    total: Counter[str] = Counter()
    for tally in tallies:
        total.update(tally)
    return _summed(name or repo.root.name, len(log) - 1, total, run.seconds)


def _summed(name: str, edits: int, total: Mapping[str, int], seconds: Sequence[float]) -> Staleness:
    def share(what: str, of: str) -> Share:
        return Share(total.get(what, 0), total.get(of, 0))

    return Staleness(
        name=name,
        edits=edits,
        notes=total.get("notes", 0),
        unjudged=total.get("unjudged", 0),
        injected=share("injected", "fresh"),
        packed=share("packed_stale", "packed"),
        lost=share("lost", "left"),
        lost_layout=share("lost_layout", "left_layout"),
        lost_made=share("made_lost", "made_left"),
        kept=share("kept", "moved"),
        kept_made=share("made_kept", "made_moved"),
        switched=share("switched_wrong", "switched"),
        seconds=tuple(seconds),
    )


# --- telling ----------------------------------------------------------------------------------


def table(found: Staleness) -> str:
    """What was counted, and the goal beside it."""
    rows = [
        ("stale notes told as fresh", found.injected, "0"),
        ("  in answers", found.packed, "0"),
        ("made stale though their code is the same", found.lost, f"<= {MOST_LOST:.0%}"),
        ("  written otherwise", found.lost_layout, ""),
        ("  remarks and blank lines put everywhere", found.lost_made, f"<= {MOST_LOST:.0%}"),
        ("kept over moves and renames", found.kept, f">= {FEWEST_KEPT:.0%}"),
        ("  every file put in another folder", found.kept_made, f">= {FEWEST_KEPT:.0%}"),
        ("stale notes told after a switch of branches", found.switched, "0"),
    ]
    head = f"{found.name}: {counted(found.notes, 'note')} over {counted(found.edits, 'edit')}"
    lines = [f"  {'':<46}{'':>8}{'of':>10}{'share':>9}   goal"]
    lines += [
        f"  {label:<46}{share.part:>8,}{share.of:>10,}{_told(share):>9}   {goal}".rstrip()
        for label, share, goal in rows
    ]
    return "\n".join((head, *lines, *_timing(found)))


def _told(share: Share) -> str:
    """Of nothing there is no share: that none occurred is no failure."""
    return f"{share.value:.2%}" if share.of else "-"


def _timing(found: Staleness) -> list[str]:
    if not found.seconds:
        return []
    usual, longest = median(found.seconds), max(found.seconds)
    of = len(found.seconds)
    return [f"  a switch of branches took {usual:.2f} s (median of {of}), {longest:.2f} s at most"]


def as_json(found: Staleness) -> dict[str, Any]:
    """The same for programs."""
    shares = ("injected", "packed", "lost", "lost_layout", "lost_made", "kept", "kept_made")
    return {
        "name": found.name,
        "edits": found.edits,
        "notes": found.notes,
        "unjudged": found.unjudged,
        **{name: getattr(found, name)._asdict() for name in (*shares, "switched")},
        "switch_seconds": list(found.seconds),
        "good": found.is_good,
    }
