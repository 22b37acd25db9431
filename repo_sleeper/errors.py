"""The SleeperError family: what happened, what to do, and the exit code, on the class."""

from __future__ import annotations

from typing import ClassVar


class SleeperError(Exception):
    """Anything a user is told in one line. Only subclasses say more precisely what.

    `str(error)` is what happened; `hint` is what to do about it. The command line prints both
    and exits with `exit_code`; nothing else catches the family as a whole.
    """

    exit_code: ClassVar[int] = 1
    usual_hint: ClassVar[str] = ""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint or self.usual_hint


class UsageError(SleeperError):
    """The command was called in a way that cannot work."""

    exit_code = 2


class ConfigError(SleeperError):
    """A setting is wrong: the message names the file and the key."""

    exit_code = 2


class NotFoundError(SleeperError):
    """What was asked for is not there."""

    exit_code = 3


class NotARepositoryError(NotFoundError):
    """Not inside the work tree of a git repository."""


class NotInitialisedError(NotFoundError):
    """`sleeper init` has not been run in this repository."""


class SetupError(SleeperError):
    """Something must be set up by a person first: git, a key, trust."""

    exit_code = 4


class DiskFullError(SleeperError):
    """Something could not be written for want of space."""


class GitError(SleeperError):
    """Git failed, hung or answered nonsense; this question only, never the whole program."""


class StoreError(SleeperError):
    """The database cannot be used as it is."""


class NewerStoreError(StoreError):
    """The database was written by a newer sleeper; it is left untouched."""


class OlderStoreError(StoreError):
    """The database is as an older sleeper left it: who may write brings it up to date."""


class ForeignStoreError(StoreError):
    """A database this user did not create; opening it would trust a stranger's notes."""


class DaemonError(SleeperError):
    """The daemon did not start, stop or answer."""


class BudgetError(SleeperError):
    """A cap would be passed; nothing was sent."""

    exit_code = 5


class TooDearError(BudgetError):
    """Only this call, or its subject, costs more than may be; another need not."""


class ModelError(SleeperError):
    """The model could not be asked, or its answer cannot be used.

    `permanent` means no retry until a person acts; `retry_after` is in seconds and only ever a
    hint, because providers send anything; `sent` says whether a request may have been charged.
    """

    exit_code = 6

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        retry_after: float | None = None,
        sent: bool = True,
    ) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after
        self.sent = sent

    kind: ClassVar[str] = "model"
    permanent: ClassVar[bool] = False


class ModelSetupError(ModelError):
    """No model, an unknown model, or litellm missing: nothing was sent."""

    kind = "setup"
    permanent = True


class ModelAuthError(ModelError):
    """401 or 403: the key is wrong or may not do this."""

    kind = "auth"
    permanent = True


class ModelQuotaError(ModelError):
    """402 or an exhausted quota: only a person with a purse can help."""

    kind = "quota"
    permanent = True


class ModelRequestError(ModelError):
    """The provider refuses this request as it is: unknown model, bad argument, redirect."""

    kind = "request"
    permanent = True


class ModelTooLongError(ModelError):
    """The prompt exceeds the model's context; the same content is never sent again."""

    kind = "too-long"


class ModelRefusedError(ModelError):
    """A content filter or a refusal; the same content is never sent again."""

    kind = "refused"


class ModelRateError(ModelError):
    """429: later, and not before `retry_after`."""

    kind = "rate"


class ModelServerError(ModelError):
    """5xx: the provider's fault, later."""

    kind = "server"


class ModelOfflineError(ModelError):
    """No connection: refused, DNS, TLS, reset, or a captive portal's page."""

    kind = "offline"


class ModelTimeoutError(ModelError):
    """The deadline passed and the worker was killed."""

    kind = "timeout"


class ModelUnsentError(ModelError):
    """We ended the call ourselves before its request left: nobody's fault, and it cost nothing."""

    kind = "unsent"

    def __init__(self) -> None:
        super().__init__("the call was ended before it was sent", sent=False)


class ModelStoppedError(ModelError):
    """A person typed Ctrl-C while the model was asked: what it costs is known and kept."""

    kind = "stopped"
    exit_code = 130

    def __init__(self, *, sent: bool) -> None:
        if sent:
            told = "stopped after the request had left: it counts as the most it can have cost"
        else:
            told = "stopped before anything was sent: it costs nothing"
        super().__init__(told, hint="`sleeper cost` shows what counts" if sent else "", sent=sent)


class ModelReplyError(ModelError):
    """An answer arrived and cannot be used: empty, cut, not the JSON that was asked for."""

    kind = "reply"
    usual_hint = "`sleeper cost calls` has what came back; another model may do better"
