"""After anything at all, the index equals one made from nothing."""

from __future__ import annotations

import os
import shutil
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

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
from repo_sleeper.daemon import reconciling
from repo_sleeper.domain.tree import Scan, Signature
from repo_sleeper.git import Repository, plumbing
from repo_sleeper.history import commits
from repo_sleeper.index import contents as reading
from repo_sleeper.index import files, indexer
from repo_sleeper.index.hands import Hands
from repo_sleeper.store import code, contents, history, survey
from repo_sleeper.store.contents import FileRow
from repo_sleeper.store.database import Database, open_database
from repo_sleeper.watch import scanner
from tests.equivalence import (
    FragileDatabase,
    ParsesHere,
    PowerCutError,
    Snapshot,
    differences,
    empty_database,
    fresh_index,
    snapshot,
)
from tests.upheaval import FOLDERS, GIT, IGNORED, NAMES, OLD, TEXTS, Place, new_place, workshop
from tests.upheaval import git as run_git

pytestmark = pytest.mark.timeout(300)  # thousands of starts of git: slow where others work too

SEQUENCES = int(os.environ.get("EQUIVALENCE_SEQUENCES", "1500"))
SEED = int(os.environ.get("EQUIVALENCE_SEED", "0"))
PARTS = 15
STEPS = 20

names = st.sampled_from(NAMES)
folders = st.sampled_from(FOLDERS)
texts = st.sampled_from(TEXTS)
places = st.sampled_from(("main", "linked"))
settled = st.sampled_from((True, True, False))
IGNORE_FILES = (b".gitignore", b"pkg/.gitignore", b".git/info/exclude")

Sabotage = Callable[[pytest.MonkeyPatch], None]


@cache
def _empty_store() -> Path:
    """A migrated store to copy: making one takes longer than a whole sequence."""
    file = workshop() / "empty.db"
    open_database(file).close()
    return file


class CoarseClock:
    """The clock of a file system, which ticks when we say so and not in between.

    What is changed twice between two ticks has the same times both times: with a real clock that
    takes luck. Times before the first tick are as they are: somebody set them.
    """

    def __init__(self) -> None:
        self._ticks = [time.time_ns() - 1_000_000_000]  # before anything here is made

    @property
    def now(self) -> float:
        """So soon after the last tick that what was changed since may change again unseen."""
        return self._ticks[-1] / 1e9 + 1.0

    def ticks(self, place: Place) -> None:
        """From now on changes have another time."""
        self._ticks.append(place.wait_for_the_clock())

    def govern(self, patch: pytest.MonkeyPatch) -> None:
        """Have everybody who looks at files see these times."""
        scan, read = scanner.scan, reading._signature

        def scanned(repo: Repository, **options: Any) -> Scan:
            found = scan(repo, **options)
            files = {path: self._coarse(seen) for path, seen in found.files.items()}
            return found._replace(files=files)

        patch.setattr(scanner, "scan", scanned)
        patch.setattr(reading, "_signature", lambda seen: self._coarse(read(seen)))

    def _coarse(self, seen: Signature) -> Signature:
        mtime, ctime = self._tick(seen.mtime_ns), self._tick(seen.ctime_ns)
        return seen._replace(mtime_ns=mtime, ctime_ns=ctime)

    def _tick(self, time_ns: int) -> int:
        after = bisect_right(self._ticks, time_ns)
        return self._ticks[after - 1] if after else time_ns


