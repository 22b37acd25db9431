"""Start-up: `sleeper --help` and a warm `sleeper ask --context` beside a bare Python.

    python benchmarks/startup.py REPOSITORY [--runs 15]

REPOSITORY must be initialised (`sleeper init`). Peak memory is the highest seen so far in this
run, so only the first growth means something.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness import in_turn, table


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repository", type=Path)
    parser.add_argument("--question", default="where are requests retried")
    parser.add_argument("--runs", type=int, default=15)
    chosen = parser.parse_args()
    sleeper = str(Path(sys.executable).with_name("sleeper"))
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "sleeper --help": [sleeper, "--help"],
        "sleeper ask --context": [sleeper, "ask", "--context", chosen.question],
        "sleeper status": [sleeper, "status"],
    }
    # Byte code is compiled on installation by pip; this machine may forbid it for tests.
    results = in_turn(
        commands, runs=chosen.runs, cwd=chosen.repository, env={"PYTHONDONTWRITEBYTECODE": ""}
    )
    print(table(results, floor="python -c pass"))


if __name__ == "__main__":
    main()
