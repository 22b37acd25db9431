"""How long one context takes inside the process, and how that grows with the repository.

    python benchmarks/latency.py ~/src/sympy ~/src/ruff
    python benchmarks/latency.py --generated 1000,10000,100000 --workshop /tmp/latency
    python benchmarks/latency.py ~/src/sympy --profile

Questions are the newest commit subjects, how and where questions about symbols of the index, and
stack traces through its files. Each is asked in a process of its own, forked when everything is
imported, with a connection of its own: no cache of ours or of SQLite's is warm, the system's is.
Repositories are cloned into the workshop and indexed there once.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import accumulate, islice
from pathlib import Path
from typing import NamedTuple

from repo_sleeper import cli, git
from repo_sleeper.daemon.workspace import open_workspace, read_store
from repo_sleeper.recall.context import Scope, context
from repo_sleeper.store import code
from repo_sleeper.store.database import Database
from repo_sleeper.store.tree import Tree

SLEEPER = str(Path(sys.executable).with_name("sleeper"))
_WORDS = 20_000
_COMMITS = 2_000
_SEED = 11
_TOKENS, _FILES = 1_200, 20


class Kind(NamedTuple):
    """A kind of question and some of it."""

    name: str
    texts: tuple[str, ...]


class Spent(NamedTuple):
    """Milliseconds of one question, and the most memory of its process in MB."""

    wall: float
    cpu: float
    peak: float


def main() -> None:
    """Measure each repository in turn, the generated ones by size."""
    asked = _options()
    asked.workshop.mkdir(parents=True, exist_ok=True)
    gc.set_threshold(cli.GARBAGE)  # collected as seldom as in the command
    _own_state(asked.workshop)
    counts = [int(count) for count in asked.generated.split(",") if count]
    roots = [_clone(path, asked.workshop) for path in asked.repositories]
    roots += [_generated(count, asked.workshop) for count in counts]
    print(f"{'':22}{'files':>8}  {'kind':8}{'number':>7}" + _heads())
    for root in roots:
        _initialised(root)
        if asked.profile:
            _profile(root, asked.number)
        else:
            _measure(root, asked.number)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repositories", nargs="*", type=Path)
    parser.add_argument("--generated", default="", metavar="N,N")
    parser.add_argument("--number", type=int, default=60, help="questions of each kind")
    workshop = Path(tempfile.gettempdir()) / "sleeper-latency"
    parser.add_argument("--workshop", type=Path, default=workshop)
    parser.add_argument("--profile", action="store_true", help="where the time goes instead")
    return parser.parse_args()


def _own_state(workshop: Path) -> None:
    run = workshop / "run"
    run.mkdir(mode=0o700, exist_ok=True)
    os.environ |= {
        "HOME": str(workshop),
        "XDG_CONFIG_HOME": str(workshop / "config"),
        "XDG_STATE_HOME": str(workshop / "state"),
        "XDG_RUNTIME_DIR": str(run),
    }


def _initialised(root: Path) -> None:
    if not (root / ".git" / "sleeper").exists():
        command = [SLEEPER, "init", "--yes", "--no-daemon"]
        subprocess.run(command, cwd=root, check=True, capture_output=True)


def _clone(repository: Path, workshop: Path) -> Path:
    root = workshop / repository.resolve().name
    if not root.exists():
        subprocess.run(["git", "clone", "-q", "-s", str(repository.resolve()), root], check=True)
    return root


# --- measuring ----------------------------------------------------------------------------------


def _measure(root: Path, number: int) -> None:
    workspace = open_workspace(root, dict(os.environ))
    with closing(read_store(workspace)) as db:
        (tree,) = code.trees(db)
        kinds = questions(db, tree.id, root, number)
        files = db.value("select count(*) from files")
    every: list[Spent] = []
    for kind in kinds:
        spent = [_asked(root, tree.id, text) for text in kind.texts]
        every += spent
        print(_row(root.name, files, kind.name, spent), flush=True)
    print(_row(root.name, files, "all", every), flush=True)


def _asked(root: Path, tree_id: int, text: str) -> Spent:
    """One question in a child of its own: its caches are as cold as a command's."""
    reader, writer = os.pipe()
    child = os.fork()
    if child:
        os.close(writer)
        with os.fdopen(reader) as told:
            said = told.read()
        os.waitpid(child, 0)
        return Spent(*json.loads(said))
    os.close(reader)
    spent = _timed(root, tree_id, text)
    os.write(writer, json.dumps(spent).encode())
    os._exit(0)


