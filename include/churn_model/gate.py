"""Whether a shop has enough history to predict from, and whether the prediction says anything.

The thresholds of the first follow those of Klaviyo's predictive analytics. A fit may well succeed
where these functions give a reason; its numbers would not be worth acting on.
"""

import numpy as np

from include.churn_model.purchases import BgNbd
from include.churn_model.table import DAYS_A_WEEK, FrequencyRecency

LEAST_CUSTOMERS = 500
LEAST_HISTORY = 180  # days from the first order to the last day known, both included
LONGEST_SILENCE = 30  # days up to the last day known, one of which must have an order
LEAST_LOYAL_CUSTOMERS = 50  # customers with order days on LOYAL_FROM days or more
LOYAL_FROM = 3

LEAST_GONE = 0.01  # share of the customers that the model takes for gone


def reason_not_to_predict(customers: FrequencyRecency) -> str | None:
    """One sentence that says why there is too little data, None where there is enough."""
    count = len(customers.customer)
    if count < LEAST_CUSTOMERS:
        return f"Only {count} customers have bought so far; it takes {LEAST_CUSTOMERS} to predict."
    history = round(customers.age.max() * DAYS_A_WEEK) + 1
    if history < LEAST_HISTORY:
        return f"The orders go back only {history} days; it takes {LEAST_HISTORY} to predict."
    silence = round((customers.age - customers.recency).min() * DAYS_A_WEEK)
    if silence >= LONGEST_SILENCE:
        return (
            f"Nobody has ordered in the last {silence} days; it takes an order within"
            f" {LONGEST_SILENCE} to predict."
        )
    loyal = np.count_nonzero(customers.frequency >= LOYAL_FROM - 1)
    if loyal < LEAST_LOYAL_CUSTOMERS:
        return (
            f"Only {loyal} customers have ordered on {LOYAL_FROM} days or more;"
            f" it takes {LEAST_LOYAL_CUSTOMERS} to predict."
        )
    return None


def reason_not_to_tell_who_left(model: BgNbd, customers: FrequencyRecency) -> str | None:
    """One sentence that says why the probabilities to be alive tell nothing, None where they do.

    In a short history with a strong season the likeliest story may be that nobody ever leaves:
    everyone is alive with a probability of almost 1. Expected purchases still make sense then.
    """
    alive = model.probability_alive(customers.frequency, customers.recency, customers.age)
    gone = 1 - alive.mean()
    if gone < LEAST_GONE:
        return (
            f"The model takes only {gone:.1%} of the customers for gone, so it cannot tell a"
            f" pause from leaving; it takes {LEAST_GONE:.0%} to predict who left."
        )
    return None
