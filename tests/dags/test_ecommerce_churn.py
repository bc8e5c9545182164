"""The weekly DAG as Airflow reads it: its schedule, its settings, and every task of its graph."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from include.paths import PROJECT
from tests.dags.conftest import SECRET

Graph = dict[str, set[str]]
"""Task → the tasks that come directly after it."""

BUILDS = ("shop.dbt_build", "marts.dbt_build")
TESTS = "marts.dbt_ecommerce_test"
FACTS = ("seeds", "models/staging", "models/shop", "models/marts/core")
"""The folders of dbt that are built before the model is fitted."""


@pytest.fixture(scope="module")
def manifest(project: Path) -> dict[str, Any]:
    """Everything dbt knows of the project."""
    text = (project / "dbt_ecommerce" / "target" / "manifest.json").read_text()
    return dict(json.loads(text))


@pytest.fixture(scope="module")
def described(describe: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """What Airflow makes of the weekly DAG."""
    return describe("ecommerce_churn", "2026-11-09T08:00:00-03:00")


@pytest.fixture(scope="module")
def tasks(described: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every task by its id."""
    return dict(described["tasks"])


@pytest.fixture(scope="module")
def graph(tasks: dict[str, dict[str, Any]]) -> Graph:
    """The edges between the tasks."""
    return {name: set(task["downstream"]) for name, task in tasks.items()}


