"""Which model may think, and for how much: found, offered, and written to the person's settings."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from repo_sleeper import config
from repo_sleeper.cli import output
from repo_sleeper.errors import UsageError

_OLLAMA = "http://127.0.0.1:11434"
_LOOK_S = 0.5
_T = TypeVar("_T")
_NONE = frozenset({"", "n", "no", "none", "nothing"})
_NAME = r"(?a:(?=.*[A-Za-z])[\w.:/@+-]+)"
_MARK = r"[\d.:/-]"  # every name that litellm knows has one; words of ours have none
# A small, cheap model of each provider to begin with; any other name can be typed instead.
_SUGGESTED = {
    "anthropic": "anthropic/claude-haiku-4-5",
    "deepseek": "deepseek/deepseek-chat",
    "gemini": "gemini/gemini-2.5-flash",
    "groq": "groq/openai/gpt-oss-20b",
    "mistral": "mistral/mistral-small-latest",
    "openai": "openai/gpt-5-mini",
    "openrouter": "openrouter/openai/gpt-5-mini",
    "xai": "xai/grok-3-mini",
}


class Choice(NamedTuple):
    """What was said on the command line about the model."""

    model: str | None = None
    no_model: bool = False
    api_base: str | None = None
    daily_cap: float | None = None

    @property
    def is_made(self) -> bool:
        """Whether the question which model is answered."""
        return self.model is not None or self.no_model or self.api_base is not None


class Offer(NamedTuple):
    """A model that could be asked at once, and where that is known from."""

    name: str
    source: str
    api_base: str = ""


def chosen(choice: Choice, *, ask: bool, forbidden: bool = False) -> dict[str, object]:
    """What is to be set; nothing is written. Without a choice and nobody to ask it is nothing.

    A `model.name` of "" is the choice to have none here. Where that was chosen before
    (`forbidden`), a person is asked again, and may take the model of their settings.
    """
    if choice.model is not None and choice.no_model:
        raise UsageError("--model and --no-model exclude each other")
    if choice.model and (choice.model.casefold() in _NONE or not re.fullmatch(_NAME, choice.model)):
        raise UsageError(
            f"{choice.model}: not the name of a model",
            hint="name one as litellm does, such as openai/gpt-5-mini; --no-model asks none",
        )
    settings = config.load(None, env=os.environ)
    values = _said(choice)
    if not choice.is_made and (forbidden or not settings.model.name):
        offers = [*_own(settings), *found(os.environ)] if ask or not forbidden else []
        if ask:
            values |= _asked(offers)
        elif offers:
            output.say(_could(offers[0]))
    if "model.name" in values and values["model.name"] and ask and choice.daily_cap is None:
        values["budget.usd_per_day"] = _asked_cap(settings.budget.usd_per_day)
    return values


def _said(choice: Choice) -> dict[str, object]:
    values: dict[str, object] = {}
    if choice.model is not None or choice.no_model:
        values["model.name"] = choice.model or ""
    if choice.api_base is not None:
        values["model.api_base"] = choice.api_base
    if choice.daily_cap is not None:
        values["budget.usd_per_day"] = choice.daily_cap
    return values


def write(values: Mapping[str, object]) -> None:
    """Write only what is different, so that doing it twice changes nothing.

    No model is a choice for one repository, so it is not written where all others look.
    """
    present = config.load(None, env={})
    different = {
        key: value
        for key, value in values.items()
        if _present(present, key) != value and (key, value) != ("model.name", "")
    }
    if different:
        config.write_user_settings(different)


def _present(settings: config.Settings, key: str) -> object:
    group, _, name = key.partition(".")
    return getattr(getattr(settings, group), name)


# --- what could be asked ----------------------------------------------------------------------


def _own(settings: config.Settings) -> list[Offer]:
    model = settings.model
    return [Offer(model.name, "in your settings", model.api_base)] if model.name else []


def found(env: Mapping[str, str]) -> list[Offer]:
    """Models that could be asked now: on this machine first, then those whose key is here."""
    local = [
        Offer(f"ollama_chat/{name}", "Ollama on this machine", _OLLAMA) for name in _pulled(_OLLAMA)
    ]
    keyed = [
        Offer(_SUGGESTED[who], f"the key of {who} in your environment")
        for who in config.providers_in(env)
        if who in _SUGGESTED
    ]
    return [*local, *keyed]


def _pulled(base: str) -> list[str]:
    """The models an Ollama on this machine has; none when there is no Ollama."""
    if not _is_listening(base):
        return []
    try:
        return sorted(str(model["name"]) for model in _told(f"{base}/api/tags")["models"])
    except (KeyError, TypeError):
        return []


def _listed(base: str) -> list[str]:
    """The models of a server that speaks OpenAI's language; none when it does not say."""
    try:
        return [str(model["id"]) for model in _told(f"{base.rstrip('/')}/models")["data"]]
    except (KeyError, TypeError):
        return []


