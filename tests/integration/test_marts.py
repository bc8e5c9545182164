"""The marts' figures of real shops: those of the ground truth, and of a recount in pandas.

By day it is CDNOW's sample and some of UCI's invoices; the other shops are built at night.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.support import recount, shops
from tests.support.warehouses import Row, Warehouse, new_warehouse

EARLIER = date(2018, 6, 4)  # a Monday in the middle of Olist's history
NO_TESTS = ("--exclude-resource-type", "test", "unit_test")
ONLY_DATA_TESTS = ("--exclude-resource-type", "unit_test")

NIGHTLY = pytest.mark.nightly  # for what takes a shop of some size
# a build, and what the ground truth calls the shop
SHOPS = [
    pytest.param("uci_online_retail", "uci_online_retail", marks=NIGHTLY),
    pytest.param("olist", "olist_sample_8k", marks=NIGHTLY),
    pytest.param("cdnow", "cdnow", marks=NIGHTLY),
    ("cdnow_sample", "cdnow_sample"),
]
GOODS_OF_UCI = "dearest_goods_only (StockCode starts with 5 digits)"
TOP_GOODS_OF_UCI = "top5_goods_only (StockCode starts with 5 digits)"
LEAST_SUPPORT = 0.01  # basket_least_support
EVERY_NTH_INVOICE = 32
BAD_ROWS = [
    # column, what it holds, why the row is set aside
    ("InvoiceDate", "05/11/2011 10:00", "InvoiceDate is not a date"),
    ("InvoiceDate", "", "InvoiceDate is not a date"),
    ("InvoiceDate", "2011-02-30 10:00:00", "InvoiceDate is not a date"),
    ("Quantity", "many", "Quantity is not a whole number"),
    ("Quantity", "1.5", "Quantity is not a whole number"),
    ("UnitPrice", "2,55", "UnitPrice is not a number"),
    ("InvoiceNo", "", "InvoiceNo is missing"),
    ("InvoiceNo", " ", "InvoiceNo is missing"),
]

pytestmark = pytest.mark.timeout(900)  # the first test waits for the builds


@dataclass(frozen=True)
class Marts:
    """What the tests read of a build."""

    totals: Row
    weekly_report: Row
    weekly_churn: list[Row]
    rejected: list[Row]
    cohorts: list[Row]
    order_gaps: Row
    products: list[Row]
    basket_pairs: list[Row]


Builds = Callable[[str], Marts]


def read(warehouse: Warehouse) -> Marts:
    return Marts(
        warehouse.row("marts.rpt_shop_totals"),
        warehouse.row("marts.rpt_weekly_report"),
        warehouse.rows("select * from marts.weekly_churn order by week_starts_on"),
        warehouse.rows("select * from shop.rejected_rows"),
        warehouse.rows("select * from marts.monthly_cohorts order by cohort_month, months_since"),
        warehouse.row("marts.order_gaps"),
        warehouse.rows("select * from marts.product_abc order by revenue_rank"),
        warehouse.rows("select * from marts.basket_pairs order by lift desc"),
    )


# --- one build a shop


def build_uci(warehouse: Warehouse, data: Path) -> dict[str, Marts]:
    warehouse.load("uci_online_retail", data)
    warehouse.dbt("build", *ONLY_DATA_TESTS, sources=["uci_online_retail"])
    return {"uci_online_retail": read(warehouse)}


def build_olist(warehouse: Warehouse, data: Path) -> dict[str, Marts]:
    warehouse.load("olist", data)
    warehouse.dbt("build", *ONLY_DATA_TESTS, sources=["olist"])
    built = {"olist": read(warehouse)}
    warehouse.dbt("run", sources=["olist"], as_of=str(EARLIER))
    return built | {"olist, earlier": read(warehouse)}


def build_cdnow(warehouse: Warehouse, data: Path) -> Marts:
    warehouse.load("cdnow", data)
    warehouse.dbt("build", *ONLY_DATA_TESTS, sources=["cdnow"])
    return read(warehouse)


def build_csv(warehouse: Warehouse, folder: Path, lines: pd.DataFrame) -> Marts:
    folder.mkdir()
    lines.to_csv(folder / "online_retail.csv", index=False)
    warehouse.load("uci_online_retail", folder)
    warehouse.dbt("build", *NO_TESTS, sources=["uci_online_retail"])
    return read(warehouse)


def rearranged(lines: pd.DataFrame) -> pd.DataFrame:
    """The same lines with their columns in another order, one more column, and some bad rows."""
    bad = lines.tail(len(BAD_ROWS)).astype("str")
    for row, (column, value, _) in zip(bad.index, BAD_ROWS, strict=True):
        bad.loc[row, column] = value
    bad["InvoiceNo"] = bad["InvoiceNo"].where(bad["InvoiceNo"].str.strip() == "", "999999")
    whole = pd.concat([bad.tail(3), lines.astype("str"), bad.head(-3)])
    whole.insert(2, "Warehouse code", "A1, left")
    return whole[[*reversed(whole.columns)]].replace("nan", "")


@pytest.fixture(scope="module")
def uci_lines(shared_data: Callable[[str], Path]) -> pd.DataFrame:
    """Every line of UCI Online Retail."""
    return pd.read_parquet(shared_data("uci_online_retail") / "online_retail.parquet")


@pytest.fixture(scope="module")
def some_lines(uci_lines: pd.DataFrame) -> pd.DataFrame:
    """All lines of hundreds of its invoices."""
    invoices = sorted(uci_lines["InvoiceNo"].unique())[::EVERY_NTH_INVOICE]
    return uci_lines[uci_lines["InvoiceNo"].isin(invoices)]


@pytest.fixture(scope="module")
def builds(
    postgres: Path,
    shared_data: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Builds:
    """The marts of a build by its name; who asks first waits for it."""
    folder = tmp_path_factory.mktemp("marts")
    built: dict[str, Marts] = {}

    def of(name: str) -> Marts:
        if name in built:
            return built[name]
        warehouse = new_warehouse(postgres, f"marts_{len(built)}", folder)
        match name:
            case "uci_online_retail":
                built.update(build_uci(warehouse, shared_data("uci_online_retail")))
            case "olist" | "olist, earlier":
                built.update(build_olist(warehouse, shared_data("olist_sample_8k")))
            case "csv" | "other csv":
                lines = request.getfixturevalue("some_lines")
                lines = lines if name == "csv" else rearranged(lines)
                built[name] = build_csv(warehouse, folder / name, lines)
            case _:
                built[name] = build_cdnow(warehouse, shared_data(name))
        return built[name]

    return of


# --- the ground truth


@pytest.fixture(scope="module")
def ground_truth(shared_data: Callable[[str], Path]) -> dict[str, Any]:
    return dict(json.loads(shared_data("ground_truth.json").read_text()))


@pytest.mark.parametrize(("build", "shop"), SHOPS)
def test_the_totals_are_the_published_ones(
    build: str, shop: str, builds: Builds, ground_truth: dict[str, Any]
) -> None:
    truth, totals = ground_truth[shop], builds(build).totals
    assert {
        "as_of": str(totals["as_of_on"]),
        "customers": totals["customers"],
        "churned": totals["churned_customers"],
        "inactive share": float(totals["inactive_share"]),
        "repeat customers": totals["repeat_customers"],
        "repeat rate": float(totals["repeat_rate"]),
        "orders": totals["orders"],
        "cancelled": totals["cancelled_orders"],
        "cancellation rate": float(totals["cancellation_rate"]),
        "revenue": float(totals["revenue"]),
    } == {
        "as_of": truth["churn"]["as_of"],
        "customers": truth["churn"]["customers"],
        "churned": truth["churn"]["inactive_gt_90"],
        "inactive share": pytest.approx(truth["churn"]["churn_rate"], abs=1e-6),
        "repeat customers": truth["churn"]["repeat_customers"],
        "repeat rate": pytest.approx(truth["churn"]["repeat_rate"], abs=1e-6),
        "orders": truth["base"]["orders_all"],
        "cancelled": truth["base"]["orders_cancelled"],
        "cancellation rate": pytest.approx(truth["base"]["cancellation_rate"], abs=1e-6),
        "revenue": pytest.approx(truth["revenue"]["revenue_active"], abs=0.005),
    }


@NIGHTLY
@pytest.mark.parametrize(
    ("build", "find"),
    [
        ("uci_online_retail", lambda truth: truth["uci_online_retail"]["extra"][GOODS_OF_UCI]),
        ("olist", lambda truth: truth["olist_sample_8k"]["dearest"]),
    ],
    ids=["uci_online_retail", "olist"],
)
def test_the_dearest_product_is_the_published_one(
    build: str,
    find: Callable[[dict[str, Any]], list[dict[str, Any]]],
    builds: Builds,
    ground_truth: dict[str, Any],
) -> None:
    totals, dearest = builds(build).totals, find(ground_truth)[0]
    assert totals["dearest_product_name"] == dearest["product_name"]
    assert float(totals["dearest_product_price"]) == dearest["unit_price"]


@pytest.mark.parametrize(("build", "shop"), SHOPS)
def test_cohorts_come_back_as_often_as_published(
    build: str, shop: str, builds: Builds, ground_truth: dict[str, Any]
) -> None:
    cells = {
        (f"{cell['cohort_month']:%Y-%m}", cell["months_since"]): cell
        for cell in builds(build).cohorts
    }
    for cohort in ground_truth[shop]["cohorts"]:
        assert cells[cohort["cohort"], 0]["cohort_customers"] == cohort["size"]
        for month in (1, 2, 3):
            cell = cells[cohort["cohort"], month]
            assert cell["customers"] == cohort[f"m{month}"]
            assert float(cell["retention_rate"]) == pytest.approx(
                cohort[f"m{month}_rate"], abs=1e-6
            )


@pytest.mark.parametrize(("build", "shop"), SHOPS)
def test_the_days_between_orders_are_the_published_ones(
    build: str, shop: str, builds: Builds, ground_truth: dict[str, Any]
) -> None:
    truth, gaps = ground_truth[shop]["gaps"], builds(build).order_gaps
    assert float(gaps["median_days_between_orders"]) == truth["median_gap_days"]
    assert gaps["order_gaps"] == truth["gaps"]
    distinct = float(gaps["median_days_between_order_days"])
    assert distinct == truth["median_gap_days_distinct_days"]
    assert gaps["order_day_gaps"] == truth["gaps_distinct_days"]


TOP_PRODUCTS: list[tuple[str, Callable[[dict[str, Any]], Any], bool]] = [
    ("uci_online_retail", lambda truth: truth["uci_online_retail"]["top5"], False),
    (
        "uci_online_retail",
        lambda truth: truth["uci_online_retail"]["extra"][TOP_GOODS_OF_UCI],
        True,
    ),
    ("olist", lambda truth: truth["olist_sample_8k"]["top5"], False),
]
DEAREST_PRODUCTS: list[tuple[str, Callable[[dict[str, Any]], Any], bool]] = [
    ("uci_online_retail", lambda truth: truth["uci_online_retail"]["dearest"], False),
    ("uci_online_retail", lambda truth: truth["uci_online_retail"]["extra"][GOODS_OF_UCI], True),
    ("olist", lambda truth: truth["olist_sample_8k"]["dearest"], False),
]
ALL_AND_GOODS = ["uci_online_retail", "uci_online_retail, goods", "olist"]


@NIGHTLY
@pytest.mark.parametrize(("build", "find", "only_goods"), TOP_PRODUCTS, ids=ALL_AND_GOODS)
def test_the_top_products_are_the_published_ones(
    build: str,
    find: Callable[[dict[str, Any]], list[dict[str, Any]]],
    only_goods: bool,
    builds: Builds,
    ground_truth: dict[str, Any],
) -> None:
    published = find(ground_truth)
    products = [row for row in builds(build).products if row["is_goods"] or not only_goods]
    top = [
        {
            "product_id": row["product_id"],
            "product_name": row["product_name"],
            "revenue": float(row["revenue"]),
            "qty": row["quantity"],
            "orders": row["orders"],
        }
        for row in products[:5]
    ]
    assert len(published) == 5
    # of goods only the revenue was published
    assert [
        {name: row[name] for name in truth} for row, truth in zip(top, published, strict=True)
    ] == published


@NIGHTLY
@pytest.mark.parametrize(("build", "find", "only_goods"), DEAREST_PRODUCTS, ids=ALL_AND_GOODS)
def test_the_dearest_products_are_the_published_ones(
    build: str,
    find: Callable[[dict[str, Any]], list[dict[str, Any]]],
    only_goods: bool,
    builds: Builds,
    ground_truth: dict[str, Any],
) -> None:
    # published by order line: a product may be among them twice, and under a name of that line
    published = list(
        {line["product_id"]: line["unit_price"] for line in find(ground_truth)}.items()
    )
    products = [row for row in builds(build).products if row["is_goods"] or not only_goods]
    by_price = sorted(products, key=lambda row: row["highest_unit_price"], reverse=True)
    dearest = [
        (row["product_id"], float(row["highest_unit_price"])) for row in by_price[: len(published)]
    ]
    assert dearest == published


def test_a_shop_that_names_no_products_has_no_dearest(builds: Builds) -> None:
    marts = builds("cdnow_sample")
    assert marts.totals["dearest_product_name"] is None
    assert marts.totals["dearest_product_price"] is None
    assert marts.products == []
    assert marts.basket_pairs == []


@pytest.mark.parametrize(("build", "shop"), SHOPS)
def test_no_row_of_the_real_shops_is_set_aside(build: str, shop: str, builds: Builds) -> None:
    assert builds(build).rejected == []
    assert builds(build).totals["rejected_rows"] == 0


@NIGHTLY
@pytest.mark.parametrize(
    ("build", "currency"), [("uci_online_retail", "GBP"), ("olist", "BRL"), ("cdnow", "USD")]
)
def test_the_currency_is_the_shops(build: str, currency: str, builds: Builds) -> None:
    assert builds(build).totals["currency"] == currency
    assert builds(build).weekly_report["currency"] == currency


# --- the recount


def assert_same(actual: Row, expected: Row) -> None:
    """Every expected figure, to the last digit."""
    assert {name: actual[name] for name in expected} == expected


@NIGHTLY
def test_every_week_of_uci_is_what_a_recount_of_its_customers_says(
    builds: Builds, uci_lines: pd.DataFrame
) -> None:
    recounted = recount.weeks(shops.uci_online_retail(uci_lines)).to_dict("records")
    weeks = builds("uci_online_retail").weekly_churn
    assert len(weeks) == len(recounted) == 53
    assert sum(week["churned_customers"] for week in weeks) > 1000
    assert sum(week["reactivated_customers"] for week in weeks) > 100
    for week, expected in zip(weeks, recounted, strict=True):
        assert_same(week, {str(name): value for name, value in expected.items()})


@NIGHTLY
def test_the_weekly_report_of_uci_is_what_a_recount_says(
    builds: Builds, uci_lines: pd.DataFrame
) -> None:
    expected = recount.weekly_report(shops.uci_online_retail(uci_lines))
    assert_same(builds("uci_online_retail").weekly_report, expected)


def contents_of_uci(lines: pd.DataFrame) -> pd.DataFrame:
    """Every valid order with every product on it, goods only."""
    sold = lines[
        ~lines["InvoiceNo"].str.startswith(("A", "C"))
        & lines["StockCode"].str.match(r"\d{5}")
        & (lines["Quantity"] > 0)
        & (lines["UnitPrice"] > 0)
    ]
    return sold[["InvoiceNo", "StockCode"]].drop_duplicates()


@NIGHTLY
def test_pairs_of_uci_are_what_a_recount_says(builds: Builds, uci_lines: pd.DataFrame) -> None:
    contents = contents_of_uci(uci_lines)
    on = {product: set(rows["InvoiceNo"]) for product, rows in contents.groupby("StockCode")}
    orders = contents["InvoiceNo"].nunique()
    least = LEAST_SUPPORT * orders
    pairs = builds("uci_online_retail").basket_pairs
    ids = {row["product_key"]: row["product_id"] for row in builds("uci_online_retail").products}
    # the highest lift, the lowest, and some between
    for pair in pairs[:: len(pairs) // 20] + pairs[-1:]:
        a, b = (on[ids[pair[f"product_key_{side}"]]] for side in "ab")
        both = len(a & b)
        assert (pair["orders"], pair["orders_a"], pair["orders_b"]) == (orders, len(a), len(b))
        assert pair["orders_both"] == both >= least
        assert float(pair["support"]) == pytest.approx(both / orders, abs=1e-6)
        assert float(pair["confidence_a_to_b"]) == pytest.approx(both / len(a), abs=1e-6)
        assert float(pair["confidence_b_to_a"]) == pytest.approx(both / len(b), abs=1e-6)
        assert float(pair["lift"]) == pytest.approx(both * orders / len(a) / len(b), abs=1e-5)


@NIGHTLY
def test_no_pair_of_uci_s_most_sold_product_is_missing(
    builds: Builds, uci_lines: pd.DataFrame
) -> None:
    contents = contents_of_uci(uci_lines)
    most_sold = contents["StockCode"].value_counts().index[0]
    with_it = contents.loc[contents["StockCode"] == most_sold, "InvoiceNo"]
    companions = contents[contents["InvoiceNo"].isin(with_it)]["StockCode"].value_counts()
    least = LEAST_SUPPORT * contents["InvoiceNo"].nunique()
    ids = {row["product_key"]: row["product_id"] for row in builds("uci_online_retail").products}
    pairs = [
        {ids[pair["product_key_a"]], ids[pair["product_key_b"]]}
        for pair in builds("uci_online_retail").basket_pairs
    ]
    found = {product for pair in pairs if most_sold in pair for product in pair}
    assert found == set(companions[companions >= least].index)
    assert len(found) > 50


@NIGHTLY
def test_an_earlier_as_of_date_knows_nothing_of_what_came_later(
    builds: Builds, shared_data: Callable[[str], Path]
) -> None:
    shop = shops.olist(shared_data("olist_sample_8k"), EARLIER)
    earlier = builds("olist, earlier")
    assert_same(earlier.totals, recount.totals(shop))
    assert_same(earlier.weekly_report, recount.weekly_report(shop))
    assert earlier.totals["orders"] < builds("olist").totals["orders"]
    recounted = [week["week_starts_on"] for week in recount.weeks(shop).to_dict("records")]
    assert [week["week_starts_on"] for week in earlier.weekly_churn] == recounted


# --- the same lines as CSV


@NIGHTLY
def test_a_csv_as_pandas_writes_it_gives_the_figures_of_the_parquet_file(
    builds: Builds, some_lines: pd.DataFrame
) -> None:
    written = some_lines["CustomerID"].dropna().astype("str")
    assert written.str.endswith(".0").all()
    shop = shops.uci_online_retail(some_lines)
    assert_same(builds("csv").totals, recount.totals(shop) | {"rejected_rows": 0})
    assert_same(builds("csv").weekly_report, recount.weekly_report(shop))


@NIGHTLY
def test_what_has_no_price_was_not_sold(builds: Builds, some_lines: pd.DataFrame) -> None:
    assert ((some_lines["UnitPrice"] == 0) & (some_lines["Quantity"] > 0)).any()
    shop = shops.uci_online_retail(some_lines)
    valid = shop.orders.loc[shop.orders["is_valid"], "order_id"]
    sold = shop.lines.loc[shop.lines["order_id"].isin(valid), "quantity"]
    assert sum(row["quantity"] for row in builds("csv").products) == int(sold.sum())


@NIGHTLY
def test_other_columns_and_another_order_change_nothing(
    builds: Builds, some_lines: pd.DataFrame
) -> None:
    totals = builds("other csv").totals | {"rejected_rows": 0}
    assert totals == builds("csv").totals
    assert builds("other csv").weekly_report == builds("csv").weekly_report
    assert builds("other csv").weekly_churn == builds("csv").weekly_churn


def test_bad_rows_are_set_aside_with_the_reason_and_counted(builds: Builds) -> None:
    marts = builds("other csv")
    reasons = Counter(row["rejected_because"] for row in marts.rejected)
    assert reasons == Counter(reason for _, _, reason in BAD_ROWS)
    assert marts.totals["rejected_rows"] == len(BAD_ROWS)


def test_a_row_that_is_set_aside_is_kept_as_it_was(builds: Builds) -> None:
    rows = [
        (row["source_name"], row["landing_table"], json.loads(row["source_row"]))
        for row in builds("other csv").rejected
    ]
    assert {source for source, _, _ in rows} == {"uci_online_retail"}
    assert {table for _, table, _ in rows} == {"uci_online_retail__online_retail"}
    for column, value, _ in BAD_ROWS:
        # an empty field of a CSV is no value
        assert any(row[column] == (value or None) for _, _, row in rows), (column, value)
    assert {row["Warehouse code"] for _, _, row in rows} == {"A1, left"}
