"""Reads the report's figures from the one-row tables made for it, `marts.rpt_*`.

It neither calculates nor words anything: arithmetic is SQL's, wording is `message.py`'s.
"""

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812

from include.errors import UserError
from include.schemas import schema
from include.settings import Settings
from include.sync.behind import Behind, sources_behind
from include.sync.history import sources_without_history
from include.warehouse import queries
from include.warehouse.unread import unread_files


@dataclass(frozen=True)
class ShopTotals:
    """The shop from its first order to the as-of date; rates are fractions, None where undefined.

    `currency` is an ISO code, 'mixed' where the shop sells in several, None where it is not known.
    """

    as_of_on: date
    customers: int
    churned_customers: int
    inactive_share: Decimal | None
    repeat_rate: Decimal | None
    orders: int
    cancelled_orders: int
    cancellation_rate: Decimal | None
    revenue: Decimal
    net_revenue: Decimal
    dearest_product_name: str | None
    dearest_product_price: Decimal | None
    currency: str | None
    rejected_rows: int


@dataclass(frozen=True)
class WeekFigures:
    """One week of the shop; all None for a week before the shop's first one."""

    orders: int | None
    cancelled_orders: int | None
    cancellation_rate: Decimal | None
    top_cancellation_reason: str | None
    revenue: Decimal | None
    net_revenue: Decimal | None
    new_customers: int | None
    churned_customers: int | None
    reactivated_customers: int | None
    active_customers_at_start: int | None
    active_customers_at_end: int | None
    churn_rate: Decimal | None
    inactive_share: Decimal | None
    dearest_product_name: str | None
    dearest_product_price: Decimal | None


@dataclass(frozen=True)
class Prediction:
    """What is foreseen; `parameters_as_of_on` is None where nothing is.

    `declined_because` is then one of `churn_model.reasons.Code`, None where the model was not
    fitted yet. The holdout is None where a fit was never measured. `first_*` are the customers to
    contact first: how many, their part of the value at stake, and the time that takes.
    """

    as_of_on: date
    parameters_as_of_on: date | None
    declined_because: str | None
    at_risk_customers: int
    value_at_stake: Decimal | None
    first_customers: int
    first_share: Decimal | None
    first_minutes: int
    holdout_weeks: int | None
    holdout_correlation: Decimal | None


@dataclass(frozen=True)
class Signal:
    """What `marts.weekly_signals` says of a figure of the week; its name is that in WeekFigures."""

    figure: str
    signal: str
    usual_low: Decimal
    usual_high: Decimal


@dataclass(frozen=True)
class Outcomes:
    """What became of the list whose four weeks have just ended, and of what the model foresaw.

    All of the list is None where there was none, `told_expected` unpredicted, `effect` without a
    control group. `effect` is more_return, fewer_return or too_few_to_say.
    """

    listed_on: date | None
    horizon_weeks: int | None
    told_customers: int | None
    told_returned: int | None
    told_expected: Decimal | None
    control_customers: int | None
    control_returned: int | None
    effect: str | None
    predicted_weeks: int | None
    predicted_returns: Decimal | None
    actual_returns: int | None
    is_model_off: bool


@dataclass(frozen=True)
class TrendWeek:
    """A complete week of the chart; the usual range is None where too few weeks precede it."""

    week_starts_on: date
    active_customers_at_end: int
    new_customers: int
    reactivated_customers: int
    churned_customers: int
    churn_rate: Decimal | None
    usual_churn_rate_low: Decimal | None
    usual_churn_rate_high: Decimal | None
    is_churn_rate_unusual: bool | None


@dataclass(frozen=True)
class Driver:
    """A segment whose churn differs from that of all others; rates as fractions.

    `excess_churned` is how many more left than would have at the rate of the others.
    """

    dimension: str
    segment: str
    active_customers_at_start: int
    churned_from_start: int
    churn_rate: Decimal
    churn_rate_of_others: Decimal
    excess_churned: Decimal


@dataclass(frozen=True)
class CustomerAtRisk:
    """Somebody to contact; `value_at_stake` is None unpredicted.

    `last_contact` is one of `contacts.note.Outcome`, noted in the list of the week before.
    """

    customer_key: str
    customer_id: str
    customer_name: str | None
    email: str | None
    state: str | None
    last_order_on: date
    rhythm_days: Decimal | None
    days_overdue: int | None
    revenue: Decimal
    value_at_stake: Decimal | None
    last_product_name: str | None
    suggested_reason: str
    cancellation_reason: str | None
    last_contact: str | None


