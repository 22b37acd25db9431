from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import fakes
from tests.conftest import GitRepo
from tests.fakes import FakeProvider
from tests.terminal import SLEEPER, Done, Person, descendants, someone

BENCHMARK = """\
from shop import total


def time_total():
    return total([1] * 1000)
"""


@pytest.fixture
def person(repo: GitRepo, private_home: Path) -> Iterator[Person]:
    with someone(repo, private_home) as person:
        yield person


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProvider]:
    """A model provider on this machine that answers about the kind it is asked for."""
    # The instructions name other kinds as plain words; the task names the one that is asked for.
    monkeypatch.setattr(fakes, "_kind", _kind)
    with FakeProvider() as provider:
        yield provider


def _kind(_system: str, user: str) -> str:
    found = re.findall(r'has the kind "([a-z-]+)"', user)
    return found[-1] if found else "architecture"


@pytest.fixture
def thinker(person: Person, provider: FakeProvider) -> Person:
    """A person with a model: a provider on this machine, asked through the real worker."""
    person.env |= {
        "SLEEPER_IDLE_QUIET_S": "0.2",
        "SLEEPER_IDLE_MAX_LOAD": "1000",
        "SLEEPER_IDLE_ON_BATTERY": "true",
        "SLEEPER_THINK_CHECK_BUGS": "false",
        "FAKE_KEY": "fake-key-for-tests",
    }
    made = person.types(
        *("init", "--yes", "--no-daemon", "--model", "openai/fake", "--api-base", provider.url)
    )
    assert made.code == 0
    config = Path(person.env["XDG_CONFIG_HOME"]) / "sleeper" / "config.toml"
    config.write_text(
        config.read_text().replace(
            "[model]", '[model]\nkey_env = "FAKE_KEY"\nsent_price = 1.0\nreceived_price = 2.0'
        )
    )
    return person


@pytest.mark.timeout(120)
def test_it_thinks_while_nobody_works_and_answers_from_its_notes(
    thinker: Person, provider: FakeProvider
) -> None:
    rehearsed = thinker.types("think", "--dry-run")
    assert rehearsed.code == 0
    assert not provider.requests
    assert "at most $" in rehearsed.err

    thinker.types("daemon", "start")
    thinker.until(lambda: thinker.log().count("thought about shop.py") == 3, seconds=90)
    assert len(provider.requests) == 3, thinker.log()
    for request in provider.requests:
        assert request.prompt[1] in rehearsed.out, "what was rehearsed is what was sent"
    thinker.until(lambda: "nothing is left" in thinker.types("daemon").out)

    listed = json.loads(thinker.types("notes", "list", "--origin", "model", "--json").out)
    assert {note["kind"] for note in listed["notes"]} == {
        *("architecture", "likely-bug", "debugging-strategy")
    }
    bug = json.loads(thinker.types("bugs", "--json").out)["bugs"][0]
    assert "shop.py:" in thinker.types("bugs", "show", bug["id"][:6]).out
    assert thinker.types("notes", "search", "shop").code == 0
    assert thinker.types("notes", "show", "shop.py").out.count("model · fresh") == 3

    spent = json.loads(thinker.types("cost", "--by", "kind", "--json").out)
    assert [one["calls"] for one in spent["sums"]] == [1, 1, 1]
    assert spent["day"]["usd"] > 0
    shown = thinker.types("cost", "show", "1").out
    assert "shop.py" in shown
    assert "fake-key" not in shown + thinker.log()
    assert thinker.types("cost", "calls").out.count("settled") == 3
    assert thinker.types("cost", "show", "99").code == 3

    asked = thinker.types("ask", "how does total add the tax")
    assert asked.code == 0, asked.err
    assert "shop.py:" in asked.out
    assert len(provider.requests) == 4

    assert thinker.types("bugs", "dismiss", bug["id"], "--why", "by design").code == 0
    assert thinker.types("bugs").code == 3


@pytest.mark.timeout(120)
def test_an_optimization_is_thought_about_when_asked_for_and_found_by_a_question(
    thinker: Person, provider: FakeProvider
) -> None:
    thinker.repo.write("benchmarks/bench_shop.py", BENCHMARK)
    thinker.repo.write("Makefile", "bench:\n\tpython benchmarks/bench_shop.py\n")

    done = thinker.types("think", "shop.py", "-k", "optimization", "--json")

    assert done.code == 0, done.err
    (note,) = json.loads(done.out)["notes"]
    assert (note["kind"], note["evidence"][0]["path"]) == ("optimization", "shop.py")
    prompt = provider.requests[0].prompt[1]
    assert "- run by benchmarks/bench_shop.py:4 " in prompt
    assert "- make bench (Makefile)" in prompt
    listed = thinker.types("notes", "list", "-k", "optimization", "--json")
    assert [one["id"] for one in json.loads(listed.out)["notes"]] == [note["id"]]
    asked = thinker.types("ask", "what decides the total in shop.py", "--context", "--json")
    told = json.loads(asked.out)
    assert note["id"] in {one["id"] for one in told["notes"]}
    assert note["title"] in told["text"]


