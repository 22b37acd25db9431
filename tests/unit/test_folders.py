from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from repo_sleeper.domain.model import Price, Prompt, Reply, Usage
from repo_sleeper.domain.notes import NoteKind
from repo_sleeper.domain.thoughts import Candidate, Subject
from repo_sleeper.store import folders, notes
from repo_sleeper.store.database import Database
from repo_sleeper.store.tree import Tree
from repo_sleeper.store.unthought import unthought
from repo_sleeper.think import context, prompts, thinker
from repo_sleeper.think.asking import Asking
from repo_sleeper.think.context import Limits, OutOfDateError, UnsendableError
from repo_sleeper.think.thinker import Outcome
from tests.indexed import Indexed

KIND = NoteKind.ARCHITECTURE


def module(name: str, lines: int = 6) -> str:
    body = "".join(f"    step_{at} = {at}\n" for at in range(lines))
    return f'def {name}(order):\n    """Does {name} to an order."""\n{body}    return order\n'


class Answering:
    """A model that says one thing about the first line shown of each of two files."""

    name = "fake/model"

    def __init__(self) -> None:
        self.prompts: list[Prompt] = []

    def complete(self, prompt: Prompt) -> Reply:
        self.prompts.append(prompt)
        path, where = prompt.ranges[0]
        line = next(
            text for text in prompt.user.split("\n") if text.startswith(f"{where.start + 1:>4}| ")
        )
        whole = "scope=" in prompt.user
        title = "All parts rely on this name" if whole else "An order enters here"
        body = "Every other part calls it first." if whole else "Nothing checks it before."
        note: dict[str, Any] = {
            "kind": "architecture",
            "title": title,
            "body": body,
            "confidence": 0.8,
            "evidence": [{"path": path, "line": where.start + 1, "quote": line[6:]}],
        }
        return Reply(json.dumps({"notes": [note], "end": "OK"}), Usage(300, 50), "fake-1")

    def price(self) -> Price:
        return Price(1.0, 1.0)

    def close(self) -> None:
        """Nothing is held."""


class Desk:
    """A tree of files, a model, and what is left to think about."""

    def __init__(self, db: Database, root: Path) -> None:
        self.db = db
        self.files = Indexed(db, root)
        self.model = Answering()
        self.now = 100.0

    def waiting(self, kinds: Sequence[NoteKind] = (KIND,)) -> list[Candidate]:
        versions = prompts.versions(prompts.KINDS)
        return unthought(self.db, self.files.tree, kinds=kinds, versions=versions)

    def paths(self) -> list[str]:
        return [one.subject.label for one in self.waiting()]

    def think(self, subject: Subject) -> Outcome:
        self.now += 1.0
        asking = Asking(self.model, refusal=lambda *_: "", clock=lambda: self.now)
        return thinker.think_about(
            self.tree, thinker.job(subject, KIND), asking, Limits(4_000, 500)
        )

    @property
    def tree(self) -> Tree:
        return Tree(self.db, self.files.tree, self.files.root, "c0ffee")

    def think_of(self, *paths: str) -> list[Outcome]:
        return [
            self.think(one.subject) for one in self.waiting() if one.subject.label in (paths or ())
        ]


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Desk:
    desk = Desk(db, tmp_path / "work")
    for name in ("cart", "rates", "tax"):
        desk.files.write(f"shop/{name}.py", module(name))
    for name in ("sql", "files", "keys"):
        desk.files.write(f"shop/store/{name}.py", module(name))
    desk.files.write("run.py", module("run"))
    return desk


def all_of(desk: Desk) -> dict[str, folders.Folder]:
    return folders.folders(desk.db, desk.files.tree)


def test_a_folder_is_built_from_its_files_and_from_the_folders_in_it(desk: Desk) -> None:
    found = all_of(desk)

    assert list(found) == ["./", "shop/", "shop/store/"]
    assert list(found["./"].children) == ["run.py", "shop/"]
    assert set(found["shop/"].children) == {
        "shop/cart.py",
        "shop/rates.py",
        "shop/tax.py",
        "shop/store/",
    }
    assert (found["shop/"].files, found["./"].files) == (6, 7)


def test_a_folder_with_hardly_any_files_is_part_of_the_one_around_it(desk: Desk) -> None:
    desk.files.write("docs/tool/one.py", module("one"))

    assert "docs/tool/one.py" in all_of(desk)["./"].children


