"""Program for the tests: what Airflow makes of the DAG files, as JSON on the last line of stdout.

Airflow reads its configuration when it is imported, so this runs as a process of its own.
"""

import json
import sys
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.encoders import encode_deadline_alert
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import DagRunInfo
from pendulum import instance


def names(callbacks: Any) -> list[str]:
    """Module and name of a callback, or of several."""
    several = callbacks if isinstance(callbacks, list | tuple) else [callbacks]
    return [f"{one.__module__}.{one.__name__}" for one in several if one is not None]


def local(moment: datetime) -> str:
    """A moment as the shop's clocks show it."""
    return moment.astimezone(ZoneInfo("America/Sao_Paulo")).isoformat()


def describe(task: Any) -> dict[str, Any]:
    """What the tests ask of a task."""
    return {
        "owner": task.owner,
        "retries": task.retries,
        "retry_seconds": task.retry_delay.total_seconds(),
        "trigger_rule": task.trigger_rule.value,
        "on_failure": names(task.on_failure_callback),
        "downstream": sorted(task.downstream_task_ids),
        "outlets": [outlet.name for outlet in task.outlets],
        "pool": task.pool,
        "select": getattr(task, "select", None),
        "exclude": getattr(task, "exclude", None),
        "unique_id": getattr(task, "unique_id", None),
        "build_id": getattr(task, "build_id", None),
        "cache": str(getattr(task, "cache_dir", "")),
        "dbt_leaves_out": (getattr(task, "env", None) or {}).get("DBT_EXCLUDE_RESOURCE_TYPES"),
    }


def describe_deadline(deadline: Any) -> dict[str, Any]:
    """From when on a run may take how long, and what is called then."""
    return {
        "since": type(deadline.reference).__name__,
        "interval": encode_deadline_alert(deadline)["interval"],
        "tells": deadline.callback.path,
    }


def main(dag_id: str, monday: datetime) -> None:
    """Describe the DAG, and its scheduled run after the one of `monday`."""
    bag = DagBag()
    answer: dict[str, Any] = {"import_errors": bag.import_errors, "dag_ids": bag.dag_ids}
    if dag := bag.dags.get(dag_id):
        serialized = DagSerialization.to_dict(dag)
        scheduled = DagSerialization.from_dict(serialized)
        week_before = instance(monday).subtract(weeks=1)
        following = scheduled.next_dagrun_info(
            last_automated_run_info=DagRunInfo.interval(week_before, instance(monday)),
            restricted=False,
        )
        answer |= {
            "serialized": serialized,
            "following_run": following
            and following.data_interval
            and {
                "run_after": local(following.run_after),
                "begins": local(following.data_interval.start),
                "ends": local(following.data_interval.end),
                "time_zone": scheduled.timetable.serialize()["timezone"],
            },
            "dag": {
                "catchup": dag.catchup,
                "max_active_runs": dag.max_active_runs,
                "tags": sorted(dag.tags),
                "doc_md": dag.doc_md,
                "deadlines": list(map(describe_deadline, cast("list[Any]", dag.deadline or []))),
                "params": {name: dag.params.get_param(name).value for name in dag.params},
            },
            "tasks": {task.task_id: describe(task) for task in dag.tasks},
        }
    print()
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1], datetime.fromisoformat(sys.argv[2]))
