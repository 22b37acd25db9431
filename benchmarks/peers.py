"""The peers that a speed is measured beside, where they are installed.

    python benchmarks/peers.py FOLDER

FOLDER holds one environment for each: `aider` (a venv with aider-chat), `kit` (a venv with
cased-kit, tqdm and tree-sitter-language-pack==0.13.0) and `codegraph` (what `npm install --prefix`
made of @colbymchenry/codegraph). Those that are absent are left out.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path


def peers(folder: Path) -> list[str]:
    """Each as benchmarks/index.py takes it: its name, the folder of its index, its command."""
    codegraph = folder / "codegraph" / "node_modules" / ".bin" / "codegraph"
    found = [f"codegraph=.codegraph={codegraph} init"] if codegraph.is_file() else []
    for name, cache in (("aider", ".aider.tags.cache.v4"), ("kit", ".kit")):
        python = folder / name / "bin" / "python"
        if python.is_file():
            found.append(f"{name}={cache}={python} {Path(__file__).resolve()} --inside {name}")
    return found


def _aider() -> None:
    """A ranked map of every tracked file, as its chat would be given."""
    screen = import_module("aider.io").InputOutput(pretty=False)

    class Model:
        def token_count(self, text: str) -> int:
            return len(text) // 4

    listed = subprocess.run(["git", "ls-files"], check=True, capture_output=True, text=True)
    ranked = import_module("aider.repomap").RepoMap(root=".", main_model=Model(), io=screen)
    print(len(ranked.get_repo_map([], listed.stdout.splitlines()) or ""))


def _kit() -> None:
    """Every symbol; it knows no references."""
    print(len(import_module("kit").Repository(".").extract_symbols()))


_INSIDE: dict[str, Callable[[], None]] = {"aider": _aider, "kit": _kit}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        _INSIDE[sys.argv[2]]()
    else:
        print("\n".join(peers(Path(sys.argv[1]))))
