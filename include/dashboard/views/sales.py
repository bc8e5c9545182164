"""Sales: is this week normal, what comes, and what sells together?"""

import streamlit as st

from include.dashboard import charts, show
from include.dashboard.show import Column, Kind
from include.dashboard.visit import Visit

_WEEKS = """
    select week_starts_on, orders, cancelled_orders, cancellation_rate, revenue, net_revenue
    from {marts}.weekly_sales
    where week_ends_on < (select as_of_on from {shop}.as_of)
    order by week_starts_on desc
    limit 53
"""
_ANOMALIES = """
    select date_day, metric, direction, actual, expected
    from {marts}.daily_anomalies
    where is_anomaly
    order by date_day desc, metric
    limit 20
"""
_FORECAST = """
    select
        week_starts_on,
        forecast_revenue,
        round(greatest(forecast_revenue * (1 - backtest_wape), 0), 2) as low,
        round(forecast_revenue * (1 + backtest_wape), 2) as high
    from {marts}.revenue_forecast
    order by week_starts_on
"""
_PRODUCTS = """
    select product_name, category, abc_class, quantity, orders, revenue, revenue_share
    from {marts}.product_abc
    order by revenue_rank
    limit 100
"""
_PAIRS = """
    select product_name_a, product_name_b, orders_both, support, lift
    from {marts}.basket_pairs
    order by lift desc, orders_both desc
    limit 30
"""
_SELLERS = """
    select seller_name, orders, orders_before, revenue, revenue_before
    from {marts}.seller_sales_last_7_days
    order by revenue desc
"""
WEEK_COLUMNS = (
    Column("week_starts_on", "begins_on", Kind.DAY),
    Column("orders", "all_orders", Kind.COUNT),
    Column("cancelled_orders", "cancelled", Kind.COUNT),
    Column("cancellation_rate", "cancellation_rate", Kind.RATE),
    Column("revenue", "revenue", Kind.MONEY),
    Column("net_revenue", "net_revenue", Kind.MONEY),
)
FORECAST_COLUMNS = (
    Column("week_starts_on", "begins_on", Kind.DAY),
    Column("forecast_revenue", "forecast", Kind.MONEY),
    Column("low", "from_amount", Kind.MONEY),
    Column("high", "to_amount", Kind.MONEY),
)
PRODUCT_COLUMNS = (
    Column("product_name", "product"),
    Column("category", "category"),
    Column("abc_class", "class"),
    Column("quantity", "quantity", Kind.NUMBER),
    Column("orders", "all_orders", Kind.COUNT),
    Column("revenue", "revenue", Kind.MONEY),
    Column("revenue_share", "revenue_share", Kind.RATE),
)
PAIR_COLUMNS = (
    Column("product_name_a", "product"),
    Column("product_name_b", "and_product"),
    Column("orders_both", "orders_both", Kind.COUNT),
    Column("support", "support", Kind.RATE),
    Column("lift", "lift", Kind.NUMBER),
)
SELLER_COLUMNS = (
    Column("seller_name", "seller"),
    Column("orders", "orders_7_days", Kind.COUNT),
    Column("orders_before", "orders_before", Kind.COUNT),
    Column("revenue", "revenue_7_days", Kind.MONEY),
    Column("revenue_before", "revenue_before", Kind.MONEY),
)


def page(visit: Visit) -> None:
    """Show the page."""
    words = visit.words
    show.head(visit, "sales")
    weeks = visit.rows(_WEEKS)
    if not weeks:
        show.nothing(visit, "no_week")
        return
    forecast = visit.rows(_FORECAST)
    show.chart(
        visit,
        charts.with_forecast(weeks, forecast, title=visit.in_currency("revenue")),
        words.text("says_sales"),
    )
    show.table(visit, weeks, WEEK_COLUMNS, "weekly_sales")
    if forecast:
        st.subheader(words.text("what_comes"), anchor=False)
        st.caption(words.text("forecast_means"))
        show.table(visit, forecast, FORECAST_COLUMNS, "forecast")
    _anomalies(visit)
    for title, query, columns, file in (
        ("products", _PRODUCTS, PRODUCT_COLUMNS, "products"),
        ("pairs", _PAIRS, PAIR_COLUMNS, "pairs"),
        ("sellers", _SELLERS, SELLER_COLUMNS, "sellers"),
    ):
        found = visit.rows(query)
        st.subheader(words.text(title), anchor=False)
        if found:
            show.table(visit, found, columns, file)
        else:
            show.nothing(visit, f"no_{title}")


def _anomalies(visit: Visit) -> None:
    words = visit.words
    st.subheader(words.text("unusual_days"), anchor=False)
    lines = [
        words.text(
            f"anomaly_{row['direction']}",
            day=words.day(row["date_day"]),
            metric=words.text(f"metric_{row['metric']}"),
            actual=words.count(row["actual"]),
            expected=words.count(round(row["expected"])),
        )
        for row in visit.rows(_ANOMALIES)
    ]
    st.markdown("\n".join(f"- {show.escaped(line)}" for line in lines) or words.text("none"))
