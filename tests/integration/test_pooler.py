"""Behind a pooler in transaction mode: one report, no lock that stays, no setting that leaks."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date

import psycopg2
import pytest

from include.bot.rows import reading
from include.connections import Connection
from include.errors import UserError
from include.sync.sources import declared_sources
from include.sync.sync import sync
from include.telegram.client import Chat, Telegram, Text
from include.telegram.deliver import Part, deliver
from include.telegram.ledger import Ledger
from include.warehouse.connection import Warehouse
from include.warehouse.copying import execute, transaction
from tests.support.fake_pipedrive import fake_pipedrive, fill
from tests.support.fake_telegram import CHAT, TOKEN, FakeTelegram, fake_telegram
from tests.support.pgbouncer import pooled

MONDAY = date(2026, 11, 9)

pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")


@pytest.fixture
def server() -> Iterator[FakeTelegram]:
    with fake_telegram(TOKEN, CHAT) as running:
        yield running


def send(url: str, server: FakeTelegram, period: date = MONDAY) -> list[str]:
    """A run that sends a report of two messages."""
    parts = [Part(name, Text(name), name) for name in ("chart", "list")]
    with closing(Warehouse(url).connect()) as connection, Telegram(TOKEN, server.url) as telegram:
        return deliver(parts, [Chat(CHAT)], telegram, Ledger(connection, "weekly_churn", period))


def at_once(*calls: Callable[[], object]) -> None:
    """Each call in a thread of its own; all end within a minute."""
    threads = [threading.Thread(target=call, daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize("sessions", [1, 3])
def test_two_runs_at_once_send_one_report(
    sessions: int, warehouse: Warehouse, server: FakeTelegram
) -> None:
    """With one session both runs would hold a session's lock."""
    said: list[str] = []
    with pooled(warehouse.url, sessions) as url:
        at_once(*[lambda: said.extend(send(url, server))] * 2)
    assert [message.text for message in server.delivered] == ["chart", "list"]
    assert len(said) == 2


def test_what_others_do_in_the_pool_leaves_no_lock_behind(
    warehouse: Warehouse, server: FakeTelegram
) -> None:
    is_over = threading.Event()

    def others(url: str) -> None:
        with closing(Warehouse(url).connect()) as connection, connection.cursor() as cursor:
            while not is_over.is_set():
                cursor.execute("select pg_sleep(0.005)")
                connection.commit()

    with pooled(warehouse.url, 4) as url:
        threads = [threading.Thread(target=others, args=(url,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            at_once(
                lambda: (
                    [send(url, server, date(2026, 11, 2)) for _ in range(2)]
                    + [send(url, server, MONDAY)]
                )
            )
        finally:
            is_over.set()
            for thread in threads:
                thread.join()
        with closing(psycopg2.connect(warehouse.url)) as connection:
            cursor = connection.cursor()
            cursor.execute(
                "select count(*) from pg_locks where locktype = 'advisory' and database = ("
                " select oid from pg_database where datname = current_database())"
            )
            assert cursor.fetchone() == (0,)
    assert [message.text for message in server.delivered] == ["chart", "list"] * 2


def test_what_the_bot_limits_is_its_own(warehouse: Warehouse) -> None:
    with pooled(warehouse.url, 1) as url:
        with reading(Warehouse(url), timeout=3) as connection, connection.cursor() as cursor:
            cursor.execute("show statement_timeout")
            assert cursor.fetchone() == ("3s",)
            connection.rollback()
        with closing(Warehouse(url).connect()) as connection, connection.cursor() as cursor:
            cursor.execute("select current_setting('statement_timeout'), pg_is_in_recovery()")
            assert cursor.fetchone() == ("0", False)
            cursor.execute("create table public.written (n int)")


def test_a_session_is_the_same_behind_it(warehouse: Warehouse) -> None:
    with (
        pooled(warehouse.url, 1) as url,
        closing(Warehouse(url).connect()) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("select current_setting('timezone'), current_setting('datestyle')")
        assert cursor.fetchone() == ("UTC", "ISO, MDY")


def test_files_are_loaded_through_it(warehouse: Warehouse) -> None:
    with pooled(warehouse.url, 2) as url:
        for _ in range(3):
            with transaction(Warehouse(url)) as loading:
                execute(loading, "create table landing.one (n int)")
                execute(loading, "drop table landing.one")


def test_a_crm_is_loaded_where_the_pooler_allows_what_dlt_asks(warehouse: Warehouse) -> None:
    with fake_pipedrive() as crm:
        fill(crm, 3)
        connection = Connection("http", crm.url, None, None, crm.token, None)

        def load(url: str) -> int:
            source = declared_sources()["pipedrive"]
            return sync(source, "users", Warehouse(url), connection)[0].rows

        with (
            pooled(warehouse.url, 6) as url,
            pytest.raises(UserError, match="allow it with ignore_startup_parameters = options"),
        ):
            load(url)
        with pooled(warehouse.url, 6, "ignore_startup_parameters = options") as url:
            assert load(url) > 0
