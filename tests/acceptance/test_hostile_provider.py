"""Providers at their worst: nothing is sent beyond the caps, nothing twice, whatever dies."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import GitRepo
from tests.fakes import FakeProvider
from tests.terminal import SHOP, Person, someone

CALLS = 6


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as provider:
        yield provider


@pytest.fixture
def person(repo: GitRepo, private_home: Path, provider: FakeProvider) -> Iterator[Person]:
    for name in ("till", "stock", "bill"):
        repo.write(f"{name}.py", SHOP.replace("total", name))
    with someone(repo, private_home) as person:
        person.env |= {
            "SLEEPER_IDLE_QUIET_S": "0.1",
            "SLEEPER_IDLE_MAX_LOAD": "1000",
            "SLEEPER_IDLE_ON_BATTERY": "true",
            "SLEEPER_IDLE_TERMINALS": "false",
            "SLEEPER_MODEL_DEADLINE_S": "30",
            "SLEEPER_MODEL_SENT_PRICE": "1.0",
            "SLEEPER_MODEL_RECEIVED_PRICE": "2.0",
            "SLEEPER_BUDGET_CALLS_PER_DAY": str(CALLS),
        }
        made = person.types(
            *("init", "--yes", "--no-daemon", "--model", "openai/fake", "--api-base", provider.url)
        )
        assert made.code == 0, made.err
        yield person


class Books:
    """What the ledger says, read from the file itself."""

    def __init__(self, person: Person) -> None:
        (file,) = person.state.glob("*.db")
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
            self.sent = db.execute(
                "select count(*) from calls where state != 'failed' or charged"
                " or error_kind in ('rate', 'quota', 'auth', 'request')"
            ).fetchone()[0]
            self.counted = db.execute(
                "select count(*), coalesce(sum(case state when 'settled' then"
                " tokens_sent + tokens_received else reserved_tokens end), 0)"
                " from calls where state != 'failed' or charged"
            ).fetchone()
            self.applied = db.execute(
                "select count(*) from (select 1 from thoughts where state = 'applied'"
                " group by subject_hash, kind, prompt_version having count(*) > 1)"
            ).fetchone()[0]


def sent_twice(provider: FakeProvider) -> int:
    """Requests beyond the first with the very same words."""
    times = Counter(json.dumps(request.body["messages"]) for request in provider.requests)
    return sum(count - 1 for count in times.values())


@pytest.mark.timeout(180)
def test_through_lies_and_kills_the_ledger_is_the_provider_s_log_and_the_cap_holds(
    person: Person, provider: FakeProvider
) -> None:
    provider.script("usage_x10", "hang")
    person.types("daemon", "start")
    person.until(lambda: len(provider.requests) == 2, seconds=90)
    os.kill(person.pid(), signal.SIGKILL)  # while the provider never finishes

    provider.script("usage_x10")
    person.types("daemon", "start")
    person.until(lambda: "calls per day is used up" in person.types("daemon").out, seconds=120)
    at_cap = len(provider.requests)
    person.types("daemon", "restart")
    person.until(lambda: "calls per day is used up" in person.types("daemon").out, seconds=60)

    books = Books(person)
    assert books.sent == at_cap == CALLS
    assert len(provider.requests) == at_cap, "nothing after the cap, restart or not"
    assert books.counted[1] <= 500_000
    assert books.applied == 0, "nothing is applied twice"
    assert sent_twice(provider) <= 1, "only what the kill cut off"


@pytest.mark.timeout(120)
def test_being_told_to_wait_for_ever_costs_one_request(
    person: Person, provider: FakeProvider
) -> None:
    provider.script("429_ra3600")
    person.types("daemon", "start")
    person.until(lambda: "rate" in person.types("daemon").out, seconds=90)

    person.types("daemon", "restart")
    person.until(lambda: "rate" in person.types("daemon").out, seconds=60)

    assert len(provider.requests) == 1 == Books(person).sent
    spent = json.loads(person.types("cost", "--json").out)
    assert spent["day"]["usd"] == 0
