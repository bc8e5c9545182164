"""What we use of others that they do not document: each says what to do where it has changed.

`make contracts` runs these against the newest versions that resolve, before an upgrade does.
"""

import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from include.errors import UserError
from include.paths import DBT_PROJECT

pytestmark = pytest.mark.usefixtures("airflow_home")

DISPATCHED = re.compile(r"adapter\.dispatch\(['\"](\w+)['\"]")
MACROS = re.compile(r"{%-? *macro +(\w+)\(([^)]*)\)")


@pytest.fixture(scope="module")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Airflow makes its folder on import."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
        yield


@pytest.mark.parametrize(
    ("module", "names", "used_by"),
    [
        ("dlt.common.jsonpath", "find_values", "include/sync/adapter.py"),
        ("dlt.sources.helpers.requests", "Client", "include/sync/api.py"),
        ("dlt.sources.rest_api.config_setup", "create_auth create_paginator", "sync/rest_api.py"),
        (
            "dlt.sources.sql_database.schema_types",
            "default_table_adapter sqla_col_to_column_schema",
            "include/sync/database.py",
        ),
        ("airflow.sdk.definitions.deadline", "DeadlineAlert DeadlineReference", "dags"),
        ("airflow.sdk.definitions.callback", "AsyncCallback", "dags"),
        ("airflow.sdk.execution_time.supervisor", "in_process_api_server", "scripts/dags_test.py"),
        (
            "airflow.api_fastapi.core_api.security",
            "get_user requires_access_view",
            "plugins/dbt_docs_login.py",
        ),
        ("telegram.request", "HTTPXRequest", "include/bot/application.py"),
    ],
)
def test_what_is_imported_is_where_it_was(module: str, names: str, used_by: str) -> None:
    found = importlib.import_module(module)
    missing = [name for name in names.split() if not hasattr(found, name)]
    assert not missing, f"{module} has no {missing}: look for its new place, and correct {used_by}."


def test_cosmos_has_one_folder_for_what_is_parsed() -> None:
    from cosmos import settings
    from cosmos.operators.local import DbtBuildLocalOperator

    assert isinstance(settings.cache_dir, Path), (
        "Cosmos keeps its cache elsewhere: else each group parses the whole project, so find it and"
        " correct include/dbt/group.py."
    )
    known = [inspect.signature(one.__init__).parameters for one in DbtBuildLocalOperator.__mro__]
    assert any("cache_dir" in parameters for parameters in known), (
        "Cosmos' operators take no cache_dir: see how they are told of it, in include/dbt/group.py."
    )


def test_cosmos_builds_models_seeds_and_snapshots_as_nodes() -> None:
    from cosmos.constants import SUPPORTED_BUILD_RESOURCES

    assert {resource.value for resource in SUPPORTED_BUILD_RESOURCES} == {
        *("model", "seed", "snapshot")
    }, "Cosmos makes a task of something else: decide in include/dbt/tasks.py what that one does."


def test_cosmos_hands_every_result_of_dbt_to_the_method_that_notes_it() -> None:
    from cosmos.operators.local import AbstractDbtLocalBase

    run = inspect.getsource(AbstractDbtLocalBase.run_command)
    handler = inspect.getsource(AbstractDbtLocalBase.handle_exception.fget)
    assert "self.handle_exception(result)" in run
    assert "self.handle_exception_dbt_runner" in handler, (
        "Cosmos judges dbt's result elsewhere: BuildTask in include/dbt/tasks.py would note"
        " nothing, and every node would be built twice."
    )


def test_cosmos_hands_events_of_dbt_to_who_asks_for_them() -> None:
    from cosmos.operators.local import AbstractDbtLocalBase

    assert "dbt_runner_callbacks" in inspect.signature(AbstractDbtLocalBase.__init__).parameters, (
        "Cosmos' operators take no dbt_runner_callbacks: `make demo` would show no node, so see how"
        " dbtRunner gets its callbacks, and correct include/dbt/group.py."
    )


def test_cosmos_runs_dbt_by_the_method_that_hands_on_what_is_parsed() -> None:
    from cosmos.operators.local import AbstractDbtLocalBase

    parameters = [*inspect.signature(AbstractDbtLocalBase.run_dbt_runner).parameters]
    assert parameters[:4] == ["self", "command", "env", "cwd"], (
        "Cosmos runs dbt otherwise: `make demo` would parse the project for each command, so see"
        " what took the place of run_dbt_runner, and correct include/dbt/tasks.py."
    )


