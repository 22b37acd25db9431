"""What the worker has told of an answer, as a reply; or why it is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from repo_sleeper.domain.model import Reply, Usage
from repo_sleeper.errors import ModelError, ModelRefusedError, ModelReplyError

_LONGEST_TIER = 40
_MOST_TOKENS = 10_000_000
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def reply_from(told: Mapping[str, Any], *, seconds: float, may_be_cut: bool) -> Reply:
    """The reply, without its price. Raises ModelRefusedError, or ModelReplyError for what is none.

    `may_be_cut` says that the beginning of an answer is worth something too.
    """
    text = storable(told.get("text", ""))
    problem = _problem(told, text, may_be_cut=may_be_cut)
    if problem is not None:
        raise problem
    return Reply(
        text=text,
        usage=_usage(told["usage"]),
        model=storable(told["model"]),
        finish=storable(told["finish"]) or "stop",
        seconds=seconds,
        tier=storable(told.get("tier", ""))[:_LONGEST_TIER],
    )


def storable(text: str) -> str:
    """The text without what a database and a pipe of JSON refuse."""
    return _UNSTORABLE.sub("\ufffd", text)


def _problem(told: Mapping[str, Any], text: str, *, may_be_cut: bool) -> ModelError | None:
    if not told["choices"]:
        return ModelReplyError("the answer holds no choices")
    if told["finish"] == "content_filter" or told["refusal"]:
        return ModelRefusedError(
            "the model or its filter refused", hint="this content is not sent again"
        )
    if told["finish"] == "length" and not (may_be_cut and text.strip()):
        return ModelReplyError(
            "the answer was cut at the output limit", hint="raise model.max_output_tokens"
        )
    return None if text.strip() else ModelReplyError("the answer is empty")


def _usage(told: Mapping[str, Any] | None) -> Usage | None:
    """The provider's count, or None when it is missing or cannot be true."""
    if told is None:
        return None
    found = [told.get(name) for name in ("sent", "received", "cached")] + [told.get("written", 0)]
    if not all(isinstance(n, int) and 0 <= n <= _MOST_TOKENS for n in found):
        return None
    if not found[0] or isinstance(found[0], bool):
        return None
    sent, received, cached, written = (int(n or 0) for n in found)
    return Usage(sent, received, min(cached, sent), min(written, max(sent - cached, 0)))
