"""Calls of Telegram's Bot API with python-telegram-bot: each done once, or why it could not be.

Telegram has no key that would make sending twice harmless. So only what was certainly not delivered
is sent again; where the outcome is unknown, a person has to look. What is sent is not known here.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from textwrap import shorten
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import httpx
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

from include.connections import Connection
from include.errors import TryAgainError, UserError
from include.secrets import silence_libraries
from include.telegram.refusals import refusal

log = logging.getLogger(__name__)

FLOOD_WAITS = 3  # how often a "retry after" is obeyed
FLOOD_SECONDS = 300  # and how long in all
PAUSES = (1.0, 3.0, 9.0)  # seconds before another try where nothing was delivered

_PICTURE = "report.png"

# Transport failures before the first byte of a request went out.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


class UnknownOutcomeError(UserError):
    """The message may or may not have been delivered: only a person can tell, by looking."""


class ChatMovedError(UserError):
    """The group is a supergroup now, with another id; nothing was sent to the old one."""

    def __init__(self, chat: "Chat", new_id: str) -> None:
        super().__init__(
            f"The group {chat.id} became the supergroup {new_id}: put this id into the host of the"
            " connection telegram."
        )
        self.new_chat = chat._replace(id=new_id)


class Chat(NamedTuple):
    """Where messages go: a chat, or a topic of a group."""

    id: str
    thread_id: int | None = None

    def __str__(self) -> str:
        return self.id if self.thread_id is None else f"{self.id}/{self.thread_id}"


class Recipients(NamedTuple):
    """The bot that sends and the chats it sends to; the token stays out of the repr."""

    token: str
    chats: tuple[Chat, ...]

    def __repr__(self) -> str:
        return f"Recipients(chats={', '.join(map(str, self.chats))})"


@dataclass(frozen=True)
class Button:
    """A link below a message."""

    text: str
    url: str


@dataclass(frozen=True)
class Tap:
    """A button below a message that tells the bot who tapped it, with up to 64 bytes of data."""

    text: str
    data: str


@dataclass(frozen=True)
class Text:
    """A message of nothing but text, in Telegram's HTML; `taps` are rows of buttons below it."""

    html: str
    taps: tuple[tuple[Tap, ...], ...] = ()


@dataclass(frozen=True)
class Photo:
    """A picture with a caption in Telegram's HTML."""

    png: bytes
    caption: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class Document:
    """A file with a caption in Telegram's HTML."""

    name: str
    content: bytes
    caption: str


Content = Text | Photo | Document


def recipients(connection: Connection, chats: str = "") -> Recipients:
    """The bot and the chats that a connection of type telegram names, or `chats` instead.

    Chats are separated by commas; `-1001234567890/42` is the topic 42 of a group.
    """
    token = (connection.password or "").strip()
    if not token:
        raise UserError(
            "The connection telegram has no password: put the bot's token from @BotFather there."
        )
    named = [part.strip() for part in (chats or connection.host or "").split(",")]
    found = tuple(dict.fromkeys(_chat(part) for part in named if part))
    if not found:
        raise UserError(
            "The connection telegram has no host: put the chat's id there, like -1001234567890"
            " or @channel."
        )
    return Recipients(token, found)


def _chat(text: str) -> Chat:
    match = re.fullmatch(r"(?P<id>-?\d+|@\w+)(?:/(?P<thread>\d+))?", text)
    if match is None:
        raise UserError(
            f"{text!r} is no chat of Telegram: write its id like -1001234567890, or @channel; the"
            " topic 42 of a group is -1001234567890/42."
        )
    return Chat(match["id"], int(match["thread"]) if match["thread"] else None)


