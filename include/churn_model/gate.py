"""Whether a shop has enough history to predict from, and whether the prediction says anything.

A fit may well succeed where these functions give a reason; its numbers would not be worth acting
on. The thresholds are in `reasons`.
"""

import numpy as np

from include.churn_model.purchases import BgNbd
from include.churn_model.reasons import (
    LEAST_CUSTOMERS,
    LEAST_GONE,
    LEAST_HISTORY,
    LEAST_LOYAL_CUSTOMERS,
    LONGEST_SILENCE,
    LOYAL_FROM,
    Code,
    Decline,
)
from include.churn_model.table import DAYS_A_WEEK, FrequencyRecency


def reason_not_to_predict(customers: FrequencyRecency) -> Decline | None:
    """Why there is too little data, None where there is enough."""
    count = len(customers.customer)
    if count < LEAST_CUSTOMERS:
        return Decline(
            Code.TOO_FEW_CUSTOMERS,
            f"Only {count} customers have bought so far; it takes {LEAST_CUSTOMERS} to predict.",
        )
    history = round(customers.age.max() * DAYS_A_WEEK) + 1
    if history < LEAST_HISTORY:
        return Decline(
            Code.HISTORY_TOO_SHORT,
            f"The orders go back only {history} days; it takes {LEAST_HISTORY} to predict.",
        )
    silence = round((customers.age - customers.recency).min() * DAYS_A_WEEK)
    if silence >= LONGEST_SILENCE:
        return Decline(
            Code.SILENT_TOO_LONG,
            f"Nobody has ordered in the last {silence} days; it takes an order within"
            f" {LONGEST_SILENCE} to predict.",
        )
    loyal = np.count_nonzero(customers.frequency >= LOYAL_FROM - 1)
    if loyal < LEAST_LOYAL_CUSTOMERS:
        return Decline(
            Code.TOO_FEW_LOYAL_CUSTOMERS,
            f"Only {loyal} customers have ordered on {LOYAL_FROM} days or more;"
            f" it takes {LEAST_LOYAL_CUSTOMERS} to predict.",
        )
    return None


def reason_not_to_tell_who_left(model: BgNbd, customers: FrequencyRecency) -> Decline | None:
    """Why the probabilities to be alive tell nothing, None where they do.

    In a short history with a strong season the likeliest story may be that nobody ever leaves:
    everyone is alive with a probability of almost 1, and nobody is told from anybody.
    """
    alive = model.probability_alive(customers.frequency, customers.recency, customers.age)
    gone = 1 - alive.mean()
    if gone < LEAST_GONE:
        return Decline(
            Code.NOBODY_LEAVES,
            f"The model takes only {gone:.1%} of the customers for gone, so it cannot tell a"
            f" pause from leaving; it takes {LEAST_GONE:.0%} to predict who left.",
        )
    return None