def test_a_repository_whose_code_is_in_one_folder_is_that_folder(desk: Desk) -> None:
    desk.files.remove("run.py")

    found = all_of(desk)

    assert list(found) == ["./", "shop/store/"]
    assert "shop/cart.py" in found["./"].children


def test_a_handful_of_lines_is_no_repository(db: Database, tmp_path: Path) -> None:
    desk = Desk(db, tmp_path / "small")
    desk.files.write("a.py", module("a"))

    assert all_of(desk) == {}


def test_files_come_before_the_folder_that_is_built_from_them(desk: Desk) -> None:
    assert not [path for path in desk.paths() if path.endswith("/")]

    desk.think_of("shop/cart.py", "shop/rates.py")

    assert [path for path in desk.paths() if path.endswith("/")] == ["shop/"]


def test_only_architecture_is_told_of_folders(desk: Desk) -> None:
    desk.think_of("shop/cart.py", "shop/rates.py")

    assert not [
        one for one in desk.waiting([NoteKind.LIKELY_BUG]) if one.subject.path.endswith("/")
    ]


def test_a_folder_is_shown_by_notes_and_signatures_never_by_whole_files(desk: Desk) -> None:
    desk.think_of("shop/cart.py", "shop/rates.py")

    (outcome,) = desk.think_of("shop/")

    shown = desk.model.prompts[-1].user
    assert '<subject path="shop/" scope="directory" files="6"/>' in shown
    assert "   1| def cart(order):" in shown
    assert "step_1" not in shown
    assert "- shop/cart.py: An order enters here." in shown
    assert "- shop/store/" in shown
    assert [note.subject for note in outcome.notes] == ["shop/"]
    assert outcome.notes[0].evidence[0].quote.startswith("def ")


def test_what_was_thought_about_a_folder_shows_under_it_and_above(desk: Desk) -> None:
    desk.think_of("shop/cart.py", "shop/rates.py")
    (outcome,) = desk.think_of("shop/")

    found = notes.list_notes(desk.db, desk.files.tree, path="shop/")

    assert outcome.notes[0].id in {note.id for note in found}
    assert "shop/" not in desk.paths()


def test_one_change_does_not_reopen_the_folder_around_it(desk: Desk) -> None:
    desk.think_of("shop/cart.py", "shop/rates.py", "shop/tax.py")
    desk.think_of("shop/")
    before = all_of(desk)["shop/"].hash

    desk.files.write("shop/tax.py", module("tax", 9))

    assert all_of(desk)["shop/"].hash != before
    assert "shop/tax.py" in desk.paths()
    assert "shop/" not in desk.paths()


def test_enough_changes_reopen_it(desk: Desk) -> None:
    desk.think_of("shop/cart.py", "shop/rates.py", "shop/tax.py")
    desk.think_of("shop/")

    for name in ("tax", "rates"):
        desk.files.write(f"shop/{name}.py", module(name, 9))
    desk.think_of("shop/tax.py", "shop/rates.py")

    assert "shop/" in desk.paths()


def test_a_change_climbs_no_further_than_thoughts_have_followed_it(desk: Desk) -> None:
    before = all_of(desk)["./"].hash

    desk.files.write("shop/tax.py", module("tax", 9))
    assert all_of(desk)["./"].hash == before

    desk.think_of("shop/cart.py", "shop/rates.py")
    desk.think_of("shop/")
    assert all_of(desk)["./"].hash != before


def test_stale_notes_on_a_folder_stay_until_it_is_rethought(desk: Desk) -> None:
    desk.think_of("shop/cart.py", "shop/rates.py", "shop/tax.py")
    (first,) = desk.think_of("shop/")
    cited = first.notes[0].evidence[0].path
    desk.files.write(cited, module(Path(cited).stem, 12))

    def stale() -> list[str]:
        found = notes.list_notes(desk.db, desk.files.tree, path="shop/")
        return [note.id for note in found if note.subject == "shop/" and not note.fresh]

    assert stale() == [first.notes[0].id]
    for name in ("rates", "tax", "cart"):
        desk.files.write(f"shop/{name}.py", module(name, 20))
    desk.think_of("shop/tax.py", "shop/rates.py", "shop/cart.py")
    desk.think_of("shop/")
    assert stale() == []


def test_the_prompt_about_a_repository_does_not_grow_with_it(desk: Desk) -> None:
    def tokens() -> int:
        folder = all_of(desk)["./"]
        return build(desk, Subject("./", folder.hash)).estimated_tokens

    for place in range(200):
        desk.files.write(f"part_{place % 20}/m{place}.py", module(f"m{place}"))
    few = tokens()
    for place in range(600):
        desk.files.write(f"part_{place % 40}/n{place}.py", module(f"n{place}"))
    many = tokens()

    assert abs(many - few) < 100
    assert many <= 2_016


