"""Definitions and references of the index beside universal-ctags, on the same files.

    python benchmarks/languages.py python=FOLDER go=FOLDER ... [--differences 15]

Each folder is a clone of a repository; of its files those that git tracks in the language are read,
but for what the index leaves out as generated or minified. A definition is in both if its name is
found in the same file at the same line, or at a line of the other's range: ctags names the line of
the name, the index the first line of the definition with its decorators. Kinds of ctags that are
no definitions to us (parameters, locals, imports, packages) are not asked for. Where ctags is not
installed only our own counts are printed.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from repo_sleeper.domain.text import as_utf8
from repo_sleeper.index.contents import skip_by_content
from repo_sleeper.index.languages import language_of
from repo_sleeper.index.tags import extract

# Language of ours -> language of ctags and the kinds of it that are definitions to us.
CTAGS = {
    "python": ("Python", "cfmv"),
    "javascript": ("JavaScript", "cfgmG"),
    "typescript": ("TypeScript", "cefgimnpG"),
    "tsx": ("TypeScript", "cefgimnpG"),
    "go": ("Go", "fcntvsimMae"),
    "rust": ("Rust", "nsifgtvMmeP"),
    "java": ("Java", "acefgim"),
    "c": ("C", "defgmpstuv"),
    "cpp": ("C++", "cdefgmnpstuv"),
    "csharp": ("C#", "cdeEfgimpst"),
    "ruby": ("Ruby", "cfmSCA"),
    "php": ("PHP", "cdfitv"),
    "kotlin": ("Kotlin", "Tcfimo"),
    "scala": ("Scala", "cotTmlLP"),
    "bash": ("Sh", "f"),
    "lua": ("Lua", "f"),
}
_LAST = re.compile(r"[.:\\\\]+")
_LARGEST = 1 << 20


class Found(NamedTuple):
    """A definition: where its name may be looked for, and what each side calls it."""

    path: str
    name: str
    start: int
    end: int
    kind: str


def main() -> None:
    """Print one row for each language, and differences where they are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Plain)
    parser.add_argument("pairs", nargs="+", metavar="LANGUAGE=FOLDER")
    parser.add_argument("--differences", type=int, default=0, metavar="N")
    chosen = parser.parse_args()
    print(
        "| language | files | definitions | ctags | in both | ours only | ctags only | references |"
    )
    print("|---|---|---|---|---|---|---|---|")
    told = [_row(*pair.split("=", 1)) for pair in chosen.pairs]
    for language, ours, theirs in told:
        _tell(language, ours, theirs, chosen.differences)


class _Plain(argparse.RawDescriptionHelpFormatter):
    """The description as it is written."""


def _row(language: str, folder: str) -> tuple[str, list[Found], list[Found]]:
    root = Path(folder)
    sources = dict(_sources(root, language))
    ours, uses = [], 0
    for path, data in sources.items():
        parsed = extract(data, language)
        uses += len(parsed.references)
        ours += [
            Found(path, one.name, one.range.start + 1, one.range.end, one.kind.value)
            for one in parsed.symbols
        ]
    theirs = list(_ctags(root, list(sources), language))
    only_ours, only_theirs = _differences(ours, theirs)
    both = len(theirs) - len(only_theirs)
    share = f"{both} ({100 * both / len(theirs):.1f} %)" if theirs else "-"
    row = (language, len(sources), len(ours), len(theirs) or "-", share)
    print("|", *(f"{cell} |" for cell in (*row, len(only_ours), len(only_theirs), uses)))
    return language, only_ours, only_theirs


def _sources(root: Path, language: str) -> Iterator[tuple[str, bytes]]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True
    )
    for path in listed.stdout.split("\0")[:-1]:
        file = root / path
        if not file.is_file() or file.is_symlink() or file.stat().st_size > _LARGEST:
            continue
        data = as_utf8(file.read_bytes())
        if language_of(path, data) == language and skip_by_content(path, data, language) is None:
            yield path, data


def _ctags(root: Path, paths: Sequence[str], language: str) -> Iterator[Found]:
    if shutil.which("ctags") is None or language not in CTAGS:
        return
    name, kinds = CTAGS[language]
    known = subprocess.run(
        ["ctags", f"--list-kinds={name}"], check=False, capture_output=True, text=True
    ).stdout
    if not known:
        return  # this ctags does not speak it
    letters = "".join(one for one in kinds if f"\n{one} " in f"\n{known}")
    wanted = ("-x", "--_xformat=%F\t%n\t%{end}\t%K\t%N", "--fields=+e", f"--language-force={name}")
    command = ["ctags", *wanted, f"--kinds-{name}={letters}", f"--languages={name}", "-L", "-"]
    done = subprocess.run(
        command, cwd=root, input="\n".join(paths).encode(), capture_output=True, check=True
    )
    for line in done.stdout.decode("utf-8", "replace").split("\n")[:-1]:
        path, start, end, kind, called = line.split("\t", 4)
        if not called.startswith(("__anon", "anonymous", "Anonymous", "<")):
            yield Found(
                path, _LAST.split(called)[-1].rstrip("="), int(start), int(end or start), kind
            )


def _differences(ours: list[Found], theirs: list[Found]) -> tuple[list[Found], list[Found]]:
    by_name: dict[tuple[str, str], list[Found]] = defaultdict(list)
    for one in ours:
        by_name[one.path, one.name.rstrip("=")].append(one)
    left: list[Found] = []
    for one in theirs:
        same = by_name[one.path, one.name]
        around = [our for our in same if our.start <= one.start <= our.end]
        match = min(around, key=lambda our: one.start - our.start, default=None)
        if match is None:
            left.append(one)
        else:
            same.remove(match)
    return [one for some in by_name.values() for one in some], left


def _some(found: list[Found], count: int) -> list[Found]:
    return random.Random(7).sample(found, min(count, len(found)))  # noqa: S311 -- to look at


def _tell(language: str, ours: list[Found], theirs: list[Found], count: int) -> None:
    for side, found in (("ours only", ours), ("ctags only", theirs)):
        kinds = ", ".join(
            f"{n} {kind}" for kind, n in Counter(one.kind for one in found).most_common()
        )
        print(f"\n{language}, {side}: {kinds or 'none'}")
        for one in sorted(_some(found, count)):
            print(f"  {one.path}:{one.start} {one.kind} {one.name}")


if __name__ == "__main__":
    main()
