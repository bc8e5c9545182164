"""The DAGs that bring declared sources into landing, as Airflow reads them."""

from collections.abc import Callable
from typing import Any

import pytest

NIGHT = "2026-11-09T04:00:00-03:00"
Describe = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def sync(describe: Describe) -> dict[str, Any]:
    """The nightly DAG where both CRMs are active beside the demo shop."""
    return describe("sync_sources", NIGHT, SHOP_SOURCES="demo_shop,pipedrive,hubspot")


def test_it_runs_every_night_before_the_weekly_report(sync: dict[str, Any]) -> None:
    assert sync["import_errors"] == {}
    assert sync["following_run"]["run_after"] == "2026-11-10T04:00:00-03:00"
    assert sync["dag"]["catchup"] is False
    assert sync["dag"]["max_active_runs"] == 1


def test_each_source_is_a_chain_of_its_own_that_no_other_waits_for(sync: dict[str, Any]) -> None:
    downstream = {name: task["downstream"] for name, task in sync["tasks"].items()}
    assert downstream == {
        "pipedrive.users": ["pipedrive.pipelines"],
        "pipedrive.pipelines": ["pipedrive.stages"],
        "pipedrive.stages": ["pipedrive.deal_fields"],
        "pipedrive.deal_fields": ["pipedrive.organizations"],
        "pipedrive.organizations": ["pipedrive.persons"],
        "pipedrive.persons": ["pipedrive.deals"],
        "pipedrive.deals": [],
        "hubspot.companies": ["hubspot.contacts"],
        "hubspot.contacts": ["hubspot.deals"],
        "hubspot.deals": ["hubspot.pipelines"],
        "hubspot.pipelines": ["hubspot.owners"],
        "hubspot.owners": [],
    }


def test_the_last_task_of_a_source_tells_of_its_asset(sync: dict[str, Any]) -> None:
    told = {name: task["outlets"] for name, task in sync["tasks"].items() if task["outlets"]}
    assert told == {
        "pipedrive.deals": ["landing/pipedrive"],
        "hubspot.owners": ["landing/hubspot"],
    }


def test_a_failed_load_is_tried_again_and_then_alerts(sync: dict[str, Any]) -> None:
    for task in sync["tasks"].values():
        assert task["retries"] == 3
        assert task["on_failure"] == [
            "include.alerts.callbacks.task_failed",
            "include.alerts.callbacks.source_is_paused",
        ]


@pytest.mark.parametrize("dag_id", ["sync_sources", "pipedrive_stage_history"])
def test_what_hangs_ends_and_what_its_task_cannot_tell_is_told(
    describe: Describe, dag_id: str
) -> None:
    described = describe(dag_id, NIGHT, SHOP_SOURCES="pipedrive")
    assert {task["longest_seconds"] for task in described["tasks"].values()} == {6 * 3600}
    assert described["dag"]["on_failure"] == ["include.alerts.callbacks.run_failed"]
    # the history waits for the next day's budget, for as many days as it takes
    longest = {"sync_sources": 20 * 3600, "pipedrive_stage_history": None}
    assert described["dag"]["longest_seconds"] == longest[dag_id]


def test_without_an_active_source_it_has_no_task_and_no_schedule(describe: Describe) -> None:
    idle = describe("sync_sources", NIGHT)
    assert idle["import_errors"] == {}
    assert idle["tasks"] == {}
    assert idle["following_run"] is None


def test_the_stage_history_is_read_on_demand_one_run_at_a_time(describe: Describe) -> None:
    history = describe("pipedrive_stage_history", NIGHT)
    assert history["following_run"] is None
    assert history["dag"]["params"].keys() == {"since", "until", "daily_budget"}
    assert history["dag"]["max_active_runs"] == 1
    assert len(history["tasks"]) == 1


def test_no_task_waits_for_a_pool_that_somebody_has_to_make(
    describe: Describe, sync: dict[str, Any]
) -> None:
    history = describe("pipedrive_stage_history", NIGHT)
    tasks = {**sync["tasks"], **history["tasks"]}
    assert {task["pool"] for task in tasks.values()} == {"default_pool"}
