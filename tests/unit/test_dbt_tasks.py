"""When a node's task believes what the build has noted, and when it builds the node itself."""

import os
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from include.dbt.parsed import is_parsed, parse_for_all
from include.errors import UserError

pytestmark = pytest.mark.usefixtures("airflow_home")

NODE = "model.dbt_ecommerce.customer_churn"
RETRIES = 3
BUILT = "built by itself"


def made(name: str, **arguments: Any) -> Any:
    """A task of the class of this name."""
    from cosmos import ProfileConfig

    from include.dbt import tasks
    from include.paths import DBT_PROJECT

    return getattr(tasks, name)(
        task_id="customer_churn_run",
        retries=RETRIES,
        project_dir=str(DBT_PROJECT),
        profile_config=ProfileConfig(
            profile_name="warehouse",
            target_name="postgres",
            profiles_yml_filepath=DBT_PROJECT / "profiles.yml",
        ),
        **arguments,
    )


def happens(
    monkeypatch: pytest.MonkeyPatch,
    *,
    noted: dict[str, Any] | Exception | None,
    clear_number: int = 0,
    try_number: int = 1,
    max_tries: int = RETRIES,
) -> str:
    """What the task of a node does, in a run that was cleared so often, on such a try.

    Airflow counts tries on and on: who clears a task after its try n sets max_tries to n + retries.
    """
    from cosmos.operators.local import DbtBuildLocalOperator

    from include.dbt import tasks
    from include.dbt.tasks import NodeTask

    def xcom_pull(**_: Any) -> dict[str, Any] | None:
        if isinstance(noted, Exception):
            raise noted
        return noted

    done = []
    monkeypatch.setattr(DbtBuildLocalOperator, "execute", lambda *_, **__: done.append(BUILT))
    monkeypatch.setattr(tasks, "_in_turn", lambda _: nullcontext())
    monkeypatch.setattr(NodeTask, "render_template_fields", lambda *_: None)
    task = made("NodeTask", unique_id=NODE, build_id="marts.dbt_build")
    context: Any = {
        "dag_run": SimpleNamespace(clear_number=clear_number),
        "ti": SimpleNamespace(try_number=try_number, max_tries=max_tries, xcom_pull=xcom_pull),
    }
    try:
        task.execute(context)
    except Exception as error:
        return str(error)
    return done[0] if done else "nothing"


def noted(status: str, clear_number: int = 0) -> dict[str, Any]:
    """What a build leaves behind."""
    return {"clear_number": clear_number, "status": {NODE: status}}


FAILED = f"{NODE} failed: see the log of marts.dbt_build."


def test_a_node_is_what_the_build_says_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert happens(monkeypatch, noted=noted("success")) == "nothing"
    assert happens(monkeypatch, noted=noted("error")) == FAILED
    assert happens(monkeypatch, noted=noted("skipped")) == BUILT
    assert happens(monkeypatch, noted=None) == BUILT


def test_a_retry_builds_the_node_that_failed_in_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    assert happens(monkeypatch, noted=noted("error"), try_number=2) == BUILT


