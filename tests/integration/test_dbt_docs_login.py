"""dbt's documentation in Airflow: who is not logged in there reads none of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from include.airflow.environment import PLUGINS
from include.paths import PROJECT

PAGES = ["dbt_docs", "dbt_docs_index.html", "manifest.json", "catalog.json"]
NOBODY, VIEWER = 401, 200


def ask(folder: Path, *paths: str, **settings: str) -> dict[str, list[int]]:
    """The status of each page: without a login, with a viewer's token, with a viewer's cookie."""
    docs = folder / "target"
    docs.mkdir()
    for name in ("manifest.json", "catalog.json"):
        (docs / name).write_text('{"raw_code": "select 1"}')
    (docs / "index.html").write_text("<html><head></head></html>")
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__API_AUTH__JWT_SECRET": "long enough for its signature " * 3,
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PLUGINS),
        "AIRFLOW__COSMOS__DBT_DOCS_PROJECTS": json.dumps({"ecommerce": {"dir": str(docs)}}),
        "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "False",
        **settings,
    }
    program = PROJECT / "tests" / "support" / "docs_app.py"
    done = subprocess.run(
        [sys.executable, str(program), *paths], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, list[int]] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.parametrize("root", ["", "/airflow"])
def test_every_page_needs_a_login_and_no_other_does(root: str, tmp_path: Path) -> None:
    pages = [f"{root}/cosmos/ecommerce/{page}" for page in PAGES]
    written_otherwise = f"{root}/%63osmos/ecommerce/manifest.json"
    other = f"{root}/cosmos_of_another"
    told = ask(
        tmp_path,
        *pages,
        written_otherwise,
        other,
        AIRFLOW__API__BASE_URL=f"http://localhost:8080{root}",
    )
    assert told == {
        **{page: [NOBODY, VIEWER, VIEWER] for page in [*pages, written_otherwise]},
        other: [200, 200, 200],
    }


def test_where_whoever_reaches_airflow_is_its_user_the_docs_are_open(tmp_path: Path) -> None:
    page = "/cosmos/ecommerce/dbt_docs_index.html"
    told = ask(tmp_path, page, AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS="True")
    assert told == {page: [200, 200, 200]}
