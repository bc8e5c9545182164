"""Sales that a program enters through the API: by the form's rules, each once, by who may."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import given, settings
from psycopg_pool import ConnectionPool
from schemathesis import GenerationMode

from include.dashboard.api import tokens
from include.dashboard.api.app import Doorkeeper, Pools, create_api
from include.dashboard.api.limit import Limit
from include.dashboard.api.sales import MOST_BYTES, Desk
from include.sales_form.role import make_form_role
from include.sales_form.sale import Rules
from include.warehouse import embedded
from include.warehouse.bookkeeping import prepare
from include.warehouse.connection import Warehouse
from tests.support.warehouses import new_warehouse

RULES = Rules(date(2026, 11, 29), date(1990, 1, 1), ("demo_shop", "olist"))
SALE = {
    "source_name": "demo_shop",
    "sold_on": "2026-11-10",
    "new_customer": {"name": "Ana Souza", "state": "SP"},
    "new_product": "Mug",
    "quantity": 2,
    "unit_price": "19,90",
}


@dataclass
class Till:
    """The application, and its tokens by scope."""

    client: TestClient
    pools: Pools
    warehouse: Warehouse
    tokens: dict[str, str]

    def post(self, body: Any = SALE, key: str | None = None, scope: str = "sales") -> Any:
        """Send a sale, with a key of its own where none is told."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = self.headers(key or str(uuid4()), scope)
        return self.client.post("/sales", headers=headers, content=sent)

    def headers(self, key: str, scope: str = "sales") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[scope]}", "Idempotency-Key": key}

    def rows(self, columns: str) -> list[tuple[Any, ...]]:
        with closing(psycopg2.connect(self.warehouse.url)) as owner, owner.cursor() as cursor:
            cursor.execute(f"select {columns} from landing.sales_form__entries")
            return cursor.fetchall()


@contextmanager
def served(warehouse: Warehouse) -> Iterator[Till]:
    make_form_role(warehouse)
    with closing(psycopg2.connect(warehouse.url)) as owner:
        prepare(owner, "ops")
        made = {scope: tokens.make(owner, f"till {scope}", [scope]) for scope in tokens.SCOPES}
    pool = ConnectionPool[Any](
        warehouse.url,
        kwargs={"autocommit": True},
        min_size=0,
        max_size=4,
        timeout=3,
        reconnect_timeout=3,
        check=ConnectionPool.check_connection,
        open=True,
    )
    pools = Pools(lambda *, personal=False: pool, lambda: pool)
    desk = Desk(lambda: warehouse, lambda: RULES)
    api = create_api(Doorkeeper(pools, Limit(most=10_000)), desk)
    with pool:
        yield Till(TestClient(api, raise_server_exceptions=False), pools, warehouse, made)


