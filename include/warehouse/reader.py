"""The roles that read: pages, API and BI tools see what is public by them, and change nothing.

One sees no personal column, `<reader>_personal` sees those as well. dbt gives both what it makes,
with each table (macros/readers.sql); a role that is made here is given what is there already, by
the same statements (macros/readers_ddl.sql).
"""

import hashlib
import hmac
import re
import secrets
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import yaml
from jinja2 import Environment, FileSystemLoader
from psycopg2 import errors, sql
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from include.connections import from_environment
from include.errors import UserError
from include.paths import DBT_PROJECT
from include.schemas import schema, schema_prefix
from include.settings import load_settings
from include.warehouse.connection import Warehouse, configured_warehouse, embedded_warehouse
from include.warehouse.locks import SCHEMAS, lock

NAME = re.compile(r"[a-z_][a-z0-9_]{0,49}")
CONNECTIONS = 20
"""How many a reader may have at once."""
BOUNDS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
}
"""What the role's sessions begin with; it has no right to write, whatever it sets."""


def reader_name(*, personal: bool = False) -> str:
    """The role: WAREHOUSE_READER, else `shop_reader` behind the prefix of the schemas."""
    name = load_settings().warehouse_reader or f"{schema_prefix()}shop_reader"
    if not NAME.fullmatch(name):
        raise UserError(
            f"WAREHOUSE_READER={name} is not the name of a role: give one of at most 50 small"
            " letters, digits and _."
        )
    return f"{name}_personal" if personal else name


def find_reader(*, personal: bool = False) -> Warehouse:
    """The warehouse for who only reads: the connection `warehouse_reader`, if there is one.

    `personal` is for who may see names: the connection `warehouse_reader_personal`. On the embedded
    Postgres, which is started when it does not run, the role is made here and needs no connection.
    Raises UserError where a Postgres of one's own is the warehouse and the connection is missing.
    """
    owner = configured_warehouse()
    conn_id = "warehouse_reader_personal" if personal else "warehouse_reader"
    if configured := from_environment(conn_id):
        return Warehouse(configured.postgres_url)
    if owner:
        raise UserError(
            f"There is no connection AIRFLOW_CONN_{conn_id.upper()}, with which pages and API read:"
            f" `scripts/warehouse.py reader{' --personal' if personal else ''}` makes its role, and"
            " says what to add to .env."
        )
    return make_embedded_reader(embedded_warehouse(), personal=personal)


def make_embedded_reader(owner: Warehouse, *, personal: bool = False) -> Warehouse:
    """Make the role on the embedded Postgres, or bring it up to date.

    Its password follows from the server's own, and is kept nowhere: who can read that one needs no
    other, and from the reader's it does not follow.
    """
    name = reader_name(personal=personal)
    owners = urlsplit(owner.url).password or ""
    password = hmac.new(owners.encode(), name.encode(), hashlib.sha256).hexdigest()
    _make(owner, name, password)
    return _as_reader(owner, name, password)


def new_reader(
    owner: Warehouse, *, personal: bool = False, new_password: bool = False
) -> Warehouse | None:
    """Make the role in a Postgres of one's own, or bring it up to date.

    Returns None where it was there and keeps its password.
    """
    name = reader_name(personal=personal)
    password = None if _is_there(owner, name) and not new_password else secrets.token_hex(24)
    _make(owner, name, password)
    return _as_reader(owner, name, password) if password else None


def _is_there(owner: Warehouse, name: str) -> bool:
    """Whether there is such a role."""
    with closing(owner.connect()) as warehouse, warehouse.cursor() as cursor:
        return _found(cursor, name) is not None


def _make(owner: Warehouse, name: str, password: str | None) -> None:
    """Make a role that only reads, or bring it up to date, and let it see what is there already.

    Without a password it keeps the one it has. Raises UserError where the user may not make roles:
    with the SQL for who may.
    """
    with closing(owner.connect()) as warehouse:
        try:
            with warehouse, warehouse.cursor() as cursor:
                lock(cursor, SCHEMAS)
                _make_role(cursor, name, password)
        except errors.InsufficientPrivilege as error:
            said = error.diag.message_primary
            to_run = _as_sql(warehouse, name, is_there=_is_there(owner, name))
            raise UserError(
                f"The user {warehouse.info.user!r} may not make the role {name} as it has to be"
                f" ({said}): let an administrator run `{to_run}`, then run this again."
            ) from None
        with warehouse, warehouse.cursor() as cursor:
            lock(cursor, SCHEMAS)
            _let_in(cursor, name)


