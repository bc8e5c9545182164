"""What a run tells whoever watches it, and what `make demo` says of that."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from include.airflow.as_of import LATEST
from include.dbt.node_events import tell_of_node
from include.errors import UserError
from include.paths import PROJECT
from include.run_events import VARIABLE, tell
from include.settings import Settings
from include.shop_data import get_shop_data
from include.warehouse.connection import Warehouse
from scripts.demo import _show_progress, _wait_until_ready

Events = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Events:
    """What was told so far."""
    path = tmp_path / "events"
    path.touch()
    monkeypatch.setenv(VARIABLE, str(path))
    return lambda: [json.loads(line) for line in path.read_text().splitlines()]


def test_a_run_is_shown_step_by_step_and_node_by_node(
    told: Events, capsys: pytest.CaptureFixture[str]
) -> None:
    tell("task_began", task="get_shop_data")
    tell("note", text="note: No model reads x.csv.")
    tell("task_ended", task="get_shop_data", error=None)
    tell("task_began", task="shop.seeds.raw_orders_seed")
    name = "sql table model marts.int_churn_model_parameters_of_a_week"
    tell("node_ended", number=7, total=52, result="OK", name=name, seconds=1.25)
    assert _show_progress(told()) == ""
    assert capsys.readouterr().out == (
        "  The shop's data …\n"
        "    note: No model reads x.csv.\n"
        "  The shop's data                                                        0.0 s\n"
        "      7/52 OK    sql table model marts.int_churn_model_parameters_of_a   1.2 s\n"
    )


def test_why_the_last_task_failed_is_told_in_a_line(told: Events) -> None:
    tell("task_ended", task="shop.dbt_build", error="It fell.\nFrom high up.")
    tell("task_ended", task="shop.raw_orders_seed", error="It fell again.\nFrom higher up.")
    tell("task_ended", task="shop.states_run", error=None)
    assert _show_progress(told()) == "It fell again."


def test_a_process_that_ends_before_it_is_ready_is_told_of_in_a_sentence(told: Events) -> None:
    with pytest.raises(UserError, match="could not be started, or `dbt parse` failed: see the end"):
        _wait_until_ready([])
    tell("ready")
    _wait_until_ready(map(json.dumps, told()))


def test_nothing_is_told_where_nobody_watches_or_who_watched_has_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    tell("note", text="to nobody")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "gone" / "events"))
    tell("note", text="to nobody")
    assert list(tmp_path.iterdir()) == []


def test_of_what_a_load_says_it_is_told_what_people_should_read(
    told: Events, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ["x.csv → landing.shop__x: 7 rows in 0.0 s", "note: No model reads x.csv."]

    def load_files(*arguments: Any, **_: Any) -> None:
        list(map(arguments[4], said))

    monkeypatch.setattr("include.warehouse.load_files.load_files", load_files)
    settings = Settings(shop_sources=["cdnow"], shop_data=PROJECT)
    get_shop_data(settings, Warehouse("nowhere"), LATEST, lambda _: None)
    assert capsys.readouterr().out.splitlines() == said
    assert told() == [{"event": "note", "text": said[1]}]


# --- what dbt tells


def event(kind: str, **data: Any) -> SimpleNamespace:
    """One of dbt's structured log, the third of twelve nodes."""
    data = {"index": 3, "total": 12, "execution_time": 0.5} | data
    return SimpleNamespace(info=SimpleNamespace(name=kind), data=SimpleNamespace(**data))


@pytest.mark.parametrize(
    ("event", "result", "name"),
    [
        (event("LogModelResult", status="SELECT 5", description="view a.b"), "OK", "view a.b"),
        (event("LogModelResult", status="error", description="view a.b"), "ERROR", "view a.b"),
        (event("LogSnapshotResult", status="success", description="a.b"), "OK", "a.b"),
        (
            event("LogSeedResult", status="INSERT 5", schema="landing", relation="raw_orders"),
            "OK",
            "seed file landing.raw_orders",
        ),
        (event("LogTestResult", status="fail", name="unique", num_models=12), "FAIL", "unique"),
        (event("LogTestResult", status="warn", name="unique", num_models=12), "WARN", "unique"),
    ],
)
def test_a_node_of_dbt_is_told_with_how_it_went(
    event: SimpleNamespace, result: str, name: str, told: Events
) -> None:
    tell_of_node(event)
    counted = {"number": 3, "total": 12, "seconds": 0.5}
    assert told() == [{"event": "node_ended", "result": result, "name": name} | counted]


def test_the_many_tests_that_pass_and_hooks_are_not_told_of(told: Events) -> None:
    tell_of_node(event("LogTestResult", status="pass", name="unique_a_b", num_models=12))
    tell_of_node(event("LogHookEndLine", status="success", statement="on-run-end.0"))
    tell_of_node(event("LogStartLine", description="sql view model a.b"))
    assert told() == []


# --- what Airflow tells


@pytest.fixture
def plugin(airflow_home: Path) -> ModuleType:
    """The plugin as Airflow reads it."""
    spec = importlib.util.spec_from_file_location("plugin", PROJECT / "plugins" / "run_events.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_task_is_told_of_by_a_listener_of_airflows_and_without_secrets(
    plugin: ModuleType, told: Events
) -> None:
    (listener,) = plugin.RunEvents.listeners
    task: Any = SimpleNamespace(task_id="send_report")
    failure = "No answer from postgres://me:my-secret@db/shop"
    listener.on_task_instance_running(task_instance=task)
    listener.on_task_instance_success(task_instance=task)
    listener.on_task_instance_failed(task_instance=task, error=failure)
    assert told() == [
        {"event": "task_began", "task": "send_report"},
        {"event": "task_ended", "task": "send_report", "error": None},
        {
            "event": "task_ended",
            "task": "send_report",
            "error": "No answer from postgres://***@db/shop",
        },
    ]


# --- what it costs before it says anything


def test_the_demo_begins_without_what_only_its_tasks_need() -> None:
    heavy = {"adbc_driver_manager", "airflow", "dbt", "dlt", "matplotlib", "numpy", "pandas"}
    code = "import sys, scripts.demo; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert heavy & set(done.stdout.split()) == set()