class Life(RuleBasedStateMachine):
    """Two work trees of a repository, one store, and a program that dies now and then."""

    with_history: ClassVar = False

    def __init__(self) -> None:
        super().__init__()
        self.clock = CoarseClock()
        self.main = new_place()
        self.linked = Place(self.main.root.with_name("linked"))
        self.store = self.main.root.with_name("index.db")
        shutil.copyfile(_empty_store(), self.store)
        self.db = FragileDatabase(open_database(self.store).connection)
        self.settings = Settings()
        self.break_in = self.sabotage()
        self.last: dict[int, Snapshot] = {}

    def teardown(self) -> None:
        try:
            self.look("main", settled=False)
        finally:
            self.db.close()
            shutil.rmtree(self.main.root.parent)

    # --- files --------------------------------------------------------------------------------

    @rule(name=names, text=texts, place=places)
    def write(self, name: bytes, text: bytes, place: str) -> None:
        self._at(place).write(name, text)

    @rule(name=st.sampled_from(OLD), replaced=st.booleans())
    def rewrite_unseen(self, name: bytes, *, replaced: bool) -> None:
        self.main.rewrite_unseen(name, replaced=replaced)

    @rule(name=names, text=texts, place=places)
    def write_twice(self, name: bytes, text: bytes, place: str) -> None:
        self._at(place).write(name, text)
        self._reconcile(place, settled=False)
        self._at(place).rewrite_alike(name)

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
        languages=st.sampled_from(((), ("javascript",))),
    )
    def set_otherwise(self, ignore: tuple[str, ...], kb: int, languages: tuple[str, ...]) -> None:
        index = self.settings.index._replace(ignore=ignore, max_file_kb=kb, languages=languages)
        self.settings = self.settings._replace(index=index)

    @rule()
    def restart(self) -> None:
        self.db.close()
        self.db = FragileDatabase(open_database(self.store).connection)

    @rule(keep=st.integers(0, 4))
    def collect_garbage(self, keep: int) -> None:
        code.garbage_collect(self.db, keep=keep)

    @rule(name=names, text=texts, place=places, statements=st.integers(0, 25))
    def die(self, name: bytes, text: bytes, place: str, statements: int) -> None:
        self._at(place).write(name, text)
        self.db.fuse = statements
        with answers_remembered():
            with suppress(PowerCutError):
                self._reconcile(place, settled=True)
            self.restart()
            self._compare(place, settled=True)

    @rule(name=names, text=texts, settled=settled)
    def look_while_edited(self, name: bytes, text: bytes, *, settled: bool) -> None:
        self._reconcile("main", settled=settled, meanwhile=lambda: self._edit(name, text))

    @rule(place=places, settled=settled)
    def look(self, place: str, *, settled: bool) -> None:
        with answers_remembered():
            self._compare(place, settled=settled)

    # --- how ----------------------------------------------------------------------------------

    def _compare(self, place: str, *, settled: bool) -> None:
        tree_id = self._reconcile(place, settled=settled)
        repo = self._repository(place)
        fresh = fresh_index(repo, self.settings)
        with pytest.MonkeyPatch.context() as patch:
            self.break_in(patch)
            ours = snapshot(self.db, tree_id, root=repo.root)

        assert not differences(ours, fresh), "\n".join(differences(ours, fresh))
        for other, before in self.last.items():
            now = snapshot(self.db, other)
            assert not differences(now, before), "\n".join(differences(now, before))
        self.last[tree_id] = ours

    def _edit(self, name: bytes, text: bytes) -> None:
        self.main.write(name, text)
        self.clock.ticks(self.main)

    def sabotage(self) -> Sabotage:
        """What is broken in the program while it reconciles; nothing, unless we are tested."""
        return lambda _: None

    def _at(self, place: str) -> Place:
        return self.linked if place == "linked" and self.linked.root.exists() else self.main

    def _repository(self, place: str) -> Repository:
        return git.discover(self._at(place).root)

    def _reconcile(
        self,
        place: str,
        *,
        settled: bool,
        meanwhile: Callable[[], None] | None = None,
    ) -> int:
        """Settled, it happens so late that every signature may be believed from then on."""
        repo = self._repository(place)
        self.last.pop(code.ensure_tree(self.db, repo.root, repo.git_dir), None)
        if settled:
            self.clock.ticks(self.main)
        with pytest.MonkeyPatch.context() as patch:
            if not self.with_history:
                patch.setattr(reconciling, "_history", lambda *_: 0)
                patch.setattr(git, "head", lambda _: "")  # asked for the history only
            self.break_in(patch)
            self.clock.govern(patch)
            return reconciling.reconcile_round(
                self.db,
                repo,
                self.settings,
                now=self.clock.now + (60.0 if settled else 0.0),
                hands=Hands(ParsesHere(meanwhile)),
                derive=False,
            ).tree_id


