"""Signals and drivers of the demo shop: no later week changes one, and chance is what scipy says.

The formulas have cases worked out by hand beside the models; here they meet a whole shop.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from scipy.stats import hypergeom, poisson

from tests.support.warehouses import Row, Warehouse, demo_shop

LATEST, EARLIER = "2026-11-16", "2026-06-01"
SIGNALS = "select * from marts.weekly_signals order by week_starts_on, figure"
WHOLE = """
    select period, active_customers_at_start as active, churned_from_start as churned
    from (
        select *, max(starts_on) over (partition by period) as latest
        from intermediate.int_growth_accounting
        where dimension = 'all'
    ) as accounting
    where starts_on = latest
"""

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def shop(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Warehouse]:
    """The demo shop with its signals and drivers as of a day, until another is asked for."""
    warehouse = demo_shop(postgres, "weekly_signals", tmp_path_factory.mktemp("weekly_signals"))
    built = [""]

    def as_of(day: str) -> Warehouse:
        if built != [day]:
            warehouse.dbt("run", "--select", "+weekly_signals", "+churn_drivers", as_of=day)
            built[:] = [day]
        return warehouse

    return as_of


def test_no_later_week_changes_what_was_said_of_an_earlier_one(
    shop: Callable[[str], Warehouse],
) -> None:
    then = shop(EARLIER).rows(SIGNALS)
    weeks = {row["week_starts_on"] for row in then}
    assert len(weeks) > 100
    assert max(weeks) == date(2026, 5, 25)
    now = [row for row in shop(LATEST).rows(SIGNALS) if row["week_starts_on"] in weeks]
    assert now == then


def test_black_friday_is_a_signal_and_an_ordinary_week_is_none(
    shop: Callable[[str], Warehouse],
) -> None:
    said = {
        (str(row["week_starts_on"]), row["figure"]): row["signal"]
        for row in shop(LATEST).rows(SIGNALS)
    }
    assert said["2025-11-24", "revenue"] == "above"
    assert said["2025-11-24", "new_customers"] == "above"
    last_week = {signal for (day, _), signal in said.items() if day == "2026-11-09"}
    assert last_week == {"usual"}


def test_chance_leaves_the_range_of_a_count_in_four_of_a_thousand_weeks_at_most(
    shop: Callable[[str], Warehouse],
) -> None:
    judged = [
        row
        for row in shop(LATEST).rows(SIGNALS)
        if row["usual_low"] is not None
        and row["figure"] in ("new_customers", "churned_customers", "reactivated_customers")
    ]
    assert len(judged) > 400
    for row in judged:
        expected = float(row["expected_value"])
        outside = poisson.cdf(float(row["usual_low"]) - 1, expected)
        outside += poisson.sf(float(row["usual_high"]), expected)
        assert outside < 0.004, row


def test_the_chance_of_a_difference_is_that_of_fishers_exact_test_or_a_little_more(
    shop: Callable[[str], Warehouse],
) -> None:
    warehouse = shop(LATEST)
    whole = {row["period"]: row for row in warehouse.rows(WHOLE)}
    drivers = warehouse.rows("select * from marts.churn_drivers where p_value is not null")
    assert len(drivers) > 80
    for row in drivers:
        of_all = whole[row["period"]]
        left, active = row["churned_from_start"], row["active_customers_at_start"]
        tail = hypergeom(of_all["active"], of_all["churned"], active)
        exact = min(1, 2 * min(tail.cdf(left), tail.sf(left - 1)))
        assert row["p_value"] > exact * 0.999
        if exact < 0.01:
            assert row["p_value"] < exact * 1.15, row


def test_the_segments_looked_at_are_counted_by_holms_method(
    shop: Callable[[str], Warehouse],
) -> None:
    drivers = shop(LATEST).rows("select * from marts.churn_drivers where p_value is not null")
    for period in ("week", "month"):
        of_period = sorted(
            (row for row in drivers if row["period"] == period), key=lambda row: row["p_value"]
        )
        adjusted = _holm([row["p_value"] for row in of_period])
        assert [row["adjusted_p_value"] for row in of_period] == pytest.approx(adjusted)


def _holm(p_values: list[float]) -> list[float]:
    """The adjusted values of ascending ones: each times how many are not smaller, never falling."""
    adjusted: list[float] = []
    for rank, p_value in enumerate(p_values):
        least = adjusted[-1] if adjusted else 0
        adjusted.append(max(least, min(1, (len(p_values) - rank) * p_value)))
    return adjusted


def test_cohorts_and_who_is_unknown_are_not_looked_at(shop: Callable[[str], Warehouse]) -> None:
    drivers: list[Row] = shop(LATEST).rows("select * from marts.churn_drivers")
    assert {row["dimension"] for row in drivers if row["p_value"] is None} >= {"cohort"}
    for row in drivers:
        if row["dimension"] == "cohort" or row["segment"] in ("unknown", "other"):
            assert row["standout_rank"] is None
            assert row["contribution"] is not None
