"""What happens to files while they are watched and read, case by case."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from repo_sleeper.store import code, extent
from repo_sleeper.store.database import Database
from repo_sleeper.watch import watcher as watchers
from repo_sleeper.watch.watcher import Watcher
from tests.conftest import GitRepo
from tests.equivalence import ParsesHere, look, symbols

ONE = "def one():\n    pass\n"
TWO = "def two():\n    pass\n"


def until(true: Callable[[], object]) -> None:
    for _ in range(500):
        if true():
            return
        time.sleep(0.02)
    pytest.fail("never happened")


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture
def watcher(repo: GitRepo, seen: list[str]) -> Iterator[Watcher]:
    watching = Watcher(repo.root, seen.append)
    watching.start()
    yield watching
    watching.stop()


# --- hints ------------------------------------------------------------------------------------

OVERWHELMED = """
import sys
from pathlib import Path
from repo_sleeper.watch.watcher import Watcher
watcher = Watcher(Path(sys.argv[1]), lambda path: None if path else print("lost", flush=True))
watcher.start()
print("watching", flush=True)
sys.stdin.readline()
print(watcher.degraded, flush=True)
watcher.stop()
"""


def test_more_events_than_the_queue_holds_are_told_as_lost(repo: GitRepo) -> None:
    program = [sys.executable, "-c", OVERWHELMED, os.fspath(repo.root)]
    with subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        assert child.stdout.readline() == "watching\n"
        limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
        child.send_signal(signal.SIGSTOP)
        for number in range(limit // 2 + 1_000):  # each is created and closed or modified
            (repo.root / f"{number}.tmp").write_bytes(b"x")
        child.send_signal(signal.SIGCONT)

        assert child.stdout.readline() == "lost\n"
        child.stdin.write("\n")
        child.stdin.flush()
        told = [line for line in child.stdout if line != "lost\n"]

    assert "some events were lost" in told[0]


@pytest.mark.usefixtures("watcher")
def test_folders_made_faster_than_they_can_be_watched_are_a_hint(
    db: Database, repo: GitRepo, seen: list[str]
) -> None:
    for number in range(100):
        repo.write(f"d{number}/b/c/x{number}.py", ONE)

    until(lambda: {f"d{number}" for number in range(100)} <= {one.split("/")[0] for one in seen})
    assert len(look(db, repo.root).changes.added) == 100


@pytest.mark.usefixtures("watcher")
def test_a_folder_moved_in_from_outside_is_a_hint_and_watched_from_then_on(
    db: Database, repo: GitRepo, seen: list[str], tmp_path: Path
) -> None:
    outside = GitRepo(tmp_path / "outside")
    for number in range(50):
        outside.write(f"lib/d{number}/a.py", ONE)
    (outside.root / "lib").rename(repo.root / "lib")
    until(lambda: any(one.split("/")[0] == "lib" for one in seen))
    assert len(look(db, repo.root).changes.added) == 50

    time.sleep(0.3)  # the library is still adding its watches; no event tells when it has
    seen.clear()
    repo.write("lib/d7/a.py", TWO)

    until(lambda: any(one.startswith("lib/d7") for one in seen))


@pytest.mark.usefixtures("watcher")
def test_a_link_to_a_large_folder_costs_no_watches(repo: GitRepo, seen: list[str]) -> None:
    before = watchers._watches(watchers._inotify_files())
    (repo.root / "away").symlink_to("/usr/lib")
    (repo.root / "loop").symlink_to(".")
    until(lambda: {"away", "loop"} <= set(seen))

    assert watchers._watches(watchers._inotify_files()) == before


def test_a_link_that_is_there_at_the_start_costs_no_watches(repo: GitRepo) -> None:
    (repo.root / "away").symlink_to("/usr/lib")
    watcher = Watcher(repo.root, lambda _: None)
    watcher.start()
    try:
        watched = watchers._watches(watchers._inotify_files())
        assert watched is not None
        assert watched < 100
        assert watcher.degraded == ""
    finally:
        watcher.stop()


def limited(repo: GitRepo, limit: str, script: str) -> str:
    """What a script prints where the system allows little, in a namespace of its own."""
    probe = subprocess.run(["unshare", "-Ur", "sh", "-c", limit], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("no user namespaces here")
    program = [sys.executable, "-c", script, os.fspath(repo.root)]
    done = subprocess.run(
        ["unshare", "-Ur", "sh", "-c", f'{limit}; exec "$@"', "sh", *program],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


GROWING = """
import sys, time
from pathlib import Path
from repo_sleeper.watch.watcher import Watcher
now = 0.0
root = Path(sys.argv[1])
watcher = Watcher(root, lambda _: None, clock=lambda: now)
watcher.start()
print(repr(watcher.degraded))
for number in range(200):
    (root / f"d{number}").mkdir()
