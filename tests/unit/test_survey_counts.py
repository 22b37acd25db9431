"""Hot spots, fix-prone files and hidden coupling: counted, bounded, best first."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from repo_sleeper.domain.history import CoChange
from repo_sleeper.domain.notes import Note, NoteKind, Origin
from repo_sleeper.store.path_records import Quarter
from repo_sleeper.survey.co_change import co_changes
from repo_sleeper.survey.files import SourceFile
from repo_sleeper.survey.fix_prone import fix_prone
from repo_sleeper.survey.hotspots import hotspots
from repo_sleeper.survey.imports import Edge
from repo_sleeper.survey.joints import NONE
from repo_sleeper.survey.wording import MOST, shared_folder, shortened
from repo_sleeper.words import counted


def code(path: str, lines: int = 200, language: str = "python") -> SourceFile:
    return SourceFile(path, language, lines)


# --- hot spots --------------------------------------------------------------------------------


def test_a_hot_spot_is_large_and_keeps_changing() -> None:
    files = [code("hot.py"), code("small.py", 10), code("quiet.py"), code("tests/test_hot.py")]
    files.append(SourceFile("CHANGELOG.md", "text", 900))
    recent = [("hot.py", "small.py", "tests/test_hot.py", "CHANGELOG.md")] * 5 + [("quiet.py",)]
    churn = {file.path: 5.0 for file in files}
    files.append(code("rare.py", 9))
    pairs = [CoChange("hot.py", "tests/test_hot.py", 4, 5), CoChange("hot.py", "rare.py", 1, 5)]
    pairs.append(CoChange("hot.py", "gone.rst", 5, 5))

    (note,) = hotspots(files, churn, recent, pairs)

    assert note.title == "hot.py: 5 of the last 6 commits changed it, 200 lines"
    assert "often changes with tests/test_hot.py (80 %)." in note.body
    assert "rare.py" not in note.body
    assert "gone.rst" not in note.body
    assert (note.kind, note.origin, note.subject) == (NoteKind.HOTSPOT, Origin.SURVEY, "hot.py")


def test_hot_spots_are_few_and_the_hottest_come_first() -> None:
    files = [code(f"{number:02}.py") for number in range(20)]
    churn = {file.path: float(place) for place, file in enumerate(files)}
    recent = [tuple(churn)] * 4

    notes = hotspots(files, churn, recent)

    assert len(notes) == MOST
    assert notes[0].subject == "19.py"


def test_the_same_counts_give_the_same_ids() -> None:
    recent = [("a.py",)] * 4

    first, again = (hotspots([code("a.py")], {"a.py": 1.0}, recent) for _ in range(2))

    assert first == again


# --- fix-prone --------------------------------------------------------------------------------


def quarters(path_age: int, *, touches: int, fixes: int) -> list[Quarter]:
    newest = 1_735_689_600  # 2025-01-01
    at = newest - path_age * 91 * 86_400
    return [Quarter(path_age, touches, fixes, at, at)]


def prone(**past: list[Quarter]) -> list[Note]:
    listing = {f"{name}.py": found for name, found in past.items()}
    return fix_prone([code(path) for path in listing if path != "gone.py"], listing)


REST = quarters(1, touches=900, fixes=50)


def test_an_unusual_share_of_fixes_is_told_with_the_usual_one_and_the_span() -> None:
    bad = [*quarters(0, touches=6, fixes=5), *quarters(8, touches=4, fixes=1)]

    (note,) = prone(
        bad=bad, good=quarters(3, touches=90, fixes=4), gone=quarters(0, touches=9, fixes=9)
    )

    assert note.title == "bad.py: 6 of 10 changes from 2023-01 to 2025-01 were fixes (60 %)"
    assert "usual share in the last six years is 10 %; commits of more than 30 paths" in note.body


def test_fixes_of_one_month_are_told_with_it() -> None:
    (note,) = prone(bad=quarters(0, touches=6, fixes=6), rest=REST)

    assert note.title == "bad.py: 6 of 6 changes in 2025-01 were fixes (100 %)"


def test_what_was_mended_long_ago_is_not_fix_prone_now() -> None:
    assert len(prone(bad=quarters(0, touches=12, fixes=12), rest=REST)) == 1
    assert prone(bad=quarters(16, touches=12, fixes=12), rest=REST) == []


def test_a_file_that_needs_no_mending_any_more_is_not_fix_prone() -> None:
    past = quarters(8, touches=14, fixes=12)

    assert len(prone(bad=past, rest=REST)) == 1
    assert prone(bad=[*quarters(0, touches=40, fixes=0), *past], rest=REST) == []


def test_three_fixes_are_too_few_to_say() -> None:
    assert prone(a=quarters(0, touches=3, fixes=3), rest=REST) == []
    assert prone() == []


def test_many_changes_outrank_a_lucky_few() -> None:
    notes = prone(
        few=quarters(0, touches=8, fixes=5), many=quarters(0, touches=100, fixes=60), rest=REST
    )

    assert [note.subject for note in notes] == ["many.py", "few.py"]


# --- co-change --------------------------------------------------------------------------------


def coupled(  # noqa: PLR0913 -- what a pair is judged by, each by name
    *,
    together: int = 5,
    touches: int = 6,
    edges: tuple[Edge, ...] = (),
    language: str = "python",
    recent: Sequence[Sequence[str]] = [("x/a.p", "x/b.p")] * 3,
    others: int = 20,
    **users: Sequence[str],
) -> list[str]:
    files = [code("x/a.p", language=language), code("x/b.p", language=language)]
    pairs = [
        CoChange("x/a.p", "x/b.p", together, touches),
        CoChange("x/b.p", "x/a.p", together, 11),
    ]
    named = {f"x/{name}.p": found for name, found in users.items()}
    notes = co_changes(
        files,
        pairs,
        edges,
        recent=[*recent, *[("z.p",)] * others],
        users=lambda path: named.get(path, ()),
        named={},
    )
    return [note.title for note in notes]


def test_coupling_that_the_code_does_not_show_is_told_once_by_its_surer_side() -> None:
    assert coupled() == [
        "5 of 6 commits that changed x/a.p changed x/b.p too (83 %), and neither imports the other"
    ]


@pytest.mark.parametrize(
    ("links", "said"),
    [
        (["a.py c.py"], NONE),
        (["a.py c.py", "c.py b.py"], "a.py imports c.py, which imports b.py."),
        (["b.py c.py", "c.py a.py"], "b.py imports c.py, which imports a.py."),
        (["c.py a.py", "c.py b.py"], "c.py imports both."),
        (["a.py c.py", "b.py c.py"], "Both import c.py."),
        (["c.py a.py", "c.py b.py", "test_c.py a.py", "test_c.py b.py"], "test_c.py tests both."),
        (["test_a.py b.py"], "test_a.py tests both."),
        (
            [*(f"hub.py {name}.py" for name in "abc"), "d.py a.py", "d.py b.py"],
            "d.py imports both.",
        ),
        (["a.py c.py", "c.py d.py", "d.py b.py"], NONE),
    ],
    ids=[
        "nothing",
        "through one file",
        "through one file the other way",
        "imported by one file",
        "both import one file",
        "a test first",
        "the test named after one imports the other",
        "of several the one that joins fewest",
        "three hops are no link",
    ],
)
def test_what_joins_a_pair_by_way_of_one_file_is_said_as_it_is(links: list[str], said: str) -> None:
    files = [code("a.py"), code("b.py")]
    edges = [Edge(path, 0, target) for path, target in map(str.split, links)]

    (note,) = co_changes(
        files,
        [CoChange("a.py", "b.py", 9, 9)],
        edges,
        recent=[*[("a.py", "b.py")] * 9, *[("z.py",)] * 99],
        users=lambda _: (),
        named={"a.py": ["test_a.py"]},
    )

    assert note.body == (f"When you edit a.py, look at b.py too: it mostly changed with it. {said}")


def test_changes_together_in_wide_commits_alone_couple_nothing() -> None:
    wide = ["x/a.p", "x/b.p", *(f"{number}.p" for number in range(9))]

    assert coupled(recent=[wide] * 9) == []
    assert coupled(recent=[wide, *[("x/b.p", "x/a.p", "z.p")] * 2]) == []
    assert len(coupled(recent=[wide, *[("x/b.p", "x/a.p", "z.p")] * 3])) == 1


def test_what_changes_with_everything_is_coupled_to_nothing() -> None:
    assert coupled(together=6, touches=8, others=9) == []
    assert len(coupled(together=6, touches=8, others=13)) == 1


def test_a_name_of_one_that_the_other_uses_explains_it() -> None:
    assert coupled(a=["x/b.p"]) == []
    assert coupled(b=["x/a.p"]) == []
    assert len(coupled(a=["x/c.p"])) == 1


def test_an_import_either_way_explains_it() -> None:
    assert coupled(edges=(Edge("x/b.p", 0, "x/a.p"),)) == []


def test_few_or_unsure_pairs_are_not_told() -> None:
    assert coupled(together=4) == []
    assert coupled(touches=11) == []


def test_neighbours_of_one_go_package_need_no_import() -> None:
    assert coupled(language="go") == []


def test_a_language_whose_imports_we_cannot_resolve_is_left_out() -> None:
    assert coupled(language="ruby") == []


def test_a_header_belongs_to_its_source() -> None:
    files = [code("cart.c", language="c"), code("cart.h", language="c")]

    assert _told(files, [CoChange("cart.c", "cart.h", 9, 9)]) == []


def test_tests_and_documents_are_no_hidden_coupling() -> None:
    files = [code("a.py"), code("test_a.py"), SourceFile("a.md", "text", 9)]
    pairs = [CoChange("a.py", "test_a.py", 9, 9), CoChange("a.py", "a.md", 9, 9)]

    assert _told(files, pairs) == []


def _told(files: Sequence[SourceFile], pairs: Sequence[CoChange]) -> list[Note]:
    together = [*[tuple(file.path for file in files)] * 9, *[("z.p",)] * 99]
    return co_changes(files, pairs, [], recent=together, users=lambda _: (), named={})


# --- wording ----------------------------------------------------------------------------------


def test_a_text_that_is_too_long_ends_in_an_ellipsis() -> None:
    assert shortened("abcdef", 4) == "abc…"
    assert shortened("abcd", 4) == "abcd"


def test_one_is_no_plural() -> None:
    assert (counted(1, "target"), counted(2_000, "target")) == ("1 target", "2,000 targets")


def test_long_paths_are_told_from_the_folder_they_share() -> None:
    folder = "src/main/java/" + "com/shop/" * 9
    paths = [f"{folder}cart/Cart.java", f"{folder}tax/Tax.java"]

    assert shared_folder(paths) == (folder.rstrip("/"), ["cart/Cart.java", "tax/Tax.java"])
    assert shared_folder(["a/x.py", "a/y.py"]) == ("", ["a/x.py", "a/y.py"])
    assert shared_folder(["a" * 90, "b" * 90])[0] == ""
