"""The bot that is asked: python-telegram-bot's polling, who may ask, and what is sent back.

What a question means is told by `question.py`, what is read for it by `rows.py`, how the answer is
worded by `answer.py`.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from psycopg2.errors import QueryCanceled
from telegram import Message, ReplyParameters, Update
from telegram.constants import ChatType, UpdateType
from telegram.error import BadRequest, Conflict, InvalidToken, TelegramError
from telegram.ext import (
    Application,
    ApplicationHandlerStop,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    TypeHandler,
    filters,
)
from telegram.request import HTTPXRequest

from include.bot.answer import answer
from include.bot.question import COMMANDS, AskHelp, Misasked, Question, question
from include.bot.rows import TIMEOUT, read, reading
from include.connections import Connection
from include.errors import UserError
from include.report.publish import print_report, report_parts
from include.report.read import Report
from include.report.wording import Wording
from include.secrets import scrub, silence_libraries
from include.settings import Settings
from include.telegram.client import Content, Telegram, Text, give, recipients, refused_token
from include.warehouse.connection import Warehouse

log = logging.getLogger(__name__)

MOST_STRANGERS = 1000  # told apart in the log

_ASKED = filters.UpdateType.MESSAGE | filters.UpdateType.CHANNEL_POST  # not: edited

_IS_REFUSED = "token is refused"

App = Application[Any, Any, Any, Any, Any, Any]
Context = ContextTypes.DEFAULT_TYPE


@dataclass(frozen=True)
class Audience:
    """Who gets an answer: everybody in these chats, and these users in private."""

    chats: frozenset[str]
    users: frozenset[int]

    def includes(self, update: Update) -> bool:
        """Whether an update comes from there; a user's groups are not the user's to open."""
        chat, user = update.effective_chat, update.effective_user
        if chat is None:
            return False
        if {str(chat.id), f"@{chat.username or ''}".lower()} & self.chats:
            return True
        return chat.type == ChatType.PRIVATE and user is not None and user.id in self.users

    def __str__(self) -> str:
        chats = f"the chats {', '.join(sorted(self.chats))}"
        users = ", ".join(map(str, sorted(self.users)))
        return f"{chats}, and in private the users {users}" if users else chats


def audience(telegram: Connection, ops: Connection | None, users: frozenset[int]) -> Audience:
    """The chats of the connections telegram and telegram_ops, and the users of the settings."""
    chats = [*recipients(telegram).chats]
    if ops is not None and ops.host:
        chats += recipients(replace(ops, password=telegram.password)).chats
    return Audience(frozenset(chat.id.lower() for chat in chats), users)


def content(
    asked: Question,
    find_warehouse: Callable[[], Warehouse],
    settings: Settings,
    timeout: float = TIMEOUT,
) -> Content:
    """What is sent back; a sentence where there is no answer, and why not in the log."""
    words = Wording(settings.report_lang)
    personal_data = settings.report_personal_data
    try:
        if isinstance(asked, AskHelp | Misasked):
            return Text(answer(asked, None, words, personal_data))
        with reading(find_warehouse(), timeout) as connection:
            rows = read(connection, asked, settings)
        if isinstance(rows, Report):
            return report_parts(print_report(rows, settings), settings)[0].content
        return Text(answer(asked, rows, words, personal_data))
    except QueryCanceled:
        log.warning("%s took longer than %g seconds.", type(asked).__name__, timeout)
        return Text(words.text("bot_too_slow"))
    except UserError as error:
        log.warning("%s", error)
        return Text(words.text("bot_not_ready"))
    except Exception:
        log.exception("%s could not be answered.", type(asked).__name__)
        return Text(words.text("bot_failed"))


class _Polling(HTTPXRequest):
    """Asks for questions, and ends the bot where Telegram does not know its token any more.

    The library would only stop to ask, and leave a program that never answers.
    """

    on_refused: Callable[[], None]

    async def do_request(self, *args: Any, **options: Any) -> tuple[int, bytes]:
        code, answered = await super().do_request(*args, **options)
        if code == HTTPStatus.UNAUTHORIZED:
            self.on_refused()
            return HTTPStatus.OK, b'{"ok": true, "result": []}'
        return code, answered


def application(
    token: str,
    api_url: str,
    who: Audience,
    content: Callable[[Question], Content],
    sorry: str,
) -> App:
    """The bot; `content` answers a question and may take its time, `sorry` stands for what fails.

    `sorry` is sent where Telegram refuses the answer itself, like a photo in a group without any.
    """
    silence_libraries()
    strangers: set[int] = set()

    async def gate(update: Update, _context: Context) -> None:
        if who.includes(update):
            return
        chat = update.effective_chat
        if chat is not None and chat.id not in strangers and len(strangers) < MOST_STRANGERS:
            strangers.add(chat.id)
            log.warning("The chat %s is not one of those that get an answer.", chat.id)
        raise ApplicationHandlerStop

    async def on_command(update: Update, context: Context) -> None:
        message = update.effective_message
        if message is not None and message.text is not None:
            command = message.text.split()[0].split("@")[0].removeprefix("/").lower()
            await respond(message, question(command, context.args or []))

    async def on_chat(update: Update, _context: Context) -> None:
        if update.effective_message is not None:
            await respond(update.effective_message, AskHelp())

    async def respond(message: Message, asked: Question) -> None:
        found = await asyncio.to_thread(content, asked)
        where = {
            "chat_id": message.chat_id,
            "message_thread_id": message.message_thread_id if message.is_topic_message else None,
            "reply_parameters": ReplyParameters(
                message.message_id, allow_sending_without_reply=True
            ),
        }
        try:
            await give(message.get_bot(), found, where)
        except BadRequest as error:
            log.error("Telegram refuses an answer: %s.", _said(error, token))
            await give(message.get_bot(), Text(sorry), where)

    async def on_error(_update: object, context: Context) -> None:
        error = context.error
        if isinstance(error, Conflict):
            log.error("Another program answers as this bot: end one of the two.")
        else:
            log.error("Telegram could not be asked or answered: %s.", _said(error, token))

    polling = _Polling()
    built = (
        Application.builder()
        .token(token)
        .base_url(f"{api_url.rstrip('/')}/bot")
        .connect_timeout(10)
        .read_timeout(30)
        .write_timeout(30)
        .media_write_timeout(60)
        .get_updates_request(polling)
        .build()
    )

    def on_refused() -> None:
        built.bot_data[_IS_REFUSED] = True
        built.stop_running()

    polling.on_refused = on_refused
    built.add_handler(TypeHandler(Update, gate), group=-1)
    built.add_handler(CommandHandler(COMMANDS, on_command, filters=_ASKED))
    private = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE
    built.add_handler(MessageHandler(private, on_chat))
    built.add_error_handler(on_error)
    silence_libraries()  # again: loggers that came into being meanwhile
    return built


def run(
    telegram: Connection | None,
    ops: Connection | None,
    find_warehouse: Callable[[], Warehouse],
    settings: Settings,
) -> None:
    """Answer until the program is ended by Ctrl-C or SIGTERM; questions of before are dropped."""
    if telegram is None:
        raise UserError(
            "There is no connection telegram: set AIRFLOW_CONN_TELEGRAM in .env, as .env.example"
            " shows."
        )
    token = recipients(telegram).token
    who = audience(telegram, ops, settings.telegram_bot_users)
    with Telegram(token, settings.telegram_api_url) as client:
        name = client.name()
    app = application(
        token,
        settings.telegram_api_url,
        who,
        lambda asked: content(asked, find_warehouse, settings),
        Wording(settings.report_lang).text("bot_failed"),
    )
    print(f"{name} answers {who}. Ctrl-C ends it.", flush=True)
    failed: TelegramError | None = None
    try:
        app.run_polling(
            allowed_updates=[UpdateType.MESSAGE, UpdateType.CHANNEL_POST],
            drop_pending_updates=True,
        )
    except TelegramError as error:
        failed = error
    # Outside of the except clause: the library's own words hold the token.
    if _IS_REFUSED in app.bot_data or isinstance(failed, InvalidToken):
        raise refused_token()
    if failed is not None:
        raise UserError(f"Telegram ended it: {_said(failed, token)}; start the bot again.")
    print(f"{name} has stopped.")


def _said(error: BaseException | None, token: str) -> str:
    """What an error says, without the token."""
    said = error.message if isinstance(error, TelegramError) else ""
    return scrub(f"{type(error).__name__} {said}".strip(), (token,))
