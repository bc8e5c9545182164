"""Reads what the page of the week draws beside the report's own rows: a year of sales, cohorts."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psycopg2.extensions import connection as Connection  # noqa: N812

from include.warehouse import queries

WEEKS = 53
COHORTS = 13
MONTHS = 12
"""After the one of the first order."""

_SALES = """
    select week_starts_on, week_ends_on, revenue
    from {marts}.weekly_sales
    where week_ends_on < %(as_of_on)s
    order by week_starts_on desc
    limit %(weeks)s
"""
_COHORTS = """
    select cohort_month, cohort_customers, months_since, retention_rate, is_partial
    from {marts}.monthly_cohorts
    where
        months_since <= %(months)s
        and cohort_month in (
            select cohort_month from {marts}.monthly_cohorts
            where months_since = 0 and cohort_customers > 0
            order by cohort_month desc
            limit %(cohorts)s
        )
    order by cohort_month, months_since
"""


@dataclass(frozen=True)
class SalesWeek:
    """A complete week; revenue in the shop's currency."""

    week_starts_on: date
    week_ends_on: date
    revenue: Decimal


@dataclass(frozen=True)
class CohortMonth:
    """What share of a month's new customers ordered so many months later."""

    cohort_month: date
    cohort_customers: int
    months_since: int
    retention_rate: Decimal
    is_partial: bool


@dataclass(frozen=True)
class History:
    """The latest week last; cohorts the oldest first, their months in order."""

    sales: tuple[SalesWeek, ...]
    cohorts: tuple[CohortMonth, ...]


def read_history(connection: Connection, as_of_on: date) -> History:
    """Read them; UserError where the marts are missing."""
    sales = queries.rows(connection, _SALES, {"as_of_on": as_of_on, "weeks": WEEKS})
    cohorts = queries.rows(connection, _COHORTS, {"months": MONTHS, "cohorts": COHORTS})
    return History(
        tuple(SalesWeek(**row) for row in reversed(sales)),
        tuple(CohortMonth(**row) for row in cohorts),
    )
