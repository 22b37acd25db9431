"""Turns what went wrong in the worker into one ModelError that says what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from repo_sleeper.errors import (
    ModelAuthError,
    ModelError,
    ModelOfflineError,
    ModelQuotaError,
    ModelRateError,
    ModelRefusedError,
    ModelReplyError,
    ModelRequestError,
    ModelServerError,
    ModelSetupError,
    ModelTimeoutError,
    ModelTooLongError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The facts of one failed call, as the wire and the exception show them.

    `names` are the classes of the exception and of everything that caused it, outermost first.
    `asked` says whether a request left at all, `status` what the provider answered, if it did.
    `note` is our own finding: redirect, unbound, too-large, late, cut,
    no-stream.
    """

    names: tuple[str, ...] = ()
    message: str = ""
    asked: bool = False
    sent: bool = False
    status: int = 0
    body: str = ""
    html: bool = False
    retry_after: str = ""
    note: str = ""


# Fixed words of the providers; a status alone does not tell an empty purse from a full minute.
_QUOTA = re.compile(
    r"insufficient_quota|exceeded your current quota|billing|credit balance|out of credits?"
    r"|insufficient[ _](?:balance|credit|fund)|payment required|quota_exceeded|spending limit",
    re.IGNORECASE,
)
_TOO_LONG = re.compile(
    r"context[ _](?:length|window|limit|size)|maximum context|prompt is too long|too many tokens"
    r"|input (?:is )?too long|reduce the length|exceeds? the (?:max|token|limit|available context)"
    r"|input token count|string too long|request too large",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"content[ _](?:filter|policy|management)|safety|moderation|flagged|blocked by|usage polic"
    r"|guardrail",
    re.IGNORECASE,
)
_NAMELESS = "LLM Provider NOT provided"  # litellm, of a model whose name it does not know
_LATER = (408, 409, 425)
_PROXY = 407
_SHOWN = 300
_UNENDED = {
    "cut": (
        "the answer was cut off: the provider's stream ended before the answer did",
        "ask again; what came counts as paid",
    ),
    "no-stream": (
        "the provider was asked to stream and did not",
        "`sleeper ask ... | cat` asks for the answer in one piece",
    ),
}

# By class, for what fails before or beside HTTP. The first name known decides.
BY_NAME: dict[str, type[ModelError]] = {
    "AuthenticationError": ModelAuthError,
    "PermissionDeniedError": ModelAuthError,
    "PaymentRequiredError": ModelQuotaError,
    "BudgetExceededError": ModelQuotaError,
    "RateLimitError": ModelRateError,
    "ContextWindowExceededError": ModelTooLongError,
    "ContentPolicyViolationError": ModelRefusedError,
    "RejectedRequestError": ModelRefusedError,
    "GuardrailRaisedException": ModelRefusedError,
    "BlockedPiiEntityError": ModelRefusedError,
    "ModifyResponseException": ModelRefusedError,
    "SensitiveDataRouteException": ModelRefusedError,
    "NotFoundError": ModelRequestError,
    "UnprocessableEntityError": ModelRequestError,
    "UnsupportedParamsError": ModelRequestError,
    "ImageFetchError": ModelRequestError,
    "VectorStoreSearchError": ModelRequestError,
    "LiteLLMUnknownProvider": ModelSetupError,
    "ModelNotMappedError": ModelSetupError,
    "ModuleNotFoundError": ModelSetupError,
    "ImportError": ModelSetupError,
    "InvalidRequestError": ModelRequestError,
    "BadRequestError": ModelRequestError,
    "Timeout": ModelTimeoutError,
    "APITimeoutError": ModelTimeoutError,
    "TimeoutException": ModelTimeoutError,
    "ReadTimeout": ModelTimeoutError,
    "WriteTimeout": ModelTimeoutError,
    "ConnectTimeout": ModelOfflineError,
    "PoolTimeout": ModelTimeoutError,
    "ConnectError": ModelOfflineError,
    "ReadError": ModelOfflineError,
    "WriteError": ModelOfflineError,
    "RemoteProtocolError": ModelOfflineError,
    "LocalProtocolError": ModelRequestError,
    "UnsupportedProtocol": ModelSetupError,
    "ProxyError": ModelOfflineError,
    "gaierror": ModelOfflineError,
    "ConnectionError": ModelOfflineError,
    "SSLError": ModelOfflineError,
    "APIConnectionError": ModelOfflineError,
    "MidStreamFallbackError": ModelServerError,
    "ServiceUnavailableError": ModelServerError,
    "BadGatewayError": ModelServerError,
    "InternalServerError": ModelServerError,
    "JSONSchemaValidationError": ModelReplyError,
    "APIResponseValidationError": ModelReplyError,
    "MockException": ModelServerError,
    "APIError": ModelServerError,
    "OpenAIError": ModelSetupError,
    "MemoryError": ModelReplyError,
    "RecursionError": ModelReplyError,
}

