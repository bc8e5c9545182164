"""The one exception whose text is written for the person who runs the project."""


class UserError(Exception):
    """One sentence: what is wrong, where, and what to do about it.

    Command lines print it without a traceback, the DAG fails with it at once and without retries.
    """


class TryAgainError(UserError):
    """Nothing was done, and the same call may succeed later: the DAG retries the task."""
