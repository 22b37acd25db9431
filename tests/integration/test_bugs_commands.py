"""A person and the likely bugs, at a terminal; the model answers from the prompt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from repo_sleeper.store import bug_fates
from tests import fakes
from tests.conftest import GitRepo
from tests.fakes import FakeProvider
from tests.terminal import Person, someone


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as provider:
        yield provider


@pytest.fixture
def person(
    repo: GitRepo, private_home: Path, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Person]:
    monkeypatch.setattr(fakes, "_kind", lambda *_: "likely-bug")
    with someone(repo, private_home) as person:
        made = person.types(
            *("init", "--yes", "--no-daemon", "--model", "openai/fake", "--api-base", provider.url)
        )
        assert made.code == 0, made.err
        yield person


def bug(person: Person, *args: str) -> dict[str, object]:
    listed = json.loads(person.types("bugs", "list", "--json", *args).out)["bugs"]
    assert len(listed) == 1
    return dict(listed[0])


@pytest.mark.timeout(180)
def test_a_likely_bug_from_the_first_claim_to_the_last_word(
    person: Person, provider: FakeProvider
) -> None:
    assert person.types("bugs").code == 3
    assert person.types("think", "--kind", "likely-bug", "--limit", "1").code == 0
    found = bug(person)
    assert (found["state"], found["hypothesis"]) == ("new", True)
    assert "\tnew\t" in person.types("bugs").out
    id_ = str(found["id"])[:8]

    checked = person.types("bugs", "recheck", id_)
    assert f"again: {found['id']} {found['title']}\n      seen again, " in checked.err
    assert "again: agrees" in checked.out
    assert "refute: stands" in checked.out
    assert bug(person)["state"] == "confirmed"
    assert len(provider.requests) == 3
    spent = json.loads(person.types("cost", "--by", "kind", "--json").out)["sums"]
    assert {one["key"]: one["calls"] for one in spent} == {"likely-bug": 1, "check": 2}
    assert "Judge the finding." in person.types("cost", "show", "3").out

    assert person.types("bugs", "dismiss", id_, "--why", "by design").code == 0
    assert person.types("bugs").code == 3
    assert bug(person, "--all")["why"] == "by design"
    again = person.types("bugs", "dismiss", id_)
    assert (again.code, "was dismissed already" in again.err) == (3, True)
    refused = person.types("bugs", "recheck", id_)
    assert refused.code == 2
    assert f"`sleeper notes restore {found['id']}` takes it back" in refused.err
    assert person.types("bugs", "confirm", id_, "--why", "after all").code == 0
    assert "confirmed: after all" in person.types("bugs", "show", id_.upper()).out
    assert json.loads(person.types("bugs", "show", id_, "--json").out)["bug"]["checks"]

    suspects = json.loads(person.types("bugs", "--suspects", "--json").out)["suspects"]
    assert [one["path"] for one in suspects] == ["shop.py"]
    assert "shop.py" in person.types("bugs", "--suspects").out
    assert person.types("eval", "--suspicion").code == 3


@pytest.mark.timeout(180)
def test_the_second_looks_that_are_due_are_taken_at_once(
    person: Person, provider: FakeProvider
) -> None:
    none = person.types("bugs", "recheck")
    assert (none.code, "no second look is due" in none.err) == (3, True)
    assert person.types("think", "--kind", "likely-bug", "--limit", "1").code == 0

    one = person.types("bugs", "recheck", "--limit", "1", "--json")
    assert [check["step"] for check in json.loads(one.out)["bugs"][0]["checks"]] == ["again"]
    done = person.types("bugs", "recheck")

    found = bug(person)
    assert done.code == 0, done.err
    assert f"refute: {found['id']} {found['title']}\n      confirmed, " in done.err
    assert f"{found['id']}\tconfirmed\t" in done.out
    assert len(provider.requests) == 3


def test_a_second_look_that_fails_is_not_taken_again_in_the_same_round(
    person: Person, provider: FakeProvider
) -> None:
    assert person.types("think", "--kind", "likely-bug", "--limit", "1").code == 0
    provider.script("prose")

    assert person.types("bugs", "recheck").code == 6

    assert len(provider.requests) == 2
    assert bug(person)["state"] == "new"


def test_a_second_look_costs_no_more_than_it_may(person: Person, provider: FakeProvider) -> None:
    assert person.types("think", "--kind", "likely-bug", "--limit", "1").code == 0

    refused = person.types("bugs", "recheck", "--max-cost", "1")

    assert (refused.code, "--max-cost cannot bind" in refused.err) == (5, True)
    assert len(provider.requests) == 1


def test_what_a_look_refutes_is_listed_as_dismissed(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fakes, "VERDICT", "refuted")
    assert person.types("think", "--kind", "likely-bug", "--limit", "1").code == 0

    done = person.types("bugs", "recheck")

    assert "      refuted, " in done.err
    assert "\tdismissed\t" in done.out


def test_whether_notes_have_paid_is_not_made_up(person: Person) -> None:
    assert person.types("think", "--kind", "likely-bug", "--limit", "1").code == 0

    assert "used" in person.types("cost", "notes").out
    even = json.loads(person.types("cost", "break-even", "--json").out)
    assert even["questions_to_even"]["paper"] is None, "nothing was asked yet"
    assumed = person.types("cost", "break-even", "--without", "6000", "--spares", "2").out
    assert "N* = Bs" in assumed
    assert "1 question at t = 10" in assumed
    assert "(assumed: --without says so)" in assumed


@pytest.mark.timeout(180)
def test_only_a_commit_since_resolves_a_bug(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit in progress and an older commit are no proof that anybody mended it."""
    repo, file = person.repo, person.repo.root / "shop.py"
    older = repo.git("rev-parse", "HEAD").strip()
    repo.commit("Add postage", shop_py=f"{file.read_text()}\n\nPOSTAGE = 3\n")
    found_at = repo.git("rev-parse", "HEAD").strip()
    assert person.types("think", "--kind", "likely-bug", "--limit", "1").code == 0
    id_ = str(bug(person)["id"])
    as_found = file.read_text()

    file.write_text(as_found.replace("(", "( 1 + ").replace("return", "return 0 or"))
    edited = bug(person, "--all")
    assert (edited["state"], edited["why"]) == ("stale", bug_fates.EDITED)
    none = person.types("bugs")
    assert (none.code, "`sleeper bugs --all` lists 1 stale" in none.err) == (3, True)

    repo.commit("Mend the total")
    mended = bug(person, "--all")
    assert (mended["state"], mended["why"]) == ("resolved", "Mend the total")
    assert mended["resolved_by"] == repo.git("rev-parse", "HEAD").strip()
    for verb in ("confirm", "recheck"):
        refused = person.types("bugs", verb, id_)
        assert (refused.code, f"{id_} is resolved by " in refused.err) == (2, True)

    monkeypatch.setattr(fakes, "_kind", lambda *_: "architecture")  # so that no bug is found
    assert person.types("think", "shop.py", "--kind", "likely-bug").code == 0
    assert bug(person, "--all") == mended

    repo.git("checkout", "--quiet", older)
    file.write_text(file.read_text().replace("return", "return 0 or"))
    gone = bug(person, "--all")
    assert gone["why"] == f"found at {found_at[:10]}, not in this checkout"

    repo.git("checkout", "--quiet", "--force", found_at)
    assert bug(person)["state"] == "new"
    assert json.loads(person.types("bugs", "confirm", id_, "--json").out)["bug"]["state"] == (
        "confirmed"
    )