# Classes that others are kinds of: they decide only where nothing else is known.
_GENERAL = frozenset({"APIError", "OpenAIError", "TimeoutException"})

# Something was reached: a captive portal, a proxy's page, a server of another kind.
_NO_PROVIDER = (
    "what answers is no model provider",
    "check model.api_base, and whether the network wants a sign-in first",
)
_AGAIN = "try again in a while; the daemon does so by itself"
_WHAT: dict[type[ModelError], tuple[str, str]] = {
    ModelSetupError: ("the model cannot be called", "`sleeper doctor` checks the model settings"),
    ModelAuthError: (
        "the provider refuses the key",
        "check the key, then `sleeper think` to retry",
    ),
    ModelQuotaError: (
        "the provider says the account's quota or credit is used up",
        "add credit with the provider, then `sleeper think` to go on",
    ),
    ModelRequestError: (
        "the provider refuses the request as it is",
        "check model.name and model.api_base in your settings",
    ),
    ModelTooLongError: ("the prompt is too long for the model", "lower think.input_tokens"),
    ModelRefusedError: ("the provider refuses this content", "it will not be sent again"),
    ModelRateError: ("the provider asks to slow down", _AGAIN),
    ModelServerError: ("the provider has trouble", _AGAIN),
    ModelOfflineError: ("the provider cannot be reached", "check the network and model.api_base"),
    ModelTimeoutError: ("no answer before the deadline", "model.deadline_s sets the deadline"),
    ModelReplyError: ("the answer cannot be used", "another model may do better"),
}


def model_error(failure: Failure) -> ModelError:
    """The error to raise; its message never holds a key, because the facts do not."""
    if failure.note in _UNENDED:
        message, hint = _UNENDED[failure.note]
        return ModelReplyError(message, hint=hint, sent=True)
    if _NAMELESS in failure.message and not failure.asked:
        return ModelSetupError(
            "the model's name begins with no provider that is known",
            hint="write model.name as PROVIDER/NAME, as in openai/gpt-5-mini or ollama/qwen3-coder",
            sent=False,
        )
    kind = _kind(failure)
    what, hint = _WHAT[kind]
    if kind is ModelOfflineError and 0 < failure.status < _PROXY:
        what, hint = _NO_PROVIDER
    detail = _detail(failure)
    return kind(
        f"{what}: {detail}" if detail else what,
        hint=hint,
        retry_after=_seconds(failure.retry_after),
        sent=_may_be_charged(failure),
    )


def failure_from(payload: Mapping[str, Any]) -> Failure:
    """The facts as the worker wrote them down."""
    return Failure(**{**payload, "names": tuple(payload.get("names", ()))})


def _kind(failure: Failure) -> type[ModelError]:
    by_note = {
        "redirect": ModelRequestError,
        "unbound": ModelSetupError,
        "too-large": ModelReplyError,
        "late": ModelTimeoutError,
    }.get(failure.note)
    if by_note is not None:
        return by_note
    if failure.status >= 400:  # noqa: PLR2004 -- where HTTP's errors begin
        return _by_status(failure.status, f"{failure.body} {failure.message}")
    if failure.status:
        return _by_body(failure)
    return _by_names(failure)


