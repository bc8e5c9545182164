"""Between the warehouse and the models: reads what they are fitted to, keeps what came of it.

The frequency-recency table is dbt's, `marts.fct_order_days`; the parameters go to
`ops.churn_model_parameters`, which dbt makes (macros/churn_model_parameters.sql) and scores with,
what a fit foresaw of the weeks since and what came to `ops.prediction_deciles`.
"""

from datetime import date, timedelta
from typing import Any

import numpy as np
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extras import execute_values

from include.churn_model.fit import LEAST_HOLDOUT_WEEKS, Fitted, fit_models
from include.churn_model.table import DAYS_A_WEEK, FrequencyRecency
from include.errors import UserError
from include.schemas import named
from include.warehouse.queries import of_marts

HOLDOUT_WEEKS = 13  # of the weekly run: a quarter

# The sources are those in the marts, whatever the settings say now. dbt names them in the same way
# (int_churn_model_parameters).
_MARTS = """
select
    (select as_of_on from {shop}.as_of),
    coalesce(
        (select string_agg(distinct source_name, ',' order by source_name)
        from {marts}.dim_customers),
        ''
    )
"""
_CUSTOMERS = """
select
    customer_key,
    order_day_number - 1,
    ordered_on - first_order_on,
    %(until)s - first_order_on,
    cast(repeat_revenue as double precision)
from {marts}.fct_order_days
where ordered_on <= %(until)s and (next_order_on is null or next_order_on > %(until)s)
order by customer_key
"""
_PARAMETERS = ("r", "alpha", "a", "b", "p", "q", "gamma", "log_likelihood")
_SAVE = """
insert into {ops}.churn_model_parameters (
    sources, model, as_of_on, customers,
    r, alpha, a, b, p, q, gamma, log_likelihood,
    holdout_weeks, holdout_correlation, declined_because
) values %s
on conflict (sources, model, as_of_on) do update set
    customers = excluded.customers,
    r = excluded.r, alpha = excluded.alpha, a = excluded.a, b = excluded.b,
    p = excluded.p, q = excluded.q, gamma = excluded.gamma,
    log_likelihood = excluded.log_likelihood,
    holdout_weeks = excluded.holdout_weeks,
    holdout_correlation = excluded.holdout_correlation,
    declined_because = excluded.declined_because
"""
_FORGET_DECILES = """
delete from {ops}.prediction_deciles where sources = %s and as_of_on = %s
"""
_SAVE_DECILES = """
insert into {ops}.prediction_deciles (
    sources, as_of_on, weeks, decile, customers, expected_returns, variance, returned
) values %s
"""
_PREDICTS = "mbg_nbd"
"""The model whose predictions are told."""


def fit_for_the_week(connection: Connection) -> tuple[Fitted, Fitted]:
    """What the marts' week is predicted with, and a quarter earlier, to see how good that was.

    The first is fitted to the days before the week, the second to those before the last
    HOLDOUT_WEEKS weeks.
    """
    _, as_of_on = _marts(connection)
    sunday = _before_the_week(as_of_on)
    quarter_ago = sunday - timedelta(weeks=HOLDOUT_WEEKS - 1)
    return fit_and_save(connection, sunday), fit_and_save(connection, quarter_ago)


def fit_and_save(connection: Connection, until: date | None = None) -> Fitted:
    """Fit the models to what was known at the end of a day, and keep the parameters.

    `until` is that day; by default the Sunday before the week that the marts report on. A fit of
    the same day is replaced. Raises UserError where the marts are not built, or end before it.
    """
    sources, as_of_on = _marts(connection)
    until = until or _before_the_week(as_of_on)
    last_known = as_of_on - timedelta(days=1)
    if until > last_known:
        raise UserError(
            f"The marts know the orders until {last_known} only: fit as of that day or an earlier"
            f" one, not {until}."
        )
    weeks = (last_known - until).days // DAYS_A_WEEK
    customers = read_customers(connection, until)
    later = None
    if weeks >= LEAST_HOLDOUT_WEEKS:
        later = read_customers(connection, until + timedelta(weeks=weeks))
    fitted = Fitted(sources, until, fit_models(customers, later, weeks))
    _save(connection, fitted)
    return fitted


def read_customers(connection: Connection, until: date) -> FrequencyRecency:
    """The frequency-recency table at the end of a day, in ascending order of customer_key."""
    rows = _query(connection, _CUSTOMERS, {"until": until})
    customer = np.array([row[0] for row in rows], dtype=object)
    frequency, recency_days, age_days, repeat_revenue = (
        np.array([row[1:] for row in rows], dtype=float).reshape(-1, 4).T
    )
    return FrequencyRecency(
        customer=customer,
        frequency=frequency,
        recency=recency_days / DAYS_A_WEEK,
        age=age_days / DAYS_A_WEEK,
        mean_repeat_spend=np.divide(
            repeat_revenue, frequency, out=np.full(len(rows), np.nan), where=frequency > 0
        ),
    )


def _marts(connection: Connection) -> tuple[str, date]:
    """The sources that the marts were built from, joined by commas, and the as-of date."""
    [(as_of_on, sources)] = _query(connection, _MARTS)
    if as_of_on is None:
        raise UserError("The shop has no orders yet: there is nothing to fit to.")
    return sources, as_of_on


def _before_the_week(as_of_on: date) -> date:
    """The Sunday before the last complete ISO week before the as-of date."""
    monday = as_of_on - timedelta(days=as_of_on.weekday())
    return monday - timedelta(days=8)


def _query(
    connection: Connection, query: str, values: dict[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    with connection, of_marts(connection) as cursor:
        cursor.execute(named(query), values)
        return cursor.fetchall()


def _save(connection: Connection, fitted: Fitted) -> None:
    rows = [
        (
            fitted.sources,
            fit.model,
            fitted.until,
            fit.customers,
            *(fit.parameters().get(name) for name in _PARAMETERS),
            fit.holdout_weeks,
            fit.holdout_correlation,
            fit.declined.code.value if fit.declined else None,
        )
        for fit in fitted.fits
    ]
    [predicts] = [fit for fit in fitted.fits if fit.model == _PREDICTS]
    deciles = [
        (
            fitted.sources, fitted.until, predicts.holdout_weeks, number,
            decile.customers, decile.expected, decile.variance, decile.returned,
        )
        for number, decile in enumerate(predicts.deciles, start=1)
        if predicts.declined is None
    ]  # fmt: skip
    with connection, of_marts(connection) as cursor:
        execute_values(cursor, named(_SAVE), rows)
        if predicts.holdout_weeks is not None:
            cursor.execute(named(_FORGET_DECILES), (fitted.sources, fitted.until))
        if deciles:
            execute_values(cursor, named(_SAVE_DECILES), deciles)
