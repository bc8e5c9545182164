"""The highest point of a likelihood whose parameters are all positive: what the fits share."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from include.churn_model.reasons import CannotFit, Code
from include.churn_model.table import Floats

# Where customers are all alike in something, a parameter runs off to 0 or to infinity. It is
# stopped at e^-10 or e^7 times its start, where predictions no longer change.
LOWEST, HIGHEST = -10.0, 7.0
FLAT = 1e-5


def maximise(
    log_likelihood: Callable[[Floats], tuple[float, Floats]], start: Floats
) -> tuple[Floats, float]:
    """The parameters of the highest value, and that value.

    `log_likelihood` takes parameters and returns the value and its gradient. The search is in
    the parameters' logarithms, so it makes no difference in which unit time or money is told.
    Raises CannotFit where it does not end at a highest point.
    """
    scale = max(abs(log_likelihood(start)[0]), 1.0)

    def loss(logs: Floats) -> tuple[float, Floats]:
        parameters = np.exp(logs)
        value, gradient = log_likelihood(parameters)
        return -value / scale, -gradient * parameters / scale

    lowest, highest = np.log(start) + LOWEST, np.log(start) + HIGHEST
    found = minimize(
        loss,
        np.log(start),
        jac=True,
        method="SLSQP",
        bounds=np.column_stack([lowest, highest]),
        options={"ftol": 1e-16, "maxiter": 1000},
    )
    # it may call itself unfinished at the precision of a float: what counts is where it ended
    slope = np.clip(found.x - loss(found.x)[1], lowest, highest) - found.x
    if not np.abs(slope).max() < FLAT:
        raise CannotFit(
            Code.NO_BEST_PARAMETERS,
            "The model cannot be fitted: the search for the best parameters found none; check"
            " that the orders are those of a shop.",
        )
    parameters: Floats = np.exp(found.x)
    return parameters, float(-found.fun * scale)
