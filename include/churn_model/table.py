"""Orders to the frequency-recency table: a row a customer, what the models are fitted to.

It counts; it neither judges whether there is enough (`gate`) nor fits (`purchases`, `spend`).
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
DAYS_A_WEEK = 7


@dataclass(frozen=True)
class FrequencyRecency:
    """A value a customer in each array, in ascending order of `customer`.

    In the papers' letters: frequency is x, recency t_x, age T, mean_repeat_spend z.
    """

    customer: npt.NDArray[Any]
    frequency: Floats
    """Days with an order after the day of the first one."""
    recency: Floats
    """Weeks (days ÷ 7) from the first order day to the last; 0 for who came once."""
    age: Floats
    """Weeks (days ÷ 7) from the first order day to the last day that is known."""
    mean_repeat_spend: Floats
    """Mean spend of an order day after the first one; NaN for who came once."""


def order_days(orders: pd.DataFrame) -> pd.DataFrame:
    """A row a customer and day, sorted: several orders on one day are one visit.

    Takes and returns the columns `customer_key`, `ordered_on` (a day) and `revenue`; rows
    without a customer are left out.
    """
    typed = orders.assign(
        ordered_on=pd.to_datetime(orders["ordered_on"]), revenue=orders["revenue"].astype(float)
    )
    by_day = typed.groupby(["customer_key", "ordered_on"])
    return by_day["revenue"].sum().reset_index()


def frequency_recency(orders: pd.DataFrame, as_of_on: date) -> FrequencyRecency:
    """What was known at the beginning of the as-of date; only orders before it count.

    `orders` are valid orders with the columns `customer_key`, `ordered_on` and `revenue`. The
    last day known is the one before the as-of date.
    """
    days = order_days(orders)
    days = days[days["ordered_on"] < pd.Timestamp(as_of_on)]
    by_customer = days.groupby("customer_key")
    first, last = by_customer["ordered_on"].min(), by_customer["ordered_on"].max()
    last_known = pd.Timestamp(as_of_on) - pd.Timedelta(days=1)

    is_repeat = days["ordered_on"] > by_customer["ordered_on"].transform("min")
    mean_repeat_spend = days[is_repeat].groupby("customer_key")["revenue"].mean()
    return FrequencyRecency(
        customer=first.index.to_numpy(),
        frequency=np.asarray(by_customer.size() - 1, dtype=float),
        recency=(last - first).dt.days.to_numpy(float) / DAYS_A_WEEK,
        age=(last_known - first).dt.days.to_numpy(float) / DAYS_A_WEEK,
        mean_repeat_spend=mean_repeat_spend.reindex(first.index).to_numpy(float),
    )
