"""The as-of date of a run: its parameter, else the end of its data interval as the shop's day."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from include.airflow.as_of import LATEST, AsOf, as_of_run, parse_date
from include.errors import UserError

SHOP = "America/Sao_Paulo"


def context(given: str | None = None, end: datetime | None = None, **more: Any) -> dict[str, Any]:
    return {"params": {"as_of_date": given}, "data_interval_end": end, **more}


@pytest.mark.parametrize(
    ("end", "day"),
    [
        (datetime(2026, 11, 16, 11, tzinfo=UTC), "2026-11-16"),
        (datetime(2026, 11, 16, 3, tzinfo=UTC), "2026-11-16"),
        (datetime(2026, 11, 16, 2, 59, tzinfo=UTC), "2026-11-15"),  # still Sunday in São Paulo
    ],
)
def test_a_scheduled_run_takes_the_end_of_its_interval_as_a_day_of_the_shop(
    end: datetime, day: str
) -> None:
    assert as_of_run(context(end=end), SHOP) == AsOf.parse(day)


def test_the_day_is_the_one_of_the_zone_that_is_given() -> None:
    end = datetime(2026, 11, 15, 16, tzinfo=UTC)
    assert as_of_run(context(end=end), "Asia/Tokyo") == AsOf(date(2026, 11, 16))
    assert as_of_run(context(end=end), SHOP) == AsOf(date(2026, 11, 15))


def test_the_parameter_wins_over_the_interval() -> None:
    end = datetime(2026, 11, 16, 11, tzinfo=UTC)
    assert as_of_run(context("2026-03-02", end), SHOP) == AsOf(date(2026, 3, 2))


def test_latest_is_left_for_dbt_to_find() -> None:
    end = datetime(2026, 11, 16, 11, tzinfo=UTC)
    assert as_of_run(context("latest", end), SHOP) == LATEST


def test_a_run_without_an_interval_takes_the_moment_it_was_triggered() -> None:
    run = SimpleNamespace(run_after=datetime(2026, 11, 18, 1, tzinfo=UTC))
    assert as_of_run(context(dag_run=run), SHOP) == AsOf(date(2026, 11, 17))
    without_key = {"params": {}, "dag_run": run}
    assert as_of_run(without_key, SHOP) == AsOf(date(2026, 11, 17))


@pytest.mark.parametrize("text", ["16/11/2026", "2026-13-01", "2026-02-30", "yesterday", ""])
def test_what_is_no_date_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(UserError) as refusal:
        as_of_run(context(text), SHOP)
    assert str(refusal.value) == (
        f"The as-of date {text!r} is not a date: write it like 2026-11-16."
    )


def test_a_date_is_read_as_year_month_day() -> None:
    assert parse_date("2026-11-16") == date(2026, 11, 16)


@pytest.mark.parametrize("text", ["2026-11-16", "latest"])
def test_it_is_said_in_one_way(text: str) -> None:
    assert str(AsOf.parse(text)) == text
    assert AsOf.parse(text) == (LATEST if text == "latest" else AsOf(date(2026, 11, 16)))