def _timed(root: Path, tree_id: int, text: str) -> Spent:
    import resource

    workspace = open_workspace(root, dict(os.environ))
    wall, cpu = time.perf_counter(), time.process_time()
    with closing(read_store(workspace)) as db:
        _context(db, root, tree_id, text)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Spent(wall * 1e3, cpu * 1e3, peak)


def _context(db: Database, root: Path, tree_id: int, text: str) -> None:
    context(Tree(db, tree_id, root), text, budget=_TOKENS, scope=Scope(_FILES))


def _heads() -> str:
    return "".join(
        f"{head:>9}" for head in ("cpu p50", "p95", "max", "wall p50", "p95", "max", "MB")
    )


def _row(name: str, files: int, kind: str, spent: Sequence[Spent]) -> str:
    figures: list[float] = []
    for values in ([one.cpu for one in spent], [one.wall for one in spent]):
        figures += [statistics.median(values), _share(values, 0.95), max(values)]
    figures.append(max(one.peak for one in spent))
    cells = "".join(f"{figure:9.1f}" for figure in figures)
    return f"{name[:21]:22}{files:8}  {kind:8}{len(spent):7}{cells}"


def _share(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1]


def _profile(root: Path, number: int) -> None:
    import cProfile
    import pstats

    workspace = open_workspace(root, dict(os.environ))
    with closing(read_store(workspace)) as db:
        (tree,) = code.trees(db)
        kinds = questions(db, tree.id, root, number)
        with cProfile.Profile() as profile:
            for text in (text for kind in kinds for text in kind.texts):
                _context(db, root, tree.id, text)
    pstats.Stats(profile).sort_stats("cumulative").print_stats(45)


# --- questions ----------------------------------------------------------------------------------


def questions(db: Database, tree_id: int, root: Path, number: int) -> list[Kind]:
    """The same ones each time: subjects, how and where questions, stack traces."""
    chance = random.Random(_SEED)  # noqa: S311 -- no secret
    rows = db.rows(
        """select f.path, s.name, s.start_line, s.doc from symbols s
           join files f on f.blob_id = s.blob_id where f.tree_id = ? and length(s.name) > 5""",
        (tree_id,),
    )
    some = [tuple(row) for row in chance.sample(rows, min(3 * number, len(rows)))]
    return [
        Kind("subject", tuple(_subjects(root, number))),
        Kind("how", tuple(_how(some[:number]))),
        Kind("trace", tuple(_trace(some[at::number][:3]) for at in range(number))),
    ]


def _subjects(root: Path, number: int) -> Iterator[str]:
    repo = git.discover(root)
    command = ["git", "log", "--no-merges", "--format=%s", "-n", str(number)]
    done = subprocess.run(command, cwd=repo.root, check=True, capture_output=True, text=True)
    return islice((line for line in done.stdout.splitlines() if line.strip()), number)


def _how(symbols: Sequence[tuple[str, str, int, str]]) -> Iterator[str]:
    forms = (
        "how does {words} work?",
        "where is {name} decided?",
        "why does {words} fail when {doc}?",
        "what happens to {doc} in {words}?",
    )
    for at, (_, name, _, doc) in enumerate(symbols):
        words = name.replace("_", " ").strip()
        said = " ".join(doc.split()[:6]) or "the value is empty"
        yield forms[at % len(forms)].format(words=words, name=name, doc=said)


