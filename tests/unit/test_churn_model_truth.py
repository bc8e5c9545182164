"""Predicted against true: the demo shop knows who has left for good, real shops never do.

`pytest -s` prints the calibration. The shop is not quite the model's: it has seasons, and one
order in seventeen is cancelled and does not count.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.stats import rankdata

from include.churn_model.gate import reason_not_to_predict
from include.churn_model.holdout import holdout
from include.churn_model.purchases import BgNbd, fit_bg_nbd, fit_mbg_nbd
from include.churn_model.table import Floats, FrequencyRecency
from include.demo_shop.shop import generate
from tests.support.frequency_recency import frequency_recency

AS_OF = date(2026, 11, 16)
LAST_DAY = date(2026, 11, 15)
QUARTER_AGO = date(2026, 8, 16)


@pytest.fixture(scope="module")
def shop() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Valid orders, and the truth by customer."""
    made = generate(customers=5000, seed=42, as_of=AS_OF, locale="pt_BR", mess=0)
    orders = made.seeds["raw_orders"].to_pandas()
    cancelled = made.seeds["raw_order_cancellations"]["order_id"].to_pandas()
    ordered_at = pd.to_datetime(orders["ordered_at"]).dt.tz_convert("America/Sao_Paulo")
    orders = orders.assign(
        customer_key=orders["customer_id"],
        ordered_on=ordered_at.dt.tz_localize(None).dt.normalize(),
        revenue=1.0,
    )
    truth = made.truth.to_pandas().set_index("customer_id")
    return orders[~orders["order_id"].isin(cancelled)], truth


@dataclass
class Compared:
    customers: FrequencyRecency
    predicted: Floats
    alive: npt.NDArray[np.bool_]


@pytest.fixture(scope="module")
def compared(shop: tuple[pd.DataFrame, pd.DataFrame]) -> Compared:
    orders, truth = shop
    customers = frequency_recency(orders, LAST_DAY)
    known = customers.frequency, customers.recency, customers.age
    alive = truth.loc[customers.customer, "is_alive_as_of"].to_numpy(bool)
    return Compared(customers, fit_mbg_nbd(*known).probability_alive(*known), alive)


def area_under_curve(score: Floats, alive: npt.NDArray[np.bool_]) -> float:
    """The chance that somebody alive has a higher score than somebody gone."""
    living = np.count_nonzero(alive)
    above = rankdata(score)[alive].sum() - living * (living + 1) / 2
    return float(above / (living * np.count_nonzero(~alive)))


def test_the_demo_shop_is_enough_to_predict(compared: Compared) -> None:
    assert reason_not_to_predict(compared.customers) is None


def test_of_those_called_alive_with_some_probability_that_share_is(compared: Compared) -> None:
    by_probability = np.argsort(compared.predicted, kind="stable")
    deciles = np.array_split(by_probability, 10)
    predicted = np.array([compared.predicted[decile].mean() for decile in deciles])
    alive = np.array([compared.alive[decile].mean() for decile in deciles])
    print("\ndecile  predicted  truly alive")
    for number, (said, true) in enumerate(zip(predicted, alive, strict=True), start=1):
        print(f"{number:6} {said:10.3f} {true:12.3f}")

    # chance alone moves the share in a decile of some 490 customers by up to 0.068 (3 sigma)
    assert np.abs(predicted - alive).max() < 0.07
    assert compared.predicted.mean() == pytest.approx(compared.alive.mean(), abs=0.02)


def test_the_probability_tells_the_living_from_the_gone(compared: Compared) -> None:
    model = area_under_curve(compared.predicted, compared.alive)
    silence = compared.customers.age - compared.customers.recency
    rule = area_under_curve(-silence, compared.alive)
    print(f"\narea under the curve: {model:.3f}; by days since the last order: {rule:.3f}")

    assert model > 0.88
    assert model > rule + 0.02


def test_of_those_who_came_once_most_are_gone_and_the_model_knows(compared: Compared) -> None:
    once = compared.customers.frequency == 0

    assert compared.alive[once].mean() < 0.4  # where BG/NBD says 1
    assert compared.predicted[once].mean() == pytest.approx(compared.alive[once].mean(), abs=0.05)


@pytest.mark.parametrize("fit", [fit_bg_nbd, fit_mbg_nbd])
def test_the_next_quarters_orders_are_foreseen(
    shop: tuple[pd.DataFrame, pd.DataFrame],
    fit: Callable[..., BgNbd],
) -> None:
    then = frequency_recency(shop[0], QUARTER_AGO)
    model = fit(then.frequency, then.recency, then.age)

    result = holdout(model, then, frequency_recency(shop[0], LAST_DAY), weeks=13)
    print(f"\n{result}")

    # the season alone is worth a few per cent
    assert result.predicted == pytest.approx(result.actual, rel=0.1)
    assert result.correlation is not None
    assert result.correlation > 0.5
