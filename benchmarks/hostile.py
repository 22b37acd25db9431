"""A real repository against providers at their worst: `python benchmarks/hostile.py WORK_TREE`.

The store of the work tree is made anew if there is none. For each kind of provider the daemon is
started, killed with SIGKILL after its first requests, started again and left until it gives up.
Then the provider's own log is compared with the ledger.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.fakes import FakeProvider

SLEEPER = str(Path(sys.executable).with_name("sleeper"))
MODES = ("hang", "empty_content", "prose", "usage_x10", "429_ra1", "ok")
CALLS = 6
TOKENS = 20_000_000
_KILL_AFTER = 2  # requests
_PATIENCE_S = 75.0
_SENT = """select count(*) from calls where id > ? and (state != 'failed' or charged
    or error_kind in ('rate', 'quota', 'auth', 'request', 'refused', 'too-long'))"""
_COUNTED = "select count(*), coalesce(sum({}), 0) from calls where state != 'failed' or charged"
_TOKENS = "case state when 'settled' then tokens_sent + tokens_received else reserved_tokens end"
_GIVEN_UP = ("used up", "waits", "rate", "timeout", "reply", "nothing is left", "no-progress")


class Place(NamedTuple):
    """A work tree, the environment of its daemon, and its provider."""

    root: Path
    env: dict[str, str]
    provider: FakeProvider

    @property
    def store(self) -> Path:
        """The database of this work tree."""
        return self.root / ".git" / "sleeper" / "sleeper.db"

    def types(self, *args: str) -> str:
        """Run `sleeper` and return what it prints."""
        done = subprocess.run(
            [SLEEPER, *args],
            cwd=self.root,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    def value(self, query: str, *values: object) -> tuple[int, ...]:
        """One row of the ledger."""
        with closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True)) as db:
            return tuple(db.execute(query, values).fetchone())

    def until(self, wanted: str | int) -> bool:
        """Wait for so many requests, or for the daemon to say why it rests."""
        end = time.monotonic() + _PATIENCE_S
        while time.monotonic() < end:
            if isinstance(wanted, int) and len(self.provider.requests) >= wanted:
                return True
            if isinstance(wanted, str) and any(w in self.types("daemon") for w in _GIVEN_UP):
                return True
            time.sleep(0.5)
        return False


def main() -> None:
    """Print one row for each kind of provider, and one for all of them."""
    root = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="hostile") as home, FakeProvider() as provider:
        place = Place(root, _environment(home, provider), provider)
        print(place.types("init", "--yes", "--no-daemon").strip().splitlines()[-1:])
        print("provider        requests  ledger  applied twice  sent twice  over the cap")
        for mode in MODES:
            _suffer(place, mode)
        counted, tokens = place.value(_COUNTED.format(_TOKENS))
        print(f"all: {counted} calls counted, {tokens:,} tokens of a cap of {TOKENS:,}")


def _environment(home: str, provider: FakeProvider) -> dict[str, str]:
    folders = {
        f"XDG_{name}_HOME": f"{home}/{name}" for name in ("CONFIG", "STATE", "DATA", "CACHE")
    }
    runtime = Path(home) / "run"
    runtime.mkdir(mode=0o700)
    return {
        **os.environ,
        **folders,
        "HOME": home,
        "XDG_RUNTIME_DIR": str(runtime),
        "SLEEPER_MODEL_NAME": "openai/fake",
        "SLEEPER_MODEL_API_BASE": provider.url,
        "SLEEPER_MODEL_DEADLINE_S": "15",
        "SLEEPER_IDLE_QUIET_S": "0.1",
        "SLEEPER_IDLE_MAX_LOAD": "1000",
        "SLEEPER_IDLE_ON_BATTERY": "true",
        "SLEEPER_IDLE_TERMINALS": "false",
        "SLEEPER_BUDGET_TOKENS_PER_DAY": str(TOKENS),
    }


def _suffer(place: Place, mode: str) -> None:
    """One kind of provider: start, kill, start again, and compare the books."""
    provider = place.provider
    provider.script(mode)
    provider.requests.clear()
    (last,) = place.value("select coalesce(max(id), 0) from calls")
    (counted, _) = place.value(_COUNTED.format(_TOKENS))
    place.env["SLEEPER_BUDGET_CALLS_PER_DAY"] = str(counted + CALLS)
    with closing(sqlite3.connect(place.store, timeout=30)) as db, db:
        db.execute("delete from meta where key = 'pause'")
    place.types("daemon", "start")
    if place.until(_KILL_AFTER):
        _kill(place)
        place.types("daemon", "start")
    place.until("given up")
    place.types("daemon", "restart")
    time.sleep(5)
    place.types("daemon", "stop")
    (sent,) = place.value(_SENT, last)
    (twice,) = place.value(
        "select count(*) from (select 1 from thoughts where state = 'applied'"
        " group by subject_hash, kind, prompt_version having count(*) > 1)"
    )
    times = Counter(json.dumps(request.body["messages"]) for request in provider.requests)
    again = sum(count - 1 for count in times.values())
    over = max(len(provider.requests) - CALLS, 0)
    print(f"{mode:14}  {len(provider.requests):8}  {sent:6}  {twice:13}  {again:10}  {over:12}")
    sys.stdout.flush()


def _kill(place: Place) -> None:
    inscribed = (place.store.parent / "daemon.lock").read_text()
    os.kill(int(json.loads(inscribed)["pid"]), signal.SIGKILL)


if __name__ == "__main__":
    main()
