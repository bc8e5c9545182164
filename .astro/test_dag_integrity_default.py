"""The test that `astro dev parse` and `astro deploy` run in the image: every DAG file imports.

It takes the place of the Astro CLI's own, which does not run on Airflow 3.3, and asks for more:
no placeholder stands in for a missing connection or variable, so a DAG file that needs one while
it is parsed fails here. What the DAGs are made of is tested in tests/dags.
"""

import os
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag

for name in list(os.environ):
    if name.startswith(("AIRFLOW_CONN_", "AIRFLOW_VAR_")):
        del os.environ[name]

BAG = DagBag()
FILES = sorted({dag.fileloc for dag in BAG.dags.values()} | BAG.import_errors.keys())


def test_there_are_dags() -> None:
    if not FILES:
        pytest.fail(f"no DAG files in {BAG.dag_folder}", pytrace=False)


@pytest.mark.parametrize("file", FILES, ids=lambda file: Path(file).name)
def test_file_imports(file: str) -> None:
    if error := BAG.import_errors.get(file):
        pytest.fail(error, pytrace=False)
