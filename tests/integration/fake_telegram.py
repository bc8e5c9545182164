"""A strict Bot API server for the tests' real client: limits, tags, and faults as scripted.

It knows one token and the chats it is given, refuses what Telegram refuses in Telegram's own words,
and keeps what it delivered. A fault is scripted for one call of a method and used up by it.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

TAGS = frozenset({
    "a", "b", "strong", "i", "em", "s", "strike", "del", "u", "ins", "tg-spoiler", "tg-emoji",
    "span", "pre", "code", "blockquote",
})  # fmt: skip
LONGEST_TEXT = 4096
LONGEST_RAW_TEXT = 32_768
MOST_ENTITIES = 100

_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);")


class Refusal(Exception):  # noqa: N818
    """An answer that is not ok."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.parameters = parameters


class Silence(Exception):  # noqa: N818
    """The message is delivered, the answer never comes."""


class HangUp(Exception):  # noqa: N818
    """The message is delivered, the connection breaks before the answer."""


class Garbage(Exception):  # noqa: N818
    """The message is delivered, the answer is not the Bot API's."""

    def __init__(self, body: str, code: int = 200) -> None:
        super().__init__(body)
        self.body = body
        self.code = code


@dataclass(frozen=True)
class Delivered:
    """A message that reached its chat."""

    chat_id: str
    message_id: int
    text: str
    entities: tuple[str, ...]
    html: str


@dataclass
class FakeTelegram:
    """What the server knows, what it was told to do, and what it did."""

    token: str
    chats: set[str]
    url: str = ""
    delivered: list[Delivered] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    faults: dict[str, list[Exception]] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)

    def fail(self, *faults: Exception, method: str = "sendMessage") -> None:
        """Script what the next calls of `method` meet, one fault a call."""
        self.faults.setdefault(method, []).extend(faults)

    def answer(self, token: str, method: str, form: dict[str, str]) -> object:
        """The result of a call; Refusal and the other faults where there is none."""
        if token != self.token:
            raise Refusal(401, "Unauthorized")
        handler = _METHODS.get(method)
        if handler is None:
            raise Refusal(404, "Not Found: method not found")
        self.calls.append(method)
        scripted = self.faults.get(method)
        fault = scripted.pop(0) if scripted else None
        if isinstance(fault, Refusal):
            raise fault
        result = handler(self, form)
        if fault is not None:
            raise fault
        return result


def _get_me(_server: FakeTelegram, _form: dict[str, str]) -> object:
    return {"id": 1, "is_bot": True, "first_name": "Churn report", "username": "churn_report_bot"}


def _send_message(server: FakeTelegram, form: dict[str, str]) -> object:
    chat_id, raw = form.get("chat_id", ""), form.get("text", "")
    if chat_id not in server.chats:
        raise Refusal(400, "Bad Request: chat not found")
    if len(raw.encode()) > LONGEST_RAW_TEXT:
        raise Refusal(400, "Bad Request: text is too long")
    if form.get("parse_mode") not in (None, "HTML"):
        raise Refusal(400, "Bad Request: unsupported parse_mode")
    text, entities = parse_html(raw) if form.get("parse_mode") == "HTML" else (raw, [])
    text = text.strip()
    if not text:
        raise Refusal(400, "Bad Request: message text is empty")
    if len(text) > LONGEST_TEXT:
        raise Refusal(400, "Bad Request: message is too long")
    if len(entities) > MOST_ENTITIES:
        # Telegram drops the rest without a word; a test should hear of it.
        raise Refusal(400, f"Bad Request: {len(entities)} entities are more than Telegram keeps")
    message_id = len(server.delivered) + 1
    server.delivered.append(Delivered(chat_id, message_id, text, tuple(entities), raw))
    return {
        "message_id": message_id,
        "date": 1_700_000_000,
        "chat": {"id": int(chat_id) if chat_id[0] != "@" else -1001, "type": "channel"},
        "text": text,
    }


_METHODS: dict[str, Callable[[FakeTelegram, dict[str, str]], object]] = {
    "getMe": _get_me,
    "sendMessage": _send_message,
}


def parse_html(raw: str) -> tuple[str, list[str]]:
    """Telegram's HTML as its plain text and the names of its entities; Refusal where it is unsound.

    The words of the refusals are those of the server's public source (td, MessageEntity.cpp).
    """

    def refuse(what: str, position: int) -> Refusal:
        offset = len(raw[:position].encode())
        return Refusal(400, f"Bad Request: can't parse entities: {what} at byte offset {offset}")

    text, entities, opened, position = "", [], list[str](), 0
    while position < len(raw):
        char = raw[position]
        if char == "&":
            entity = _ENTITY.match(raw, position)
            text += unescape(entity[0]) if entity else "&"
            position += len(entity[0]) if entity else 1
            continue
        if char != "<":
            text += char
            position += 1
            continue
        end = raw.find(">", position)
        if raw.startswith("</", position):
            if not opened:
                raise refuse("Unexpected end tag", position)
            if end < 0:
                raise refuse("Unclosed end tag", position)
            name = raw[position + 2 : end].strip().lower()
            if name != opened[-1]:
                found = f'</{opened[-1]}>", found "</{name}>"'
                offset = len(raw[:position].encode())
                raise Refusal(
                    400,
                    "Bad Request: can't parse entities: Unmatched end tag at byte offset"
                    f' {offset}, expected "{found}',
                )
            entities.append(opened.pop())
        else:
            tag = re.match(r"<([^\s>]*)", raw[position:])
            name = tag[1].lower() if tag else ""
            if end < 0:
                raise refuse("Unclosed start tag", position)
            if name not in TAGS:
                raise refuse(f'Unsupported start tag "{name}"', position)
            if {"pre", "code"} & set(opened) and {name, opened[-1]} != {"pre", "code"}:
                raise refuse(f'Entity "{name}" inside of "{opened[-1]}"', position)
            if name == "blockquote" and "blockquote" in opened:
                raise refuse("Nested blockquote", position)
            opened.append(name)
        position = end + 1
    if opened:
        raise Refusal(
            400,
            "Bad Request: can't parse entities:"
            f' Can\'t find end tag corresponding to start tag "{opened[-1]}"',
        )
    return text, entities


@contextmanager
def fake_telegram(token: str, *chats: str) -> Iterator[FakeTelegram]:
    """A running server on a free port of the loopback interface."""
    fake = FakeTelegram(token, set(chats))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            form = {
                key: values[0] for key, values in parse_qs(body, keep_blank_values=True).items()
            }
            path = re.fullmatch(r"/bot([^/]*)/(\w+)", self.path)
            try:
                if not path:
                    raise Refusal(404, "Not Found")
                self._json(200, {"ok": True, "result": fake.answer(path[1], path[2], form)})
            except Refusal as refusal:
                answer: dict[str, Any] = {
                    "ok": False,
                    "error_code": refusal.code,
                    "description": str(refusal),
                }
                if refusal.parameters:
                    answer["parameters"] = refusal.parameters
                self._json(refusal.code, answer)
            except Garbage as garbage:
                self._body(garbage.code, garbage.body.encode())
            except Silence:
                fake.stopping.wait()
                self.close_connection = True
            except HangUp:
                self.close_connection = True

        def _json(self, code: int, answer: object) -> None:
            self._body(code, json.dumps(answer).encode())

        def _body(self, code: int, body: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing: the path holds the token."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        fake.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
