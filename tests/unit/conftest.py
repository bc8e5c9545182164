"""A home for Airflow, for tests that import it."""

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Airflow makes its folder on import."""
    with pytest.MonkeyPatch.context() as patch:
        if "AIRFLOW_HOME" not in os.environ:
            patch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
        yield
