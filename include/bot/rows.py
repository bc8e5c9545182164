"""Reads what a question needs from the marts: read-only, and never for longer than it may take.

Arithmetic is SQL's; whatever a person wrote is bound, never part of a statement.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812

from include.bot.question import (
    AskAtRisk,
    AskChurn,
    AskCohorts,
    AskProduct,
    AskReport,
    folded,
)
from include.contacts.note import Outcome, noted_of
from include.errors import UserError
from include.report.read import CustomerAtRisk, Report, Signal, read_report
from include.settings import PersonalData, Settings
from include.warehouse import queries
from include.warehouse.connection import Warehouse

TIMEOUT = 5.0  # seconds for each query
BEST_PRODUCTS = 5
COHORTS = 6

Asked = AskReport | AskChurn | AskAtRisk | AskCohorts | AskProduct
"""A question that needs the marts."""


@dataclass(frozen=True)
class ChurnShare:
    """Who had not ordered for more than `window_days`, and the rate of the last complete week.

    The rate is by the shop's own window; None without such a week, its signal without enough.
    """

    as_of_on: date
    window_days: int
    own_window_days: int
    customers: int
    churned_customers: int
    churned_share: Decimal | None
    week_starts_on: date | None
    week_ends_on: date | None
    churn_rate: Decimal | None
    signal: Signal | None


@dataclass(frozen=True)
class AtRisk:
    """All customers at risk as figures, and those with the most at stake by name.

    `listed` is None where the shop's owner tells nobody who they are. `noted` is what holds of
    those listed whom somebody did something about already, by customer key.
    """

    as_of_on: date
    currency: str | None
    customers: int
    value_at_stake: Decimal | None
    listed: tuple[CustomerAtRisk, ...] | None
    noted: dict[str, Outcome]


@dataclass(frozen=True)
class Cohort:
    """The customers of a month, and the share of them that ordered one, two, three months later.

    A rate is None in the future; `is_partial` says of each whether its month still runs.
    """

    cohort_month: date
    customers: int
    rates: tuple[Decimal | None, ...]
    is_partial: tuple[bool, ...]


@dataclass(frozen=True)
class Cohorts:
    """The latest cohorts, the oldest first."""

    as_of_on: date
    cohorts: tuple[Cohort, ...]


@dataclass(frozen=True)
class ProductSales:
    """What valid orders held of a product, so far and in the last seven days that are known."""

    product_name: str
    quantity: Decimal
    revenue: Decimal
    quantity_last_days: Decimal
    revenue_last_days: Decimal


@dataclass(frozen=True)
class Products:
    """How many products match a name, and those of them that brought the most."""

    as_of_on: date
    currency: str | None
    matches: int
    best: tuple[ProductSales, ...]


Figures = Report | ChurnShare | AtRisk | Cohorts | Products

_CHURN = """
    with asked as (

        select
            as_of_on,
            fixed_window_days,
            coalesce(%(days)s, fixed_window_days) as window_days
        from {marts}.churn_windows

    ),

    latest_week as (

        select *
        from {marts}.rpt_churn_trend
        order by week_starts_on desc
        limit 1

    ),

    counted as (

        select
            asked.as_of_on,
            asked.window_days,
            asked.fixed_window_days as own_window_days,
            count(customers.customer_key) as customers,
            count(
                case
                    when asked.as_of_on - customers.last_order_on > asked.window_days then 1
                end
            ) as churned_customers
        from asked
        left join {marts}.customer_churn as customers on true
        group by asked.as_of_on, asked.window_days, asked.fixed_window_days

    )

    select
        counted.*,
        cast(counted.churned_customers as numeric) / nullif(counted.customers, 0) as churned_share,
        latest_week.week_starts_on,
        latest_week.week_ends_on,
        latest_week.churn_rate,
        signals.figure,
        signals.signal,
        signals.usual_low,
        signals.usual_high
    from counted
    left join latest_week on true
    left join {marts}.rpt_weekly_signals as signals
        on latest_week.week_starts_on = signals.week_starts_on and signals.figure = 'churn_rate'
"""

_SHOP = "select as_of_on, currency from {marts}.rpt_shop_totals"

_AT_RISK = """
    select
        at_risk_customers as customers,
        value_at_stake
    from {marts}.rpt_prediction
"""

_CUSTOMERS_AT_RISK = """
    select
        customer_key,
        customer_id,
        customer_name,
        email,
        state,
        last_order_on,
        rhythm_days,
        days_overdue,
        revenue,
        value_at_stake,
        last_product_name,
        suggested_reason,
        cancellation_reason,
        last_contact
    from {marts}.rpt_customers_at_risk
    order by risk_rank
    limit %(customers)s
