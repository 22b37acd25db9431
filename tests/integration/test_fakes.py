"""The fakes keep their word, or every test that trusts them is worth nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from repo_sleeper.domain.model import Prompt, Reply
from repo_sleeper.errors import ModelServerError
from repo_sleeper.think import prompts
from tests.fakes import MODES, FakeModel, FakeProvider, answer_to

FAKES = Path(__file__).parents[1] / "fakes.py"
CODE = (
    '<file path="a.py" lines="1-3">\n  1| import os\n  2| def total(x):\n  3|     return x\n</file>'
)


def ask(url: str, user: str, **extra: Any) -> dict[str, Any]:
    body = {"model": "m", "messages": [{"role": "user", "content": user}], **extra}
    request = urllib.request.Request(  # noqa: S310 -- our own loopback
        f"{url}/chat/completions", json.dumps(body).encode(), {"Authorization": "Bearer k"}
    )
    with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
        answer: dict[str, Any] = json.load(response)
        return answer


def test_the_default_reply_quotes_a_line_that_is_shown() -> None:
    reply = json.loads(answer_to('{"notes": []}', f'notes of the kind "likely-bug"\n{CODE}'))

    assert reply["end"] == "OK"
    assert reply["notes"][0]["kind"] == "likely-bug"
    assert reply["notes"][0]["evidence"] == [{"path": "a.py", "line": 2, "quote": "def total(x):"}]


def test_without_a_schema_the_reply_is_a_sentence_with_a_place() -> None:
    assert answer_to("Answer briefly.", CODE) == "It is decided in a.py:2."
    assert answer_to("Answer briefly.", "") == "It is decided in README.md:1."


@pytest.mark.parametrize("name", ["architecture", "likely-bug", "debugging-strategy"])
def test_the_kind_is_the_one_our_own_templates_ask_for(name: str) -> None:
    folder = Path(prompts.__file__).parent / "templates"
    system, task = ((folder / f"{part}.md").read_text() for part in ("system", name))

    reply = json.loads(answer_to(system, f"{task}\n{CODE}"))

    assert [note["kind"] for note in reply["notes"]] == [name]


def test_a_fake_model_gives_its_replies_in_turn_and_then_its_own() -> None:
    given = Reply(text="b", usage=None, model="other")
    model = FakeModel("a", given, ModelServerError("503"))
    prompt = Prompt(system="", user=CODE, max_tokens=9)

    assert model.complete(prompt).text == "a"
    assert model.complete(prompt) is given
    with pytest.raises(ModelServerError):
        model.complete(prompt)
    assert model.complete(prompt).text == "It is decided in a.py:2."
    model.close()

    assert model.closed
    assert model.price().known
    assert len(model.prompts) == 4


def test_the_provider_keeps_what_it_was_sent_and_follows_its_script() -> None:
    with FakeProvider() as provider:
        provider.script("503_html", "ok")
        with pytest.raises(urllib.error.HTTPError, match="503") as told:
            ask(provider.url, CODE)
        told.value.close()
        answers = [ask(provider.url, CODE)["choices"][0]["message"]["content"] for _ in range(2)]

    assert answers == ["It is decided in a.py:2."] * 2
    assert [request.path for request in provider.requests] == ["/v1/chat/completions"] * 3
    assert provider.requests[0].headers["authorization"] == "Bearer k"
    assert provider.requests[0].prompt == ("", CODE)


def test_a_mode_nobody_knows_is_refused() -> None:
    with FakeProvider() as provider, pytest.raises(ValueError, match="no such mode"):
        provider.script("teapot")


def test_it_runs_as_a_program(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, str(FAKES), "--log", str(log), "--mode", "ok"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        url = program.stdout.readline().strip()
        answer = ask(url, CODE)
        program.send_signal(signal.SIGINT)

    assert answer["usage"]["completion_tokens"] > 0
    assert json.loads(log.read_text())["path"] == "/v1/chat/completions"
    assert program.returncode == 0


def test_every_fault_the_product_must_survive_can_be_scripted() -> None:
    assert {
        *("ok", "401", "401_echo_key", "402", "403", "404", "429_ra1", "429_ra3600", "429_quota"),
        *("500", "503_html", "529", "hang", "drip", "reset", "close_nohdr", "redirect"),
        *("empty_body", "200_html", "no_choices", "empty_content", "null_content", "truncated"),
        *("bad_json", "prose", "fenced_json", "invented_quotes", "huge", "no_usage", "neg_usage"),
        *("usage_x10", "surrogate", "ansi", "other_model"),
    } <= set(MODES)
