"""Answers that are heard while they come: real litellm, a real stream over loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from repo_sleeper.domain.model import Prompt, Usage
from repo_sleeper.errors import ModelError
from repo_sleeper.llm.client import WorkerModel
from repo_sleeper.llm.sse import Events
from tests.fakes import FakeProvider
from tests.integration.test_model_worker import KEY, Settings

PROMPT = Prompt(system="You answer questions.", user="Where are totals rounded?", max_tokens=500)


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as running:
        yield running


@pytest.fixture(scope="module")
def settings(provider: FakeProvider) -> Settings:
    return Settings(api_base=provider.url)


@pytest.fixture(scope="module")
def model(settings: Settings) -> Iterator[WorkerModel]:
    made = WorkerModel(settings, key=KEY, ask=True)
    yield made
    made.close()


def test_lines_are_heard_one_by_one_and_make_the_reply(
    model: WorkerModel, provider: FakeProvider
) -> None:
    provider.script("stream")
    heard: list[str] = []

    reply = model.stream(PROMPT, heard.append)

    assert heard == ["Half up, in shop/cart.py:2;\n", "not in shop/cart.py:99."]
    assert reply.text == "".join(heard)
    assert (reply.usage, reply.model, reply.finish) == (Usage(70, 7, 0), "gpt-5-mini", "stop")
    assert provider.requests[-1].body["stream"] is True


def test_usage_the_provider_does_not_tell_is_unknown(
    model: WorkerModel, provider: FakeProvider
) -> None:
    provider.script("stream_no_usage")

    assert model.stream(PROMPT, lambda _: None).usage is None


@pytest.mark.parametrize(
    ("mode", "kind", "sent"),
    [
        ("stream_cut", "reply", True),
        ("stream_reset", "reply", True),
        ("stream_garbage", "reply", True),
        ("stream_error", "server", True),
        ("stream_empty", "reply", True),
        ("ok", "reply", True),
        ("200_html", "reply", True),
        ("close_nohdr", "offline", True),
        ("401", "auth", False),
        ("429_quota", "quota", False),
    ],
)
def test_a_stream_without_its_end_is_no_answer(
    model: WorkerModel, provider: FakeProvider, *, mode: str, kind: str, sent: bool
) -> None:
    provider.script(mode)
    before, pid = len(provider.requests), model.pid

    with pytest.raises(ModelError) as told:
        model.stream(PROMPT, lambda _: None)

    assert (told.value.kind, told.value.sent) == (kind, sent)
    assert len(provider.requests) == before + 1
    assert KEY not in f"{told.value} {told.value.hint}"
    assert pid is None or model.pid == pid, "the worker lives on"


def test_a_cut_is_told_after_what_came_was_heard(
    model: WorkerModel, provider: FakeProvider
) -> None:
    provider.script("stream_cut")
    heard: list[str] = []

    with pytest.raises(ModelError, match="cut off"):
        model.stream(PROMPT, heard.append)

    assert heard == ["It is decided in\n"]


def test_a_stream_that_never_ends_is_left_at_the_deadline(
    model: WorkerModel, provider: FakeProvider, settings: Settings
) -> None:
    provider.script("stream")
    model.stream(PROMPT, lambda _: None)
    provider.script("stream_forever")
    settings.deadline_s = 1.0

    with pytest.raises(ModelError) as told:
        model.stream(PROMPT, lambda _: None)

    settings.deadline_s = 30.0
    assert (told.value.kind, told.value.sent) == ("timeout", True)


def test_a_key_that_comes_back_in_pieces_is_not_shown(
    model: WorkerModel, provider: FakeProvider
) -> None:
    provider.script("stream_key")
    heard: list[str] = []

    reply = model.stream(PROMPT, heard.append)

    assert KEY not in reply.text + "".join(heard)


@pytest.mark.parametrize(
    "last",
    [
        b"data: [DONE]",
        b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}',
        b'data: {"candidates": [{"finishReason": "STOP"}]}',
        b'data: {"type":"message_stop"}',
    ],
)
def test_each_protocol_has_its_own_last_words(last: bytes) -> None:
    for cut in range(len(last)):
        events = Events()
        events.read(b'data: {"choices": []}\n\n' + last[:cut])
        events.read(last[cut:])
        assert not events.ended or cut < len(last)
        events.close()
        assert events.ended


def test_an_answer_about_last_words_does_not_end() -> None:
    said = '"finish_reason": "stop" and "type": "message_stop" and data: [DONE]'
    events = Events()
    events.read(f"data: {json.dumps({'content': said, 'finish_reason': None})}\n".encode())
    events.close()

    assert not events.ended
