"""Import cycles: found, shortest way shown, quoted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repo_sleeper.domain.code import Range
from repo_sleeper.survey.cycles import components, cycles, shortest_cycle
from repo_sleeper.survey.imports import Edge


def edges(text: str) -> list[Edge]:
    return [Edge(pair[0], line, pair[1]) for line, pair in enumerate(text.split())]


def test_a_chain_is_no_cycle() -> None:
    assert cycles(edges("ab bc cd"), {}) == []


def test_a_cycle_shows_its_way_and_quotes_its_imports() -> None:
    (note,) = cycles(edges("ab bc ca"), {("a", 0): "import b", ("c", 2): "import a"})

    assert note.title == "Import cycle of 3 files: a → b → c → a"
    assert [(e.path, e.range, e.quote) for e in note.evidence] == [
        ("a", Range(0, 1), "import b"),
        ("b", Range(1, 2), ""),
        ("c", Range(2, 3), "import a"),
    ]


def test_a_knot_is_one_note_that_shows_its_shortest_way() -> None:
    (note,) = cycles(edges("ab bc cd da ca bb"), {})

    assert note.title == "Import cycle of 3 files: a → b → c → a"
    assert "knot (1): d" in note.body


def test_the_tightest_cycle_comes_first_and_a_long_one_is_not_spelled_out() -> None:
    ring = "qr rs st tu uv vw wq"

    first, second = cycles(edges(f"{ring} ab ba"), {})

    assert first.title == "Import cycle of 2 files: a → b → a"
    assert second.title == "Import cycle of 7 files: q, r, s, t, u and 2 more"


def test_long_paths_are_told_from_their_folder() -> None:
    folder = "src/" + "shop/" * 20
    found = [Edge(f"{folder}a.py", 0, f"{folder}b.py"), Edge(f"{folder}b.py", 0, f"{folder}a.py")]

    (note,) = cycles(found, {})

    assert note.title == f"Import cycle of 2 files in {folder.rstrip('/')}: a.py → b.py → a.py"


def test_a_very_long_chain_does_not_exhaust_the_stack() -> None:
    ring = {str(n): [str((n + 1) % 2_000)] for n in range(2_000)}

    assert len(components(ring)[0]) == 2_000
    assert len(shortest_cycle(ring, list(ring))) == 2_000


def test_a_file_in_no_cycle_has_no_way_back() -> None:
    with pytest.raises(AssertionError, match="in no cycle"):
        shortest_cycle({"a": ["b"]}, ["a"])


GRAPHS = st.dictionaries(
    st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef"), max_size=4, unique=True)
)


@given(GRAPHS)
def test_two_files_are_in_one_set_exactly_when_each_leads_to_the_other(
    graph: dict[str, list[str]],
) -> None:
    together = {(a, b) for one in components(graph) for a in one for b in one if a != b}

    assert together == {
        (a, b)
        for a in "abcdef"
        for b in "abcdef"
        if a != b and b in _led_to(graph, a) and a in _led_to(graph, b)
    }


def _led_to(graph: dict[str, list[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for target in graph.get(waiting.pop(), ()):
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found
