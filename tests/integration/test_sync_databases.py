"""Sources of the kind `database`: from a second database of the server, and from SQLite."""

import json
import sqlite3
import traceback
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from include.connections import Connection, from_uri
from include.errors import TryAgainError, UserError
from include.sync.sources import Source, declared_sources
from include.sync.sync import sync
from include.warehouse import embedded
from include.warehouse.connection import Warehouse

Table = dict[str, Any]
BY_TIME: Table = {"key": "id", "incremental": "updated_at"}


class Erp:
    """A database to read from, and the warehouse its tables come to."""

    def __init__(self, warehouse: Warehouse, url: str) -> None:
        self.warehouse, self.url = warehouse, url
        self.connection = from_uri(url.replace("postgresql://", "postgres://"))
        self.said: list[str] = []

    def execute(self, sql: str) -> None:
        with closing(psycopg2.connect(self.url)) as connection, connection:
            connection.cursor().execute(sql)

    def load(self, declared: Table, name: str = "orders", **options: Any) -> Any:
        source = Source("erp", "database", {"database": {"tables": {name: declared}}})
        connection = options.pop("connection", self.connection)
        say = self.said.append
        [load] = sync(source, name, self.warehouse, connection, say=say, **options)
        return load

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with (
            closing(psycopg2.connect(self.warehouse.url)) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(query)
            return cursor.fetchall()

    def landed(self, columns: str = "id, status, total") -> list[tuple[Any, ...]]:
        return self.rows(f"select {columns} from landing.erp__orders order by 1")

    def there(self, columns: str = "id, status, total") -> list[tuple[Any, ...]]:
        with closing(psycopg2.connect(self.url)) as connection, connection.cursor() as cursor:
            cursor.execute(f"select {columns} from orders order by 1")
            return cursor.fetchall()


@pytest.fixture
def erp(postgres: Path, warehouse: Warehouse) -> Iterator[Erp]:
    with closing(psycopg2.connect(embedded.url("postgres", postgres))) as admin:
        admin.autocommit = True
        admin.cursor().execute("create database erp template template0 strategy file_copy")
        source = Erp(warehouse, embedded.url("erp", postgres))
        source.execute(
            """
            create table orders (
                id bigint primary key,
                status text,
                total numeric(12, 2),
                updated_at timestamptz
            );
            insert into orders
            select i, 'paid', i + 0.5, timestamptz '2026-01-01 00:00Z' + i * interval '1 hour'
            from generate_series(1, 200) as i;
            """
        )
        yield source
        admin.cursor().execute("drop database erp with (force)")


CHANGES = """
    update orders set status = 'returned', updated_at = '2026-02-01 00:00Z' where id <= 30;
    delete from orders where id between 101 and 105;
    insert into orders
    select i, 'new', i, '2026-02-01 00:00Z' from generate_series(201, 210) as i;
"""


def test_an_extra_of_the_connection_may_be_a_number_without_quotes(erp: Erp) -> None:
    connection = replace(erp.connection, extra={"connect_timeout": 5, "keepalives": 0})
    erp.load({"key": "id"}, connection=connection)
    assert erp.landed() == erp.there()


def test_two_shops_of_a_database_each_load_what_is_new_to_them(
    erp: Erp, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert erp.load(BY_TIME).rows == 200
    held = erp.landed("id, _dlt_load_id")
    monkeypatch.setenv("SCHEMA_PREFIX", "north_")
    assert erp.load(BY_TIME).rows == 200
    assert erp.landed("id, _dlt_load_id") == held
    schemas = "select nspname from pg_namespace where nspname !~ '^(pg_|information_|public)'"
    plain = {"landing", "landing_staging", "ops"}
    assert {name for (name,) in erp.rows(schemas)} == plain | {f"north_{name}" for name in plain}
    assert erp.rows("select count(*) from north_ops.loads") == [(1,)]


def test_schemas_that_are_renamed_to_a_prefix_go_on_where_they_were(
    erp: Erp, monkeypatch: pytest.MonkeyPatch
) -> None:
    erp.load(BY_TIME)
    with closing(psycopg2.connect(erp.warehouse.url)) as connection, connection:
        for name in ("landing", "landing_staging", "ops"):
            connection.cursor().execute(f"alter schema {name} rename to north_{name}")
    monkeypatch.setenv("SCHEMA_PREFIX", "north_")
    assert erp.load(BY_TIME).rows == 2  # of the hour that is read again
    assert erp.rows("select count(*) from north_landing.erp__orders") == [(200,)]
    assert erp.rows("select count(*) from pg_namespace where nspname = 'landing'") == [(0,)]


def test_what_changed_or_is_new_comes_and_nothing_else_is_touched(erp: Erp) -> None:
    assert erp.load(BY_TIME).rows == 200
    before = dict(erp.landed("id, _dlt_load_id"))
    erp.execute(CHANGES)
    load = erp.load(BY_TIME)
    after = dict(erp.landed("id, _dlt_load_id"))
    touched = {id_ for id_ in after if after[id_] != before.get(id_)}
    assert touched == {*range(1, 31), *range(201, 211)}
    # the hour before the newest row of the first load is read again: rows 199 and 200
    assert load.rows == 42
    assert [str(load.newest_at), load.schema_changes] == ["2026-02-01 00:00:00+00:00", ()]


def test_an_empty_text_is_not_taken_for_a_missing_one(erp: Erp) -> None:
    erp.execute("update orders set status = '' where id = 1")
    erp.execute("update orders set status = null where id = 2")
    for _ in range(2):  # into a new table, and into one that is there
        erp.load({"key": "id"})
        assert erp.landed("id, status")[:3] == [(1, ""), (2, None), (3, "paid")]


def test_deleted_rows_go_with_a_full_load(erp: Erp) -> None:
    erp.load(BY_TIME)
    erp.execute(CHANGES)
    erp.load(BY_TIME)
    assert len(erp.landed()) == 210
    erp.load(BY_TIME, full=True)
    assert erp.landed() == erp.there()
    assert len(erp.landed()) == 205
    erp.load(BY_TIME)
    assert erp.landed() == erp.there()


def test_a_snapshot_brings_exactly_what_changed_and_deletes_what_vanished(erp: Erp) -> None:
    erp.load({"key": "id"})
    before = dict(erp.landed("id, _dlt_load_id"))
    erp.execute(CHANGES)
    erp.load({"key": "id"})
    after = dict(erp.landed("id, _dlt_load_id"))
    assert erp.landed() == erp.there()
    assert {id_ for id_ in after if after[id_] != before.get(id_)} == {
        *range(1, 31),
        *range(201, 211),
    }


def test_a_snapshot_of_an_emptied_table_is_empty(erp: Erp) -> None:
    erp.load({"key": "id"})
    erp.execute("delete from orders")
    assert erp.load({"key": "id"}).rows == 0
    assert erp.landed() == []


def test_an_empty_table_lands_with_its_columns(erp: Erp) -> None:
    erp.execute("delete from orders")
    assert erp.load(BY_TIME).rows == 0
    assert erp.landed("id, status, total, updated_at") == []


@pytest.mark.parametrize("overlap", [3600, 0])
def test_a_row_with_the_newest_time_that_was_written_later_comes(erp: Erp, overlap: int) -> None:
    declared = BY_TIME | {"overlap": overlap}
    erp.load(declared)
    erp.execute("insert into orders select 300, 'late', 1, max(updated_at) from orders")
    erp.load(declared)
    assert erp.landed() == erp.there()


def test_rows_that_were_committed_late_come_within_the_overlap(erp: Erp) -> None:
    erp.load(BY_TIME)
    erp.execute(
        """
        insert into orders
        select i, 'late', 1, timestamptz '2026-01-01 00:00Z' + 200 * interval '1 hour'
            - (i - 300) * interval '1 minute'
        from generate_series(330, 390, 30) as i
        """
    )
    erp.load(BY_TIME)
    # written for 30, 60 and 90 minutes before the newest row there was
    assert [id_ for (id_,) in erp.landed("id") if id_ > 200] == [330, 360]


def test_numbers_grow_without_overlap_and_the_newest_is_read_again(erp: Erp) -> None:
    erp.load({"key": "id", "incremental": "id"})
    erp.execute("insert into orders values (201, 'new', 1, null)")
    assert erp.load({"key": "id", "incremental": "id"}).rows == 2
    assert erp.landed() == erp.there()


def test_dates_are_read_again_by_whole_days(erp: Erp) -> None:
    erp.execute("alter table orders alter updated_at type date")
    erp.load(BY_TIME)
    erp.execute("insert into orders values (201, 'late', 1, '2026-01-08')")
    erp.load(BY_TIME)
    # the newest row was of the 9th
    assert erp.landed() == erp.there()


def test_rows_that_do_not_tell_when_they_changed_are_read_each_time(erp: Erp) -> None:
    erp.execute("update orders set updated_at = null where id <= 3")
    erp.load(BY_TIME)
    erp.execute("update orders set status = 'returned' where id = 2")
    erp.execute("insert into orders values (201, 'new', 1, null)")
    erp.load(BY_TIME)
    assert erp.landed() == erp.there()


def test_a_row_without_a_key_is_set_aside_and_a_key_that_comes_twice_lands_once(erp: Erp) -> None:
    erp.execute(
        """
        alter table orders drop constraint orders_pkey;
        alter table orders alter id drop not null;
        insert into orders values (null, 'lost', 1, '2026-01-02 00:00Z');
        insert into orders select * from orders where id = 7;
        """
    )
    load = erp.load(BY_TIME)
    assert [load.rows, load.rejected] == [200, 1]
    [(because, row)] = erp.rows("select rejected_because, source_row from landing.erp__rejected")
    assert [because, json.loads(row)["status"]] == ["id is missing", "lost"]
    assert erp.said == [f"landing.erp__orders: 200 rows, 1 rejected in {load.seconds:.1f} s"]


def test_a_key_of_two_columns(erp: Erp) -> None:
    declared = {"key": ["order_id", "line"]}
    erp.execute("create table lines (order_id int, line int, sku text)")
    erp.execute("insert into lines values (1, 1, 'a'), (1, 2, 'b'), (2, 1, 'c')")
    erp.load(declared, "lines")
    erp.execute("update lines set sku = 'z' where order_id = 1 and line = 2")
    erp.load(declared, "lines")
    landed = erp.rows("select order_id, line, sku from landing.erp__lines order by 1, 2")
    assert landed == [(1, 1, "a"), (1, 2, "z"), (2, 1, "c")]


def test_a_new_column_arrives_and_is_told(erp: Erp) -> None:
    erp.load(BY_TIME)
    erp.execute("alter table orders add channel text")
    erp.execute("update orders set channel = 'web', updated_at = '2026-02-01' where id = 5")
    load = erp.load(BY_TIME)
    assert load.schema_changes == ("channel is a new column",)
    assert erp.rows("select id from landing.erp__orders where channel = 'web'") == [(5,)]


@pytest.mark.parametrize("full", [False, True])
def test_values_of_another_type_go_to_a_column_of_their_own(erp: Erp, full: bool) -> None:
    erp.execute("alter table orders add code int default 7")
    erp.load(BY_TIME)
    erp.execute(
        """
        alter table orders alter code type text;
        update orders set code = 'A-7', updated_at = '2026-02-01 00:00Z' where id = 5;
        update orders set code = '8', updated_at = '2026-02-01 00:00Z' where id = 6;
        """
    )
    load = erp.load(BY_TIME, full=full)
    assert load.schema_changes == ("code came as text too, in the column code__v_text",)
    landed = {id_: values for id_, *values in erp.landed("id, code, code__v_text")}
    assert [landed[5], landed[6], landed[7]] == [[None, "A-7"], [8, None], [7, None]]


def test_values_come_as_they_are(erp: Erp) -> None:
    erp.execute(
        r"""
        create type mood as enum ('good');
        create table kinds (
            "Id" int, empty text, none text, quoted text, "When" timestamp, on_day date,
            small real, exact numeric, fine numeric(30, 15), is_it boolean, raw bytea, doc jsonb,
            many int[], address inet, span interval, mood mood, uuid uuid, at_time time
        );
        insert into kinds values (
            1, '', null, E'a "b", \'c\'\n\\N;\té', '2026-01-02 03:04:05.678901', '2026-01-02',
            0.5, 12345678901234567890.123456789, 0.123456789012345, true, '\x00ff',
            '{"a": [1, null], "b": "é"}', '{1,2}', '10.0.0.1', '1 day', 'good',
            '00000000-0000-0000-0000-000000000001', '03:04:05'
        );
        """
    )
    erp.load({"key": "Id"}, "kinds")
    query = """
        select id, empty, none, quoted, "when"::text, on_day::text, small, exact::text, fine::text,
            is_it, raw::text, doc, many, address, span, mood, uuid, at_time::text
        from {}
    """
    [landed] = erp.rows(query.format("landing.erp__kinds"))
    assert landed == (
        1,
        "",
        None,
        "a \"b\", 'c'\n\\N;\té",
        "2026-01-02 03:04:05.678901",
        "2026-01-02",
        0.5,
        "12345678901234567890.123456789",
        "0.123456789012345",
        True,
        "\\x00ff",
        {"a": [1, None], "b": "é"},
        [1, 2],
        "10.0.0.1/32",
        "1 day",
        "good",
        "00000000-0000-0000-0000-000000000001",
        "03:04:05",
    )


def test_columns_that_differ_by_case_only_are_told(erp: Erp) -> None:
    erp.execute('alter table orders add "Status" text')
    with pytest.raises(UserError, match=r"orders of erp differ only by case .* make a view"):
        erp.load(BY_TIME)


@pytest.mark.parametrize(
    ("declared", "name", "told"),
    [
        (BY_TIME, "order", r"no table order that its user may see \(it has orders\)"),
        ({"key": "nr"}, "orders", r"orders of erp has no column 'nr' \(it has id, status, total,"),
        (BY_TIME | {"incremental": "at"}, "orders", "has no column 'at'"),
        (BY_TIME | {"overlap": 60, "incremental": "status"}, "orders", "is text, which has no"),
    ],
)
def test_a_declaration_that_does_not_fit_is_told_in_a_sentence(
    erp: Erp, declared: Table, name: str, told: str
) -> None:
    with pytest.raises(UserError, match=told):
        erp.load(declared, name)
    [(status, message)] = erp.rows("select status, message from ops.loads")
    assert status == "failed"
    assert "\n" not in message


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        ({"password": "s3cret-wrong"}, UserError, "not accept the password of the user 'postgres'"),
        ({"host": "no-such-host.invalid"}, UserError, "host 'no-such-host.invalid' .* is unknown"),
        ({"port": 9}, TryAgainError, "at 127.0.0.1 does not answer, or broke off: start it"),
        ({"database": "nowhere"}, UserError, "127.0.0.1 has no database 'nowhere'"),
        ({"conn_type": "mysql+pymysql"}, UserError, "pymysql, is not installed: run `uv add py"),
        ({"conn_type": "mssql+pyodbc"}, UserError, "pyodbc, is not installed: run `uv add pyodbc`"),
        ({"conn_type": "db9"}, UserError, "SQLAlchemy knows no database 'db9'"),
    ],
)
def test_a_database_that_cannot_be_reached_is_told_in_a_sentence_without_its_password(
    erp: Erp,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    change: dict[str, Any],
    error: type[UserError],
    told: str,
) -> None:
    connection = Connection(**{**vars(erp.connection), **change})
    with pytest.raises(error, match=told) as raised:
        erp.load(BY_TIME, connection=connection)
    assert raised.type is error
    [(message,)] = erp.rows("select message from ops.loads")
    assert "\n" not in message
    assert connection.password
    everything = (
        capfd.readouterr().out
        + caplog.text
        + message
        + "".join(traceback.format_exception(raised.value))
    )
    assert connection.password not in everything.replace(erp.warehouse.url, "")