class Telegram:
    """A bot for as long as it is needed: `with Telegram(token, api_url) as telegram`.

    Every call raises TryAgainError where nothing was delivered and waiting may help,
    UnknownOutcomeError where nobody can tell, ChatMovedError where the chat has a new id, and
    UserError where a setting must change first. `read_timeout` is in seconds.
    """

    def __init__(
        self,
        token: str,
        api_url: str,
        *,
        read_timeout: float = 30.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        _check_api_url(api_url)
        if not all(char.isascii() and (char.isalnum() or char in ":_-") for char in token):
            raise refused_token()  # it would not even make a sound URL
        silence_libraries()
        self._token, self._api_url, self._sleep = token, api_url, sleep
        request = HTTPXRequest(
            connect_timeout=10.0,
            read_timeout=read_timeout,
            write_timeout=30.0,
            media_write_timeout=60.0,
        )
        self._bot = Bot(token, base_url=f"{api_url.rstrip('/')}/bot", request=request)
        self._loop = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.run(self._bot.shutdown())
        self._loop.close()

    def send(self, chat: Chat, content: Content, reply_to: int | None = None) -> int:
        """Send a message and return its number; one that answers another makes no sound."""
        where: dict[str, Any] = {"chat_id": chat.id, "message_thread_id": chat.thread_id}
        if reply_to is not None:
            where["disable_notification"] = True
            where["reply_parameters"] = ReplyParameters(reply_to, allow_sending_without_reply=True)
        message = self._call(chat, lambda: give(self._bot, content, where))
        return int(message.message_id)

    def replace(self, chat: Chat, message_id: int, content: Photo | Document) -> None:
        """Put other content into a message that was sent; as often as one likes."""
        media: InputMediaPhoto | InputMediaDocument
        if isinstance(content, Photo):
            media = InputMediaPhoto(content.png, content.caption, ParseMode.HTML, filename=_PICTURE)
        else:
            media = InputMediaDocument(
                content.content,
                caption=content.caption,
                parse_mode=ParseMode.HTML,
                filename=content.name,
            )
        keyboard = _keyboard(content.buttons) if isinstance(content, Photo) else None
        self._call(
            chat,
            lambda: self._bot.edit_message_media(media, chat.id, message_id, reply_markup=keyboard),
            is_repeatable=True,
        )

    def pin(self, chat: Chat, message_id: int) -> None:
        """Pin a message without a sound."""
        self._call(
            chat,
            lambda: self._bot.pin_chat_message(chat.id, message_id, disable_notification=True),
            is_repeatable=True,
        )

    def check(self, chat: Chat) -> dict[str, bool]:
        """What the bot may do in a chat: `post`, and `pin`.

        UserError where the token or the chat is wrong.
        """

        async def member() -> tuple[Any, Any]:
            found = await self._bot.get_chat(chat.id)
            return found, await self._bot.get_chat_member(chat.id, self._bot.id)

        found, me = self._call(chat, member, is_repeatable=True)
        is_there = me.status not in ("left", "kicked")
        is_owner = me.status == "creator"
        if found.type == "channel":
            may_pin = getattr(me, "can_edit_messages", False)
            may_post = getattr(me, "can_post_messages", False)
        else:
            may_pin = getattr(me, "can_pin_messages", False)
            may_post = is_there and getattr(me, "can_send_messages", True)
        return {"post": bool(is_owner or may_post), "pin": bool(is_owner or may_pin)}

    def name(self) -> str:
        """The bot's name, like @churn_report_bot; UserError where the token is wrong."""

        async def nothing() -> None:
            """Only `initialize` is asked for."""

        self._call(Chat("-"), nothing, is_repeatable=True)
        return f"@{self._bot.username}"

    def _call(
        self, chat: Chat, what: Callable[[], Awaitable[Any]], *, is_repeatable: bool = False
    ) -> Any:
        return self._loop.run(self._until_done(chat, what, is_repeatable=is_repeatable))

    async def _until_done(
        self, chat: Chat, what: Callable[[], Awaitable[Any]], *, is_repeatable: bool
    ) -> Any:
        pauses, floods, waited = iter(PAUSES), 0, 0.0
        while True:
            outcome = await self._attempt(what, is_repeatable=is_repeatable)
            if not isinstance(outcome, _Failure):
                return outcome
            # Outside of any except clause: the library's own exception holds the token, and would
            # be the context of what is raised here.
            if isinstance(outcome.error, ChatMigrated):
                raise ChatMovedError(chat, str(outcome.error.new_chat_id))
            pause: float | None = None
            if isinstance(outcome.error, RetryAfter):
                pause = _seconds(outcome.error)
                floods, waited = floods + 1, waited + pause
                if floods > FLOOD_WAITS or waited > FLOOD_SECONDS:
                    raise TryAgainError(
                        f"Telegram asks to wait {pause:g} seconds before the chat {chat} gets"
                        " another message, and nothing was sent: run it again later."
                    )
            elif outcome.is_harmless:
                pause = next(pauses, None)
            if pause is None:
                raise _in_words(outcome, chat, self._api_url, self._token)
            log.info("Nothing was done yet; trying again in %g seconds.", pause)
            await self._sleep(pause)

    async def _attempt(self, what: Callable[[], Awaitable[Any]], *, is_repeatable: bool) -> Any:
        was_sending = False
        try:
            await self._bot.initialize()  # getMe: checks the token, and only the first time
            was_sending = not is_repeatable
            return await what()
        except BadRequest as error:
            if "message is not modified" in str(error).lower():
                return None
            return _Failure(error, was_sending)
        except Exception as error:
            # Not only TelegramError: an answer that is not the Bot API's ends in a KeyError or the
            # like, after the message went out.
            return _Failure(error, was_sending)


async def give(bot: Bot, content: Content, where: dict[str, Any]) -> Any:
    """Send a message as it is; `where` are the arguments that every method of sending has."""
    if isinstance(content, Text):
        return await bot.send_message(
            text=content.html,
            parse_mode=ParseMode.HTML,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
            reply_markup=_tap_keyboard(content.taps),
            **where,
        )
    if isinstance(content, Photo):
        return await bot.send_photo(
            photo=content.png,
            filename=_PICTURE,
            caption=content.caption,
            parse_mode=ParseMode.HTML,
            reply_markup=_keyboard(content.buttons),
            **where,
        )
    return await bot.send_document(
        document=content.content,
        filename=content.name,
        caption=content.caption,
        parse_mode=ParseMode.HTML,
        disable_content_type_detection=True,
        **where,
    )


def _tap_keyboard(taps: tuple[tuple[Tap, ...], ...]) -> InlineKeyboardMarkup | None:
    """Rows of buttons as Telegram takes them."""
    if not taps:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(tap.text, callback_data=tap.data) for tap in row] for row in taps]
    )


