"""`customer_history` knows as-of dates only, and a run for one before the last adds nothing."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.support.crm_landing import land
from tests.support.warehouses import Warehouse, new_warehouse

pytestmark = pytest.mark.timeout(300)

SNAPSHOT = ("--select", "+customer_history", "--exclude-resource-type", "test", "unit_test")
FIRST, SECOND, THIRD = date(2026, 1, 26), date(2026, 2, 2), date(2026, 2, 9)

History = list[tuple[str, date, date | None]]
"""States that Ana lived in, each from an as-of date to another."""


@pytest.fixture(scope="module")
def warehouse(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return new_warehouse(postgres, "history", tmp_path_factory.mktemp("history"))


@pytest.fixture
def run(warehouse: Warehouse) -> Callable[[date, str], History]:
    """A history that begins anew with each test: how it stands after a run as of a date."""
    warehouse.execute("drop schema if exists marts cascade")

    def run(as_of: date, state: str) -> History:
        ana = {"id": "1", "properties": {"firstname": "Ana", "state": state}}
        land(warehouse.url, "hubspot", {"contacts": [ana]})
        warehouse.dbt("build", *SNAPSHOT, as_of=str(as_of), sources=["hubspot"])
        return history(warehouse)

    return run


def history(warehouse: Warehouse) -> History:
    rows = warehouse.rows(
        "select state, dbt_valid_from::date as since, dbt_valid_to::date as until"
        " from marts.customer_history order by dbt_valid_from"
    )
    return [(row["state"], row["since"], row["until"]) for row in rows]


def test_a_run_for_a_date_before_the_last_adds_nothing_though_that_one_found_nothing_new(
    run: Callable[[date, str], History],
) -> None:
    run(FIRST, "SP")
    run(SECOND, "SP")
    # she moved since, and the first week's report is made again
    assert run(FIRST, "RJ") == [("SP", FIRST, None)]
    assert run(THIRD, "RJ") == [("SP", FIRST, THIRD), ("RJ", THIRD, None)]


def test_a_second_run_for_the_last_date_replaces_what_the_first_one_saw(
    run: Callable[[date, str], History],
) -> None:
    run(FIRST, "SP")
    run(SECOND, "RJ")
    assert run(SECOND, "MG") == [("SP", FIRST, SECOND), ("MG", SECOND, None)]


def test_a_run_that_is_stopped_half_way_neither_adds_nor_counts(
    run: Callable[[date, str], History], warehouse: Warehouse
) -> None:
    run(FIRST, "SP")
    warehouse.execute(
        f"alter table ops.customer_history_runs add constraint stop check (as_of_on <> '{THIRD}')",
    )
    with pytest.raises(AssertionError, match="violates check constraint"):
        run(THIRD, "RJ")
    warehouse.execute("alter table ops.customer_history_runs drop constraint stop")
    assert history(warehouse) == [("SP", FIRST, None)]
    assert run(SECOND, "RJ") == [("SP", FIRST, SECOND), ("RJ", SECOND, None)]


def test_a_history_with_keys_of_an_earlier_version_goes_on(
    run: Callable[[date, str], History], warehouse: Warehouse
) -> None:
    run(FIRST, "SP")
    warehouse.execute(
        "alter table marts.customer_history"
        " alter customer_key type text using replace(customer_key::text, '-', '')"
    )
    assert run(SECOND, "RJ") == [("SP", FIRST, SECOND), ("RJ", SECOND, None)]
    keys = warehouse.rows(
        "select distinct history.customer_key = customers.customer_key as is_hers"
        " from marts.customer_history as history cross join marts.dim_customers as customers"
    )
    assert keys == [{"is_hers": True}]


def land_contact(warehouse: Warehouse, number: str, **properties: str) -> None:
    land(warehouse.url, "hubspot", {"contacts": [{"id": number, "properties": properties}]})


def test_who_is_gone_is_gone_from_the_present_and_their_name_is_nowhere(
    run: Callable[[date, str], History], warehouse: Warehouse
) -> None:
    run(FIRST, "SP")
    # as an earlier version left it
    warehouse.execute(
        "alter table marts.customer_history add column customer_name text, add column email text;"
        "update marts.customer_history set customer_name = 'Ana', email = 'ana@example.com'"
    )
    land_contact(warehouse, "2", firstname="Bia", email="bia@example.com", state="RJ")
    warehouse.dbt("build", *SNAPSHOT, as_of=str(SECOND), sources=["hubspot"])
    assert history(warehouse) == [("SP", FIRST, SECOND), ("RJ", SECOND, None)]
    everything = str(warehouse.rows("select * from marts.customer_history"))
    assert [word for word in ("Ana", "Bia", "@") if word in everything] == []


@pytest.mark.nightly
def test_a_shop_that_is_not_among_the_sources_any_more_has_no_customers_now(
    run: Callable[[date, str], History], warehouse: Warehouse
) -> None:
    run(FIRST, "SP")
    run(SECOND, "SP")
    ended = SECOND + timedelta(days=1)
    cdnow = "customer_id,order_date,cds,amount\n1,1997-01-06,1,10.00\n"
    warehouse.load_csv("cdnow", {"cdnow": cdnow})
    warehouse.dbt("build", *SNAPSHOT, as_of="1997-06-02", sources=["cdnow"])
    of_hubspot = [one for one in history(warehouse) if one[0]]
    assert of_hubspot == [("SP", FIRST, ended)]
    # and back, on the day of its last run: as if the other had never been
    run(SECOND, "SP")
    assert [one for one in history(warehouse) if one[0]] == [("SP", FIRST, None)]
    assert run(THIRD, "RJ")[-2:] == [("SP", FIRST, THIRD), ("RJ", THIRD, None)]
