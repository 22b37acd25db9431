"""The index: cold, nothing changed, one edit, a symbol, a branch switch, memory, bytes, growth.

    python benchmarks/index.py REPOSITORY [--runs 5] [--symbol NAME] [--peer NAME=CLEAN=COMMAND]...
    python benchmarks/index.py --growth 1000,10000
    python benchmarks/index.py REPOSITORY --idle 30

The floor is parsing and running the grammar's own tags query in two spawned workers, nothing
stored. Every command works on a clone of REPOSITORY. A peer is given as its name, the folder in
the clone that holds its index (removed before each run), and its command.
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

SLEEPER = str(Path(sys.executable).with_name("sleeper"))
_SWITCHED = 1_000
_FLOOR = "--floor"
_LOOK_S = 0.02


def main() -> None:
    """Measure what was asked for."""
    if sys.argv[1:2] == [_FLOOR]:
        floor(Path(sys.argv[2]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Plain)
    parser.add_argument("repository", type=Path, nargs="?")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--symbol", default="main")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=CLEAN=COMMAND")
    parser.add_argument("--growth", default="", metavar="N,N")
    parser.add_argument("--idle", type=float, default=0.0, metavar="SECONDS")
    chosen = parser.parse_args()
    if chosen.growth:
        growth([int(count) for count in chosen.growth.split(",")])
    if chosen.repository is not None:
        with _clone(chosen.repository) as root:
            if chosen.idle:
                idle(root, chosen.idle)
            else:
                speed(root, runs=chosen.runs, symbol=chosen.symbol, peers=chosen.peer)


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
    before: dict[str, Callable[[], None]] = {"sleeper init": lambda: _forget(root)}
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

    def make(self) -> None:
        """Append it."""
        self._count += 1
        with self._file.open("a") as file:
            file.write(f"\n\ndef edited_{self._count}():\n    return {self._count}\n")


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
    file = next((root / ".git" / "sleeper").glob("*.db"))
    with closing(sqlite3.connect(file)) as db:
        symbols = db.execute("select count(*) from symbols").fetchone()[0]
    size = file.stat().st_size
    return f"database: {size / 1e6:.2f} MB, {size / max(symbols, 1):.0f} bytes for each symbol"


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
        subprocess.run(["git", "clone", "-q", "-s", str(repository.resolve()), root], check=True)
        (home / "run").mkdir(mode=0o700)
        os.environ |= {
            "HOME": folder,
            "XDG_CONFIG_HOME": f"{folder}/config",
            "XDG_STATE_HOME": f"{folder}/state",
            "XDG_RUNTIME_DIR": f"{folder}/run",
            "PYTHONDONTWRITEBYTECODE": "",
        }
        yield root


def _forget(root: Path) -> None:
    shutil.rmtree(root / ".git" / "sleeper", ignore_errors=True)


if __name__ == "__main__":
    main()
