"""Gamma-Gamma: what a customer spends on a day with an order.

A customer's spend varies around a mean of their own (gamma, shape p), and the means vary between
customers (inverse gamma, q and gamma): who bought rarely is drawn towards the mean of all. It
assumes that how much somebody spends has nothing to do with how often they come.

Fader, Hardie (2013): The Gamma-Gamma Model of Monetary Value.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, gammaln

from include.churn_model.maximum import maximise
from include.churn_model.reasons import CannotFit, Code
from include.churn_model.table import Floats


@dataclass(frozen=True)
class GammaGamma:
    """Parameters, gamma in money, and the log-likelihood of the repeaters they were fitted to.

    What a customer will spend on a day with an order is dbt's to say (marts/value).
    """

    p: float
    q: float
    gamma: float
    log_likelihood: float = np.nan


def fit_gamma_gamma(frequency: npt.ArrayLike, mean_repeat_spend: npt.ArrayLike) -> GammaGamma:
    """Maximum likelihood, Fader, Hardie (2013), eq. 1a.

    Takes a value a customer: frequency x and mean repeat spend z, in money. Who came once, or
    spent nothing, is left out. Raises CannotFit where fewer than two are left, where all spent
    alike, and where spend differs so much that it has no mean.
    """
    x, z = np.broadcast_arrays(
        np.asarray(frequency, dtype=float), np.asarray(mean_repeat_spend, dtype=float)
    )
    is_counted = (x > 0) & (z > 0)
    x, z = x[is_counted], z[is_counted]
    if len(z) < 2 or np.allclose(z, z.mean()):
        raise CannotFit(
            Code.SPEND_ALIKE,
            f"The spend cannot be modelled: the customers who came back and paid ({len(z)}) all"
            " spent alike, and the model learns from differences; fit when there are more.",
        )
    log_spent = np.log(x * z)
    # terms in x alone are computed once for each of its few values
    each_x, which = np.unique(x, return_inverse=True)
    with_x = np.bincount(which)

    def log_likelihood(parameters: Floats) -> tuple[float, Floats]:
        p, q, gamma = parameters
        log_all = np.log(gamma + x * z)
        value = (
            len(x) * (q * np.log(gamma) - gammaln(q))
            + with_x @ (gammaln(p * each_x + q) - gammaln(p * each_x))
            + (p * x * log_spent - np.log(z) - (p * x + q) * log_all).sum()
        )
        psi = digamma(p * each_x + q)
        gradient = [
            with_x @ (each_x * (psi - digamma(p * each_x))) + x @ (log_spent - log_all),
            with_x @ psi - len(x) * (digamma(q) - np.log(gamma)) - log_all.sum(),
            len(x) * q / gamma - ((p * x + q) / (gamma + x * z)).sum(),
        ]
        return float(value), np.array(gradient)

    parameters, value = maximise(log_likelihood, np.array([1.0, 2.0, z.mean()]))
    p, q, gamma = parameters.tolist()
    if q <= 1:
        raise CannotFit(
            Code.SPEND_HAS_NO_MEAN,
            "The spend cannot be modelled: it differs so much between customers that it has no"
            f" mean (q = {q:.2f}, which has to be above 1).",
        )
    return GammaGamma(p, q, gamma, value)
