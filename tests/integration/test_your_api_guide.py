"""docs/your-api.md, followed word for word: the API that it invents, declared as it says."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from include.connections import Connection
from include.paths import PROJECT
from include.sync.sources import Source, declared_sources
from include.sync.sync import sync
from tests.support.fake_crm import Answer, FakeCrm, Refusal, Request, answer, serving
from tests.support.warehouses import Warehouse

GUIDE = (PROJECT / "docs" / "your-api.md").read_text(encoding="utf-8")
DECLARED = re.compile(r"^\*\*`include/sources.yml`\*\*\n```yaml\n(.*?)^```$", re.M | re.S)
LOADED = re.compile(r"^(landing\.\S+: \d+ rows) in", re.M)
TOKEN = "token-of-the-bookshop"


class Bookshop(FakeCrm):
    """Three orders of one to three lines, two a page."""

    def __init__(self) -> None:
        super().__init__(TOKEN, datetime(2026, 3, 1, tzinfo=UTC))
        self.orders: dict[int, dict[str, Any]] = {}
        self.lines: dict[int, list[dict[str, Any]]] = {}
        for day, number, copies in ((1, 1001, [2]), (2, 1002, [1, 1, 4]), (3, 1003, [3])):
            self.now = datetime(2026, 3, day, tzinfo=UTC)
            self.write(number, copies)

    def write(self, number: int, copies: list[int]) -> None:
        """An order, new or changed now."""
        self.orders[number] = {
            "number": number,
            "customer": {"id": 7, "name": "Ana Souza"},
            "total": 59.9,
            "changed_at": f"{self.now:%Y-%m-%dT%H:%M:%SZ}",
        }
        self.lines[number] = [
            {"line": line, "isbn": f"978-{line}", "copies": count}
            for line, count in enumerate(copies, 1)
        ]

    def authorize(self, request: Request, headers: Message, *, revoked: bool) -> None:
        if headers["Authorization"] != f"Bearer {self.token}":
            raise Refusal(401, {"error": "who are you?"})

    def answer(self, request: Request) -> Answer:
        if of_order := re.fullmatch(r"/v1/orders/(\d+)/lines", request.path):
            return answer(200, {"lines": self.lines[int(of_order[1])]})
        since = request.get("changed_since")
        changed = [order for order in self.orders.values() if order["changed_at"] >= since]
        first = int(request.get("cursor", "0"))
        page = {"orders": changed[first : first + 2]}
        return answer(200, page | ({"next": str(first + 2)} if len(changed) > first + 2 else {}))


@pytest.fixture
def bookshop() -> Iterator[Bookshop]:
    with serving(Bookshop()) as fake:
        yield fake


@pytest.fixture
def declared(tmp_path: Path) -> Source:
    """The source as the page declares it."""
    found = DECLARED.search(GUIDE)
    assert found is not None
    path = tmp_path / "sources.yml"
    path.write_text(found[1], encoding="utf-8")
    return declared_sources(path)["bookshop"]


def load(declared: Source, bookshop: Bookshop, warehouse: Warehouse) -> list[str]:
    said: list[str] = []
    connection = Connection("http", bookshop.url, None, None, TOKEN, None)
    for table in declared.tables:
        sync(declared, table, warehouse, connection, pause=0.01, say=said.append)
    return said


def test_an_id_that_grows_may_be_what_new_rows_are_found_by(
    declared: Source, bookshop: Bookshop, warehouse: Warehouse
) -> None:
    orders = declared.declared["rest_api"]["resources"][0]["endpoint"]
    orders["params"]["changed_since"] = ""
    orders["incremental"] = {"cursor_path": "number", "initial_value": 0}
    load(declared, bookshop, warehouse)
    bookshop.write(1004, [1])
    bookshop.requests.clear()

    load(declared, bookshop, warehouse)

    # the others are not loaded again, and so their lines are not asked for
    asked = [request.path for request in bookshop.requests if request.path != "/v1/orders"]
    assert asked == ["/v1/orders/1004/lines"]
    rejected = warehouse.rows("select count(*) as rows from landing.bookshop__rejected")
    assert rejected == [{"rows": 0}]


def test_the_declared_api_is_loaded_as_the_page_shows(
    declared: Source, bookshop: Bookshop, warehouse: Warehouse
) -> None:
    said = load(declared, bookshop, warehouse)

    assert [line.rsplit(" in ", 1)[0] for line in said] == LOADED.findall(GUIDE)
    assert warehouse.rows(
        "select number, customer ->> 'name' as name, total::text from landing.bookshop__orders"
        " order by 1"
    ) == [{"number": number, "name": "Ana Souza", "total": "59.9"} for number in (1001, 1002, 1003)]


def test_what_changed_since_an_hour_before_the_last_change_is_read_and_lines_are_replaced(
    declared: Source, bookshop: Bookshop, warehouse: Warehouse
) -> None:
    load(declared, bookshop, warehouse)
    bookshop.now = datetime(2026, 3, 4, tzinfo=UTC)
    bookshop.write(1002, [9])
    bookshop.requests.clear()

    said = load(declared, bookshop, warehouse)

    assert [line.rsplit(" in ", 1)[0] for line in said] == [
        "landing.bookshop__orders: 2 rows",
        "landing.bookshop__lines: 2 rows",
    ]
    assert bookshop.requests[0].get("changed_since") == "2026-03-02T23:00:00Z"
    assert {request.path for request in bookshop.requests[1:]} == {
        "/v1/orders/1002/lines",
        "/v1/orders/1003/lines",
    }
    assert warehouse.rows(
        "select _orders_number as number, line, copies from landing.bookshop__lines order by 1, 2"
    ) == [
        {"number": 1001, "line": 1, "copies": 2},
        {"number": 1002, "line": 1, "copies": 9},
        {"number": 1003, "line": 1, "copies": 3},
    ]
