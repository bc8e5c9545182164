"""A strict Bot API server for the tests' real client: limits, tags, and faults as scripted.

It knows one token and the chats it is given, refuses what Telegram refuses in Telegram's own words,
and keeps what it delivered. A fault is scripted for one call of a method and used up by it.
"""

import json
import re
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import Message
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TAGS = frozenset({
    "a", "b", "strong", "i", "em", "s", "strike", "del", "u", "ins", "tg-spoiler", "tg-emoji",
    "span", "pre", "code", "blockquote",
})  # fmt: skip
LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
LONGEST_RAW_TEXT = 32_768
LARGEST_PHOTO = 10_000_000
LARGEST_DOCUMENT = 50_000_000
MOST_ENTITIES = 100
MOST_BUTTONS = 100
LONGEST_DATA = 64  # bytes
LONGEST_TOLD = 200

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawE"
WRONG_TOKEN = "987654321:AAFakeTokenThatTelegramDoesNotKnow0"
CHAT = "-1001234567890"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c63600000000200014821b3d90000000049454e44ae426082"
)

_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);")


class Refusal(Exception):  # noqa: N818
    """An answer that is not ok."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.parameters = parameters


def flood(seconds: int) -> Refusal:
    return Refusal(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


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
class Upload:
    """A file of a multipart request."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Delivered:
    """A message that reached its chat; `text` is a caption where there is a file."""

    chat_id: str
    message_id: int
    text: str
    entities: tuple[str, ...]
    html: str
    file: Upload | None = None
    kind: str = "text"
    thread_id: int | None = None
    reply_to: int | None = None
    is_silent: bool = False
    buttons: tuple[tuple[str, str], ...] = ()
    """What each button says, and its address or its data."""
    markup: Any = None
    """The same as it was sent, in rows."""


@dataclass(frozen=True)
class Form:
    """What a call says: its fields, and the files that came with it."""

    fields: dict[str, str]
    files: dict[str, Upload]

    def get(self, name: str) -> str:
        """A field, empty where it is not there."""
        return self.fields.get(name, "")

    def json(self, name: str) -> Any:
        """A field that holds JSON; None where it is not there."""
        return json.loads(self.fields[name]) if name in self.fields else None


