"""Two shops of one system: each has an order #1001, and the report has both."""

import csv
import io
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from include.errors import UserError
from include.new_shop.second import write_second
from include.paths import DBT_PROJECT
from include.sync.sources import DECLARED, declared_sources
from include.warehouse.load_files import load_files
from scripts.second_shop import app
from tests.support.scripts import call
from tests.support.warehouses import Warehouse, new_warehouse


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the dbt project, with a second shop of Shopify's; the APIs lie beside it."""
    folder = tmp_path_factory.mktemp("two_shops")
    project = folder / "dbt_ecommerce"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    shutil.copy(DECLARED, folder / "sources.yml")
    write_second("shopify", "outlet", project, folder / "sources.yml")
    return project


def export(price: str, email: str, day: str) -> str:
    rows = [
        {
            "Name": name, "Email": email, "Financial Status": "paid", "Currency": "BRL",
            "Subtotal": price, "Shipping": "0.00", "Taxes": "0.00", "Total": price,
            "Discount Amount": "0.00", "Created at": f"{day} 12:00:00 -0300",
            "Lineitem quantity": "1", "Lineitem name": "Cup", "Lineitem price": price,
            "Refunded Amount": "1.00", "Source": "web",
        }
        for name in ("#1001", "#1002")
    ]  # fmt: skip
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.mark.nightly
@pytest.mark.timeout(300)
def test_an_order_of_each_with_the_same_number_is_two_orders(
    project: Path, postgres: Path, tmp_path: Path
) -> None:
    warehouse = new_warehouse(postgres, "two_shops", tmp_path, project)
    warehouse.load_csv("shopify", {"orders": export("10.00", "ana@example.com", "2026-01-05")})
    warehouse.load_csv("outlet", {"orders": export("7.00", "ana@example.com", "2026-03-05")})
    optional = yaml.safe_load((project / "dbt_project.yml").read_text())["vars"]["optional_models"]
    assert optional["refunds"] == ["mercado_livre", "shopee", "shopify", "outlet", "woocommerce"]
    warehouse.dbt(
        "build", "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious",
        "--select", "+rpt_shop_totals", sources=["shopify", "outlet"],
    )  # fmt: skip
    orders = warehouse.rows("select source_name, order_id, revenue from marts.fct_orders")
    assert sorted(tuple(row.values()) for row in orders) == [
        ("outlet", "#1001", 7),
        ("outlet", "#1002", 7),
        ("shopify", "#1001", 10),
        ("shopify", "#1002", 10),
    ]
    [of_both] = warehouse.rows("select orders, net_revenue from marts.rpt_shop_totals")
    assert of_both == {"orders": 4, "net_revenue": Decimal(30)}


def test_an_api_of_the_first_is_one_of_the_second_too(project: Path) -> None:
    sources = declared_sources(project.with_name("sources.yml"))
    assert sources["outlet"].kind == sources["shopify"].kind == "shopify_orders"
    assert sources["outlet"].tables == {"api_orders": ["api_orders"]}


def test_files_of_two_shops_in_one_folder_are_refused_and_nothing_of_them_is_loaded(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    (tmp_path / "orders_export_1.csv").write_text(export("10.00", "a@example.com", "2026-01-05"))
    (tmp_path / "orders_export_2.csv").write_text(export("7.00", "b@example.com", "2026-03-05"))
    with pytest.raises(UserError) as caught:
        load_files(warehouse, "shopify", tmp_path, DBT_PROJECT, lambda _: None)
    assert str(caught.value).startswith(
        "orders_export_2.csv and orders_export_1.csv are of two shops, as both have #1001 as"
        " order_name, of 2026-03-05 and of 2026-01-05: give the files of each shop a folder"
    )


def test_a_name_that_a_source_has_and_a_system_that_is_none_are_refused(project: Path) -> None:
    said = call(app, "--of", "shopify", "--name", "woocommerce")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith("error: There is a shop woocommerce in ")
    said = call(app, "--of", "wix", "--name", "outlet")
    assert said.stderr.startswith("error: There is no source 'wix' to copy: name one of bling,")