@pytest.mark.timeout(120)
def test_a_provider_that_refuses_stops_it_until_a_person_acts(
    thinker: Person, provider: FakeProvider
) -> None:
    provider.script("401")
    failed = thinker.types("think", "--limit", "2")
    assert failed.code == 6
    assert len(provider.requests) == 1, "a key that is refused is not tried again"
    assert "auth" in thinker.types("status").out

    thinker.types("daemon", "start")
    thinker.until(lambda: "auth" in thinker.types("daemon").out)
    assert len(provider.requests) == 1

    provider.script("ok")
    done = thinker.types("think", "--kind", "likely-bug", "--json")
    assert done.code == 0, done.err
    assert "trying again after: auth" in done.err
    assert len(json.loads(done.out)["notes"]) == 1


def _stopped(person: Person, *args: str, when: Callable[[int], object]) -> Done:
    """Type a command, and Ctrl-C as soon as something is so of its process."""
    with subprocess.Popen(
        [SLEEPER, *args],
        cwd=person.repo.root,
        env=person.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        person.until(lambda: when(running.pid))
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=20)
    return Done(running.returncode, out, err)


def _has_a_worker(pid: int) -> bool:
    commands = (Path(f"/proc/{one}/cmdline") for one in descendants(pid))
    return any(b"llm.worker" in file.read_bytes() for file in commands if file.exists())


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="has no /proc")
@pytest.mark.timeout(120)
@pytest.mark.parametrize("words", [("think", "-n", "2"), ("ask", "how does total add the tax")])
def test_control_c_charges_a_call_only_once_it_has_left(
    thinker: Person, provider: FakeProvider, words: tuple[str, ...]
) -> None:
    def counted() -> tuple[int, str]:
        (call,) = json.loads(thinker.types("cost", "calls", "-n", "1", "--json").out)["calls"]
        return json.loads(thinker.types("cost", "--json").out)["day"]["calls"], call["state"]

    early = _stopped(thinker, *words, when=_has_a_worker)

    assert (early.code, early.out) == (130, "")
    assert "stopped before anything was sent: it costs nothing" in early.err
    assert counted() == (0, "failed")
    assert not provider.requests

    provider.script("hang")
    late = _stopped(thinker, *words, when=lambda _: provider.requests)

    assert (late.code, late.out) == (130, "")
    assert "it counts as the most it can have cost" in late.err
    assert counted() == (1, "failed")
    assert len(provider.requests) == 1, "the second of two is not begun"


@pytest.mark.timeout(120)
def test_a_daemon_that_starts_meanwhile_gives_no_call_of_a_command_up(
    thinker: Person, provider: FakeProvider
) -> None:
    def state() -> str:
        (call,) = json.loads(thinker.types("cost", "calls", "--json").out)["calls"]
        return str(call["state"])

    provider.script("hang")
    words = [SLEEPER, "think", "-n", "1"]
    with subprocess.Popen(words, cwd=thinker.repo.root, env=thinker.env) as thinking:
        thinker.until(lambda: provider.requests)
        thinker.env["SLEEPER_IDLE_QUIET_S"] = "3600"
        thinker.types("daemon", "start")
        assert state() == "reserved"
        thinking.kill()

    thinker.types("daemon", "restart")
    assert state() == "unknown", "nobody waits for it any more"


def test_what_may_be_spent_is_kept_to(thinker: Person, provider: FakeProvider) -> None:
    refused = thinker.types("think", "--max-cost", "0.0001")

    assert refused.code == 5
    assert "--max-cost leaves $0.0001, this call may cost $0.0" in refused.err
    assert "`sleeper think --dry-run` says what each call may cost" in refused.err
    assert not provider.requests


