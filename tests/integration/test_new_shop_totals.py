"""scripts/new_shop.py: shops that nobody knows, from their files to totals, with no SQL typed."""

import io
import shutil
from dataclasses import astuple
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from include.paths import DBT_PROJECT
from scripts import check_shop
from scripts.new_shop import app
from tests.support.conventions import broken_conventions
from tests.support.portuguese_shop import totals, write_export
from tests.support.scripts import Said, call
from tests.support.warehouses import Warehouse, new_warehouse

PORTUGUESE, SPANISH, ENGLISH = "loja_exemplo", "tienda", "workbook"
# Who ordered stands in the first line, a quantity is weighed, and A-3 has a day that there is not.
TIENDA = """\
Pedido;Fecha de compra;E-mail;Cliente;Producto;Cantidad;Precio;Descuento;Estado;Canal;Moneda
A-1;28/02/2026 23:30;ana@example.com;Ana;Taza;2;10,00;1,00;Pagado;Web;ARS
A-1;;;;Remera;1;1.020,00;0,00;;;
A-2;01/03/2026 09:00;ANA@example.com ;Ana;Yerba;0,5;10,00;0,00;Cancelado;Web;ARS
A-3;31/02/2026 09:00;eva@example.com;Eva;Taza;1;10,00;0,00;Pagado;Web;ARS
"""

# Ids, days, money and discounts as a spreadsheet keeps them: none of them a text.
WORKBOOK = (
    ("Order ID", "Order date", "Customer ID", "Item", "Qty", "Price", "Discount", "Status"),
    (7, datetime(2026, 3, 2), 501, "Mug", 2, 4.5, None, "Paid"),  # noqa: DTZ001
    (7, datetime(2026, 3, 2), 501, "Bag", 1, 3, 0.5, "Paid"),  # noqa: DTZ001
    (8, datetime(2026, 3, 3), 502, "Mug", 1, 4.5, 0, "Refunded"),  # noqa: DTZ001
    (9, datetime(2026, 3, 4), 502, "Mug", 1, 4.5, 0, "Voided"),  # noqa: DTZ001
)

pytestmark = pytest.mark.nightly


def new_shop(project: Path, *options: str) -> Said:
    """The script, of which no terminal can answer; it writes into a copy of the dbt project."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("include.paths.DBT_PROJECT", project)
        patch.setattr("sys.stdin", io.StringIO())
        return call(app, *options, "--yes")


@pytest.fixture(scope="module")
def built(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Three exports loaded, and their models built as far as the shop's totals."""
    folder = tmp_path_factory.mktemp("new_shop")
    project = folder / "dbt_ecommerce"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    portuguese, spanish, english = (folder / shop for shop in (PORTUGUESE, SPANISH, ENGLISH))
    for data in (portuguese, spanish, english):
        data.mkdir()
    write_export(portuguese / "relatório de vendas.csv")
    (spanish / "pedidos.csv").write_text(TIENDA, encoding="utf-8")
    workbook = openpyxl.Workbook()
    for row in WORKBOOK:
        workbook.active.append(row)
    workbook.save(english / "sales.xlsx")
    before = "--price-before-discount"
    for said in (
        new_shop(project, "--data", str(portuguese), "--currency", "BRL"),
        new_shop(project, "--data", str(spanish), before),
        new_shop(project, "--data", str(english), before, "--currency", "USD"),
    ):
        assert said.returncode == 0, said.stderr
    warehouse = new_warehouse(postgres, "new_shop", folder, project)
    for data in (portuguese, spanish, english):
        warehouse.load(data.name, data)
    warehouse.dbt(
        *("build", "--select", "+rpt_shop_totals", "--indirect-selection", "cautious"),
        *("--exclude-resource-type", "unit_test"),
        sources=[PORTUGUESE, SPANISH, ENGLISH],
    )
    return warehouse


