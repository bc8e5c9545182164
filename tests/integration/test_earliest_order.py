"""Orders of a day before or after all shops are set aside: one of 1970 is decades of history."""

from datetime import date
from pathlib import Path

import pytest

from tests.support.crm_landing import land
from tests.support.demo_files import demo_files
from tests.support.warehouses import Warehouse, new_warehouse

SOURCES = ["demo_shop", "cdnow", "olist", "uci_online_retail", "hubspot", "pipedrive"]

# what programs write for a time that they do not know: Unix, and Excel
CDNOW = """\
customer_id,order_date,cds,amount
1,1970-01-01,1,10.00
2,1900-01-01,1,10.00
3,1989-12-31,1,10.00
4,1990-01-01,1,10.00
5,9999-12-31,1,10.00
"""
OLIST = {
    "olist_customers_dataset": """\
customer_id,customer_unique_id,customer_city,customer_state
c1,ana,recife,PE
""",
    "olist_orders_dataset": """\
order_id,customer_id,order_status,order_purchase_timestamp
o1,c1,delivered,1970-01-01 00:00:00
o2,c1,delivered,2018-01-03 11:00:00
o3,c1,delivered,2206-01-03 11:00:00
o2,c1,delivered,03/01/2018 11:00
""",
    "olist_order_items_dataset": """\
order_id,order_item_id,product_id,seller_id,price
o1,1,p1,s1,10.00
o2,1,p1,s1,10.00
""",
    "olist_products_dataset": "product_id,product_category_name\np1,bebes\n",
    "product_category_name_translation": (
        "product_category_name,product_category_name_english\nbebes,baby\n"
    ),
}
UCI = """\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1,85123,Holder,1,1900-01-01 00:00:00,2.50,17850,United Kingdom
2,85123,Holder,1,2010-12-01 08:26:00,2.50,17850,United Kingdom
3,85123,Holder,1,9999-12-31 00:00:00,2.50,17850,United Kingdom
"""
EPOCH = "1970-01-01T00:00:00Z"
NEVER = "9999-12-31T00:00:00Z"

pytestmark = pytest.mark.timeout(300)


def deal_of_hubspot(number: str, closed: str) -> dict[str, object]:
    properties = {"dealstage": "won", "amount": "10", "closedate": closed}
    created = "2026-01-02T12:00:00Z"
    return {"id": number, "created_at": created, "properties": {**properties, "pipeline": "sales"}}


def land_crms(url: str) -> None:
    won = {"id": "won", "label": "Won", "metadata": {"isClosed": "true", "probability": "1.0"}}
    closed = {1: EPOCH, 2: "2026-01-05T12:00:00Z", 3: NEVER}
    deals = [deal_of_hubspot(str(number), at) for number, at in closed.items()]
    pipelines = [{"id": "sales", "label": "Sales", "stages": [won]}]
    land(url, "hubspot", {"deals": deals, "pipelines": pipelines})
    added = {"status": "won", "add_time": "2026-01-02T12:00:00Z", "value": 10}
    land(
        url,
        "pipedrive",
        {"deals": [{"id": id_, **added, "won_time": at} for id_, at in closed.items()]},
    )


@pytest.fixture(scope="module")
def warehouse(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("earliest_order")
    warehouse = new_warehouse(postgres, "earliest_order", folder)
    warehouse.load("demo_shop", demo_files(folder, "parquet", customers=60))
    for moment, which in ((EPOCH, "min"), (NEVER, "max")):
        warehouse.execute(
            f"update landing.raw_orders set ordered_at = '{moment}'"
            f" where order_id = (select {which}(order_id) from landing.raw_orders)",
        )
    warehouse.load_csv("cdnow", {"cdnow": CDNOW})
    warehouse.load_csv("olist", OLIST)
    warehouse.load_csv("uci_online_retail", {"online_retail": UCI})
    land_crms(warehouse.url)
    warehouse.dbt("run", "--select", "+fct_orders", "+rejected_rows", sources=SOURCES)
    return warehouse


def test_orders_of_a_day_before_all_shops_are_set_aside_in_every_source(
    warehouse: Warehouse,
) -> None:
    rows = warehouse.rows(
        "select source_name, rejected_because, count(*) as rows from shop.rejected_rows"
        " where rejected_because like '%before 1990%' group by 1, 2"
    )
    assert {(row["source_name"], row["rejected_because"]): row["rows"] for row in rows} == {
        ("demo_shop", "ordered_at is before 1990-01-01"): 1,
        ("cdnow", "order_date is before 1990-01-01"): 3,
        ("olist", "order_purchase_timestamp is before 1990-01-01"): 1,
        ("uci_online_retail", "InvoiceDate is before 1990-01-01"): 1,
        ("hubspot", "closedate is before 1990-01-01"): 1,
        ("pipedrive", "won_time is before 1990-01-01"): 1,
    }


def test_orders_of_a_day_after_all_shops_are_set_aside_in_every_source(
    warehouse: Warehouse,
) -> None:
    rows = warehouse.rows(
        "select source_name, rejected_because from shop.rejected_rows"
        " where rejected_because like '%after 2099-12-31'"
    )
    assert {row["source_name"]: row["rejected_because"].split()[0] for row in rows} == {
        "demo_shop": "ordered_at",
        "cdnow": "order_date",
        "olist": "order_purchase_timestamp",
        "uci_online_retail": "InvoiceDate",
        "hubspot": "closedate",
        "pipedrive": "won_time",
    }


def test_the_other_orders_are_there_and_history_begins_with_them(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "select source_name, min(ordered_on) as since, count(*) as orders"
        " from marts.fct_orders where source_name <> 'demo_shop' group by 1"
    )
    assert {row["source_name"]: (row["since"], row["orders"]) for row in rows} == {
        "cdnow": (date(1990, 1, 1), 1),
        "olist": (date(2018, 1, 3), 1),
        "uci_online_retail": (date(2010, 12, 1), 1),
        "hubspot": (date(2026, 1, 5), 1),
        "pipedrive": (date(2026, 1, 5), 1),
    }
