from __future__ import annotations

from pathlib import Path

import pytest

from repo_sleeper.domain.code import Range
from repo_sleeper.domain.notes import Evidence, Note, NoteKind, Origin, note_id
from repo_sleeper.errors import NotFoundError
from repo_sleeper.store import notes, versions
from repo_sleeper.store.database import Database
from tests.indexed import Indexed

KINDS = [NoteKind.HOTSPOT, NoteKind.CYCLE]


@pytest.fixture
def tree(db: Database, tmp_path: Path) -> Indexed:
    indexed = Indexed(db, tmp_path / "work")
    indexed.write("a.py", "x = 1\n")
    indexed.write("lib/b.py", "y = 2\n")
    return indexed


def hotspot(path: str, body: str = "Nine of the last ten commits.") -> Note:
    return Note(
        id=note_id(NoteKind.HOTSPOT, path),
        kind=NoteKind.HOTSPOT,
        title=f"{path} changes often",
        body=body,
        confidence=1.0,
        origin=Origin.SURVEY,
        evidence=(Evidence(path, Range(0, 1), ""),),
        subject=path,
    )


def survey(tree: Indexed, *found: Note, version: str = "1") -> int:
    inputs = {note.id: version for note in found}
    return versions.save_survey_notes(tree.db, found, kinds=KINDS, inputs=inputs, tree_id=tree.tree)


def test_a_survey_that_counts_the_same_writes_nothing(tree: Indexed) -> None:
    assert survey(tree, hotspot("a.py")) == 1
    before = tree.db.connection.total_changes

    assert survey(tree, hotspot("a.py")) == 0
    assert tree.db.connection.total_changes == before


def test_a_survey_that_counts_anew_writes_a_version_and_keeps_the_old(tree: Indexed) -> None:
    survey(tree, hotspot("a.py"))

    assert survey(tree, hotspot("a.py", "Ten."), version="2") == 1

    assert [(n.version, n.body) for n in notes.list_notes(tree.db, tree.tree)] == [(2, "Ten.")]
    states = tree.db.rows("select state from notes order by version")
    assert [row["state"] for row in states] == ["superseded", "active"]


def test_what_the_survey_no_longer_finds_is_retired_and_can_return(tree: Indexed) -> None:
    survey(tree, hotspot("a.py"), hotspot("lib/b.py"))

    assert survey(tree, hotspot("a.py")) == 1
    assert [n.subject for n in notes.list_notes(tree.db, tree.tree)] == ["a.py"]

    assert survey(tree, hotspot("a.py"), hotspot("lib/b.py")) == 1
    assert len(notes.list_notes(tree.db, tree.tree)) == 2


def test_surveys_of_two_trees_leave_each_other_alone(tree: Indexed, tmp_path: Path) -> None:
    other = Indexed(tree.db, tmp_path / "other")
    other.write("a.py", "x = 3\n")
    survey(tree, hotspot("a.py", "Here."))

    survey(other, hotspot("a.py", "There."))

    assert [n.body for n in notes.list_notes(tree.db, tree.tree)] == ["Here."]
    assert [n.body for n in notes.list_notes(tree.db, other.tree)] == ["There."]


def test_a_dismissed_note_is_kept_but_neither_shown_nor_written_again(tree: Indexed) -> None:
    survey(tree, hotspot("a.py"))

    versions.dismiss(tree.db, hotspot("a.py").id, "we know")

    assert notes.list_notes(tree.db, tree.tree) == []
    assert survey(tree, hotspot("a.py", "Again."), version="2") == 0
    assert tree.db.value("select why from notes") == "we know"
    with pytest.raises(NotFoundError, match="there is no note"):
        versions.dismiss(tree.db, "0123456789ab", "")