for _ in range(100):
    time.sleep(0.05)
    now += 100
    if watcher.degraded:
        break
print(watcher.degraded)
print(watcher.is_blind)
watcher.stop()
"""


def test_a_tree_that_outgrows_the_limit_is_noticed_and_looked_at_more_often(repo: GitRepo) -> None:
    told = limited(repo, "echo 100 > /proc/sys/user/max_inotify_watches", GROWING)

    before, after, blind = told.splitlines()
    assert before == "''"
    assert "max_user_watches" in after
    assert blind == "True"


BESIDE_ANOTHER = """
import sys
from pathlib import Path
from repo_sleeper.watch.watcher import Watcher
now = 0.0
watchers = []
for name, folders in (("first", 150), ("second", 100)):
    root = Path(sys.argv[1]) / name
    for number in range(folders):
        (root / f"d{number}").mkdir(parents=True)
    watcher = Watcher(root, print, proof=root / "d99", clock=lambda: now)
    watcher.start()
    watchers.append(watcher)
now = 60.0
for watcher in watchers:
    print(watcher.is_blind, watcher.degraded)
    watcher.stop()
"""


def test_the_watches_of_one_tree_do_not_make_up_for_those_another_lacks(repo: GitRepo) -> None:
    """And where one that is missing is that of the proof, the limit is the reason to tell."""
    told = limited(repo, "echo 200 > /proc/sys/user/max_inotify_watches", BESIDE_ANOTHER)

    first, second = told.splitlines()
    assert first == "False "
    assert second.startswith("True 49 of 101 folders watched: raise")


STARTING = """
import sys
from pathlib import Path
from repo_sleeper.watch.watcher import Watcher
watcher = Watcher(Path(sys.argv[1]), print)
watcher.start()
print(watcher.degraded)
watcher.stop()
"""


def test_where_no_watcher_is_left_changes_are_found_by_comparing(repo: GitRepo) -> None:
    told = limited(repo, "echo 0 > /proc/sys/user/max_inotify_instances", STARTING)

    assert told.startswith("not watching")
    assert "raise fs.inotify.max_user_instances" in told
    assert "comparing files" in told


# --- saving -----------------------------------------------------------------------------------


def save_as_vim(file: Path, text: str) -> None:
    probe, backup = file.with_name("4913"), file.with_name(f"{file.name}~")
    probe.touch()
    probe.unlink()
    file.rename(backup)
    file.write_text(text)
    backup.unlink()


def save_as_emacs(file: Path, text: str) -> None:
    lock = file.with_name(f".#{file.name}")
    lock.symlink_to("ada@example.org.1234:1")
    file.with_name(f"#{file.name}#").write_text("half of it")
    file.rename(file.with_name(f"{file.name}~"))
    file.write_text(text)
    file.with_name(f"#{file.name}#").unlink()
    file.with_name(f"{file.name}~").unlink()
    lock.unlink()


def save_in_place(file: Path, text: str) -> None:
    file.write_text("")
    file.write_text(text)


def save_by_moving(file: Path, text: str) -> None:
    new = file.with_name(f"{file.name}___jb_tmp___")
    new.write_text(text)
    file.rename(file.with_name(f"{file.name}___jb_old___"))
    new.rename(file)
    file.with_name(f"{file.name}___jb_old___").unlink()


def save_as_sed(file: Path, text: str) -> None:
    subprocess.run(["sed", "-i", "s/one/two/", file], check=True)
    assert file.read_text() == text


@pytest.mark.parametrize(
    "save", [save_as_vim, save_as_emacs, save_in_place, save_by_moving, save_as_sed]
)
def test_however_an_editor_saves_only_the_final_text_is_known(
    db: Database, repo: GitRepo, save: Callable[[Path, str], None]
) -> None:
    file = repo.write("a.py", ONE)
    look(db, repo.root)

    save(file, TWO)
    found = look(db, repo.root)

    assert symbols(db, found) == {"a.py": ["two"]}
    assert found.changes.changed == ("a.py",)


def test_a_file_from_the_future_is_read_once_and_its_next_change_is_seen(
    db: Database, repo: GitRepo
) -> None:
    file = repo.write("a.py", ONE)
    os.utime(file, (4e9, 4e9))
    look(db, repo.root)

    reading = Counted()
    look(db, repo.root, pool=reading)
    assert reading.asked == 0
    file.write_text(TWO)
    os.utime(file, (4e9, 4e9))

    assert symbols(db, look(db, repo.root)) == {"a.py": ["two"]}


class Counted(ParsesHere):
    """Counts how often there is anything to look into."""

    asked = 0

    def parse(self, requests):
        self.asked += 1
        return super().parse(requests)


def test_a_file_that_changes_while_it_is_read_is_stored_as_it_was_at_some_moment(
    db: Database, repo: GitRepo
) -> None:
    texts = [f"def f{number}():\n    return {number}\n" * 2_000 for number in range(2)]
    file, over = repo.write("a.py", texts[0]), threading.Event()

    def flip() -> None:
        for number in range(1_000_000):
            if over.is_set():
                return
            new = file.with_name("new.tmp")
            new.write_text(texts[number % 2])
            new.replace(file)

    flipping = threading.Thread(target=flip)
    flipping.start()
    stored: set[str] = set()
    try:
        for _ in range(20):
            found = look(db, repo.root)
            files = code.stored_files(db, found.tree_id)
            stored.update(files[path].hash for path in ("a.py",) if path in files)
    finally:
        over.set()
        flipping.join()

    assert stored <= {sha256(text.encode()).hexdigest()[:32] for text in texts}
    assert stored


# --- odd files and names ----------------------------------------------------------------------


def test_what_would_hang_or_never_end_is_passed_over(db: Database, repo: GitRepo) -> None:
    os.mkfifo(repo.root / "pipe.py")
    (repo.root / "zero.py").symlink_to("/dev/zero")
    with repo.write("huge.py", "").open("wb") as file:
        file.truncate(1 << 40)
    with socket.socket(socket.AF_UNIX) as end:
        place = Path.cwd()
        os.chdir(repo.root)  # a socket's path may not be long
        try:
            end.bind("socket.py")
        finally:
            os.chdir(place)
        repo.write("good.py", ONE)
        repo.git("add", "--force", "zero.py", "good.py")

        found = look(db, repo.root)

    assert symbols(db, found) == {"good.py": ["one"]}
    told = extent.skipped(db, found.tree_id)
    assert told["huge.py"] == "too-large"
    assert told["zero.py"] == "symlink"
    assert told.get("pipe.py", "not-regular") == "not-regular"  # git does not even list it


@pytest.mark.usefixtures("watcher")
def test_a_name_that_is_no_text_does_not_deafen_the_watcher(
    db: Database, repo: GitRepo, seen: list[str]
) -> None:
    (repo.root / os.fsdecode(b"bad\xff.py")).write_text(ONE)
    repo.write("good.py", TWO)
    until(lambda: "good.py" in seen)

    assert sorted(symbols(db, look(db, repo.root)).values()) == [["one"], ["two"]]


def test_names_that_differ_in_case_or_composition_are_different_names(
    db: Database, repo: GitRepo
) -> None:
    repo.write("A.py", ONE)
    repo.write("caf\u00e9.py", ONE)
    repo.write("cafe\u0301.py", TWO)
    if len(list(repo.root.glob("*.py"))) < 3:
        pytest.skip("this file system takes them for the same name")
    assert len(symbols(db, look(db, repo.root))) == 3

    (repo.root / "A.py").rename(repo.root / "a.py")
    found = look(db, repo.root)

    assert (found.changes.added, found.changes.removed) == (("a.py",), ("A.py",))
    assert found.changes.parsed == 0


def test_a_root_that_is_replaced_by_another_repository_is_looked_at_anew(
    db: Database, repo: GitRepo, tmp_path: Path
) -> None:
    repo.commit("one", a_py=ONE)
    look(db, repo.root)
    other = GitRepo(tmp_path / "other")
    other.commit("two", b_py=TWO)

    shutil.rmtree(repo.root)
    other.root.rename(repo.root)
    found = look(db, repo.root)

    assert symbols(db, found) == {"b.py": ["two"]}
