"""The date as of which a run of the DAG computes everything."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from include.errors import UserError

LATEST = "latest"
"""The day after the last order; dbt finds it in the data."""


def as_of_date(context: Mapping[str, Any], time_zone: str) -> str:
    """`YYYY-MM-DD`, or `latest`, for an Airflow task's context.

    The run's parameter where it is given, else the end of the run's data interval as a day in the
    shop's time zone; a run triggered without an interval takes the moment it was triggered.
    """
    given = context["params"].get("as_of_date")
    if given is None:
        end = context.get("data_interval_end") or context["dag_run"].run_after
        return str(end.astimezone(ZoneInfo(time_zone)).date())
    return LATEST if given == LATEST else str(parse_date(given))


def parse_date(text: str) -> date:
    """A date written as YYYY-MM-DD; anything else is a UserError."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UserError(
            f"The as-of date {text!r} is not a date: write it like 2026-11-16."
        ) from error
