"""The frequency-recency table: a row a customer, what the models are fitted to.

dbt counts it (`marts.fct_order_days`), `store` reads it; here is what it means.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
DAYS_A_WEEK = 7


@dataclass(frozen=True)
class FrequencyRecency:
    """What was known at the end of a day, that day included: a value a customer in each array.

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
