"""After anything at all, the index equals one made from nothing."""

from __future__ import annotations

import dataclasses
import os
import shutil
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from repo_sleeper import git
from repo_sleeper.config import Settings
from repo_sleeper.daemon import rounds
from repo_sleeper.git import Repository
from repo_sleeper.index import indexer
from repo_sleeper.store import code
from repo_sleeper.store.database import open_database
from tests.equivalence import (
    FragileDatabase,
    ParsesHere,
    PowerCutError,
    differences,
    fresh_index,
    snapshot,
)
from tests.upheaval import FAST, FOLDERS, GIT, IGNORED, NAMES, TEXTS, Place, new_place
from tests.upheaval import git as run_git

SEQUENCES = int(os.environ.get("EQUIVALENCE_SEQUENCES", "1500"))
SEED = int(os.environ.get("EQUIVALENCE_SEED", "0"))
PARTS = 10
STEPS = 25

names = st.sampled_from(NAMES)
folders = st.sampled_from(FOLDERS)
texts = st.sampled_from(TEXTS)
places = st.sampled_from(("main", "linked"))
IGNORE_FILES = (b".gitignore", b"pkg/.gitignore", b".git/info/exclude")

Sabotage = Callable[[pytest.MonkeyPatch], None]


@cache
def _empty_store() -> Path:
    """A migrated store to copy: making one takes longer than a whole sequence."""
    file = Path(FAST or "/tmp") / f"sleeper-empty-{os.getpid()}.db"  # noqa: S108
    open_database(file).close()
    return file


