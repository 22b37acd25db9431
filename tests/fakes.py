"""A model and a provider that do as they are told; the provider speaks real HTTP on loopback.

As a program: `python tests/fakes.py --port N --log FILE [--mode MODE]`.
"""

from __future__ import annotations

import argparse
import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from repo_sleeper.domain.model import Price, Prompt, Reply, Usage
from repo_sleeper.errors import ModelReplyError

VERDICT = "stands"  # of who judges a finding
KINDS = ("architecture", "likely-bug", "debugging-strategy", "optimization", "question")
_FILE = re.compile(r'<file path="([^"]+)"[^>]*>\n(.*?)</file>', re.DOTALL)
_LINE = re.compile(r"^ *(\d+)\| ?(.*)$", re.MULTILINE)
_REDIRECT_TO = "http://localhost:9/elsewhere"


class FakeModel:
    """Answers with the given replies in turn, then from the prompt; errors are raised."""

    def __init__(self, *replies: str | Reply | Exception, name: str = "fake/model") -> None:
        self.name = name
        self.prompts: list[Prompt] = []
        self.closed = False
        self._replies = list(replies)

    def complete(self, prompt: Prompt) -> Reply:
        """The next reply."""
        self.prompts.append(prompt)
        reply = self._replies.pop(0) if self._replies else answer_to(prompt.system, prompt.user)
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, Reply):
            return reply
        usage = Usage(sent=prompt.estimated_tokens, received=len(reply) // 4 + 1)
        return Reply(text=reply, usage=usage, model=self.name)

    def stream(self, prompt: Prompt, hear: Callable[[str], None]) -> Reply:
        """The next reply, heard line by line; one that ends in "..." is cut after it was heard."""
        reply = self.complete(prompt)
        for line in reply.text.splitlines(keepends=True):
            hear(line)
        if reply.text.endswith("..."):
            raise ModelReplyError("the answer was cut off")
        return reply

    def price(self) -> Price:
        """A dollar per million, whichever way."""
        return Price(1.0, 1.0, 0.1)

    def close(self) -> None:
        """Only remembers it."""
        self.closed = True


def answer_to(system: str, user: str) -> str:
    """What a careful model would say: notes that quote a shown line, or a sentence."""
    places = list(_shown_lines(user))
    if '"verdict"' in system:
        cited = [{"path": path, "line": line, "quote": quote} for path, line, quote in places[:1]]
        said = {"verdict": VERDICT, "reason": "Nothing prevents it.", "evidence": cited}
        return json.dumps({**said, "end": "OK"})
    if '"notes"' not in system + user:
        path, line, _ = places[0] if places else ("README.md", 1, "")
        return f"It is decided in {path}:{line}."
    notes = [_note(_kind(system, user), *place) for place in places[:1]]
    return json.dumps({"notes": notes, "end": "OK"})


def _shown_lines(user: str) -> Iterator[tuple[str, int, str]]:
    """The most telling line of each file: a definition before anything else."""
    for path, body in _FILE.findall(user):
        lines = [(int(n), text) for n, text in _LINE.findall(body) if len(text.strip()) > 7]
        telling = [one for one in lines if re.match(r"\s*(def|class|func|fn|function)\b", one[1])]
        for number, text in (telling or lines)[:1]:
            yield path, number, text.strip()


def _kind(system: str, user: str) -> str:
    """The kind that is asked for: the one named first and not only in the reply schema."""
    text = f"{system}\n{user}".replace("|".join(KINDS), "")
    asked = re.search(rf'kind "({"|".join(KINDS)})"', text)
    if asked:
        return asked[1]
    found = [(text.find(kind), kind) for kind in KINDS if kind in text]
    return min(found)[1] if found else "architecture"


def _note(kind: str, path: str, line: int, quote: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "title": f"What line {line} of {path} decides",
        "body": f"The line quoted here is where {path} begins its work; look there first.",
        "confidence": 0.8,
        "evidence": [{"path": path, "line": line, "quote": quote}],
    }


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived; header names in lower case."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def prompt(self) -> tuple[str, str]:
        """System and user text."""
        said = [*self.body.get("messages", []), {"role": "system", "content": self.system}]
        texts = {one["role"]: _plain(one["content"]) for one in said if one["content"]}
        return texts.get("system", ""), texts.get("user", "")

    @property
    def system(self) -> Any:
        """What stands beside the messages, as Anthropic has it."""
        return self.body.get("system", "")


def _plain(content: Any) -> str:
    """The words of a message, in one piece or in several."""
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


@dataclass
class FakeProvider:
    """A provider on loopback that speaks the chat completions protocol, or fails as scripted.

    `script("429_ra1", "ok")` sets what the next requests get; the last mode stays.
    """

    port: int = 0
    log: Path | None = None
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._modes = ["ok"]
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", self.port), _handler(self))
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        """What to give as `api_base`."""
        return f"http://127.0.0.1:{self.port}/v1"

    def script(self, *modes: str) -> None:
        """What the next requests get, in order; the last one stays."""
        unknown = [mode for mode in modes if mode not in MODES]
        if unknown:
            raise ValueError(f"no such mode: {unknown}; there are {sorted(MODES)}")
        with self._lock:
            self._modes = list(modes)

    def next_mode(self, request: Request) -> str:
        """Note the request and say what it gets."""
        with self._lock:
            self.requests.append(request)
            if self.log:
                with self.log.open("a") as out:
                    out.write(json.dumps({"path": request.path, "body": request.body}) + "\n")
            return self._modes.pop(0) if len(self._modes) > 1 else self._modes[0]

    def pause(self, seconds: float) -> bool:
        """Wait, but not beyond our end; whether the whole time has passed."""
        return not self._closing.wait(seconds)

    def close(self) -> None:
        """Stop serving and wait for every thread."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def refused() -> Iterator[str]:
    """An `api_base` where nothing listens, held so that nobody else does either."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}/v1"


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def handle_error(self, *_: object) -> None:
        """A client that went away is no news."""


class Exchange:
    """What a mode may do with one request."""

    def __init__(
        self, provider: FakeProvider, handler: BaseHTTPRequestHandler, request: Request
    ) -> None:
        self.provider = provider
        self.handler = handler
        self.request = request

    @property
    def text(self) -> str:
        """The answer derived from the prompt."""
        return answer_to(*self.request.prompt)

    def send(
        self, status: int, body: bytes | str, kind: str = "application/json", **headers: str
    ) -> None:
        """A whole answer; a header name's underscores are dashes."""
        data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", kind)
        self.handler.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()
        self.handler.wfile.write(data)

    def error(self, status: int, message: str, code: str = "", **headers: str) -> None:
        """An error object as the provider words it."""
        body = {"error": {"message": message, "type": code or "error", "code": code or None}}
        self.send(status, json.dumps(body), **headers)

    def answer(self, text: str | None, **changed: Any) -> None:
        """A 200 with one choice; `finish`, `usage`, `model`, `refusal` may differ."""
        sent = sum(len(part) for part in self.request.prompt) // 4 + 1
        received = len(text or "") // 4 + 1
        usage = {
            "prompt_tokens": sent,
            "completion_tokens": received,
            "total_tokens": sent + received,
        }
        message = {"role": "assistant", "content": text}
        if "refusal" in changed:
            message["refusal"] = changed["refusal"]
        choice = {"index": 0, "message": message, "finish_reason": changed.get("finish", "stop")}
        body: dict[str, Any] = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": changed.get("model", self.request.body.get("model", "")),
            "choices": changed.get("choices", [choice]),
        }
        body |= {"service_tier": changed["tier"]} if "tier" in changed else {}
        told = changed.get("usage", lambda usage: usage)(usage)
        if told is not None:
            body["usage"] = told
        self.send(200, json.dumps(body))

    def anthropic(self, text: str, **used: int) -> None:
        """A 200 as Anthropic words it."""
        usage = {"input_tokens": 10, "output_tokens": 5, **used}
        body = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": self.request.body.get("model", ""),
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
            "usage": usage,
        }
        self.send(200, json.dumps(body))

    def events(self, *parts: str, end: str = "[DONE]", usage: bool = True) -> None:
        """A stream of chunks: the parts of a text, then what a provider says at the end."""
        self.handler.send_response(200)
        self.handler.send_header("Content-Type", "text/event-stream")
        self.handler.end_headers()
        for part in parts:
            self.event(choices=[{"index": 0, "delta": {"role": "assistant", "content": part}}])
        if end:
            self.event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
        if end and usage:
            counts = {"prompt_tokens": 70, "completion_tokens": 7, "total_tokens": 77}
            self.event(choices=[], usage=counts)
        if end:
            self.write(f"data: {end}\n\n")

    def event(self, **body: Any) -> None:
        """One chunk of a stream."""
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000}
        model = self.request.body.get("model", "")
        self.write(f"data: {json.dumps({**head, 'model': model, **body})}\n\n")

    def write(self, text: str) -> None:
        """As it is, at once."""
        self.handler.wfile.write(text.encode())
        self.handler.wfile.flush()

    def hang_up(self, *, reset: bool = False) -> None:
        """Close without a word, or with a reset."""
        sock = self.handler.connection
        if reset:
            linger = (1).to_bytes(4, sys.byteorder) + (0).to_bytes(4, sys.byteorder)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        with suppress(OSError):
            sock.close() if reset else sock.shutdown(socket.SHUT_RDWR)


