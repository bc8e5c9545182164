"""The published figures of the CDNOW sample: 2,357 customers, calibration to 1997-09-30.

BG/NBD from Fader, Hardie, Lee (2005); MBG/NBD from the R package BTYDplus; Gamma-Gamma from
Fader, Hardie (2013) and the R package CLVTools; bins from the vignette of the R package BTYD.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from include.churn_model.gate import reason_not_to_predict, reason_not_to_tell_who_left
from include.churn_model.holdout import holdout
from include.churn_model.purchases import BgNbd, fit_bg_nbd, fit_mbg_nbd
from include.churn_model.spend import fit_gamma_gamma
from include.churn_model.table import FrequencyRecency
from tests.support.frequency_recency import frequency_recency, order_days

CALIBRATION = date(1997, 9, 30)
HOLDOUT = date(1998, 6, 30)  # 39 weeks later


@pytest.fixture(scope="module")
def orders(shared_data: Callable[[str], Path]) -> pd.DataFrame:
    rows = pd.read_parquet(shared_data("cdnow_sample/cdnow.parquet"))
    return rows.rename(
        columns={"sample_id": "customer_key", "order_date": "ordered_on", "amount": "revenue"}
    )[["customer_key", "ordered_on", "revenue"]]


@pytest.fixture(scope="module")
def customers(orders: pd.DataFrame) -> FrequencyRecency:
    return frequency_recency(orders, CALIBRATION)


@pytest.fixture(scope="module")
def bg_nbd(customers: FrequencyRecency) -> BgNbd:
    return fit_bg_nbd(customers.frequency, customers.recency, customers.age)


def test_the_customers_are_those_of_the_published_summary(
    customers: FrequencyRecency, shared_data: Callable[[str], Path]
) -> None:
    published = pd.read_csv(
        shared_data("cdnow_sample/cdnow_customers_summary_with_transactions.csv")
    )

    assert customers.customer.tolist() == published["ID"].tolist()
    assert customers.frequency.tolist() == published["x"].tolist()
    assert customers.recency == pytest.approx(published["t_x"].to_numpy(), abs=0.0051)
    assert customers.age == pytest.approx(published["T"].to_numpy(), abs=0.0051)
    spend = np.nan_to_num(customers.mean_repeat_spend)
    assert spend == pytest.approx(published["zbar"].to_numpy(), abs=0.0101)


def test_as_many_customers_came_back_as_often_as_published(customers: FrequencyRecency) -> None:
    bins = np.bincount(np.minimum(customers.frequency, 7).astype(int))

    assert bins.tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]


def test_the_sample_is_enough_to_predict(customers: FrequencyRecency) -> None:
    assert reason_not_to_predict(customers) is None

    model = fit_mbg_nbd(customers.frequency, customers.recency, customers.age)
    assert reason_not_to_tell_who_left(model, customers) is None


def test_bg_nbd_is_the_published_one(bg_nbd: BgNbd) -> None:
    fitted = [round(value, 3) for value in (bg_nbd.r, bg_nbd.alpha, bg_nbd.a, bg_nbd.b)]

    assert fitted == [0.243, 4.414, 0.793, 2.426]
    assert round(bg_nbd.log_likelihood, 1) == -9582.4


def test_mbg_nbd_is_the_published_one(customers: FrequencyRecency) -> None:
    model = fit_mbg_nbd(customers.frequency, customers.recency, customers.age)

    fitted = [round(value, 3) for value in (model.r, model.alpha, model.a, model.b)]

    assert fitted == [0.525, 6.183, 0.891, 1.614]


def test_gamma_gamma_is_the_published_one(customers: FrequencyRecency) -> None:
    assert np.count_nonzero(customers.frequency) == 946
    model = fit_gamma_gamma(customers.frequency, customers.mean_repeat_spend)

    fitted = [round(value, 2) for value in (model.p, model.q, model.gamma)]

    assert fitted == [6.25, 3.74, 15.44]
    assert round(model.log_likelihood, 4) == -4055.9177


def test_a_known_customer_is_expected_to_come_as_often_as_published(bg_nbd: BgNbd) -> None:
    expected = bg_nbd.expected_purchases(39, frequency=2, recency=30.43, age=38.86)

    assert round(float(expected), 3) == 1.226


def test_the_holdout_correlates_as_published(
    orders: pd.DataFrame, customers: FrequencyRecency, bg_nbd: BgNbd
) -> None:
    result = holdout(bg_nbd, customers, frequency_recency(orders, HOLDOUT), weeks=39)

    assert result.correlation == pytest.approx(0.626, abs=0.002)
    after = order_days(orders)["ordered_on"] > pd.Timestamp(CALIBRATION)
    assert result.actual == after.sum()  # the file ends with the 39 weeks


def test_at_week_78_four_per_cent_fewer_repeats_are_predicted_than_came(
    orders: pd.DataFrame, bg_nbd: BgNbd
) -> None:
    days = order_days(orders)
    first = days.groupby("customer_key")["ordered_on"].min()
    weeks = (pd.Timestamp("1998-06-30") - first).dt.days.to_numpy() / 7

    predicted = bg_nbd.expected_purchases(weeks, frequency=0, recency=0, age=0).sum()

    actual = len(days) - len(first)
    assert round(100 * (predicted / actual - 1)) == -4
