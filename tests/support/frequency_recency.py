"""The frequency-recency table from orders, in pandas: what the tests compare dbt's with.

The project itself counts it once, in `marts.fct_order_days`.
"""

from datetime import date

import numpy as np
import pandas as pd

from include.churn_model.table import FrequencyRecency


def order_days(orders: pd.DataFrame) -> pd.DataFrame:
    """A row a customer and day, sorted: several orders on one day are one visit.

    Takes and returns the columns `customer_key`, `ordered_on` (a day) and `revenue`.
    """
    typed = orders.assign(
        ordered_on=pd.to_datetime(orders["ordered_on"]), revenue=orders["revenue"].astype(float)
    )
    by_day = typed.groupby(["customer_key", "ordered_on"])
    return by_day["revenue"].sum().reset_index()


def frequency_recency(orders: pd.DataFrame, until: date) -> FrequencyRecency:
    """What was known at the end of the day `until`, from valid orders."""
    days = order_days(orders)
    days = days[days["ordered_on"] <= pd.Timestamp(until)]
    by_customer = days.groupby("customer_key")
    first, last = by_customer["ordered_on"].min(), by_customer["ordered_on"].max()

    is_repeat = days["ordered_on"] > by_customer["ordered_on"].transform("min")
    mean_repeat_spend = days[is_repeat].groupby("customer_key")["revenue"].mean()
    return FrequencyRecency(
        customer=first.index.to_numpy(),
        frequency=np.asarray(by_customer.size() - 1, dtype=float),
        recency=(last - first).dt.days.to_numpy(float) / 7,
        age=(pd.Timestamp(until) - first).dt.days.to_numpy(float) / 7,
        mean_repeat_spend=mean_repeat_spend.reindex(first.index).to_numpy(float),
    )