@dataclass
class FakeTelegram:
    """What the server knows, what it was told to do, and what it did."""

    token: str
    chats: set[str]
    url: str = ""
    delivered: list[Delivered] = field(default_factory=list)
    edited: list[Delivered] = field(default_factory=list)
    """Each message as it was made by an edit."""
    pinned: list[tuple[str, int]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    """What people wrote that the bot has not confirmed yet."""
    queries: set[str] = field(default_factory=set)
    """Taps that the bot has not answered yet."""
    told: list[tuple[str, bool]] = field(default_factory=list)
    """What those who tapped were told, and whether as an alert."""
    rights: dict[str, bool] = field(default_factory=lambda: {"post": True, "edit": True})
    """What the bot may do in its chats, which are channels."""
    calls: list[str] = field(default_factory=list)
    faults: dict[str, list[Exception]] = field(default_factory=dict)
    arrived: threading.Condition = field(default_factory=threading.Condition)
    stopping: threading.Event = field(default_factory=threading.Event)

    def was_delivered(self, messages: int, seconds: float = 60) -> bool:
        """Wait until so many messages have been delivered; whether they have."""
        with self.arrived:
            return self.arrived.wait_for(lambda: len(self.delivered) >= messages, seconds)

    def fail(self, *faults: Exception, method: str = "sendMessage") -> None:
        """Script what the next calls of `method` meet, one fault a call."""
        self.faults.setdefault(method, []).extend(faults)

    def post(self, *updates: dict[str, Any]) -> None:
        """Give updates to the bot, as soon as it asks."""
        with self.arrived:
            self.updates += updates
            self.arrived.notify_all()

    def tap(
        self, message: Delivered, says: str, *, user: int = 7, number: int = 1, kind: str = ""
    ) -> dict[str, Any]:
        """The update of somebody who taps a button of a message; its query can be answered once."""
        [data] = [data for text, data in message.buttons if text == says]
        chat_id = as_number(message.chat_id)
        kind = kind or ("private" if chat_id > 0 else "supergroup")
        query: dict[str, Any] = {
            "id": f"query-{number}",
            "from": {"id": user, "is_bot": False, "first_name": "Somebody"},
            "chat_instance": "1",
            "data": data,
            "message": as_json(message) | {"chat": {"id": chat_id, "type": kind}},
        }
        self.queries.add(query["id"])
        return {"update_id": number, "callback_query": query}

    def wait_until(self, happened: Callable[[], object]) -> None:
        """Wait for what the bot does; AssertionError where it does not do it."""
        with self.arrived:
            assert self.arrived.wait_for(happened, timeout=60), f"after {self.calls}"

    def answer(self, token: str, method: str, form: Form) -> object:
        """The result of a call; Refusal and the other faults where there is none."""
        if token != self.token:
            raise Refusal(401, "Unauthorized")
        handler = _METHODS.get(method)
        if handler is None:
            raise Refusal(404, "Not Found: method not found")
        with self.arrived:
            self.calls.append(method)
            self.arrived.notify_all()
        scripted = self.faults.get(method)
        fault = scripted.pop(0) if scripted else None
        if isinstance(fault, Refusal):
            raise fault
        result = handler(self, form)
        if fault is not None:
            raise fault
        return result

    def chat(self, form: Form) -> str:
        """The chat of a call, which the bot must know."""
        chat_id = form.get("chat_id")
        if chat_id not in self.chats:
            raise Refusal(400, "Bad Request: chat not found")
        return chat_id

    def deliver(self, form: Form, kind: str, raw: str, file: Upload | None = None) -> object:
        """Keep a message, and answer as Telegram does."""
        chat_id = self.chat(form)
        if not self.rights["post"]:
            raise Refusal(400, f"Bad Request: not enough rights to send {kind}s to the chat")
        text, entities = formatted(raw, form.get("parse_mode"), is_caption=file is not None)
        reply = form.json("reply_parameters")
        message = Delivered(
            chat_id,
            len(self.delivered) + 1,
            text,
            tuple(entities),
            raw,
            file,
            kind,
            int(form.get("message_thread_id")) if form.get("message_thread_id") else None,
            reply["message_id"] if reply else None,
            form.get("disable_notification").lower() == "true",
            buttons(form),
            form.json("reply_markup"),
        )
        with self.arrived:
            self.delivered.append(message)
            self.arrived.notify_all()
        return as_json(message)


def _get_me(_server: FakeTelegram, _form: Form) -> object:
    return {"id": 1, "is_bot": True, "first_name": "Churn report", "username": "churn_report_bot"}


def _get_chat(server: FakeTelegram, form: Form) -> object:
    return {
        "id": as_number(server.chat(form)),
        "type": "channel",
        "title": "Shop",
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": False,
            "limited_gifts": False,
            "unique_gifts": False,
            "premium_subscription": False,
            "gifts_from_channels": False,
        },
    }


def _get_chat_member(server: FakeTelegram, form: Form) -> object:
    server.chat(form)
    granted = ("can_post_messages", "post"), ("can_edit_messages", "edit")
    refused = (
        "can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages",
        "can_manage_video_chats", "can_restrict_members", "can_promote_members", "can_change_info",
        "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories",
    )  # fmt: skip
    return {
        "status": "administrator",
        "user": _get_me(server, form),
        **dict.fromkeys(refused, False),
        **{name: server.rights[right] for name, right in granted},
    }


def _send_message(server: FakeTelegram, form: Form) -> object:
    return server.deliver(form, "text message", form.get("text"))


def _send_photo(server: FakeTelegram, form: Form) -> object:
    server.chat(form)
    return server.deliver(form, "photo", form.get("caption"), photo(upload(form, "photo")))


def _send_document(server: FakeTelegram, form: Form) -> object:
    server.chat(form)
    file = document(upload(form, "document"))
    return server.deliver(form, "document", form.get("caption"), file)


def _edit_message_media(server: FakeTelegram, form: Form) -> object:
    chat_id, message_id = server.chat(form), int(form.get("message_id"))
    known = [m for m in server.delivered if (m.chat_id, m.message_id) == (chat_id, message_id)]
    if not known:
        raise Refusal(400, "Bad Request: message to edit not found")
    [old], media = known, form.json("media")
    if media["type"] != old.kind:
        raise Refusal(400, "Bad Request: message can't be edited")
    file = form.files[media["media"].removeprefix("attach://")]
    file = photo(file) if media["type"] == "photo" else document(file)
    text, entities = formatted(media["caption"], media.get("parse_mode", ""), is_caption=True)
    new = replace(
        old, text=text, entities=tuple(entities), html=media["caption"], file=file,
        buttons=buttons(form), markup=form.json("reply_markup"),
    )  # fmt: skip
    if new == old:
        raise Refusal(
            400,
            "Bad Request: message is not modified: specified new message content and reply markup"
            " are exactly the same as a current content and reply markup of the message",
        )
    server.delivered[server.delivered.index(old)] = new
    server.edited.append(new)
    return as_json(new)


