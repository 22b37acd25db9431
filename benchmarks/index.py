"""The index: cold, nothing changed, one edit, a symbol, a branch switch, memory, bytes, growth.

    python benchmarks/index.py REPOSITORY... [--runs 5] [--symbol NAME] [--peers FOLDER]
        [--peer NAME=CLEAN=COMMAND]... [--growth 1000,10000] [--history 60000] [--idle 30]

Several repositories, or several options, are measured one after the other, so that one command
prints every figure there is. The floor is parsing and running the grammar's own tags query in two
spawned workers, nothing stored. Every command works on a clone of a REPOSITORY. A peer is given as
its name, the folder in the clone that holds its index (removed before each run), and its command;
`--peers` names a folder of those that benchmarks/peers.py knows. `--growth` generates repositories
of so many files; `--history` imports so many commits of the last REPOSITORY; `--idle` watches a
daemon of the first for so many seconds.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import resource
import shlex
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from harness import in_turn, table
from peers import peers

SLEEPER = str(Path(sys.executable).with_name("sleeper"))
_SWITCHED = 1_000
_FLOOR = "--floor"
_HISTORY = "--import"
_TOLD = ("--name-status", "-M", "--diff-merges=off", "--format=%H%ct%P%ae%s%b")
_LOOK_S = 0.02
_GLANCE_S = 0.002
_CALM_S = 1.5
_PATIENCE_S = 30.0
_SETTLE_S = 0.3  # how long the daemon waits for a burst of writes to end


def main() -> None:
    """Measure what was asked for."""
    if sys.argv[1:2] == [_FLOOR]:
        floor(Path(sys.argv[2]))
        return
    if sys.argv[1:2] == [_HISTORY]:
        import_history(Path(sys.argv[2]), int(sys.argv[3]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Plain)
    parser.add_argument("repositories", type=Path, nargs="*", metavar="REPOSITORY")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--symbol", default="main")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=CLEAN=COMMAND")
    parser.add_argument("--peers", type=Path, metavar="FOLDER")
    parser.add_argument("--history", type=int, default=0, metavar="COMMITS")
    parser.add_argument("--growth", default="", metavar="N,N")
    parser.add_argument("--idle", type=float, default=0.0, metavar="SECONDS")
    chosen = parser.parse_args()
    beside = chosen.peer + (peers(chosen.peers) if chosen.peers else [])
    for repository in chosen.repositories if chosen.runs else ():
        with _clone(repository) as root:
            print(f"\n## {repository.name}, {_described(root)}")
            speed(root, runs=chosen.runs, symbol=chosen.symbol, peers=beside)
    if chosen.history:
        with _clone(chosen.repositories[-1]) as root:
            history(root, chosen.history, runs=max(chosen.runs, 1))
    if chosen.growth:
        growth([int(count) for count in chosen.growth.split(",")])
    if chosen.idle:
        with _clone(chosen.repositories[0]) as root:
            idle(root, chosen.idle)


class _Plain(argparse.RawDescriptionHelpFormatter):
    """The description as it is written."""


# --- speed --------------------------------------------------------------------------------------


def speed(root: Path, *, runs: int, symbol: str, peers: list[str]) -> None:
    """Cold beside the floor and the peers, then everything that happens to a warm index."""
    load = os.getloadavg()[0]
    commands = {
        "floor": [sys.executable, __file__, _FLOOR, str(root)],
        "sleeper init": [SLEEPER, "init", "--yes", "--no-daemon"],
    }
    before: dict[str, Callable[[], object]] = {"sleeper init": lambda: _forget(root)}
    for peer in peers:
        name, folder, command = peer.split("=", 2)
        commands[name] = shlex.split(command)
        before[name] = partial(shutil.rmtree, root / folder, ignore_errors=True)
    cold = in_turn(commands, runs=runs, cwd=root, before=before)
    print(f"cold (load {load:.1f} before)\n{table(cold, floor='floor')}\n")
    _forget(root)
    print(f"peak memory, all processes: {_peak(commands['sleeper init'], root):.0f} MB")
    print(_bytes(root))
    asked = [SLEEPER, "ask", "--context", symbol]
    edits = _Edits(root)
    switch = _Switch(root)
    warm = in_turn(
        {"python -c pass": [sys.executable, "-c", "pass"], "nothing changed": asked},
        runs=runs,
        cwd=root,
    )
    warm |= in_turn({"one edit": asked}, runs=runs, cwd=root, before={"one edit": edits.make})
    label = f"switch of {switch.prepare()} files"
    warm |= in_turn({label: asked}, runs=runs + 1, cwd=root, before={label: switch.make})
    print(f"\nwarm, `sleeper ask --context {symbol}`\n{table(warm, floor='python -c pass')}")
    watched(root, edits, runs=runs)


def watched(root: Path, edits: _Edits, *, runs: int) -> None:
    """How long after a write what was written is in the index, with a daemon and nobody asking."""
    subprocess.run([SLEEPER, "init", "--yes"], cwd=root, check=True, capture_output=True)
    try:
        time.sleep(_CALM_S)
        taken = [_until_indexed(root, edits) for _ in range(runs)]
    finally:
        subprocess.run([SLEEPER, "daemon", "stop"], cwd=root, check=False, capture_output=True)
    after = statistics.median(taken) - _SETTLE_S
    print(f"\none edit, with the daemon: searchable {1e3 * after:.0f} ms after it has settled")


def _until_indexed(root: Path, edits: _Edits) -> float:
    name = edits.make()
    began = time.perf_counter()
    with closing(sqlite3.connect(_store(root))) as db:
        while not db.execute("select 1 from symbols where name = ?", (name,)).fetchone():
            if time.perf_counter() - began > _PATIENCE_S:
                raise RuntimeError(f"{name} was never indexed")
            time.sleep(_GLANCE_S)
    taken = time.perf_counter() - began
    time.sleep(_CALM_S)
    return taken


def floor(root: Path) -> None:
    """Parse and tag every Python file, the way two workers do at best."""
    paths = [str(path) for path in sorted(root.rglob("*.py")) if path.is_file()]
    groups = [paths[start : start + 16] for start in range(0, len(paths), 16)]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        print(sum(pool.imap_unordered(_tagged, groups)))


def _tagged(paths: list[str]) -> int:
    import tree_sitter_python
    from tree_sitter import Language, Parser, Query, QueryCursor

    if not _TOOLS:
        grammar = Language(tree_sitter_python.language())
        _TOOLS.extend((Parser(grammar), Query(grammar, tree_sitter_python.TAGS_QUERY)))
    parser, query = _TOOLS
    trees = (parser.parse(Path(path).read_bytes()) for path in paths)
    return sum(len(QueryCursor(query).matches(tree.root_node)) for tree in trees)


_TOOLS: list[Any] = []


class _Edits:
    """One function more in one file, each time under another name."""

    def __init__(self, root: Path) -> None:
        self._file = next(iter(sorted(root.rglob("*.py"))))
        self._count = 0

    def make(self) -> str:
        """Append it; its name."""
        self._count += 1
        with self._file.open("a") as file:
            file.write(f"\n\ndef edited_{self._count}():\n    return {self._count}\n")
        return f"edited_{self._count}"


class _Switch:
    """Two branches that differ in a thousand files; both are indexed by the warm-up."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def prepare(self) -> int:
        """Commit the other branch; how many files differ."""
        self._git("checkout", "-q", "--force", "-b", "one")
        files = [path for path in sorted(self._root.rglob("*.py")) if path.is_file()][:_SWITCHED]
        self._git("checkout", "-q", "-b", "other")
        for path in files:
            path.write_bytes(path.read_bytes() + b"\n\ndef on_the_other_branch():\n    pass\n")
        self._git("commit", "-qam", "Change a thousand files")
        ask = [SLEEPER, "ask", "--context", "x"]
        subprocess.run(ask, cwd=self._root, check=False, capture_output=True)
        return len(files)

    def make(self) -> None:
        """Go to the branch we are not on."""
        self._git("checkout", "-q", "-")

    def _git(self, *words: str) -> None:
        identity = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
        subprocess.run(["git", *identity, *words], cwd=self._root, check=True)


