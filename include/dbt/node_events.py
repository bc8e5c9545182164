"""Tells whoever watches a run how dbt's nodes go, one by one (`include/run_events.py`)."""

from typing import Any

from include.run_events import tell

RESULTS = {"error": "ERROR", "fail": "FAIL", "warn": "WARN"}
"""Of a node, by dbt's status; that of one that was built is what Postgres said, as `SELECT 5`."""


def tell_of_node(event: Any) -> None:
    """Tell of a model, seed or snapshot, and of a test that did not pass.

    Args:
        event: one of dbt's structured log, of any kind, as dbtRunner hands it to a callback.
    """
    data = event.data
    match event.info.name:
        case "LogModelResult" | "LogSnapshotResult":
            name, total = data.description, data.total
        case "LogSeedResult":
            name, total = f"seed file {data.schema}.{data.relation}", data.total
        case "LogTestResult" if data.status != "pass":
            name, total = data.name, data.num_models
        case _:
            return
    tell(
        "node_ended",
        number=data.index,
        total=total,
        result=RESULTS.get(data.status, "OK"),
        name=name,
        seconds=data.execution_time,
    )