@pytest.fixture(scope="module")
def kept(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    with served(new_warehouse(postgres, "sold_by_api", tmp_path_factory.mktemp("sold"))) as made:
        yield made


@pytest.fixture
def till(kept: Till) -> Till:
    """One at which nothing was sold yet."""
    with closing(psycopg2.connect(kept.warehouse.url)) as owner, owner:
        owner.cursor().execute("truncate landing.sales_form__entries")
    return kept


# --- each sale once


def test_a_sale_is_recorded_in_the_name_of_the_token(till: Till) -> None:
    key = str(uuid4())
    answered = till.post(key=key)
    assert answered.status_code == 201, answered.text
    assert answered.json() == {
        "sale_id": key,
        "version": 1,
        "was_recorded": False,
        "looks_like": [],
    }
    [row] = till.rows("entry_id, customer_name, quantity, unit_price::text, entered_by")
    assert row == (key, "Ana Souza", 2, "19.90", "till sales")


def test_a_key_that_is_sent_by_fifty_at_once_is_one_sale(till: Till) -> None:
    key = str(uuid4())
    with ThreadPoolExecutor(50) as threads:
        told = list(threads.map(lambda _: till.post(key=key), range(50)))
    assert Counter(one.status_code for one in told) == {201: 1, 200: 49}
    assert {one.json()["sale_id"] for one in told} == {key}
    assert till.rows("count(*)") == [(1,)]


def test_what_is_sent_again_is_told_to_be_there(till: Till) -> None:
    key = str(uuid4())
    till.post(key=key)
    for same in (key, key.upper(), f'"{key}"'):
        again = till.post({**SALE, "unit_price": 19.9}, key=same)
        assert (again.status_code, again.json()["was_recorded"]) == (200, True)
    assert till.rows("count(*)") == [(1,)]


def test_the_same_sale_is_the_same_after_its_product_got_another_name(till: Till) -> None:
    till.post()
    key, by_id = str(uuid4()), {**SALE, "new_product": None, "product_id": "form:mug"}
    assert till.post(by_id, key=key).status_code == 201
    till.post({**SALE, "new_product": "MUG"})
    assert till.post(by_id, key=key).status_code == 200


def test_a_key_of_another_sale_is_refused(till: Till) -> None:
    key = str(uuid4())
    till.post(key=key)
    other = till.post({**SALE, "quantity": 3}, key=key)
    assert other.status_code == 409
    assert "Another sale was sent with this Idempotency-Key" in other.json()["detail"]
    assert till.rows("quantity") == [(2,)]


def test_a_sale_that_looks_the_same_is_recorded_and_told_of(till: Till) -> None:
    first, second = till.post().json(), till.post()
    assert second.status_code == 201
    [alike] = second.json()["looks_like"]
    assert alike["sale_id"] == first["sale_id"]
    assert alike["entered_at"].endswith("+00:00")


# --- what is no sale


@pytest.mark.parametrize(
    ("other", "pointer", "sentence"),
    [
        ({"sold_on": "2026-11-30"}, "#/sold_on", "It is in the future."),
        ({"unit_price": "1.234"}, "#/unit_price", "It is an amount such as 1234.56 or 1.234,56."),
        ({"unit_price": 0.001}, "#/unit_price", "no more than 2 decimal places"),
        ({"quantity": True}, "#/quantity", "valid integer"),
        ({"source_name": "elsewhere"}, "#/source_name", "It is no active shop."),
        ({"new_customer": {"name": ""}}, "#/new_customer/name", "at least 1 character"),
        ({"new_product": None}, "#/new_product", "A sale is of a product."),
        (
            {"new_product": None, "product_id": "P9"},
            "#/product_id",
            "The shop demo_shop has none with this id.",
        ),
        (
            {"new_customer": None, "customer_id": "nobody"},
            "#/customer_id",
            "The shop demo_shop has none with this id.",
        ),
        ({"a/b": 1}, "#/a~1b", "Extra inputs are not permitted."),
    ],
)
def test_what_is_wrong_is_told_by_field(
    other: dict[str, Any], pointer: str, sentence: str, till: Till
) -> None:
    answered = till.post({**SALE, **other})
    assert answered.status_code == 422
    assert answered.headers["Content-Type"] == "application/problem+json"
    [wrong] = answered.json()["errors"]
    assert wrong["pointer"] == pointer
    assert sentence in wrong["detail"]
    assert till.rows("count(*)") == [(0,)]


def test_all_that_is_wrong_is_told_at_once(till: Till) -> None:
    told = till.post({"source_name": "demo_shop", "quantity": 0, "new_product": "Mug"}).json()
    assert [one["pointer"] for one in told["errors"]] == ["#/sold_on", "#/quantity", "#/unit_price"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"quantity": NaN}', 400),
        (b"[" * 10_000, 400),
        (b"\xff", 400),
        (b"[]", 422),
        (b'{"\\ud800": 1}', 422),
        (b" " * (MOST_BYTES + 1), 413),
    ],
)
def test_a_body_that_is_no_sale_is_a_problem(body: bytes, status: int, till: Till) -> None:
    answered = till.post(body)
    assert answered.status_code == status, answered.text
    assert answered.headers["Content-Type"] == "application/problem+json"


