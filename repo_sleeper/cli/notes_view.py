"""How notes are chosen by what a person types, and how they are shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from difflib import get_close_matches
from typing import Any, NamedTuple

from repo_sleeper.cli import output, place
from repo_sleeper.cli.place import Place
from repo_sleeper.daemon.workspace import Workspace, write_store
from repo_sleeper.domain.notes import Evidence, Note, NoteKind, Origin
from repo_sleeper.errors import NotFoundError, UsageError
from repo_sleeper.store import notes, spending, versions
from repo_sleeper.store.database import Database
from repo_sleeper.store.spending import NoteCost

_MOST_COSTS = 100_000
_HEADERS = ("id", "kind", "conf", "where", "title")


# --- choosing ---------------------------------------------------------------------------------


def kinds(
    names: Sequence[str] | None, *, among: Sequence[str] = tuple(NoteKind)
) -> list[NoteKind] | None:
    """The kinds of these names; None when none are named. Raises UsageError for any but `among`."""
    return [_kind(name, among) for name in names] if names else None


def _kind(name: str, among: Sequence[str]) -> NoteKind:
    known = [str(kind) for kind in among]
    if name in known:
        return NoteKind(name)
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"kinds are {', '.join(known)}"
    what = (
        "no kind of note that a model writes" if name in set(NoteKind) else "no such kind of note"
    )
    raise UsageError(f"{name}: {what}", hint=hint)


def origin(name: str | None) -> Origin | None:
    """The origin of this name."""
    if name is None:
        return None
    try:
        return Origin(name)
    except ValueError:
        raise UsageError(f"{name}: no such origin", hint="it is survey or model") from None


def place_of(workspace: Workspace, path: str) -> str:
    """A file, or a folder with a slash at its end; the whole tree is the empty path."""
    inner = place.inside(workspace, path)
    if inner == ".":
        return ""
    return f"{inner}/" if (workspace.repo.root / inner).is_dir() else inner


class Wanted(NamedTuple):
    """The filters of a listing; questions that are counted come only where they are named."""

    kinds: list[NoteKind] | None
    path: str | None
    origin: Origin | None
    include_stale: bool
    counted_questions: bool


def wanted(
    here: Place, path: str | None, *, of: Sequence[str] | None, by: str | None, stale: bool
) -> Wanted:
    """What a person asked to have listed. Raises UsageError for what there is not."""
    return Wanted(
        kinds=kinds(of),
        path=None if path is None else place_of(here.workspace, path) or None,
        origin=origin(by),
        include_stale=stale,
        counted_questions=bool(of),
    )


def hidden_questions(here: Place, asked: Wanted) -> int:
    """How many notes of this listing are questions left out of it."""
    if asked.counted_questions or asked.origin is Origin.MODEL:
        return 0
    left_out = asked._replace(
        kinds=[NoteKind.QUESTION], origin=Origin.SURVEY, counted_questions=True
    )
    return len(notes.list_notes(here.db, here.tree_id, **left_out._asdict()))


def about(here: Place, what: str) -> list[Note]:
    """The note of this id, or the notes about this path. Raises NotFoundError for neither."""
    if not what.strip():
        raise UsageError("there is no id and no path", hint="`sleeper notes` lists all notes")
    found = notes.note(here.db, here.tree_id, what)
    if found is not None:
        return [found]
    path = place_of(here.workspace, what)
    listed = notes.list_notes(here.db, here.tree_id, path=path or None, include_stale=True)
    if not listed:
        raise NotFoundError(
            f"no note {what}, and none about a file of that name",
            hint="`sleeper notes` lists them all",
        )
    return listed


def dismiss(prefix: str, why: str) -> None:
    """Put one note aside, and say which it was."""
    notes.require_prefix(prefix, listed_by="sleeper notes")
    workspace = place.here()
    with closing(write_store(workspace)) as db:
        found = notes.note(db, place.tree_of(db, workspace), prefix)
        if found is None:
            if _dismissed(db, place.tree_of(db, workspace), prefix):
                hint = f"`sleeper notes restore {prefix}` takes it back"
                raise NotFoundError(f"note {prefix} was dismissed already", hint=hint)
            raise NotFoundError(f"no note {prefix}", hint="`sleeper notes` lists them all")
        versions.dismiss(db, found.id, why)
    output.say(f"dismissed {found.id}: {found.title}")


def restore(prefix: str) -> None:
    """Take back that a note was put aside, and say which it was."""
    notes.require_prefix(prefix, listed_by="sleeper notes restore")
    workspace = place.here()
    with closing(write_store(workspace)) as db:
        found = _dismissed(db, place.tree_of(db, workspace), prefix)
        if len(found) != 1:
            which = "several dismissed notes begin" if found else "no dismissed note begins"
            raise NotFoundError(
                f"{which} with {prefix}", hint="`sleeper notes restore` lists those there are"
            )
        versions.restore(db, found[0].id)
    output.say(f"restored {found[0].id}: {found[0].title}")


def none_dismissed() -> NotFoundError:
    """Nothing was put aside."""
    return NotFoundError("no note was dismissed", hint="`sleeper notes dismiss ID` puts one aside")


def _dismissed(db: Database, tree_id: int, prefix: str) -> list[Note]:
    put_aside = (note for note, _ in notes.dismissed(db, tree_id))
    return [note for note in put_aside if note.id.startswith(prefix.lower())]


# --- showing ----------------------------------------------------------------------------------


def tell_off(kinds: Collection[NoteKind]) -> None:
    """Which kinds are counted and listed, but not used."""
    if kinds:
        output.say(
            f"sleeper: left out of contexts, because `sleeper eval` saw no gain: "
            f"{', '.join(sorted(kinds))}; `sleeper eval --keep-notes` uses them again"
        )


def tell_hidden(questions: int) -> None:
    """How many questions are not listed, in a dim line."""
    if questions:
        said = output.count(questions, "question")
        output.whisper(f"{said} that the index answers not listed; `-k question` lists them")


def none_listed(about: str | None, *, narrowed: bool, stale: bool) -> NotFoundError:
    """There are no notes: about this file, of this kind or origin, or none at all."""
    what = "no notes" if stale else "no fresh notes"
    hints = [] if stale else ["`sleeper notes --all` has stale ones too"]
    hints.append(
        "`sleeper notes` lists those there are" if narrowed else "`sleeper think` makes some"
    )
    return NotFoundError(f"{what} about {about}" if about else what, hint="; ".join(hints))


def none_found(text: str, *, stale: bool) -> NotFoundError:
    """No note has any of these words."""
    hint = "ask for other words" if stale else "`--all` searches stale notes too"
    return NotFoundError(f"no {'' if stale else 'fresh '}note has any of: {text}", hint=hint)


def show_list(found: Sequence[Note], *, json: bool, cut: bool, none: NotFoundError) -> None:
    """Each note in a line. Raises `none`, exit 3, when a person would see nothing."""
    if json:
        output.print_json({"notes": [as_json(note) for note in found]})
        return
    if not found:
        raise none
    output.table(_HEADERS, [_row(note) for note in found], wide=-1)
    if cut:
        output.say("there are more: -n says how many to list")


def show_whole(
    found: Sequence[Note], *, json: bool, costs: Mapping[str, NoteCost] | None = None
) -> None:
    """Every word of these notes, with their evidence, and what they took where that is given."""
    costs = costs or {}
    if json:
        told = [{**as_json(note), **_cost_json(costs.get(note.id))} for note in found]
        output.print_json({"notes": told})
        return
    output.out("\n\n".join(_whole(note) + _cost(costs.get(note.id)) for note in found))


def costs_of(here: Place, found: Sequence[Note]) -> dict[str, NoteCost]:
    """What these notes cost and how often they were used; only a model's cost anything."""
    if all(note.origin is Origin.SURVEY for note in found):
        return {}
    return {cost.id: cost for cost in spending.note_costs(here.db, limit=_MOST_COSTS)}


