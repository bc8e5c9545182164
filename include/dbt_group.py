"""The one place that configures Cosmos: the dbt project, or a part of it, as an Airflow task group.

One producer task runs a single `dbt build`; a task a model, a seed or the tests then shows how it
went, and on a retry runs that model or those tests by itself (Cosmos' WATCHER mode).
"""

from collections.abc import Sequence
from typing import Any

from airflow.sdk import TaskGroup
from airflow.task.trigger_rule import TriggerRule
from cosmos import (
    DbtTaskGroup,
    ExecutionConfig,
    ExecutionMode,
    ProfileConfig,
    ProjectConfig,
    RenderConfig,
    TestBehavior,
)
from cosmos import settings as cosmos_settings
from cosmos.constants import PRODUCER_WATCHER_TASK_ID, InvocationMode
from cosmos.operators.local import DbtTestLocalOperator
from cosmos.profiles import PostgresUserPasswordProfileMapping

from include.settings import DBT_PROJECT


def dbt_task_group(
    group_id: str,
    dbt_vars: dict[str, Any],
    dbt_env: dict[str, str],
    *,
    select: Sequence[str] = (),
    exclude: Sequence[str] = (),
    with_tests: bool = True,
) -> DbtTaskGroup:
    """Render the dbt project below the current DAG.

    The graph is read from `target/manifest.json` where `dbt parse` has written one, which takes
    milliseconds; elsewhere Cosmos asks `dbt ls` and remembers the answer.

    Args:
        group_id: id of the task group.
        dbt_vars: dbt variables, the same in every run and in `local_airflow.dbt`: others make dbt
            parse the whole project anew.
        dbt_env: variables of the environment of dbt; values may be Airflow templates.
        select: dbt's selectors of seeds and models; all by default.
        exclude: dbt's selectors of those that are another group's.
        with_tests: a task after them that runs all data tests of the project, also of what the
            groups before have built.
    """
    group = DbtTaskGroup(
        group_id=group_id,
        project_config=ProjectConfig(
            dbt_project_path=DBT_PROJECT,
            manifest_path=DBT_PROJECT / "target" / "manifest.json",
        ),
        profile_config=ProfileConfig(
            profile_name="warehouse",
            target_name="postgres",
            profile_mapping=PostgresUserPasswordProfileMapping(
                conn_id="warehouse", profile_args={"schema": "marts", "threads": 4}
            ),
        ),
        execution_config=ExecutionConfig(
            execution_mode=ExecutionMode.WATCHER,
            # in a process of its own the build does not share Python's lock with the task that
            # reports its progress: half the time
            setup_operator_args={"invocation_mode": InvocationMode.SUBPROCESS},
        ),
        render_config=RenderConfig(
            select=list(select),
            exclude=list(exclude),
            test_behavior=TestBehavior.AFTER_ALL if with_tests else TestBehavior.NONE,
            group_nodes_by_folder=True,
            emit_datasets=False,
        ),
        operator_args={
            "vars": dbt_vars,
            "install_deps": False,
            # unit tests judge the code, not the data: they belong to `make test`
            "env": {"DBT_EXCLUDE_RESOURCE_TYPES": "unit_test", **dbt_env},
            # a sensor that starts after the producer needs no trigger, and deferring loses
            # wake-ups on Airflow 3.3
            "deferrable": False,
            "poke_interval": 1,
        },
    )
    _share_what_is_parsed(group)
    _test_everything(group)
    _start_after_the_producer(group)
    _drop_empty_groups(group)
    return group


def _share_what_is_parsed(group: DbtTaskGroup) -> None:
    """Give all groups of the DAG one cache of the parsed project.

    Cosmos gives each its own, so that each would parse the whole project anew, for five seconds.
    """
    cache = cosmos_settings.cache_dir / group.dag.dag_id
    (cache / "target").mkdir(parents=True, exist_ok=True)
    for task in group.iter_tasks():
        if hasattr(task, "cache_dir"):
            task.cache_dir = cache


def _test_everything(group: DbtTaskGroup) -> None:
    """Let the one task of tests run those of the whole project.

    Cosmos gives it the selectors of its group, and a test that compares a model of this group with
    one of another would run nowhere.
    """
    for task in group.iter_tasks():
        if isinstance(task, DbtTestLocalOperator):
            task.select = task.exclude = None


def _start_after_the_producer(group: DbtTaskGroup) -> None:
    """Let the first tasks wait for the producer.

    Cosmos draws no such edges in a task group: sensors would hold worker slots while they wait,
    and `airflow dags test`, which runs one task at a time, would wait for ever. A producer that
    fails is skipped on its retry, and then the tasks show which models failed and try them again;
    where it could not start, they must not either.
    """
    producer_id = f"{group.group_id}.{PRODUCER_WATCHER_TASK_ID}"
    tasks = {task.task_id: task for task in group.iter_tasks()}
    producer = tasks.pop(producer_id)
    for task in tasks.values():
        if not task.upstream_task_ids:
            producer >> task
            task.trigger_rule = TriggerRule.NONE_FAILED


def _drop_empty_groups(group: DbtTaskGroup) -> None:
    """Leave out the group that Cosmos draws for the folder of singular tests: it has no tasks."""
    for child_id, child in list(group.children.items()):
        if isinstance(child, TaskGroup) and not any(child.iter_tasks()):
            del group.children[child_id]