def test_listing_filters_by_kind_origin_path_folder_and_number(tree: Indexed) -> None:
    survey(tree, hotspot("a.py"), hotspot("lib/b.py"))

    def subjects(**wanted: object) -> list[str]:
        found = notes.list_notes(tree.db, tree.tree, **wanted)  # type: ignore[arg-type]
        return sorted(note.subject for note in found)

    assert subjects(path="a.py") == ["a.py"]
    assert subjects(path="lib/") == ["lib/b.py"]
    assert subjects(path="li") == []
    assert subjects(kinds=[NoteKind.CYCLE]) == []
    assert subjects(kinds=[NoteKind.HOTSPOT]) == ["a.py", "lib/b.py"]
    assert subjects(origin=Origin.MODEL) == []
    assert subjects(origin=Origin.SURVEY, include_stale=False, limit=1) != []
    assert len(subjects(limit=1)) == 1


def test_the_surest_notes_are_listed_first_whatever_their_kind(tree: Indexed) -> None:
    cycle = hotspot("a.py")._replace(id=note_id(NoteKind.CYCLE, "a.py"), kind=NoteKind.CYCLE)
    doubtful, sure = cycle._replace(confidence=0.5), hotspot("lib/b.py")
    survey(tree, doubtful, sure)
    assert doubtful.kind < sure.kind

    found = notes.list_notes(tree.db, tree.tree)

    assert [note.id for note in found] == [sure.id, doubtful.id]


def test_a_note_is_found_by_the_beginning_of_its_id(tree: Indexed) -> None:
    survey(tree, hotspot("a.py"), hotspot("lib/b.py"))
    wanted = hotspot("a.py").id

    found = notes.note(tree.db, tree.tree, wanted[:6].upper())

    assert found is not None
    assert found.id == wanted
    assert notes.note(tree.db, tree.tree, "zzzzzz") is None
    assert notes.note(tree.db, tree.tree, wanted[:3]) is None


def test_an_ambiguous_beginning_of_an_id_is_refused(tree: Indexed) -> None:
    one, two = (hotspot(path)._replace(id=f"abcdef00000{path[0]}") for path in ("a.py", "lib/b.py"))
    survey(tree, one, two)

    with pytest.raises(NotFoundError, match="several notes begin with abcdef"):
        notes.note(tree.db, tree.tree, "abcdef")


def test_search_finds_any_word_ranks_titles_higher_and_survives_quotes(tree: Indexed) -> None:
    survey(tree, hotspot("a.py", "The cart is slow."), hotspot("lib/b.py")._replace(title="Cart"))

    found = notes.search_notes(
        tree.db, tree.tree, ["carts", 'no"thing', "*"], limit=5, fresh_only=True
    )

    assert [note.subject for note, _ in found] == ["lib/b.py", "a.py"]
    assert all(score > 0 for _, score in found)
    assert notes.search_notes(tree.db, tree.tree, [], limit=5, fresh_only=True) == []


def test_search_can_leave_stale_notes_out(tree: Indexed) -> None:
    survey(tree, hotspot("a.py")._replace(evidence=(Evidence("gone.py", Range(0, 1), ""),)))

    def found(*, fresh_only: bool) -> int:
        return len(
            notes.search_notes(tree.db, tree.tree, ["often"], limit=5, fresh_only=fresh_only)
        )

    assert (found(fresh_only=True), found(fresh_only=False)) == (0, 1)
    assert notes.fresh_counts(tree.db, tree.tree) == (0, 1)


def test_superseded_versions_are_not_found(tree: Indexed) -> None:
    survey(tree, hotspot("a.py", "zebra"))
    survey(tree, hotspot("a.py", "giraffe"), version="2")

    def found(word: str) -> int:
        return len(notes.search_notes(tree.db, tree.tree, [word], limit=5, fresh_only=False))

    assert (found("zebra"), found("giraffe")) == (0, 1)


def test_a_note_about_the_repository_shows_even_with_no_evidence(tree: Indexed) -> None:
    survey(tree, hotspot("a.py")._replace(subject="", evidence=()))

    assert [n.subject for n in notes.list_notes(tree.db, tree.tree)] == [""]
    assert notes.fresh_counts(tree.db, tree.tree) == (1, 0)