def _edit_message_reply_markup(server: FakeTelegram, form: Form) -> object:
    chat_id, message_id = server.chat(form), int(form.get("message_id"))
    known = [m for m in server.delivered if (m.chat_id, m.message_id) == (chat_id, message_id)]
    if not known:
        raise Refusal(400, "Bad Request: message to edit not found")
    [old] = known
    new = replace(old, buttons=buttons(form), markup=form.json("reply_markup"))
    if new == old:
        raise Refusal(
            400,
            "Bad Request: message is not modified: specified new message content and reply markup"
            " are exactly the same as a current content and reply markup of the message",
        )
    server.delivered[server.delivered.index(old)] = new
    server.edited.append(new)
    return as_json(new)


def _answer_callback_query(server: FakeTelegram, form: Form) -> object:
    if form.get("callback_query_id") not in server.queries:
        raise Refusal(
            400,
            "Bad Request: query is too old and response timeout expired or query ID is invalid",
        )
    if len(form.get("text")) > LONGEST_TOLD:
        raise Refusal(400, "Bad Request: MESSAGE_TOO_LONG")
    server.queries.remove(form.get("callback_query_id"))
    server.told.append((form.get("text"), form.get("show_alert").lower() == "true"))
    return True


def _pin_chat_message(server: FakeTelegram, form: Form) -> object:
    chat_id, message_id = server.chat(form), int(form.get("message_id"))
    if not server.rights["edit"]:
        raise Refusal(400, "Bad Request: not enough rights to manage pinned messages in the chat")
    if (chat_id, message_id) not in [(m.chat_id, m.message_id) for m in server.delivered]:
        raise Refusal(400, "Bad Request: message to pin not found")
    server.pinned.append((chat_id, message_id))
    return True


def _get_updates(server: FakeTelegram, form: Form) -> object:
    """Confirm what is before the offset, then wait for something else as long as is asked for."""
    offset, kinds = int(form.get("offset") or 0), form.json("allowed_updates")

    def waiting() -> list[dict[str, Any]]:
        return [update for update in server.updates if not kinds or set(kinds) & set(update)]

    with server.arrived:
        server.updates = [update for update in server.updates if update["update_id"] >= offset]
        server.arrived.wait_for(
            lambda: waiting() or server.stopping.is_set(), timeout=float(form.get("timeout") or 0)
        )
        return waiting()


def _delete_webhook(server: FakeTelegram, form: Form) -> object:
    if form.get("drop_pending_updates").lower() == "true":
        server.updates.clear()
    return True


_METHODS: dict[str, Callable[[FakeTelegram, Form], object]] = {
    "getMe": _get_me,
    "getUpdates": _get_updates,
    "deleteWebhook": _delete_webhook,
    "getChat": _get_chat,
    "getChatMember": _get_chat_member,
    "sendMessage": _send_message,
    "sendPhoto": _send_photo,
    "sendDocument": _send_document,
    "editMessageMedia": _edit_message_media,
    "editMessageReplyMarkup": _edit_message_reply_markup,
    "answerCallbackQuery": _answer_callback_query,
    "pinChatMessage": _pin_chat_message,
}


def formatted(raw: str, parse_mode: str, *, is_caption: bool) -> tuple[str, list[str]]:
    """A text or caption as it is shown; Refusal where it is too long or unsound."""
    if len(raw.encode()) > LONGEST_RAW_TEXT:
        raise Refusal(400, "Bad Request: text is too long")
    if parse_mode not in ("", "HTML"):
        raise Refusal(400, "Bad Request: unsupported parse_mode")
    text, entities = parse_html(raw) if parse_mode == "HTML" else (raw, [])
    text = text.strip()
    if not text and not is_caption:
        raise Refusal(400, "Bad Request: message text is empty")
    if len(text) > (LONGEST_CAPTION if is_caption else LONGEST_TEXT):
        what = "message caption" if is_caption else "message"
        raise Refusal(400, f"Bad Request: {what} is too long")
    if len(entities) > MOST_ENTITIES:
        # Telegram drops the rest without a word; a test should hear of it.
        raise Refusal(400, f"Bad Request: {len(entities)} entities are more than Telegram keeps")
    return text, entities