"""

_COHORTS = """
    select
        cohort_month,
        max(cohort_customers) as customers,
        max(case when months_since = 1 then retention_rate end) as rate_1,
        max(case when months_since = 2 then retention_rate end) as rate_2,
        max(case when months_since = 3 then retention_rate end) as rate_3,
        coalesce(bool_or(is_partial and months_since = 1), false) as is_partial_1,
        coalesce(bool_or(is_partial and months_since = 2), false) as is_partial_2,
        coalesce(bool_or(is_partial and months_since = 3), false) as is_partial_3
    from {marts}.monthly_cohorts
    group by cohort_month
    order by cohort_month desc
    limit %(cohorts)s
"""

_NAMES = "select product_key, product_name from {marts}.dim_products where product_name is not null"

_SALES = """
    with items as (

        select
            order_items.product_key,
            order_items.quantity,
            order_items.revenue,
            case
                when order_items.ordered_on >= shop.as_of_on - 7 then 1
                else 0
            end as is_recent
        from {marts}.fct_order_items as order_items
        cross join {marts}.rpt_shop_totals as shop
        where
            order_items.is_in_valid_order
            and order_items.product_key = any(cast(%(keys)s as uuid[]))

    )

    select
        products.product_name,
        coalesce(sum(items.quantity), 0) as quantity,
        coalesce(sum(items.revenue), 0) as revenue,
        coalesce(sum(items.is_recent * items.quantity), 0) as quantity_last_days,
        coalesce(sum(items.is_recent * items.revenue), 0) as revenue_last_days
    from {marts}.dim_products as products
    left join items on products.product_key = items.product_key
    where products.product_key = any(cast(%(keys)s as uuid[]))
    group by products.product_key, products.product_name
    order by revenue desc, quantity desc, products.product_name, products.product_key
    limit %(products)s
"""


@contextmanager
def reading(warehouse: Warehouse, timeout: float = TIMEOUT) -> Iterator[Connection]:
    """A transaction that cannot write, and gives up a query after `timeout` seconds.

    Each query sees the tables as they are by then. A snapshot for all of them would find those
    empty that dbt puts into place meanwhile. The limit is the transaction's: behind a pooler the
    session is another's next.
    """
    with closing(warehouse.connect()) as connection:
        connection.set_session("read committed", readonly=True)
        with connection.cursor() as cursor:
            cursor.execute("set local statement_timeout = %s", (round(timeout * 1000),))
        yield connection


def read(connection: Connection, asked: Asked, settings: Settings) -> Figures:
    """What the answer to a question tells; UserError where the marts are not built."""
    match asked:
        case AskReport():
            return read_report(connection, settings)
        case AskChurn(days):
            return _read_churn(connection, days)
        case AskAtRisk(customers):
            return _read_at_risk(connection, customers, settings.report_personal_data)
        case AskCohorts():
            return _read_cohorts(connection)
        case AskProduct(name):
            return _read_products(connection, name)


def _read_at_risk(connection: Connection, customers: int, personal_data: PersonalData) -> AtRisk:
    shop = _only(connection, _SHOP)
    listed, noted = None, dict[str, Outcome]()
    if personal_data is not PersonalData.NONE:
        rows = queries.rows(connection, _CUSTOMERS_AT_RISK, {"customers": customers})
        listed = tuple(CustomerAtRisk(**row) for row in rows)
        noted = noted_of(connection, shop["as_of_on"])
    return AtRisk(**shop, **_only(connection, _AT_RISK), listed=listed, noted=noted)


def _read_churn(connection: Connection, days: int | None) -> ChurnShare:
    row = _only(connection, _CHURN, {"days": days})
    judged = {name: row.pop(name) for name in ("figure", "signal", "usual_low", "usual_high")}
    return ChurnShare(**row, signal=Signal(**judged) if judged["signal"] else None)


def _read_cohorts(connection: Connection) -> Cohorts:
    months = (1, 2, 3)
    rows = queries.rows(connection, _COHORTS, {"cohorts": COHORTS})
    return Cohorts(
        _only(connection, _SHOP)["as_of_on"],
        tuple(
            Cohort(
                row["cohort_month"],
                row["customers"],
                tuple(row[f"rate_{month}"] for month in months),
                tuple(row[f"is_partial_{month}"] for month in months),
            )
            for row in reversed(rows)
        ),
    )


def _read_products(connection: Connection, name: str) -> Products:
    # Compared here: Postgres folds letters as its locale knows them, in some only ASCII's.
    wanted = folded(name)
    keys = [
        row["product_key"]
        for row in queries.rows(connection, _NAMES)
        if wanted in folded(row["product_name"])
    ]
    rows = (
        queries.rows(connection, _SALES, {"keys": keys, "products": BEST_PRODUCTS}) if keys else []
    )
    best = tuple(ProductSales(**row) for row in rows)
    return Products(**_only(connection, _SHOP), matches=len(keys), best=best)


def _only(
    connection: Connection, query: str, values: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The only row of a query; one that tells as of when it is has to know it."""
    rows = queries.rows(connection, query, values)
    if len(rows) != 1 or ("as_of_on" in rows[0] and rows[0]["as_of_on"] is None):
        raise UserError(
            "The marts are not built yet, or there are no orders: run the DAG or `make demo` first."
        )
    return rows[0]
