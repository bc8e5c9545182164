"""The report's figures once more, in pandas and straight from the definitions.

Shares nothing with the SQL it is compared with, not even the way: a customer is judged anew on
every single day, where the models add and subtract events.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd

WINDOW = 90  # days; who has ordered within them is active


@dataclass(frozen=True)
class Shop:
    """Any shop's orders and sales lines as of a date.

    `orders`: order_id, customer (None where unknown), day, is_cancelled, is_valid, reason, and
    called_off, the day it was cancelled or returned (None where it was not, or nobody knows when).
    `lines`: order_id, product, quantity, unit_price, is_goods.
    """

    orders: pd.DataFrame
    lines: pd.DataFrame
    as_of: date

    @property
    def valid_orders(self) -> pd.DataFrame:
        """Valid orders of customers who are known."""
        orders = self.orders
        return orders[orders["is_valid"] & orders["customer"].notna()]


def totals(shop: Shop) -> dict[str, Any]:
    """What rpt_shop_totals says, but for the currency and the rejected rows."""
    customers = shop.valid_orders.groupby("customer")["day"].agg(["count", "max"])
    churned = sum((shop.as_of - last).days > WINDOW for last in customers["max"])
    repeat = int((customers["count"] >= 2).sum())
    everything = sales(shop, shop.orders)
    return {
        "as_of_on": shop.as_of,
        "customers": len(customers),
        "churned_customers": churned,
        "inactive_share": share(churned, len(customers)),
        "repeat_customers": repeat,
        "repeat_rate": share(repeat, len(customers)),
        **everything,
    }


def sales(shop: Shop, orders: pd.DataFrame) -> dict[str, Any]:
    """Orders, cancellations, revenue and dearest product of some orders; nothing was refunded."""
    valid = orders.loc[orders["is_valid"], "order_id"]
    sold = shop.lines[shop.lines["order_id"].isin(valid)]
    goods = sold[sold["is_goods"]].sort_values(["unit_price", "product"], ascending=[False, True])
    dearest = goods.iloc[0] if len(goods) else None
    cancelled = int(orders["is_cancelled"].sum())
    revenue = money(sum(sold["quantity"] * in_ten_thousandths(sold["unit_price"])))
    return {
        "orders": len(orders),
        "cancelled_orders": cancelled,
        "cancellation_rate": share(cancelled, len(orders)),
        "revenue": revenue,
        "net_revenue": revenue,
        "dearest_product_name": None if dearest is None else dearest["product"],
        "dearest_product_price": None
        if dearest is None
        else money(in_ten_thousandths(goods["unit_price"]).max()),
    }


def weeks(shop: Shop) -> pd.DataFrame:
    """What weekly_churn says: a row a complete ISO week from the first order of any kind."""
    first_day = shop.orders["day"].min()
    first_monday = first_day - timedelta(days=first_day.weekday())
    length = (shop.as_of - first_monday).days
    # an order counts until it is called off, as far as anybody knew then
    orders = shop.orders[shop.orders["is_valid"] | shop.orders["called_off"].notna()]
    orders = orders[orders["customer"].notna()]
    customers, names = pd.factorize(orders["customer"])

    # [customer, day]: as it was known at the beginning of the day
    is_active = np.zeros((len(names), length + 1), dtype=bool)
    is_customer = np.zeros((len(names), length + 1), dtype=bool)
    for customer, day, called_off in zip(
        customers, orders["day"], orders["called_off"], strict=True
    ):
        first = (day - first_monday).days + 1
        last = length if pd.isna(called_off) else (called_off - first_monday).days
        is_customer[customer, first : last + 1] = True
        is_active[customer, first : min(last, first - 1 + WINDOW) + 1] = True
    came = np.diff(is_active.astype(int), axis=1) > 0
    left = np.diff(is_active.astype(int), axis=1) < 0
    became_customer = np.diff(is_customer.astype(int), axis=1) > 0

    rows = []
    for monday in range(0, length - 6, 7):
        week = slice(monday, monday + 7)
        stayed = is_active[:, monday : monday + 8].all(axis=1)
        rows.append(
            {
                "week_starts_on": first_monday + timedelta(days=monday),
                "active_customers_at_start": int(is_active[:, monday].sum()),
                "new_customers": int(became_customer[:, week].sum()),
                "reactivated_customers": int((came & ~became_customer)[:, week].sum()),
                "churned_customers": int(left[:, week].sum()),
                "churned_from_start": int((is_active[:, monday] & ~stayed).sum()),
                "active_customers_at_end": int(is_active[:, monday + 7].sum()),
                "customers_at_end": int(is_customer[:, monday + 7].sum()),
            }
        )
    return pd.DataFrame(rows)


def weekly_report(shop: Shop) -> dict[str, Any]:
    """What rpt_weekly_report says, but for the currency."""
    monday = shop.as_of - timedelta(days=shop.as_of.weekday() + 7)
    churn = weeks(shop).set_index("week_starts_on")
    now = week_of(shop, churn, monday)
    before = week_of(shop, churn, monday - timedelta(days=7))
    return {
        "as_of_on": shop.as_of,
        "week_starts_on": monday,
        "week_ends_on": monday + timedelta(days=6),
        **now,
        **{f"{figure}_week_before": value for figure, value in before.items()},
    }


def week_of(shop: Shop, weekly_churn: pd.DataFrame, monday: date) -> dict[str, Any]:
    """The figures of one week."""
    churn = {str(name): int(count) for name, count in weekly_churn.loc[monday].to_dict().items()}
    orders = shop.orders[
        (shop.orders["day"] >= monday) & (shop.orders["day"] < monday + timedelta(days=7))
    ]
    # those that say nothing count as well
    reasons = orders.loc[orders["is_cancelled"], "reason"].value_counts(dropna=False)
    majority = [reason for reason, count in reasons.items() if 2 * count > reasons.sum()]
    customers = churn.pop("customers_at_end")
    left = churn.pop("churned_from_start")
    return {
        **churn,
        **sales(shop, orders),
        "top_cancellation_reason": majority[0] if majority and pd.notna(majority[0]) else None,
        "churn_rate": share(left, churn["active_customers_at_start"]),
        "inactive_share": share(customers - churn["active_customers_at_end"], customers),
    }


def share(part: int, whole: int) -> Decimal | None:
    """A fraction with six digits; None where the whole is nothing."""
    if not whole:
        return None
    return (Decimal(part) / whole).quantize(Decimal("0.000001"), ROUND_HALF_UP)


def in_ten_thousandths(prices: "pd.Series[float]") -> "pd.Series[int]":
    """Prices as whole numbers, so that sums are exact."""
    return (prices * 10_000).round().astype("int64")


def money(ten_thousandths: int) -> Decimal:
    """An amount to the cent."""
    return (Decimal(int(ten_thousandths)) / 10_000).quantize(Decimal("0.01"), ROUND_HALF_UP)
