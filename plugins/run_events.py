"""Tells whoever watches a run which task began, and how it ended (`include/run_events.py`)."""

from typing import Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

from include.run_events import tell
from include.secrets import scrub


class Tasks:
    """A listener of Airflow's: its methods are called in the process of the task."""

    @hookimpl
    def on_task_instance_running(self, task_instance: Any) -> None:
        """Tell that a task began."""
        tell("task_began", task=task_instance.task_id)

    @hookimpl
    def on_task_instance_success(self, task_instance: Any) -> None:
        """Tell that a task ended well."""
        tell("task_ended", task=task_instance.task_id, error=None)

    @hookimpl
    def on_task_instance_failed(self, task_instance: Any, error: Any) -> None:
        """Tell that a task failed, and why."""
        tell("task_ended", task=task_instance.task_id, error=scrub(str(error)))


class RunEvents(AirflowPlugin):
    """What Airflow finds in this file."""

    name = "run_events"
    listeners = [Tasks()]  # noqa: RUF012
