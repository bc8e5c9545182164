"""A CRM's deals all the way: read from its API, loaded, built, and counted in the report."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from include.airflow.as_of import LATEST
from include.connections import Connection
from include.settings import Settings
from include.shop_data import get_shop_data
from include.sync.sources import declared_sources
from include.sync.sync import sync
from tests.support import fake_hubspot, fake_pipedrive
from tests.support.warehouses import Warehouse, new_warehouse

pytestmark = pytest.mark.timeout(600)  # a test waits for its build
DEALS = 200


@pytest.fixture(scope="module")
def built(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Warehouse]:
    """A warehouse with everything that an account of 200 deals comes to."""

    def build(
        name: str, fake: AbstractContextManager[Any], fill: Callable[[Any, int], object]
    ) -> Warehouse:
        warehouse = new_warehouse(postgres, f"lineage_{name}", tmp_path_factory.mktemp(name))
        source = declared_sources()[name]
        with fake as server:
            fill(server, DEALS)
            connection = Connection("http", server.url, None, None, server.token, None)
            for table in source.tables:
                sync(source, table, warehouse, connection, pause=0.01)
        warehouse.dbt("build", "--exclude-resource-type", "unit_test", sources=[name])
        return warehouse

    return build


def totals(warehouse: Warehouse) -> dict[str, Any]:
    [row] = warehouse.rows(
        "select count(*) as orders, sum(revenue) as revenue, count(distinct customer_key) as"
        " customers from marts.fct_orders where is_valid"
    )
    return row


def test_the_weekly_run_loads_a_source_only_where_the_nightly_one_never_did(
    warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(shop_sources=["pipedrive"])
    with fake_pipedrive.fake_pipedrive() as server:
        fake_pipedrive.fill(server, 10)
        connection = Connection("http", server.url, None, None, server.token, None)
        get_shop_data(settings, warehouse, LATEST, {"pipedrive": connection}.get)
        first = capsys.readouterr().out
        asked = len(server.requests)
        get_shop_data(settings, warehouse, LATEST, {"pipedrive": connection}.get)

    assert "landing.pipedrive__deals: 10 rows" in first
    assert asked > 0
    assert len(server.requests) == asked
    assert "landing.pipedrive__deals: last loaded at" in capsys.readouterr().out


def test_won_deals_of_pipedrive_are_the_orders_of_its_persons(
    built: Callable[..., Warehouse],
) -> None:
    warehouse = built("pipedrive", fake_pipedrive.fake_pipedrive(), fake_pipedrive.fill)

    # of each five deals the second and third are won; none of them is archived or deleted
    won = [n for n in range(DEALS) if n % 5 in (1, 2)]
    persons = {n % (DEALS // 3) for n in won}
    assert totals(warehouse) == {
        "orders": 80,
        "revenue": sum(Decimal("100.5") + n for n in won),
        "customers": len(persons),
    }
    report = warehouse.row("marts.rpt_shop_totals")
    assert (report["orders"], report["customers"]) == (80, len(persons))


@pytest.mark.nightly
def test_won_deals_of_hubspot_are_the_orders_of_its_contacts(
    built: Callable[..., Warehouse],
) -> None:
    warehouse = built("hubspot", fake_hubspot.fake_hubspot(), fake_hubspot.fill)

    # of each five deals the fourth is won
    won = [n for n in range(DEALS) if n % 5 == 3]
    found = totals(warehouse)
    assert found["orders"] == 40
    assert found["revenue"] == sum(Decimal("100.5") + n for n in won)
    companies = warehouse.rows(
        "select sum(total_deals) as deals, sum(total_won_deals) as won,"
        " sum(total_revenue) as revenue from marts.companies"
    )
    # every 25th deal was deleted
    assert companies == [{"deals": DEALS - 8, "won": 40, "revenue": found["revenue"]}]
