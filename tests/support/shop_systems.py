"""A shop that sells by every system that is known: from files, and from the fakes of their APIs."""

import random
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from include.connections import Connection
from include.sync.sources import declared_sources
from include.sync.sync import sync
from tests.support import fake_shopify, fake_shops
from tests.support.fake_bling import CLIENT, FIRST, SECRET, fake_bling
from tests.support.fake_shops import FakeNuvemshop, FakeWooCommerce
from tests.support.warehouses import Warehouse

FILES = {
    "mercado_livre": "*.synthetic.xlsx",
    "nuvemshop": "*_45_columns.synthetic.csv",
    "shopee": "*.xlsx",
    "shopify": "orders_export_us_*.csv",
}
ARTICLES = [("T-1", "Towel", "79.90"), ("F-1", "Pillow case", "19.90"), ("", "Candle", "9.50")]


def load_shop_systems(warehouse: Warehouse, platforms: Path) -> list[str]:
    """Load the files, and orders by each API; return the sources."""
    for source, pattern in FILES.items():
        folder = warehouse.folder / source
        folder.mkdir()
        for path in (platforms / source).glob(pattern):
            (folder / path.name).write_bytes(path.read_bytes())
        warehouse.load(source, folder)
    chance = random.Random(20261129)  # noqa: S311
    with fake_shopify.fake_shopify() as shopify:
        fake_shopify.fill(shopify, 60)
        _sync(
            warehouse, "shopify", Connection("http", shopify.url, None, None, shopify.token, None)
        )
    with fake_shops.fake_woocommerce() as woo, fake_shops.fake_nuvemshop() as nuvem:
        for number in range(1, 61):
            _sell(woo, number, chance)
            _sell_nuvem(nuvem, 5000 + number, chance)
        where = Connection("http", woo.url, None, fake_shops.KEY, woo.token, None)
        _sync(warehouse, "woocommerce", where)
        host = f"{nuvem.url}/2025-03/{{login}}"
        where = Connection("http", host, None, fake_shops.STORE, nuvem.token, None)
        _sync(warehouse, "nuvemshop", where)
    with fake_bling() as bling, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOKEN_KEY", Fernet.generate_key().decode())
        lines = [
            {
                "id": place, "codigo": sku, "descricao": name, "quantidade": quantity,
                "valor": float(price), "desconto": 10 * place,
            }
            for place, ((sku, name, price), quantity) in enumerate(
                zip(ARTICLES, (1, 2, 1.5), strict=True)
            )
        ]  # fmt: skip
        for number in range(1, 31):
            buyer = {"id": number % 9, "nome": f"C {number % 9}", "tipoPessoa": "F"}
            bling.put(
                number, data=f"2026-0{1 + number % 8}-1{number % 10}", itens=lines,
                contato={**buyer, "numeroDocumento": f"1114447773{number % 9}"},
                desconto={"valor": 3.3, "unidade": "REAL"}, totalProdutos=127.12,
                situacao={"id": 9 if number % 7 else 12},
            )  # fmt: skip
        extra = {"refresh_token": FIRST}
        where = Connection("http", f"{bling.url}/Api/v3", None, CLIENT, SECRET, None, extra)
        _sync(warehouse, "bling", where)
    return ["bling", *FILES, "woocommerce"]


def _sync(warehouse: Warehouse, source: str, connection: Connection) -> None:
    declared = declared_sources()[source]
    for table in declared.tables:
        sync(declared, table, warehouse, connection, pause=0.001, say=lambda _: None)


def _sell(shop: FakeWooCommerce, number: int, chance: random.Random) -> None:
    status = chance.choice(["completed"] * 6 + ["cancelled", "refunded", "pending"])
    lines = [
        {"id": place, "name": name, "sku": sku, "quantity": 2, "subtotal": price, "total": price}
        for place, (sku, name, price) in enumerate(chance.sample(ARTICLES, 2))
    ]
    shop.put(
        number, number=str(number), status=status, total="99.80", line_items=lines,
        date_created=f"2026-0{1 + number % 8}-1{number % 10}T23:30:00",
        billing={"email": f"c{number % 17}@example.com", "city": "Recife", "state": "PE"},
    )  # fmt: skip
    if number % 9 == 0:
        shop.refund(number, number, "5.00")


def _sell_nuvem(shop: FakeNuvemshop, number: int, chance: random.Random) -> None:
    products: list[dict[str, Any]] = [
        {"id": place, "name": name, "sku": sku, "price": price, "quantity": "2"}
        for place, (sku, name, price) in enumerate(chance.sample(ARTICLES, 2))
    ]
    shop.put(
        number, number=number, status=chance.choice(["open", "closed", "cancelled"]),
        payment_status=chance.choice(["paid", "paid", "pending", "voided", "refunded"]),
        created_at=f"2026-0{1 + number % 8}-1{number % 10}T02:30:00+0000", discount="3.33",
        currency="BRL", storefront="store", products=products,
        customer={"email": f"c{number % 17}@example.com", "identification": f"{number % 17:011}"},
    )  # fmt: skip