def test_a_table_its_user_may_not_read_is_told(erp: Erp) -> None:
    erp.execute(
        "create role reader login password 'reader'; grant usage on schema public to reader"
    )
    connection = Connection(**{**vars(erp.connection), "login": "reader", "password": "reader"})
    try:
        with pytest.raises(UserError, match="says: permission denied for table orders; give its"):
            erp.load(BY_TIME, connection=connection)
    finally:
        erp.execute("drop owned by reader; drop role reader")


def test_a_table_with_a_name_that_landing_cannot_have(erp: Erp) -> None:
    erp.execute('create table "Sales Order" as select 1 as "No", \'x\' as "Sold To"')
    erp.load({"key": "No", "table": "Sales Order"})
    assert erp.landed("no, sold_to") == [(1, "x")]


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ("{orders: {incremental: at}}", "table orders of the source erp .* needs `key`, and knows"),
        ("{orders: {key: id, increment: at}}", "knows key, .*: remove increment"),
        ("{Orders: {key: id}}", "'Orders' .* rename it and tell its own by `table`"),
    ],
)
def test_a_declaration_that_is_none_is_told(tmp_path: Path, tables: str, told: str) -> None:
    path = tmp_path / "sources.yml"
    path.write_text(f"sources: {{erp: {{database: {{tables: {tables}}}}}}}")
    with pytest.raises(UserError, match=told):
        declared_sources(path)


