"""When a node's task believes what the build has noted, and when it builds the node itself."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("airflow_home")

NODE = "model.dbt_ecommerce.customer_churn"
RETRIES = 1
BUILT = "built by itself"


def happens(
    monkeypatch: pytest.MonkeyPatch,
    *,
    noted: dict[str, Any] | None,
    clear_number: int = 0,
    try_number: int = 1,
    max_tries: int = RETRIES,
) -> str:
    """What the task of a node does, in a run that was cleared so often, on such a try.

    Airflow counts tries on and on: who clears a task after its try n sets max_tries to n + retries.
    """
    from cosmos import ProfileConfig
    from cosmos.operators.local import DbtBuildLocalOperator

    from include import dbt_tasks
    from include.dbt_tasks import NodeTask
    from include.settings import DBT_PROJECT

    done = []
    monkeypatch.setattr(DbtBuildLocalOperator, "execute", lambda *_, **__: done.append(BUILT))
    monkeypatch.setattr(dbt_tasks, "_in_turn", lambda _: nullcontext())
    monkeypatch.setattr(NodeTask, "render_template_fields", lambda *_: None)
    task = NodeTask(
        unique_id=NODE,
        build_id="marts.dbt_build",
        task_id="customer_churn_run",
        retries=RETRIES,
        project_dir=str(DBT_PROJECT),
        profile_config=ProfileConfig(
            profile_name="warehouse",
            target_name="postgres",
            profiles_yml_filepath=DBT_PROJECT / "profiles.yml",
        ),
    )
    context: Any = {
        "dag_run": SimpleNamespace(clear_number=clear_number),
        "ti": SimpleNamespace(
            try_number=try_number, max_tries=max_tries, xcom_pull=lambda **_: noted
        ),
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


@pytest.mark.parametrize("status", ["success", "error"])
def test_a_retry_builds_the_node_however_often_the_build_was_tried(
    status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert happens(monkeypatch, noted=noted(status), try_number=2) == BUILT


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
