"""Calls by the real client to a strict server: done once, whatever fails, never with the token.

Every case of the table of failures is here: what is sent again, what never is, what a person has
to do. What a report makes of them is in test_deliver.py.
"""

import logging
import socket
import traceback
from collections.abc import Iterator

import pytest

from include.connections import Connection
from include.errors import TryAgainError, UserError
from include.telegram.client import (
    FLOOD_SECONDS,
    PAUSES,
    Button,
    Chat,
    ChatMovedError,
    Document,
    Photo,
    Telegram,
    Text,
    UnknownOutcomeError,
    recipients,
)
from tests.support.fake_telegram import (
    CHAT,
    PNG,
    TOKEN,
    FakeTelegram,
    Garbage,
    HangUp,
    Naps,
    Refusal,
    Silence,
    fake_telegram,
    flood,
)

pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")


@pytest.fixture
def server() -> Iterator[FakeTelegram]:
    with fake_telegram(TOKEN, CHAT) as running:
        yield running


def send(
    url: str, text: str = "<b>Hello</b>", *, token: str = TOKEN, chat: str = CHAT
) -> tuple[int, Naps]:
    """The number of the message, and how long was waited."""
    naps = Naps()
    with Telegram(token, url, read_timeout=0.3, sleep=naps) as telegram:
        return telegram.send(Chat(chat), Text(text)), naps


def closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def everything_in(error: BaseException) -> str:
    """The text of an error and of all that hangs on it, as any log might print it."""
    parts = []
    chain: BaseException | None = error
    while chain is not None:
        parts += [str(chain), repr(chain), repr(chain.args)]
        chain = chain.__cause__ or chain.__context__
    return "\n".join([*parts, *traceback.format_exception(error)])


def test_a_message_is_delivered_once_and_its_id_returned(server: FakeTelegram) -> None:
    assert send(server.url) == (1, [])
    [message] = server.delivered
    assert (message.text, message.entities) == ("Hello", ("b",))
    assert server.calls == ["getMe", "sendMessage"]


def test_a_slash_at_the_end_of_the_address_does_no_harm(server: FakeTelegram) -> None:
    assert send(f"{server.url}/")[0] == 1


def test_a_channel_can_be_named(server: FakeTelegram) -> None:
    server.chats.add("@shop")
    assert send(server.url, chat="@shop")[0] == 1


@pytest.mark.parametrize("waits", [[7], [7, 7], [7, 7, 7], [FLOOD_SECONDS]])
def test_it_waits_as_long_as_it_is_told_and_sends_again(
    server: FakeTelegram, waits: list[int]
) -> None:
    server.fail(*map(flood, waits))
    assert send(server.url) == (1, waits)
    assert len(server.delivered) == 1