def test_a_folder_that_has_changed_since_it_was_chosen_is_not_shown(desk: Desk) -> None:
    with pytest.raises(OutOfDateError, match="shop/ has changed since it was chosen"):
        build(desk, Subject("shop/", "0" * 32))


def test_a_folder_of_files_that_are_not_as_indexed_is_not_sent(desk: Desk) -> None:
    for name in ("sql", "files", "keys"):
        (desk.files.root / f"shop/store/{name}.py").write_text("changed = True\n")
    subject = Subject("shop/store/", all_of(desk)["shop/store/"].hash)

    with pytest.raises(UnsendableError, match="nothing that may be shown"):
        build(desk, subject)


def build(desk: Desk, subject: Subject) -> Prompt:
    return context.build(desk.tree, thinker.job(subject, KIND), Limits(2_000, 500)).prompt


# --- symbols ----------------------------------------------------------------------------------


@pytest.fixture
def large(desk: Desk) -> Desk:
    text = "\n".join(module(f"step_{name}", 60 if name < 12 else 400) for name in range(14))
    desk.files.write("large.py", text)
    return desk


def test_the_largest_symbols_of_a_large_file_are_subjects_too(large: Desk) -> None:
    found = [one.subject for one in large.waiting()]

    assert len([one for one in found if one.symbol]) == 8
    assert "large.py" in large.paths()
    assert {"step_12", "step_13"} <= {one.symbol for one in found}
    assert not [
        one for one in large.waiting() if one.subject.path == "run.py" and one.subject.symbol
    ]


def test_a_symbol_is_shown_without_the_rest_of_its_file(large: Desk) -> None:
    subject = next(one.subject for one in large.waiting() if one.subject.symbol == "step_12")

    prompt = build(large, subject)

    assert '<subject path="large.py" only="step_12" language="python"' in prompt.user
    assert "def step_12(order):" in prompt.user
    assert "def step_13(order):" not in prompt.user


def test_a_change_reopens_the_symbol_it_touched_and_no_other(large: Desk) -> None:
    for label in [path for path in large.paths() if path.startswith("large.py")]:
        large.think_of(label)
    assert not [path for path in large.paths() if path.startswith("large.py")]

    text = (large.files.root / "large.py").read_text()
    changed = text.replace("def step_13(order):", "def step_13(order, more=1):")
    large.files.write("large.py", changed, dirty_at=1_000.0)

    waiting = {one.subject.label: one for one in large.waiting()}
    about = {label for label in waiting if label.startswith("large.py")}
    assert about == {"large.py", "large.py::step_13"}
    assert waiting["large.py::step_13"].dirty_at > waiting["large.py::step_13"].thought_at
    assert waiting["large.py"].coverage > 0.9


def test_a_thought_about_a_symbol_covers_that_symbol_only(large: Desk) -> None:
    large.think_of("large.py::step_12")

    file = next(one for one in large.waiting() if one.subject.label == "large.py")

    assert 0 < file.coverage < 0.1


def test_many_thoughts_about_a_symbol_do_not_read_its_file_as_often(large: Desk) -> None:
    small = "".join(f"def part_{number}(): ...\n" for number in range(300))
    large.files.write("large.py", (large.files.root / "large.py").read_text() + small)
    large.think_of("large.py::step_12")
    db, once = large.files.db, steps_of(large)

    for _ in range(7):
        db.execute(AS_MANY_AGAIN)

    assert steps_of(large) < 2 * once


AS_MANY_AGAIN = """
insert into thoughts (subject_path, subject_symbol, subject_hash, content_hash, kind,
                      prompt_version, state, request, grounded, at)
select subject_path, subject_symbol, subject_hash, content_hash, kind,
       prompt_version, state, request, grounded, at from thoughts"""


def steps_of(desk: Desk) -> int:
    """How many hundreds of steps SQLite takes to find what waits."""
    taken: list[None] = []
    desk.files.db.connection.set_progress_handler(lambda: taken.append(None), 100)
    desk.waiting()
    desk.files.db.connection.set_progress_handler(None, 0)
    return len(taken)


def test_a_symbol_that_is_gone_is_out_of_date(large: Desk) -> None:
    with pytest.raises(OutOfDateError, match="has changed since it was chosen"):
        build(large, Subject("large.py", "1", "step_12"))
