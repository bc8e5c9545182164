"""Notes what people did about a customer of a list, in `ops.contacts`: a row a tap.

No row is changed: who undoes what they noted adds one that says so. dbt makes the table
(macros/contacts.sql), and marks in the next list who was contacted.
"""

from datetime import date
from enum import StrEnum

from psycopg2.extensions import connection as Connection  # noqa: N812

from include.schemas import named
from include.warehouse.locks import CONTACTS, lock
from include.warehouse.queries import of_marts, rows


class Outcome(StrEnum):
    """What somebody did about a customer."""

    CONTACTED = "contacted"
    NOT_NOW = "not_now"
    WRONG_PERSON = "wrong_person"
    UNDONE = "undone"
    """What was noted before does not hold."""


class Noted(StrEnum):
    """What came of a tap."""

    NOTED = "noted"
    UNCHANGED = "unchanged"
    """It was so already, or the tap was noted before."""
    NOT_LISTED = "not_listed"
    """The customer is in no such list, or it was never told."""


_IS_LISTED = """
    select 1 from {marts}.rpt_customers_at_risk
    where as_of_on = %(listed_on)s and customer_key = %(customer_key)s
    union all
    select 1 from {ops}.told_customers
    where as_of_on = %(listed_on)s and customer_key = %(customer_key)s and not is_control
"""
_NOTE = """
    insert into {ops}.contacts (
        tap, listed_on, customer_key, outcome, noted_by, noted_through, noted_at
    )
    select
        %(tap)s, %(listed_on)s, %(customer_key)s, %(outcome)s, %(by)s, %(through)s,
        clock_timestamp()
    where %(outcome)s <> coalesce(
        (
            select outcome from {ops}.contacts
            where listed_on = %(listed_on)s and customer_key = %(customer_key)s
            order by noted_at desc, tap desc
            limit 1
        ),
        'undone'
    )
    on conflict do nothing
"""
_NOTED = """
    select distinct on (customer_key) customer_key, outcome from {ops}.contacts
    where listed_on = %(listed_on)s
    order by customer_key, noted_at desc, tap desc
"""


def note_contact(
    connection: Connection,
    *,
    listed_on: date,
    customer_key: str,
    outcome: Outcome,
    by: str,
    through: str,
    tap: str,
) -> Noted:
    """Note once what `by` did about a customer of the list as of `listed_on`; it is committed.

    `through` says where, such as bot or dashboard; `tap` is the id of what was pressed or sent: the
    same one twice is noted once. Whether `by` may is for the caller to know.
    """
    values = {
        "listed_on": listed_on,
        "customer_key": customer_key,
        "outcome": outcome.value,
        "by": by,
        "through": through,
        "tap": tap,
    }
    with connection, of_marts(connection) as cursor:
        lock(cursor, CONTACTS)
        cursor.execute(named(_IS_LISTED), values)
        if cursor.fetchone() is None:
            return Noted.NOT_LISTED
        cursor.execute(named(_NOTE), values)
        return Noted.NOTED if cursor.rowcount else Noted.UNCHANGED


def noted_of(connection: Connection, listed_on: date) -> dict[str, Outcome]:
    """Customer key → what holds of them in the list as of a date."""
    found = {
        str(row["customer_key"]): Outcome(row["outcome"])
        for row in rows(connection, _NOTED, {"listed_on": listed_on})
    }
    return {key: outcome for key, outcome in found.items() if outcome is not Outcome.UNDONE}
