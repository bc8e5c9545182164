"""The turn of a run of the DAG to build in the warehouse: waited for, and given back."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from include import run_events
from include.errors import UserError

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.airflow.testable import DagWithDeadline
    from include.warehouse.connection import Warehouse

PATIENCE = timedelta(hours=3)
"""How long a run waits for those before it."""
LOOK_AGAIN = timedelta(seconds=20)
KEPT_FOR = timedelta(minutes=15)
"""How long nobody else builds where a run's next task does not begin, as after a failure."""
KEPT_IN_TEST = timedelta(minutes=1)
"""The same of a run in a single process, which nobody starts again."""


def wait_for_turn(context: "Context", warehouse: "Warehouse") -> None:
    """Make it this run's turn; until it is, the task is put off and keeps no worker busy.

    Raises UserError with who builds, where that takes longer than PATIENCE.
    """
    from airflow.sdk.exceptions import AirflowRescheduleException

    from include.warehouse.turn import take_turn

    dag = cast("DagWithDeadline", context["dag"])
    kept_for = KEPT_IN_TEST if dag.is_tested else KEPT_FOR
    others = take_turn(warehouse, context["run_id"], kept_for)
    if others is None:
        return
    now = datetime.now(UTC)
    began = context["ti"].get_first_reschedule_date(context)
    if began is not None and now - began > PATIENCE:
        raise UserError(
            f"{others} This run has waited {PATIENCE.seconds // 3600} hours: see to it that the"
            " other one ends, then clear this one."
        )
    waits = f"{others} This run waits."
    print(waits)
    run_events.tell("note", text=waits)
    raise AirflowRescheduleException(now + LOOK_AGAIN)  # type: ignore[no-untyped-call]


def turn_is_over(context: "Context") -> None:
    """Let others build, for a task that has failed for good; who clears it goes on if none did."""
    from include.warehouse.connection import task_warehouse
    from include.warehouse.turn import end_turn

    with suppress(Exception):  # of the warehouse, which may be what failed
        end_turn(task_warehouse(), context["run_id"])
