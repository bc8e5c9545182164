"""Delivers the parts of a report to its chats, each once, by what the ledger says was sent.

A part that is there already is left alone, or edited where its content has changed. One chat that
fails keeps nothing from the others.
"""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from include.errors import TryAgainError, UserError
from include.telegram.client import (
    Chat,
    ChatMovedError,
    Content,
    Telegram,
    Text,
    UnknownOutcomeError,
)
from include.telegram.ledger import Entry, Ledger, Reason, State, reason_to_act

log = logging.getLogger(__name__)

PIN = "pin"
_DONE = {
    Reason.FIRST: "sent",
    Reason.UNCHANGED: "unchanged",
    Reason.CHANGED: "brought up to date",
    Reason.RESEND_FORCED: "sent again",
}
NOT_EDITED = "not brought up to date"
SETTLE = (
    "Look into the chat, then run scripts/send_report.py --resolve sent if the message is there,"
    " or --resolve resend if it is not."
)


@dataclass(frozen=True)
class Part:
    """A message of the report; those after the first are silent answers to it.

    `identity` is what makes it another one when it changes: a picture's bytes change with the
    version of the program that draws it, its figures don't. An empty part is not sent, but takes
    the place of what was. `on_there` is called with the chat that the content is in, as often as it
    is found there, in the transaction that says so.
    """

    name: str
    content: Content
    identity: str
    is_empty: bool = False
    on_there: Callable[[str], None] | None = None

    @property
    def content_hash(self) -> str:
        """Of the identity."""
        return hashlib.sha256(self.identity.encode()).hexdigest()


def deliver(
    parts: Sequence[Part],
    chats: Sequence[Chat],
    telegram: Telegram,
    ledger: Ledger,
    *,
    pin: bool = False,
    force: bool = False,
    resolve: State | None = None,
    advice: str = SETTLE,
) -> list[str]:
    """Bring every part to every chat, and say in a line for each chat what happened.

    `force` sends again what is there. `resolve` first settles what is unknown of one of the chats;
    `advice` says what to do about a message whose outcome is unknown. After all chats were tried
    the errors of those that failed are raised as one: TryAgainError where trying again may cure all
    of them.
    """
    said, failures = [], list[UserError]()
    if resolve is not None:
        with ledger.deciding():
            _settle(chats, ledger, resolve)
    for chat in chats:
        try:
            said.append(_to_chat(parts, chat, telegram, ledger, pin=pin, force=force))
        except UserError as error:
            failures.append(error)
    if failures:
        together = " ".join([*said, *map(str, failures)])
        if advice and any(isinstance(error, UnknownOutcomeError) for error in failures):
            together += f" {advice}"
        can_be_cured = all(isinstance(error, TryAgainError) for error in failures)
        raise (TryAgainError if can_be_cured else UserError)(together)
    return said


def _settle(chats: Sequence[Chat], ledger: Ledger, state: State) -> None:
    """Make known what is unknown of the one chat where something is: each is looked at apart."""
    unknown = ledger.chats_of_unknown_outcome()
    if not unknown:
        raise UserError(
            "There is nothing to resolve: no message of this report has an unknown outcome."
        )
    asked = [chat for chat in map(str, chats) if chat in unknown]
    if len(asked) != 1:
        raise UserError(
            f"It is not known whether this report reached {' and '.join(unknown)}: resolve one chat"
            f" at a time, as with --chat {unknown[0]}."
        )
    ledger.settle(asked[0], state)


def _to_chat(
    parts: Sequence[Part], chat: Chat, telegram: Telegram, ledger: Ledger, *, pin: bool, force: bool
) -> str:
    try:
        return _all_parts(parts, chat, telegram, ledger, pin=pin, force=force)
    except ChatMovedError as moved:
        log.warning("%s", moved)
        with ledger.deciding():
            ledger.move(str(chat), str(moved.new_chat))
        return _all_parts(parts, moved.new_chat, telegram, ledger, pin=pin, force=force)


