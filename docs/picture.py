"""Draws docs/sleeper.svg: real output of real commands, in a repository that has been set up.

python docs/picture.py REPOSITORY "a question about it"
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 118
LONGEST = 34  # lines of one answer; the picture is a first look, not a manual


def main() -> None:
    """Run the commands and write the picture beside this file."""
    repository, question = sys.argv[1:3]
    console = Console(
        record=True, width=WIDTH, force_terminal=True, file=Path(os.devnull).open("w")
    )
    for words in (["ask", "--context", question], ["status"]):
        shown = " ".join(f'"{word}"' if " " in word else word for word in words)
        console.print(Text(f"$ sleeper {shown}", style="bold"))
        console.print(Text.from_ansi(_output(repository, words)), soft_wrap=False)
        console.print()
    Path(__file__).with_name("sleeper.svg").write_text(console.export_svg(title="sleeper"))


def _output(repository: str, words: list[str]) -> str:
    sleeper = str(Path(sys.executable).with_name("sleeper"))
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH)}
    done = subprocess.run(
        [sleeper, *words],
        cwd=repository,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    lines = done.stdout.replace(repository, "~/" + Path(repository).name).splitlines()
    return "\n".join([*lines[:LONGEST], *(["..."] if len(lines) > LONGEST else [])])


if __name__ == "__main__":
    main()
