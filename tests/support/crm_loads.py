"""Loads of the fake CRMs into a warehouse, and what must be there: told by the fakes' own state."""

import copy
import json
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from include.connections import Connection
from include.sync.loads import Load
from include.sync.sources import Source, declared_sources
from include.sync.sync import sync
from include.warehouse.connection import Warehouse
from tests.support.fake_hubspot import KINDS, FakeHubSpot
from tests.support.fake_hubspot import Record as HubSpotRecord
from tests.support.fake_pipedrive import KEPT_DELETED, FakePipedrive
from tests.support.fake_shopify import FakeShopify
from tests.support.fake_shopify import Node as ShopifyNode

Row = dict[str, Any]
Table = dict[str, Row]
"""A table's rows by key, without dlt's columns and without nulls."""
Crm = FakeHubSpot | FakePipedrive | FakeShopify
LINKED = {"companies": [], "contacts": ["companies"], "deals": ["companies", "contacts"]}


def connection_to(url: str, token: str) -> Connection:
    return Connection("http", url, None, None, token, None)


def declared_with_pages_of(rows: int) -> Source:
    """Pipedrive as it is declared, but with small pages."""
    pipedrive = declared_sources()["pipedrive"]
    declared = copy.deepcopy(pipedrive.declared)
    declared["rest_api"]["resource_defaults"]["endpoint"]["params"]["limit"] = rows
    return Source(pipedrive.name, pipedrive.kind, declared)


