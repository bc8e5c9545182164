"""The bot that is asked: python-telegram-bot's polling, who may ask, and what is sent back.

What a question means is told by `question.py`, what is read for it by `rows.py`, how the answer is
worded by `answer.py`.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from psycopg2.errors import QueryCanceled
from telegram import (
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    ReplyParameters,
    Update,
)
from telegram.constants import ChatType, UpdateType
from telegram.error import BadRequest, Conflict, InvalidToken, TelegramError
from telegram.ext import (
    Application,
    ApplicationHandlerStop,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    TypeHandler,
    filters,
)
from telegram.request import HTTPXRequest

from include.bot.answer import answer, listed_in_answer
from include.bot.contact import buttons, keyboard, tapped
from include.bot.question import COMMANDS, AskHelp, Misasked, Question, question
from include.bot.rows import TIMEOUT, AtRisk, read, reading
from include.connections import Connection
from include.contacts.note import Noted, note_contact, noted_of
from include.errors import UserError
from include.report.publish import print_report, report_parts
from include.report.read import Report
from include.report.wording import Wording
from include.secrets import scrub, silence_libraries
from include.settings import Settings
from include.telegram.client import (
    Content,
    Tap,
    Telegram,
    Text,
    give,
    recipients,
    refused_token,
)
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

    def may_note(self, update: Update) -> bool:
        """Whether who tapped may: those who may ask, but of a channel not whoever reads it."""
        chat, user = update.effective_chat, update.effective_user
        is_named = user is not None and user.id in self.users
        is_channel = chat is None or chat.type == ChatType.CHANNEL
        return self.includes(update) and (is_named or not is_channel)

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
        html = answer(asked, rows, words, personal_data)
        if isinstance(rows, AtRisk):
            listed = listed_in_answer(rows, words, personal_data)
            return Text(html, keyboard(listed, rows.noted, words))
        return Text(html)
    except QueryCanceled:
        log.warning("%s took longer than %g seconds.", type(asked).__name__, timeout)
        return Text(words.text("bot_too_slow"))
    except UserError as error:
        log.warning("%s", error)
        return Text(words.text("bot_not_ready"))
    except Exception:
        log.exception("%s could not be answered.", type(asked).__name__)
        return Text(words.text("bot_failed"))


@dataclass(frozen=True)
class Told:
    """What who tapped is told, and the buttons in place of those of the row; None to leave them."""

    says: str
    row: tuple[Tap, ...] | None = None


def take_tap(
    data: str,
    user: int,
    tap: str,
    find_warehouse: Callable[[], Warehouse],
    words: Wording,
) -> Told:
    """Note what a tap says; a sentence where it cannot be, and why not in the log."""
    found = tapped(data)
    if found is None:
        return Told(words.text("bot_tap_expired"))
    listed, outcome = found
    try:
        with closing(find_warehouse().connect()) as connection:
            noted = note_contact(
                connection,
                listed_on=listed.listed_on,
                customer_key=listed.customer_key,
                outcome=outcome,
                by=f"telegram:{user}",
                through="bot",
                tap=f"telegram:{tap}",
            )
            if noted is Noted.NOT_LISTED:
                return Told(words.text("bot_tap_expired"))
            holds = noted_of(connection, listed.listed_on).get(listed.customer_key)
    except UserError as error:
        log.warning("%s", error)
        return Told(words.text("bot_tap_failed"))
    except Exception:
        log.exception("A tap could not be noted.")
        return Told(words.text("bot_tap_failed"))
    if noted is Noted.UNCHANGED:
        says = words.text("bot_noted_already")
    elif holds is None:
        says = words.text("bot_undone")
    else:
        says = words.text("bot_noted", noted=words.text(f"contact_{holds}"))
    return Told(says, buttons(listed, holds, words))


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
    taken: Callable[[str, int, str], Told],
    words: Wording,
) -> App:
    """The bot; `content` answers a question and may take its time, and so may `taken` with a tap.

    `taken` gets the data of a button, who tapped it, and the id of the tap. Where Telegram refuses
    the answer itself, like a photo in a group without any, a sentence says that it failed.
    """
    sorry = words.text("bot_failed")
    silence_libraries()
    strangers: set[int] = set()

    async def gate(update: Update, _context: Context) -> None:
        if who.includes(update):
            return
        chat = update.effective_chat
        if chat is not None and chat.id not in strangers and len(strangers) < MOST_STRANGERS:
            strangers.add(chat.id)
            log.warning("The chat %s is not one of those that get an answer.", chat.id)
        if update.callback_query is not None:
            await reply(update.callback_query, words.text("bot_tap_not_permitted"), is_alert=True)
        raise ApplicationHandlerStop

    async def on_tap(update: Update, _context: Context) -> None:
        query = update.callback_query
        if query is None or query.data is None:
            return
        if not who.may_note(update):
            await reply(query, words.text("bot_tap_not_permitted"), is_alert=True)
            return
        told = await asyncio.to_thread(taken, query.data, query.from_user.id, query.id)
        await reply(query, told.says, is_alert=told.row is None)
        if told.row is not None and isinstance(query.message, Message):
            markup = with_row(query.message.reply_markup, query.data, told.row)
            try:
                await query.message.edit_reply_markup(markup)
            except BadRequest as error:  # gone, or tapped twice and changed already
                log.info("The buttons stay as they are: %s.", _said(error, token))

    async def reply(query: CallbackQuery, says: str, *, is_alert: bool) -> None:
        try:
            await query.answer(says, show_alert=is_alert)
        except BadRequest as error:  # too long ago: what was noted is noted
            log.info("Who tapped is not told: %s.", _said(error, token))

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
    built.add_handler(CallbackQueryHandler(on_tap))
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
    words = Wording(settings.report_lang)
    app = application(
        token,
        settings.telegram_api_url,
        who,
        lambda asked: content(asked, find_warehouse, settings),
        lambda data, user, tap: take_tap(data, user, tap, find_warehouse, words),
        words,
    )
    print(f"{name} answers {who}. Ctrl-C ends it.", flush=True)
    failed: TelegramError | None = None
    try:
        app.run_polling(
            allowed_updates=[
                UpdateType.MESSAGE,
                UpdateType.CHANNEL_POST,
                UpdateType.CALLBACK_QUERY,
            ],
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


def with_row(
    markup: InlineKeyboardMarkup | None, data: str, row: tuple[Tap, ...]
) -> InlineKeyboardMarkup | None:
    """The buttons of a message with those of one row in place of the row that has `data`."""
    if markup is None:
        return None
    made = [InlineKeyboardButton(tap.text, callback_data=tap.data) for tap in row]
    return InlineKeyboardMarkup(
        [
            made if any(button.callback_data == data for button in there) else there
            for there in markup.inline_keyboard
        ]
    )


def _said(error: BaseException | None, token: str) -> str:
    """What an error says, without the token."""
    said = error.message if isinstance(error, TelegramError) else ""
    return scrub(f"{type(error).__name__} {said}".strip(), (token,))