def upload(form: Form, name: str) -> Upload:
    """The file that a field names, or is."""
    if name in form.files:
        return form.files[name]
    attached = form.files.get(form.get(name).removeprefix("attach://"))
    if attached is None:
        raise Refusal(400, f"Bad Request: there is no {name} in the request")
    return attached


def photo(file: Upload) -> Upload:
    """A picture within Telegram's limits; only PNG is looked into."""
    if not file.content.startswith(b"\x89PNG\r\n\x1a\n"):
        raise Refusal(400, "Bad Request: IMAGE_PROCESS_FAILED")
    if len(file.content) > LARGEST_PHOTO:
        raise Refusal(400, "Bad Request: file is too big")
    width, height = struct.unpack(">II", file.content[16:24])
    if width + height > 10_000 or max(width, height) > 20 * min(width, height):
        raise Refusal(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
    return file


def document(file: Upload) -> Upload:
    """A file within Telegram's limits."""
    if not file.content:
        raise Refusal(400, "Bad Request: file must be non-empty")
    if len(file.content) > LARGEST_DOCUMENT:
        raise Refusal(413, "Request Entity Too Large")
    return file


def buttons(form: Form) -> tuple[tuple[str, str], ...]:
    """The buttons below a message: addresses that can be reached from elsewhere, or short data."""
    markup = form.json("reply_markup") or {"inline_keyboard": []}
    found = [button for row in markup["inline_keyboard"] for button in row]
    if len(found) > MOST_BUTTONS:
        raise Refusal(400, "Bad Request: reply markup is too long")
    for button in found:
        if not button["text"]:
            raise Refusal(400, "Bad Request: text buttons are unallowed in the inline keyboard")
        if "callback_data" in button:
            if not 1 <= len(button["callback_data"].encode()) <= LONGEST_DATA:
                raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
        elif "." not in (urlsplit(button["url"]).hostname or ""):
            raise Refusal(
                400,
                f"Bad Request: inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP"
                " URL",
            )
    return tuple((one["text"], one.get("url") or one["callback_data"]) for one in found)


def as_number(chat_id: str) -> int:
    """The id of a chat, also of one that is named."""
    return -1001 if chat_id.startswith("@") else int(chat_id)


def as_json(message: Delivered) -> dict[str, Any]:
    """A message as Telegram answers with it; of a file only what the client insists on."""
    answer: dict[str, Any] = {
        "message_id": message.message_id,
        "date": 1_700_000_000,
        "chat": {"id": as_number(message.chat_id), "type": "channel"},
    }
    if message.markup:
        answer["reply_markup"] = message.markup
    if message.file is None:
        return answer | {"text": message.text}
    file = {"file_id": "f", "file_unique_id": "u"}
    if message.kind == "photo":
        file |= {"width": 1600, "height": 900}  # type: ignore[dict-item]
        return answer | {"caption": message.text, "photo": [file]}
    return answer | {"caption": message.text, "document": file}


def read_form(content_type: str, body: bytes) -> Form:
    """A request's fields and files, from either of the two ways to send them."""
    if not content_type.startswith("multipart/form-data"):
        parsed = parse_qs(body.decode(), keep_blank_values=True)
        return Form({name: values[0] for name, values in parsed.items()}, {})
    fields: dict[str, str] = {}
    files: dict[str, Upload] = {}
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    for part in message_from_bytes(head + body).get_payload():
        assert isinstance(part, Message)
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        name, file = part.get_param("name", header="content-disposition"), part.get_filename()
        if file is None:
            fields[str(name)] = content.decode()
        else:
            files[str(name)] = Upload(file, content)
    return Form(fields, files)


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
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            form = read_form(self.headers.get("Content-Type", ""), body)
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
        with fake.arrived:
            fake.stopping.set()
            fake.arrived.notify_all()
        server.shutdown()
        server.server_close()
        thread.join()


class Naps(list[float]):
    """Sleeping without sleeping: the pauses that were asked for."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)
