"""The nightly sync run by Airflow: one CRM's trouble is not the other's."""

from collections.abc import Callable

import pytest

from tests.end_to_end.conftest import Run
from tests.support import fake_pipedrive
from tests.support.fake_telegram import WRONG_TOKEN

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.timeout(900),  # the first test waits for the run
]

Runs = Callable[[str], Run]


def test_what_one_crm_has_is_loaded_though_the_other_refuses_its_token(runs: Runs) -> None:
    run = runs("crm")
    loads = run.warehouse.rows(
        "select source_name, status, count(*) as tables, min(loaded_rows) > 0 as has_rows"
        " from ops.loads group by source_name, status order by 1"
    )
    assert loads == [
        {"source_name": "hubspot", "status": "failed", "tables": 1, "has_rows": False},
        {"source_name": "pipedrive", "status": "loaded", "tables": 7, "has_rows": True},
    ]
    deals = run.warehouse.rows("select count(*) as deals from landing.pipedrive__deals")
    assert deals == [{"deals": 60}]


def test_the_refused_source_says_once_what_to_do_and_is_not_tried_again(runs: Runs) -> None:
    run = runs("crm")
    told = run.warehouse.rows("select message from ops.loads where status = 'failed'")
    assert told == [
        {
            "message": "hubspot does not accept the token (401): put a valid one, with the rights"
            " to read, into the Airflow connection 'hubspot'."
        }
    ]
    assert run.returncode != 0


def test_no_token_is_in_what_is_said_or_noted(runs: Runs) -> None:
    run = runs("crm")
    for token in (fake_pipedrive.TOKEN, WRONG_TOKEN):
        assert token not in run.everything_said()
        assert token not in run.everything_noted()