def test_a_portuguese_export_comes_to_the_totals_of_its_file(built: Warehouse) -> None:
    [file] = (built.folder.parent / PORTUGUESE).iterdir()
    [found] = built.rows(
        f"""
        select
            count(*) as orders,
            sum(is_cancelled::integer) as cancelled_orders,
            count(distinct customer_key) filter (where is_valid) as customers,
            sum(revenue) filter (where is_valid) as revenue
        from marts.fct_orders where source_name = '{PORTUGUESE}'
        """
    )
    assert tuple(found.values()) == astuple(totals(file))


def test_a_spanish_export_comes_to_the_totals_worked_out_by_hand(built: Warehouse) -> None:
    orders = built.rows(
        f"""
        select order_id, ordered_at::text, ordered_on::text, is_valid, currency, revenue
        from marts.fct_orders where source_name = '{SPANISH}' order by 1
        """
    )
    assert [tuple(order.values()) for order in orders] == [
        # 2 * 10 - 1 + 1020; half past eleven in São Paulo is the next day in UTC
        ("A-1", "2026-03-01 02:30:00", "2026-02-28", True, "ARS", Decimal("1039.0000")),
        ("A-2", "2026-03-01 12:00:00", "2026-03-01", False, "ARS", Decimal("5.0000")),
    ]
    assert len(built.rows(f"select * from staging.stg_{SPANISH}__customers")) == 1
    [rejected] = built.rows(f"select * from staging.stg_{SPANISH}__rejected_rows")
    assert rejected["rejected_because"] == "ordered_at is not a date"


def test_a_workbook_comes_to_the_totals_worked_out_by_hand(built: Warehouse) -> None:
    orders = built.rows(
        f"""
        select order_id, is_cancelled, is_returned, revenue::text
        from marts.fct_orders where source_name = '{ENGLISH}' order by 1
        """
    )
    assert [tuple(order.values()) for order in orders] == [
        ("7", False, False, "11.5000"),  # 2 * 4.5 + 3 - 0.5
        ("8", False, True, "4.5000"),
        ("9", True, False, "4.5000"),
    ]


def test_nothing_lands_that_was_not_chosen_and_no_key_says_who_it_is(built: Warehouse) -> None:
    for shop in (PORTUGUESE, SPANISH):
        rows = built.rows(
            f"select to_jsonb(sales)::text as row from landing.{shop}__sales as sales"
        )
        text = " ".join(row["row"] for row in rows)
        for personal in ("Pessoa", "(11)", "00000000021", "example.com", "Eva"):
            assert personal not in text


def test_what_is_written_keeps_the_conventions(built: Warehouse, tmp_path: Path) -> None:
    assert broken_conventions(built.dbt_project, tmp_path) == ""


def check(built: Warehouse, shop: str) -> Said:
    """scripts/check_shop.py on a shop of the copy of the dbt project."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("include.paths.DBT_PROJECT", built.dbt_project)
        folder = str(built.folder.parent / shop)
        return call(
            *(check_shop.app, "--source", shop, "--data", folder), AIRFLOW_CONN_WAREHOUSE=built.url
        )


def test_a_check_tells_totals_rows_set_aside_and_failing_tests(built: Warehouse) -> None:
    before = built.held()
    good = check(built, SPANISH)
    assert good.returncode == 0, good.stdout + good.stderr
    assert "\nrevenue               | 1039.00\n" in good.stdout
    _, aside = good.stdout.split(
        "Rows of tienda__sales that were set aside, as ordered_at is not a"
    )
    assert aside.startswith(" date: 1\n  {")
    assert "31/02/2026" in aside.splitlines()[1]
    assert good.stdout.splitlines()[-1].startswith("Passed in ")

    statuses = built.dbt_project / "models" / "staging" / SPANISH / f"_{SPANISH}__base.yml"
    text = statuses.read_text(encoding="utf-8")
    statuses.write_text(text.replace("[Pagado, Cancelado]", "[Pagado]").replace("warn", "error"))
    bad = check(built, SPANISH)
    assert bad.returncode == 1
    assert (
        "failed: test accepted_values_base_tienda__sales_status__Pagado: Got 1 result" in bad.stdout
    )
    assert built.held() == before