class Life(RuleBasedStateMachine):
    """Two work trees of a repository, one store, and a program that dies now and then."""

    sabotage: ClassVar[Callable[[], Sabotage] | None] = None

    def __init__(self) -> None:
        super().__init__()
        self.main = new_place()
        self.linked = Place(self.main.root.with_name("linked"))
        self.store = self.main.root.with_name("index.db")
        shutil.copyfile(_empty_store(), self.store)
        self.db = FragileDatabase(open_database(self.store).connection)
        self.settings = Settings()
        self.break_in = None if self.sabotage is None else type(self).sabotage()

    def teardown(self) -> None:
        self.look(place="main", settled=False)
        self.db.close()
        shutil.rmtree(self.main.root.parent)

    # --- files --------------------------------------------------------------------------------

    @rule(name=names, text=texts, place=places)
    def write(self, name: bytes, text: bytes, place: str) -> None:
        self._at(place).write(name, text)

    @rule(name=names, replaced=st.booleans())
    def rewrite_unseen(self, name: bytes, *, replaced: bool) -> None:
        self.main.rewrite_unseen(name, replaced=replaced)

    @rule(name=names, text=texts)
    def save_atomically(self, name: bytes, text: bytes) -> None:
        self.main.save_atomically(name, text)

    @rule(name=names)
    def append(self, name: bytes) -> None:
        self.main.append(name, b"\ntotal = one\n")

    @rule(name=names, place=places)
    def remove(self, name: bytes, place: str) -> None:
        self._at(place).remove(name)

    @rule(name=names, to=names, place=places)
    def move(self, name: bytes, to: bytes, place: str) -> None:
        self._at(place).move(name, to)

    @rule(name=folders, to=folders)
    def move_folder(self, name: bytes, to: bytes) -> None:
        self.main.move(name, to)

    @rule(name=folders, text=texts, inward=st.booleans())
    def carry_folder(self, name: bytes, text: bytes, *, inward: bool) -> None:
        if inward:
            self.main.bring_in(name, text)
        else:
            self.main.take_out(name)

    @rule(name=names, other=st.sampled_from((*NAMES[:5], *FOLDERS[:2], b".", b"/etc", b"gone")))
    def link(self, name: bytes, other: bytes) -> None:
        self.main.link(name, other, hard=False)

    @rule(name=names, other=names)
    def link_hard(self, name: bytes, other: bytes) -> None:
        self.main.link(name, other, hard=True)

    @rule(name=names | folders, mode=st.sampled_from((0o644, 0o755)))
    def chmod(self, name: bytes, mode: int) -> None:
        self.main.chmod(name, mode)

    # --- git ----------------------------------------------------------------------------------

    @rule(text=st.sampled_from(IGNORED), file=st.sampled_from(IGNORE_FILES))
    def ignore(self, text: bytes, file: bytes) -> None:
        self.main.write(file, text)

    @rule(command=st.sampled_from(GIT))
    def git(self, command: str) -> None:
        self.main.git(command)

    @rule(command=st.sampled_from(GIT))
    def more_git(self, command: str) -> None:
        self.main.git(command)

    @rule(command=st.sampled_from(GIT))
    @precondition(lambda self: self.linked.root.exists())
    def git_elsewhere(self, command: str) -> None:
        self.linked.git(command)

    @rule()
    def worktree(self) -> None:
        if self.linked.root.exists():
            run_git(self.main.root, "worktree", "remove", "--force", str(self.linked.root))
        else:
            run_git(self.main.root, "worktree", "add", "--force", "../linked", "other")

    @rule(folder=folders)
    def nest(self, folder: bytes) -> None:
        self.main.nest(folder)

    # --- the program --------------------------------------------------------------------------

    @rule(
        ignore=st.sampled_from(((), ("*.md", "gen"))),
        kb=st.sampled_from((1, 1024)),
        languages=st.sampled_from(((), ("python",))),
    )
    def set_otherwise(self, ignore: tuple[str, ...], kb: int, languages: tuple[str, ...]) -> None:
        index = dataclasses.replace(
            self.settings.index, ignore=ignore, max_file_kb=kb, languages=languages
        )
        self.settings = dataclasses.replace(self.settings, index=index)

    @rule()
    def restart(self) -> None:
        self.db.close()
        self.db = FragileDatabase(open_database(self.store).connection)

    @rule(keep=st.integers(0, 4))
    def collect_garbage(self, keep: int) -> None:
        code.garbage_collect(self.db, keep=keep)

    @rule(place=places, statements=st.integers(0, 40))
    def die(self, place: str, statements: int) -> None:
        self.db.fuse = statements
        try:
            self._reconcile(self._repository(place), settled=True)
        except PowerCutError:
            self.restart()
        self.db.fuse = None

    @rule(name=names, text=texts, settled=st.booleans())
    def look_while_edited(self, name: bytes, text: bytes, *, settled: bool) -> None:
        self._reconcile(
            self._repository("main"),
            settled=settled,
            meanwhile=lambda: self._edit(name, text),
        )

    @rule(place=places, settled=st.booleans())
    def look(self, place: str, *, settled: bool) -> None:
        repo = self._repository(place)
        tree_id = self._reconcile(repo, settled=settled)

        different = differences(snapshot(self.db, tree_id), fresh_index(repo, self.settings))

        assert not different, "\n".join(different)

    def _edit(self, name: bytes, text: bytes) -> None:
        self.main.write(name, text)
        self.main.wait_for_the_clock()

    # --- how ----------------------------------------------------------------------------------

    def _at(self, place: str) -> Place:
        return self.linked if place == "linked" and self.linked.root.exists() else self.main

    def _repository(self, place: str) -> Repository:
        return git.discover(self._at(place).root)

    def _reconcile(
        self,
        repo: Repository,
        *,
        settled: bool,
        meanwhile: Callable[[], None] | None = None,
    ) -> int:
        """Settled, it happens so late that every signature may be believed from then on."""
        if settled:
            self.main.wait_for_the_clock()
        with pytest.MonkeyPatch.context() as patch:
            if self.break_in is not None:
                self.break_in(patch)
            return rounds.reconcile_round(
                self.db,
                repo,
                self.settings,
                now=time.time() + (60.0 if settled else 0.0),
                pool=ParsesHere(meanwhile),
                derive=False,
            ).tree_id


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that there are several transactions to die between."""
    monkeypatch.setattr(indexer, "_READ_AT_ONCE", 3)
    monkeypatch.setattr(indexer, "_STORE_AT_ONCE", 2)


def live(machine: type[Life], *, number: int, sequences: int, shrink: bool) -> None:
    """Run that many sequences; a number names them, so that every run has the same ones."""
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    profile = settings(
        max_examples=sequences,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    numbered = seed(number)(type(machine.__name__, (machine,), {}))
    run_state_machine_as_test(numbered, settings=profile)


@pytest.mark.parametrize("part", range(PARTS))
def test_after_anything_at_all_the_index_equals_a_fresh_one(part: int) -> None:
    live(Life, number=SEED + part, sequences=SEQUENCES // PARTS, shrink=True)