def _hang(exchange: Exchange) -> None:
    exchange.provider.pause(600)


def _drip(exchange: Exchange) -> None:
    exchange.handler.send_response(200)
    exchange.handler.send_header("Content-Type", "application/json")
    exchange.handler.end_headers()
    while exchange.provider.pause(0.2):
        exchange.handler.wfile.write(b" ")
        exchange.handler.wfile.flush()


def _stream_cut(exchange: Exchange) -> None:
    exchange.events("It is decided in\nshop", "/cart.py:2, because", end="")


def _stream_reset(exchange: Exchange) -> None:
    _stream_cut(exchange)
    exchange.hang_up(reset=True)


def _stream_forever(exchange: Exchange) -> None:
    exchange.events("And\n", end="")
    while exchange.provider.pause(0.1):
        exchange.event(choices=[{"index": 0, "delta": {"content": "so on\n"}}])


def _stream_error(exchange: Exchange) -> None:
    exchange.events("It is\n", end="")
    exchange.write('data: {"error": {"message": "Overloaded", "code": 529}}\n\n')


def _stream_key(exchange: Exchange) -> None:
    key = exchange.request.headers.get("authorization", "").removeprefix("Bearer ")
    exchange.events("Your key is ", key[:9], key[9:], ".\nBye")


def _stream_garbage(exchange: Exchange) -> None:
    exchange.events("It is\n", end="")
    exchange.write("data: {\xff not json\n\ndata: \x00\x01\n\n<html>\n\n")


