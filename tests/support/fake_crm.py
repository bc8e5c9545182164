"""What the fake CRM servers share: HTTP, a log of requests, and faults as scripted.

A fault is a function of the server and a request that gives what is answered instead; it is
scripted for one call of a path and used up by it.
"""

import gc
import json
import multiprocessing
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any, TypeVar
from urllib.parse import parse_qs, parse_qsl, urlsplit

import orjson

JSON = "application/json;charset=utf-8"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Request:
    """A call as it came; without its headers, which hold the token."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: Any = None

    def get(self, name: str, default: str = "") -> str:
        """A parameter of the query."""
        return self.query.get(name, [default])[-1]

    def names(self, name: str) -> list[str]:
        """A parameter that is a list, repeated or separated by commas."""
        return [part for value in self.query.get(name, []) for part in value.split(",") if part]


@dataclass(frozen=True)
class Answer:
    """What goes back; `length` is the promised one where it is not the body's."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": JSON})
    length: int | None = None


class Refusal(Exception):  # noqa: N818
    """An answer that is not a success, in the vendor's error JSON."""

    def __init__(self, status: int, content: object, **headers: str) -> None:
        super().__init__(content)
        self.answer = answer(status, content, **headers)


class HangUp(Exception):  # noqa: N818
    """The connection breaks before the answer."""


def answer(status: int, content: object, **headers: str) -> Answer:
    """An answer in JSON; `Retry_After="2"` is a header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, orjson.dumps(content), {"Content-Type": JSON} | named)


class FakeCrm:
    """What a fake CRM knows, was told to do, and was asked."""

    def __init__(self, token: str, now: datetime) -> None:
        self.token = token
        self.now = now
        """The time of every change; only tests move it."""
        self.url = ""
        self.requests: list[Request] = []
        self.faults: dict[str, list[Fault | None]] = {}
        self.calls_until_revoked: int | None = None
        self.lock = threading.RLock()
        self.found: dict[object, Any] = {}
        """Answers to expensive questions, until the next change."""

    def fail(self, *faults: "Fault | None", path: str) -> None:
        """Script what the next calls of `path` meet, one fault a call; None lets a call pass."""
        self.faults.setdefault(path, []).extend(faults)

    def revoke_token(self, after_calls: int = 0) -> None:
        """Refuse the token, after so many more calls."""
        self.calls_until_revoked = after_calls

    def asked(self, path: str) -> list[Request]:
        """The calls of a path so far."""
        return [request for request in self.requests if request.path == path]

    def reply(self, request: Request, headers: Message) -> Answer:
        """What a call gets; HangUp where it gets nothing."""
        with self.lock:
            self.requests.append(request)
            revoked = self.calls_until_revoked == 0
            if self.calls_until_revoked:
                self.calls_until_revoked -= 1
            scripted = self.faults.get(request.path)
            try:
                self.authorize(request, headers, revoked=revoked)
                fault = scripted.pop(0) if scripted else None
                return fault(self, request) if fault else self.answer(request)
            except Refusal as refusal:
                return refusal.answer

    def authorize(self, request: Request, headers: Message, *, revoked: bool) -> None:
        """Refusal where the token is not in its place, not known or revoked."""
        raise NotImplementedError

    def answer(self, request: Request) -> Answer:
        """The answer to an authorized call; Refusal where there is none."""
        raise NotImplementedError

    def lead_back(self, request: Request, content: Any) -> None:
        """Make the next page of an answer the same page again, by a cursor of another name."""
        raise NotImplementedError


Fault = Callable[[FakeCrm, Request], Answer]


def replies(status: int, content: object = None, **headers: str) -> Fault:
    """Another answer: `replies(500)`, `replies(429, Retry_After="1")`, a redirect."""
    return lambda _server, _request: answer(status, content, **headers)


def html(_server: FakeCrm, _request: Request) -> Answer:
    """The page of some proxy on the way, with the status of a success."""
    return Answer(200, b"<html><body>Maintenance</body></html>", {"Content-Type": "text/html"})


def cut_short(server: FakeCrm, request: Request) -> Answer:
    """Half of the JSON, said to be all of it."""
    whole = server.answer(request)
    return replace(whole, body=whole.body[: len(whole.body) // 2])


def broken_off(server: FakeCrm, request: Request) -> Answer:
    """Half of the promised JSON, then the connection breaks."""
    whole = server.answer(request)
    return replace(whole, body=whole.body[: len(whole.body) // 2], length=len(whole.body))


def hung_up(_server: FakeCrm, _request: Request) -> Answer:
    """No answer: the connection breaks."""
    raise HangUp


def altered(change: Callable[[Any], object]) -> Fault:
    """The true answer after `change` worked on its JSON."""

    def fault(server: FakeCrm, request: Request) -> Answer:
        true = server.answer(request)
        content = orjson.loads(true.body)
        change(content)
        return replace(true, body=orjson.dumps(content))

    return fault


def sent_twice(server: FakeCrm, request: Request) -> Answer:
    """The true page, whose cursor leads to the same page once more, and from there on."""
    return altered(lambda content: server.lead_back(request, content))(server, request)


Fake = TypeVar("Fake", bound=FakeCrm)


@contextmanager
def serving(fake: Fake) -> Iterator[Fake]:
    """Serve a fake on a free port of the loopback interface."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._reply(None)

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if self.headers.get("Content-Type") == FORM:
                self._reply(dict(parse_qsl(content.decode())))
                return
            try:
                self._reply(json.loads(content or b"null"))
            except json.JSONDecodeError:
                self._send(answer(400, {"status": "error", "message": "Invalid input JSON"}))

        def do_PUT(self) -> None:
            self.do_POST()

        def _reply(self, body: Any) -> None:
            url = urlsplit(self.path)
            query = parse_qs(url.query, keep_blank_values=True)
            try:
                request = Request(self.command, url.path, query, body)
                self._send(fake.reply(request, self.headers))
            except HangUp:
                self.close_connection = True

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(answer.length or len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
            if answer.length:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def in_own_process(
    running: Callable[[], AbstractContextManager[Fake]],
    fill: Callable[[Fake, int], object],
    deals: int,
) -> Iterator[str]:
    """Serve a filled fake from a process of its own, whose memory is not the test's: its address.

    `in_own_process(fake_hubspot, fake_hubspot.fill, 100_000)`: both must be importable by name.
    """
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(there, running, fill, deals))
    process.start()
    try:
        yield here.recv()
    finally:
        here.send(None)
        process.join()


def _serve(
    test: Connection,
    running: Callable[[], AbstractContextManager[Fake]],
    fill: Callable[[Fake, int], object],
    deals: int,
) -> None:
    with running() as fake:
        fill(fake, deals)
        gc.freeze()  # the records stay; looking through them again and again takes time
        test.send(fake.url)
        test.recv()
