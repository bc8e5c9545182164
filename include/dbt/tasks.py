"""The tasks of a group of dbt nodes: one runs `dbt build`, one a node says how that node went.

A dbt process a node costs many times what the models cost, and so does telling Airflow of a node
while others are built. So the build notes once, when it has ended, what became of all nodes.

Trying again costs minutes, so it is left to what may pass: what dbt finds wrong with a model or
with the data is final, a server that went away is not.
"""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from cosmos.constants import SUPPORTED_BUILD_RESOURCES
from cosmos.operators.local import DbtBuildLocalOperator, DbtTestLocalOperator

from include.dbt import parsed
from include.warehouse.connection import PASSING

RESULTS = "results"
"""XCom of a build: how often its run had been cleared, and the status of each node by unique id."""
NODE_TYPES = {resource.value for resource in SUPPORTED_BUILD_RESOURCES}
"""What is a task each: models, seeds, snapshots."""
WITHOUT_TESTS = [f"--resource-type={name}" for name in sorted(NODE_TYPES)]
NO_FILES = "--no-write-json"
"""Spares dbt to write its manifest, almost a second, into a folder that goes away."""
MAY_PASS = re.compile(
    f"{PASSING.pattern}|Connection refused|timeout expired|deadlock detected|due to lock timeout",
    re.MULTILINE,
)
"""What dbt quotes of a Postgres that another try may find again, or find free."""


def may_pass(result: Any) -> bool:
    """Whether dbt came to no node, or a node failed for a reason that may be gone soon."""
    nodes = getattr(result.result, "results", None) or ()
    return not nodes or any(MAY_PASS.search(str(node.message)) for node in nodes)


@contextmanager
def _final_unless_it_may_pass(result: Any) -> Iterator[None]:
    """Let an error of dbt's fail the task without another try, unless that may help."""
    try:
        yield
    except Exception as error:  # of Cosmos, which has no base class of its own
        if may_pass(result):
            raise
        raise AirflowFailException(str(error)) from None


@contextmanager
def _in_turn(context: Context) -> Iterator[None]:
    from include.airflow.task_errors import plain_failures
    from include.warehouse.connection import task_warehouse
    from include.warehouse.turn import in_turn

    with plain_failures(), in_turn(task_warehouse(), context["run_id"]):
        yield


class _Dbt:
    """How the tasks run dbt: in their own process, by what that has parsed where it has."""

    def run_dbt_runner(self, command: list[str], env: dict[str, str], cwd: str, **more: Any) -> Any:
        """What dbtRunner returns."""
        # what Airflow has loaded stays; each of dbt's collections would look through all of it
        gc.freeze()
        if parsed.is_parsed():
            return parsed.run(command, env, cwd)
        return super().run_dbt_runner(command, env, cwd, **more)  # type: ignore[misc]

    def calculate_openlineage_events_completes(self, *_: Any) -> bool:
        """Spare dbt's files to be read for events that Airflow 3 has no place for."""
        return False


class BuildTask(_Dbt, DbtBuildLocalOperator):  # type: ignore[misc]
    """Runs `dbt build` without tests; it leaves to a failed node's own task to fail.

    Where Postgres went away it fails itself: its next try costs one dbt, those of the nodes one
    each.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            dbt_cmd_flags=[*WITHOUT_TESTS, NO_FILES],
            should_store_compiled_sql=False,  # that of all models at once
            **kwargs,
        )
        self.status: dict[str, str] = {}
        self.may_pass = False

    def execute(self, context: Context, **kwargs: Any) -> None:
        """Fail where dbt did not come to the nodes, or something else than a node failed."""
        try:
            with _in_turn(context):
                super().execute(context, **kwargs)
        except Exception:
            failed = {node.partition(".")[0] for node, is_ in self.status.items() if is_ == "error"}
            if not failed or not failed <= NODE_TYPES or self.may_pass:
                raise
        cleared = context["dag_run"].clear_number
        context["ti"].xcom_push(RESULTS, {"clear_number": cleared, "status": self.status})

    def handle_exception_dbt_runner(self, result: Any) -> None:
        """Note what dbt says; Cosmos then raises for it, where it is not well."""
        nodes = getattr(result.result, "results", ())
        self.status = {node.node.unique_id: str(node.status) for node in nodes}
        self.may_pass = may_pass(result)
        super().handle_exception_dbt_runner(result)


class NodeTask(_Dbt, DbtBuildLocalOperator):  # type: ignore[misc]
    """Succeeds or fails as its node did in the build; builds the node itself where that is due.

    Due is a node that failed in the build and has said so, one that was cleared without its build,
    and one that the build skipped because of another, which a retry has built since. To look is one
    call of Airflow's API: templates, which are another three, wait until dbt needs them. Where the
    API does not answer, the next try asks again: nothing is known of the node.

    Args:
        unique_id: dbt's id of the node.
        build_id: task id of the build.
        kwargs: as of any operator of Cosmos.
    """

    template_fields = ()

    def __init__(self, *, unique_id: str, build_id: str, **kwargs: Any) -> None:
        super().__init__(dbt_cmd_flags=WITHOUT_TESTS, **kwargs)
        self.unique_id = unique_id
        self.build_id = build_id

    def execute(self, context: Context, **kwargs: Any) -> None:
        """Raise AirflowException for a node that failed in the build, or dbt's error."""
        status = self._status_in_build(context)
        if status == "success":
            return
        if status == "error" and not self._is_retry(context):
            raise AirflowException(f"{self.unique_id} failed: see the log of {self.build_id}.")
        self.template_fields = DbtBuildLocalOperator.template_fields
        self.render_template_fields(context)
        with _in_turn(context):
            super().execute(context, **kwargs)

    def handle_exception_dbt_runner(self, result: Any) -> None:
        """Raise dbt's error."""
        with _final_unless_it_may_pass(result):
            super().handle_exception_dbt_runner(result)

    def _is_retry(self, context: Context) -> bool:
        """Whether this task has failed since it was last cleared, or ever."""
        # whoever clears a task gives it all its retries again
        ti = context["ti"]
        return bool(ti.try_number > ti.max_tries - self.retries + 1)

    def _status_in_build(self, context: Context) -> str | None:
        """How the node went; None where something was cleared since, and the build was not."""
        results = context["ti"].xcom_pull(task_ids=self.build_id, key=RESULTS)
        if not results or results["clear_number"] != context["dag_run"].clear_number:
            return None
        status: str | None = results["status"].get(self.unique_id)
        return status


class DataTests(_Dbt, DbtTestLocalOperator):  # type: ignore[misc]
    """Runs all data tests of the project."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(dbt_cmd_flags=[NO_FILES], **kwargs)

    def handle_exception_dbt_runner(self, result: Any) -> None:
        """Raise dbt's error: the same data fail the same tests."""
        with _final_unless_it_may_pass(result):
            super().handle_exception_dbt_runner(result)
