"""Sends a text to a Telegram chat with python-telegram-bot, once, or says why it could not.

Telegram has no key that would make sending twice harmless. So only what was certainly not delivered
is sent again; where the outcome is unknown, a person has to look. What is sent is not known here.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from ipaddress import ip_address
from textwrap import shorten
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
from telegram import Bot, LinkPreviewOptions
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

log = logging.getLogger(__name__)

FLOOD_WAITS = 3  # how often a "retry after" is obeyed
FLOOD_SECONDS = 300  # and how long in all
PAUSES = (1.0, 3.0, 9.0)  # seconds before another try where nothing was delivered

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


class Recipient(NamedTuple):
    """The bot that sends and the chat it sends to; the token stays out of the repr."""

    token: str
    chat_id: str

    def __repr__(self) -> str:
        return f"Recipient(chat_id={self.chat_id})"


class Sent(NamedTuple):
    """Where the message is: the chat that took it, which after a migration is the new one."""

    chat_id: str
    message_id: int


def recipient(connection: Connection) -> Recipient:
    """The bot and the chat that a connection of type telegram names."""
    token, chat_id = (connection.password or "").strip(), (connection.host or "").strip()
    if not token:
        raise UserError(
            "The connection telegram has no password: put the bot's token from @BotFather there."
        )
    if not chat_id:
        raise UserError(
            "The connection telegram has no host: put the chat's id there, like -1001234567890"
            " or @channel."
        )
    return Recipient(token, chat_id)


def send_message(
    text: str,
    token: str,
    chat_id: str,
    api_url: str,
    *,
    read_timeout: float = 30.0,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Sent:
    """Send Telegram HTML to a chat and say which message it became.

    Raises TryAgainError where nothing was delivered and waiting may help, UnknownOutcomeError
    where nobody can tell, UserError where a setting must change first. `read_timeout` is in
    seconds.
    """
    return asyncio.run(
        send_message_async(text, token, chat_id, api_url, read_timeout=read_timeout, sleep=sleep)
    )


async def send_message_async(
    text: str,
    token: str,
    chat_id: str,
    api_url: str,
    *,
    read_timeout: float,
    sleep: Callable[[float], Awaitable[None]],
) -> Sent:
    """See `send_message`."""
    _check_api_url(api_url)
    if not all(char.isascii() and (char.isalnum() or char in ":_-") for char in token):
        raise _refused_token()  # it would not even make a sound URL
    _silence_libraries()
    request = HTTPXRequest(connect_timeout=10.0, read_timeout=read_timeout, write_timeout=30.0)
    bot = Bot(token, base_url=f"{api_url.rstrip('/')}/bot", request=request)
    target, pauses, floods, waited = chat_id, iter(PAUSES), 0, 0.0
    try:
        while True:
            outcome = await _attempt(bot, text, target)
            if isinstance(outcome, Sent):
                return outcome
            # Outside of any except clause: the library's own exception holds the token, and would
            # be the context of what is raised here.
            if isinstance(outcome.error, ChatMigrated) and target == chat_id:
                target = str(outcome.error.new_chat_id)
                log.warning(
                    "The group %s became the supergroup %s: put this id into the host of the"
                    " connection telegram.",
                    chat_id,
                    target,
                )
                continue
            pause: float | None = None
            if isinstance(outcome.error, RetryAfter):
                pause = _seconds(outcome.error)
                floods, waited = floods + 1, waited + pause
                if floods > FLOOD_WAITS or waited > FLOOD_SECONDS:
                    raise TryAgainError(
                        f"Telegram asks to wait {pause:g} seconds before the chat {target} gets"
                        " another message, and nothing was sent: run it again later."
                    )
            elif outcome.is_harmless:
                pause = next(pauses, None)
            if pause is None:
                raise _in_words(outcome, target, api_url, token)
            log.info("Nothing was sent yet; trying again in %g seconds.", pause)
            await sleep(pause)
    finally:
        await bot.shutdown()


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


async def _attempt(bot: Bot, text: str, chat_id: str) -> Sent | _Failure:
    was_sending = False
    try:
        await bot.initialize()  # getMe: checks the token, and only the first time
        was_sending = True
        message = await bot.send_message(
            chat_id,
            text,
            parse_mode=ParseMode.HTML,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )
    except Exception as error:
        # Not only TelegramError: an answer that is not the Bot API's ends in a KeyError or the
        # like, after the message went out.
        return _Failure(error, was_sending)
    return Sent(str(message.chat_id), message.message_id)


def _in_words(failure: _Failure, chat_id: str, api_url: str, token: str) -> UserError:
    """The sentence for a failure that waiting did not cure."""
    error, server = failure.error, urlsplit(api_url).hostname
    says = error.message if isinstance(error, TelegramError) else type(error).__name__
    # The library writes some of the server's words small, and quotes pages of proxies whole.
    says = shorten(re.sub(re.escape(token), "…", says, flags=re.IGNORECASE), 200, placeholder=" …")
    if isinstance(error, InvalidToken):
        return _refused_token()
    if isinstance(error, ChatMigrated):
        return UserError(
            f"Telegram moves the chat on to {error.new_chat_id} again: put the id of the group as"
            " it is now into the host of the connection telegram."
        )
    if isinstance(error, Forbidden):
        return UserError(
            f"Telegram does not let the bot write to the chat {chat_id} ({says}):"
            " add the bot to the channel as an administrator who may post messages."
        )
    if isinstance(error, BadRequest):
        return _refused_message(says, chat_id)
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
        f"The message was given to Telegram for the chat {chat_id}, but its answer did not come"
        f" ({says}): look into the channel, and send again only if the message is not there."
    )


def _refused_message(says: str, chat_id: str) -> UserError:
    if "chat not found" in says.lower():
        return UserError(
            f"Telegram does not know the chat {chat_id}: check the host of the connection telegram,"
            " and that the bot is an administrator of the channel."
        )
    if "rights" in says.lower():
        return UserError(
            f"Telegram does not let the bot write to the chat {chat_id} ({says}):"
            " make the bot an administrator of the channel who may post messages."
        )
    return UserError(
        f"Telegram refuses the message for the chat {chat_id} ({says}): nothing was sent, and a"
        " second try would end the same; report this as a fault of the project."
    )


def _refused_token() -> UserError:
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


def _silence_libraries() -> None:
    """Keep the libraries' loggers quiet: they log URLs and answers, which hold the bot's token."""
    for name in ("httpx", "httpcore", "telegram", *logging.root.manager.loggerDict):
        if name.split(".")[0] in ("httpx", "httpcore", "telegram"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
