"""What Telegram refuses, and what has to be changed in Telegram so that it does not.

Its servers speak in sentences ("not enough rights to send photos to the chat") and, where they pass
on what lies behind them, in codes (CHAT_SEND_PHOTOS_FORBIDDEN); one cure is for both.
"""

import re

from include.errors import UserError

_KNOWS_NOT = "Telegram does not know the chat {chat}"
_LETS_NOT = "Telegram does not let the bot write to the chat {chat} ({says})"

_CURES = [
    (
        "topic.closed",
        "The topic of {chat} is closed in Telegram ({says}): open it again in the menu of the"
        " topic, or make the bot an administrator who may manage topics.",
    ),
    (
        "thread|topic|forum",
        "Telegram does not know the topic of {chat}: correct the number behind the / in the host"
        " of the connection telegram.",
    ),
    (
        "to (edit|pin) not found|message.id.invalid",
        "The report's message is no longer in the chat {chat}, so it could not be changed or"
        " pinned: send a new one with scripts/send_report.py --force.",
    ),
    (
        "deactivated|chat was deleted",
        "The chat {chat} is no more ({says}): put the id of another one into the host of the"
        " connection telegram.",
    ),
    (
        "(chat|user) not found|(peer|chat|channel|user(name)?).(id.)?invalid|not.occupied",
        f"{_KNOWS_NOT}: check the host of the connection telegram, and that the bot is an"
        " administrator of the channel.",
    ),
    (
        "blocked|can't initiate",
        f"{_LETS_NOT}: open the chat with the bot in Telegram, unblock it and press Start.",
    ),
    (
        "to bots|user.is.bot",
        f"{_LETS_NOT}: put the id of a person, a group or a channel into the host of the connection"
        " telegram, as a bot cannot write to a bot.",
    ),
    (
        "payment",
        f"{_LETS_NOT}: free the bot of paying for messages in the settings of the chat, or make it"
        " an administrator.",
    ),
    (
        "not a member|participant|guest|kicked|banned|private",
        f"{_LETS_NOT}: add the bot to the channel as an administrator who may post messages; where"
        " it was removed, take it off the list of removed users first.",
    ),
    (
        r"\bpin",
        "Telegram does not let the bot pin a message in the chat {chat} ({says}): give it the right"
        " to (in a channel: to edit messages), or switch REPORT_PIN off.",
    ),
    (
        "send.(photos|documents|docs|media|plain|text)",
        f"{_LETS_NOT}: make the bot an administrator of the channel who may post messages, or allow"
        " text, photos and files in the permissions of the group.",
    ),
    (
        "rights?|admin.required|forbidden|restricted",
        f"{_LETS_NOT}: make the bot an administrator of the channel who may post messages.",
    ),
    (
        "http url|url.(host|invalid)",
        "Telegram takes no button with the address that is set ({says}): correct"
        " REPORT_DASHBOARD_URL and REPORT_AIRFLOW_URL.",
    ),
]
"""Words in what Telegram says (a dot is a blank or an underscore), and the cure; the first fit."""


def refusal(says: str, chat: object, *, is_forbidden: bool) -> UserError:
    """The sentence for a refusal that a second try would meet again.

    Args:
        says: Telegram's own words, or its code.
        chat: where the message should have gone.
        is_forbidden: whether Telegram says that the bot may not (403), whatever else it says.
    """
    if re.fullmatch(r"\w+_\w+", says):
        says = says.upper()  # the library writes a code as if it was a sentence
    for words, sentence in _CURES:
        if re.search(words, says, re.IGNORECASE):
            return UserError(sentence.format(chat=chat, says=says))
    if is_forbidden:
        return UserError(
            f"{_LETS_NOT.format(chat=chat, says=says)}: add the bot to the channel as an"
            " administrator who may post messages."
        )
    return UserError(
        f"Telegram refuses the message for the chat {chat} ({says}): nothing was sent, and a"
        " second try would end the same; report this as a fault of the project."
    )