def _told(address: str) -> Any:
    """What a server says there, as JSON; None when that is nothing of the kind."""
    import http.client  # 17 ms, and most often nobody is asked
    import json
    from urllib.parse import urlsplit

    place = urlsplit(address)
    secure = place.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(place.netloc, timeout=_LOOK_S)
    try:
        connection.request("GET", place.path)
        return json.loads(connection.getresponse().read(1_000_000))
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _is_listening(base: str) -> bool:
    import socket

    host, _, port = _address(base).rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as caller:
        caller.settimeout(_LOOK_S)
        return caller.connect_ex((host, int(port))) == 0


def _address(base: str) -> str:
    return base.rpartition("/")[2]


# --- asking -----------------------------------------------------------------------------------


def confirm(question: str) -> bool:
    """Yes or no, on stderr."""
    import typer  # 40 ms, and most often nobody is asked

    return typer.confirm(question, err=True)


def _could(offer: Offer) -> str:
    base = f" --api-base {offer.api_base}" if offer.api_base else ""
    return f"{offer.source}: `sleeper init --model {offer.name}{base}` would let it think"


def _asked(offers: list[Offer]) -> dict[str, object]:
    output.say("Which model may think about this code? It is sent to whoever runs the model.")
    for number, offer in enumerate(offers, start=1):
        output.say(f"  {number}  {offer.name}  ({offer.source})")
    output.say("  a name as litellm has it, such as openai/gpt-5-mini")
    output.say("  an address such as http://localhost:8000/v1 that speaks OpenAI's language")
    output.say("  or press Enter for none: structure only, nothing leaves this machine")
    possible = (
        f"{_numbers(len(offers))}a name such as openai/gpt-5-mini, an address, or Enter for none"
    )
    return _until("Model", lambda answer: _model(answer, offers), possible)


def _numbers(count: int) -> str:
    """The numbers that may be answered, with what leads on to other answers."""
    if count <= 1:
        return "1, " * count
    return f"a number from 1 to {count}, "


def _model(answer: str, offers: list[Offer]) -> dict[str, object] | None:
    """The settings that an answer means; None when it means nothing."""
    if answer.casefold() in _NONE:
        return {"model.name": ""}
    if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(offers):
        offer = offers[int(answer) - 1]
        return {"model.name": offer.name, "model.api_base": offer.api_base}
    if "://" in answer:
        return _served(answer)
    if re.fullmatch(_NAME, answer) and re.search(_MARK, answer):
        return {"model.name": answer}
    return None


def _served(address: str) -> dict[str, object] | None:
    from repo_sleeper.config.values import WrongValueError, checked

    try:
        checked("model.api_base", address)
    except WrongValueError as error:
        output.say(f"  it {error}")
        return None
    name = _until("Its name there", _name, "a name such as qwen3")
    return {"model.name": _full_name(name, address), "model.api_base": address}


def _full_name(name: str, address: str) -> str:
    """`openai/` and what the server calls it, which may itself begin so; then the server knows."""
    if name.startswith("openai/") and name not in _listed(address):
        return name
    return f"openai/{name}"


def _name(answer: str) -> str | None:
    return answer if re.fullmatch(_NAME, answer) else None


def _asked_cap(present: float) -> float:
    possible = "an amount such as 0.50; 0 stops all calls"
    question = "At most how many US dollars per day"
    return _until(question, _amount, possible, default=str(present))


def _amount(answer: str) -> float | None:
    from repo_sleeper.config.values import checked

    try:
        amount = float(answer)
        checked("budget.usd_per_day", amount)
    except ValueError:  # no number, or none that a cap may be
        return None
    return amount


def _until(
    question: str, meant: Callable[[str], _T | None], possible: str, *, default: str = ""
) -> _T:
    """Ask until the answer means something; each time it does not, say what would."""
    import typer

    while True:
        shown = bool(default)
        answer = typer.prompt(question, default=default, show_default=shown, err=True)
        found = meant(str(answer).strip())
        if found is not None:
            return found
        output.say(f"  possible: {possible}")
