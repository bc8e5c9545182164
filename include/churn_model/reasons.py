"""Why there is no prediction: the codes, and the thresholds behind them, each in this one place.

Codes are stored with a fit and read by the report; the sentence is for who runs the fit. Kept free
of heavy imports, as the report needs no scipy.
"""

from dataclasses import dataclass
from enum import StrEnum

from include.errors import UserError

# The thresholds of too little data follow those of Klaviyo's predictive analytics.
LEAST_CUSTOMERS = 500
LEAST_HISTORY = 180  # days from the first order to the last day known, both included
LONGEST_SILENCE = 30  # days up to the last day known, one of which must have an order
LEAST_LOYAL_CUSTOMERS = 50  # customers with order days on LOYAL_FROM days or more
LOYAL_FROM = 3

LEAST_GONE = 0.01  # share of the customers that the model takes for gone


class Code(StrEnum):
    """What stands in `declined_because` of `ops.churn_model_parameters`."""

    TOO_FEW_CUSTOMERS = "too_few_customers"
    HISTORY_TOO_SHORT = "history_too_short"
    SILENT_TOO_LONG = "silent_too_long"
    TOO_FEW_LOYAL_CUSTOMERS = "too_few_loyal_customers"
    NOBODY_LEAVES = "nobody_leaves"
    NO_REPEATERS = "no_repeaters"
    PURCHASES_ALIKE = "purchases_alike"
    SPEND_ALIKE = "spend_alike"
    SPEND_HAS_NO_MEAN = "spend_has_no_mean"
    NO_BEST_PARAMETERS = "no_best_parameters"


@dataclass(frozen=True)
class Decline:
    """One sentence for people, with the shop's own figures, and its code for the tables."""

    code: Code
    sentence: str


class CannotFit(UserError):  # noqa: N818 - it is no error that a shop is what it is
    """The data say nothing that the model could learn; `reason` tells why."""

    def __init__(self, code: Code, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = Decline(code, sentence)
