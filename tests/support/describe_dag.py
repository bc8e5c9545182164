"""Program for the tests: tells what Airflow makes of the DAG files, as often as it is asked.

Airflow reads its configuration when it is imported, so this runs as a process of its own. To import
it costs more than to read the DAG files, so one process answers all questions. Each is answered by
a fork that ends with its answer, as Airflow itself reads DAG files: whatever the environment of a
question leaves behind in a module, the next one does not see it.

A question is a line of JSON on stdin: `dag_id`, `monday` and `settings`, variables that are set
beside those of the process. Its answer is a line on the file descriptor that the argument names:
JSON, a tab, and how the fork ended, 0 if well. What is printed or logged comes out as usual.
"""

import gc
import json
import os
import sys
from datetime import datetime
from typing import Any, TextIO, cast
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


def describe_task(task: Any) -> dict[str, Any]:
    """What the tests ask of a task."""
    return {
        "owner": task.owner,
        "retries": task.retries,
        "retry_seconds": task.retry_delay.total_seconds(),
        "backs_off": bool(task.retry_exponential_backoff),
        "longest_seconds": task.execution_timeout and task.execution_timeout.total_seconds(),
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


def describe_dag(dag_id: str, monday: datetime) -> dict[str, Any]:
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
                "max_active_tasks": dag.max_active_tasks,
                "longest_seconds": dag.dagrun_timeout and dag.dagrun_timeout.total_seconds(),
                "on_failure": names(dag.on_failure_callback),
                "tags": sorted(dag.tags),
                "doc_md": dag.doc_md,
                "deadlines": list(map(describe_deadline, cast("list[Any]", dag.deadline or []))),
                "params": {name: dag.params.get_param(name).value for name in dag.params},
            },
            "tasks": {task.task_id: describe_task(task) for task in dag.tasks},
        }
    return answer


def main(answers: TextIO) -> None:
    """Answer questions until there are no more."""
    gc.freeze()  # no fork's collections look through all that is imported
    for line in sys.stdin:
        if os.fork() == 0:
            question = json.loads(line)
            os.environ.update(question["settings"])
            monday = datetime.fromisoformat(question["monday"])
            answers.write(json.dumps(describe_dag(question["dag_id"], monday)))
            return
        _, status = os.wait()
        print("", status, sep="\t", file=answers, flush=True)


if __name__ == "__main__":
    with os.fdopen(int(sys.argv[1]), "w") as answers:
        main(answers)