def _by_status(status: int, text: str) -> type[ModelError]:
    if status in {400, 402, 403, 429} and (status == 402 or _QUOTA.search(text)):  # noqa: PLR2004 -- payment required
        return ModelQuotaError
    if status in {400, 413, 422} and (status == 413 or _TOO_LONG.search(text)):  # noqa: PLR2004 -- content too large
        return ModelTooLongError
    if status in {400, 403, 422} and _REFUSED.search(text):
        return ModelRefusedError
    return _PLAIN_STATUS.get(status, ModelServerError if status >= 500 else ModelRequestError)  # noqa: PLR2004 -- the server's own


_PLAIN_STATUS: dict[int, type[ModelError]] = {
    401: ModelAuthError,
    403: ModelAuthError,
    429: ModelRateError,
    _PROXY: ModelOfflineError,
    **dict.fromkeys(_LATER, ModelServerError),
}


def _by_body(failure: Failure) -> type[ModelError]:
    """A 2xx that is no answer: a captive portal, an error in disguise, or nonsense."""
    if failure.html or not failure.body.strip():
        return ModelOfflineError
    error = _error_object(failure.body)
    if error is None:
        return ModelReplyError
    text = json.dumps(error)
    code = error.get("code")
    if isinstance(code, int) and code >= 400:  # noqa: PLR2004 -- where HTTP's errors begin
        return _by_status(code, text)
    for pattern, kind in ((_QUOTA, ModelQuotaError), (_TOO_LONG, ModelTooLongError)):
        if pattern.search(text):
            return kind
    return ModelRefusedError if _REFUSED.search(text) else ModelServerError


def _by_names(failure: Failure) -> type[ModelError]:
    # The innermost cause knows best: litellm calls a refused connection InternalServerError.
    names = failure.names if not failure.asked else tuple(reversed(failure.names))
    known = [name for name in names if name in BY_NAME]
    told = next((name for name in known if name not in _GENERAL), next(iter(known), ""))
    kind = BY_NAME.get(told)
    if failure.asked:
        return kind or ModelServerError
    if kind in {None, ModelRequestError, ModelServerError, ModelOfflineError}:
        return ModelSetupError  # nothing left this machine: it is our settings or litellm
    return kind or ModelSetupError


def _error_object(body: str) -> dict[str, Any] | None:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if isinstance(parsed, list) and parsed:
        parsed = parsed[0]
    error = parsed.get("error") if isinstance(parsed, dict) else None
    if isinstance(error, str):
        return {"message": error}
    return error if isinstance(error, dict) and error else None


def _detail(failure: Failure) -> str:
    if failure.note == "redirect":
        return f"redirect refused ({failure.status})"
    if failure.note in {"unbound", "too-large"}:
        return _shortened(failure.message)
    error = _error_object(failure.body) or {}
    said = str(error.get("message") or "")
    if not said and failure.html:
        said = "a web page instead of an answer"
    if not said and failure.status:
        said = "without the JSON of an answer" if failure.body.strip() else "and nothing else"
    said = said or failure.message
    said = _shortened(" ".join(said.split()))
    return f"{failure.status} {said}".strip() if failure.status else said


def _shortened(text: str) -> str:
    """As many whole words as are shown of it: half a number is another number."""
    if len(text) <= _SHOWN:
        return text
    whole = text[:_SHOWN].rpartition(" ")[0] or text[: _SHOWN - 1]
    return f"{whole}…"


def _may_be_charged(failure: Failure) -> bool:
    # An answer of 4xx is never billed; anything else after the request left may be.
    return failure.sent and not 400 <= failure.status < 500  # noqa: PLR2004 -- the client's errors


def _seconds(retry_after: str) -> float | None:
    """Only a plain positive number: dates and nonsense fall back to our own pace."""
    try:
        seconds = float(retry_after)
    except ValueError:
        return None
    return seconds if 0 < seconds < float("inf") else None
