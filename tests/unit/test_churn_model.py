"""The frequency-recency table, the gate, the holdout, and what is told of data that cannot do."""

from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from include.churn_model.gate import reason_not_to_predict, reason_not_to_tell_who_left
from include.churn_model.holdout import Fit, holdout
from include.churn_model.maximum import maximise
from include.churn_model.purchases import BgNbd, MbgNbd, fit_bg_nbd, fit_mbg_nbd
from include.churn_model.spend import fit_gamma_gamma
from include.churn_model.table import Floats, FrequencyRecency, frequency_recency
from include.errors import UserError


def orders(*rows: tuple[str | None, str, float]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["customer_key", "ordered_on", "revenue"])


# --- Orders to the table


def test_a_customer_is_counted_from_the_first_order_day() -> None:
    table = frequency_recency(
        orders(
            ("ana", "2026-01-01", 10),
            ("ana", "2026-01-08", 20),
            ("ana", "2026-01-22", 40),
            ("bia", "2026-01-15", 99),
        ),
        date(2026, 1, 30),
    )

    assert table.customer.tolist() == ["ana", "bia"]
    assert table.frequency.tolist() == [2, 0]
    assert table.recency.tolist() == [3, 0]
    assert table.age.tolist() == [4, 2]
    assert table.mean_repeat_spend[0] == 30
    assert np.isnan(table.mean_repeat_spend[1])


def test_orders_of_one_day_are_one_purchase_of_their_sum() -> None:
    table = frequency_recency(
        orders(
            ("ana", "2026-01-01", 10),
            ("ana", "2026-01-01", 10),
            ("ana", "2026-01-08", 20),
            ("ana", "2026-01-08", 5),
        ),
        date(2026, 1, 9),
    )

    assert table.frequency.tolist() == [1]
    assert table.mean_repeat_spend.tolist() == [25]


def test_orders_on_the_as_of_date_are_not_known_yet() -> None:
    table = frequency_recency(
        orders(("ana", "2026-01-01", 10), ("ana", "2026-01-08", 20), ("bia", "2026-01-08", 30)),
        date(2026, 1, 8),
    )

    assert table.customer.tolist() == ["ana"]
    assert table.frequency.tolist() == [0]
    assert table.age * 7 == pytest.approx([6])


def test_orders_without_a_customer_are_left_out() -> None:
    table = frequency_recency(
        orders((None, "2026-01-01", 10), ("ana", "2026-01-01", 10)), date(2026, 2, 1)
    )

    assert table.customer.tolist() == ["ana"]


# --- The gate

ENOUGH = FrequencyRecency(
    customer=np.arange(500),
    frequency=np.repeat([0.0, 2.0], [450, 50]),
    recency=np.repeat([0.0, 150 / 7], [450, 50]),
    age=np.repeat([100 / 7, 179 / 7], [450, 50]),
    mean_repeat_spend=np.repeat([np.nan, 10.0], [450, 50]),
)


def only(table: FrequencyRecency, chosen: slice) -> FrequencyRecency:
    return FrequencyRecency(*(values[chosen] for values in vars(table).values()))


def test_just_enough_of_everything_is_enough_to_predict() -> None:
    assert reason_not_to_predict(ENOUGH) is None


def test_four_hundred_and_ninety_nine_customers_are_too_few() -> None:
    reason = reason_not_to_predict(only(ENOUGH, slice(1, None)))

    assert reason == "Only 499 customers have bought so far; it takes 500 to predict."


def test_a_hundred_and_seventy_nine_days_of_orders_are_too_short() -> None:
    table = replace(ENOUGH, age=ENOUGH.age - (ENOUGH.age > 20) / 7)

    reason = reason_not_to_predict(table)

    assert reason == "The orders go back only 179 days; it takes 180 to predict."


def test_thirty_days_without_an_order_are_too_quiet() -> None:
    # the last order was 29 days before the last day known, now one more
    reason = reason_not_to_predict(replace(ENOUGH, age=ENOUGH.age + 1 / 7))

    assert reason == (
        "Nobody has ordered in the last 30 days; it takes an order within 30 to predict."
    )


def test_forty_nine_customers_who_came_three_times_are_too_few() -> None:
    frequency = ENOUGH.frequency.copy()
    frequency[-1] = 1

    reason = reason_not_to_predict(replace(ENOUGH, frequency=frequency))

    assert reason == ("Only 49 customers have ordered on 3 days or more; it takes 50 to predict.")


def test_a_shop_without_orders_is_told_so() -> None:
    reason = reason_not_to_predict(frequency_recency(orders(), date(2026, 1, 1)))

    assert reason == "Only 0 customers have bought so far; it takes 500 to predict."


@pytest.mark.parametrize(("a", "told"), [(0.0298, True), (0.0306, False)])
def test_where_less_than_one_in_a_hundred_is_gone_the_probabilities_tell_nothing(
    a: float, told: bool
) -> None:
    # everyone came twice since the first time, the last time just now: a / (a + 3) are gone
    customers = FrequencyRecency(*(np.full(9, value) for value in (0, 2.0, 30.0, 30.0, 10.0)))

    reason = reason_not_to_tell_who_left(MbgNbd(r=1, alpha=10, a=a, b=1), customers)

    assert (reason is not None) == told
    if reason:
        assert reason.startswith("The model takes only 1.0% of the customers for gone, so")


