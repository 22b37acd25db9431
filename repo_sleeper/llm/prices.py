"""What a model's tokens cost, from the list that litellm ships, read without importing it."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from repo_sleeper.domain.model import Price
from repo_sleeper.providers import LOCAL, MARKED, provider_of

_LIST = "model_prices_and_context_window_backup.json"
_PROVIDERS = "provider_endpoints_support_backup.json"
_MILLION = 1_000_000
_TIERS = frozenset({"flex", "priority"})
_FREE = Price(0.0, 0.0, 0.0)


class Figures(Protocol):
    """A person's own prices, where the list does not know or is wrong."""

    @property
    def sent_price(self) -> float | None: ...
    @property
    def received_price(self) -> float | None: ...
    @property
    def cached_price(self) -> float | None: ...


def price(model: str, own: Figures, *, tier: str) -> Price:
    """That of a tier; the person's own figures before the list's."""
    listed = listed_price(model, tier=tier)
    return Price(
        sent=listed.sent if own.sent_price is None else own.sent_price,
        received=listed.received if own.received_price is None else own.received_price,
        cached=listed.cached if own.cached_price is None else own.cached_price,
        written=_written(model, listed, own.sent_price),
    )


def dearest(model: str, own: Figures, *, tier: str) -> Price:
    """The highest that a call may be charged at: another tier may be served than was asked for."""
    usual = price(model, own, tier="")
    return usual.dearer(price(model, own, tier="priority")) if tier == "auto" else usual


def _written(model: str, listed: Price, own: float | None) -> float | None:
    """What it costs to have the beginning of a prompt kept, where that is asked for at all."""
    times = MARKED.get(provider_of(model))
    if times is None:
        return None
    if own is None and listed.written is not None:
        return listed.written
    sent = listed.sent if own is None else own
    return None if sent is None else sent * times


@lru_cache(maxsize=8)
def listed_price(model: str, *, tier: str = "") -> Price:
    """US dollars per million tokens; nothing known is not nothing to pay."""
    if provider_of(model) in LOCAL:
        return _FREE  # it runs on a machine of one's own
    entry = _entry(model)
    if entry is None:
        return Price()
    usual = _price(entry)
    # Another price, but only where all of it is listed: otherwise it is the usual one.
    own = _price(entry, f"_{tier}") if tier in _TIERS else usual
    return own if own.known else usual


def _price(entry: dict[str, Any], ending: str = "") -> Price:
    return Price(
        sent=_per_million(entry.get(f"input_cost_per_token{ending}")),
        received=_per_million(entry.get(f"output_cost_per_token{ending}")),
        cached=_per_million(entry.get(f"cache_read_input_token_cost{ending}")),
        written=_per_million(entry.get(f"cache_creation_input_token_cost{ending}")),
    )


@lru_cache(maxsize=1)
def providers() -> frozenset[str]:
    """The providers that litellm lists, by their prefix; none where its list cannot be read."""
    listed = _shipped(_PROVIDERS).get("providers", {})
    return frozenset(listed if isinstance(listed, dict) else ())


def slip_in(model: str) -> str:
    """What is wrong with the name as far as the lists tell, so that nobody waits to learn it."""
    known, provider = providers(), provider_of(model)
    if not known or provider in known or model in _prices():
        return ""
    if "/" in model:
        return f"litellm knows no provider {provider}"
    return "" if provider else f"not named: unless litellm knows {model}, write PROVIDER/{model}"


def _entry(model: str) -> dict[str, Any] | None:
    names = [model, model.partition("/")[2]] if "/" in model else [model]
    prices = _prices()
    for name in names:
        entry = prices.get(name)
        if isinstance(entry, dict) and (name == model or _is_by(entry, provider_of(model))):
            return entry
    return None


def _is_by(entry: dict[str, Any], provider: str) -> bool:
    return str(entry.get("litellm_provider", "")).startswith(provider)


@lru_cache(maxsize=1)
def _prices() -> dict[str, Any]:
    return _shipped(_LIST)


def _shipped(name: str) -> dict[str, Any]:
    """A list that litellm ships, read without importing it."""
    spec = find_spec("litellm")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        try:
            found = json.loads((Path(folder) / name).read_bytes())
        except (OSError, ValueError):
            continue
        return found if isinstance(found, dict) else {}
    return {}


def _per_million(per_token: object) -> float | None:
    if isinstance(per_token, bool) or not isinstance(per_token, int | float) or per_token < 0:
        return None
    return round(float(per_token) * _MILLION, 9)
