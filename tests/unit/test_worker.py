"""The cage, taken apart: what litellm is given, what is believed of it, whom it may reach."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from repo_sleeper.config import ModelSettings
from repo_sleeper.domain.model import Price, Prompt, Usage
from repo_sleeper.errors import (
    ModelError,
    ModelRefusedError,
    ModelReplyError,
    ModelSetupError,
    ModelTimeoutError,
)
from repo_sleeper.llm import child, client, worker
from repo_sleeper.llm import wire as wires
from repo_sleeper.llm.child import scrubbed
from repo_sleeper.llm.client import WorkerModel
from repo_sleeper.llm.errors import failure_from, model_error
from repo_sleeper.llm.prices import listed_price
from repo_sleeper.llm.replies import _usage
from repo_sleeper.llm.wire import Wire
from repo_sleeper.llm.worker import Caller

HELLO = {
    "model": "openai/m",
    "api_base": "",
    "key": "sk-4f9a1c7e",
    "host": "h",
    "loopback_only": False,
}
ASK = {"system": "s", "user": "u", "max_tokens": 5, "deadline_s": 9.0, "json": True}


def caller(answer: Callable[..., Any], **hello: Any) -> Caller:
    """A caller whose litellm is a stub."""
    made = Caller({**HELLO, **hello})
    made._litellm = SimpleNamespace(
        completion=answer, get_supported_openai_params=lambda **_: ["response_format"]
    )
    return made


def given_to_litellm(**hello: Any) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    caller(lambda **arguments: seen.update(arguments), **hello).complete(ASK)
    return seen


def test_one_request_without_retries_or_streaming() -> None:
    seen = given_to_litellm()

    assert (seen["num_retries"], seen["max_retries"], seen["stream"]) == (0, 0, False)
    assert seen["api_key"] == "sk-4f9a1c7e"
    assert seen["timeout"] == 9.0
    assert "base_url" not in seen


def test_json_mode_only_where_the_provider_itself_is_asked() -> None:
    assert given_to_litellm()["response_format"] == {"type": "json_object"}
    assert "response_format" not in given_to_litellm(api_base="http://127.0.0.1:1/v1")


def test_a_server_of_one_s_own_gets_no_key_that_was_not_meant_for_it() -> None:
    assert given_to_litellm(api_base="http://127.0.0.1:1/v1", key="")["api_key"] == "none"
    assert given_to_litellm(key="")["api_key"] is None


def test_a_tier_is_asked_for_only_when_there_is_one() -> None:
    assert "service_tier" not in given_to_litellm()
    assert given_to_litellm(tier="flex")["service_tier"] == "flex"


def test_proxy_and_certificates_come_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, "")
    worker._set_out(proxy="http://proxy:1", ca_bundle="/certs.pem")

    assert (os.environ["HTTPS_PROXY"], os.environ["HTTP_PROXY"]) == ("http://proxy:1",) * 2
    assert os.environ["SSL_CERT_FILE"] == os.environ["REQUESTS_CA_BUNDLE"] == "/certs.pem"


def test_behind_a_proxy_the_worker_reaches_the_proxy_and_asks_only_the_bound_host() -> None:
    wire = Wire(host="api.example.com", proxy=wires.proxy_host("http://Proxy:3128"))

    wire.check("proxy")
    wire.check_target("api.example.com")
    with pytest.raises(PermissionError):
        wire.check("api.example.com")
    with pytest.raises(PermissionError):
        wire.check_target("elsewhere.example.com")


def test_a_failure_is_told_with_its_causes_and_without_the_key() -> None:
    def fails(**_: Any) -> None:
        try:
            raise ConnectionRefusedError("sk-4f9a1c7e was here")
        except OSError as error:
            raise RuntimeError("wrapped") from error

    failure = caller(fails).complete(ASK)["failure"]

    assert failure["message"] == "\u2039key\u203a was here"
    assert failure["names"][0] == "RuntimeError"
    assert "ConnectionRefusedError" in failure["names"]


def test_too_little_memory_is_an_answer_that_is_too_large() -> None:
    def fails(**_: Any) -> None:
        raise MemoryError

    assert caller(fails).complete(ASK)["failure"]["note"] == "too-large"


def test_the_environment_of_a_worker_holds_nothing_that_redirects_it() -> None:
    env = {
        "PATH": "/bin",
        "HOME": "/home/ada",
        "OPENAI_API_KEY": "k",
        "OPENAI_BASE_URL": "http://evil.example",
        "HTTPS_PROXY": "http://evil.example",
        "SSL_CERT_FILE": "/evil",
        "PYTHONPATH": "/evil",
        "LITELLM_LOG": "DEBUG",
        "AWS_PROFILE": "p",
    }

    assert scrubbed(env) == {"PATH": "/bin", "HOME": "/home/ada"}
    assert scrubbed(env, ("AWS_PROFILE",))["AWS_PROFILE"] == "p"


# --- the wire ---------------------------------------------------------------------------------


def exchange(
    monkeypatch: pytest.MonkeyPatch, wire: Wire, answer: Callable[[httpx.Request], httpx.Response]
) -> httpx.Response:
    monkeypatch.setattr(
        httpx.HTTPTransport, "handle_request", lambda _self, request: answer(request)
    )
    wires.watch(wire)
    with httpx.HTTPTransport() as transport:
        return transport.handle_request(httpx.Request("POST", "http://127.0.0.1/"))


def test_an_answer_passes_with_its_facts_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire()

    response = exchange(
        monkeypatch,
        wire,
        lambda _: httpx.Response(429, stream=httpx.ByteStream(b"{}"), headers={"Retry-After": "7"}),
    )

    assert response.content == b"{}"
    assert wire.facts["status"] == 429
    assert wire.facts["retry_after"] == "7"
    assert wire.facts["sent"]


def test_a_compressed_answer_is_unpacked_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    def packed(body: bytes) -> Callable[[httpx.Request], httpx.Response]:
        headers = {"Content-Encoding": "gzip"}
        stream = httpx.ByteStream(gzip.compress(body))
        return lambda _: httpx.Response(200, headers=headers, stream=stream)

    assert exchange(monkeypatch, Wire(), packed(b'{"a": 1}')).json() == {"a": 1}

    wire = Wire()
    with pytest.raises(httpx.RemoteProtocolError):
        exchange(monkeypatch, wire, packed(b" " * 50_000_000))
    assert wire.facts["note"] == "too-large"


def test_a_dripping_answer_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(deadline=0.0)

    with pytest.raises(httpx.ReadTimeout):
        exchange(monkeypatch, wire, lambda _: httpx.Response(200, stream=httpx.ByteStream(b" ")))


def test_a_redirect_goes_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire()

    with pytest.raises(httpx.RemoteProtocolError, match="redirect refused"):
        exchange(monkeypatch, wire, lambda _: httpx.Response(302, headers={"Location": "/x"}))
    assert wire.facts["note"] == "redirect"


def test_a_request_is_announced_once_and_before_it_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        trace = request.extensions["trace"]
        trace("connection.connect_tcp.started", {})
        said.append("connects")
        for part in ("send_request_headers.started", "send_request_body.started"):
            trace(f"http11.{part}", {})
        said.append("sends")
        return httpx.Response(200, stream=httpx.ByteStream(b"{}"))

    exchange(monkeypatch, Wire(leaving=lambda: said.append("leaves")), answer)

    assert said == ["connects", "leaves", "sends"]


def test_a_refused_connection_was_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    wire = Wire()
    with pytest.raises(httpx.ConnectError):
        exchange(monkeypatch, wire, refuse)
    assert wire.facts == {"asked": True, "sent": False}


@pytest.mark.parametrize(
    ("wire", "host", "bound"),
    [
        (Wire(), "anywhere.example", True),
        (Wire(host="api.example"), "api.example", True),
        (Wire(host="api.example"), "evil.example", False),
        (Wire(loopback_only=True), "127.0.0.1", True),
        (Wire(loopback_only=True), "localhost", True),
        (Wire(loopback_only=True), "api.example", False),
    ],
)
def test_a_worker_is_bound_to_one_host_or_to_this_machine(
    wire: Wire,
    host: str,
    bound: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    if bound:
        wire.check(host)
        assert not wire.facts
    else:
        with pytest.raises(PermissionError):
            wire.check(host)
        assert wire.facts["note"] == "unbound"


GUARDED = """
import socket
from repo_sleeper.llm.wire import Wire, guard
wire = Wire(host={host!r}, loopback_only={loopback})
guard(wire)
try:
    {action}
