"""What `make demo` passes on of the log of a run."""

import pytest

from scripts.demo import _echo_progress


def test_what_a_load_says_that_people_should_read_is_passed_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = ["orders.csv → landing.shop__orders: 7 rows in 0.0 s\n", "note: No model reads x.csv.\n"]
    assert list(_echo_progress(log)) == log
    assert capsys.readouterr().out == "    note: No model reads x.csv.\n"