# --- size ---------------------------------------------------------------------------------------


def _peak(command: list[str], root: Path) -> float:
    """The highest sum of resident memory of a command and all below it, in MB."""
    most = 0.0
    child = subprocess.Popen(
        command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while child.poll() is None:
        most = max(most, sum(_resident(pid) for pid in _family(child.pid)))
        time.sleep(_LOOK_S)
    return most


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for one in children:
        yield from _family(int(one))


def _resident(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def _bytes(root: Path) -> str:
    file = _store(root)
    with closing(sqlite3.connect(file)) as db:
        symbols = db.execute("select count(*) from symbols").fetchone()[0]
    size = file.stat().st_size
    return f"database: {size / 1e6:.2f} MB, {size / max(symbols, 1):.0f} bytes for each symbol"


# --- history ------------------------------------------------------------------------------------


def history(root: Path, limit: int, *, runs: int) -> None:
    """A full import of so many commits into an empty store, with all that is derived from it."""
    taken = in_turn(
        {
            "python -c pass": [sys.executable, "-c", "pass"],
            "git log": ["git", "log", *_TOLD, f"-n{limit}"],
            "import": [sys.executable, __file__, _HISTORY, str(root), str(limit)],
        },
        runs=runs,
        cwd=root,
    )
    print(f"\nhistory of at most {limit} commits\n{table(taken, floor='git log')}")


def import_history(root: Path, limit: int) -> None:
    """What `history` times."""
    from repo_sleeper import git
    from repo_sleeper.history import commits
    from repo_sleeper.store.database import open_database

    with (
        tempfile.TemporaryDirectory() as folder,
        closing(open_database(Path(folder) / "store.db")) as db,
    ):
        print(commits.import_history(db, git.discover(root), limit=limit))


# --- growth and rest ----------------------------------------------------------------------------


def growth(counts: list[int]) -> None:
    """CPU seconds of a first index of generated repositories, and how they grow with the files."""
    spent: list[float] = []
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "generated"
            _generate(root, count)
            with _clone(root) as clone:
                began = _cpu()
                init = [SLEEPER, "init", "--yes", "--no-daemon"]
                subprocess.run(init, cwd=clone, check=True, capture_output=True)
                spent.append(_cpu() - began)
        print(f"{count:>8} files  {spent[-1]:8.2f} s CPU  {1e3 * spent[-1] / count:.2f} ms each")
    if len(counts) > 1:
        ratio = math.log(spent[-1] / spent[0]) / math.log(counts[-1] / counts[0])
        print(f"growth exponent {ratio:.3f}")


def _generate(root: Path, count: int) -> None:
    for number in range(count):
        file = root / f"package_{number // 100}" / f"module_{number}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            "".join(
                f"def step_{number}_{part}(value):\n"
                f'    """Step {part} of module {number}."""\n'
                f"    total = value + {part}\n"
                f"    return step_{(number * 7 + part) % count}_{part}(total)\n\n\n"
                for part in range(8)
            )
        )
    identity = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
    for words in (("init", "-q"), ("add", "."), (*identity, "commit", "-qm", "Generate")):
        subprocess.run(["git", *words], cwd=root, check=True)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def idle(root: Path, seconds: float) -> None:
    """The share of one core that a daemon takes when nothing happens, and the bytes it writes."""
    subprocess.run([SLEEPER, "init", "--yes"], cwd=root, check=True, capture_output=True)
    try:
        time.sleep(5)
        pid = _daemon(root)
        began, wrote = _ticks(pid), _written(pid)
        time.sleep(seconds)
        share = (_ticks(pid) - began) / os.sysconf("SC_CLK_TCK") / seconds
        print(f"idle: {100 * share:.3f} % of a core, {_written(pid) - wrote} bytes written")
    finally:
        subprocess.run([SLEEPER, "daemon", "stop"], cwd=root, check=False, capture_output=True)


