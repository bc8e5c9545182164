"""Makes what the runs write to in the warehouse: schemas, and every table of `ops` but dbt's.

Those that models and hooks of dbt expect, dbt makes (macros/create_ops_tables.sql): by hand it may
be the first in a warehouse. So may it be with `build_turn` and with the entries of the form, whose
statements are read from there.
"""

import secrets
from collections.abc import Mapping

from jinja2 import Template
from psycopg2 import errors
from psycopg2.extensions import connection as Connection  # noqa: N812

from include.errors import UserError
from include.paths import DBT_PROJECT
from include.schemas import named, schema, schema_prefix
from include.warehouse.locks import SCHEMAS, lock

OPS = {
    # what each load of a table brought, how long it took, and how it ended
    "loads": """
        load_number bigint generated always as identity primary key,
        source_name text not null,
        landing_table text not null,
        -- of Airflow; none for a load by command line
        run_id text,
        status text not null check (status in ('loaded', 'failed')),
        started_at timestamptz not null,
        seconds numeric(10, 2) not null,
        loaded_rows bigint not null,
        rejected_rows bigint not null,
        -- when what was loaded last changed in the source, and how many seconds that was ago
        newest_at timestamptz,
        lag_seconds bigint,
        schema_changes jsonb not null default '[]',
        message text
    """,
    # the files of folders whose rows are in landing
    "loaded_files": """
        landing_table text not null,
        -- its name within the folder
        file text not null,
        size bigint not null,
        modified_at timestamptz not null,
        rows bigint not null,
        loaded_at timestamptz not null,
        -- when it was first missed in its folder
        vanished_at timestamptz,
        primary key (landing_table, file)
    """,
    # what lies in a shop's folder and no model reads
    "unread_files": """
        source_name text not null,
        file text not null,
        primary key (source_name, file)
    """,
    # what pseudonyms are made with; another one would make other customers of all
    "pseudonym_key": """
        key text not null check (length(key) = 64),
        is_the_only_one boolean primary key default true check (is_the_only_one)
    """,
    # the refresh token of each source whose token changes with each use, encrypted with TOKEN_KEY
    "refresh_tokens": """
        source_name text primary key,
        refresh_token text not null,
        changed_at timestamptz not null default now()
    """,
    # who may ask the API; of a token only the hash is kept
    "api_tokens": """
        token_hash text primary key check (length(token_hash) = 64),
        name text not null unique,
        scopes text[] not null,
        made_at timestamptz not null default now(),
        revoked_at timestamptz
    """,
    # the deals whose changes are in landing
    "pipedrive_changelogs": """
        deal_id bigint primary key,
        read_at timestamptz not null default now(),
        -- as the deal was known when it was read
        deal_changed_at timestamptz,
        tokens integer not null
    """,
    # what was sent to whom
    "report_deliveries": """
        report text not null,
        period_starts_on date not null,
        chat text not null,
        part text not null,
        state text not null check (state in ('sending', 'sent', 'not_sent')),
        reason text not null,
        content_hash text not null,
        message_id bigint,
        changed_at timestamptz not null default current_timestamp,
        primary key (report, period_starts_on, chat, part)
    """,
}
"""Table of `ops` → its columns."""
REJECTED = """
    resource text not null,
    rejected_because text not null,
    source_row text not null,
    rejected_at timestamptz not null default now(),
    -- an index on rows themselves would refuse long ones
    row_hash text generated always as (md5(source_row)) stored,
    primary key (resource, row_hash)
"""
"""Columns of `landing.<source>__rejected`."""


def prepare(
    connection: Connection,
    *schemas: str,
    tables: Mapping[str, str] | None = None,
    of_dbt: Mapping[str, str] | None = None,
) -> None:
    """Make what is missing of schemas, of the tables of `ops` and of others; it is committed.

    What is there needs no right to make it. Raises UserError where the user may not.

    Args:
        connection: to the warehouse.
        schemas: by their plain names.
        tables: the columns of a table by its whole name.
        of_dbt: the macro of dbt that has the statement, by the table's whole name.
    """
    called = [schema(name) for name in schemas]
    make = {name: f"create schema if not exists {name}" for name in called}
    columns_of = dict(tables or {})
    if "ops" in schemas:
        make[f"{schema('ops')}.build_turn"] = _statement_of_dbt("build_turn_ddl")
        columns_of |= {f"{schema('ops')}.{name}": columns for name, columns in OPS.items()}
    for table, macro in (of_dbt or {}).items():
        make[table] = _statement_of_dbt(macro)
    for table, columns in columns_of.items():
        make[table] = f"create table if not exists {table} ({columns})"
    if (keys := f"{schema('ops')}.pseudonym_key") in make:
        key = secrets.token_hex(32)
        make[keys] += f"; insert into {keys} values ('{key}') on conflict do nothing"  # noqa: S608
    with connection, connection.cursor() as cursor:
        try:
            cursor.execute(
                "select name from unnest(%s) as name where case strpos(name, '.')"
                " when 0 then to_regnamespace(name) is null else to_regclass(name) is null end",
                (list(make),),
            )
            missing = {name for (name,) in cursor.fetchall()}
            if missing:
                lock(cursor, SCHEMAS)
            for name in make:
                if name in missing:
                    cursor.execute(make[name])
        except errors.InsufficientPrivilege as error:
            raise UserError(
                f"The user {connection.info.user!r} may not make the schemas {', '.join(called)} or"
                f" tables in them ({error.diag.message_primary}): docs/your-postgres.md has the"
                " rights it needs as SQL."
            ) from None


def pseudonym_key(connection: Connection) -> bytes:
    """The warehouse's own key to pseudonyms; `prepare` of `ops` comes before."""
    with connection.cursor() as cursor:
        cursor.execute(named("select key from {ops}.pseudonym_key"))
        [(key,)] = cursor.fetchall()
    return bytes.fromhex(key)


def _statement_of_dbt(macro: str) -> str:
    text = (DBT_PROJECT / "macros" / f"{macro}.sql").read_text(encoding="utf-8")
    return Template(f"{text}{{{{ {macro}() }}}}").render(
        ops=lambda table: f"{schema('ops')}.{table}", schema_prefix=schema_prefix
    )
