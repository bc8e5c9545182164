"""What was told of the past stays told: an earlier run's churn history is the later run's, cut off.

The demo shop cancels and takes back orders days and weeks after they were placed, which is what
could rewrite it.
"""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.support.warehouses import Row, Warehouse, demo_shop

LATEST = date(2026, 11, 16)
# mondays, the first of a month, and any day
EARLIER = [date(2026, 11, 9), date(2026, 10, 1), date(2026, 5, 20), date(2025, 6, 2)]

EVENTS = "select * from marts.churn_events order by happened_on, customer_key, event_type"
WEEKS = """
    select
        week_starts_on, active_customers_at_start, new_customers, reactivated_customers,
        churned_customers, churned_from_start, active_customers_at_end, customers_at_end,
        revenue_at_start, churned_revenue, revenue_churn_rate
    from marts.weekly_churn order by week_starts_on
"""

pytestmark = pytest.mark.timeout(600)

History = tuple[list[Row], list[Row]]


@pytest.fixture(scope="module")
def history(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[date], History]:
    """The churn events and the weeks as of a date, of the committed seeds."""
    warehouse = demo_shop(postgres, "churn_history", tmp_path_factory.mktemp("churn_history"))
    told: dict[date, History] = {}

    def as_of(day: date) -> History:
        if day not in told:
            told[day] = build(warehouse, day)
        return told[day]

    return as_of


def build(warehouse: Warehouse, day: date) -> History:
    warehouse.dbt("run", "--select", "+weekly_churn", "+churn_events", as_of=str(day))
    return warehouse.rows(EVENTS), warehouse.rows(WEEKS)


def test_a_later_cancellation_could_have_rewritten_the_past(
    history: Callable[[date], History],
) -> None:
    events, _ = history(LATEST)
    called_off = [event for event in events if event["churned_by"] == "order called off"]
    assert len(called_off) > 100


@pytest.mark.parametrize("day", EARLIER, ids=str)
def test_churn_events_of_an_earlier_run_are_the_later_ones_up_to_its_date(
    day: date, history: Callable[[date], History]
) -> None:
    events, _ = history(day)
    # an order of the as-of date itself is not known yet, a window that has lapsed by it is
    until_then = [
        event
        for event in history(LATEST)[0]
        if event["happened_on"] <= day - timedelta(days=event["event_type"] == "reactivated")
    ]
    assert len(events) > 100
    assert events == until_then


@pytest.mark.parametrize("day", EARLIER, ids=str)
def test_weeks_of_an_earlier_run_are_the_same_in_the_later_one(
    day: date, history: Callable[[date], History]
) -> None:
    _, weeks = history(day)
    assert len(weeks) > 50
    assert weeks == history(LATEST)[1][: len(weeks)]