def _all_parts(
    parts: Sequence[Part], chat: Chat, telegram: Telegram, ledger: Ledger, *, pin: bool, force: bool
) -> str:
    done, first = [], None
    for part in parts:
        what, message_id = _part(part, chat, telegram, ledger, reply_to=first, force=force)
        first = first or message_id
        if what:
            done.append(f"{part.name} {what}")
    if pin and first is not None:
        with ledger.deciding():
            is_pinned = _pin(first, chat, telegram, ledger)
        if is_pinned:
            done.append("pinned")
    return f"{chat}: {', '.join(done)}."


def _part(
    part: Part,
    chat: Chat,
    telegram: Telegram,
    ledger: Ledger,
    *,
    reply_to: int | None,
    force: bool,
) -> tuple[str, int | None]:
    """Send, edit or leave a part; which it was, and the number of its message where it is known."""
    with ledger.deciding():
        entry = ledger.entry(str(chat), part.name)
        if part.is_empty and (entry is None or entry.state is not State.SENT):
            return "", None
        reason = reason_to_act(entry, part.content_hash, force=force)
        if reason is Reason.UNKNOWN_OUTCOME:
            raise UnknownOutcomeError(
                f"Whether the {part.name} reached the chat {chat} is not known, and it is not sent"
                " a second time."
            )
        if entry is not None and reason is Reason.UNCHANGED:
            _is_there(part, chat)
            return _DONE[reason], entry.message_id
        if entry is not None and reason is Reason.CHANGED:
            is_edited = _edit(part, chat, telegram, ledger, entry)
            if is_edited:
                _is_there(part, chat)
            return _DONE[reason] if is_edited else NOT_EDITED, entry.message_id
        ledger.write(str(chat), part.name, _announcement(part), reason)
    return _DONE[reason], _send(part, chat, telegram, ledger, reason, reply_to)


def _announcement(part: Part) -> Entry:
    return Entry(State.SENDING, part.content_hash, None)


def _send(
    part: Part,
    chat: Chat,
    telegram: Telegram,
    ledger: Ledger,
    reason: Reason,
    reply_to: int | None,
) -> int:
    """Send a part that is announced; the number of its message."""
    announced = _announcement(part)
    with ledger.sending():
        if ledger.entry(str(chat), part.name) != announced:
            raise TryAgainError(
                f"What the ledger says of the {part.name} for the chat {chat} was changed when it"
                " was about to be sent: send the report again."
            )
        try:
            message_id = telegram.send(chat, part.content, reply_to)
        except UnknownOutcomeError:
            ledger.write(str(chat), part.name, announced, Reason.UNKNOWN_OUTCOME)
            raise
        except UserError:
            not_sent = Entry(State.NOT_SENT, part.content_hash, None)
            ledger.write(str(chat), part.name, not_sent, reason)
            raise
        sent = Entry(State.SENT, part.content_hash, message_id)
        ledger.write(str(chat), part.name, sent, reason)
        _is_there(part, chat)
    return message_id


def _is_there(part: Part, chat: Chat) -> None:
    if part.on_there is not None and not part.is_empty:
        part.on_there(str(chat))


def _edit(part: Part, chat: Chat, telegram: Telegram, ledger: Ledger, entry: Entry) -> bool:
    """Put the content into the message that is there; whether that can be done."""
    if entry.message_id is None or isinstance(part.content, Text):
        log.warning(
            "The %s in the chat %s is not brought up to date: the number of its message is not"
            " known. Send a new one with --force.",
            part.name,
            chat,
        )
        return False
    telegram.replace(chat, entry.message_id, part.content)
    edited = Entry(State.SENT, part.content_hash, entry.message_id)
    ledger.write(str(chat), part.name, edited, Reason.CHANGED)
    return True


def _pin(message_id: int, chat: Chat, telegram: Telegram, ledger: Ledger) -> bool:
    """Pin the first message, unless it was: who unpins it does not want it pinned again."""
    entry = ledger.entry(str(chat), PIN)
    reason = reason_to_act(entry, str(message_id))
    if reason is Reason.UNCHANGED:
        return False
    telegram.pin(chat, message_id)
    ledger.write(str(chat), PIN, Entry(State.SENT, str(message_id), message_id), reason)
    return True