def after(graph: Graph, name: str) -> set[str]:
    """Every task that waits for `name`, directly or through others."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for following in graph[waiting.pop()] - found:
            found.add(following)
            waiting.append(following)
    return found


# --- the DAG


def test_it_imports_without_errors(described: dict[str, Any]) -> None:
    assert described["import_errors"] == {}
    assert described["dag_ids"] == ["ecommerce_churn", "pipedrive_stage_history", "sync_sources"]


def test_it_runs_on_mondays_at_eight_of_sao_paulo_for_the_week_before(
    described: dict[str, Any],
) -> None:
    assert described["following_run"] == {
        "run_after": "2026-11-16T08:00:00-03:00",
        "begins": "2026-11-09T08:00:00-03:00",
        "ends": "2026-11-16T08:00:00-03:00",
        "time_zone": "America/Sao_Paulo",
    }


def test_it_runs_once_at_a_time_and_makes_up_for_nothing(described: dict[str, Any]) -> None:
    assert described["dag"]["catchup"] is False
    assert described["dag"]["max_active_runs"] == 1


def test_it_says_what_it_is_for(described: dict[str, Any]) -> None:
    assert described["dag"]["tags"] == ["churn", "dbt", "telegram"]
    for word in ("Weekly churn report", "Telegram", "`as_of_date`"):
        assert word in described["dag"]["doc_md"]


def test_its_one_parameter_is_the_as_of_date_and_may_be_left_out(
    described: dict[str, Any],
) -> None:
    assert described["dag"]["params"] == {"as_of_date": None}


def test_nothing_of_a_connection_is_in_what_airflow_stores_or_logs(
    described: dict[str, Any],
) -> None:
    for kept in ("serialized", "said"):
        assert "ecommerce_churn" in json.dumps(described[kept])
    for part in (SECRET, "db.example.com"):
        assert part not in json.dumps(described)


def test_no_dag_file_has_a_name_that_cosmos_stumbles_over() -> None:
    files = [path.name for path in (PROJECT / "dags").rglob("*.py")]
    assert files
    assert [name for name in files if name.startswith("dbt_")] == []


# --- its tasks


def group_of(file: str) -> str:
    """The task group of a file of the dbt project."""
    return "shop" if file.startswith(tuple(f"{folder}/" for folder in FACTS)) else "marts"


def in_group(graph: Graph, group: str) -> set[str]:
    """The tasks of a group."""
    return {name for name in graph if name.startswith(f"{group}.")}


def test_every_seed_model_and_snapshot_is_a_task_in_the_group_of_its_folder(
    manifest: dict[str, Any], tasks: dict[str, dict[str, Any]]
) -> None:
    expected = {"get_shop_data", "fit_churn_model", *BUILDS, TESTS, "send_report"}
    suffixes = {"seed": "seed", "model": "run", "snapshot": "snapshot"}
    for node in manifest["nodes"].values():
        if does := suffixes.get(node["resource_type"]):
            file = node["original_file_path"]
            folders = Path(file).parent.parts
            expected.add(".".join((group_of(file), *folders, f"{node['name']}_{does}")))
    assert len(expected) > 40
    assert set(tasks) == expected


def test_first_the_shops_data_then_the_facts_the_model_the_rest_and_the_report(
    graph: Graph,
) -> None:
    shop, marts = in_group(graph, "shop"), in_group(graph, "marts")
    assert len(shop) > 20
    assert len(marts) > 10
    assert set(graph) == {"get_shop_data", "fit_churn_model", "send_report"} | shop | marts
    assert after(graph, "get_shop_data") == set(graph) - {"get_shop_data"}
    assert after(graph, "fit_churn_model") == marts | {"send_report"}
    for name in shop:
        assert "fit_churn_model" in after(graph, name), name
    for name in marts:
        assert "send_report" in after(graph, name), name
    assert graph["send_report"] == set()


@pytest.mark.parametrize("build", BUILDS)
def test_every_task_of_dbt_waits_for_the_build_of_its_group(build: str, graph: Graph) -> None:
    group = in_group(graph, build.split(".")[0])
    assert after(graph, build) >= group - {build}


def test_the_graph_shows_seeds_staging_shop_facts_model_marts_and_report_in_this_order(
    graph: Graph,
) -> None:
    way = [
        "get_shop_data",
        "shop.seeds.raw_orders_seed",
        "shop.models.staging.demo_shop.stg_demo_shop__orders_run",
        "shop.models.shop.int_orders_run",
        "shop.models.marts.core.fct_orders_run",
        "shop.models.marts.core.fct_order_days_run",
        "fit_churn_model",
        "marts.models.marts.value.int_churn_model_parameters_run",
        "marts.models.marts.value.customer_predictions_run",
        TESTS,
        "send_report",
    ]
    for earlier, later in pairwise(way):
        assert later in after(graph, earlier), (earlier, later)
    assert "marts.models.marts.reporting.rpt_weekly_report_run" in after(
        graph, "marts.models.marts.churn.weekly_churn_run"
    )


def test_a_layer_never_waits_for_a_later_one(graph: Graph) -> None:
    layers = ["shop.seeds.", "shop.models.staging.", "shop.models.shop.", "shop.models.marts."]
    layers.append("marts.models.")
    for name in graph:
        layer = [name.startswith(prefix) for prefix in layers]
        earlier = layers[: layer.index(True)] if any(layer) else []
        back = [other for other in after(graph, name) if other.startswith(tuple(earlier))]
        assert not earlier or back == [], name


def test_the_two_builds_take_what_the_other_leaves(tasks: dict[str, dict[str, Any]]) -> None:
    first, second = (tasks[build] for build in BUILDS)
    facts = " ".join(f"path:{folder}" for folder in FACTS)
    assert (first["select"], first["exclude"]) == (facts, None)
    assert (second["select"], second["exclude"]) == (None, facts)


def test_the_data_tests_are_those_of_the_whole_project(tasks: dict[str, dict[str, Any]]) -> None:
    assert (tasks[TESTS]["select"], tasks[TESTS]["exclude"]) == (None, None)


def test_a_run_judges_the_data_not_the_code(tasks: dict[str, dict[str, Any]]) -> None:
    assert {tasks[name]["dbt_leaves_out"] for name in (*BUILDS, TESTS)} == {"unit_test"}


def test_what_one_build_has_parsed_serves_the_next(tasks: dict[str, dict[str, Any]]) -> None:
    caches = {tasks[name]["cache"] for name in (*BUILDS, TESTS)}
    assert [cache.rsplit("/", 1)[-1] for cache in caches] == ["dbt_ecommerce"]


def test_the_report_is_sent_only_where_every_model_and_every_test_succeeded(
    tasks: dict[str, dict[str, Any]], graph: Graph
) -> None:
    assert tasks["send_report"]["trigger_rule"] == "all_success"
    assert tasks[TESTS]["trigger_rule"] == "all_success"
    assert "send_report" in graph[TESTS]
    for name in graph:
        if name.endswith(("_seed", "_run", "_snapshot")):
            assert TESTS in after(graph, name), name


def test_no_task_of_dbt_runs_where_the_shops_data_could_not_be_had(
    tasks: dict[str, dict[str, Any]],
) -> None:
    assert {task["trigger_rule"] for task in tasks.values()} == {"all_success"}


def test_every_task_has_its_owner_and_alerts_of_its_failure(
    tasks: dict[str, dict[str, Any]],
) -> None:
    for name, task in tasks.items():
        assert task["owner"] == "retention", name
        assert "include.alerts.callbacks.task_failed" in task["on_failure"], name


def test_a_task_is_tried_for_the_minutes_that_a_restart_of_what_it_needs_takes(
    tasks: dict[str, dict[str, Any]],
) -> None:
    for name, task in tasks.items():
        assert (task["retries"], task["retry_seconds"], task["backs_off"]) == (3, 30, True), name


def test_what_hangs_ends_before_the_next_week(
    described: dict[str, Any], tasks: dict[str, dict[str, Any]]
) -> None:
    hours = {name: task["longest_seconds"] / 3600 for name, task in tasks.items()}
    assert hours == {name: 3 if name in (*BUILDS, TESTS) else 1 for name in tasks}
    assert described["dag"]["longest_seconds"] == 6 * 3600


def test_a_run_that_failed_is_told_although_its_task_could_not_tell(
    described: dict[str, Any],
) -> None:
    assert described["dag"]["on_failure"] == ["include.alerts.callbacks.run_failed"]


def test_two_cores_are_not_given_more_tasks_than_they_start(described: dict[str, Any]) -> None:
    assert described["dag"]["max_active_tasks"] == 4


def test_a_run_that_takes_over_an_hour_is_told_to_be_late(described: dict[str, Any]) -> None:
    assert described["dag"]["deadlines"] == [
        {
            "since": "DagRunQueuedAtDeadline",
            "interval": 3600,  # as Airflow 3.3 stores it: of anything else it clears no task
            "tells": "include.alerts.callbacks.run_is_late",
        }
    ]


# --- the process of one task


@pytest.mark.parametrize(
    "task_id",
    [
        "fit_churn_model",
        "shop.dbt_build",
        "shop.seeds.raw_order_items_seed",
        "shop.models.marts.core.fct_order_days_run",
        "marts.snapshots.customer_history_snapshot",
        TESTS,
    ],
)
def test_the_process_of_a_task_reads_that_task_and_no_other_node(
    task_id: str, describe: Callable[..., dict[str, Any]], tasks: dict[str, dict[str, Any]]
) -> None:
    """As Airflow tells it which task that is."""
    running = {
        "_AIRFLOW_PARSING_CONTEXT_DAG_ID": "ecommerce_churn",
        "_AIRFLOW_PARSING_CONTEXT_TASK_ID": task_id,
    }
    read = describe("ecommerce_churn", "2026-11-09T08:00:00-03:00", **running)["tasks"]
    assert read[task_id] | {"downstream": []} == tasks[task_id] | {"downstream": []}
    nodes = {name for name, task in read.items() if task["unique_id"]}
    if tasks[task_id]["unique_id"]:
        assert nodes == {task_id}
    assert not any(name.split(".")[0] != task_id.split(".")[0] for name in nodes)
