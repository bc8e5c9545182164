"""BG/NBD and MBG/NBD: how often customers come back, and whether they still do.

Both say: while alive, a customer buys at a constant rate of their own (gamma over customers,
shape r, rate alpha in weeks), and after a purchase leaves for good with a probability of their
own (beta over customers, a and b). They differ in one thing: in BG/NBD nobody leaves after the
first purchase, so whoever came once is alive for certain; in MBG/NBD they may. Spend is not
here (`spend`).

Fader, Hardie, Lee (2005): "Counting Your Customers" the Easy Way, Marketing Science 24(2).
Batislam, Denizel, Filiztekin (2007): Empirical validation and comparison of models for customer
base analysis, IJRM 24(3). Wagner, Hoppe (2008): Erratum on the MBG/NBD model, IJRM 25(3).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, digamma, expit, gammaln, hyp2f1

from include.churn_model.maximum import maximise
from include.churn_model.reasons import CannotFit, Code
from include.churn_model.table import Floats
from include.errors import UserError

TINY = 1e-6


@dataclass(frozen=True)
class BgNbd:
    """Parameters, alpha in weeks, and the log-likelihood of the customers they were fitted to.

    The methods take a value a customer, or one for all, and return an array: frequency x, and
    recency t_x and age T in weeks, as in `FrequencyRecency`.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = np.nan

    FIRST_MAY_BE_LAST: ClassVar[int] = 0
    """1 where a customer may leave after the first purchase: so many more chances to leave."""

    def probability_alive(
        self, frequency: npt.ArrayLike, recency: npt.ArrayLike, age: npt.ArrayLike
    ) -> Floats:
        """1 / (1 + a/(b+n-1) * ((alpha+T)/(alpha+t_x))^(r+x)).

        n is the number of purchases after which the customer might have left: x in BG/NBD
        (the probability is 1 where it is 0), x + 1 in MBG/NBD. Wagner, Hoppe (2008).
        """
        x, t_x, t = _floats(frequency, recency, age)
        n = x + self.FIRST_MAY_BE_LAST
        alive: Floats = expit(-_log_odds_gone(self.r, self.alpha, self.a, self.b, x, n, t_x, t))
        return alive

    def expected_purchases(
        self,
        weeks: npt.ArrayLike,
        frequency: npt.ArrayLike,
        recency: npt.ArrayLike,
        age: npt.ArrayLike,
    ) -> Floats:
        """Purchases (order days) in the `weeks` to come.

        P(alive) * (a+b+n-1)/(a-1) * (1 - (1-z)^(r+x) * 2F1(r+x, b+n; a+b+n-1; z)), where
        z = weeks/(alpha+T+weeks) and n as in `probability_alive`: Fader, Hardie, Lee (2005),
        eq. 10. With x, t_x and T all 0 it is for somebody who buys for the first time now.
        """
        x, t_x, age_, t = _floats(frequency, recency, age, weeks)
        # a = 1 and c = 0 are nothing special to the model, only gaps in the formula
        a = 1 + TINY if abs(self.a - 1) < TINY else self.a
        c = a + self.b + x + self.FIRST_MAY_BE_LAST - 1
        c = np.where(np.abs(c) < TINY, TINY, c)
        # Euler's transformation of 2F1 lets r+x and a-1 change places; with the smaller one as
        # the power of 1-z neither factor overflows.
        small, large = np.minimum(self.r + x, a - 1), np.maximum(self.r + x, a - 1)
        until_then = self.alpha + age_ + t
        power = ((self.alpha + age_) / until_then) ** small
        lost = power * hyp2f1(c - large, small, c, t / until_then)
        purchases: Floats = self.probability_alive(x, t_x, age_) * c / (a - 1) * (1 - lost)
        return purchases

    def return_probability(
        self,
        weeks: npt.ArrayLike,
        frequency: npt.ArrayLike,
        recency: npt.ArrayLike,
        age: npt.ArrayLike,
    ) -> Floats:
        """The chance of at least one purchase in the `weeks` to come.

        P(alive) * (1 - ((alpha+T)/(alpha+T+weeks))^(r+x)): nobody leaves but after a purchase, so
        whoever is alive comes back some day, and the rate is gamma(r+x, alpha+T).
        """
        x, t_x, age_, t = _floats(frequency, recency, age, weeks)
        waits = np.exp(-(self.r + x) * np.log1p(t / (self.alpha + age_)))
        chance: Floats = self.probability_alive(x, t_x, age_) * (1 - waits)
        return chance


@dataclass(frozen=True)
class MbgNbd(BgNbd):
    """BG/NBD, except that a customer may leave after the first purchase too."""

    FIRST_MAY_BE_LAST: ClassVar[int] = 1