def _cost(cost: NoteCost | None) -> str:
    if cost is None:
        return ""
    used = output.count(cost.used, "question")
    return f"\n\n  cost {output.usd(cost.usd)}, {cost.tokens:,} tokens; used for {used}"


def _cost_json(cost: NoteCost | None) -> dict[str, Any]:
    if cost is None:
        return {}
    return {"cost": {"usd": cost.usd, "tokens": cost.tokens, "used": cost.used}}


def as_json(note: Note) -> dict[str, Any]:
    """A note as programs get it; lines are 1-based."""
    return {
        "id": note.id,
        "kind": note.kind.value,
        "title": note.title,
        "body": note.body,
        "origin": note.origin.value,
        "confidence": note.confidence,
        "hypothesis": note.hypothesis,
        "fresh": note.fresh,
        "subject": note.subject,
        "commit": note.commit,
        "evidence": [_evidence_json(evidence) for evidence in note.evidence],
    }


def where(note: Note) -> str:
    """The first place its evidence names, as editors understand it."""
    if not note.evidence:
        return note.subject
    return _place(note.evidence[0])


def standing(note: Note) -> str:
    """What to think of it, in words."""
    return " · ".join(
        word
        for word in (
            note.origin.value,
            "fresh" if note.fresh else "stale",
            "hypothesis" if note.hypothesis else "",
            f"commit {note.commit[:10]}" if note.commit else "",
        )
        if word
    )


def _row(note: Note) -> tuple[str, ...]:
    mark = "" if note.fresh else " (stale)"
    return (note.id, note.kind.value, f"{note.confidence:.2f}", where(note), note.title + mark)


def _whole(note: Note) -> str:
    lines = [f"{note.title}", f"{note.id} · {note.kind.value} · {note.confidence:.2f}"]
    lines[1] += f" · {standing(note)}"
    if note.body:
        lines += ["", note.body]
    lines += ["", *(_quoted(evidence) for evidence in note.evidence)]
    return "\n".join(lines).rstrip()


def _quoted(evidence: Evidence) -> str:
    quote = evidence.quote.strip("\n").replace("\n", "\n      ")
    return f"  {_place(evidence)}" + (f"\n      {quote}" if quote else "")


def _place(evidence: Evidence) -> str:
    return f"{evidence.path}:{evidence.range.start + 1}"


def _evidence_json(evidence: Evidence) -> dict[str, Any]:
    return {
        "path": evidence.path,
        "start_line": evidence.range.start + 1,
        "end_line": max(evidence.range.end, evidence.range.start + 1),
        "quote": evidence.quote,
    }
