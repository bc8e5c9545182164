"""Keeps sales: each entry is a row more in `landing.sales_form__entries`, and none is ever changed.

An entry has an id before it is sent, so that what is sent twice, because somebody clicked twice or
because no answer came, is there once. Every function is a connection and a transaction of its own.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg2
from psycopg2 import errors
from psycopg2.extras import RealDictCursor

from include.errors import TryAgainError, UserError
from include.sales_form.role import form_role
from include.sales_form.sale import OF_FORM, Sale
from include.schemas import named
from include.warehouse.connection import Warehouse

PATIENCE = 3
"""Seconds to wait for a connection."""
FIELDS = (
    "source_name",
    "sold_on",
    "customer_id",
    "customer_name",
    "customer_state",
    "product_id",
    "product_name",
    "quantity",
    "unit_price",
    "currency",
    "seller_id",
    "sales_channel",
    "note",
)
"""The columns that tell the sale."""
SAME_LOOKING = (
    "source_name",
    "sold_on",
    "product_id",
    "quantity",
    "unit_price",
    "seller_id",
    "sales_channel",
)
"""What two sales have in common that may be one; and the customer, a new one by the name."""


@dataclass(frozen=True)
class Entry:
    """A row of the table: a sale as it was entered, corrected or voided, by whom and when."""

    entry_id: UUID
    sale_id: UUID
    version: int
    action: str
    source_name: str
    sold_on: date
    customer_id: str | None
    customer_name: str | None
    customer_state: str | None
    product_id: str
    product_name: str
    quantity: int
    unit_price: Decimal
    currency: str | None
    seller_id: str | None
    sales_channel: str | None
    note: str | None
    reason: str | None
    entered_by: str
    entered_at: datetime


@dataclass(frozen=True)
class Recorded:
    """What became of an entry."""

    entry: Entry
    was_there: bool
    """Whether it had been recorded already, by the same submission."""


class ChangedMeanwhileError(UserError):
    """Somebody else has corrected or voided the sale; `entry` is what they made of it."""

    def __init__(self, entry: Entry) -> None:
        """Tell who and when."""
        at = entry.entered_at.strftime("%Y-%m-%d %H:%M UTC")
        super().__init__(
            f"The sale was {entry.action} meanwhile by {entry.entered_by}, {at}: look at it again."
        )
        self.entry = entry


class RecordedOtherwiseError(UserError):
    """The same entry was recorded with other values; `entry` is what is recorded."""

    def __init__(self, entry: Entry) -> None:
        """Tell what to do."""
        super().__init__(
            "This entry had been recorded already, with other values: correct that sale instead."
        )
        self.entry = entry


class NothingRecordedError(TryAgainError):
    """The warehouse was not there: nothing has happened."""

    def __init__(self) -> None:
        """Tell what to do."""
        super().__init__(
            "The warehouse does not answer, and nothing was recorded: send it again in a minute."
        )


class PerhapsRecordedError(TryAgainError):
    """The warehouse went away before it answered: the entry may be there or not."""

    def __init__(self) -> None:
        """Tell what to do."""
        super().__init__(
            "The warehouse went away before it answered, so the sale may be recorded or not: send"
            " it again, it is recorded only once."
        )


def enter(warehouse: Warehouse, entry_id: UUID, sale: Sale, product_name: str, by: str) -> Recorded:
    """Record a sale.

    Args:
        warehouse: where entries are kept.
        entry_id: of this submission, made before it is sent for the first time.
        sale: what `checked_sale` made.
        product_name: what the product is called, where the sale has its id only.
        by: who enters it.

    Raises:
        RecordedOtherwiseError: another sale was sent with this id.
        NothingRecordedError, PerhapsRecordedError: it is safe to send it again.
    """
    row = _row(sale, entry_id, product_name)
    return _add(
        warehouse, {"entry_id": entry_id, "sale_id": entry_id, "version": 1, **row}, "entered", by
    )


def correct(
    warehouse: Warehouse,
    entry_id: UUID,
    seen: Entry,
    sale: Sale,
    product_name: str,
    reason: str,
    by: str,
) -> Recorded:
    """Record what a sale was really like; `seen` is its last entry as the corrector saw it.

    Raises as `enter` does, and ChangedMeanwhileError where `seen` is no longer the last.
    """
    row = _row(sale, seen.sale_id, product_name)
    return _add(warehouse, _after(seen, entry_id, reason) | row, "corrected", by)


def void(warehouse: Warehouse, entry_id: UUID, seen: Entry, reason: str, by: str) -> Recorded:
    """Record that a sale was none; raises as `correct` does."""
    row = {name: getattr(seen, name) for name in FIELDS}
    return _add(warehouse, _after(seen, entry_id, reason) | row, "voided", by)


def recorded(warehouse: Warehouse, entry_id: UUID) -> Entry | None:
    """The entry with this id; None where there is none."""
    with as_form(warehouse) as cursor:
        return _entry(cursor, entry_id)


def last_entries(warehouse: Warehouse, limit: int = 50) -> list[Entry]:
    """The last entry of each sale, the latest first; those that are void are among them."""
    query = f"select * from ({LAST}) as last order by entered_at desc, entry_id limit %(limit)s"  # noqa: S608
    with as_form(warehouse) as cursor:
        cursor.execute(named(query), {"limit": limit})
        return _entries(cursor)


def same_looking(
    warehouse: Warehouse, sale: Sale, product_name: str, but: UUID | None = None
) -> list[Entry]:
    """Sales that are not void and look the same, `but` one: they may be this one, or not."""
    row = _row(sale, but or UUID(int=0), product_name)
    same = " and ".join(f"{name} is not distinct from %({name})s" for name in SAME_LOOKING)
    query = f"""
        select * from ({LAST}) as last
        where
            {same}
            and action <> 'voided'
            and sale_id is distinct from %(but)s
            and lower(customer_name) is not distinct from lower(%(customer_name)s)
            and (customer_name is not null or customer_id is not distinct from %(customer_id)s)
        order by entered_at desc
    """  # noqa: S608 - names of columns
    with as_form(warehouse) as cursor:
        cursor.execute(named(query), {**row, "but": but and str(but)})
        return _entries(cursor)


@contextmanager
def as_form(warehouse: Warehouse) -> Iterator[RealDictCursor]:
    """A transaction as the form's role, which is committed at the end.

    Raises NothingRecordedError where there is no connection, PerhapsRecordedError where it breaks.
    """
    url = warehouse.url
    if "connect_timeout" not in url:
        url += f"{'&' if '?' in url else '?'}connect_timeout={PATIENCE}"
    try:
        connection = Warehouse(url).connect()
    except TryAgainError as error:
        raise NothingRecordedError from error
    try:
        with (
            closing(connection),
            connection,
            connection.cursor(cursor_factory=RealDictCursor) as cursor,
        ):
            # local, as behind a pooler a session's settings would be the next one's
            cursor.execute("set local statement_timeout = '5s'")
            _step_into_role(cursor)
            yield cursor
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        raise PerhapsRecordedError from error


def _step_into_role(cursor: RealDictCursor) -> None:
    try:
        cursor.execute("set local role " + form_role())
    except (errors.InvalidParameterValue, errors.InsufficientPrivilege) as error:
        raise UserError(
            f"Nobody may enter sales yet: {error.diag.message_primary}; make the role by"
            " `uv run python scripts/warehouse.py form-role`."
        ) from None


LAST = """
    select distinct on (sale_id) * from {landing}.sales_form__entries order by sale_id, version desc