def test_a_sale_wants_a_key_of_its_own(till: Till) -> None:
    for key in ("", "1", f"{{{uuid4()}}}", f'"{uuid4()}'):
        answered = till.client.post("/sales", json=SALE, headers=till.headers(key))
        assert answered.status_code == 400
        assert "Idempotency-Key wants a UUID" in answered.json()["detail"]
    headers = till.headers("")
    del headers["Idempotency-Key"]
    assert till.client.post("/sales", json=SALE, headers=headers).status_code == 400


# --- who may


def test_only_a_token_for_sales_enters_them(till: Till) -> None:
    for scope in ("read", "read:personal"):
        answered = till.post(scope=scope)
        assert answered.status_code == 403
        assert "lack `sales`" in answered.json()["detail"]
    assert till.client.post("/sales", json=SALE).status_code == 401
    assert till.rows("count(*)") == [(0,)]


def test_who_sends_too_often_is_told_for_how_long_to_wait(till: Till) -> None:
    desk = Desk(lambda: till.warehouse, lambda: RULES)
    client = TestClient(create_api(Doorkeeper(till.pools, Limit(most=1)), desk))
    sent = [client.post("/sales", json=SALE, headers=till.headers(str(uuid4()))) for _ in range(2)]
    assert [one.status_code for one in sent] == [201, 429]
    assert sent[1].headers["Retry-After"] == "60"


# --- Postgres away


def test_while_postgres_is_away_nothing_is_claimed_and_then_it_is_recorded(home: Path) -> None:
    warehouse = Warehouse(embedded.url(home=home))
    port = int(warehouse.url.rsplit(":", 1)[1].split("/")[0])
    with served(warehouse) as till:
        key = str(uuid4())
        embedded.stop(home)
        away = till.post(key=key)
        assert away.status_code == 503
        assert away.headers["Content-Type"] == "application/problem+json"
        assert int(away.headers["Retry-After"]) > 0
        assert "recorded" not in away.json()["detail"]
        embedded.start(home, port=port)
        assert till.post(key=key).status_code == 201


def test_who_gets_no_answer_is_told_to_send_it_again(till: Till) -> None:
    gone = Warehouse("postgresql://localhost:1/gone")
    api = create_api(Doorkeeper(till.pools), Desk(lambda: gone, lambda: RULES))
    answered = TestClient(api).post("/sales", json=SALE, headers=till.headers(str(uuid4())))
    assert answered.status_code == 503
    assert "send it again with the same Idempotency-Key" in answered.json()["detail"]


# --- what it says of itself


def test_who_may_enter_sales_only_is_told_of_nothing_else(till: Till) -> None:
    document = till.client.get("/openapi.json", headers=till.headers("")).json()
    assert set(document["paths"]) == {"/sales"}
    sale = document["components"]["schemas"]["Sale"]["properties"]
    assert sale["source_name"]["enum"] == ["demo_shop", "olist"]
    assert sale["unit_price"]["description"] == "What was paid for one, in `currency`."


@pytest.mark.nightly
@pytest.mark.parametrize("mode", GenerationMode)
def test_schemathesis_finds_nothing(mode: GenerationMode, till: Till) -> None:
    document = till.client.get("/openapi.json", headers=till.headers("")).json()
    # no JSON Schema can say that a day is past, an id the shop's, or a text printable
    fields = document["components"]["schemas"]["Sale"]["properties"]
    fields["sold_on"] = {"const": "2026-11-10"}
    fields["new_product"] = {"const": "Mug"}
    fields["customer_id"] = fields["product_id"] = {"type": "null"}
    document["components"]["schemas"]["Sale"]["required"].append("new_product")
    accepted = {"positive_data_acceptance": {"expected-statuses": ["2xx", "409", "422"]}}
    config = schemathesis.Config.from_dict({"checks": accepted})
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.app = till.client.app
    operation = schema["/sales"]["POST"]
    headers = {"Authorization": f"Bearer {till.tokens['sales']}"}

    answered: list[int] = []

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=150, deadline=None, derandomize=True, database=None)
    def ask(case: schemathesis.Case[Any]) -> None:
        answered.append(case.call_and_validate(headers=headers).status_code)

    ask()
    assert mode.is_negative or 201 in answered