def _keyboard(buttons: tuple[Button, ...]) -> InlineKeyboardMarkup | None:
    if not buttons:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(button.text, url=button.url) for button in buttons]]
    )


class _Failure(NamedTuple):
    """What went wrong, and whether Telegram had been given the message by then."""

    error: Exception
    was_sending: bool

    @property
    def is_harmless(self) -> bool:
        """Whether certainly nothing was delivered though no answer says so."""
        if not isinstance(self.error, NetworkError) or isinstance(self.error, BadRequest):
            return False
        return not self.was_sending or isinstance(self.error.__cause__, _NOT_SENT)


def _in_words(failure: _Failure, chat: Chat, api_url: str, token: str) -> UserError:
    """The sentence for a failure that waiting did not cure."""
    error, server = failure.error, urlsplit(api_url).hostname
    says = error.message if isinstance(error, TelegramError) else type(error).__name__
    # The library writes some of the server's words small, and quotes pages of proxies whole.
    says = shorten(re.sub(re.escape(token), "…", says, flags=re.IGNORECASE), 200, placeholder=" …")
    if isinstance(error, InvalidToken):
        return refused_token()
    if isinstance(error, Forbidden | BadRequest):
        return refusal(says, chat, is_forbidden=isinstance(error, Forbidden))
    if failure.is_harmless:
        return TryAgainError(
            f"Telegram cannot be reached at {server} ({says}), and nothing was sent:"
            " check the network and TELEGRAM_API_URL, then run it again."
        )
    if not failure.was_sending:
        return UserError(
            f"The server {server} does not answer as Telegram does ({says}), and nothing was sent:"
            " check TELEGRAM_API_URL."
        )
    return UnknownOutcomeError(
        f"The message was given to Telegram for the chat {chat}, but its answer did not come"
        f" ({says}), so it may be there or not."
    )


def refused_token() -> UserError:
    """The sentence for a token that Telegram does not know, or not any more."""
    return UserError(
        "Telegram refuses the token of the bot: get a valid one from @BotFather and put it into the"
        " password of the connection telegram."
    )


def _seconds(error: RetryAfter) -> float:
    wait = error.retry_after  # a timedelta where PTB_TIMEDELTA is set
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _check_api_url(api_url: str) -> None:
    """UserError where the token would travel readably or the URL is none."""
    try:
        parts = urlsplit(api_url)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.username or parts.query or parts.fragment:
        raise UserError(
            "TELEGRAM_API_URL is not the address of a Bot API server:"
            " it looks like https://api.telegram.org."
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise UserError(
            f"TELEGRAM_API_URL must begin with https:// for {host}, as the bot's token travels with"
            " every call; http:// is for a server on localhost only."
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
