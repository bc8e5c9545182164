"""All three models fitted to one frequency-recency table, or the reason why not: a row a model.

The rows are those of `ops.churn_model_parameters`; `store` keeps them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from include.churn_model.gate import reason_not_to_predict, reason_not_to_tell_who_left
from include.churn_model.holdout import Decile, holdout
from include.churn_model.purchases import BgNbd, fit_bg_nbd, fit_mbg_nbd
from include.churn_model.reasons import CannotFit, Decline
from include.churn_model.spend import GammaGamma, fit_gamma_gamma
from include.churn_model.table import FrequencyRecency

LEAST_HOLDOUT_WEEKS = 4  # fewer say little of how good a prediction is


@dataclass(frozen=True)
class Fit:
    """One model's parameters, None where they are not of that model or it declined.

    `declined` is why no prediction is to be made from it.
    """

    model: str
    customers: int
    fitted: BgNbd | GammaGamma | None
    declined: Decline | None = None
    holdout_weeks: int | None = None
    holdout_correlation: float | None = None
    deciles: tuple[Decile, ...] = ()
    """Of the holdout."""

    def parameters(self) -> dict[str, float]:
        """The parameters, and the log-likelihood last, by their names in the papers."""
        return dict(vars(self.fitted)) if self.fitted else {}


@dataclass(frozen=True)
class Fitted:
    """What was fitted to the orders of `sources` until `until`, that day included."""

    sources: str
    until: date
    fits: tuple[Fit, ...]


def fit_models(
    customers: FrequencyRecency, later: FrequencyRecency | None, weeks: int
) -> tuple[Fit, Fit, Fit]:
    """BG/NBD, MBG/NBD and Gamma-Gamma.

    `later` is the same table `weeks` later, None where too little is known since for a holdout.
    """
    reason = reason_not_to_predict(customers)
    return (
        _fit_purchases("bg_nbd", fit_bg_nbd, customers, later, weeks, reason),
        _fit_purchases("mbg_nbd", fit_mbg_nbd, customers, later, weeks, reason),
        _fit_spend(customers, reason),
    )


def _fit_purchases(
    name: str,
    fit: Callable[..., BgNbd],
    customers: FrequencyRecency,
    later: FrequencyRecency | None,
    weeks: int,
    reason: Decline | None,
) -> Fit:
    count = len(customers.customer)
    if reason:
        return Fit(name, count, None, reason)
    try:
        model = fit(customers.frequency, customers.recency, customers.age)
    except CannotFit as error:
        return Fit(name, count, None, error.reason)
    reason = reason_not_to_tell_who_left(model, customers)
    if later is None:
        return Fit(name, count, model, reason)
    measured = holdout(model, customers, later, weeks)
    return Fit(name, count, model, reason, weeks, measured.correlation, measured.deciles)


def _fit_spend(customers: FrequencyRecency, reason: Decline | None) -> Fit:
    count = len(customers.customer)
    if reason:
        return Fit("gamma_gamma", count, None, reason)
    try:
        model = fit_gamma_gamma(customers.frequency, customers.mean_repeat_spend)
    except CannotFit as error:
        return Fit("gamma_gamma", count, None, error.reason)
    return Fit("gamma_gamma", count, model)
