"""How good the prediction would have been: fit up to an earlier day, compare what came since.

It measures one fit; whether there was enough data on that day is the gate's question.
"""

from dataclasses import dataclass

import numpy as np

from include.churn_model.purchases import BgNbd
from include.churn_model.table import FrequencyRecency


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


def holdout(
    model: BgNbd, customers: FrequencyRecency, later: FrequencyRecency, weeks: int
) -> Holdout:
    """What `model` predicts of `customers` for the `weeks` to come, and what came.

    `later` is the same table, read `weeks` after `customers`; people who came first in between are
    in `later` only, and do not count.
    """
    predicted = model.expected_purchases(
        weeks, customers.frequency, customers.recency, customers.age
    )
    known_later = dict(zip(later.customer, later.frequency, strict=True))
    actual = np.array([known_later[one] for one in customers.customer]) - customers.frequency

    differ = np.ptp(predicted) > 0 and np.ptp(actual) > 0
    return Holdout(
        weeks=weeks,
        customers=len(actual),
        correlation=float(np.corrcoef(predicted, actual)[0, 1]) if differ else None,
        predicted=float(predicted.sum()),
        actual=round(actual.sum()),
    )