def test_it_understands_waits_given_as_a_time_span(
    server: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    server.fail(flood(7))
    assert send(server.url) == (1, [7.0])


@pytest.mark.parametrize("faults", [[flood(1)] * 4, [flood(FLOOD_SECONDS + 1)]])
def test_it_does_not_wait_without_end(server: FakeTelegram, faults: list[Refusal]) -> None:
    server.fail(*faults)
    with pytest.raises(TryAgainError, match=r"asks to wait \d+ seconds .* nothing was sent"):
        send(server.url)
    assert server.delivered == []


def test_a_group_that_migrated_tells_its_new_id_and_got_nothing(server: FakeTelegram) -> None:
    new = -1009876543210
    server.fail(
        Refusal(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            migrate_to_chat_id=new,
        )
    )
    with pytest.raises(ChatMovedError, match=f"supergroup {new}: put this id into") as caught:
        send(server.url)
    assert caught.value.new_chat == Chat(str(new))
    assert server.delivered == []


def test_a_server_that_cannot_be_reached_is_tried_a_few_times() -> None:
    naps = Naps()
    with (
        Telegram(TOKEN, closed_port(), sleep=naps) as telegram,
        pytest.raises(TryAgainError, match=r"cannot be reached at 127\.0\.0\.1 .* nothing was"),
    ):
        telegram.send(Chat(CHAT), Text("x"))
    assert naps == list(PAUSES)


def test_a_server_that_comes_back_gets_the_message(server: FakeTelegram) -> None:
    url, server_url = closed_port(), server.url
    assert url != server_url
    server.fail(Refusal(500, "Internal Server Error"), Refusal(502, "Bad Gateway"), method="getMe")
    assert send(server.url) == (1, list(PAUSES[:2]))
    assert len(server.delivered) == 1


def test_a_check_of_the_token_that_never_answers_is_safe_to_repeat(server: FakeTelegram) -> None:
    server.fail(Silence(), method="getMe")
    assert send(server.url) == (1, [PAUSES[0]])


@pytest.mark.parametrize(
    ("fault", "delivered"),
    [
        (Silence(), 1),
        (HangUp(), 1),
        (Garbage("<html>Welcome</html>"), 1),
        (Garbage('{"ok": true}'), 1),
        (Garbage('{"ok": true, "result": {}}'), 1),
        (Refusal(500, "Internal Server Error"), 0),
        (Refusal(502, "Bad Gateway"), 0),
        (Refusal(504, "Gateway Timeout"), 0),
    ],
)
def test_what_may_have_been_delivered_is_never_sent_again(
    server: FakeTelegram, fault: Exception, delivered: int
) -> None:
    server.fail(fault)
    with pytest.raises(
        UnknownOutcomeError, match=r"its answer did not come .* it may be there or not"
    ):
        send(server.url)
    assert server.calls == ["getMe", "sendMessage"]
    assert len(server.delivered) == delivered


def test_an_unknown_outcome_is_no_reason_to_try_again() -> None:
    assert not issubclass(UnknownOutcomeError, TryAgainError)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (
            Refusal(403, "Forbidden: bot is not a member of the channel chat"),
            "does not let the bot write .* not a member .* as an administrator",
        ),
        (
            Refusal(403, "Forbidden: bot was kicked from the channel chat"),
            "does not let the bot write .* was kicked .* as an administrator",
        ),
        (
            Refusal(400, "Bad Request: not enough rights to send text messages to the chat"),
            "does not let the bot write .* make the bot an administrator",
        ),
        (
            Refusal(400, "Bad Request: need administrator rights in the channel chat"),
            "does not let the bot write .* make the bot an administrator",
        ),
    ],
)
def test_what_will_not_pass_by_itself_stops_at_once(
    server: FakeTelegram, fault: Refusal, sentence: str
) -> None:
    server.fail(fault)
    with pytest.raises(UserError, match=sentence) as caught:
        send(server.url)
    assert not isinstance(caught.value, TryAgainError | UnknownOutcomeError)
    assert server.calls == ["getMe", "sendMessage"]
    assert server.delivered == []


def test_a_refusal_before_sending_is_not_repeated(server: FakeTelegram) -> None:
    server.fail(Refusal(400, "Bad Request: logged out"), method="getMe")
    with pytest.raises(UserError, match="refuses the message"):
        send(server.url)
    assert server.calls == ["getMe"]


def test_a_wrong_chat_is_named(server: FakeTelegram) -> None:
    with pytest.raises(
        UserError,
        match="does not know the chat -42: check the host of the connection telegram, and that",
    ):
        send(server.url, chat="-42")
    assert server.delivered == []


@pytest.mark.parametrize("token", ["987654321:another", "not a token/../", "tökén", "x\n"])
def test_a_wrong_token_says_where_to_get_a_right_one(server: FakeTelegram, token: str) -> None:
    with pytest.raises(UserError, match="get a valid one from @BotFather and put it") as caught:
        send(server.url, token=token)
    assert token not in everything_in(caught.value)
    assert server.calls == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x" * 4097, "Message is too long"),
        ("x" * 32_769, "Text is too long"),
        ("<b> </b>", "Message text is empty"),
        ("a <script>", 'Unsupported start tag "script" at byte offset 2'),
        ("á <b><i>x</b></i>", 'Unmatched end tag at byte offset 10, expected "</i>", found "</b>"'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<pre><b>x</b></pre>", 'Entity "b" inside of "pre"'),
        ("<i>x</i>" * 101, "101 entities are more than Telegram keeps"),
    ],
)
def test_a_message_that_breaks_a_limit_is_refused_by_the_server(
    server: FakeTelegram, text: str, says: str
) -> None:
    with pytest.raises(UserError, match="refuses the message") as caught:
        send(server.url, text)
    assert says.lower() in str(caught.value).lower()
    assert server.delivered == []


