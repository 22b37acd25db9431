"""Layers: what stands on what, and the few imports against it."""

from __future__ import annotations

from collections.abc import Sequence

from repo_sleeper.domain.notes import Note
from repo_sleeper.survey.files import SourceFile
from repo_sleeper.survey.imports import Edge
from repo_sleeper.survey.layers import layers, main_folder

UTIL = "shop/util/text.py"


def files(*paths: str) -> list[SourceFile]:
    return [SourceFile(path, "python", 50) for path in paths]


def layered(*back: Edge, source: Sequence[str] = ("import x",)) -> list[Note]:
    """Eight files of `web` and of `core`; each of web imports one of core, those import util."""
    web = [f"shop/web/w{number}.py" for number in range(8)]
    core = [f"shop/core/c{number}.py" for number in range(8)]
    edges = [Edge(one, 0, other) for one, other in zip(web, core, strict=True)]
    edges += [Edge(one, 0, UTIL) for one in core]
    listing = files(*web, *core, UTIL, "shop/__init__.py", "setup.py", "tests/test_a.py")
    named = {path for one in back for path in (one.path, one.target)}
    listing += files(*named - {one.path for one in listing})
    return layers(listing, [*edges, *back], lambda _: source)


def test_the_order_of_the_packages_is_told() -> None:
    (note,) = layered()

    assert note.title == ("Layers of shop: 3 packages in 3 layers, web on top, util at the bottom")
    assert note.body.startswith("web > core > util. Of the 16 imports between them 100 % go")
    assert [one.quote for one in note.evidence] == ["import x"] * 2


def test_a_line_that_leads_to_many_files_of_a_package_is_one_import() -> None:
    more = [f"shop/util/u{number}.py" for number in range(3)]

    (note,) = layered(*(Edge("shop/core/c1.py", 0, path) for path in more))

    assert "Of the 16 imports between them" in note.body


def test_a_rare_import_against_the_order_is_told_with_its_line() -> None:
    order, violation = layered(Edge(UTIL, 0, "shop/core/c1.py"))

    assert order.body.startswith("web > core > util")
    assert violation.title == (
        "shop/util imports shop/core against the usual direction: one import goes this way,"
        " 8 the other"
    )
    assert "shop/util/text.py:1 imports from shop/core" in violation.body
    assert [(one.path, one.quote) for one in violation.evidence] == [(UTIL, "import x")]


def test_a_name_that_several_packages_define_goes_in_no_direction() -> None:
    both = Edge(UTIL, 0, "shop/core/c1.py"), Edge(UTIL, 0, "shop/web/w1.py")

    assert len(layered(*both)) == 1
    assert len(layered(both[0])) == 2


def test_a_file_of_types_alone_goes_against_nothing() -> None:
    def against(util: str) -> int:
        pairs = [(f"shop/web/w{number}.ts", f"shop/core/c{number}.ts") for number in range(8)]
        edges = [Edge(web, 0, core) for web, core in pairs]
        edges += [Edge(core, 0, util) for _, core in pairs]
        listing = files(*(path for pair in pairs for path in pair), util)
        notes = layers(listing, [*edges, Edge(util, 0, "shop/core/c1.ts")], lambda _: ["import x"])
        return sum("against" in note.title for note in notes)

    assert against("shop/util/text.ts") == 1
    assert against("shop/util/text.d.ts") == 0


def test_what_is_internal_is_there_to_be_imported() -> None:
    edges = [Edge(f"shop/internal/i{n}.py", 0, f"shop/api/a{n}.py") for n in range(8)]
    back = Edge("shop/api/a1.py", 0, "shop/internal/i1.py")
    listing = files(*{path for edge in edges for path in (edge.path, edge.target)})

    assert layers(listing, [*edges, back], lambda _: []) == []


def test_few_imports_show_no_layers() -> None:
    edges = [Edge("shop/web/w.py", 0, "shop/core/c.py"), Edge("shop/core/c.py", 0, UTIL)]

    assert layers(files("shop/web/w.py", "shop/core/c.py", UTIL), edges, lambda _: []) == []


def test_a_package_of_few_imports_has_no_place() -> None:
    (note,) = layered(Edge("shop/odd/o.py", 0, "shop/web/w1.py"))

    assert note.body.startswith("web > core > util. Of the 16 imports between them 100 % go to a")
    assert "odd" not in note.body


def test_what_goes_both_ways_often_has_no_usual_direction() -> None:
    back = [Edge(f"shop/core/c{number}.py", 1, f"shop/web/w{number}.py") for number in range(2)]

    assert [note.title for note in layered(*back)] == []


def test_an_import_for_the_type_checker_is_no_violation() -> None:
    guarded = ("from typing import TYPE_CHECKING", "", "if TYPE_CHECKING:", "    import core")

    assert len(layered(Edge(UTIL, 3, "shop/core/c1.py"), source=guarded)) == 1
    assert len(layered(Edge(UTIL, 0, "shop/core/c1.py"), source=("import type { C }",))) == 1
    assert len(layered(Edge(UTIL, 9, "shop/core/c1.py"), source=())) == 2


def test_two_imports_against_the_order_are_one_note() -> None:
    edges = [Edge(f"shop/web/w{n}.py", 0, f"shop/core/c{n}.py") for n in range(12)]
    edges += [Edge(f"shop/core/c{n}.py", 1, f"shop/web/w{n}.py") for n in range(2)]
    listing = files(*{path for edge in edges for path in (edge.path, edge.target)})

    (note,) = layers(listing, edges, lambda _: [])

    assert note.title.startswith("shop/core imports shop/web")
    assert "2 imports go this way, 12 the other" in note.title


def test_packages_in_a_knot_have_no_order() -> None:
    back = [Edge(f"shop/core/c{number}.py", 1, f"shop/web/w{number}.py") for number in range(8)]
    edges = [Edge(edge.target, 0, edge.path) for edge in back]
    listing = files(*{path for edge in back for path in (edge.path, edge.target)})

    assert layers(listing, [*back, *edges], lambda _: []) == []


def test_the_packages_are_the_folders_below_the_main_one() -> None:
    assert main_folder(["src/shop/a/x.py", "src/shop/b/y.py", "src/shop/z.py"]) == "src/shop"
    assert main_folder(["a/x.py", "b/y.py"]) == ""
    assert main_folder([]) == ""
