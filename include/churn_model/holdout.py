"""How good the prediction would have been: fit up to an earlier day, compare what came since.

It measures one fit; whether there was enough data on that day is the gate's question.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from include.churn_model.purchases import BgNbd
from include.churn_model.table import Floats, FrequencyRecency

DECILES = 10


@dataclass(frozen=True)
class Decile:
    """A tenth of the customers by the chance to return: how many were expected, how many came.

    `variance` is that of the sum of so many independent chances.
    """

    customers: int
    expected: float
    variance: float
    returned: int


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
    deciles: tuple[Decile, ...]
    """The least likely to return first; of fewer than ten customers some are empty."""


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

    chance = model.return_probability(weeks, customers.frequency, customers.recency, customers.age)
    differ = np.ptp(predicted) > 0 and np.ptp(actual) > 0
    return Holdout(
        weeks=weeks,
        customers=len(actual),
        correlation=float(np.corrcoef(predicted, actual)[0, 1]) if differ else None,
        predicted=float(predicted.sum()),
        actual=round(actual.sum()),
        deciles=_deciles(chance, actual > 0),
    )


def _deciles(chance: Floats, has_returned: npt.NDArray[np.bool_]) -> tuple[Decile, ...]:
    order = np.argsort(chance, kind="stable")
    return tuple(
        Decile(
            customers=len(tenth),
            expected=float(chance[tenth].sum()),
            variance=float((chance[tenth] * (1 - chance[tenth])).sum()),
            returned=int(has_returned[tenth].sum()),
        )
        for tenth in np.array_split(order, DECILES)
    )