def _found(cursor: Cursor, name: str) -> tuple[bool, int, list[str] | None] | None:
    cursor.execute(
        "select rolsuper or rolbypassrls or not rolcanlogin, rolconnlimit, rolconfig"
        " from pg_roles where rolname = %s",
        (name,),
    )
    return cursor.fetchone()


def _make_role(cursor: Cursor, name: str, password: str | None) -> None:
    role = sql.Identifier(name)
    found = _found(cursor, name)
    if found and found[0]:
        raise UserError(
            f"The role {name} is there and is no reader, as it may not log in, or is a superuser:"
            " name another one in WAREHOUSE_READER."
        )
    if not found:
        cursor.execute(sql.SQL("create role {} login").format(role))
    if not found or found[1] != CONNECTIONS:
        cursor.execute(sql.SQL("alter role {} connection limit %s").format(role), (CONNECTIONS,))
    if password:
        cursor.execute(sql.SQL("alter role {} password %s").format(role), (password,))
    has = set(found[2] or []) if found else set()
    for setting, value in BOUNDS.items():
        if f"{setting}={value}" not in has:
            cursor.execute(
                sql.SQL("alter role {} set {} = %s").format(role, sql.Identifier(setting)), (value,)
            )
    cursor.execute("select has_database_privilege(%s, current_database(), 'connect')", (name,))
    if cursor.fetchone() != (True,):
        database = sql.Identifier(cursor.connection.info.dbname)
        cursor.execute(sql.SQL("grant connect on database {} to {}").format(database, role))


def _as_sql(warehouse: Connection, name: str, *, is_there: bool) -> str:
    """The same for an administrator, to be read by people."""
    bounds = [f"alter role {name} set {setting} = '{value}'" for setting, value in BOUNDS.items()]
    verb, words = ("alter", "") if is_there else ("create", "login password '…' ")
    made = f"{verb} role {name} {words}connection limit {CONNECTIONS}"
    entry = f'grant connect on database "{warehouse.info.dbname}" to {name}'
    return "; ".join([made, *bounds, entry])


def _let_in(cursor: Cursor, name: str) -> None:
    """Give it what dbt gives it with each table."""
    macros = _macros()
    cursor.execute(macros.let_readers_in_ddl([name]))
    cursor.execute(
        "select nspname, relname, array_agg(cast(attname as text) order by attnum)"
        " from pg_attribute"
        " inner join pg_class on attrelid = pg_class.oid"
        " inner join pg_namespace on relnamespace = pg_namespace.oid"
        " where nspname in %s and relkind = 'r' and attnum > 0 and not attisdropped"
        " group by nspname, relname",
        ((schema("shop"), schema("marts")),),
    )
    described = public_columns()
    for place, table, there in cursor.fetchall():
        is_personal = described.get(table, {})
        seen = [
            column
            for column in there
            if column in is_personal
            and (not is_personal[column] or name == reader_name(personal=True))
        ]
        see = macros.let_reader_see_ddl(name, f'{place}."{table}"', seen)
        cursor.execute("savepoint before_table")
        try:
            cursor.execute(f"do $readers$ begin {see} end $readers$")
        except (errors.UndefinedTable, errors.InternalError_):
            # a build has put another one in its place, and given it what it gives
            cursor.execute("rollback to savepoint before_table")


def public_columns() -> dict[str, dict[str, bool]]:
    """Table of shop or marts → column → whether it is personal, as the yml beside each has it."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # 75 files in a moment
    tables: dict[str, dict[str, bool]] = {}
    for folder in ("models/shop", "models/marts", "snapshots"):
        for path in (DBT_PROJECT / folder).rglob("*.yml"):
            said: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), loader) or {}  # noqa: S506
            for one in [*said.get("models", []), *said.get("snapshots", [])]:
                tables[one["name"]] = {
                    column["name"]: bool(
                        column.get("config", {}).get("meta", {}).get("personal", False)
                    )
                    for column in one.get("columns", [])
                }
    return tables


def _macros() -> Any:
    environment = Environment(  # noqa: S701 - it is SQL
        loader=FileSystemLoader(DBT_PROJECT / "macros"), extensions=["jinja2.ext.do"]
    )
    return environment.get_template(
        "readers_ddl.sql", globals={"schema_prefix": schema_prefix}
    ).module


def _as_reader(owner: Warehouse, name: str, password: str) -> Warehouse:
    """The owner's address with another user."""
    parts = urlsplit(owner.url)
    place = parts.netloc.rpartition("@")[2]
    return Warehouse(urlunsplit(parts._replace(netloc=f"{quote(name)}:{password}@{place}")))
