"""How good the prediction would have been: fit up to an earlier date, compare what came since.

It measures one fit; whether there was enough data at that date is the gate's question.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from include.churn_model.purchases import BgNbd, fit_mbg_nbd
from include.churn_model.table import DAYS_A_WEEK, frequency_recency, order_days

Fit = Callable[[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike], BgNbd]


@dataclass(frozen=True)
class Holdout:
    """Purchases (order days) in `weeks` by the customers who existed when they began.

    `correlation` is Pearson's, over customers, of predicted and actual purchases; None where
    one of the two is the same for everybody.
    """

    weeks: int
    customers: int
    correlation: float | None
    predicted: float
    actual: int


def holdout(orders: pd.DataFrame, as_of_on: date, weeks: int, fit: Fit = fit_mbg_nbd) -> Holdout:
    """Fit to what was known on `as_of_on`, predict the `weeks` from that day on, and count.

    `orders` as for `frequency_recency`; they have to reach to the end of those weeks. Raises
    UserError where `fit` does.
    """
    customers = frequency_recency(orders, as_of_on)
    known = customers.frequency, customers.recency, customers.age
    predicted = fit(*known).expected_purchases(weeks, *known)

    begin = pd.Timestamp(as_of_on)
    end = begin + pd.Timedelta(days=weeks * DAYS_A_WEEK)
    days = order_days(orders)
    came = days[(days["ordered_on"] >= begin) & (days["ordered_on"] < end)]
    counts = came.groupby("customer_key").size()
    actual = counts.reindex(customers.customer, fill_value=0).to_numpy()

    differ = np.ptp(predicted) > 0 and np.ptp(actual) > 0
    return Holdout(
        weeks=weeks,
        customers=len(actual),
        correlation=float(np.corrcoef(predicted, actual)[0, 1]) if differ else None,
        predicted=float(predicted.sum()),
        actual=int(actual.sum()),
    )
