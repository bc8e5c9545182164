"""How the errors of a task reach Airflow: which of them it tries again, and in which words."""

import logging

import pytest

from include.airflow.task_errors import plain_failures
from include.errors import TryAgainError, UserError

SENTENCE = "orders.csv has no column 'id': add or rename it."

pytestmark = pytest.mark.usefixtures("airflow_home")


def failure(error: Exception) -> BaseException:
    """What Airflow meets where the code in a task raises `error`."""
    try:
        with plain_failures():
            raise error
    except Exception as met:
        return met


def test_a_user_error_fails_the_task_at_once_in_its_own_words() -> None:
    from airflow.sdk.exceptions import AirflowFailException

    met = failure(UserError(SENTENCE))
    assert type(met) is AirflowFailException
    assert str(met) == SENTENCE


def test_what_may_succeed_later_is_tried_again_in_its_own_words() -> None:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException

    met = failure(TryAgainError(SENTENCE))
    assert isinstance(met, AirflowException)
    assert not isinstance(met, AirflowFailException)
    assert str(met) == SENTENCE


@pytest.mark.parametrize("kind", [UserError, TryAgainError])
def test_no_traceback_of_the_cause_is_logged_with_it(
    kind: type[UserError], caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        try:
            raise ValueError("a detail with my-secret")
        except ValueError as error:
            raise kind(SENTENCE) from error

    try:
        with plain_failures():
            fail()
    except Exception:
        logging.getLogger(__name__).exception("the task failed")
    assert SENTENCE in caplog.text
    assert "my-secret" not in caplog.text
    assert kind.__name__ not in caplog.text


def test_any_other_error_is_left_as_it_is() -> None:
    error = ValueError("a fault of the code")
    assert failure(error) is error


def test_nothing_happens_where_nothing_fails() -> None:
    with plain_failures():
        done = True
    assert done
