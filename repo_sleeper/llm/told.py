"""What the objects of litellm say: a stream, the tokens used, the causes of an exception."""

from __future__ import annotations

from typing import Any

_MAX_CAUSES = 8


class Told:
    """What the chunks of a stream have said so far."""

    def __init__(self) -> None:
        self.chosen = False
        self.rest = ""
        self.refusal = ""
        self.finish = ""
        self.model = ""
        self.tier = ""
        self.usage: Any = None

    def take(self, chunk: Any) -> list[str]:
        """The lines that this chunk completes."""
        self.model = str(getattr(chunk, "model", "") or "") or self.model
        self.tier = tier(chunk) or self.tier
        self.usage = getattr(chunk, "usage", None) or self.usage
        for choice in (getattr(chunk, "choices", None) or [])[:1]:
            self.chosen = True
            self.finish = str(choice.finish_reason or "") or self.finish
            self.rest += str(choice.delta.content or "")
            self.refusal += str(getattr(choice.delta, "refusal", None) or "")
        *lines, self.rest = self.rest.split("\n")
        return [f"{line}\n" for line in lines]


def tier(response: Any) -> str:
    """Which service the provider says that it has given, in its own word; "" when it is silent."""
    places = (response, getattr(response, "usage", None))
    told = (getattr(place, "service_tier", None) for place in places)
    return next((one for one in told if isinstance(one, str)), "")


def counts(told: Any) -> dict[str, Any] | None:
    """What was used, as the provider counts it."""
    if told is None:
        return None
    details = getattr(told, "prompt_tokens_details", None)
    return {
        "sent": getattr(told, "prompt_tokens", None),
        "received": getattr(told, "completion_tokens", None),
        "cached": getattr(details, "cached_tokens", None) or 0,
        "written": getattr(told, "cache_creation_input_tokens", None) or 0,
    }


def _chain(error: BaseException) -> list[BaseException]:
    """The exception and what caused it, outermost first."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and len(chain) < _MAX_CAUSES:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    return chain


def names(error: BaseException) -> list[str]:
    """The classes of an exception and of what caused it."""
    return [cls.__name__ for cause in _chain(error) for cls in type(cause).__mro__[:-2]]


def said(error: BaseException) -> str:
    """The words of the innermost cause that has any: litellm's own only say that it failed."""
    texts = [str(cause).strip() for cause in _chain(error)]
    return next((text for text in reversed(texts) if text), type(error).__name__)
