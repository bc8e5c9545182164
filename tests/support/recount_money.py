"""What customers cost and bring, the forecast and the anomalies once more, without SQL.

Like `recount`, straight from the definitions and another way than the models: a cohort's months are
walked one after the other, a day's weeks are counted anew for every day. Money is in whole cents.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count, takewhile
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pandas as pd

from tests.support.recount import Shop

Month = int
"""Months since the year 0."""

FOUR_WEEKS, EIGHT_WEEKS, A_YEAR = 28, 56, 364  # days


def month_of(day: date) -> Month:
    return 12 * day.year + day.month - 1


def first_day(month: Month) -> date:
    return date(month // 12, month % 12 + 1, 1)


def in_cents(amounts: "pd.Series[str]") -> "pd.Series[int]":
    return (amounts.astype(float) * 100).round().astype("int64")


def cohorts(seeds: Path, shop: Shop) -> dict[tuple[str, date], dict[str, Any]]:
    """What acquisition_costs and ltv_to_cac say of the demo shop, by channel and month."""

    def read(name: str) -> pd.DataFrame:
        return pd.read_csv(seeds / f"{name}.csv", dtype="str", keep_default_na=False)

    channel_of = read("raw_customers").set_index("customer_id")["acquisition_channel"]
    items = read("raw_order_items").merge(read("raw_products"), on="product_id")
    quantity = items["quantity"].astype(int)
    items["margin"] = quantity * (in_cents(items["unit_price"]) - in_cents(items["unit_cost"]))
    margin_of = items[quantity > 0].groupby("order_id")["margin"].sum()

    orders = shop.valid_orders.assign(month=shop.valid_orders["day"].map(month_of))
    orders["channel"] = orders["customer"].map(channel_of)
    orders["margin"] = orders["order_id"].map(margin_of).fillna(0)
    orders["cohort"] = orders.groupby("customer")["month"].transform("min")

    running_month = month_of(shop.as_of)
    told = {}
    spend = read("raw_marketing_spend")
    for channel, day, cents in zip(
        spend["acquisition_channel"], spend["spend_month"], in_cents(spend["amount"]), strict=True
    ):
        month = month_of(date.fromisoformat(day))
        if month < running_month:
            won = orders[(orders["channel"] == channel) & (orders["cohort"] == month)]
            margins = [
                int(won.loc[won["month"] == one, "margin"].sum())
                for one in range(month, running_month)
            ]
            customers = won["customer"].nunique()
            told[channel, first_day(month)] = cohort(int(cents), customers, margins)
    return told


def cohort(spend: int, customers: int, margins: list[int]) -> dict[str, Any]:
    """One cohort, from the margins of its months."""
    payback_month, so_far = None, 0
    for number, margin in enumerate(margins, start=1):
        so_far += margin
        if payback_month is None and (so_far >= spend or spend == 0):
            payback_month = number
    year = sum(margins[:12]) if len(margins) >= 12 else None
    return {
        "spend": rounded(spend, 100, "0.01"),
        "new_customers": customers,
        "cac": rounded(spend, 100 * customers, "0.01"),
        "margin_12_months": rounded(year, 100 * customers, "0.01"),
        "ltv_to_cac": rounded(year, spend, "0.0001") if customers else None,
        "payback_month": payback_month if customers else None,
    }


def forecast(shop: Shop) -> list[dict[str, Any]]:
    """What revenue_forecast says."""
    days = shop.orders.set_index("order_id")["day"]
    valid = shop.orders.loc[shop.orders["is_valid"], "order_id"]
    sold = shop.lines[shop.lines["order_id"].isin(valid)]
    revenue: dict[date, int] = defaultdict(int)
    for order, quantity, price in zip(
        sold["order_id"], sold["quantity"], sold["unit_price"], strict=True
    ):
        revenue[monday(days[order])] += round(quantity * price * 100)

    year, began_on = timedelta(days=A_YEAR), shop.orders["day"].min()
    next_weeks = [monday(shop.as_of) + timedelta(weeks=number) for number in range(4)]
    known_weeks = (next_weeks[0] - timedelta(weeks=number) for number in count(1))
    tried = list(takewhile(lambda week: week - year >= began_on, known_weeks))[:12]
    missed_by = sum(abs(revenue[week] - revenue[week - year]) for week in tried)
    wape = rounded(missed_by, sum(revenue[week] for week in tried), "0.000001")
    return [
        {
            "week_starts_on": week,
            "forecast_revenue": rounded(revenue[week - year], 100, "0.01")
            if week - year >= began_on
            else None,
            "backtest_weeks": len(tried),
            "backtest_wape": wape,
        }
        for week in next_weeks
    ]


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def z_scores(days: Iterable[float]) -> list[float | None]:
    """How far off each of a metric's days is, in spreads; None before the seventeenth week."""
    values = list(days)
    residuals: list[float] = []
    scores: list[float | None] = []
    for day, value in enumerate(values):
        score = None
        if day >= EIGHT_WEEKS:
            weekday = mean(values[day - 7 * week] for week in range(1, 9))
            level = mean(values[day - FOUR_WEEKS : day])
            residual = value - level * weekday / mean(values[day - EIGHT_WEEKS : day])
            if len(residuals) >= EIGHT_WEEKS:
                score = residual / stdev(residuals[-EIGHT_WEEKS:])
            residuals.append(residual)
        scores.append(score)
    return scores


def rounded(part: int | None, whole: int, digits: str) -> Decimal | None:
    """part ÷ whole; None where there is nothing to divide, or by."""
    if part is None or not whole:
        return None
    return (Decimal(part) / whole).quantize(Decimal(digits), ROUND_HALF_UP)
