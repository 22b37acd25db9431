"""Real litellm in its cage against a provider on loopback that does everything wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from repo_sleeper import errors
from repo_sleeper.domain.model import Prompt, Usage
from repo_sleeper.errors import (
    ModelError,
    ModelOfflineError,
    ModelStoppedError,
    ModelTimeoutError,
    ModelUnsentError,
)
from repo_sleeper.llm.client import WorkerModel
from repo_sleeper.llm.prices import listed_price
from repo_sleeper.store import ledger
from repo_sleeper.store.database import Database
from tests.fakes import FakeProvider, refused

KEY = "sk-canary-0123456789abcdef"
PROMPT = Prompt(
    system='Answer with JSON: {"notes": []}. You look for a likely-bug.',
    user='<file path="shop/cart.py" lines="1-2">\n'
    "  1| def total(items):\n  2|     return sum(items)\n</file>\n",
    max_tokens=500,
)


@dataclass
class Settings:
    """Model settings that a test may change while the worker lives."""

    name: str = "openai/gpt-5-mini"
    ask_name: str = ""
    rethink_name: str = ""
    service_tier: str = ""
    https_proxy: str = ""
    ca_bundle: str = ""
    api_base: str = ""
    deadline_s: float = 30.0
    sent_price: float | None = None
    received_price: float | None = None
    cached_price: float | None = None
    local_only: bool = False


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as running:
        yield running


@pytest.fixture(scope="module")
def settings(provider: FakeProvider) -> Settings:
    return Settings(api_base=provider.url)


@pytest.fixture(scope="module")
def model(settings: Settings) -> Iterator[WorkerModel]:
    """One worker for the whole module: importing litellm takes seconds."""
    made = WorkerModel(settings, key=KEY)
    yield made
    made.close()


@pytest.fixture
def asked(provider: FakeProvider) -> Iterator[list[object]]:
    """The requests of this test alone."""
    provider.requests.clear()
    yield provider.requests  # type: ignore[misc]  # only counted here
    provider.script("ok")


def test_a_grounded_answer_comes_back_with_its_usage(
    model: WorkerModel, provider: FakeProvider, asked: list[object]
) -> None:
    reply = model.complete(PROMPT)

    assert '"quote": "def total(items):"' in reply.text
    assert '"likely-bug"' in reply.text
    assert isinstance(reply.usage, Usage)
    assert reply.model == "gpt-5-mini"
    assert reply.finish == "stop"
    assert len(asked) == 1
    assert provider.requests[0].path == "/v1/chat/completions"
    assert provider.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert provider.requests[0].headers["connection"] == "close"
    assert "stream" not in provider.requests[0].body
    assert "response_format" not in provider.requests[0].body


def test_getting_ready_goes_through_a_call_and_sends_nothing(
    settings: Settings, asked: list[object]
) -> None:
    made = WorkerModel(settings, key=KEY)
    try:
        made.start()
        assert asked == []
        made.complete(PROMPT)
        assert len(asked) == 1
    finally:
        made.close()


class Fault(NamedTuple):
    """A mode of the provider and what becomes of it."""

    mode: str
    kind: str
    retry_after: float | None
    sent: bool


FAULTS = [
    Fault("400", "request", None, sent=False),
    Fault("400_context", "too-long", None, sent=False),
    Fault("400_filter", "refused", None, sent=False),
    Fault("401", "auth", None, sent=False),
    Fault("401_echo_key", "auth", None, sent=False),
    Fault("402", "quota", None, sent=False),
    Fault("403", "auth", None, sent=False),
    Fault("404", "request", None, sent=False),
    Fault("429_ra1", "rate", 1.0, sent=False),
    Fault("429_ra3600", "rate", 3600.0, sent=False),
    Fault("429_ra_odd", "rate", None, sent=False),
    Fault("429_quota", "quota", None, sent=False),
    Fault("500", "server", None, sent=True),
    Fault("503_html", "server", None, sent=True),
    Fault("529", "server", None, sent=True),
    Fault("reset", "offline", None, sent=True),
    Fault("close_nohdr", "offline", None, sent=True),
    Fault("redirect", "request", None, sent=True),
    Fault("empty_body", "offline", None, sent=True),
    Fault("200_html", "offline", None, sent=True),
    Fault("200_error", "server", None, sent=True),
    Fault("no_choices", "reply", None, sent=True),
    Fault("empty_content", "reply", None, sent=True),
    Fault("null_content", "reply", None, sent=True),
    Fault("truncated", "reply", None, sent=True),
    Fault("cut_body", "reply", None, sent=True),
    Fault("deep_json", "reply", None, sent=True),
    Fault("huge", "reply", None, sent=True),
    Fault("refusal", "refused", None, sent=True),
    Fault("content_filter", "refused", None, sent=True),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.mode)
def test_every_fault_has_its_outcome_and_costs_one_request(
    model: WorkerModel, provider: FakeProvider, asked: list[object], fault: Fault
) -> None:
    provider.script(fault.mode)
    pid = model.pid

    with pytest.raises(ModelError) as told:
        model.complete(PROMPT)

    assert told.value.kind == fault.kind
    assert told.value.retry_after == fault.retry_after
    assert told.value.sent is fault.sent
    assert len(asked) == 1
    assert KEY not in f"{told.value} {told.value.hint} {told.value!r}"
    assert "\n" not in str(told.value)
    assert pid is None or model.pid == pid, "the worker lives on"


@pytest.mark.parametrize("mode", ["hang", "drip"])
def test_a_provider_that_never_finishes_is_left_at_the_deadline(
    model: WorkerModel, provider: FakeProvider, settings: Settings, asked: list[object], mode: str
) -> None:
    model.complete(PROMPT)
    provider.script(mode)
    settings.deadline_s = 1.5

    with pytest.raises(ModelTimeoutError) as told:
        model.complete(PROMPT)

    settings.deadline_s = 30.0
    assert told.value.sent
    assert len(asked) == 2


@pytest.mark.parametrize("mode", ["bad_json", "prose", "fenced_json", "invented_quotes", "ansi"])
def test_an_answer_is_passed_on_verbatim_whatever_it_says(
    model: WorkerModel, provider: FakeProvider, asked: list[object], mode: str
) -> None:
    provider.script(mode)

    assert model.complete(PROMPT).text
    assert len(asked) == 1


def test_what_cannot_be_stored_is_replaced(
    model: WorkerModel, provider: FakeProvider, asked: list[object]
) -> None:
    provider.script("surrogate")

    reply = model.complete(
        Prompt(system=PROMPT.system, user=f"{PROMPT.user}\ud800\0", max_tokens=9)
    )

    assert reply.text.endswith("\ufffd\ufffd")
    assert provider.requests[0].prompt[1].endswith("\ufffd\ufffd")
    assert len(asked) == 1


@pytest.mark.parametrize("mode", ["no_usage", "no_usage_but_talk", "neg_usage", "usage_absurd"])
def test_usage_that_is_missing_or_absurd_is_unknown(
    model: WorkerModel, provider: FakeProvider, asked: list[object], mode: str
) -> None:
    provider.script(mode)

    assert model.complete(PROMPT).usage is None
    assert len(asked) == 1


@pytest.mark.usefixtures("asked")
def test_the_usage_of_a_long_answer_is_known(model: WorkerModel, provider: FakeProvider) -> None:
    provider.script("long")

    usage = model.complete(PROMPT).usage

    assert usage is not None
    assert usage.received > 5_000


def test_more_usage_than_expected_is_believed(
    model: WorkerModel, provider: FakeProvider, asked: list[object]
) -> None:
    provider.script("ok", "usage_x10")

    honest, dear = model.complete(PROMPT).usage, model.complete(PROMPT).usage

    assert honest is not None
    assert dear == Usage(sent=honest.sent * 10, received=honest.received * 10)
    assert len(asked) == 2


def test_the_model_that_answered_is_recorded(
    model: WorkerModel, provider: FakeProvider, asked: list[object]
) -> None:
    provider.script("other_model")

    assert model.complete(PROMPT).model == "someone-else-7b"
    assert len(asked) == 1


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_the_key_is_in_no_argument_and_no_variable_of_the_worker(model: WorkerModel) -> None:
    model.complete(PROMPT)
    seen = Path(f"/proc/{model.pid}/cmdline").read_bytes()
    with suppress(PermissionError):  # the worker forbids it to everybody but root
        seen += Path(f"/proc/{model.pid}/environ").read_bytes()

    assert b"repo_sleeper.llm.worker" in seen
    assert KEY.encode() not in seen
    assert b"API_KEY" not in seen


def test_a_worker_that_does_not_answer_is_killed_and_the_next_call_starts_another(
    model: WorkerModel, settings: Settings
) -> None:
    model.complete(PROMPT)
    first = model.pid
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    settings.deadline_s = 0.3

    with pytest.raises(ModelTimeoutError, match=r"no answer within 0\.3 s") as told:
        model.complete(PROMPT)

    assert not told.value.sent, "it has not even read what to send"
    settings.deadline_s = 30.0
    assert model.pid is None
    assert not Path(f"/proc/{first}").exists()
    assert model.complete(PROMPT).text
    assert model.pid not in {None, first}


def test_closing_cuts_a_call_off(
    model: WorkerModel, provider: FakeProvider, asked: list[object]
) -> None:
    model.complete(PROMPT)
    pid = model.pid
    provider.script("hang")
    caught: list[ModelError] = []

    def call() -> None:
        try:
            model.complete(PROMPT)
        except ModelError as error:
            caught.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    _until(lambda: len(asked) == 2)
    model.close()
    thread.join()

    assert [(type(error), error.sent) for error in caught] == [(ModelTimeoutError, True)]
    assert model.pid is None
    assert not Path(f"/proc/{pid}").exists()


def test_a_call_cut_off_before_its_request_left_was_never_sent(
    model: WorkerModel, asked: list[object]
) -> None:
    model.complete(PROMPT)
    assert model.pid is not None
    os.kill(model.pid, signal.SIGSTOP)  # as long as it does nothing, it sends nothing
    caught: list[ModelError] = []

    def call() -> None:
        try:
            model.complete(PROMPT)
        except ModelError as error:
            caught.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    _until(model._turn.locked)
    began = time.monotonic()
    model.close()
    thread.join()

    assert [(type(error), error.sent) for error in caught] == [(ModelUnsentError, False)]
    assert time.monotonic() - began < 2.0
    assert len(asked) == 1


def _type_control_c(when: Callable[[], object]) -> threading.Thread:
    def type_it() -> None:
        _until(when)
        time.sleep(0.1)  # by now the answer is waited for
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=type_it)
    thread.start()
    return thread


def test_control_c_before_the_request_left_costs_nothing(
    model: WorkerModel, asked: list[object]
) -> None:
    model.complete(PROMPT)
    pid = model.pid or 0
    os.kill(pid, signal.SIGSTOP)
    typing = _type_control_c(model._turn.locked)

    with pytest.raises(ModelStoppedError, match="it costs nothing") as stopped:
        model.complete(PROMPT)

    typing.join()
    assert not stopped.value.sent
    assert not Path(f"/proc/{pid}").exists()
    assert len(asked) == 1


def test_control_c_while_the_worker_starts_costs_nothing(
    settings: Settings, asked: list[object]
) -> None:
    model = WorkerModel(settings, key=KEY)
    typing = _type_control_c(lambda: model.pid)

    with pytest.raises(ModelStoppedError) as stopped:
        model.complete(PROMPT)

    typing.join()
    assert not stopped.value.sent
    assert (model.pid, asked) == (None, [])


@pytest.mark.parametrize("heard", ["everything", "nothing"])
def test_control_c_after_the_request_left_counts(
    model: WorkerModel,
    provider: FakeProvider,
    asked: list[object],
    monkeypatch: pytest.MonkeyPatch,
    heard: str,
) -> None:
    """Also where we have not yet read that it left."""
    provider.script("hang")
    if heard == "nothing":
        model.start()
        deaf = SimpleNamespace(select=lambda *_: time.sleep(60))
        monkeypatch.setattr("repo_sleeper.llm.child.select", deaf)
    typing = _type_control_c(lambda: asked)

    with pytest.raises(ModelStoppedError, match="the most it can have cost") as stopped:
        model.complete(PROMPT)

    typing.join()
    assert stopped.value.sent
    assert model.pid is None


def test_nobody_listening_is_offline_and_nothing_was_sent() -> None:
    with refused() as url:
        model = WorkerModel(Settings(api_base=url), key=KEY)
        with pytest.raises(ModelOfflineError, match="cannot be reached") as told:
            model.complete(PROMPT)
        model.close()

    assert not told.value.sent


@pytest.mark.parametrize("name", ["anthropic/claude-haiku-4-5", "gemini/gemini-2.5-flash"])
def test_no_provider_s_client_follows_a_redirect_with_the_key(
    provider: FakeProvider, asked: list[object], name: str
) -> None:
    """These do not go through the openai client: another library path, the same fence."""
    provider.script("redirect", "401_echo_key")
    model = WorkerModel(Settings(name=name, api_base=provider.url), key=KEY)

    with pytest.raises(errors.ModelRequestError, match="redirect refused"):
        model.complete(PROMPT)
    with pytest.raises(errors.ModelAuthError) as told:
        model.complete(PROMPT)
    model.close()

    assert KEY not in str(told.value)
    assert len(asked) == 2


def test_where_prompts_begin_alike_is_marked_for_who_keeps_only_that(
    provider: FakeProvider, asked: list[object]
) -> None:
    mark = {"type": "ephemeral"}
    prompt = PROMPT._replace(shared=PROMPT.user.index("</file>"))
    settings = Settings(name="anthropic/claude-haiku-4-5", api_base=provider.url)
    provider.script("anthropic_write", "anthropic_read", "anthropic_read")
    with closing(WorkerModel(settings, key=KEY)) as model:
        replies = [model.complete(prompt) for _ in range(2)]
        model.complete(PROMPT)
        price = model.price()

    first, second, alone = provider.requests
    assert first.body == second.body
    assert first.body["system"] == [{"type": "text", "text": PROMPT.system, "cache_control": mark}]
    begins, rest = first.body["messages"][0]["content"]
    assert (begins["text"] + rest["text"], begins["cache_control"]) == (PROMPT.user, mark)
    assert "cache_control" not in rest
    assert "cache_control" not in str(alone.body), "nothing follows: to keep it would cost more"
    assert [reply.usage for reply in replies] == [
        Usage(sent=310, received=5, written=300),
        Usage(sent=310, received=5, cached=300),
    ]
    assert price.cost(Usage(sent=310, written=300)) == pytest.approx((10 * 1 + 300 * 1.25) / 1e6)
    assert price.most(Usage(sent=310)) == pytest.approx(310 * 1.25 / 1e6)
    assert len(asked) == 3


def test_nobody_else_gets_marks(
    model: WorkerModel, provider: FakeProvider, asked: list[object]
) -> None:
    model.complete(PROMPT._replace(shared=20))

    assert provider.requests[0].body["messages"] == [
        {"role": "system", "content": PROMPT.system},
        {"role": "user", "content": PROMPT.user},
    ]
    assert len(asked) == 1


def test_a_model_name_without_provider_is_a_matter_of_set_up(asked: list[object]) -> None:
    model = WorkerModel(Settings(name="nobody-knows-this"), key=None)

    with pytest.raises(errors.ModelSetupError) as told:
        model.complete(PROMPT)
    model.close()

    assert not told.value.sent
    assert not asked


ORPHAN = """
import os, sys, time
from repo_sleeper.llm.child import Child
child = Child(os.environ)
print(child.pid, flush=True)
time.sleep(60)
"""


def test_without_the_certificates_of_the_settings_nothing_is_sent(
    provider: FakeProvider, asked: list[object], tmp_path: Path
) -> None:
    """litellm would trust the usual ones instead."""
    told = Settings(api_base=provider.url, ca_bundle=str(tmp_path / "gone.pem"))
    with closing(WorkerModel(told, key=KEY)) as model:
        with pytest.raises(errors.ModelSetupError, match=r"ca_bundle cannot be read: .*gone.pem"):
            model.complete(PROMPT)
        assert model.pid is None
    assert not asked


def test_calls_go_through_the_proxy_of_the_settings_with_the_tier_they_ask_for(
    provider: FakeProvider, asked: list[object]
) -> None:
    proxy = provider.url.removesuffix("/v1")
    settings = Settings(
        api_base="http://provider.internal/v1", https_proxy=proxy, service_tier="flex"
    )
    with closing(WorkerModel(settings, key=KEY)) as model:
        assert model.complete(PROMPT).text

    assert len(asked) == 1
    assert provider.requests[0].path == "http://provider.internal/v1/chat/completions"
    assert provider.requests[0].body["service_tier"] == "flex"


@pytest.mark.parametrize(
    ("mode", "tier", "share"),
    [("flex", "flex", 0.5), ("not_flex", "default", 1.0), ("ok", "", 1.0)],
)
def test_the_price_is_that_of_the_tier_that_was_served(
    provider: FakeProvider, db: Database, mode: str, tier: str, share: float
) -> None:
    provider.script(mode)
    settings = Settings(api_base=provider.url, service_tier="flex")
    usual = listed_price("openai/gpt-5-mini")
    with closing(WorkerModel(settings, key=KEY)) as model:
        assert model.price() == usual, "what is reserved is what it can cost at worst"
        call = ledger.reserve(
            db,
            PROMPT,
            ledger.Terms("think", model.name, "h", model.price(), lambda *_: ""),
            now=1.0,
        )
        reply = model.complete(PROMPT)
        usd = ledger.settle(db, call, reply, model.price(), 1.0)
    provider.script("ok")

    assert provider.requests[-1].body["service_tier"] == "flex"
    assert reply.tier == tier == db.value("select tier from calls")
    assert reply.usage is not None
    assert usd == pytest.approx(share * usual.cost(reply.usage))


def test_a_worker_does_not_outlive_its_parent() -> None:
    parent = subprocess.Popen([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        worker = int(parent.stdout.readline())
        parent.kill()
        parent.wait()

    _until(lambda: not _lives(worker))


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _until(happened: object, limit: float = 20.0) -> None:
    assert callable(happened)
    end = time.monotonic() + limit
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)