def _echo_key(exchange: Exchange) -> None:
    key = exchange.request.headers.get("authorization", "").removeprefix("Bearer ")
    exchange.error(401, f"Incorrect API key provided: {key}.", "invalid_api_key")


def _invented(exchange: Exchange) -> None:
    path = next((path for path, _, _ in _shown_lines(exchange.request.prompt[1])), "nowhere.py")
    note = _note(_kind(*exchange.request.prompt), path, 3, "this line exists in no file at all()")
    exchange.answer(json.dumps({"notes": [note], "end": "OK"}))


def _multiplied(by: int) -> Callable[[dict[str, int]], dict[str, int]]:
    return lambda usage: {name: count * by for name, count in usage.items()}


_HTML = "<!DOCTYPE html><html><body>Please sign in to the network</body></html>"
_PORTAL = "text/html; charset=utf-8"

MODES: dict[str, Callable[[Exchange], None]] = {
    "ok": lambda x: x.answer(x.text),
    "400": lambda x: x.error(400, "Unrecognized request argument"),
    "400_context": lambda x: x.error(
        400, "This model's maximum context length is 8192 tokens", "context_length_exceeded"
    ),
    "400_filter": lambda x: x.error(
        400, "The response was filtered by our content management policy", "content_filter"
    ),
    "401": lambda x: x.error(401, "Incorrect API key provided", "invalid_api_key"),
    "401_echo_key": _echo_key,
    "402": lambda x: x.error(402, "Insufficient credits"),
    "403": lambda x: x.error(403, "Your key may not use this model"),
    "404": lambda x: x.error(404, "The model does not exist", "model_not_found"),
    "429_ra1": lambda x: x.error(429, "Rate limit reached", "rate_limited", Retry_After="1"),
    "429_ra3600": lambda x: x.error(429, "Rate limit reached", "rate_limited", Retry_After="3600"),
    "429_ra_odd": lambda x: x.error(429, "Rate limit reached", "rate_limited", Retry_After="-5"),
    "429_quota": lambda x: x.error(
        429, "You exceeded your current quota, please check your plan", "insufficient_quota"
    ),
    "500": lambda x: x.error(500, "The server had an error"),
    "503_html": lambda x: x.send(503, "<html>Service Unavailable</html>", _PORTAL),
    "529": lambda x: x.error(529, "Overloaded", "overloaded_error"),
    "hang": _hang,
    "drip": _drip,
    "reset": lambda x: x.hang_up(reset=True),
    "close_nohdr": lambda x: x.hang_up(),
    "redirect": lambda x: x.send(307, "", Location=_REDIRECT_TO),
    "empty_body": lambda x: x.send(200, ""),
    "200_html": lambda x: x.send(200, _HTML, _PORTAL),
    "200_error": lambda x: x.error(200, "Provider returned error", "server_error"),
    "no_choices": lambda x: x.answer("", choices=[]),
    "empty_content": lambda x: x.answer(" \n"),
    "null_content": lambda x: x.answer(None),
    "refusal": lambda x: x.answer(None, refusal="I cannot help with that."),
    "content_filter": lambda x: x.answer("", finish="content_filter"),
    "truncated": lambda x: x.answer(x.text[: len(x.text) // 2], finish="length"),
    "bad_json": lambda x: x.answer(x.text[:-9] + "],,"),
    "cut_body": lambda x: x.send(200, '{"id": "chatcmpl-1", "choices": [{"mess'),
    "prose": lambda x: x.answer("I looked at the code and it seems fine to me."),
    "fenced_json": lambda x: x.answer(f"Here you are:\n```json\n{x.text}\n```\nAnything else?"),
    "invented_quotes": _invented,
    "no_usage_but_talk": lambda x: x.answer(
        '{"usage": {"maxTokens": 9}}: so it says', usage=lambda _: None
    ),
    "flex": lambda x: x.answer(x.text, tier="flex"),
    "not_flex": lambda x: x.answer(x.text, tier="default"),
    "anthropic_write": lambda x: x.anthropic(x.text, cache_creation_input_tokens=300),
    "anthropic_read": lambda x: x.anthropic(x.text, cache_read_input_tokens=300),
    "long": lambda x: x.answer(x.text + " " * 20_000),
    "huge": lambda x: x.answer("x" * 12_000_000),
    "deep_json": lambda x: x.send(200, "[" * 200_000),
    "no_usage": lambda x: x.answer(x.text, usage=lambda _: None),
    "neg_usage": lambda x: x.answer(x.text, usage=_multiplied(-1)),
    "usage_x10": lambda x: x.answer(x.text, usage=_multiplied(10)),
    "usage_absurd": lambda x: x.answer(x.text, usage=_multiplied(10**12)),
    "surrogate": lambda x: x.answer(f"{x.text}\ud800\0"),
    "ansi": lambda x: x.answer(f"\x1b[31m\x1b]0;title\x07{x.text}\u202e"),
    "stream": lambda x: x.events("Half up, in shop", "/cart.py:2;\nnot in shop/", "cart.py:99."),
    "stream_no_usage": lambda x: x.events("It is\nso.", usage=False),
    "stream_empty": lambda x: x.events(),
    "stream_cut": _stream_cut,
    "stream_reset": _stream_reset,
    "stream_forever": _stream_forever,
    "stream_error": _stream_error,
    "stream_garbage": _stream_garbage,
    "stream_key": _stream_key,
    "other_model": lambda x: x.answer(x.text, model="someone-else-7b"),
}


def _handler(provider: FakeProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(size) or b"{}")
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.path, headers, body)
            self.close_connection = True
            mode = MODES[provider.next_mode(request)]
            with suppress(OSError):
                mode(Exchange(provider, self, request))

        def do_GET(self) -> None:
            Exchange(provider, self, Request(self.path, {}, {})).send(200, '{"data": []}')

        def log_message(self, *_: object) -> None:
            """Quiet: the requests are kept."""

    return Handler


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A provider on loopback, for trying things out.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--mode", choices=sorted(MODES), default="ok")
    options = parser.parse_args()
    with FakeProvider(port=options.port, log=options.log) as provider:
        provider.script(options.mode)
        print(provider.url, flush=True)  # noqa: T201 -- the one thing a caller must know
        with suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)


if __name__ == "__main__":
    main()
