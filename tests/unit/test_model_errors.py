"""Every way a call can fail leaves as one of our errors, and says what to do."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest

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
from repo_sleeper.llm.errors import BY_NAME, Failure, failure_from, model_error


def litellm_exceptions() -> list[str]:
    """The exception classes of the installed litellm, from its source: importing it is slow."""
    spec = find_spec("litellm")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    source = Path(spec.submodule_search_locations[0], "exceptions.py").read_text()
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    return sorted(one.name for one in classes if "Enum" not in ast.dump(ast.Tuple(one.bases)))


@pytest.mark.parametrize("name", litellm_exceptions())
def test_every_exception_litellm_has_leaves_as_ours(name: str) -> None:
    """When litellm adds a class, this fails and a row is added; until then it is a server error."""
    assert name in BY_NAME

    assert type(model_error(Failure(names=(name,), asked=True, sent=True))) is BY_NAME[name]


def test_an_exception_nobody_knows_is_the_provider_s_trouble_once_something_was_asked() -> None:
    assert type(model_error(Failure(names=("NewError",), asked=True))) is ModelServerError


@pytest.mark.parametrize(
    "failure",
    [
        Failure(asked=True, sent=True, status=200, body=" "),
        Failure(asked=True, sent=True, status=200, body="<html>Sign in</html>", html=True),
    ],
)
def test_what_answers_like_no_provider_was_reached_all_the_same(failure: Failure) -> None:
    error = model_error(failure)

    assert isinstance(error, ModelOfflineError)
    assert str(error).startswith("what answers is no model provider: 200 ")
    assert "model.api_base" in error.hint


def test_a_long_message_is_cut_between_words() -> None:
    said = str(model_error(Failure(names=("Timeout",), asked=True, message="13,179 " * 60)))

    assert said.endswith(" 13,179…")
    assert len(str(model_error(Failure(names=("Timeout",), asked=True, message="x" * 999)))) < 350


def test_whatever_fails_before_anything_was_asked_is_our_set_up() -> None:
    for name in ("BadRequestError", "NewError", "APIError", "ValueError", "ModuleNotFoundError"):
        error = model_error(Failure(names=(name,), message="LLM Provider NOT provided"))
        assert type(error) is ModelSetupError
        assert not error.sent
    assert type(model_error(Failure(names=("AuthenticationError",)))) is ModelAuthError


@pytest.mark.parametrize("name", ["gpt", "foo/bar"])
def test_a_name_without_a_known_provider_is_told_in_our_words(name: str) -> None:
    said = f"litellm.BadRequestError: LLM Provider NOT provided. You passed model={name}"

    error = model_error(Failure(names=("BadRequestError",), message=said))

    assert str(error) == "the model's name begins with no provider that is known"
    assert "PROVIDER/NAME" in error.hint


def test_an_answer_that_cannot_be_used_comes_with_what_to_do() -> None:
    assert "`sleeper cost calls`" in ModelReplyError("the reply is empty").hint
    assert ModelReplyError("the reply is empty", hint="ask again").hint == "ask again"


def test_the_innermost_cause_decides_over_the_class_litellm_gives_it() -> None:
    names = ("InternalServerError", "APIConnectionError", "ConnectError")

    assert type(model_error(Failure(names=names, asked=True))) is ModelOfflineError


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (("ConnectTimeout", "TimeoutException", "TransportError"), ModelOfflineError),
        (("ReadTimeout", "TimeoutException", "TransportError"), ModelTimeoutError),
        (("APIConnectionError", "APIError", "OpenAIError", "error"), ModelOfflineError),
        (("OpenAIError", "Exception"), ModelSetupError),
    ],
)
def test_of_the_classes_of_an_exception_the_special_one_decides(
    names: tuple[str, ...], kind: type[ModelError]
) -> None:
    assert type(model_error(Failure(names=names, asked=True))) is kind


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, "Unrecognized request argument", ModelRequestError),
        (400, "maximum context length is 8192 tokens", ModelTooLongError),
        (400, "prompt is too long: 210000 tokens > 200000 maximum", ModelTooLongError),
        (400, "filtered due to the content management policy", ModelRefusedError),
        (400, "Your credit balance is too low", ModelQuotaError),
        (401, "", ModelAuthError),
        (402, "", ModelQuotaError),
        (403, "", ModelAuthError),
        (403, "flagged by moderation", ModelRefusedError),
        (404, "", ModelRequestError),
        (407, "", ModelOfflineError),
        (408, "", ModelServerError),
        (413, "", ModelTooLongError),
        (422, "", ModelRequestError),
        (429, "", ModelRateError),
        (429, "insufficient_quota", ModelQuotaError),
        (500, "", ModelServerError),
        (529, "overloaded", ModelServerError),
    ],
)
def test_a_status_and_its_words_decide(status: int, body: str, kind: type[ModelError]) -> None:
    error = model_error(
        Failure(names=("InternalServerError",), asked=True, sent=True, status=status, body=body)
    )

    assert type(error) is kind
    assert error.sent is (status >= 500), "an answer of 4xx is never billed"
    assert error.hint


@pytest.mark.parametrize(
    ("body", "html", "kind"),
    [
        ("<html>", True, ModelOfflineError),
        ("  ", False, ModelOfflineError),
        ('{"id": 1', False, ModelReplyError),
        ("[" * 100_000, False, ModelReplyError),
        ("[]", False, ModelReplyError),
        ('{"error": {}}', False, ModelReplyError),
        ('{"error": {"message": "upstream", "code": 429}}', False, ModelRateError),
        ('[{"error": {"message": "upstream", "code": 503}}]', False, ModelServerError),
        ('{"error": {"message": "upstream", "code": 200}}', False, ModelServerError),
        ('{"error": "insufficient_quota"}', False, ModelQuotaError),
        ('{"error": "context length exceeded"}', False, ModelTooLongError),
        ('{"error": "content policy"}', False, ModelRefusedError),
    ],
)
def test_a_success_that_is_no_answer_is_an_error(
    body: str,
    html: bool,  # noqa: FBT001 -- a column of the table
    kind: type[ModelError],
) -> None:
    error = model_error(Failure(asked=True, sent=True, status=200, body=body, html=html))

    assert type(error) is kind
    assert error.sent


@pytest.mark.parametrize(
    ("note", "kind"),
    [
        ("redirect", ModelRequestError),
        ("unbound", ModelSetupError),
        ("too-large", ModelReplyError),
    ],
)
def test_what_we_saw_ourselves_goes_before_what_litellm_says(
    note: str, kind: type[ModelError]
) -> None:
    assert type(model_error(Failure(names=("Timeout",), asked=True, note=note))) is kind


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("1", 1.0),
        ("3600", 3600.0),
        ("0.5", 0.5),
        ("-5", None),
        ("0", None),
        ("inf", None),
        ("nan", None),
        ("", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_only_a_positive_number_of_seconds_is_believed(header: str, seconds: float | None) -> None:
    error = model_error(Failure(asked=True, status=429, retry_after=header))

    assert error.retry_after == seconds


def test_the_message_is_one_line_with_the_provider_s_own_words() -> None:
    body = '{"error": {"message": "Incorrect\\n API key"}}'
    error = model_error(Failure(asked=True, status=401, body=body, message="litellm.Something"))

    assert str(error) == "the provider refuses the key: 401 Incorrect API key"


def test_without_any_word_the_message_still_says_what_happened() -> None:
    assert str(model_error(Failure(asked=True, names=("ReadTimeout",)))) == (
        "no answer before the deadline"
    )
    assert type(model_error(Failure(asked=True, names=("ReadTimeout",)))) is ModelTimeoutError


def test_facts_survive_the_pipe() -> None:
    assert failure_from({"names": ["A", "B"], "status": 5}) == Failure(names=("A", "B"), status=5)
    assert failure_from({"message": "m"}) == Failure(message="m")
