"""Which of several work trees is thought about next."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from repo_sleeper.daemon.turns import Turns


def watched(name: str, *, changed: float, failure: str = "") -> Any:
    tree = SimpleNamespace(last_hint=changed, failure=failure, doubt="")
    return SimpleNamespace(root=Path(name), tree=tree, tree_id=1)


def turns(*trees: Any) -> Turns:
    forest: Any = SimpleNamespace(known=lambda: list(trees))
    return Turns(forest)


LATEST, OLDER = watched("/latest", changed=2.0), watched("/older", changed=1.0)


def exhaust(found: Turns) -> tuple[str, bool]:
    """Whose turn it was, and whether nothing is left in any."""
    tree = found.next()
    assert tree is not None
    found.begin(tree)
    return tree.root.name, found.is_over()


def test_the_others_get_their_turn_where_nothing_is_left_in_one() -> None:
    found = turns(OLDER, LATEST)

    assert [exhaust(found) for _ in range(3)] == [
        ("latest", False),
        ("older", True),
        ("latest", False),
    ]


def test_what_is_thought_in_one_tree_may_open_a_folder_of_another_again() -> None:
    found = turns(OLDER, LATEST)

    first = exhaust(found)
    found.begin(OLDER)
    found.thought()
    thought_out = found.is_over()

    assert (first, thought_out) == (("latest", False), False)
    assert exhaust(found) == ("latest", True)


def test_what_is_found_while_somebody_comes_back_is_out_of_date() -> None:
    found = turns(OLDER)
    found.begin(OLDER)
    found.reopen()

    assert not found.is_over()
    assert exhaust(found) == ("older", True)


def test_a_tree_that_cannot_be_read_comes_last() -> None:
    broken = watched("/broken", changed=9.0, failure="out of order")
    found = turns(OLDER, broken)

    assert found.next() is OLDER
    assert turns().next() is None
