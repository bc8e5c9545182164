"""What is different where a DAG is run by `airflow dags test`, which `make demo` does too."""

from datetime import timedelta
from typing import Any

import pytest

from include.airflow.task_turn import wait_for_turn
from include.warehouse.connection import Warehouse

pytestmark = pytest.mark.usefixtures("airflow_home")


@pytest.fixture
def dag() -> Any:
    """A DAG with a deadline."""
    from airflow.sdk.definitions.callback import AsyncCallback
    from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

    from include.airflow.testable import DagWithDeadline
    from include.alerts.callbacks import run_is_late

    deadline = DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(hours=1),
        callback=AsyncCallback(run_is_late),
    )
    return DagWithDeadline("a_dag", schedule=None, deadline=deadline)


def test_the_run_has_no_deadline_and_the_dag_of_the_scheduler_has_one(
    dag: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk import DAG

    monkeypatch.setattr(DAG, "test", lambda dag, **given: (dag.deadline, given))
    assert len(dag.deadline) == 1
    assert dag.test(run_conf={"as_of_date": "latest"}) == (
        None,
        {"run_conf": {"as_of_date": "latest"}},
    )


@pytest.mark.parametrize(("is_tested", "minutes"), [(False, 15), (True, 1)])
def test_a_turn_is_kept_shorter_for_a_process_that_nobody_starts_again(
    is_tested: bool, minutes: int, dag: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[timedelta] = []
    monkeypatch.setattr("include.warehouse.turn.take_turn", lambda *given: kept.append(given[2]))
    dag.is_tested = is_tested
    context: Any = {"run_id": "monday", "dag": dag}
    wait_for_turn(context, Warehouse("nowhere"))
    assert kept == [timedelta(minutes=minutes)]