def test_dbt_tells_in_an_event_how_a_node_went() -> None:
    from dbt.events import types

    built = {"description", "total"}
    fields = {
        "LogModelResult": built,
        "LogSnapshotResult": built,
        "LogSeedResult": {"schema", "relation", "total"},
        "LogTestResult": {"name", "num_models"},
    }
    for name, own in fields.items():
        messages = getattr(types, name).PROTO_TYPES_MODULE.DESCRIPTOR.message_types_by_name
        there = set(messages[name].fields_by_name)
        assert {"status", "index", "execution_time"} | own <= there, (
            f"dbt's event {name} has other fields: correct include/dbt/node_events.py."
        )


def test_dbt_says_of_a_node_which_it_was_how_it_went_and_why() -> None:
    from dbt.artifacts.schemas.run import RunResult

    fields = {field.name for field in dataclasses.fields(RunResult)}
    assert {"node", "status", "message"} <= fields, (
        "dbt tells otherwise how a node went: correct BuildTask and may_pass in"
        " include/dbt/tasks.py."
    )


def test_airflow_tells_a_task_whether_it_was_cleared_and_tried() -> None:
    from airflow.sdk.api.datamodels._generated import DagRun
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    there = DagRun.model_fields.keys() | RuntimeTaskInstance.model_fields.keys()
    assert {"clear_number", "max_tries", "try_number"} <= there, (
        "Airflow counts tries otherwise: NodeTask in include/dbt/tasks.py would not know a retry."
    )
    counting = inspect.getsource(RuntimeTaskInstance.get_first_reschedule_date)
    assert "max_tries - retries + 1" in counting, (
        "Airflow no longer gives a cleared task all its tries as NodeTask reckons"
        " (include/dbt/tasks.py): compare the two."
    )


def test_requests_of_dlts_sessions_go_through_what_is_mounted() -> None:
    from include.sync.adapter import OneApi
    from include.sync.api import new_session

    session = new_session("http://127.0.0.1:1", pause=0.001)
    assert isinstance(session.get_adapter("http://127.0.0.1:1/x"), OneApi)
    with pytest.raises(UserError, match="which the token must not go to"):
        session.get("http://other.example/")


def test_dlt_knows_its_tables_and_forgets_what_it_is_told_to(tmp_path: Path) -> None:
    import dlt
    from dlt.extract import DltResource, DltSource

    pipeline = dlt.pipeline("contract", pipelines_dir=str(tmp_path), destination="postgres")
    there = {*dir(pipeline), *dir(DltResource), *dir(DltSource)}
    missing = {
        *("first_run", "default_schema", "managed_state", "sync_destination"),
        *("compute_table_schema", "apply_hints", "add_filter", "max_table_nesting"),
    } - there
    assert not missing, f"dlt has no {missing}: see its changes, and correct include/sync/sync.py."


def test_python_telegram_bot_asks_through_one_method() -> None:
    from telegram.request import HTTPXRequest

    assert inspect.iscoroutinefunction(HTTPXRequest.do_request), (
        "The bot would not notice a token that was revoked: correct _Polling in"
        " include/bot/application.py."
    )


def test_dbt_still_asks_the_macros_that_are_replaced_here() -> None:
    """Those of Spark are looked at where the models are built on it."""
    import dbt.include.global_project
    import dbt.include.postgres

    packages = [*dbt.include.global_project.__path__, *dbt.include.postgres.__path__]
    theirs = {
        name.rpartition("__")[2]: arguments.count(",")
        for name, arguments in macros(path for one in packages for path in Path(one).rglob("*.sql"))
    }
    files = list(DBT_PROJECT.glob("macros/*.sql"))
    ours = {name for file in files for name in DISPATCHED.findall(file.read_text(encoding="utf-8"))}
    for name, arguments in macros(files):
        adapter, _, replaced = name.rpartition("__")
        if adapter != "postgres" or replaced in ours:
            continue
        assert theirs.get(replaced) == arguments.count(","), (
            f"dbt has no macro {replaced} with as many arguments, so {name} in dbt_ecommerce/macros"
            " would do nothing or fail: see what took its place."
        )


def macros(files: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Name and arguments of each macro."""
    for file in files:
        yield from MACROS.findall(file.read_text(encoding="utf-8"))
