"""What there is to read: what Postgres lets the reader see, and says of it itself.

The contracts stand in the database (types, keys, comments), and the role has no right to anything
else. So it is known without dbt, as it is now, and what a caller may not see has no name here.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import dict_row

from include.schemas import named, schema

_CATALOG = """
select
    pg_class.oid,
    nspname,
    relname,
    obj_description(pg_class.oid, 'pg_class') as description,
    coalesce(conkey, '{{}}') as key,
    attnum,
    attname,
    format_type(atttypid, null) as type,
    not attnotnull as is_nullable,
    col_description(pg_class.oid, attnum) as column_description,
    cast(to_regclass('{shop}.as_of') as oid) as as_of_oid
from pg_class
inner join pg_namespace on relnamespace = pg_namespace.oid
inner join pg_attribute on attrelid = pg_class.oid
left join pg_constraint on conrelid = pg_class.oid and contype = 'p'
where
    nspname in ('{shop}', '{marts}')
    and relkind = 'r'
    and attnum > 0
    and not attisdropped
    and has_schema_privilege(pg_namespace.oid, 'usage')
    and has_column_privilege(pg_class.oid, attnum, 'select')
    and (cast(%(name)s as text) is null or relname = %(name)s)
order by nspname, relname, attnum
"""


@dataclass(frozen=True)
class Column:
    """A column of a mart, as its contract has it."""

    name: str
    type: str
    """In Postgres' words, without precision: numeric, date, text."""
    is_nullable: bool
    description: str


@dataclass(frozen=True)
class Mart:
    """A table that may be read, with the columns that this reader sees."""

    schema: str
    name: str
    description: str
    columns: dict[str, Column]
    key: tuple[str, ...]
    """Its primary key; empty where it has none, or one that this reader does not see."""
    run: str
    """What it is until it is made anew: each run makes another table."""
    is_of_this_run: bool
    """Whether it is as of `shop.as_of`, and not from a run before."""

    @property
    def table(self) -> sql.Identifier:
        """It as SQL names it."""
        return sql.Identifier(self.schema, self.name)


def marts(connection: Connection[Any], name: str | None = None) -> list[Mart]:
    """Every mart that the connection's user sees, by name; of that name, if one is said."""
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(named(_CATALOG).encode(), {"name": name})
        found = cursor.fetchall()
    by_name = {table: _mart(list(rows)) for (_, table), rows in groupby(found, _place)}
    return [by_name[table] for table in sorted(by_name)]


def as_of_on(connection: Connection[Any]) -> str | None:
    """The date of `shop.as_of`; None where nothing was built yet."""
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            b"select to_regclass(%s) is not null as is_there", (f"{schema('shop')}.as_of",)
        )
        if not cursor.fetchone()["is_there"]:  # type: ignore[index]
            return None
        cursor.execute(named("select cast(as_of_on as text) as told from {shop}.as_of").encode())
        row = cursor.fetchone()
        return row["told"] if row else None


def _place(row: dict[str, Any]) -> tuple[str, str]:
    return row["nspname"], row["relname"]


def _mart(rows: list[dict[str, Any]]) -> Mart:
    first = rows[0]
    names = {row["attnum"]: row["attname"] for row in rows}
    key = first["key"] if set(first["key"]) <= names.keys() else []
    oid, as_of_oid = first["oid"], first["as_of_oid"] or 0
    return Mart(
        first["nspname"],
        first["relname"],
        first["description"] or "",
        {
            row["attname"]: Column(
                row["attname"],
                row["type"],
                row["is_nullable"],
                row["column_description"] or "",
            )
            for row in rows
        },
        tuple(names[number] for number in key),
        f"{oid:x}.{as_of_oid:x}",
        # the as-of date comes first in each run, and Postgres numbers tables as they are made
        oid >= as_of_oid > 0,
    )