def _daemon(root: Path) -> int:
    status = [SLEEPER, "daemon", "status", "--json"]
    done = subprocess.run(status, cwd=root, check=False, capture_output=True)
    pid = json.loads(done.stdout or b"{}").get("pid")
    if not pid:
        raise RuntimeError("no daemon is running")
    return int(pid)


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _written(pid: int) -> int:
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes:"))


# --- the place ----------------------------------------------------------------------------------


@contextmanager
def _clone(repository: Path) -> Iterator[Path]:
    """A clone to work on, with settings and state of its own."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        root = home / "clone"
        cloned = ["git", "clone", "-q", "-s", str(repository.resolve()), str(root)]
        if subprocess.run(cloned, check=False, capture_output=True).returncode:
            # A few blobs that the copy lacks: what could be written is a work tree as well.
            subprocess.run(["git", "reset", "-q", "--mixed"], cwd=root, check=True)
        (home / "run").mkdir(mode=0o700)
        os.environ |= {
            "HOME": folder,
            "XDG_CONFIG_HOME": f"{folder}/config",
            "XDG_STATE_HOME": f"{folder}/state",
            "XDG_RUNTIME_DIR": f"{folder}/run",
            "PYTHONDONTWRITEBYTECODE": "",
        }
        yield root


def _described(root: Path) -> str:
    files = len(_said(root, "ls-files").splitlines())
    return f"{files} files at {_said(root, 'rev-parse', '--short=12', 'HEAD').strip()}"


def _said(root: Path, *words: str) -> str:
    command = ["git", *words]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout


def _store(root: Path) -> Path:
    return next((root / ".git" / "sleeper").glob("*.db"))


def _forget(root: Path) -> None:
    shutil.rmtree(root / ".git" / "sleeper", ignore_errors=True)


if __name__ == "__main__":
    main()