def test_an_api_that_does_not_answer_is_not_the_node_s_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first try never learned how the node went; the second one asks, and builds nothing."""
    assert happens(monkeypatch, noted=TimeoutError("no answer")) == "no answer"
    assert happens(monkeypatch, noted=noted("success"), try_number=2) == "nothing"


@pytest.mark.parametrize("status", ["success", "error"])
def test_a_node_that_was_cleared_without_its_build_is_built(
    status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleared = {"clear_number": 1, "try_number": 2, "max_tries": 1 + RETRIES}
    assert happens(monkeypatch, noted=noted(status), **cleared) == BUILT


def test_a_node_that_was_cleared_with_its_build_is_what_that_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cleared = {"clear_number": 2, "try_number": 4, "max_tries": 3 + RETRIES}
    assert happens(monkeypatch, noted=noted("success", 2), **cleared) == "nothing"
    assert happens(monkeypatch, noted=noted("error", 2), **cleared) == FAILED
    assert happens(monkeypatch, noted=noted("error", 2), **cleared | {"try_number": 5}) == BUILT


# --- a process that runs several commands of dbt


@pytest.fixture
def invoked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """By which manifest, with which arguments, where and for which date dbt was run."""
    calls: list[tuple[Any, ...]] = []

    class Runner:
        def __init__(self, manifest: Any = None, callbacks: Any = ()) -> None:
            self.manifest = manifest

        def invoke(self, arguments: list[str]) -> Any:
            calls.append((self.manifest, arguments, Path.cwd(), os.environ.get("AS_OF_DATE")))
            return SimpleNamespace(success="--wrong" not in arguments, result="all that is parsed")

    monkeypatch.setattr("dbt.cli.main.dbtRunner", Runner)
    monkeypatch.setattr("include.dbt.parsed._kept", {})
    monkeypatch.delenv("AS_OF_DATE", raising=False)
    return calls


def test_what_was_parsed_once_is_handed_to_every_command_of_the_process(
    invoked: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    parse_for_all(["dbt", "parse"], {"AS_OF_DATE": "2026-11-16"})
    arguments: Any = (["dbt", "build"], {"AS_OF_DATE": "2026-11-23"}, str(tmp_path))
    done = made("BuildTask").run_dbt_runner(*arguments, context={})
    assert done.success
    assert invoked == [
        (None, ["parse"], Path.cwd(), "2026-11-16"),
        ("all that is parsed", ["build"], tmp_path, "2026-11-23"),
    ]
    assert "AS_OF_DATE" not in os.environ


def test_a_process_of_one_command_leaves_it_to_cosmos(
    invoked: list[tuple[Any, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cosmos.operators.local import DbtTestLocalOperator

    monkeypatch.setattr(DbtTestLocalOperator, "run_dbt_runner", lambda *_, **__: "by Cosmos")
    assert made("DataTests").run_dbt_runner(["dbt", "test"], {}, str(tmp_path)) == "by Cosmos"
    assert invoked == []


def test_a_project_that_dbt_cannot_read_is_not_kept(invoked: list[tuple[Any, ...]]) -> None:
    with pytest.raises(UserError, match="`dbt parse` failed"):
        parse_for_all(["dbt", "parse", "--wrong"], {})
    assert not is_parsed()


# --- what dbt says is wrong, and whether another try may help


def of_dbt(message: str | None, *, node: str = NODE, status: str = "error") -> Any:
    """What dbt makes of one node; of none, where it did not come to any."""
    one = SimpleNamespace(
        node=SimpleNamespace(unique_id=node, name=node), status=status, message=message
    )
    return SimpleNamespace(
        success=False,
        exception=None if message else "Database Error",
        result=SimpleNamespace(results=[one]) if message else None,
    )


WRONG = "Database Error in model customer_churn\n  division by zero"
TESTS_FAIL = "Got 3 results, configured to fail if != 0"
GONE = [
    "Database Error in model x\n  server closed the connection unexpectedly",
    "Database Error in model x\n  terminating connection due to administrator command",
    'Database Error\n  connection to server at "db", port 5432 failed: Connection refused',
    "Database Error\n  FATAL:  the database system is starting up",
    "Database Error in model x\n  deadlock detected",
    "Database Error in model x\n  canceling statement due to lock timeout",
    None,
]


def raised(task: str, result: Any) -> str:
    """The name of the error by which a task of this class fails over what dbt says."""
    of_node = {"unique_id": NODE, "build_id": "marts.dbt_build"} if task == "NodeTask" else {}
    try:
        made(task, **of_node).handle_exception_dbt_runner(result)
    except Exception as error:
        return type(error).__name__
    return "none"


@pytest.mark.parametrize(
    ("task", "message", "status"),
    [
        ("NodeTask", WRONG, "error"),
        ("DataTests", TESTS_FAIL, "fail"),
        ("DataTests", WRONG, "error"),
    ],
)
def test_what_would_go_the_same_way_again_is_not_tried_again(
    task: str, message: str, status: str
) -> None:
    assert raised(task, of_dbt(message, status=status)) == "AirflowFailException"


@pytest.mark.parametrize("task", ["NodeTask", "DataTests"])
@pytest.mark.parametrize("message", GONE)
def test_what_may_pass_is_tried_again(task: str, message: str | None) -> None:
    assert raised(task, of_dbt(message)) == "CosmosDbtRunError"


@pytest.mark.parametrize(("message", "fails"), [(WRONG, False), *((gone, True) for gone in GONE)])
def test_a_build_fails_itself_where_postgres_went_away(
    message: str | None, fails: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model's own fault is left to the model's task; what hit all of them is the build's."""
    from cosmos.operators.local import DbtBuildLocalOperator

    from include.dbt import tasks

    def execute(self: Any, context: Any) -> None:
        self.handle_exception_dbt_runner(of_dbt(message))

    monkeypatch.setattr(DbtBuildLocalOperator, "execute", execute)
    monkeypatch.setattr(tasks, "_in_turn", lambda _: nullcontext())
    pushed: dict[str, Any] = {}
    context: Any = {
        "dag_run": SimpleNamespace(clear_number=0),
        "ti": SimpleNamespace(xcom_push=pushed.__setitem__),
    }
    try:
        made("BuildTask").execute(context)
    except Exception as error:
        assert type(error).__name__ == "CosmosDbtRunError"  # noqa: PT017 - or it does not fail
        assert fails
    else:
        assert not fails
        assert pushed["results"]["status"] == {NODE: "error"}
