"""What a model's name and endpoint say about where code would go, and at what price."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from repo_sleeper.config import ModelSettings
from repo_sleeper.domain.model import Price, Usage
from repo_sleeper.llm import prices
from repo_sleeper.llm.prices import listed_price
from repo_sleeper.providers import (
    host_for,
    host_of,
    is_local,
    is_loopback,
    is_private,
    needs_key,
    provider_of,
)


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("anthropic/claude-haiku-4-5", "anthropic"),
        ("openrouter/anthropic/claude", "openrouter"),
        ("gpt-5-mini", "openai"),
        ("o3-mini", "openai"),
        ("Claude-opus", "anthropic"),
        ("gemini-2.5-flash", "vertex_ai"),
        ("llama", ""),
    ],
)
def test_the_name_says_whose_model_it_is(model: str, provider: str) -> None:
    assert provider_of(model) == provider


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_loopback_is_this_machine(host: str) -> None:
    assert is_loopback(host)
    assert is_private(host)


@pytest.mark.parametrize("host", ["127.evil.example", "localhost.evil.example", "evil.example"])
def test_a_name_that_looks_like_loopback_is_not(host: str) -> None:
    assert not is_loopback(host)
    assert not is_private(host)


@pytest.mark.parametrize("host", ["192.168.1.9", "10.0.0.1", "nas", "nas.local", "fd00::1"])
def test_the_own_network_is_private(host: str) -> None:
    assert is_private(host)
    assert not is_loopback(host)


@pytest.mark.parametrize("host", ["10.example.org", "2001:db8::1", "fd.example.org"])
def test_what_only_begins_like_a_private_address_is_public(host: str) -> None:
    assert not is_private(host)


def test_a_broken_address_has_no_host() -> None:
    assert host_of("http://[::1") == ""
    assert host_of("https://Example.org:8080/v1") == "example.org"


def test_where_a_call_goes() -> None:
    assert host_for("openai/x", "https://llm.example.org/v1") == "llm.example.org"
    assert host_for("anthropic/x", "") == "api.anthropic.com"
    assert host_for("ollama/x", "") == "localhost"
    assert host_for("unheard/x", "") == ""


def test_what_stays_on_this_machine() -> None:
    assert is_local("ollama/x", "")
    assert is_local("openai/x", "http://127.0.0.1:8080/v1")
    assert not is_local("ollama/x", "http://192.168.1.9:11434")
    assert not is_local("openai/x", "")


def test_only_a_provider_s_own_endpoint_surely_needs_a_key() -> None:
    assert needs_key("openai/x", "")
    assert not needs_key("openai/x", "http://127.0.0.1:8080/v1")
    assert not needs_key("ollama/x", "")
    assert not needs_key("bedrock/x", "")


@pytest.mark.parametrize(
    "model", ["gpt-4o-mini", "openai/gpt-4o-mini", "anthropic/claude-haiku-4-5", "groq/x", "x"]
)
def test_a_listed_price_is_complete_and_an_unlisted_one_unknown(model: str) -> None:
    price = listed_price(model)

    assert price.known is (model not in {"groq/x", "x"})
    assert price.known is False or 0 < (price.sent or 0) < (price.received or 0) < 100


@pytest.mark.parametrize(
    ("model", "tier", "sent", "usd"),
    [
        ("gemini/gemini-2.5-pro", "", 200_000, 0.25 + 0.01),
        ("gemini/gemini-2.5-pro", "", 200_001, 0.5 + 0.015),
        ("gemini/gemini-2.5-pro", "priority", 200_001, 0.9 + 0.027),
        ("gemini/gemini-2.5-pro", "flex", 200_001, 0.5 + 0.015),  # no longer one is listed
        ("gpt-5.4", "", 272_001, 1.36 + 0.0225),
        ("dashscope/qwen3-coder-plus", "", 32_000, 0.032 + 0.005),  # listed by ranges
        ("dashscope/qwen3-coder-plus", "", 128_001, 0.384 + 0.015),
    ],
)
def test_a_longer_prompt_costs_what_is_listed_for_its_size(
    model: str, tier: str, sent: int, usd: float
) -> None:
    price, usage = listed_price(model, tier=tier), Usage(sent, 1_000)

    assert price.cost(usage) == pytest.approx(usd, abs=1e-4)
    assert price.most(usage) >= price.cost(usage)


def test_a_person_s_own_price_holds_for_prompts_of_any_size() -> None:
    own = ModelSettings(sent_price=1.0, received_price=2.0)

    price = prices.dearest("gemini/gemini-2.5-pro", own, tier="")

    assert price.cost(Usage(300_000, 1_000)) == pytest.approx(0.302)


@pytest.mark.parametrize(
    ("own", "usd"),
    [
        pytest.param({}, 0.5 + 0.015, id="nothing"),
        pytest.param({"received_price": 1.0}, 0.5 + 0.001, id="what comes back"),
        pytest.param({"sent_price": 1.0}, 0.2 + 0.015, id="what is sent"),
    ],
)
def test_a_longer_prompt_costs_more_in_each_way_that_the_person_has_no_price_for(
    own: dict[str, Any], usd: float
) -> None:
    price = prices.price("gemini/gemini-2.5-pro", ModelSettings(**own), tier="")

    assert price.cost(Usage(200_001, 1_000)) == pytest.approx(usd, abs=1e-4)


def test_a_person_s_own_price_for_what_the_provider_still_had_is_taken() -> None:
    assert prices.price("gpt-4o-mini", ModelSettings(cached_price=0.5), tier="").cached == 0.5


@pytest.mark.parametrize(
    ("model", "own", "written"),
    [
        pytest.param("anthropic/claude-haiku-4-5", {}, 1.25, id="listed"),
        pytest.param("anthropic/claude-haiku-4-5", {"sent_price": 4.0}, 5.0, id="the person's"),
        pytest.param("anthropic/unheard", {"sent_price": 4.0}, 5.0, id="only the person's"),
        pytest.param("anthropic/unheard", {}, None, id="unknown"),
        pytest.param("openai/unheard", {"sent_price": 4.0}, None, id="nobody asks for it"),
    ],
)
def test_to_have_a_prompt_kept_costs_more_than_to_send_it(
    model: str, own: dict[str, Any], written: float | None
) -> None:
    assert prices.price(model, ModelSettings(**own), tier="").written == written


@pytest.mark.parametrize(
    ("price", "usd"),
    [
        pytest.param(Price(2.0, 8.0, 0.5, 3.0), 0.5 + 0.125 + 1.5 + 8.0, id="each has its own"),
        pytest.param(Price(2.0, 8.0), 2.0 + 8.0, id="as what is sent where nobody knows"),
        pytest.param(Price(2.0, None, 0.5, 3.0), 0.0, id="no price for what comes back"),
        pytest.param(Price(None, 8.0, 0.5, 3.0), 0.0, id="no price for what is sent"),
    ],
)
def test_what_was_cached_and_what_is_kept_are_parts_of_what_is_sent(
    price: Price, usd: float
) -> None:
    million = Usage(1_000_000, 1_000_000, cached=250_000, written=500_000)

    assert price.cost(million) == pytest.approx(usd)
    assert price.known is (usd > 0)


@pytest.mark.parametrize(
    ("price", "usd"),
    [
        (Price(2.0, 8.0, 0.5, 3.0), 3.0),
        (Price(2.0, 8.0, 4.0, 3.0), 4.0),
        (Price(2.0, 8.0, 0.5), 2.0),
    ],
    ids=["all of it kept", "all of it cached", "all of it fresh"],
)
def test_the_worst_case_is_the_dearest_way_to_send_all_of_it(price: Price, usd: float) -> None:
    assert price.most(Usage(1_000_000, cached=9, written=9)) == usd


def test_what_is_thought_and_not_said_may_be_all_that_comes_back() -> None:
    assert listed_price("dashscope/qwen-plus-2025-07-14").received == 4.0
    assert listed_price("perplexity/sonar-deep-research").received == 8.0


def test_the_dearer_of_two_prices_is_so_at_every_size() -> None:
    one, other = Price(1.0, 1.0, longer=((10, Price(3.0, 1.0)),)), Price(2.0, 1.0)

    assert [one.dearer(other).at(n).sent for n in (10, 11)] == [2.0, 3.0]
    assert other.dearer(one) == one.dearer(other)


def test_the_dearer_of_two_prices_is_so_in_each_way() -> None:
    one, other = Price(1.0, 9.0, 0.1, 3.0), Price(2.0, 8.0, 0.2, 2.5)

    assert one.dearer(other) == Price(2.0, 9.0, 0.2, 3.0)


def test_a_model_on_this_machine_costs_nothing() -> None:
    assert listed_price("ollama/qwen3-coder") == Price(0.0, 0.0, 0.0)


def test_another_provider_s_price_is_not_taken_for_a_namesake() -> None:
    assert not listed_price("unheard/gpt-4o-mini").known


def test_without_a_list_every_price_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "litellm"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    for content in (None, "{", "[]", json.dumps({"m": {"input_cost_per_token": "dear"}})):
        prices._prices.cache_clear()
        listed_price.cache_clear()
        if content is not None:
            (package / "model_prices_and_context_window_backup.json").write_text(content)
        assert listed_price("m") == Price()
    prices._prices.cache_clear()
    listed_price.cache_clear()
