"""A DAG with a deadline that can be run by `airflow dags test` all the same."""

from typing import Any

from airflow.sdk import DAG


class DagWithDeadline(DAG):
    """A DAG whose run in a single process has no deadline: Airflow 3.3 breaks at the end of it.

    What Airflow notes of the DAG, for its scheduler, has it in that process too.
    """

    is_tested = False
    """Whether this is `airflow dags test` or `make demo`: a process that nobody starts again."""

    def test(self, *args: Any, **kwargs: Any) -> Any:
        """Run the DAG once; arguments and result as of Airflow's own."""
        self.is_tested = True
        self.deadline = None
        return super().test(*args, **kwargs)
