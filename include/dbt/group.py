"""The one place that configures Cosmos: the dbt project, or a part of it, as an Airflow task group.

One task runs a single `dbt build` for all; a task a model, seed or snapshot then shows how it went,
and on a retry builds that one by itself.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import TaskGroup, get_parsing_context
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
from cosmos.constants import SUPPORTED_BUILD_RESOURCES, InvocationMode
from cosmos.dbt.graph import DbtNode

from include.dbt.node_events import tell_of_node
from include.dbt.parsed import is_parsed
from include.dbt.profile import WarehouseProfile
from include.dbt.tasks import BuildTask, DataTests, NodeTask
from include.paths import DBT_PROJECT

NODE_TASK = re.compile(r"\.(\w+)_(?:run|seed|snapshot)$")
"""The end of the id of a node's task, as Cosmos makes it of the node's name."""


def dbt_task_group(
    group_id: str,
    dbt_vars: dict[str, Any],
    dbt_env: dict[str, str],
    *,
    select: Sequence[str] = (),
    exclude: Sequence[str] = (),
    with_tests: bool = True,
) -> TaskGroup:
    """Render the dbt project below the current DAG.

    The graph is read from `target/manifest.json` where `dbt parse` has written one, which takes
    milliseconds; elsewhere Cosmos asks `dbt ls` and remembers the answer. A process that runs a
    task reads the DAG file for that task alone, so it is given no other node and no other group:
    to make all of them takes longer than most tasks run.

    Args:
        group_id: id of the task group.
        dbt_vars: dbt variables, the same in every run and in `environment.dbt`: others make dbt
            parse the whole project anew.
        dbt_env: variables of the environment of dbt; values may be Airflow templates.
        select: dbt's selectors of seeds and models; all by default.
        exclude: dbt's selectors of those that are another group's.
        with_tests: a task after them that runs all data tests of the project, also of what the
            groups before have built.
    """
    running = get_parsing_context().task_id or ""
    if running and not running.startswith(f"{group_id}."):
        return TaskGroup(group_id)
    manifest = DBT_PROJECT / "target" / "manifest.json"
    # without one, dbt would be asked anew for every node that is selected
    running_node = NODE_TASK.search(running) if manifest.exists() else None
    build_id = f"{group_id}.dbt_build"
    profile = ProfileConfig(
        profile_name="warehouse",
        target_name="postgres",
        profile_mapping=WarehouseProfile(conn_id="warehouse"),
    )
    # one for all groups: with one of its own each would parse the whole project, for five seconds
    cache = cosmos_settings.cache_dir / DBT_PROJECT.name
    (cache / "target").mkdir(parents=True, exist_ok=True)
    args: dict[str, Any] = {
        "vars": dbt_vars,
        "install_deps": False,
        # unit tests judge the code, not the data: they belong to `make test`
        # and the tasks see to it that it is their run's turn
        "env": {"DBT_EXCLUDE_RESOURCE_TYPES": "unit_test", "BUILD_TURN": "airflow", **dbt_env},
        # in the task's own process: Airflow's has imported half of what dbt needs
        "invocation_mode": InvocationMode.DBT_RUNNER,
        "dbt_runner_callbacks": [tell_of_node],
        # else the file of what was parsed is copied for each command that does not read it
        "partial_parse": not is_parsed(),
    }

    def node_task(node: DbtNode, task_args: dict[str, Any], **place: Any) -> NodeTask:
        return NodeTask(
            unique_id=node.unique_id,
            build_id=build_id,
            select=node.resource_name,
            dag=place["dag"],
            task_group=place["task_group"],
            task_id=place["task_id"],
            **{**task_args, "cache_dir": cache},
        )

    group: TaskGroup = DbtTaskGroup(
        group_id=group_id,
        project_config=ProjectConfig(
            dbt_project_path=DBT_PROJECT,
            manifest_path=manifest,
        ),
        profile_config=profile,
        execution_config=ExecutionConfig(execution_mode=ExecutionMode.LOCAL),
        render_config=RenderConfig(
            select=[running_node[1]] if running_node else list(select),
            # a test has no task of its own, but its folder would be a group without any
            exclude=[*exclude, "resource_type:test"],
            # Cosmos' own task of tests takes the selectors of its group: a test that compares a
            # model of this group with one of another would run nowhere
            test_behavior=TestBehavior.NONE,
            group_nodes_by_folder=True,
            emit_datasets=False,
            node_converters=dict.fromkeys(SUPPORTED_BUILD_RESOURCES, node_task),
        ),
        operator_args=args,
    )
    first = [task for task in group.iter_tasks() if not task.upstream_task_ids]
    last = [task for task in group.iter_tasks() if not task.downstream_task_ids]
    args |= {
        "task_group": group,
        "project_dir": str(DBT_PROJECT),
        "profile_config": profile,
        "emit_datasets": False,
        "cache_dir": cache,
        "execution_timeout": timedelta(hours=3),
    }
    build = BuildTask(
        task_id=build_id.rpartition(".")[2],
        select=" ".join(select) or None,
        exclude=" ".join(exclude) or None,
        **args,
    )
    build >> first
    if with_tests:
        last >> DataTests(task_id="dbt_ecommerce_test", **args)
    return group
