"""What is shown to come next is what would be sent next, or the cap that forbids it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import fakes
from tests.conftest import GitRepo
from tests.fakes import FakeProvider
from tests.terminal import SHOP, Person, someone

FILES = ("shop.py", "till.py")


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as provider:
        yield provider


@pytest.fixture
def person(
    repo: GitRepo, private_home: Path, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Person]:
    monkeypatch.setattr(fakes, "_kind", lambda *_: "likely-bug")
    repo.write("till.py", SHOP.replace("total", "till"))
    with someone(repo, private_home) as person:
        person.env["SLEEPER_THINK_KINDS"] = "likely-bug"
        made = person.types(
            *("init", "--yes", "--no-daemon", "--model", "openai/fake", "--api-base", provider.url)
        )
        assert made.code == 0, made.err
        yield person


def queue(person: Person) -> dict[str, Any]:
    return dict(json.loads(person.types("status", "--json").out)["queue"])


def planned(person: Person) -> list[str]:
    plan = json.loads(person.types("think", "--plan", "-n", "9", "--json").out)["plan"]
    return [one["subject"] for one in plan]


def queued(person: Person) -> str:
    lines = person.types("status").out.splitlines()
    return next(line for line in lines if line.lstrip().startswith("queue"))


@pytest.mark.timeout(120)
def test_a_subject_whose_cap_is_reached_is_not_shown_as_next(person: Person) -> None:
    first = planned(person)
    assert set(first) >= set(FILES)
    assert queue(person)["next"] == {"subject": first[0], "kind": "likely-bug"}
    assert person.types("think", "-n", "1").code == 0
    path = Path(person.repo.root) / first[0]
    path.write_text(path.read_text() + "\n\ndef again(prices):\n    return sum(prices) + 2\n")
    assert first[0] in planned(person), "it has changed, so there is something to think about"

    person.env["SLEEPER_BUDGET_CALLS_PER_SUBJECT"] = "1"

    assert first[0] not in planned(person)
    told = person.types("think", "--plan").err
    assert "1 more held back: the budget of 1 call a month for one subject is used up" in told
    assert "1 held back" in queued(person)
    refused = person.types("think", first[0])
    assert refused.code == 5
    assert "1 call a month for one subject is used up" in refused.err


@pytest.mark.timeout(120)
def test_where_a_cap_is_why_nothing_is_next_it_is_named(person: Person) -> None:
    person.env["SLEEPER_BUDGET_TOKENS_PER_DAY"] = "3000"

    found = queue(person)

    assert found["next"] is None
    assert "the budget of 3,000 tokens per day would be passed" in found["why_none"]
    assert "next: none: the budget of 3,000 tokens per day" in queued(person)
    assert "none of it now: the budget of 3,000 tokens" in person.types("think", "--plan").err

    person.env["SLEEPER_BUDGET_CALLS_PER_DAY"] = "0"
    assert "next: none: the budget of 0 calls per day is used up" in queued(person)


@pytest.mark.timeout(120)
def test_a_second_look_that_is_too_dear_is_not_next(person: Person) -> None:
    assert person.types("think", "-n", "1").code == 0
    assert queue(person)["next"]["kind"] == "check"

    person.env["SLEEPER_BUDGET_TOKENS_PER_CALL"] = "100"

    assert queue(person)["next"] is None
    assert "and a call may take 100" in queue(person)["why_none"]


@pytest.mark.timeout(120)
def test_a_subject_that_failed_three_times_does_not_come_again(
    person: Person, provider: FakeProvider
) -> None:
    (first, *others) = planned(person)
    provider.script("prose")

    for _ in range(3):
        assert person.types("think", first, "-n", "1").code == 6

    assert planned(person) == others
    assert queue(person)["next"] == {"subject": others[0], "kind": "likely-bug"}


@pytest.mark.timeout(120)
def test_a_second_look_that_is_due_comes_first_and_is_counted(
    person: Person, provider: FakeProvider
) -> None:
    assert person.types("think", "-n", "1").code == 0
    (found,) = json.loads(person.types("bugs", "list", "--json").out)["bugs"]

    assert queue(person)["checks"] == 1
    assert queue(person)["next"] == {"subject": f"likely bug {found['id']}", "kind": "check"}
    assert "1 second look  next: likely bug" in queued(person)

    named = f"likely bug {found['id']}"
    told = person.types("think", "--plan")
    assert f"check\t{named}: {found['title']}" in told.out.splitlines()[1]
    assert "1 second look due: taken before all thoughts" in told.err
    rehearsed = json.loads(person.types("think", "--dry-run", "-n", "1", "--json").out)
    ((look,), (thought,)) = (rehearsed["checks"], rehearsed["calls"])
    assert (look["subject"], look["kind"]) == (named, "check")
    assert look["tokens_sent"] > 0
    assert thought["kind"] == "likely-bug"
    shown = person.types("think", "--dry-run", found["evidence"][0]["path"])
    assert shown.out.startswith(f"=== check: {named}\n")
    assert look["user"] in shown.out
    assert person.types("think", "--plan", "-k", "architecture", "--json").out.count(named) == 0
    before = len(provider.requests)
    person.types("bugs", "recheck", str(found["id"]))
    sent = provider.requests[before].prompt
    assert sent == (look["system"], look["user"])

    provider.script("prose")
    for _ in range(3):
        person.types("bugs", "recheck", str(found["id"]))
    assert queue(person)["checks"] == 0, "three attempts came to nothing"
    person.env["SLEEPER_THINK_CHECK_BUGS"] = "false"
    assert queue(person)["checks"] == 0