def fit_bg_nbd(frequency: npt.ArrayLike, recency: npt.ArrayLike, age: npt.ArrayLike) -> BgNbd:
    """Maximum likelihood, Fader, Hardie, Lee (2005), eq. 6; arguments as of `fit_mbg_nbd`."""
    return BgNbd(*_fit(frequency, recency, age, BgNbd.FIRST_MAY_BE_LAST))


def fit_mbg_nbd(frequency: npt.ArrayLike, recency: npt.ArrayLike, age: npt.ArrayLike) -> MbgNbd:
    """Maximum likelihood, Batislam, Denizel, Filiztekin (2007).

    Takes a value a customer: frequency x, and recency t_x and age T in weeks. Raises UserError
    where they make no sense; CannotFit where nobody came back, and where all customers are alike.
    """
    return MbgNbd(*_fit(frequency, recency, age, MbgNbd.FIRST_MAY_BE_LAST))


def _fit(
    frequency: npt.ArrayLike, recency: npt.ArrayLike, age: npt.ArrayLike, first_may_be_last: int
) -> tuple[float, float, float, float, float]:
    """r, alpha, a, b and the log-likelihood."""
    table = np.column_stack(_floats(frequency, recency, age))
    _check(table)
    # many customers share a row: those who came once differ in age only
    rows, customers = np.unique(table, axis=0, return_counts=True)
    if len(rows) == 1:
        raise CannotFit(
            Code.PURCHASES_ALIKE,
            f"The purchases cannot be modelled: all customers ({len(table)}) bought alike, and"
            " the model learns from differences; fit when there are more.",
        )
    x, t_x, t = rows.T
    n = x + first_may_be_last
    total = customers.sum()
    # terms in x alone are computed once for each of its few values
    each_x, which = np.unique(x, return_inverse=True)
    each_n = each_x + first_may_be_last
    with_x = np.bincount(which, customers)

    def log_likelihood(parameters: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = parameters
        gone = _log_odds_gone(r, alpha, a, b, x, n, t_x, t)
        value = (
            total * (r * np.log(alpha) - gammaln(r) - betaln(a, b))
            + with_x @ (gammaln(r + each_x) + betaln(a, b + each_n))
            + customers @ (np.logaddexp(0, gone) - (r + x) * np.log(alpha + t))
        )
        are_gone = customers * expit(gone)
        psi_n = digamma(a + b + each_n)
        gradient = [
            total * (np.log(alpha) - digamma(r))
            + with_x @ digamma(r + each_x)
            - customers @ np.log(alpha + t)
            + are_gone @ _log_ratio(alpha, t_x, t),
            total * r / alpha
            - customers @ ((r + x) / (alpha + t))
            - are_gone @ ((r + x) * (t - t_x) / ((alpha + t_x) * (alpha + t))),
            total * digamma(a + b) - with_x @ psi_n + are_gone.sum() / a,
            total * (digamma(a + b) - digamma(b))
            + with_x @ (digamma(b + each_n) - psi_n)
            - are_gone @ (1 / _chances(b, n)),
        ]
        return float(value), np.array(gradient)

    weeks_a_purchase = (customers @ t) / (customers @ x)
    parameters, value = maximise(log_likelihood, np.array([1.0, weeks_a_purchase, 1.0, 1.0]))
    r, alpha, a, b = parameters.tolist()
    return r, alpha, a, b, value


def _log_odds_gone(
    r: float, alpha: float, a: float, b: float, x: Floats, n: Floats, t_x: Floats, t: Floats
) -> Floats:
    log_odds: Floats = np.log(a) - np.log(_chances(b, n)) + (r + x) * _log_ratio(alpha, t_x, t)
    return log_odds


def _chances(b: float, n: Floats) -> Floats:
    """b + n - 1; infinite for who had no chance to leave yet, so that the odds to be gone are 0."""
    return np.where(n > 0, b + n - 1, np.inf)


def _log_ratio(alpha: float, t_x: Floats, t: Floats) -> Floats:
    """The logarithm of (alpha+T)/(alpha+t_x)."""
    ratio: Floats = np.log1p((t - t_x) / (alpha + t_x))
    return ratio


def _check(table: Floats) -> None:
    x, t_x, t = table.T
    good = (x >= 0) & (t_x >= 0) & (t_x <= t) & np.isfinite(t) & ((x == 0) == (t_x == 0))
    if not good.all():
        raise UserError(
            f"The frequency-recency table has {np.count_nonzero(~good)} rows that cannot be"
            " (recency after the last day known, or repeats without recency): mend the table."
        )
    if not x.any():
        raise CannotFit(
            Code.NO_REPEATERS,
            f"The purchases cannot be modelled: none of the customers ({len(x)}) came back on a"
            " second day; fit when some have.",
        )


def _floats(*values: npt.ArrayLike) -> tuple[Floats, ...]:
    return np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in values))
