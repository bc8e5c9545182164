"""The profile of dbt in Airflow: the project's own, filled from the connection `warehouse`."""

from typing import Any

import yaml
from cosmos.profiles import PostgresUserPasswordProfileMapping

from include.paths import DBT_PROJECT


class WarehouseProfile(PostgresUserPasswordProfileMapping):  # type: ignore[misc]
    """The profile of `profiles.yml`, its variables filled from Airflow's connection `warehouse`.

    Of how that is encrypted Cosmos' own mapping passes on `sslmode` only.
    """

    @property
    def profile(self) -> dict[str, Any]:
        """As it is written, which needs no connection."""
        profiles = yaml.safe_load((DBT_PROJECT / "profiles.yml").read_text(encoding="utf-8"))
        return dict(profiles["warehouse"]["outputs"]["postgres"])

    mock_profile = profile

    @property
    def env_vars(self) -> dict[str, str]:
        """The variables; only for code that runs in a task."""
        from include.warehouse.connection import task_warehouse

        return task_warehouse().as_environment()