@pytest.mark.parametrize("text", ["x" * 4096, "<b>" + "&lt;" * 4096 + "</b>", "<i>x</i>" * 100])
def test_a_message_at_a_limit_is_delivered(server: FakeTelegram, text: str) -> None:
    assert send(server.url, text)[0] == 1


@pytest.mark.parametrize(
    "url", ["http://api.telegram.org", "http://192.168.0.7:8081", "ftp://localhost"]
)
def test_the_token_travels_encrypted_except_to_the_same_machine(url: str) -> None:
    with pytest.raises(UserError, match="TELEGRAM_API_URL must begin with https://"):
        send(url)


@pytest.mark.parametrize("url", ["", "api.telegram.org", "https://", "https://a:b@c", "http://[x"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(UserError, match="TELEGRAM_API_URL is not the address"):
        send(url)


@pytest.fixture
def full_log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Every logger at DEBUG, the libraries' own ones too."""
    for name in ("", "httpx", "httpcore", "httpcore.http11", "telegram", "telegram.Bot", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def logged(log: pytest.LogCaptureFixture) -> str:
    assert log.records  # it is on
    return log.text + "".join(repr(vars(record)) for record in log.records)


def holds_token(text: str) -> bool:
    return TOKEN.lower() in text.lower()


def test_the_token_is_in_no_log_when_all_goes_well(
    server: FakeTelegram, full_log: pytest.LogCaptureFixture
) -> None:
    server.fail(flood(1))
    send(server.url)
    assert not holds_token(logged(full_log))


@pytest.mark.parametrize(
    "fault",
    [
        flood(900),
        Refusal(400, "Bad Request: chat not found"),
        Refusal(403, "Forbidden: bot was kicked from the channel chat"),
        Refusal(401, "Unauthorized"),
        Refusal(500, "Internal Server Error"),
        Silence(),
        HangUp(),
        Garbage(f"Cannot POST /bot{TOKEN}/sendMessage"),
        Garbage(f"<pre>Cannot POST /bot{TOKEN}/sendMessage</pre>\n" * 100, 502),
        Refusal(403, f"Forbidden: no path /bot{TOKEN}/sendMessage"),
        Refusal(400, f"Bad Request: no path /bot{TOKEN}/sendMessage"),
    ],
    ids=lambda fault: str(fault)[:40],
)
@pytest.mark.parametrize("method", ["getMe", "sendMessage"])
def test_the_token_is_in_no_log_at_any_level_and_in_no_exception(
    server: FakeTelegram, full_log: pytest.LogCaptureFixture, fault: Exception, method: str
) -> None:
    server.fail(*[fault] * (1 + len(PAUSES)), method=method)
    with pytest.raises(UserError) as caught:
        send(server.url)
    assert not holds_token(everything_in(caught.value))
    assert not holds_token(logged(full_log))
    assert len(str(caught.value)) < 500
    assert "\n" not in str(caught.value)


def test_an_unreachable_server_s_error_and_log_hold_no_token(
    full_log: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(TryAgainError) as caught:
        send(closed_port())
    assert not holds_token(everything_in(caught.value) + logged(full_log))


def connection(host: str | None, password: str | None) -> Connection:
    return Connection("telegram", host, None, None, password, None)


def test_a_connection_names_the_bot_and_the_chats() -> None:
    found = recipients(connection(f" {CHAT} , @shop,{CHAT}/42, @shop", f"{TOKEN}\n"))
    assert found == (TOKEN, (Chat(CHAT), Chat("@shop"), Chat(CHAT, 42)))
    assert [str(chat) for chat in found.chats] == [CHAT, "@shop", f"{CHAT}/42"]
    assert TOKEN not in repr(found)


def test_other_chats_can_be_named_instead() -> None:
    assert recipients(connection(CHAT, TOKEN), "@other").chats == (Chat("@other"),)


def test_a_connection_without_its_parts_says_what_to_put_where() -> None:
    with pytest.raises(UserError, match="has no password: put the bot's token"):
        recipients(connection(CHAT, None))
    with pytest.raises(UserError, match="has no host: put the chat's id") as caught:
        recipients(connection("", TOKEN))
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("host", ["shop", "-100/x", "t.me/shop", "@my-shop"])
def test_a_chat_that_is_none_says_how_one_looks(host: str) -> None:
    with pytest.raises(UserError, match="is no chat of Telegram: write its id like -100"):
        recipients(connection(host, TOKEN))


# --- pictures, files, edits, pins


def test_a_picture_comes_with_its_caption_and_links(server: FakeTelegram) -> None:
    with Telegram(TOKEN, server.url) as telegram:
        telegram.send(
            Chat(CHAT, 42), Photo(PNG, "<b>Up</b>", (Button("Look", "https://example.com/x"),))
        )
    [message] = server.delivered
    assert (message.kind, message.text, message.thread_id) == ("photo", "Up", 42)
    assert message.file is not None
    assert message.file.content == PNG
    assert message.buttons == (("Look", "https://example.com/x"),)
    assert not message.is_silent


def test_a_file_answers_another_message_without_a_sound(server: FakeTelegram) -> None:
    with Telegram(TOKEN, server.url) as telegram:
        first = telegram.send(Chat(CHAT), Text("first"))
        telegram.send(Chat(CHAT), Document("list.csv", b"a;b", "the list"), reply_to=first)
    message = server.delivered[-1]
    assert (message.kind, message.reply_to, message.is_silent) == ("document", first, True)
    assert message.file is not None
    assert (message.file.name, message.file.content) == ("list.csv", b"a;b")


def test_a_message_is_edited_in_place(server: FakeTelegram) -> None:
    with Telegram(TOKEN, server.url) as telegram:
        number = telegram.send(Chat(CHAT), Photo(PNG, "old"))
        telegram.replace(Chat(CHAT), number, Photo(PNG, "new"))
        telegram.replace(Chat(CHAT), number, Photo(PNG, "new"))  # "is not modified" is no failure
    assert [message.text for message in server.delivered] == ["new"]
    assert len(server.edited) == 1


def test_an_edit_is_repeated_where_its_outcome_is_not_known(server: FakeTelegram) -> None:
    naps = Naps()
    with Telegram(TOKEN, server.url, read_timeout=0.3, sleep=naps) as telegram:
        number = telegram.send(Chat(CHAT), Document("a.csv", b"1", "old"))
        server.fail(Silence(), Refusal(502, "Bad Gateway"), method="editMessageMedia")
        telegram.replace(Chat(CHAT), number, Document("a.csv", b"2", "new"))
    assert [message.text for message in server.delivered] == ["new"]
    assert naps == list(PAUSES[:2])


def test_a_message_that_somebody_deleted_cannot_be_edited(server: FakeTelegram) -> None:
    with (
        Telegram(TOKEN, server.url) as telegram,
        pytest.raises(UserError, match=r"no longer in the chat .* --force"),
    ):
        telegram.replace(Chat(CHAT), 99, Photo(PNG, "new"))


def test_a_message_is_pinned_or_the_missing_right_is_named(server: FakeTelegram) -> None:
    with Telegram(TOKEN, server.url) as telegram:
        number = telegram.send(Chat(CHAT), Text("x"))
        telegram.pin(Chat(CHAT), number)
        assert server.pinned == [(CHAT, number)]
        server.rights["edit"] = False
        with pytest.raises(UserError, match=r"give it the right to .* or switch REPORT_PIN off"):
            telegram.pin(Chat(CHAT), number)


def test_it_tells_what_the_bot_may_do(server: FakeTelegram) -> None:
    with Telegram(TOKEN, server.url) as telegram:
        assert telegram.name() == "@churn_report_bot"
        assert telegram.check(Chat(CHAT)) == {"post": True, "pin": True}
        server.rights["edit"] = False
        assert telegram.check(Chat(CHAT)) == {"post": True, "pin": False}
        with pytest.raises(UserError, match="does not know the chat -42"):
            telegram.check(Chat("-42"))