# --- SQLite


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            """
            create table orders (id integer primary key, status text, total real, at datetime,
                changed text);
            with recursive n (i) as (select 1 union all select i + 1 from n where i < 200)
            insert into orders
            select i, 'paid', i + 0.5, datetime('2026-01-01', i || ' hours'),
                datetime('2026-01-01', i || ' hours')
            from n;
            """
        )
    return path


def sqlite_changes(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            """
            update orders set status = 'returned', at = '2026-02-01 00:00:00',
                changed = '2026-02-01 00:00:00' where id <= 30;
            delete from orders where id between 101 and 105;
            with recursive n (i) as (select 201 union all select i + 1 from n where i < 210)
            insert into orders select i, 'new', i, '2026-02-01 00:00:00', '2026-02-01 00:00:00'
            from n;
            """
        )


@pytest.mark.parametrize(
    ("declared", "rows", "left"),
    [
        ({"key": "id", "incremental": "at"}, 42, 210),
        # text has no overlap: the newest row alone is read again
        ({"key": "id", "incremental": "changed"}, 41, 210),
        ({"key": "id"}, 205, 205),
    ],
)
def test_sqlite(erp: Erp, shop: Path, declared: Table, rows: int, left: int) -> None:
    connection = from_uri(f"sqlite:///{shop}")
    assert erp.load(declared, connection=connection).rows == 200
    before = dict(erp.landed("id, _dlt_load_id"))
    sqlite_changes(shop)
    assert erp.load(declared, connection=connection).rows == rows
    after = dict(erp.landed("id, _dlt_load_id"))
    assert len(after) == left
    assert {id_ for id_ in after if after[id_] != before.get(id_)} == {
        *range(1, 31),
        *range(201, 211),
    }


def test_an_sqlite_file_that_is_not_there_is_told_and_not_made(erp: Erp, tmp_path: Path) -> None:
    connection = Connection("sqlite", str(tmp_path / "no.db"), None, None, None, None)
    with pytest.raises(UserError, match=r"no SQLite database .*no\.db: correct the path"):
        erp.load(BY_TIME, connection=connection)
    assert list(tmp_path.iterdir()) == []


def test_the_schema_is_declared(erp: Erp) -> None:
    erp.execute("create schema sales; create table sales.orders as select 1 as id, 'x' as status")
    tables = {"orders": {"key": "id"}}
    source = Source("erp", "database", {"database": {"schema": "sales", "tables": tables}})
    sync(source, "orders", erp.warehouse, erp.connection, say=erp.said.append)
    assert erp.landed("id, status") == [(1, "x")]