# --- The holdout


def known_model(*_: npt.ArrayLike) -> BgNbd:
    return BgNbd(r=1, alpha=10, a=1e-9, b=1)  # nobody leaves: (1 + x)/(10 + T) purchases a week


def test_the_holdout_counts_order_days_from_the_as_of_date_to_the_last_day_of_its_weeks() -> None:
    history = orders(
        ("ana", "2026-01-01", 1),
        ("ana", "2026-01-22", 1),
        ("ana", "2026-02-05", 1),  # the as-of date
        ("ana", "2026-02-05", 1),
        ("ana", "2026-02-18", 1),  # the last day
        ("ana", "2026-02-19", 1),  # too late
        ("bia", "2026-01-15", 1),
        ("cai", "2026-02-10", 1),  # not known on the as-of date
    )

    result = holdout(history, date(2026, 2, 5), weeks=2, fit=known_model)

    assert (result.weeks, result.customers, result.actual) == (2, 2, 2)
    # T is 34 days for Ana and 20 for Bia, x is 1 and 0
    assert result.predicted == pytest.approx(2 * 2 / (10 + 34 / 7) + 2 * 1 / (10 + 20 / 7))
    assert result.correlation == pytest.approx(1)  # of two, the better one came more often


def test_where_nobody_comes_back_the_holdout_has_no_correlation() -> None:
    history = orders(("ana", "2026-01-01", 1), ("ana", "2026-01-08", 1), ("bia", "2026-01-01", 1))

    result = holdout(history, date(2026, 2, 1), weeks=2, fit=known_model)

    assert result.actual == 0
    assert result.correlation is None


# --- Data that cannot do

PLACES = np.arange(200.0)


@pytest.mark.parametrize("fit", [fit_bg_nbd, fit_mbg_nbd])
@pytest.mark.parametrize(
    ("frequency", "recency", "age", "sentence"),
    [
        ([], [], [], r"none of the customers \(0\) came back"),
        ([0, 0], [0, 0], [5, 9], r"none of the customers \(2\) came back"),
        ([3], [5], [9], r"all customers \(1\) bought alike"),
        ([3, 3, 3], [5, 5, 5], [9, 9, 9], r"all customers \(3\) bought alike"),
        ([1, 2], [10, 2], [9, 9], "has 1 rows that cannot be"),
        ([1, 0], [0, 0], [9, 9], "has 1 rows that cannot be"),
        ([1, 0], [2, 1], [9, 9], "has 1 rows that cannot be"),
        ([1, -1], [2, 1], [9, 9], "has 1 rows that cannot be"),
        ([1, np.nan], [2, 1], [9, np.inf], "has 1 rows that cannot be"),
    ],
)
def test_purchases_that_say_nothing_are_not_modelled(
    fit: Fit, frequency: list[float], recency: list[float], age: list[float], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        fit(frequency, recency, age)


@pytest.mark.parametrize(
    ("frequency", "spend", "sentence"),
    [
        ([], [], r"came back and paid \(0\) all spent alike"),
        ([0, 0], [np.nan, np.nan], r"came back and paid \(0\) all spent alike"),
        ([2, 0], [10, np.nan], r"came back and paid \(1\) all spent alike"),
        ([2, 1, 1], [10, 0, 0], r"came back and paid \(1\) all spent alike"),
        ([2, 1, 5], [9.99, 9.99, 9.990000000000002], r"came back and paid \(3\) all spent alike"),
        (PLACES % 5 + 1, (1 - PLACES / 200) ** -2.0, "has no mean"),  # nor has this Pareto
    ],
)
def test_spend_that_says_nothing_is_not_modelled(
    frequency: npt.ArrayLike, spend: npt.ArrayLike, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        fit_gamma_gamma(frequency, spend)


@pytest.mark.parametrize("fit", [fit_bg_nbd, fit_mbg_nbd])
def test_customers_without_chance_get_figures_all_the_same(fit: Fit) -> None:
    """Everybody every four weeks, nobody ever leaves: no spread to estimate."""
    age = np.arange(1, 101) * 1.0
    frequency = np.floor(age / 4)
    model = fit(frequency, 4 * frequency, age)

    assert model.probability_alive(frequency, 4 * frequency, age).min() > 0.95
    a_year = model.expected_purchases(52, 20, 80, 80)
    assert a_year == pytest.approx(13, rel=0.1)


def test_a_search_that_does_not_end_on_a_top_is_told() -> None:
    def roof(parameters: Floats) -> tuple[float, Floats]:
        return -abs(parameters[0] - 2), np.where(parameters < 2, 1.0, -1.0)  # never flat

    with pytest.raises(UserError, match="found none"):
        maximise(roof, np.array([1.0]))