def _trace(frames: Sequence[tuple[str, str, int, str]]) -> str:
    lines = ["Traceback (most recent call last):"]
    for path, name, line, _ in frames:
        lines += [f'  File "{path}", line {line + 2}, in {name}', f"    return {name}(value)"]
    return "\n".join([*lines, "ValueError: cannot convert the value: expected a list of numbers"])


# --- generated repositories ---------------------------------------------------------------------


def _generated(count: int, workshop: Path) -> Path:
    """Files whose words are as unevenly spread as people's, a few of them in each commit."""
    root = workshop / f"generated-{count}"
    if root.exists():
        return root
    subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)
    importer = subprocess.Popen(["git", "fast-import", "--quiet"], cwd=root, stdin=subprocess.PIPE)
    importer.communicate(b"".join(_stream(count)))
    if importer.returncode:
        raise RuntimeError("git fast-import failed")
    subprocess.run(["git", "reset", "-q", "--hard"], cwd=root, check=True)
    return root


def _stream(count: int) -> Iterator[bytes]:
    chance = random.Random(_SEED)  # noqa: S311 -- no secret
    say = _Speech(chance)
    paths = [_path(say, number) for number in range(count)]
    each = max(5, count // _COMMITS)
    for commit, start in enumerate(range(0, count, each)):
        subject = f"{chance.choice(('Add', 'Fix', 'Keep', 'Move'))} {say.words(4)}".encode()
        yield f"commit refs/heads/main\nmark :{commit + 1}\n".encode()
        yield f"committer bench <bench@example.org> {1_600_000_000 + 600 * commit} +0000\n".encode()
        yield b"data %d\n%s\n" % (len(subject), subject)
        if commit:
            yield f"from :{commit}\n".encode()
        for path in paths[start : start + each]:
            body = _module(say, chance, paths, start).encode()
            yield f"M 100644 inline {path}\n".encode() + b"data %d\n%s\n" % (len(body), body)


class _Speech:
    """Words by Zipf's law."""

    def __init__(self, chance: random.Random) -> None:
        syllables = [a + b for a in "bcdfglmnprstv" for b in ("a", "e", "i", "o", "u", "er", "in")]
        self._chance = chance
        self._all = [
            "".join(chance.choice(syllables) for _ in range(chance.randint(2, 4)))
            for _ in range(_WORDS)
        ]
        self._sums = list(accumulate(1 / (rank + 8) for rank in range(_WORDS)))

    def some(self, number: int) -> list[str]:
        return self._chance.choices(self._all, cum_weights=self._sums, k=number)

    def words(self, number: int) -> str:
        return " ".join(self.some(number))

    def name(self, number: int) -> str:
        return "_".join(self.some(number))


def _path(say: _Speech, number: int) -> str:
    return f"{say.name(1)}_{number // 500}/{say.name(1)}/{say.name(2)}_{number}.py"


def _module(say: _Speech, chance: random.Random, paths: Sequence[str], known: int) -> str:
    imported = [paths[chance.randrange(known)] for _ in range(2)] if known else []
    lines = [f'"""{say.words(8).capitalize()}."""', ""]
    lines += [f"import {path.removesuffix('.py').replace('/', '.')}" for path in imported]
    lines += ["", f"class {say.name(2).title().replace('_', '')}:", f'    """{say.words(10)}."""']
    for _ in range(4):
        one, other = say.some(2)
        lines += [
            "",
            f"    def {say.name(2)}(self, {one}, {other}=None):",
            f'        """{say.words(12).capitalize()}."""',
            f"        # {say.words(9)}",
            f"        {one} = self.{say.name(2)}({other})",
            f"        if {one} is None:",
            f'            raise ValueError("{say.words(6)}")',
            f"        return {say.name(1)}.{say.name(2)}({one}, {other})",
        ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
