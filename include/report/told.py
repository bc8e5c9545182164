"""Keeps which customers a list told of, in `ops.told_customers`, for what becomes of them.

It is written in the transaction that notes the list as delivered, so a list that reached nobody is
not there, and one that is delivered twice is there once, as it was first.
"""

from datetime import date

from psycopg2.extensions import connection as Connection  # noqa: N812

from include.schemas import named

_NOTE = """
    insert into {ops}.told_customers (
        as_of_on, customer_key, is_control, risk_rank, probability_alive, expected_order_days,
        prediction_days, value_at_stake, return_probability_2, return_probability_4,
        return_probability_8, return_probability_13, report, period_starts_on, chat
    )
    select
        as_of_on, customer_key, is_control, risk_rank, probability_alive, expected_order_days,
        prediction_days, value_at_stake, return_probability_2, return_probability_4,
        return_probability_8, return_probability_13, %s, %s, %s
    from {marts}.rpt_told_customers
    where as_of_on = %s
    on conflict do nothing
"""


def note_told(
    connection: Connection, report: str, period_starts_on: date, as_of_on: date, chat: str
) -> None:
    """Keep the list of the marts as told by a report to a chat; the transaction is the caller's.

    Those who are kept from the list as a control are kept with it.
    """
    with connection.cursor() as cursor:
        cursor.execute(named(_NOTE), (report, period_starts_on, chat, as_of_on))