@dataclass
class Loads:
    """Loads of one fake into one warehouse; what they said is in `said`."""

    fake: Crm
    warehouse: Warehouse
    source: Source
    said: list[str] = field(default_factory=list)

    def load(self, *tables: str, url: str = "", **options: Any) -> list[Load]:
        """Load tables, all of the source by default; `url` is another way to the fake."""
        connection = connection_to(url or self.fake.url, self.fake.token)
        options = {"pause": 0.001, "say": self.said.append, **options}
        return [
            load
            for table in tables or self.source.tables
            for load in sync(self.source, table, self.warehouse, connection, **options)
        ]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(self.warehouse.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def landed(self, table: str, key: str = "id") -> Table:
        """What a table of landing holds; no pseudonyms, which each warehouse has its own of."""
        name = f"landing.{self.source.name}__{table}"
        rows = [row for (row,) in self.query(f"select to_jsonb(t) from {name} as t")]
        return {
            str(row[key]): {
                column: comparable(value)
                for column, value in row.items()
                if value is not None
                and not column.startswith("_dlt_")
                and not (isinstance(self.fake, FakeShopify) and column.endswith("_key"))
            }
            for row in rows
        }

    def load_ids(self) -> dict[tuple[str, str], str]:
        """(table, key) → the load that last wrote the row, of all tables of the source."""
        return {
            (table, str(key)): str(load)
            for table in self.source.tables
            for key, load in self.query(
                f"select {'field_code' if table == 'deal_fields' else 'id'}, _dlt_load_id"
                f" from landing.{self.source.name}__{table}"
            )
        }

    def last_load(self) -> tuple[str, str | None]:
        """How the last load ended, and what it said."""
        [(status, message)] = self.query(
            "select status, message from ops.loads order by load_number desc limit 1"
        )
        return status, message


def held(fake: Crm, table: str) -> Table:
    """What a table of landing must hold, field by field, after everything was loaded."""
    if isinstance(fake, FakeHubSpot):
        return held_by_hubspot(fake, table)
    if isinstance(fake, FakeShopify):
        return {one["id"].rpartition("/")[2]: shopify_row(one) for one in fake.seen()}
    return held_by_pipedrive(fake, table)


MAIN = {
    ("deals", "companies"): "deal_to_company",
    ("deals", "contacts"): "deal_to_contact",
    ("contacts", "companies"): "contact_to_company",
}
"""What HubSpot's listing calls the main association."""


def held_by_hubspot(fake: FakeHubSpot, table: str) -> Table:
    if table == "pipelines":
        return {row["id"]: in_landing(row) for row in fake.pipelines}
    if table == "owners":
        return {row["id"]: in_landing(row) for row in fake.owners if not row["archived"]}
    return {str(one.id): hubspot_row(fake, table, one) for one in fake.records[table].values()}


def hubspot_row(fake: FakeHubSpot, kind: str, record: HubSpotRecord) -> Row:
    is_archived = record.archived_at is not None
    row: Row = {
        "id": str(record.id),
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "archived_at": record.archived_at,
        "archived": is_archived,
        "url": f"https://app.hubspot.com/contacts/1/record/{KINDS[kind]}/{record.id}",
        "properties": {name: record.properties.get(name) for name in fake.definitions[kind]},
    }
    if linked := LINKED[kind]:
        row["associations"] = {
            to: {
                "results": [
                    # all contacts of a deal are main ones; of companies the first is
                    {
                        "id": str(other),
                        "type": MAIN[kind, to] if place == 0 or to == "contacts" else None,
                    }
                    for place, other in enumerate(
                        [] if is_archived else record.associations.get(to, [])
                    )
                ]
            }
            for to in linked
        }
    if kind == "deals":
        row["properties_with_history"] = {
            "dealstage": [
                {"value": value, "timestamp": at, "sourceType": "CRM_UI"}
                for value, at in fake.history(record, "dealstage")
            ]
        }
    return in_landing(row)


def held_by_pipedrive(fake: FakePipedrive, table: str) -> Table:
    if table == "deal_fields":
        return {row["field_code"]: in_landing(row) for row in fake.deal_fields}
    forgotten = {
        id_
        for id_, at in fake.deleted_at.items()
        if table == "deals" and at < fake.now - KEPT_DELETED
    }
    return {
        str(row["id"]): in_landing(row)
        for row in fake.records[table].values()
        if row["id"] not in forgotten and (table in ("deals", "users") or not row.get("is_deleted"))
    }


def shopify_row(order: ShopifyNode) -> Row:
    """What landing has of an order; amounts within its lists are texts, as JSON has no decimals."""

    def shop(money: ShopifyNode) -> str:
        assert money["shopMoney"]["currencyCode"] == "BRL"
        return str(money["shopMoney"]["amount"])

    def number(node: ShopifyNode | None) -> str | None:
        return node["id"].split("/")[-1] if node else None

    billing, shipping = order["billingAddress"] or {}, order["shippingAddress"] or {}
    row: Row = {
        "id": number(order), "name": order["name"], "createdAt": order["createdAt"],
        "processedAt": order["processedAt"], "updatedAt": order["updatedAt"],
        "cancelledAt": order["cancelledAt"], "test": order["test"],
        "financialStatus": order["displayFinancialStatus"], "source": order["sourceName"],
        "appName": order["app"] and order["app"]["name"], "currency": order["currencyCode"],
        "taxesIncluded": order["taxesIncluded"], "customerId": number(order["customer"]),
        "email": order["email"],
        "subtotal": float(shop(order["subtotalPriceSet"])),
        "shipping": float(shop(order["totalShippingPriceSet"])),
        "taxes": float(shop(order["totalTaxSet"])), "total": float(shop(order["totalPriceSet"])),
        "discountAmount": float(shop(order["totalDiscountsSet"])),
        "tips": float(shop(order["totalTipReceivedSet"])),
        "lineItems": [
            {
                "id": number(line), "name": line["name"], "sku": line["sku"],
                "vendor": line["vendor"], "quantity": line["quantity"],
                "is_gift_card": line["isGiftCard"], "price": shop(line["originalUnitPriceSet"]),
                "discount": str(
                    sum(
                        (
                            Decimal(shop(one["allocatedAmountSet"]))
                            for one in line["discountAllocations"]
                        ),
                        Decimal("0.00"),
                    )
                ),
            }
            for line in order["lineItems"]
        ],
        "refunds": [
            {
                "id": number(refund), "created_at": refund["createdAt"],
                "line_items": [
                    {
                        "line_item_id": number(line["lineItem"]), "quantity": line["quantity"],
                        "subtotal": shop(line["subtotalSet"]),
                    }
                    for line in refund["refundLineItems"]
                ],
                "transactions": [
                    {
                        "id": number(one), "kind": one["kind"], "status": one["status"],
                        "processed_at": one["processedAt"], "amount": shop(one["amountSet"]),
                    }
                    for one in refund["transactions"]
                ],
            }
            for refund in order["refunds"]
        ],
    }  # fmt: skip
    for name, of in (("billing", billing), ("shipping", shipping)):
        row |= {
            f"{name}City": of.get("city"), f"{name}Province": of.get("provinceCode"),
            f"{name}Country": of.get("countryCodeV2"),
        }  # fmt: skip
    return in_landing(row)


def in_landing(row: Row) -> Row:
    """An API's record as its columns are called and compared; nulls are no columns."""
    return {snake_case(k): comparable(v) for k, v in row.items() if v is not None}


def snake_case(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def comparable(value: Any) -> Any:
    """A value as the API sent it and as Postgres shows it, made the same; times are in UTC."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return value
        return at.replace(tzinfo=at.tzinfo or UTC) if len(value) > len("2026-01-01") else value
    if isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True)
    return value
