"""The role that enters sales: it adds entries, and reads what there is to choose from.

Nobody logs in as it. Who writes steps into it for a transaction (`set local role`), so that not
even a mistake of ours can change or delete an entry.
"""

from contextlib import closing
from functools import cache

from psycopg2 import errors

from include.errors import UserError
from include.schemas import named, schema, schema_prefix
from include.warehouse.bookkeeping import prepare
from include.warehouse.connection import Warehouse, configured_warehouse, embedded_warehouse
from include.warehouse.locks import SCHEMAS, lock
from include.warehouse.reader import make_embedded_reader, reader_name

ENTRIES = "sales_form__entries"
"""The table, in `landing`."""


def form_role() -> str:
    """The role's name; who has other schemas has another one."""
    return f"{schema_prefix()}shop_form"


def form_warehouse() -> Warehouse:
    """The warehouse, for the functions that enter sales and offer choices.

    On the embedded Postgres, which is started when it does not run, the role is made here.
    """
    configured = configured_warehouse()
    if configured is None:
        embedded = embedded_warehouse()
        _make_embedded(embedded.url)
        return embedded
    return configured


@cache
def _make_embedded(url: str) -> None:
    make_embedded_reader(Warehouse(url), personal=True)
    make_form_role(Warehouse(url))


def make_form_role(warehouse: Warehouse) -> str:
    """Make the table of entries and the role, as far as they are missing; return its name.

    What there is to choose from it sees as the reader of personal columns does, once there is one.
    Raises UserError where the user of the warehouse may not make a role.
    """
    role = form_role()
    reader = reader_name(personal=True)
    with closing(warehouse.connect()) as connection:
        table = f"{schema('landing')}.{ENTRIES}"
        prepare(connection, "landing", of_dbt={table: "sales_form_entries_ddl"})
        with connection, connection.cursor() as cursor:
            lock(cursor, SCHEMAS)
            try:
                cursor.execute(named(_MAKE).replace("<role>", role).replace("<reader>", reader))
            except errors.InsufficientPrivilege as error:
                raise UserError(
                    f"The user {connection.info.user!r} may not make the role {role}"
                    f" ({error.diag.message_primary}): make it as an administrator,"
                    f" `create role {role} nologin; grant {role} to {connection.info.user}`,"
                    " and call this again."
                ) from None
    return role


_MAKE = """
do $$
begin
    if to_regrole('<role>') is null then
        create role <role> nologin;
    end if;
end
$$;
do $$
begin
    if not pg_has_role(current_user, '<role>', 'set') then
        grant <role> to current_user;
    end if;
end
$$;
grant usage on schema {landing} to <role>;
grant select, insert on {landing}.sales_form__entries to <role>;
do $$
begin
    if to_regrole('<reader>') is not null then
        grant <reader> to <role>;
    end if;
end
$$
"""
"""The choices are what the reader of personal columns sees: customers are found by their names."""
