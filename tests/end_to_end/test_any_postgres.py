"""The weekly run where the warehouse is not our own: a rented one, and one that others build in."""

from collections.abc import Callable

import pytest

from tests.end_to_end.conftest import Run

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1200)]


def test_a_rented_postgres_holds_the_same_and_gets_the_same_report(
    runs: Callable[[str], Run],
) -> None:
    rented, own = runs("managed"), runs("sent")
    assert rented.returncode == own.returncode == 0, rented.stdout + rented.stderr
    assert rented.warehouse.held() == own.warehouse.held()
    assert rented.delivered == own.delivered


def test_two_runs_at_once_report_both_weeks_each_once(runs: Callable[[str], Run]) -> None:
    run = runs("two_weeks")
    assert run.returncode == 0, run.stdout + run.stderr
    weeks = run.warehouse.rows(
        "select period_starts_on::text as week from ops.report_deliveries"
        " where part = 'chart' and state = 'sent' order by 1"
    )
    assert [row["week"] for row in weeks] == ["2026-11-02", "2026-11-09"]
    assert [one.kind for one in run.delivered].count("photo") == 2
    assert "has had the turn to build in the warehouse since" in run.stdout + run.stderr