@contextmanager
def answers_remembered() -> Iterator[None]:
    """Git is asked once about a tree that nobody changes: starting it is most of the time."""
    ask = plumbing.ask
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plumbing, "ask", cache(ask))
        yield


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that there are several transactions to die between."""
    monkeypatch.setattr(files, "_READ_AT_ONCE", 3)
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


class LifeWithHistory(Life):
    """The same, and the commits are as a fresh import has them."""

    with_history = True
    bound: ClassVar = 20_000

    def __init__(self) -> None:
        super().__init__()
        kept = self.settings.history._replace(max_commits=self.bound)
        self.settings = self.settings._replace(history=kept)

    def sabotage(self) -> Sabotage:
        return lambda _: None

    @rule(place=places, count=st.integers(1, 3))
    def commit(self, place: str, count: int) -> None:
        for _ in range(count):
            self._at(place).git("commit-all")
        self._reconcile(place, settled=False)

    @rule()
    def compare_history(self) -> None:
        self._reconcile("main", settled=False)
        if self.linked.root.exists():
            return  # then the store holds what either of them contains
        self._import(self.db)
        with closing(empty_database()) as fresh:
            self._import(fresh)
            assert told(self.db) == told(fresh)

    def _import(self, db: Database) -> None:
        """As every look of the daemon does, and every count of the survey."""
        commits.import_history(db, self._repository("main"), limit=self.bound)


def told(db: Database) -> tuple[object, ...]:
    """What a store says of the history; commits of one second may be told in any order."""
    newest = sorted((one.oid, one.subject, one.paths) for one in history.recent_commits(db, 1000))
    return newest, sorted(history.known_commits(db))


def test_after_anything_at_all_the_history_equals_a_fresh_one() -> None:
    live(LifeWithHistory, number=SEED, sequences=SEQUENCES // 25, shrink=True)


class LifeWithShortHistory(LifeWithHistory):
    """Commits soon have to make room for others."""

    bound = 3

    def teardown(self) -> None:
        try:
            self.compare_history()
        finally:
            super().teardown()


def test_after_anything_at_all_a_bounded_history_equals_a_fresh_one() -> None:
    live(LifeWithShortHistory, number=SEED, sequences=SEQUENCES // 25, shrink=True)


# --- the test itself is tested ----------------------------------------------------------------


def believes_modification_times() -> Sabotage:
    def is_as_stored(
        known: code.StoredFile | None, path: str, seen: Signature, labels: files.Labels
    ) -> bool:
        if known is None or not labels.is_current(path, known.grammar):
            return False
        return (known.signature.size, known.signature.mtime_ns) == (seen.size, seen.mtime_ns)

    return lambda patch: patch.setattr(indexer, "_is_as_stored", is_as_stored)


def believes_every_signature_at_once() -> Sabotage:
    return lambda patch: patch.setattr(files.Reader, "_trusted", lambda _, found: found.signature)


def misses_renames() -> Sabotage:
    scan, paths = scanner.scan, dict[tuple[Path, int], str]()

    def old_names(repo: Repository, **options: Any) -> Scan:
        found = scan(repo, **options)
        files = {
            paths.setdefault((repo.root, seen.inode), path): seen
            for path, seen in found.files.items()
        }
        return found._replace(files=files)

    return lambda patch: patch.setattr(scanner, "scan", old_names)


def remembers_what_was_not_ignored() -> Sabotage:
    begun_listing, seen = git.begun_listing, dict[Path, set[str]]()

    @contextmanager
    def once_untracked(repo: Repository) -> Iterator[Callable[[], git.Listing]]:
        with begun_listing(repo) as answer:
            yield lambda: remembered(repo, answer())

    def remembered(repo: Repository, found: git.Listing) -> git.Listing:
        known = seen.setdefault(repo.root, set())
        known.update(found.untracked)
        return found._replace(untracked=sorted(known))

    return lambda patch: patch.setattr(git, "begun_listing", once_untracked)


def forgets_no_path() -> Sabotage:
    return lambda patch: patch.setattr(contents, "remove_files", lambda *_: None)


def forgets_no_words() -> Sabotage:
    return lambda patch: patch.setattr(contents, "_forget_words", lambda *_: None)


def stores_files_before_their_contents() -> Sabotage:
    """The signature is committed first: after a crash nobody looks at the file again."""
    store = indexer._Work._store

    def signatures_first(work: indexer._Work) -> int:
        for file in work._ready:
            known = work._stored.get(file.path)
            if known is not None:
                row = FileRow(file.path, known.blob_id, file.signature)
                contents.put_files(work._db, work._tree_id, [row])
        return store(work)

    return lambda patch: patch.setattr(indexer._Work, "_store", signatures_first)


def keeps_links() -> Sabotage:
    """Where an import led to is still told when it leads elsewhere."""

    def only_added(db: Database, tree_id: int, links: Iterable[tuple[str, int, str]]) -> None:
        sql = "insert or ignore into links (tree_id, path, line, target) values (?, ?, ?, ?)"
        db.many(sql, [(tree_id, *link) for link in links])

    return lambda patch: patch.setattr(survey, "save_links", only_added)


def mixes_up_work_trees() -> Sabotage:
    ensure_tree = code.ensure_tree

    def same_tree(db: Database, root: Path, git_dir: Path) -> int:
        return min([ensure_tree(db, root, git_dir), *(tree.id for tree in code.trees(db))])

    return lambda patch: patch.setattr(code, "ensure_tree", same_tree)


def keeps_what_other_settings_gave() -> Sabotage:
    return lambda patch: patch.setattr(files.Labels, "is_current", lambda *_: True)


def keeps_the_oldest_commits() -> Sabotage:
    progress = commits._progress

    def unbounded(*about: Any, limit: int, **more: Any) -> commits._Difference | None:
        found = progress(*about, limit=1_000_000, **more)
        return found and found._replace(new=found.new[:limit])

    return lambda patch: patch.setattr(commits, "_progress", unbounded)


@pytest.mark.parametrize(
    "bug",
    [
        believes_modification_times,
        believes_every_signature_at_once,
        misses_renames,
        remembers_what_was_not_ignored,
        forgets_no_path,
        forgets_no_words,
        stores_files_before_their_contents,
        keeps_links,
        mixes_up_work_trees,
        keeps_what_other_settings_gave,
    ],
)
def test_a_planted_bug_is_found(bug: Callable[[], Sabotage]) -> None:
    class Spoilt(Life):
        def sabotage(self) -> Sabotage:
            return bug()

    with pytest.raises(AssertionError, match="have"):
        live(Spoilt, number=SEED, sequences=1000, shrink=False)


def test_a_bound_that_does_not_hold_is_found() -> None:
    class Spoilt(LifeWithShortHistory):
        def sabotage(self) -> Sabotage:
            return keeps_the_oldest_commits()

    with pytest.raises(AssertionError):
        live(Spoilt, number=SEED, sequences=60, shrink=False)
