"""A model behind a killable worker process: the deadline is ours, whatever the provider does."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol

from repo_sleeper.domain.model import Price, Prompt, Reply
from repo_sleeper.errors import (
    ModelError,
    ModelSetupError,
    ModelStoppedError,
    ModelTimeoutError,
    ModelUnsentError,
)
from repo_sleeper.llm.child import Child, DeadError, LateError
from repo_sleeper.llm.errors import failure_from, model_error
from repo_sleeper.llm.prices import Figures, dearest, price
from repo_sleeper.llm.replies import reply_from, storable
from repo_sleeper.providers import (
    KEY_VARIABLES,
    MARKED,
    SIGNING_VARIABLES,
    host_for,
    is_local,
    needs_key,
    provider_of,
)

_START_S = 90.0  # importing litellm takes 3 to 9 s, more on a busy machine
_PATIENCE = 0.9  # the worker gives up first and lives on; after the rest of the time it is killed


class Choice(Figures, Protocol):
    """What the model settings say, as far as a call needs it."""

    @property
    def name(self) -> str: ...
    @property
    def ask_name(self) -> str: ...
    @property
    def rethink_name(self) -> str: ...
    @property
    def service_tier(self) -> str: ...
    @property
    def https_proxy(self) -> str: ...
    @property
    def ca_bundle(self) -> str: ...
    @property
    def api_base(self) -> str: ...
    @property
    def deadline_s(self) -> float: ...
    @property
    def local_only(self) -> bool: ...


class WorkerModel:
    """One model in one process, started by the first call and ended by `close`.

    `complete` may be called from any thread, one at a time; `close` from another one cuts a call
    under way off.
    """

    def __init__(
        self,
        choice: Choice,
        *,
        key: str | None,
        ask: bool = False,
        again: bool = False,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """`ask` is for questions, `again` for second looks: each may have a model of its own."""
        self._choice = choice
        self._key = key or ""
        self._ask = ask
        self._again = again
        self._env = os.environ if env is None else env
        self._child: Child | None = None
        self._turn = threading.Lock()

    def __repr__(self) -> str:
        return f"WorkerModel({self.name!r})"

    @property
    def name(self) -> str:
        """What litellm calls the model."""
        choice = self._choice
        own = choice.ask_name if self._ask else choice.rethink_name if self._again else ""
        return own or choice.name

    @property
    def tier(self) -> str:
        """What the provider is asked for; nobody waits for a thought, but for an answer."""
        return "" if self._ask else self._choice.service_tier

    @property
    def host(self) -> str:
        """Where calls go, as far as we know; for the record of what was sent."""
        return host_for(self.name, self._choice.api_base)

    @property
    def pid(self) -> int | None:
        """The worker's process, None when there is none."""
        return self._child.pid if self._child else None

    def price(self) -> Price:
        """The most that a call may be charged, whichever tier the provider serves."""
        return dearest(self.name, self._choice, tier=self.tier)

    def complete(self, prompt: Prompt) -> Reply:
        """One request. Whatever comes back or does not, it is a Reply or a ModelError."""
        return self._completed(prompt, None)

    def stream(self, prompt: Prompt, hear: Callable[[str], None]) -> Reply:
        """The same, heard line by line; a stream that was cut is a ModelError, whatever came."""
        return self._completed(prompt, lambda part: hear(storable(part)))

    def _completed(self, prompt: Prompt, hear: Callable[[str], None] | None) -> Reply:
        self._refuse_hopeless()
        with self._turn:
            started = time.monotonic()
            answer = self._answer(prompt, hear)
            return self._reply(answer, seconds=time.monotonic() - started)

    def start(self) -> None:
        """Have the worker ready, so that a call that is allowed is made at once."""
        with suppress(ModelError), self._turn:
            self._refuse_hopeless()
            self._started()

    def close(self) -> None:
        """End the worker; a call under way ends with it, and who waits for it learns at once."""
        child = self._child
        if child is None:
            return
        if not self._turn.acquire(blocking=False):
            child.dismiss()
            return
        try:
            self._drop()
        finally:
            self._turn.release()

    def _refuse_hopeless(self) -> None:
        choice, name = self._choice, self.name
        if not name:
            raise ModelSetupError(
                "no model is configured", hint="`sleeper init` offers one", sent=False
            )
        if choice.local_only and not is_local(name, choice.api_base):
            raise ModelSetupError(
                f"model.local_only forbids {name}, which is not on this machine",
                hint="choose a local model, or set model.local_only = false",
                sent=False,
            )
        if needs_key(name, choice.api_base) and not self._key:
            variable = KEY_VARIABLES[provider_of(name)][0]
            raise ModelSetupError(
                f"no key for {name}: {variable} is not set",
                hint=f"export {variable}, or name another variable in model.key_env",
                sent=False,
            )
        # Without the file litellm trusts the usual certificates, which is what it is to replace.
        if choice.ca_bundle and not os.access(self._ca_bundle, os.R_OK):
            raise ModelSetupError(
                f"model.ca_bundle cannot be read: {choice.ca_bundle}",
                hint="put the certificates there, or name another file",
                sent=False,
            )

    @property
    def _ca_bundle(self) -> str:
        return os.path.expanduser(self._choice.ca_bundle)  # noqa: PTH111 -- text for a child

    def _answer(self, prompt: Prompt, hear: Callable[[str], None] | None) -> dict[str, Any]:
        deadline = self._choice.deadline_s
        message = self._message(prompt, streams=hear is not None)
        child = self._started()
        try:
            return child.exchange(message, deadline_s=deadline, hear=hear)
        except LateError as error:
            self._drop()
            raise ModelTimeoutError(
                f"no answer within {deadline:g} s",
                hint="model.deadline_s sets the deadline",
                sent=error.sent,
            ) from None
        except DeadError as error:
            self._drop()
            if child.dismissed and not error.sent:
                raise ModelUnsentError from None
            when = "its answer came" if error.sent else "it was sent"
            raise ModelTimeoutError(
                f"the call was cut off before {when}", sent=error.sent
            ) from None
        except KeyboardInterrupt:
            child.dismiss()
            sent = child.may_have_left()
            self._drop()
            raise ModelStoppedError(sent=sent) from None

    def _message(self, prompt: Prompt, *, streams: bool) -> dict[str, Any]:
        return {
            "system": storable(prompt.system),
            "user": storable(prompt.user),
            "shared": prompt.shared if provider_of(self.name) in MARKED else 0,
            "max_tokens": prompt.max_tokens,
            "deadline_s": self._choice.deadline_s * _PATIENCE,
            "json": not self._ask and "json" in f"{prompt.system}{prompt.user}".lower(),
            "stream": streams,
        }

    def _started(self) -> Child:
        if self._child is not None:
            return self._child
        try:
            child = Child(self._env, SIGNING_VARIABLES.get(provider_of(self.name), ()))
            self._child = child
            answer = self._greeting(child)
        except KeyboardInterrupt:
            self._drop(at_once=True)
            raise ModelStoppedError(sent=False) from None
        if "failure" in answer:
            self._drop()
            raise model_error(failure_from(answer["failure"]))
        return child

    def _greeting(self, child: Child) -> dict[str, Any]:
        """That it is ready, or why not; nothing is sent for that."""
        try:
            return child.exchange(self._hello(), deadline_s=_START_S)
        except (LateError, DeadError):
            self._drop()
            if child.dismissed:
                raise ModelUnsentError from None
            if child.killed:  # late, told to end, out of memory: no reason to stop for good
                raise ModelTimeoutError("the model's process was ended", sent=False) from None
            return {"failure": {"message": "its process did not start"}}

    def _hello(self) -> dict[str, Any]:
        choice = self._choice
        local = is_local(self.name, choice.api_base)
        return {
            "model": self.name,
            "tier": self.tier,
            "proxy": "" if local else choice.https_proxy,
            "ca_bundle": self._ca_bundle,
            "api_base": choice.api_base,
            "key": self._key,
            "host": host_for(self.name, choice.api_base),
            "loopback_only": choice.local_only or local,
        }

    def _drop(self, *, at_once: bool = False) -> None:
        child, self._child = self._child, None
        if child is not None:
            if at_once:
                child.kill()
            child.end()

    def _reply(self, answer: dict[str, Any], *, seconds: float) -> Reply:
        if "failure" in answer:
            raise model_error(failure_from(answer["failure"]))
        reply = reply_from(answer["reply"], seconds=seconds, may_be_cut=self._ask)
        return reply._replace(price=price(self.name, self._choice, tier=reply.tier))