"""
"""The last entry of each sale."""


def _row(sale: Sale, sale_id: UUID, product_name: str) -> dict[str, Any]:
    """The values of `FIELDS`; whom and what the shop does not know gets an id here."""
    row = sale.model_dump(exclude={"new_customer", "new_product"})
    row |= {"customer_name": None, "customer_state": None, "product_name": product_name}
    if customer := sale.new_customer:
        row |= {
            "customer_id": f"{OF_FORM}{sale_id}",
            "customer_name": customer.name,
            "customer_state": customer.state,
        }
    if name := sale.new_product:
        row |= {"product_id": f"{OF_FORM}{name.lower()}", "product_name": name}
    return row


def _after(seen: Entry, entry_id: UUID, reason: str) -> dict[str, Any]:
    return {
        "entry_id": entry_id,
        "sale_id": seen.sale_id,
        "version": seen.version + 1,
        "reason": reason,
    }


def _add(warehouse: Warehouse, row: dict[str, Any], action: str, by: str) -> Recorded:
    """Add a row, if it is not there and follows on the one before it."""
    row = {name: str(v) if isinstance(v, UUID) else v for name, v in row.items()}
    row |= {"action": action, "entered_by": by}
    columns = ", ".join(row)
    query = named(
        f"insert into {{landing}}.sales_form__entries ({columns})"  # noqa: S608 - our own names
        f" select {', '.join(f'%({name})s' for name in row)}"
        " where %(version)s = 1 or exists ("
        "     select from {landing}.sales_form__entries as seen"
        "     where seen.sale_id = %(sale_id)s and seen.version = %(version)s - 1"
        "     and seen.action <> 'voided'"
        " ) on conflict (entry_id) do nothing returning *"
    )
    try:
        with as_form(warehouse) as cursor:
            cursor.execute(query, row)
            if added := _entries(cursor):
                return Recorded(added[0], was_there=False)
    except errors.UniqueViolation:
        pass  # by (sale_id, version): somebody was first
    return _was_there(warehouse, row)


def _was_there(warehouse: Warehouse, row: dict[str, Any]) -> Recorded:
    """What is recorded in place of a row that was refused."""
    last = named(
        "select * from {landing}.sales_form__entries where sale_id = %(sale_id)s"
        " order by version desc limit 1"
    )
    with as_form(warehouse) as cursor:
        entry = _entry(cursor, row["entry_id"])
        if entry is None:
            cursor.execute(last, row)
            [entry] = _entries(cursor)
            raise ChangedMeanwhileError(entry)
    if any(getattr(entry, name) != row[name] for name in (*FIELDS, "action")):
        raise RecordedOtherwiseError(entry)
    return Recorded(entry, was_there=True)


def _entry(cursor: RealDictCursor, entry_id: UUID) -> Entry | None:
    query = "select * from {landing}.sales_form__entries where entry_id = %(entry_id)s"
    cursor.execute(named(query), {"entry_id": str(entry_id)})
    return next(iter(_entries(cursor)), None)


def _entries(cursor: RealDictCursor) -> list[Entry]:
    return [
        Entry(**{**row, "entry_id": UUID(row["entry_id"]), "sale_id": UUID(row["sale_id"])})
        for row in cursor.fetchall()
    ]
