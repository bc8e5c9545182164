"""Locks and schemas that several make at once, and a user who may make none."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest

from include.errors import TryAgainError, UserError
from include.sync.rejected import Rejected
from include.warehouse.bookkeeping import OPS, prepare
from include.warehouse.copying import execute, query, transaction
from include.warehouse.locks import LOAD_OF_FILES, Lock, lock
from include.warehouse.locks import SCHEMAS as MAKING
from include.warehouse.turn import in_turn, take_turn
from tests.support.warehouses import Warehouse, new_warehouse

SCHEMAS = ("landing", "landing_staging", "staging", "shop", "intermediate", "marts", "ops")
LANDING = Lock("landing", "The first")


def test_who_waits_for_a_lock_is_told_when_it_is_enough(warehouse: Warehouse) -> None:
    with (
        closing(warehouse.connect()) as first,
        closing(warehouse.connect()) as second,
        first.cursor() as cursor,
    ):
        lock(cursor, LANDING)
        cursor.execute("show lock_timeout")
        assert cursor.fetchone() == ("10min",)
        with pytest.raises(TryAgainError, match=r"The first has been at work .* than 1 seconds"):
            lock(second.cursor(), LANDING._replace(patience=1))
        second.rollback()
        lock(second.cursor(), Lock("another", "The first"))
        first.rollback()
        lock(second.cursor(), LANDING)


def test_who_holds_a_lock_may_be_idle_as_long_as_it_takes(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    with (
        allowed(warehouse.url, "grant create on database {} to least") as url,
        closing(psycopg2.connect(warehouse.url)) as admin,
        closing(Warehouse(url, tmp_path).connect()) as connection,
        connection.cursor() as cursor,
    ):
        connection.autocommit = True  # so that it is no transaction that is idle here
        cursor.execute("set statement_timeout = 5000")
        cursor.execute("set idle_in_transaction_session_timeout = 100")
        connection.autocommit = False
        lock(cursor, LANDING)
        cursor.execute("show statement_timeout")
        assert cursor.fetchone() == ("0",)
        with admin.cursor() as other:
            other.execute("select pg_sleep(0.3)")
        cursor.execute("select 1")


def test_a_first_load_of_a_crm_does_not_wait_for_one_of_files_nor_fails(
    warehouse: Warehouse,
) -> None:
    with transaction(warehouse) as loading:
        execute(loading, "create table landing.files as select 1 as n")
        with closing(Rejected(warehouse, "pipedrive")) as rejected:
            rejected.add("users", {"id": None}, "it has no id")
            rejected.write()
    with transaction(warehouse) as loading:
        assert query(loading, "select count(*) as n from landing.pipedrive__rejected") == [{"n": 1}]
        assert query(loading, "select n from landing.files") == [{"n": 1}]


def test_who_has_schemas_of_their_own_waits_for_no_lock_of_others(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        transaction(warehouse) as loading,
        closing(warehouse.connect()) as first,
        closing(warehouse.connect()) as second,
    ):
        execute(loading, "create table landing.files as select 1 as n")
        assert take_turn(warehouse, "a developer", timedelta(hours=1)) is None
        lock(first.cursor(), LANDING)
        monkeypatch.setenv("SCHEMA_PREFIX", "north_")
        impatient = LOAD_OF_FILES._replace(patience=1)
        monkeypatch.setattr("include.warehouse.copying.LOAD_OF_FILES", impatient)
        lock(second.cursor(), LANDING._replace(patience=1))
        with transaction(warehouse) as north:
            execute(north, "create table north_landing.files as select 2 as n")
        assert take_turn(warehouse, "the north", timedelta(hours=1)) is None
        with in_turn(warehouse, "the north"):
            pass


def test_schemas_that_several_make_at_once_are_made(warehouse: Warehouse) -> None:
    failures: list[Exception] = []
    together = threading.Barrier(8)

    def make() -> None:
        with closing(warehouse.connect()) as connection:
            together.wait()
            try:
                prepare(connection, *SCHEMAS)
            except psycopg2.Error as error:
                failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_one_place_makes_all_tables_of_ops_that_dbt_does_not_make(warehouse: Warehouse) -> None:
    """What is missing later is made, and what is there stays."""
    with closing(warehouse.connect()) as connection, connection.cursor() as cursor:
        prepare(connection, "ops")
        cursor.execute("insert into ops.pipedrive_changelogs (deal_id, tokens) values (1, 20)")
        cursor.execute("drop table ops.loads")
        prepare(connection, "ops")
        cursor.execute("select tablename from pg_tables where schemaname = 'ops'")
        assert {name for (name,) in cursor.fetchall()} == {"build_turn", *OPS}
        cursor.execute("select deal_id, tokens from ops.pipedrive_changelogs")
        assert cursor.fetchall() == [(1, 20)]


def test_who_finds_all_tables_waits_for_nobody_who_makes_one(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = MAKING._replace(patience=1)
    monkeypatch.setattr("include.warehouse.bookkeeping.SCHEMAS", impatient)
    with closing(warehouse.connect()) as first, closing(warehouse.connect()) as second:
        prepare(first, "landing", "ops")
        lock(first.cursor(), impatient)
        prepare(second, "landing", "ops")


# --- a user who may not make schemas


@contextmanager
def allowed(url: str, *statements: str) -> Iterator[str]:
    """URL for the user `least`, who has what the statements give."""
    with closing(psycopg2.connect(url)) as admin, admin.cursor() as cursor:
        admin.autocommit = True
        cursor.execute("create role least login password 'x'")
        parts = urlsplit(url)
        try:
            for statement in statements:
                cursor.execute(statement.format(parts.path[1:]))
            yield f"postgresql://least:x@{parts.hostname}:{parts.port}{parts.path}"
        finally:
            cursor.execute("drop owned by least cascade; drop role least")


def test_the_right_that_is_missing_is_named(warehouse: Warehouse, tmp_path: Path) -> None:
    with (
        allowed(warehouse.url) as url,
        pytest.raises(UserError, match="The user 'least' may not make the schemas landing"),
        transaction(Warehouse(url, tmp_path)),
    ):
        pass


@pytest.fixture(scope="module")
def small(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return new_warehouse(postgres, "least_rights", tmp_path_factory.mktemp("least"))


@pytest.mark.parametrize("is_made", [True, False])
def test_dbt_needs_no_right_to_make_schemas_that_are_there(
    is_made: bool, small: Warehouse, tmp_path: Path
) -> None:
    schemas = [f"create schema {name} authorization least" for name in SCHEMAS if is_made]
    with allowed(small.url, *schemas) as url:
        least = Warehouse(url, tmp_path)
        if is_made:
            least.dbt("build", "--select", "raw_products")
            assert least.rows("select count(*) > 0 as is_full from landing.raw_products") == [
                {"is_full": True}
            ]
        else:
            with pytest.raises(AssertionError, match="user least may not make the schema"):
                least.dbt("build", "--select", "raw_products")
