"""The date as of which a run of the DAG computes everything."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self
from zoneinfo import ZoneInfo

from include.errors import UserError


@dataclass(frozen=True)
class AsOf:
    """A date; None is the day after the last order, which dbt finds in the data.

    As text, for dbt, a task or a person, it is `YYYY-MM-DD` or `latest`.
    """

    on: date | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of one; anything else is a UserError."""
        return cls(None if text == "latest" else parse_date(text))

    def __str__(self) -> str:
        return str(self.on or "latest")


LATEST = AsOf(None)


def as_of_run(context: Mapping[str, Any], time_zone: str) -> AsOf:
    """That of a run of Airflow, for a task's context.

    The run's parameter where it is given, else the end of the run's data interval as a day in the
    shop's time zone; a run triggered without an interval takes the moment it was triggered.
    """
    given = context["params"].get("as_of_date")
    if given is not None:
        return AsOf.parse(given)
    end = context.get("data_interval_end") or context["dag_run"].run_after
    return AsOf(end.astimezone(ZoneInfo(time_zone)).date())


def parse_date(text: str) -> date:
    """A date written as YYYY-MM-DD; anything else is a UserError."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UserError(
            f"The as-of date {text!r} is not a date: write it like 2026-11-16."
        ) from error
