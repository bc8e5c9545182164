"""Values of another database that the warehouse cannot hold cost their row, and no other."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2

from include.connections import Connection, from_uri
from include.sync.sources import Source
from include.sync.sync import sync
from include.warehouse import embedded
from include.warehouse.connection import Warehouse

TABLES = """
    create table nan (id int primary key, v numeric);
    insert into nan values (1, 10.5), (2, 'NaN');
    create table infinite (id int primary key, v numeric);
    insert into infinite values (1, 10.5), (2, 'Infinity');
    create table digits (id int primary key, v numeric);
    insert into digits values (1, 99999999999999999999999999999), (2, 1e29);
    create table real_nan (id int primary key, v double precision);
    insert into real_nan values (1, 10.5), (2, 'NaN');
    create table before_christ (id int primary key, v date);
    insert into before_christ values (1, '2026-01-01'), (2, '0044-03-15 BC');
    create table year_10k (id int primary key, v date);
    insert into year_10k values (1, '2026-01-01'), (2, '12026-01-01');
    create table forever (id int primary key, v timestamptz);
    insert into forever values (1, '2026-01-01 10:00Z'), (2, 'infinity');
    create table local_10k (id int primary key, v timestamp);
    insert into local_10k values (1, '2026-01-01 10:00'), (2, '12026-01-01 10:00');
"""
REASONS = {
    "nan": "v is not a number",
    "infinite": "v is not a number",
    "digits": "v has more digits than a number may have",
    "real_nan": "v is not a number",
    "before_christ": "v is not a date of the years 1 to 9999",
    "year_10k": "v is not a date of the years 1 to 9999",
    "forever": "v is not a time of the years 1 to 9999",
    "local_10k": "v is not a time of the years 1 to 9999",
}


def rows(warehouse: Warehouse, query: str) -> list[tuple[Any, ...]]:
    with closing(warehouse.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def load(warehouse: Warehouse, connection: Connection, table: str) -> Any:
    declared = {"tables": {table: {"key": "id"}}}
    source = Source("erp", "database", {"database": declared})
    [done] = sync(source, table, warehouse, connection, say=lambda _: None)
    return done


def test_a_value_that_cannot_be_held_sets_its_row_aside(
    postgres: Path, warehouse: Warehouse
) -> None:
    with closing(psycopg2.connect(embedded.url("postgres", postgres))) as admin:
        admin.autocommit = True
        admin.cursor().execute("create database erp_values template template0 strategy file_copy")
    url = embedded.url("erp_values", postgres)
    with closing(psycopg2.connect(url)) as connection, connection:
        connection.cursor().execute(TABLES)
    for table, reason in REASONS.items():
        done = load(warehouse, from_uri(url.replace("postgresql://", "postgres://")), table)
        assert (done.rows, done.rejected) == (1, 1), table
        assert rows(warehouse, f"select id from landing.erp__{table}") == [(1,)]
        [(because, row)] = rows(
            warehouse,
            "select rejected_because, source_row from landing.erp__rejected"
            f" where resource = '{table}'",
        )
        assert because == reason
        assert json.loads(row)["id"] == 2


def test_dates_that_sqlite_keeps_as_any_text_cost_their_row(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(
            """
            create table sales (id integer primary key, v date, at timestamp, n numeric(12, 2));
            insert into sales values
                (1, '2026-01-01', '2026-01-01 10:00:00', 1.5), (2, '05/11/2026', null, 1.5),
                (3, null, 'yesterday', 1.5), (4, null, null, null);
            """
        )
    done = load(warehouse, Connection("sqlite", None, None, None, None, str(path)), "sales")
    assert (done.rows, done.rejected) == (2, 2)
    assert rows(warehouse, "select id, v::text, n from landing.erp__sales order by 1") == [
        (1, "2026-01-01", 1.5),
        (4, None, None),
    ]


def test_a_text_among_the_numbers_of_sqlite_costs_its_row(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(
            """
            create table sales (id integer primary key, n numeric(12, 2), x real, whole integer,
                is_paid boolean);
            insert into sales values
                (1, 1.5, 2.5, 7, 1), (2, '1,50', 2.5, 7, 1), (3, 1.5, 'abc', 7, 1),
                (4, 1.5, 2.5, 'NaN', 1), (5, 1.5, 2.5, 7.5, 1), (6, 1.5, 2.5, 7, 'no'),
                (7, 1.5, x'00ff', 7, 1), (8, '2.50', '3', '8', 0), (9, null, null, null, null);
            """
        )
    done = load(warehouse, Connection("sqlite", None, None, None, None, str(path)), "sales")
    assert (done.rows, done.rejected) == (3, 6)
    assert rows(
        warehouse, "select id, n, x, whole, is_paid from landing.erp__sales order by 1"
    ) == [(1, 1.5, 2.5, 7, True), (8, 2.5, 3, 8, False), (9, None, None, None, None)]
    told = rows(
        warehouse,
        "select (source_row::json)->>'id', rejected_because from landing.erp__rejected",
    )
    assert dict(told) == {
        "2": "n is not a number",
        "3": "x is not a number",
        "4": "whole is not a whole number",
        "5": "whole is not a whole number",
        "6": "is_paid is not true or false",
        "7": "x is not a number",
    }


def test_a_text_where_a_number_grows_with_each_change_costs_its_row(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(
            """
            create table sales (id integer primary key, version integer);
            insert into sales values (1, 5), (2, 'six');
            """
        )
    table = {"key": "id", "incremental": "version"}
    source = Source("erp", "database", {"database": {"tables": {"sales": table}}})
    connection = Connection("sqlite", None, None, None, None, str(path))
    for version in (5, 7):
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("update sales set version = ? where id = 1", (version,))
        [done] = sync(source, "sales", warehouse, connection, say=lambda _: None)
        assert (done.rows, done.rejected) == (1, 1)
        assert rows(warehouse, "select id, version from landing.erp__sales") == [(1, version)]
