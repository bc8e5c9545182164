"""The tests' shops as `recount.Shop`: what counts as an order or a line in each, in pandas.

Written after the descriptions of the files, not after the staging models.
"""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from tests.support.recount import Shop


def uci_online_retail(lines: pd.DataFrame, as_of: date | None = None) -> Shop:
    """Invoice lines; C marks a cancelled invoice, A an adjustment that is no order."""
    lines = lines[~lines["InvoiceNo"].str.startswith("A")]
    orders = lines.groupby("InvoiceNo", as_index=False).agg(
        customer=("CustomerID", "max"), at=("InvoiceDate", "min")
    )
    orders = pd.DataFrame(
        {
            "order_id": orders["InvoiceNo"],
            "customer": orders["customer"],
            "day": orders["at"].dt.date,
            "is_cancelled": orders["InvoiceNo"].str.startswith("C"),
            "is_valid": ~orders["InvoiceNo"].str.startswith("C"),
            "reason": None,
            "called_off": None,
        }
    )
    sold = lines[(lines["Quantity"] > 0) & (lines["UnitPrice"] > 0)]
    items = pd.DataFrame(
        {
            "order_id": sold["InvoiceNo"],
            "product": sold["Description"].str.strip(),
            "quantity": sold["Quantity"],
            "unit_price": sold["UnitPrice"],
            "is_goods": sold["StockCode"].str.match(r"\d{5}"),
        }
    )
    return as_of_day(orders, items, as_of)


def olist(folder: Path, as_of: date | None = None) -> Shop:
    """The marketplace's tables; the person is customer_unique_id, `canceled` is cancelled."""

    def read(name: str) -> pd.DataFrame:
        return pd.read_parquet(folder / f"{name}.parquet")

    orders = read("olist_orders_dataset").merge(
        read("olist_customers_dataset"), on="customer_id", how="left"
    )
    products = read("olist_products_dataset").merge(
        read("product_category_name_translation"), on="product_category_name", how="left"
    )
    items = read("olist_order_items_dataset").merge(products, on="product_id", how="left")
    is_cancelled = orders["order_status"] == "canceled"
    return as_of_day(
        pd.DataFrame(
            {
                "order_id": orders["order_id"],
                "customer": orders["customer_unique_id"],
                "day": pd.to_datetime(orders["order_purchase_timestamp"]).dt.date,
                "is_cancelled": is_cancelled,
                "is_valid": ~is_cancelled,
                "reason": None,
                "called_off": None,
            }
        ),
        pd.DataFrame(
            {
                "order_id": items["order_id"],
                "product": items["product_category_name_english"].fillna(
                    items["product_category_name"]
                ),
                "quantity": 1,
                "unit_price": pd.to_numeric(items["price"]),
                "is_goods": True,
            }
        ),
        as_of,
    )


def demo_shop(seeds: Path, as_of: date) -> Shop:
    """The demo shop's export, mess and all; what happened on or after the day is not known yet."""

    def read(name: str) -> pd.DataFrame:
        return pd.read_csv(seeds / f"{name}.csv", dtype="str", keep_default_na=False)

    def local_day(moments: "pd.Series[str]") -> "pd.Series[date]":
        readable = pd.to_datetime(moments, format="%Y-%m-%dT%H:%M:%SZ", errors="coerce", utc=True)
        return readable.dt.tz_convert("America/Sao_Paulo").dt.date

    people: dict[str, str] = {}  # e-mail → the oldest record with it
    person_of: dict[str, str | None] = {"": None}
    customers = read("raw_customers").sort_values(["created_at", "customer_id"])
    for number, email in zip(customers["customer_id"], customers["email"], strict=True):
        written = email.strip().lower()
        person_of[number] = people.setdefault(written, number) if written else number

    orders = read("raw_orders")
    orders["day"] = local_day(orders["ordered_at"])
    orders = orders[orders["day"].notna()]
    cancellations = read("raw_order_cancellations").set_index("order_id")
    returns = read("raw_order_returns").set_index("order_id")
    cancelled_on = local_day(cancellations["cancelled_at"])
    returned_on = local_day(returns["returned_at"])
    is_cancelled = orders["order_id"].isin(cancelled_on.index[cancelled_on < as_of])
    is_returned = orders["order_id"].isin(returned_on.index[returned_on < as_of])
    called_off = [
        min(
            (on[order] for on in (cancelled_on, returned_on) if on.get(order, as_of) < as_of),
            default=None,
        )
        for order in orders["order_id"]
    ]

    names = read("raw_products").set_index("product_id")["product_name"]
    items = read("raw_order_items")
    quantity = items["quantity"].astype(int)
    return as_of_day(
        pd.DataFrame(
            {
                "order_id": orders["order_id"],
                "customer": orders["customer_id"].str.strip().map(person_of),
                "day": orders["day"],
                "is_cancelled": is_cancelled,
                "is_valid": ~is_cancelled & ~is_returned,
                "reason": orders["order_id"].map(cancellations["reason"]),
                "called_off": called_off,
            }
        ),
        pd.DataFrame(
            {
                "order_id": items["order_id"],
                "product": items["product_id"].map(names),
                "quantity": quantity,
                "unit_price": items["unit_price"].astype(float),
                "is_goods": True,
            }
        )[quantity > 0],
        as_of,
    )


def as_of_day(orders: pd.DataFrame, lines: pd.DataFrame, as_of: date | None) -> Shop:
    """The shop before a day; without one, as of the day after the last order of any status."""
    as_of = as_of or orders["day"].max() + timedelta(days=1)
    known = orders[orders["day"] < as_of]
    return Shop(known, lines[lines["order_id"].isin(known["order_id"])], as_of)
