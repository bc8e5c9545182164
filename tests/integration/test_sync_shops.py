"""Orders of WooCommerce and Nuvemshop into landing, by what is declared of their APIs."""

import copy
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from include.connections import Connection
from include.errors import UserError
from include.paths import PROJECT
from include.settings import load_settings
from include.sync.behind import sources_behind
from include.sync.sources import Source, declared_sources
from include.sync.sync import sync
from tests.support import fake_shops
from tests.support.fake_shops import FakeNuvemshop, FakeShop, FakeWooCommerce
from tests.support.project_copy import environment
from tests.support.warehouses import Row, Warehouse, new_warehouse

ANA = {
    "first_name": "Ana", "last_name": "Souza", "email": "Ana@Exemplo.com", "phone": "11 98888-0001",
    "address_1": "Rua do Sol 1", "city": "Recife", "state": "PE", "country": "BR",
}  # fmt: skip
LINE = {
    "id": 1, "name": "Tea", "product_id": 5, "variation_id": 0, "quantity": 2, "subtotal": "20.00",
    "total": "18.00", "total_tax": "0.00", "sku": "T", "meta_data": [{"value": "Rua do Sol 1"}],
}  # fmt: skip

AMOUNT = {"woocommerce": "total", "nuvemshop": "discount"}


