"""The cage: the one process that imports litellm, one JSON line in, one JSON line out."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, TextIO

from repo_sleeper.llm.told import Told, counts, names, said, tier
from repo_sleeper.llm.wire import KEPT, Wire, guard, proxy_host, watch

_MEMORY = 1536 * 1024 * 1024
_SHORTEST_KEY = 8  # characters; with letters alone it takes more to be no word
_LONG_WORD = 20
_KEPT = 2000  # characters of an exception's text
_REHEARSAL = {
    "system": "-",
    "user": "-",
    "max_tokens": 1,
    "deadline_s": 5.0,
    "json": False,
}


def main() -> None:
    """Greet, then answer until the parent closes our input; whatever happens to it, we end."""
    out = _private_output()
    hello = json.loads(sys.stdin.readline() or "{}")
    if not hello:
        return
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    busy = threading.Event()
    busy.set()
    threading.Thread(target=_read, args=(lines, busy), daemon=True).start()
    caller = Caller(hello, leaving=lambda: _say(out, {"leaving": True}))
    ready = caller.prepare()
    busy.clear()
    _say(out, ready)
    while line := lines.get():
        busy.set()
        answer = caller.complete(json.loads(line), lambda part: _say(out, {"part": part}))
        busy.clear()
        _say(out, answer)


class Caller:
    """Calls litellm the one way we allow; every outcome is a dictionary."""

    def __init__(
        self, hello: dict[str, Any], *, leaving: Callable[[], None] = lambda: None
    ) -> None:
        self._model: str = hello["model"]
        self._api_base: str = hello["api_base"]
        self._key: str = hello["key"]
        self._tier: str = hello.get("tier", "")
        self._ways = {"proxy": hello.get("proxy", ""), "ca_bundle": hello.get("ca_bundle", "")}
        self._wire = Wire(
            host=hello["host"],
            loopback_only=hello["loopback_only"],
            proxy=proxy_host(self._ways["proxy"]),
            leaving=leaving,
        )

    def prepare(self) -> dict[str, Any]:
        """Fence the process in, then pay for the import."""
        _fence()
        _set_out(**self._ways)
        guard(self._wire)
        try:
            litellm = _imported()
        except Exception as error:  # noqa: BLE001 -- whatever an installation can do
            return self._failure(error)
        watch(self._wire)
        self._litellm = litellm
        self._rehearse()
        return {"ready": True}

    def _rehearse(self) -> None:
        """Go through a call up to where it would be sent: the first costs half a second more.

        Whoever waits until nobody works must be able to send at once, or not at all.
        """
        self._wire.rehearsing = True
        try:
            self.complete(_REHEARSAL)
        finally:
            self._wire.rehearsing = False

    def complete(
        self, ask: dict[str, Any], hear: Callable[[str], None] = lambda _: None
    ) -> dict[str, Any]:
        """One call, one request; one that streams is heard line by line before it is whole."""
        streaming = bool(ask.get("stream"))
        self._wire.begin(
            deadline=time.monotonic() + ask["deadline_s"],
            streaming=streaming,
        )
        try:
            response = self._litellm.completion(**self._arguments(ask))
            return {"reply": self._heard(response, hear) if streaming else self._reply(response)}
        except Exception as error:  # noqa: BLE001 -- litellm raises anything; the facts decide
            return self._failure(error)

    def _arguments(self, ask: dict[str, Any]) -> dict[str, Any]:
        arguments = {
            "model": self._model,
            "messages": _messages(ask["system"], ask["user"], shared=ask.get("shared", 0)),
            "max_tokens": ask["max_tokens"],
            "timeout": ask["deadline_s"],
            "num_retries": 0,
            "max_retries": 0,
            "stream": bool(ask.get("stream")),
        }
        if ask.get("stream"):
            arguments["stream_options"] = {"include_usage": True}
        if self._tier:
            arguments["service_tier"] = self._tier
        if self._api_base:
            arguments["base_url"] = self._api_base
        # A server of one's own may want no key, but the openai client insists on some text.
        arguments["api_key"] = self._key or ("none" if self._api_base else None)
        if ask["json"] and self._takes_json_mode():
            arguments["response_format"] = {"type": "json_object"}
        return arguments

    def _takes_json_mode(self) -> bool:
        if self._api_base:
            return False  # several servers that speak this protocol answer 400 to it
        supported = self._litellm.get_supported_openai_params(model=self._model)
        return "response_format" in (supported or ())

    def _reply(self, response: Any) -> dict[str, Any]:
        choices = getattr(response, "choices", None) or []
        if not choices:
            return {"choices": 0}
        message = choices[0].message
        extra = getattr(message, "provider_specific_fields", None) or {}
        return {
            "choices": len(choices),
            "text": self._without_key(str(message.content or "")),
            "refusal": self._without_key(str(extra.get("refusal") or "")),
            "finish": str(choices[0].finish_reason or ""),
            "model": str(response.model or ""),
            "tier": tier(response),
            "usage": self._counted(getattr(response, "usage", None)),
        }

    def _heard(self, stream: Iterable[Any], hear: Callable[[str], None]) -> dict[str, Any]:
        """A whole reply from a stream; raises where the provider did not say that it is done."""
        told = Told()
        lines: list[str] = []
        for chunk in stream:
            for line in told.take(chunk):
                lines.append(self._without_key(line))
                hear(lines[-1])
        if not self._wire.events.ended:
            whole = "status" in self._wire.facts
            self._wire.facts.update(note="no-stream" if whole else "cut")
            raise EOFError("the stream ended before the answer did")
        last = self._without_key(told.rest)
        if last:
            hear(last)
        return {
            "choices": int(told.chosen),
            "text": "".join((*lines, last)),
            "refusal": self._without_key(told.refusal),
            "finish": told.finish,
            "model": told.model,
            "tier": told.tier,
            "usage": self._counted(told.usage),
        }

    def _counted(self, used: Any) -> dict[str, Any] | None:
        # litellm counts for itself where the provider is silent; only the provider's word counts.
        return counts(used) if self._wire.events.counted else None

    def _failure(self, error: BaseException) -> dict[str, Any]:
        facts = {"message": said(error)[:_KEPT], **self._wire.facts, "names": names(error)}
        if isinstance(error, MemoryError):
            facts.update(note="too-large", message="the answer does not fit into memory")
        facts.update(self._how_it_broke(facts))
        for name in ("message", "body"):
            facts[name] = self._without_key(str(facts.get(name, "")))
        return {"failure": facts}

    def _how_it_broke(self, facts: dict[str, Any]) -> dict[str, Any]:
        """What became of a stream that began: an error inside it, or an end before its end."""
        if not self._wire.events.begun:
            return {}
        if self._wire.events.error:
            return {"status": 200, "body": self._wire.events.error[:KEPT]}
        return {} if facts.get("note") else {"note": "cut"}

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "\u2039key\u203a") if _is_secret(self._key) else text


def _is_secret(key: str) -> bool:
    """Whether a key is one: a server of one's own is given some word, as "test" or "EMPTY".

    Taken out of a reply, such a word would go missing from the code that the reply quotes.
    """
    is_word = key.replace("-", "").replace("_", "").isalpha()
    return len(key) >= (_LONG_WORD if is_word else _SHORTEST_KEY)


def _messages(system: str, user: str, *, shared: int) -> list[dict[str, Any]]:
    """What is sent; where others follow that begin alike, with marks up to where they do."""
    if not shared:
        return [{"role": "system", "content": system}, {"role": "user", "content": user}]
    parts = [_marked(user[:shared]), {"type": "text", "text": user[shared:]}]
    return [{"role": "system", "content": [_marked(system)]}, {"role": "user", "content": parts}]


def _marked(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}


def _private_output() -> TextIO:
    # Libraries print to fd 1; only this copy reaches the parent.
    out = os.fdopen(os.dup(1), "w", encoding="ascii")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
    return out


def _say(out: TextIO, answer: dict[str, Any]) -> None:
    try:
        out.write(f"{json.dumps(answer)}\n")
        out.flush()
    except BrokenPipeError:
        os._exit(0)


def _read(lines: queue.SimpleQueue[str], busy: threading.Event) -> None:
    # Not PR_SET_PDEATHSIG: it fires when the parent's thread ends, and thoughts are on threads.
    for line in sys.stdin:
        lines.put(line)
    if busy.is_set():
        os._exit(0)  # nobody waits for the answer any more
    lines.put("")


def _fence() -> None:
    import resource

    for limit, value in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):  # a system may know no such limit
            resource.setrlimit(limit, (value, value))
    if sys.platform == "linux":
        import ctypes

        set_dumpable = 4
        ctypes.CDLL(None).prctl(set_dumpable, 0, 0, 0, 0)


def _set_out(*, proxy: str, ca_bundle: str) -> None:
    """The way to the provider that the settings name; the environment's was left outside."""
    if proxy:
        os.environ.update(HTTP_PROXY=proxy, HTTPS_PROXY=proxy)
    if ca_bundle:
        os.environ.update(SSL_CERT_FILE=ca_bundle, REQUESTS_CA_BUNDLE=ca_bundle)


def _imported() -> Any:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or the import downloads a price list
    os.environ["LITELLM_MODE"] = "PRODUCTION"  # or the import reads .env files
    import litellm  # seconds and 170 MB; this process exists for it

    litellm.telemetry = False
    litellm.suppress_debug_info = True
    litellm.drop_params = True
    litellm.num_retries = 0
    litellm.turn_off_message_logging = True
    return litellm


if __name__ == "__main__":
    main()
