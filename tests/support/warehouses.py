"""Warehouses for the tests: databases of the embedded server that dbt builds its models in."""

from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
from filelock import FileLock
from psycopg2.extras import RealDictCursor

from include.paths import DBT_PROJECT, PROJECT
from include.warehouse import connection, embedded
from include.warehouse.load_files import load_files
from tests.support.dbt import dbt
from tests.support.project_copy import environment

Row = dict[str, Any]
TABLES = """
select format('%I.%I', schemaname, tablename) as name
from pg_tables
where schemaname in ('{prefix}landing', '{prefix}shop', '{prefix}intermediate', '{prefix}marts')
order by 1
"""


class Warehouse(connection.Warehouse):
    """A database, and dbt with a folder of its own for what it writes."""

    def __init__(self, url: str, folder: Path, dbt_project: Path = DBT_PROJECT) -> None:
        super().__init__(url)
        self.folder, self.dbt_project = folder, dbt_project

    def load(self, source: str, data: Path) -> None:
        """Load a shop's files."""
        load_files(self, source, data, self.dbt_project, lambda _: None)

    def load_csv(self, source: str, files: dict[str, str]) -> None:
        """Load a shop's files, each a name and what is in it."""
        data = self.folder / source
        data.mkdir()
        for name, text in files.items():
            (data / f"{name}.csv").write_text(text)
        self.load(source, data)

    def dbt(self, command: str, *options: str, as_of: str = "", **dbt_vars: Any) -> str:
        """Run dbt; what it says, or AssertionError with it where a model or a test failed.

        `as_of` goes through the environment, as in the DAG, and spares the parsing of other vars.
        """
        database = self.url.rsplit("/", 1)[-1]
        env = environment(
            PROJECT,
            **self.as_environment(),
            **({"AS_OF_DATE": as_of} if as_of else {}),
            DBT_TARGET_PATH=str(self.folder / "target"),
            DBT_LOG_PATH=str(self.folder / "logs"),
        )
        return dbt(self.dbt_project, database, env, dbt_vars, command, *options)

    def execute(self, sql: str) -> None:
        """Run SQL that returns nothing."""
        with closing(psycopg2.connect(self.url)) as opened, opened:
            opened.cursor().execute(sql)

    def rows(self, query: str) -> list[Row]:
        """The rows of a query, by column."""
        with (
            closing(psycopg2.connect(self.url)) as opened,
            opened.cursor(cursor_factory=RealDictCursor) as cursor,
        ):
            cursor.execute(query)
            return [dict(row) for row in cursor.fetchall()]

    def row(self, table: str) -> Row:
        """The only row of a table."""
        [row] = self.rows(f"select * from {table}")
        return row

    def held(self, prefix: str = "") -> dict[str, str]:
        """Table, but those of staging and ops → a hash of its rows, whatever their order.

        The prefix is the schemas' own, and not told.
        """
        hashed = "md5(string_agg(t::text, '/' order by t::text))"
        return {
            name.removeprefix(prefix): self.rows(f"select {hashed} as hash from {name} as t")[0][
                "hash"
            ]
            for name in (row["name"] for row in self.rows(TABLES.format(prefix=prefix)))
        }


def new_warehouse(
    home: Path,
    name: str,
    folder: Path,
    dbt_project: Path = DBT_PROJECT,
    *,
    template: str = "template0",
) -> Warehouse:
    """A database of the server in `home`, empty or a copy; it goes when the server goes."""
    _on_server(home, f"create database {name} template {template}")
    (folder / name).mkdir()
    return Warehouse(embedded.url(name, home), folder / name, dbt_project)


def demo_shop(home: Path, name: str, folder: Path) -> Warehouse:
    """A database with the demo shop's seeds: a copy of one that is seeded once a session."""
    with FileLock(home.with_name("demo_shop.lock")):
        if not _on_server(home, "select 1 from pg_database where datname = 'demo_shop'"):
            new_warehouse(home, "demo_shop_half_made", folder).dbt("seed")
            _on_server(home, "alter database demo_shop_half_made rename to demo_shop")
    return new_warehouse(home, name, folder, template="demo_shop")


def _on_server(home: Path, sql: str) -> list[Any]:
    with closing(psycopg2.connect(embedded.url("postgres", home))) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []
