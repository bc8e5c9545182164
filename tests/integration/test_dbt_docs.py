"""dbt's documentation: the page that `make docs` writes, and Airflow's of the same files."""

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from include.airflow.environment import DOCS
from include.paths import PROJECT
from tests.support.project_copy import copy_project, environment, run
from tests.support.warehouses import new_warehouse

DESCRIPTION = "One row: the as-of date of every number."
OVERVIEW = "No number reads a clock."

pytestmark = pytest.mark.nightly


@pytest.fixture(scope="module")
def project(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which `make docs` has run, on a warehouse that holds nothing."""
    folder = tmp_path_factory.mktemp("docs")
    project = copy_project(folder / "project")
    warehouse = new_warehouse(postgres, "dbt_docs", folder)
    env = environment(project, AIRFLOW_CONN_WAREHOUSE=warehouse.url)
    done = run(["python", "scripts/dbt_docs.py"], project, env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip() == str(project / "out" / "dbt_docs.html")
    return project


def test_the_page_holds_the_models_and_the_overview(project: Path) -> None:
    page = (project / "out" / "dbt_docs.html").read_text()
    assert DESCRIPTION in page
    assert OVERVIEW in page


def test_airflow_serves_the_same_from_the_folder_it_is_told(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = json.dumps(DOCS).replace(str(PROJECT), str(project))
    monkeypatch.setenv("AIRFLOW__COSMOS__DBT_DOCS_PROJECTS", setting)
    monkeypatch.setenv("AIRFLOW__COSMOS__ENABLE_TELEMETRY", "False")
    from cosmos.plugin.airflow3 import create_cosmos_fastapi_app

    cosmos = TestClient(create_cosmos_fastapi_app())
    assert "<html" in cosmos.get("/ecommerce/dbt_docs_index.html").text
    assert DESCRIPTION in cosmos.get("/ecommerce/manifest.json").text
    assert cosmos.get("/ecommerce/catalog.json").status_code == 200