@dataclass(frozen=True)
class Report:
    """Everything the report says: a week, the week before it, the shop so far, what is foreseen.

    `signals` are of the figures that can be judged. `trend` has the latest week last, `drivers` the
    clearest first, `customers_at_risk` the one with the most at stake. `warned_tests` are data
    tests that warn, and the rows that each found.
    """

    as_of_on: date
    week_starts_on: date
    week_ends_on: date
    currency: str | None
    week: WeekFigures
    week_before: WeekFigures
    totals: ShopTotals
    prediction: Prediction
    signals: tuple[Signal, ...]
    trend: tuple[TrendWeek, ...]
    drivers: tuple[Driver, ...]
    customers_at_risk: tuple[CustomerAtRisk, ...]
    failed_tests: int
    warned_tests: dict[str, int]
    sources_behind: tuple[Behind, ...]
    sources_without_history: tuple[str, ...]
    unread_files: tuple[str, ...]
    outcomes: Outcomes


def read_report(connection: Connection, settings: Settings) -> Report:
    """Read the report, one query a table; UserError where the marts are missing or half-built.

    The settings tell which sources are active: those of them that are behind are named, and what
    no model reads of their files.
    """
    head = ["as_of_on", "week_starts_on", "week_ends_on", "currency"]
    figures = _names(WeekFigures)
    before = [f"{name}_week_before" for name in figures]
    [week] = _rows(connection, "rpt_weekly_report", [*head, *figures, *before])
    marts = partial(_rows, connection, as_of_on=week["as_of_on"])
    [totals] = marts("rpt_shop_totals", _names(ShopTotals))
    [prediction] = marts("rpt_prediction", _names(Prediction))
    signals = marts("rpt_weekly_signals", _names(Signal), order="figure")
    [outcomes] = marts("rpt_outcomes", _names(Outcomes))
    trend = marts("rpt_churn_trend", _names(TrendWeek), order="week_starts_on")
    drivers = marts("rpt_churn_drivers", _names(Driver), order="driver_rank")
    not_passed = queries.rows(
        connection,
        "select test_name, status, failures from {ops}.data_tests where status <> 'pass'"
        " order by test_name",
    )
    at_risk = marts("rpt_customers_at_risk", _names(CustomerAtRisk), order="risk_rank")
    return Report(
        **{name: week[name] for name in head},
        week=WeekFigures(**{name: week[name] for name in figures}),
        week_before=WeekFigures(**{name: week[f"{name}_week_before"] for name in figures}),
        totals=ShopTotals(**totals),
        prediction=Prediction(**prediction),
        signals=tuple(Signal(**row) for row in signals),
        trend=tuple(TrendWeek(**row) for row in trend),
        drivers=tuple(Driver(**row) for row in drivers),
        customers_at_risk=tuple(CustomerAtRisk(**row) for row in at_risk),
        failed_tests=sum(test["status"] != "warn" for test in not_passed),
        warned_tests={
            test["test_name"]: test["failures"] or 0
            for test in not_passed
            if test["status"] == "warn"
        },
        sources_behind=sources_behind(connection, settings, week["week_ends_on"]),
        sources_without_history=sources_without_history(connection, settings),
        unread_files=unread_files(connection, settings.shop_sources),
        outcomes=Outcomes(**outcomes),
    )


def _names(row_type: type) -> list[str]:
    return [field.name for field in fields(row_type)]


def _rows(
    connection: Connection,
    table: str,
    columns: list[str],
    *,
    order: str | None = None,
    as_of_on: date | None = None,
) -> list[dict[str, Any]]:
    """Rows of a table, as of a date where one is given; exactly one where nothing orders them."""
    query = sql.SQL("select as_of_on, {} from {} order by {}").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.Identifier(schema("marts"), table),
        sql.Identifier(order or "as_of_on"),
    )
    found = queries.rows(connection, query)
    if order is None and len(found) != 1:
        raise UserError(
            f"The marts are not built yet: {schema('marts')}.{table} has {len(found)} rows instead"
            " of one; run the DAG or `make demo` first."
        )
    for row in found:
        if as_of_on not in (None, row["as_of_on"]):
            raise UserError(
                f"The marts are of two dates: rpt_weekly_report is as of {as_of_on}, {table} as of"
                f" {row['as_of_on']}; run the DAG or `make demo` again."
            )
    return [{name: row[name] for name in columns} for row in found]