class Shop:
    """A fake shop, the connection to it, and what landed of its orders."""

    def __init__(
        self, fake: FakeShop, warehouse: Warehouse, host: str, login: str, size: int
    ) -> None:
        self.fake, self.warehouse = fake, warehouse
        self.connection = Connection("http", host, None, login, fake.token, None)
        declared = declared_sources()[fake.kind]
        changed = copy.deepcopy(declared.declared)
        for one in changed["rest_api"]["resources"]:
            one["endpoint"]["params"]["per_page"] = size
        self.source = Source(declared.name, declared.kind, changed)

    def load(self, **options: Any) -> list[int]:
        """Load all tables; return the rows that came of each."""
        options = {"pause": 0.001, "say": lambda _: None, **options}
        return [
            load.rows
            for table in self.source.tables
            for load in sync(self.source, table, self.warehouse, self.connection, **options)
        ]

    def rows(self, columns: str, table: str = "api_orders") -> list[tuple[Any, ...]]:
        name = f"landing.{self.source.name}__{table}"
        with closing(self.warehouse.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(f"select {columns} from {name} order by id")
            return cursor.fetchall()


@pytest.fixture
def woo(warehouse: Warehouse) -> Iterator[Shop]:
    with fake_shops.fake_woocommerce() as fake:
        yield Shop(fake, warehouse, fake.url, fake_shops.KEY, size=2)


@pytest.fixture
def nuvem(warehouse: Warehouse) -> Iterator[Shop]:
    with fake_shops.fake_nuvemshop() as fake:
        host = f"{fake.url}/2025-03/{{login}}"
        yield Shop(fake, warehouse, host, fake_shops.STORE, size=2)


def test_a_woocommerce_shop_lands_as_its_models_read_it(woo: Shop) -> None:
    woo.fake.put(7, number="1007", total="18.00", billing=ANA, line_items=[LINE])
    woo.fake.put(8, number="1008", total="18.00", billing={**ANA, "email": " ana@exemplo.com"})
    assert woo.load() == [2, 0]
    [first, second] = woo.rows("number, total, status, city, first_name, email_key, line_items")
    assert first[:5] == ("1007", "18.00", "processing", "Recife", "Ana")
    assert first[5] == second[5]
    [line] = first[6]
    assert (line["id"], line["total"], line["sku"]) == (1, "18.00", "T")
    assert "Rua do Sol" not in str(woo.rows("*"))
    assert "98888" not in str(woo.rows("*"))


def test_pages_are_read_to_the_last_and_the_next_load_reads_what_changed(woo: Shop) -> None:
    for number in range(1, 6):
        woo.fake.put(number, total="1.00")
    woo.fake.now += timedelta(days=30)
    woo.fake.put(6, total="1.00")
    assert woo.load()[0] == 6
    woo.fake.now += timedelta(hours=1)
    woo.fake.put(2, total="2.00")
    assert woo.load()[0] == 2  # 6 again, which is of the last two weeks
    assert [total for _, total in woo.rows("id, total")] == ["1.00", "2.00", *["1.00"] * 4]


def test_a_change_of_the_last_hours_is_no_change_of_the_shops_own_clock(woo: Shop) -> None:
    """The shop is three hours behind: by its clock, nothing changed since the last load."""
    woo.source.declared["rest_api"]["resources"][0]["endpoint"]["incremental"]["lag"] = 0
    woo.fake.put(1, total="1.00")
    woo.load()
    woo.fake.now += timedelta(hours=1)
    woo.fake.put(1, total="2.00")
    woo.load()
    assert woo.rows("total") == [("2.00",)]


def test_an_order_that_changes_between_two_pages_hides_no_other(woo: Shop) -> None:
    for number in range(1, 6):
        woo.fake.put(number, total="1.00")
    woo.fake.now += timedelta(minutes=1)
    woo.fake.after_page.append(lambda: woo.fake.put(1, total="2.00"))
    woo.load()
    assert woo.rows("id") == [(1,), (2,), (3,), (4,), (5,)]


def test_a_refund_that_is_no_change_of_its_order_comes_with_the_next_load(woo: Shop) -> None:
    assert isinstance(woo.fake, FakeWooCommerce)
    woo.fake.put(1, total="18.00")
    woo.load()
    woo.fake.now += timedelta(days=13)
    woo.fake.refund(1, 99, "5.00")
    woo.load()
    assert woo.rows("order_id, amount, date_created", "api_refunds") == [
        (1, "5.00", "2026-09-14T09:00:00")
    ]
    assert woo.rows("refunds -> 0 ->> 'total'") == [("-5.00",)]


def test_a_shop_whose_version_has_no_list_of_refunds_is_loaded_without(woo: Shop) -> None:
    assert isinstance(woo.fake, FakeWooCommerce)
    woo.fake.refunds = None
    woo.fake.put(1, total="18.00")
    assert woo.load() == [1, 0]
    assert woo.rows("*", "api_refunds") == []


def test_cancelled_orders_come_as_well(woo: Shop, nuvem: Shop) -> None:
    for number, status in enumerate(("completed", "cancelled", "failed", "refunded"), start=1):
        woo.fake.put(number, status=status)
    for number, status in enumerate(("open", "closed", "cancelled"), start=1):
        nuvem.fake.put(number, number=number, status=status)
    woo.load()
    nuvem.load()
    assert [status for _, status in woo.rows("id, status")] == [
        *("completed", "cancelled", "failed", "refunded")
    ]
    assert [status for _, status in nuvem.rows("id, status")] == ["open", "closed", "cancelled"]


def test_an_order_in_the_trash_goes_with_a_full_load(woo: Shop) -> None:
    woo.fake.put(1, total="1.00")
    woo.fake.put(2, total="1.00")
    woo.load()
    woo.fake.put(2, status="trash")
    woo.load()
    assert len(woo.rows("id")) == 2
    woo.load(full=True)
    assert woo.rows("id") == [(1,)]


def test_a_connection_without_the_shops_address_or_number_is_asked_for_it(woo: Shop) -> None:
    woo.connection = Connection("http", None, None, "key", "secret", None)
    with pytest.raises(UserError, match="connection 'woocommerce' has no host"):
        woo.load()


def test_a_quiet_night_of_nuvemshop_is_no_failure(nuvem: Shop) -> None:
    for number in range(1, 6):
        nuvem.fake.put(number, number=100 + number, total="1.00", created_at="x")
    assert nuvem.load() == [5]
    nuvem.fake.now += timedelta(days=3)
    for number in nuvem.fake.changed:
        nuvem.fake.changed[number] -= timedelta(days=3)  # out of what is read again
    assert nuvem.load() == [0]
    assert [number for _, number in nuvem.rows("id, number")] == ["101", "102", "103", "104", "105"]


def test_a_night_without_a_connection_skips_a_shop_that_comes_as_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    from airflow.sdk.exceptions import AirflowSkipException

    from dags import sync_sources

    monkeypatch.setattr(sync_sources, "get_current_context", dict)
    monkeypatch.setattr("include.connections.from_airflow", lambda _: None)
    with pytest.raises(AirflowSkipException, match="no connection 'nuvemshop': its exports come"):
        sync_sources.load.function("nuvemshop", "api_orders")


def test_a_shop_that_nobody_ever_loaded_by_its_api_is_not_behind(
    nuvem: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_SOURCES", "nuvemshop")
    with closing(nuvem.warehouse.connect()) as connection:
        assert sources_behind(connection, load_settings(), date(2026, 11, 1)) == ()
    nuvem.fake.put(1, number=1)
    nuvem.load()
    with closing(nuvem.warehouse.connect()) as connection:
        [behind] = sources_behind(connection, load_settings(), date.today())  # noqa: DTZ011
    assert behind.source == "nuvemshop"


def test_another_404_of_nuvemshop_is_a_failure(nuvem: Shop) -> None:
    nuvem.connection = Connection(
        "http", nuvem.fake.url + "/v1/1", None, "1", nuvem.fake.token, None
    )
    with pytest.raises(UserError, match="nuvemshop refuses the request"):
        nuvem.load()


def test_a_nuvemshop_order_lands_without_streets_and_tax_ids(nuvem: Shop) -> None:
    assert isinstance(nuvem.fake, FakeNuvemshop)
    buyer = {
        "name": "Ana Souza", "email": "ana@exemplo.com", "identification": "123.456.789-09",
        "default_address": {"address": "Rua do Sol 1"},
    }  # fmt: skip
    parcel = {"address": "Rua do Sol 1", "city": "Recife", "province": "PE", "country": "BR"}
    line = {
        "id": 5,
        "name": "Chá",
        "price": "10.00",
        "quantity": "2",
        "sku": "T",
        "image": {"id": 1},
    }
    nuvem.fake.put(1, number=101, customer=buyer, shipping_address=parcel, products=[line])
    nuvem.load()
    [(name, city, tax_id, products)] = nuvem.rows("customer_name, city, tax_id_key, products")
    assert (name, city, len(tax_id)) == ("Ana Souza", "Recife", 32)
    assert products[0]["price"] == "10.00"
    assert "image" not in products[0]
    assert "Rua do Sol" not in str(nuvem.rows("*"))
    assert "123" not in str(nuvem.rows("customer_name, products"))


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["woocommerce", "nuvemshop"])
def test_killed_again_and_again_it_ends_as_a_clean_load(
    kind: str, postgres: Path, tmp_path: Path
) -> None:
    """At ten moments drawn over a whole run; orders change, and are paid back, in between."""
    chance = random.Random(20261129)  # noqa: S311
    serving = {
        "woocommerce": fake_shops.fake_woocommerce,
        "nuvemshop": fake_shops.fake_nuvemshop,
    }[kind]
    with serving() as fake:
        for number in range(1, 301):
            sell(fake, number)
        killed = new_warehouse(postgres, f"{kind}_killed", tmp_path)
        began = time.monotonic()
        assert start(fake, killed).wait() == 0
        whole = time.monotonic() - began
        kills = 0
        while kills < 10:
            change(fake, chance)
            program = start(fake, killed)
            try:
                # in the first part of its time it only starts
                assert program.wait(chance.uniform(0.25, 0.95) * whole) == 0
            except subprocess.TimeoutExpired:
                os.killpg(program.pid, signal.SIGKILL)
                kills += program.wait() == -signal.SIGKILL
        change(fake, chance)
        assert start(fake, killed).wait() == 0
        clean = new_warehouse(postgres, f"{kind}_clean", tmp_path)
        assert start(fake, clean).wait() == 0
        for table in declared_sources()[kind].tables:
            assert landed(killed, kind, table) == landed(clean, kind, table) != [], table
        told = AMOUNT[kind]
        amounts = {int(row["id"]): row[told] for row in landed(killed, kind, "api_orders")}
        assert amounts == {number: order[told] for number, order in fake.orders.items()}


def sell(fake: FakeShop, number: int) -> None:
    buyer = {"email": f"c{number % 40}@example.com"}
    if isinstance(fake, FakeWooCommerce):
        lines = [{**LINE, "id": number}]
        fake.put(number, number=str(number), total="18.00", billing=buyer, line_items=lines)
    else:
        fake.put(number, number=number, discount="18.00", customer=buyer, products=[])


def change(fake: FakeShop, chance: random.Random) -> None:
    """Hours later: some orders changed, some are new, and of WooCommerce's some are paid back."""
    fake.now += timedelta(hours=3)
    for number in chance.sample(sorted(fake.orders), 12):
        fake.put(number, **{AMOUNT[fake.kind]: f"{chance.randrange(1, 99)}.00"})
    for _ in range(3):
        sell(fake, max(fake.orders) + 1)
    if isinstance(fake, FakeWooCommerce) and fake.refunds is not None:
        for number in chance.sample(sorted(fake.orders), 3):
            fake.refund(number, 1 + len(fake.refunds), "1.00")


def start(fake: FakeShop, warehouse: Warehouse) -> "subprocess.Popen[bytes]":
    """Start `scripts/sync_sources.py` for a shop."""
    where = {
        "woocommerce": {"host": fake.url, "login": fake_shops.KEY},
        "nuvemshop": {"host": f"{fake.url}/2025-03/{{login}}", "login": fake_shops.STORE},
    }[fake.kind]
    connection = {"conn_type": "http", "password": fake.token, **where}
    return subprocess.Popen(
        [sys.executable, PROJECT / "scripts" / "sync_sources.py", fake.kind],
        cwd=PROJECT,
        env=environment(
            PROJECT,
            AIRFLOW_CONN_WAREHOUSE=warehouse.url,
            **{f"AIRFLOW_CONN_{fake.kind.upper()}": json.dumps(connection)},
        ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def landed(warehouse: Warehouse, kind: str, table: str) -> list[Row]:
    """The rows of a table; no pseudonyms, which each warehouse has its own of."""
    rows = warehouse.rows(f"select * from landing.{kind}__{table} order by id")
    return [
        {
            column: value
            for column, value in row.items()
            if not column.startswith("_dlt_") and not column.endswith("_key")
        }
        for row in rows
    ]
