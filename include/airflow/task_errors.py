"""How a task of the DAG fails: in one sentence, and at once where trying again cannot help."""

from collections.abc import Iterator
from contextlib import contextmanager

from include.errors import TryAgainError, UserError


@contextmanager
def plain_failures() -> Iterator[None]:
    """Turn a UserError into Airflow's failure without retries; a TryAgainError stays retried."""
    from airflow.sdk.exceptions import AirflowException, AirflowFailException

    try:
        yield
    except TryAgainError as error:
        raise AirflowException(str(error)) from None
    except UserError as error:
        raise AirflowFailException(str(error)) from None