def test_a_sum_is_not_promised_where_nobody_knows_the_price(
    thinker: Person, provider: FakeProvider
) -> None:
    config = Path(thinker.env["XDG_CONFIG_HOME"]) / "sleeper" / "config.toml"
    config.write_text(re.sub(r"(?m)^(sent|received)_price.*\n?", "", config.read_text()))

    refused = thinker.types("think", "--max-cost", "1")

    assert refused.code == 5
    assert "--max-cost cannot bind" in refused.err
    assert "hint:  model.sent_price and model.received_price in your settings" in refused.err
    assert not provider.requests
    unlimited = thinker.types("think", "-n", "1")
    assert unlimited.code == 0
    assert "price unknown" in unlimited.err
    assert "$0.00" not in unlimited.err
    assert json.loads(thinker.types("think", "-n", "1", "--json").out)["usd"] is None
    thinker.types("ask", "how is the tax of a total made?")
    prices = {"SLEEPER_MODEL_SENT_PRICE": "1", "SLEEPER_MODEL_RECEIVED_PRICE": "10"}
    for later in ({}, prices):  # a price of today says nothing about what was paid before
        for words in (("--by", "model"), ("calls",), ("notes",)):
            told = thinker.types("cost", *words, **later).out
            assert "$?" in told.splitlines()[1]
            assert "$0.00" not in told
        assert "usd  ? (nobody knew the price)" in thinker.types("cost", "show", "1", **later).out
        assert "cost $?, " in thinker.types("notes", "show", _a_note(thinker), **later).out
        even = thinker.types("cost", "break-even", **later).out
        assert "spent on notes so far    $?" in even
        assert "at $? each" in even
        assert "even, in money           unknown: nobody knows" in even
        sums = json.loads(thinker.types("cost", "--json", **later).out)
        assert (sums["sums"][0]["usd"], sums["sums"][0]["unpriced"]) == (None, 3)
        assert (sums["day"]["usd"], sums["month"]["usd"]) == (None, None)
        calls = json.loads(thinker.types("cost", "calls", "--json", **later).out)["calls"]
        assert [call["usd"] for call in calls] == [None] * 3
    thinker.types("think", "-n", "1", **prices)
    assert re.search(r"today +\$0\.\d+ and \$\? of", thinker.types("cost", **prices).out)


def _a_note(person: Person) -> str:
    found = json.loads(person.types("cost", "notes", "--json").out)["notes"]
    return str(found[0]["id"])


def test_what_nobody_knows_the_cost_of_is_counted_in_full_and_said_so(
    thinker: Person, provider: FakeProvider
) -> None:
    provider.script("500", "usage_x10", "usage_absurd")
    for _ in range(3):
        thinker.types("think", "-n", "1", "shop.py")

    calls = json.loads(thinker.types("cost", "calls", "--json").out)["calls"]
    absurd, tenfold, failed = calls
    assert failed["tokens"] > 0
    assert (failed["sent"], failed["received"]) == (0, 0)
    told = thinker.types("cost").out
    today = json.loads(thinker.types("cost", "--json").out)
    assert today["sums"][0]["tokens"] == today["day"]["tokens"]
    assert today["in_full"]["calls"] == 2
    assert "for 2 calls of unknown cost: each counts as the most it can have taken" in told
    row = thinker.types("cost", "calls").out.splitlines()[-1].split("\t")
    assert row[5] == f"{failed['tokens']:,}"
    assert re.match(r"shop\.py[^:]*(::\w+)?: the provider has trouble", row[-1])
    assert "usage  not told" in thinker.types("cost", "show", str(absurd["id"])).out
    assert "usage  told a count" in thinker.types("cost", "show", str(tenfold["id"])).out


def test_settings_that_changed_since_they_were_trusted_stop_sending(
    thinker: Person, provider: FakeProvider
) -> None:
    thinker.repo.write(".sleeper.toml", "[index]\nignore = ['secret/']\n")

    refused = thinker.types("think")
    assert refused.code == 4
    assert "sleeper trust" in refused.err
    assert "sleeper trust" in thinker.types("status").out
    for words in ((), ("--model", "openai/fake")):
        asked = thinker.types("ask", *words, "how is the tax of a total made?")
        assert asked.code == 0
        assert "no model is asked: .sleeper.toml changed since it was trusted; look" in asked.err
    assert (
        "no model" not in thinker.types("ask", "--context", "how is the tax of a total made?").err
    )

    assert thinker.types("trust").code == 0
    assert "sleeper trust" not in thinker.types("status").out
    (thinker.repo.root / ".sleeper.toml").unlink()
    assert "gone since it was trusted; `sleeper trust` goes on" in thinker.types("status").out
    assert thinker.types("trust").code == 0
    assert "sleeper trust" not in thinker.types("status").out
    assert thinker.types("trust", "--revoke").code == 0
    assert thinker.types("think").code == 4
    assert not provider.requests


def test_without_a_model_thinking_says_how_to_get_one(person: Person) -> None:
    person.types("init", "--yes", "--no-daemon")

    refused = person.types("think")

    assert refused.code == 4
    assert "sleeper init --model" in refused.err
