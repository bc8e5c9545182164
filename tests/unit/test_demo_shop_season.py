"""Chance and the calendar, the two things the demo shop's history is drawn from."""

from datetime import date

import numpy as np
import pytest

from include.demo_shop.draws import choose, uniform
from include.demo_shop.season import (
    DAY,
    OPENED_ON,
    THIRD_BIRTHDAY,
    black_friday,
    clocks,
    promotion_share,
    seconds_to,
)


def test_a_draw_does_not_depend_on_the_others() -> None:
    many = uniform(42, "rate", np.arange(1000))
    assert uniform(42, "rate", np.array([700]))[0] == many[700]


def test_draws_differ_by_seed_and_by_purpose() -> None:
    counters = np.arange(10_000)
    draws = [uniform(*of, counters) for of in ((1, "rate"), (2, "rate"), (1, "gap"))]
    correlation = np.corrcoef(draws) - np.eye(3)
    assert np.abs(correlation).max() < 0.05  # five standard errors


def test_draws_fill_the_unit_interval_evenly() -> None:
    draws = uniform(42, "rate", np.arange(100_000) << 20)
    in_tenths = np.bincount((draws * 10).astype(int), minlength=10)
    assert in_tenths == pytest.approx(10_000, abs=500)  # five standard errors


def test_a_choice_is_as_likely_as_its_weight() -> None:
    chosen = choose([1, 3, 0, 4], uniform(42, "rate", np.arange(80_000)))
    assert np.bincount(chosen, minlength=4) == pytest.approx([10_000, 30_000, 0, 40_000], abs=700)


def test_the_largest_draw_still_chooses_the_last() -> None:
    assert choose([0.1] * 10, np.array([np.nextafter(1, 0)])) == 9


@pytest.mark.parametrize("day", [date(2024, 11, 29), date(2025, 11, 28), date(2029, 11, 23)])
def test_black_friday_follows_the_fourth_thursday(day: date) -> None:
    assert black_friday(day.year) == day


def test_black_friday_has_the_most_discounts() -> None:
    assert promotion_share(date(2025, 11, 28)) > promotion_share(date(2025, 11, 10))
    assert promotion_share(date(2025, 11, 10)) > promotion_share(date(2025, 10, 10))


def test_a_clock_can_be_turned_back() -> None:
    purchases, _ = clocks(THIRD_BIRTHDAY)
    moments = np.arange(5, seconds_to(THIRD_BIRTHDAY), 98_765)
    assert purchases.moment(purchases.read(moments)) == pytest.approx(moments, abs=1)


def test_the_purchase_clock_advances_by_one_a_week_on_average() -> None:
    purchases, _ = clocks(THIRD_BIRTHDAY)
    weeks = (THIRD_BIRTHDAY - OPENED_ON).days / 7
    assert purchases.read(np.array([seconds_to(THIRD_BIRTHDAY)]))[0] == pytest.approx(weeks)


def test_the_clocks_do_not_depend_on_where_history_ends() -> None:
    moments = np.arange(0, seconds_to(date(2024, 6, 1)), 12_345)
    for short, long in zip(clocks(date(2024, 6, 1)), clocks(date(2031, 1, 1)), strict=True):
        assert np.array_equal(short.read(moments), long.read(moments))


def _bought_on(day: date) -> float:
    purchases, _ = clocks(THIRD_BIRTHDAY)
    start = seconds_to(day)
    first, last = purchases.read(np.array([start, start + DAY - 1]))
    return float(last - first)


@pytest.mark.parametrize(
    ("busy", "calm"),
    [
        pytest.param(date(2025, 11, 28), date(2025, 11, 14), id="Black Friday"),
        pytest.param(date(2025, 12, 16), date(2026, 1, 13), id="before Christmas"),
        pytest.param(date(2025, 5, 10), date(2025, 5, 17), id="eve of Mother's day"),
        pytest.param(date(2025, 9, 15), date(2025, 9, 14), id="Monday after Sunday"),
    ],
)
def test_feasts_and_weekdays_sell_more(busy: date, calm: date) -> None:
    assert _bought_on(busy) > 1.2 * _bought_on(calm)