except PermissionError as error:
    print("refused", wire.facts["message"])
except OSError:
    print("allowed")
else:
    print("allowed")
"""


@pytest.mark.parametrize(
    ("host", "loopback", "action", "expected"),
    [
        ("", True, "socket.getaddrinfo('evil.example', 443)", "refused evil.example"),
        ("", True, "socket.getaddrinfo(b'evil.example', 443)", "refused evil.example"),
        ("", True, "socket.socket().connect(('192.0.2.1', 443))", "refused 192.0.2.1"),
        ("", True, "socket.create_connection(('127.0.0.1', 9))", "allowed"),
        ("api.example", False, "socket.getaddrinfo('evil.example', 443)", "refused evil.example"),
        ("127.0.0.1", False, "socket.create_connection(('127.0.0.1', 9))", "allowed"),
    ],
)
def test_no_other_host_is_even_looked_up(
    host: str,
    loopback: bool,  # noqa: FBT001 -- a column of the table
    action: str,
    expected: str,
) -> None:
    code = GUARDED.format(host=host, loopback=loopback, action=action)

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.startswith(expected)


# --- the client, before any process -----------------------------------------------------------

PROMPT = Prompt(system="s", user="u", max_tokens=5)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (ModelSettings(), "no model is configured"),
        (ModelSettings(name="openai/m"), "OPENAI_API_KEY is not set"),
        (ModelSettings(name="openai/m", local_only=True), "model.local_only forbids openai/m"),
    ],
)
def test_a_call_that_cannot_work_starts_no_process(settings: ModelSettings, expected: str) -> None:
    model = WorkerModel(settings, key=None)

    with pytest.raises(ModelSetupError, match=expected) as told:
        model.complete(PROMPT)

    assert not told.value.sent
    assert model.pid is None
    model.close()


SLEEPS = "import time; time.sleep(60)"
BROKEN = """import sys; sys.stdin.readline(); print('{"failure": {"names": ["ImportError"]}}')"""


@pytest.mark.parametrize(
    ("program", "kind", "expected"),
    [
        ("pass", ModelSetupError, "its process did not start"),
        ("print([])", ModelSetupError, "its process did not start"),
        ("print('{')", ModelSetupError, "its process did not start"),
        (BROKEN, ModelSetupError, "the model cannot be called"),
        (SLEEPS, ModelTimeoutError, "the model's process was ended"),
    ],
)
def test_a_worker_that_does_not_start_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, program: str, kind: type[ModelError], expected: str
) -> None:
    monkeypatch.setattr(child, "_ARGUMENTS", ("-c", program))
    monkeypatch.setattr(child, "_GOODBYE_S", 0.05)
    monkeypatch.setattr(client, "_START_S", 0.3 if program == SLEEPS else 30.0)
    model = WorkerModel(ModelSettings(name="openai/m"), key="k")

    with pytest.raises(kind, match=expected) as told:
        model.complete(PROMPT)

    assert not told.value.sent
    assert model.pid is None


def test_a_worker_that_does_not_leave_is_made_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_ARGUMENTS", ("-c", SLEEPS))
    monkeypatch.setattr(child, "_GOODBYE_S", 0.05)
    stubborn = child.Child({})

    stubborn.end()

    assert stubborn.killed


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_ARGUMENTS", ("-c", "print('x' * 100_000)"))
    monkeypatch.setattr(child, "_MAX_LINE", 1000)
    endless = child.Child({})

    with pytest.raises(child.DeadError):
        endless.exchange({}, deadline_s=30.0)
    endless.end()


LAST_WORDS = "import sys; sys.stdin.readline(); print({said!r}, end='')"


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("", False),
        ('{"leaving": true}\n', True),
        ('{"part": "It is"}\n', True),
        ('{"leaving": true}\n{"part": "It is"}\n', True),
        ('{"lea', True),
        ("no JSON\n", True),
        ("[]\n", True),
    ],
)
def test_only_a_worker_that_said_nothing_has_sent_nothing(
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    sent: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    monkeypatch.setattr(child, "_ARGUMENTS", ("-c", LAST_WORDS.format(said=said)))
    dying = child.Child({})

    with pytest.raises(child.DeadError) as told:
        dying.exchange({}, deadline_s=30.0)

    assert told.value.sent is sent
    dying.end()


def test_an_installation_without_litellm_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ModuleNotFoundError("No module named 'litellm'")

    monkeypatch.setattr(worker, "_imported", missing)
    monkeypatch.setattr(worker, "_fence", lambda: None)
    monkeypatch.setattr(worker, "guard", lambda _: None)

    failure = Caller(HELLO).prepare()["failure"]

    assert type(model_error(failure_from(failure))) is ModelSetupError


def test_no_choices_and_no_usage_are_told_as_they_are() -> None:
    assert caller(lambda **_: SimpleNamespace(choices=None)).complete(ASK)["reply"] == {
        "choices": 0
    }
    message = SimpleNamespace(content="sk-4f9a1c7e", provider_specific_fields=None)
    choice = SimpleNamespace(message=message, finish_reason=None)
    answer = SimpleNamespace(choices=[choice], model="m")

    reply = caller(lambda **_: answer).complete(ASK)["reply"]

    assert reply["text"] == "\u2039key\u203a"
    assert reply["usage"] is None


@pytest.mark.parametrize("key", ["x", "none", "test", "EMPTY", "lm-studio", "not_needed"])
def test_a_word_in_place_of_a_key_stays_in_what_the_model_says(key: str) -> None:
    said = f"def {key}_total(): return test('{key}')"
    message = SimpleNamespace(content=said, provider_specific_fields=None)
    answer = SimpleNamespace(
        choices=[SimpleNamespace(message=message, finish_reason=None)], model="m"
    )

    assert caller(lambda **_: answer, key=key).complete(ASK)["reply"]["text"] == said


def test_the_key_is_not_in_what_is_printed_of_a_model() -> None:
    assert repr(WorkerModel(ModelSettings(name="a/b"), key="sk-4f9a1c7e")) == "WorkerModel('a/b')"


def test_ask_may_use_another_model() -> None:
    settings = ModelSettings(name="openai/a", ask_name="openai/b")

    assert WorkerModel(settings, key="k", ask=True).name == "openai/b"
    assert WorkerModel(settings, key="k").name == "openai/a"
    assert WorkerModel(settings, key="k").host == "api.openai.com"


def test_a_second_look_may_have_another_model_and_a_question_never_waits_for_a_tier() -> None:
    settings = ModelSettings(
        name="openai/gpt-5-mini", rethink_name="openai/gpt-5", service_tier="flex"
    )

    assert WorkerModel(settings, key=None, again=True).name == "openai/gpt-5"
    assert WorkerModel(settings, key=None).name == "openai/gpt-5-mini"
    assert WorkerModel(settings, key=None).tier == "flex"
    assert WorkerModel(settings, key=None, ask=True).tier == ""


def test_the_flex_price_is_half_where_it_is_listed_and_the_usual_one_elsewhere() -> None:
    usual, flex = listed_price("openai/gpt-5-mini"), listed_price("openai/gpt-5-mini", tier="flex")

    assert flex.cost(Usage(sent=100)) == pytest.approx(usual.cost(Usage(sent=100)) / 2)
    haiku = "anthropic/claude-haiku-4-5"
    assert listed_price(haiku, tier="flex") == listed_price(haiku)


def test_what_is_reserved_is_the_price_of_the_dearest_tier_that_may_be_served() -> None:
    def price(tier: str) -> Price:
        return WorkerModel(
            ModelSettings(name="openai/gpt-5-mini", service_tier=tier), key="k"
        ).price()

    usual, priority = price("default"), listed_price("openai/gpt-5-mini", tier="priority")
    assert price("flex") == usual == price("")
    assert price("auto") == priority
    assert (priority.sent or 0) > (usual.sent or 0)
    assert Price(1.0, None, 3.0).dearer(Price(2.0, 1.0)) == Price(2.0, 1.0, 3.0)


def test_the_person_s_price_goes_before_the_list() -> None:
    settings = ModelSettings(name="openai/gpt-4o-mini", received_price=9.0)

    price = WorkerModel(settings, key="k").price()

    assert price.received == 9.0
    assert price.sent
    assert WorkerModel(ModelSettings(name="x/y"), key="k").price() == Price()


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        ({"sent": 5, "received": 7, "cached": 9}, Usage(sent=5, received=7, cached=5)),
        ({"sent": 5, "received": 7, "cached": 0}, Usage(sent=5, received=7)),
        ({"sent": 5, "received": 7, "cached": 2, "written": 9}, Usage(5, 7, cached=2, written=3)),
        ({"sent": 5, "received": 7, "cached": 9, "written": 9}, Usage(5, 7, cached=5, written=0)),
        ({"sent": 5, "received": 7, "cached": 0, "written": -1}, None),
        ({"sent": 5, "received": None, "cached": 0}, None),
        (None, None),
        ({}, None),
        ({"sent": -5, "received": 7, "cached": 0}, None),
        ({"sent": 10**12, "received": 7, "cached": 0}, None),
        ({"sent": 5.5, "received": 7, "cached": 0}, None),
        ({"sent": 0, "received": 0, "cached": 0}, None),
        ({"sent": True, "received": 7, "cached": 0}, None),
    ],
)
def test_usage_that_cannot_be_true_is_unknown(
    told: dict[str, Any] | None, usage: Usage | None
) -> None:
    assert _usage(told) == usage


def told(**changed: Any) -> dict[str, Any]:
    plain = {
        "choices": 1,
        "text": "t",
        "refusal": "",
        "finish": "stop",
        "model": "m",
        "usage": None,
    }
    return {"reply": {**plain, **changed}}


def test_a_cut_answer_is_good_enough_for_a_person_but_not_for_a_parser() -> None:
    settings = ModelSettings(name="a/b")

    asked = WorkerModel(settings, key="k", ask=True)._reply(told(finish="length"), seconds=1.0)

    assert asked.finish == "length"
    with pytest.raises(ModelReplyError, match="cut at the output limit"):
        WorkerModel(settings, key="k")._reply(told(finish="length"), seconds=1.0)
    with pytest.raises(ModelReplyError, match="cut at the output limit"):
        WorkerModel(settings, key="k", ask=True)._reply(told(finish="length", text=""), seconds=1.0)


@pytest.mark.parametrize(
    ("changed", "error", "why"),
    [
        ({"choices": 0, "text": ""}, ModelReplyError, "holds no choices"),
        ({"text": " \n"}, ModelReplyError, "is empty"),
        ({"text": "", "refusal": "no"}, ModelRefusedError, "refused"),
        ({"finish": "content_filter"}, ModelRefusedError, "refused"),
    ],
)
def test_what_is_no_answer_is_told_by_its_reason(
    changed: dict[str, Any], error: type[ModelError], why: str
) -> None:
    for ask in (True, False):
        model = WorkerModel(ModelSettings(name="a/b"), key="k", ask=ask)
        with pytest.raises(error, match=why):
            model._reply(told(**changed), seconds=1.0)


def test_a_provider_that_does_not_say_why_it_ended_has_ended_well() -> None:
    model = WorkerModel(ModelSettings(name="a/b"), key="k")

    assert model._reply(told(finish=""), seconds=1.0).finish == "stop"


def test_closing_during_a_call_kills_and_leaves_the_rest_to_the_call() -> None:
    model = WorkerModel(ModelSettings(name="a/b"), key="k")
    killed = threading.Event()
    model._child = SimpleNamespace(dismiss=killed.set)  # type: ignore[assignment]  # stands in for a process

    with model._turn:
        model.close()

    assert killed.is_set()
