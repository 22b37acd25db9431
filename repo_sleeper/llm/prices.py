"""What a model's tokens cost, from the list that litellm ships, read without importing it."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from repo_sleeper.domain.model import Price
from repo_sleeper.providers import LOCAL, MARKED, provider_of

_LIST = "model_prices_and_context_window_backup.json"
_PROVIDERS = "provider_endpoints_support_backup.json"
_MILLION = 1_000_000
_LONGER = re.compile(r"input_cost_per_token_above_(\d+)k_tokens")
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
    longer = tuple((tokens, _with_own(model, price, own)) for tokens, price in listed.longer)
    return _with_own(model, listed, own)._replace(longer=longer)


def _with_own(model: str, listed: Price, own: Figures) -> Price:
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
    entry = _by_size(entry)
    # Another price, but only where all of it is listed: otherwise it is the usual one.
    ending = f"_{tier}" if tier in _TIERS else ""
    own = _price(entry, ending)
    return _with_longer(entry, own, ending) if own.known else _with_longer(entry, _price(entry))


def _by_size(entry: dict[str, Any]) -> dict[str, Any]:
    """With the prices that are listed by ranges under the names that those of sizes have."""
    found = dict(entry)
    for part in entry.get("tiered_pricing") or ():
        thousands = int(part.get("range", (0,))[0]) // 1000
        above = f"_above_{thousands}k_tokens" if thousands else ""
        found.update({f"{name}{above}": part[name] for name in part if "_cost" in name})
    return found


def _price(entry: dict[str, Any], ending: str = "") -> Price:
    said = Price(
        sent=_per_million(entry.get(f"input_cost_per_token{ending}")),
        received=_per_million(entry.get(f"output_cost_per_token{ending}")),
        cached=_per_million(entry.get(f"cache_read_input_token_cost{ending}")),
        written=_per_million(entry.get(f"cache_creation_input_token_cost{ending}")),
    )
    # Not every provider tells how much of an answer was only thought, so all of it may have been.
    thought = _per_million(entry.get(f"output_cost_per_reasoning_token{ending}"))
    return said.dearer(Price(received=thought)) if said.known else said


def _with_longer(entry: dict[str, Any], price: Price, ending: str = "") -> Price:
    """With what longer prompts cost; a tier that has no price for them pays what is usual."""
    longer, dearest_yet = [], price
    for thousands in sorted(int(found[1]) for found in map(_LONGER.fullmatch, entry) if found):
        above = f"_above_{thousands}k_tokens"
        own, usual = _price(entry, f"{above}{ending}"), _price(entry, above)
        dearest_yet = dearest_yet.dearer(own if own.known else usual)
        longer.append((thousands * 1000, dearest_yet))
    return price._replace(longer=tuple(longer))


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
