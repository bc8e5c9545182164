"""The gate, the holdout, the three fits, and what is told of data that cannot do."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from include.churn_model.fit import fit_models
from include.churn_model.gate import reason_not_to_predict, reason_not_to_tell_who_left
from include.churn_model.holdout import holdout
from include.churn_model.maximum import maximise
from include.churn_model.purchases import BgNbd, MbgNbd, fit_bg_nbd, fit_mbg_nbd
from include.churn_model.reasons import Code, Decline
from include.churn_model.spend import fit_gamma_gamma
from include.churn_model.table import Floats, FrequencyRecency
from include.errors import UserError

FitPurchases = Callable[[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike], BgNbd]


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

    assert reason == Decline(
        Code.TOO_FEW_CUSTOMERS, "Only 499 customers have bought so far; it takes 500 to predict."
    )


def test_a_hundred_and_seventy_nine_days_of_orders_are_too_short() -> None:
    table = replace(ENOUGH, age=ENOUGH.age - (ENOUGH.age > 20) / 7)

    reason = reason_not_to_predict(table)

    assert reason == Decline(
        Code.HISTORY_TOO_SHORT, "The orders go back only 179 days; it takes 180 to predict."
    )


def test_thirty_days_without_an_order_are_too_quiet() -> None:
    # the last order was 29 days before the last day known, now one more
    reason = reason_not_to_predict(replace(ENOUGH, age=ENOUGH.age + 1 / 7))

    assert reason == Decline(
        Code.SILENT_TOO_LONG,
        "Nobody has ordered in the last 30 days; it takes an order within 30 to predict.",
    )


def test_forty_nine_customers_who_came_three_times_are_too_few() -> None:
    frequency = ENOUGH.frequency.copy()
    frequency[-1] = 1

    reason = reason_not_to_predict(replace(ENOUGH, frequency=frequency))

    assert reason == Decline(
        Code.TOO_FEW_LOYAL_CUSTOMERS,
        "Only 49 customers have ordered on 3 days or more; it takes 50 to predict.",
    )


def test_a_shop_without_orders_is_told_so() -> None:
    reason = reason_not_to_predict(only(ENOUGH, slice(0)))

    assert reason is not None
    assert reason.sentence == "Only 0 customers have bought so far; it takes 500 to predict."


@pytest.mark.parametrize(("a", "told"), [(0.0298, True), (0.0306, False)])
def test_where_less_than_one_in_a_hundred_is_gone_the_probabilities_tell_nothing(
    a: float, told: bool
) -> None:
    # everyone came twice since the first time, the last time just now: a / (a + 3) are gone
    customers = FrequencyRecency(*(np.full(9, value) for value in (0, 2.0, 30.0, 30.0, 10.0)))

    reason = reason_not_to_tell_who_left(MbgNbd(r=1, alpha=10, a=a, b=1), customers)

    assert (reason is not None) == told
    if reason:
        assert reason.code == Code.NOBODY_LEAVES
        assert reason.sentence.startswith("The model takes only 1.0% of the customers for gone, so")


# --- The holdout


def table(**customers: tuple[float, float, float]) -> FrequencyRecency:
    """Customers by name, each with frequency, and recency and age in weeks."""
    frequency, recency, age = np.array(list(customers.values()), dtype=np.float64).T
    return FrequencyRecency(
        np.array(list(customers), dtype=object), frequency, recency, age, np.full(len(age), 10.0)
    )


NOBODY_LEAVES = BgNbd(r=1, alpha=10, a=1e-9, b=1)  # (1 + x)/(10 + T) purchases a week


def test_the_holdout_counts_the_order_days_since_of_those_who_were_customers_before() -> None:
    then = table(ana=(1, 3, 5), bia=(0, 0, 3))
    later = table(ana=(3, 6, 7), bia=(0, 0, 5), cai=(4, 1, 1))

    result = holdout(NOBODY_LEAVES, then, later, weeks=2)

    assert (result.weeks, result.customers, result.actual) == (2, 2, 2)
    assert result.predicted == pytest.approx(2 * 2 / (10 + 5) + 2 * 1 / (10 + 3))
    assert result.correlation == pytest.approx(1)  # of two, the better one came more often


def test_the_customers_are_told_by_tenths_the_least_likely_to_return_first() -> None:
    # who came once T weeks ago returns within 10 with a chance of 1 - (10 + T)/(10 + T + 10)
    age = np.repeat(np.arange(10, dtype=np.float64), 2)[::-1] * 10
    never = np.zeros(20)
    then = FrequencyRecency(np.arange(20), never, never, age, np.full(20, np.nan))
    later = replace(then, frequency=never + (age == 0))  # the two youngest

    tenths = holdout(NOBODY_LEAVES, then, later, weeks=10).deciles

    chances = [10 / (10 + weeks + 10) for weeks in range(90, -1, -10)]
    assert [tenth.customers for tenth in tenths] == [2] * 10
    assert [tenth.expected for tenth in tenths] == pytest.approx([2 * p for p in chances], rel=1e-3)
    assert [tenth.variance for tenth in tenths] == pytest.approx(
        [2 * p * (1 - p) for p in chances], rel=1e-3
    )
    assert [tenth.returned for tenth in tenths] == [0] * 9 + [2]


def test_where_nobody_comes_back_the_holdout_has_no_correlation() -> None:
    then, later = table(ana=(1, 1, 5), bia=(0, 0, 5)), table(ana=(1, 1, 7), bia=(0, 0, 7))

    result = holdout(NOBODY_LEAVES, then, later, weeks=2)

    assert result.actual == 0
    assert result.correlation is None


# --- All three fits


def shop(seed: int = 1) -> FrequencyRecency:
    """A shop of 600 customers that the models can learn from."""
    chance = np.random.default_rng(seed)
    age = np.round(chance.uniform(5, 60, 600))
    frequency = np.minimum(chance.geometric(0.4, 600) - 1.0, age)
    recency = np.where(frequency > 0, np.ceil(age * chance.uniform(0.1, 1, 600)), 0)
    spend = np.where(frequency > 0, chance.lognormal(3, 0.5, 600), np.nan)
    return FrequencyRecency(np.arange(600), frequency, recency, age, spend)


def test_each_model_is_fitted_and_what_came_since_is_told_of_those_that_tell_it() -> None:
    customers = shop()
    later = replace(customers, frequency=customers.frequency + (customers.recency > 20))

    bg_nbd, mbg_nbd, gamma_gamma = fit_models(customers, later, 8)

    for fit in (bg_nbd, mbg_nbd):
        assert (fit.customers, fit.holdout_weeks, fit.declined) == (600, 8, None)
        assert fit.holdout_correlation is not None
    assert mbg_nbd.fitted == fit_mbg_nbd(customers.frequency, customers.recency, customers.age)
    assert gamma_gamma.fitted == fit_gamma_gamma(customers.frequency, customers.mean_repeat_spend)
    assert gamma_gamma.holdout_weeks is None


def test_where_too_little_is_known_since_there_is_no_holdout() -> None:
    fits = fit_models(shop(), None, 1)

    assert {(fit.holdout_weeks, fit.holdout_correlation) for fit in fits} == {(None, None)}
    assert all(fit.fitted for fit in fits)


def test_where_there_is_too_little_to_predict_nothing_is_fitted() -> None:
    fits = fit_models(only(ENOUGH, slice(1, None)), ENOUGH, 8)

    assert [fit.fitted for fit in fits] == [None, None, None]
    assert {fit.declined and fit.declined.code for fit in fits} == {Code.TOO_FEW_CUSTOMERS}


def test_spend_that_is_all_alike_declines_the_spend_alone() -> None:
    customers = replace(shop(), mean_repeat_spend=np.full(600, 9.99))

    _, mbg_nbd, gamma_gamma = fit_models(customers, None, 0)

    assert mbg_nbd.declined is None
    assert gamma_gamma.declined is not None
    assert gamma_gamma.declined.code == Code.SPEND_ALIKE


def test_where_nobody_leaves_the_parameters_are_told_and_the_reason_too() -> None:
    age = np.arange(600, dtype=np.float64) % 60 + 10  # every four weeks, up to the last day
    frequency = np.floor(age / 4)
    customers = FrequencyRecency(np.arange(600), frequency, 4 * frequency, age, age)

    _, mbg_nbd, _ = fit_models(customers, None, 0)

    assert mbg_nbd.fitted is not None
    assert mbg_nbd.declined is not None
    assert mbg_nbd.declined.code == Code.NOBODY_LEAVES


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
    fit: FitPurchases, frequency: list[float], recency: list[float], age: list[float], sentence: str
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
def test_customers_without_chance_get_figures_all_the_same(fit: FitPurchases) -> None:
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
