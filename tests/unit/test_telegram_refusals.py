"""What Telegram refuses: an administrator reads what to change, we read what is our fault."""

import pytest

from include.telegram.refusals import refusal

ADMINISTRATOR = "make the bot an administrator of the channel who may post messages"
ADD = "add the bot to the channel as an administrator who may post messages"
OTHER_CHAT = "put the id of another one into the host"
WRONG_CHAT = "check the host of the connection telegram"
TOPIC = "correct the number behind the /"


@pytest.mark.parametrize(
    ("says", "cure"),
    [
        ("Topic_closed", "open it again in the menu of the topic"),
        ("TOPIC_CLOSED", "open it again in the menu of the topic"),
        ("Topic_deleted", TOPIC),
        ("Message thread not found", TOPIC),
        ("Message_thread_id_invalid", TOPIC),
        ("The chat is not a forum", TOPIC),
        ("Chat_send_photos_forbidden", "allow text, photos and files in the permissions"),
        ("Chat_send_docs_forbidden", "allow text, photos and files in the permissions"),
        ("Chat_send_plain_forbidden", "allow text, photos and files in the permissions"),
        ("Not enough rights to send photos to the chat", "allow text, photos and files"),
        ("Not enough rights to send text messages to the chat", "allow text, photos and files"),
        ("Not enough rights to send documents to the chat", "allow text, photos and files"),
        ("Chat_send_media_forbidden", "allow text, photos and files in the permissions"),
        ("Have no rights to send a message", ADMINISTRATOR),
        ("Need administrator rights in the channel chat", ADMINISTRATOR),
        ("Chat_admin_required", ADMINISTRATOR),
        ("Chat_write_forbidden", ADMINISTRATOR),
        ("Chat_forbidden", ADMINISTRATOR),
        ("Right_forbidden", ADMINISTRATOR),
        ("Chat_restricted", ADMINISTRATOR),
        ("User_restricted", ADMINISTRATOR),
        ("User_banned_in_channel", "take it off the list of removed users"),
        ("Forbidden: bot was kicked from the supergroup chat", ADD),
        ("Forbidden: bot is not a member of the channel chat", ADD),
        ("Channel_private", ADD),
        ("Chat_guest_send_forbidden", ADD),
        ("User_not_participant", ADD),
        ("Forbidden: the group chat was deleted", OTHER_CHAT),
        ("Group chat was deactivated", OTHER_CHAT),
        ("Forbidden: user is deactivated", OTHER_CHAT),
        ("Input_user_deactivated", OTHER_CHAT),
        ("Chat not found", WRONG_CHAT),
        ("User not found", WRONG_CHAT),
        ("User_id_invalid", WRONG_CHAT),
        ("Username_invalid", WRONG_CHAT),
        ("Peer_id_invalid", WRONG_CHAT),
        ("Chat_id_invalid", WRONG_CHAT),
        ("Channel_invalid", WRONG_CHAT),
        ("Username_not_occupied", WRONG_CHAT),
        ("Forbidden: bot was blocked by the user", "unblock it and press Start"),
        ("User_is_blocked", "unblock it and press Start"),
        ("Forbidden: bot can't initiate conversation with a user", "press Start"),
        ("Forbidden: bot can't send messages to bots", "a bot cannot write to a bot"),
        ("User_is_bot", "a bot cannot write to a bot"),
        ("Allow_payment_required_5", "free the bot of paying"),
        ("Not enough rights to manage pinned messages in the chat", "switch REPORT_PIN off"),
        ("Not enough rights to pin a message", "switch REPORT_PIN off"),
        ("Message to edit not found", "send_report.py --force"),
        ("Message to pin not found", "send_report.py --force"),
        ("Message_id_invalid", "send_report.py --force"),
        ("Button_url_invalid", "correct REPORT_DASHBOARD_URL"),
        ("Url_invalid", "correct REPORT_DASHBOARD_URL"),
        ("URL host is empty", "correct REPORT_DASHBOARD_URL"),
        ("Wrong HTTP URL specified", "correct REPORT_DASHBOARD_URL"),
        (
            "Inline keyboard button url 'http://localhost' is invalid: wrong http url",
            "correct REPORT_DASHBOARD_URL",
        ),
    ],
)
def test_what_an_administrator_can_cure_is_told(says: str, cure: str) -> None:
    sentence = str(refusal(says, "-100/42", is_forbidden=False))
    assert cure in sentence
    assert "-100/42" in sentence or "REPORT_" in cure
    assert "fault of the project" not in sentence


@pytest.mark.parametrize(
    "says",
    [
        "Message is too long",
        "Can't parse entities: unsupported start tag",
        "Photo_invalid_dimensions",
    ],
)
def test_what_only_we_can_cure_is_a_fault_of_the_project(says: str) -> None:
    assert "fault of the project" in str(refusal(says, "-100", is_forbidden=False))


def test_a_code_is_told_as_telegram_writes_it() -> None:
    assert "(CHAT_WRITE_FORBIDDEN)" in str(
        refusal("Chat_write_forbidden", "-100", is_forbidden=False)
    )


def test_a_bot_that_may_not_is_told_to_be_made_an_administrator_whatever_the_words() -> None:
    assert ADD in str(refusal("Access denied", "-100", is_forbidden=True))
