"""A million lines of a shop system's export, against the demo shop's own files of the same orders.

A demo shop of 84,000 customers has a million order lines. They go the way of the weekly run as the
demo shop's Parquet, and written as Shopify's export, which is text, tells amounts of orders in the
first of their rows and has 79 columns. By turns; writing the files does not count.
"""

from pathlib import Path

import pandas as pd

from benchmarks.measure import Figure, by_turns, finish, postgres, scratch
from benchmarks.million import shop_files, steps_of_a_week
from include.settings import DEMO_SHOP
from include.shop_data import DEMO_AS_OF
from tests.support.shopify_export import HEADER

CUSTOMERS = 84_000
TURNS = 2


def main() -> None:
    """Both ways, each into a server of its own."""
    with scratch() as folder:
        demo = shop_files(CUSTOMERS, DEMO_AS_OF, folder)
        shopify = folder / "shopify"
        lines = write_shopify(demo, shopify)

        def way(source: str, files: Path) -> float:
            with postgres() as url:
                return steps_of_a_week(url, source, files, DEMO_AS_OF, folder)

        took = by_turns(
            TURNS,
            ours=lambda: way("shopify", shopify),
            demo=lambda: way(DEMO_SHOP, demo),
        )
    finish(
        "shop_systems",
        f"{lines:,} lines of Shopify's export, from file to report (peer: the demo shop's files)",
        [Figure("shopify_vs_demo", took["ours"] / took["demo"], took["ours"], took["demo"])],
    )


def write_shopify(demo: Path, folder: Path) -> int:
    """Write the demo shop's orders as `orders_export_1.csv`; how many lines they have."""
    orders = pd.read_parquet(demo / "raw_orders.parquet").drop_duplicates("order_id")
    customers = pd.read_parquet(demo / "raw_customers.parquet").drop_duplicates("customer_id")
    products = pd.read_parquet(demo / "raw_products.parquet").drop_duplicates("product_id")
    cancelled = pd.read_parquet(demo / "raw_order_cancellations.parquet")
    lines = (
        pd.read_parquet(demo / "raw_order_items.parquet")
        .merge(orders, on="order_id")
        .merge(customers, on="customer_id", how="left")
        .merge(products, on="product_id", how="left")
        .merge(cancelled.drop_duplicates("order_id"), on="order_id", how="left")
        .sort_values(["ordered_at", "order_id"], kind="stable")
    )
    for column in ("quantity", "unit_price", "discount"):
        lines[column] = pd.to_numeric(lines[column], errors="coerce").fillna(1)
    lines["amount"] = (lines["unit_price"] * lines["quantity"]).round(2)
    subtotal = lines.groupby("order_id")["amount"].transform("sum").round(2)
    name = lines["first_name"].fillna("") + " " + lines["last_name"].fillna("")
    in_all = {
        "Name": "#" + lines["order_id"].str[1:].str.lstrip("0"),
        "Email": lines["email"],
        "Created at": lines["ordered_at"].str.replace("T", " ").str.replace("Z", " +0000"),
        "Lineitem quantity": lines["quantity"],
        "Lineitem name": lines["product_name"],
        "Lineitem price": lines["unit_price"],
        "Lineitem sku": lines["product_id"],
        "Lineitem requires shipping": "true",
        "Lineitem taxable": "true",
        "Lineitem fulfillment status": "fulfilled",
        "Lineitem discount": "0.00",
    }
    in_the_first = {
        "Financial Status": "paid",
        "Fulfillment Status": "fulfilled",
        "Currency": "BRL",
        "Subtotal": subtotal,
        "Shipping": "15.00",
        "Taxes": "0.00",
        "Total": subtotal + 15,
        "Discount Amount": "0.00",
        "Billing Name": name,
        "Billing City": lines["city"],
        "Billing Province": lines["state_code"],
        "Billing Country": "BR",
        "Cancelled at": lines["cancelled_at"].str.replace("T", " ").str.replace("Z", " +0000"),
        "Payment Method": "Shopify Payments",
        "Refunded Amount": "0.00",
        "Source": "web",
    }
    is_first = ~lines.duplicated("order_id")
    export = pd.DataFrame(in_all, index=lines.index).reindex(columns=HEADER.split(","))
    for column, values in in_the_first.items():
        export[column] = pd.Series(values, index=lines.index).where(is_first)
    folder.mkdir()
    export.to_csv(folder / "orders_export_1.csv", index=False)
    return len(export)


if __name__ == "__main__":
    main()
