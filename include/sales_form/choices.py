"""What there is to choose from when a sale is entered: what a shop has in the marts.

Customers and products that only entries know are among them. Where the marts are not built yet,
those are all.
"""

from dataclasses import dataclass
from typing import Any

from psycopg2 import errors
from psycopg2.extras import RealDictCursor

from include.errors import UserError
from include.sales_form.entries import LAST, as_form
from include.sales_form.role import form_role
from include.sales_form.sale import Sale
from include.schemas import named
from include.warehouse.connection import Warehouse

MOST = 20
"""Customers that a search finds."""


@dataclass(frozen=True)
class Choice:
    """Something that has an id in a shop, and what people call it."""

    id: str
    name: str


@dataclass(frozen=True)
class Choices:
    """All that a shop's form offers, but its customers, who are searched for.

    `currency` is the one that most of the shop's orders are in, None where none tells one.
    """

    products: tuple[Choice, ...]
    sellers: tuple[Choice, ...]
    channels: tuple[Choice, ...]
    states: tuple[str, ...]
    currency: str | None


def choices(warehouse: Warehouse, source_name: str) -> Choices:
    """What a shop's form offers; raises as `entries.as_form` does."""
    with as_form(warehouse) as cursor:

        def found(mart: str, of_entries: str) -> tuple[Choice, ...]:
            rows = _rows(cursor, mart, source_name) + _rows(cursor, of_entries, source_name)
            names = {row["id"]: row["name"] or row["id"] for row in reversed(rows)}
            chosen = (Choice(key, name) for key, name in names.items())
            return tuple(sorted(chosen, key=lambda choice: (choice.name.lower(), choice.id)))

        states = _rows(cursor, _STATES, source_name)
        currency = _rows(cursor, _CURRENCY, source_name)
        currency += _rows(cursor, _ENTERED_CURRENCY, source_name)
        return Choices(
            products=found(_PRODUCTS, _entered("product_id", "product_name")),
            sellers=found(_SELLERS, _entered("seller_id", "seller_id")),
            channels=found(_CHANNELS, _entered("sales_channel", "sales_channel")),
            states=tuple(row["id"] for row in states),
            currency=next((row["id"] for row in currency if row["id"]), None),
        )


def customers(warehouse: Warehouse, source_name: str, text: str) -> list[Choice]:
    """Customers of a shop whose name, id or e-mail address holds a text; at most `MOST`."""
    with as_form(warehouse) as cursor:
        rows = _rows(cursor, _CUSTOMERS, source_name, text)
        rows += _rows(cursor, _NEW_CUSTOMERS, source_name, text)
    names = {row["id"]: row["name"] or row["id"] for row in reversed(rows)}
    chosen = [Choice(key, name) for key, name in names.items()]
    return sorted(chosen, key=lambda choice: (choice.name.lower(), choice.id))[:MOST]


def unknown(warehouse: Warehouse, sale: Sale) -> list[str]:
    """The fields of a sale that name what its shop does not have: customer_id, product_id."""
    asked = {"customer_id": sale.customer_id, "product_id": sale.product_id}
    with as_form(warehouse) as cursor:
        return [
            field
            for field, value in asked.items()
            if value is not None and not _is_known(cursor, field, sale.source_name, value)
        ]


def product_name(warehouse: Warehouse, sale: Sale) -> str:
    """What the product of a sale is called; its id where the shop has no name of it."""
    if sale.new_product:
        return sale.new_product
    with as_form(warehouse) as cursor:
        rows = _rows(cursor, _PRODUCT, sale.source_name, sale.product_id or "")
        rows += _rows(cursor, _ENTERED_PRODUCT, sale.source_name, sale.product_id or "")
    return next((row["name"] for row in rows if row["name"]), sale.product_id or "")


def _is_known(cursor: RealDictCursor, field: str, source_name: str, value: str) -> bool:
    mart = {"customer_id": "dim_customers", "product_id": "dim_products"}[field]
    of = f"where source_name = %(source)s and {field} = %(text)s limit 1"
    return bool(
        _rows(cursor, f"select from {{marts}}.{mart} {of}", source_name, value)
        or _rows(cursor, f"select from ({LAST}) as last {of}", source_name, value)
    )


def _entered(key: str, name: str) -> str:
    return (
        f"select distinct on ({key}) {key} as id, {name} as name from ({LAST}) as last"  # noqa: S608
        f" where source_name = %(source)s and {key} is not null order by {key}, entered_at desc"
    )


def _rows(
    cursor: RealDictCursor, query: str, source_name: str, text: str = ""
) -> list[dict[str, Any]]:
    """What a query finds of a shop; nothing where the marts it asks are not there yet."""
    part = text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    cursor.execute("savepoint before")
    try:
        cursor.execute(
            named(query),
            {"source": source_name, "text": text, "part": f"%{part}%", "most": MOST},
        )
        return [dict(row) for row in cursor.fetchall()]
    except (errors.UndefinedTable, errors.InvalidSchemaName):
        cursor.execute("rollback to savepoint before")
        return []
    except errors.InsufficientPrivilege as error:
        raise UserError(
            f"The role {form_role()} may not read what there is to choose from"
            f" ({error.diag.message_primary}): run `scripts/warehouse.py reader --personal`, and"
            " `scripts/warehouse.py form-role` after it."
        ) from None


_PRODUCTS = """
    select product_id as id, product_name as name from {marts}.dim_products
    where source_name = %(source)s
"""
_PRODUCT = """
    select product_name as name from {marts}.dim_products
    where source_name = %(source)s and product_id = %(text)s
"""
_ENTERED_PRODUCT = """
    select product_name as name from {landing}.sales_form__entries
    where source_name = %(source)s and product_id = %(text)s
    order by entered_at desc limit 1
"""
_SELLERS = """
    select seller_id as id, seller_name as name from {marts}.dim_sellers
    where source_name = %(source)s
"""
_CHANNELS = """
    select sales_channel as id, sales_channel_name as name from {marts}.dim_sales_channels
    where source_name = %(source)s
"""
_STATES = """
    select distinct state as id from {marts}.dim_customers
    where source_name = %(source)s and state is not null
    order by state
"""
_CURRENCY = """
    select mode() within group (order by currency) as id from {marts}.fct_orders
    where source_name = %(source)s
"""
_ENTERED_CURRENCY = """
    select currency as id from {landing}.sales_form__entries
    where source_name = %(source)s and currency is not null
    order by entered_at desc
    limit 1
"""
_CUSTOMERS = """
    select customer_id as id, customer_name as name from {marts}.dim_customers
    where
        source_name = %(source)s
        and (
            customer_name ilike %(part)s or customer_id ilike %(part)s or email ilike %(part)s
        )
    order by customer_name, customer_id
    limit %(most)s
"""
_NEW_CUSTOMERS = """
    select customer_id as id, customer_name as name
    from (
        select distinct on (sale_id) * from {landing}.sales_form__entries
        order by sale_id, version desc
    ) as last
    where source_name = %(source)s and action <> 'voided' and customer_name ilike %(part)s
    order by customer_name, customer_id
    limit %(most)s
"""
