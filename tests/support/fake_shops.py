"""Strict, stateful shops: WooCommerce's and Nuvemshop's lists of orders, as their documents say.

Tests put orders in and change them; a change is made at `now`, which only tests move.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import Any

from tests.support.fake_crm import Answer, FakeCrm, Refusal, Request, answer, serving

KEY, SECRET = "ck_0123456789abcdef", "cs_fedcba9876543210"
TOKEN, STORE = "61181d08b7e328d256736hdcb671c3ce50b8af5", "729001"
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
AHEAD = timedelta(hours=-3)  # of the shop's clock
LARGEST_PAGE = {"woocommerce": 100, "nuvemshop": 200}


class FakeShop(FakeCrm):
    """Orders by id, each with the time of its last change."""

    kind: str
    parameters: frozenset[str]

    def __init__(self, token: str) -> None:
        super().__init__(token, NOW)
        self.orders: dict[int, dict[str, Any]] = {}
        self.changed: dict[int, datetime] = {}
        self.after_page: list[Callable[[], object]] = []
        """What happens after each of the next pages."""

    def put(self, id: int, **fields: Any) -> None:  # noqa: A002
        """Place or change an order."""
        self.orders.setdefault(id, {"id": id}).update(fields)
        self.changed[id] = self.now

    def page(self, request: Request, rows: list[Any]) -> tuple[list[Any], dict[str, str]]:
        """A page of rows, and the header that leads to the next one."""
        unknown = request.query.keys() - self.parameters
        assert not unknown, f"{self.kind} knows no {unknown}"
        size, number = int(request.get("per_page", "10")), int(request.get("page", "1"))
        if size > LARGEST_PAGE[self.kind]:
            raise Refusal(400, {"code": "rest_invalid_param", "message": "per_page"})
        start = (number - 1) * size
        headers = {}
        if start + size < len(rows):
            query = "&".join(
                f"{name}={value[-1].replace('+', '%2B')}"
                for name, value in request.query.items()
                if name != "page"
            )
            url = f"{self.url}{request.path}?{query}&page={number + 1}"
            headers["Link"] = f'<{url}>; rel="next"'
        return rows[start : start + size], headers

    def done(self) -> None:
        """Let happen what a test has planned for the time between two pages."""
        if self.after_page:
            self.after_page.pop(0)()

    def lead_back(self, request: Request, content: Any) -> None:
        raise NotImplementedError


class FakeWooCommerce(FakeShop):
    """Orders and refunds of wc/v3."""

    kind = "woocommerce"
    parameters = frozenset(
        [
            "page",
            "per_page",
            "status",
            "orderby",
            "order",
            "dates_are_gmt",
            "modified_after",
            "after",
        ]
    )

    def __init__(self) -> None:
        super().__init__(SECRET)
        self.refunds: dict[int, dict[str, Any]] | None = {}
        """None is a shop whose version has no such list."""

    def refund(self, order: int, id: int, amount: str) -> None:  # noqa: A002
        """Pay back a part of an order, which counts as no change of it."""
        self.orders[order].setdefault("refunds", []).append({"id": id, "total": f"-{amount}"})
        if self.refunds is not None:
            self.refunds[id] = {
                "id": id, "parent_id": order, "amount": amount, "reason": "Rua do Sol 1",
                "date_created": _naive(self.now + AHEAD), "date_created_gmt": _naive(self.now),
                "line_items": [],
            }  # fmt: skip

    def authorize(self, request: Request, headers: Message, *, revoked: bool) -> None:
        right = "Basic " + b64encode(f"{KEY}:{self.token}".encode()).decode()
        if revoked or headers["Authorization"] != right:
            raise Refusal(401, {"code": "woocommerce_rest_cannot_view"})

    def answer(self, request: Request) -> Answer:
        if request.path == "/wp-json/wc/v3/orders":
            rows = list(map(self._told, sorted(self.orders)))
            asked_for = request.get("status", "any")  # the trash is not any
            rows = [row for row in rows if row["status"] != "trash"]
            rows = [row for row in rows if asked_for in ("any", row["status"])]
            asked = ("modified_after", "date_modified")
        elif request.path == "/wp-json/wc/v3/refunds" and self.refunds is not None:
            rows, asked = list(self.refunds.values()), ("after", "date_created")
        else:
            raise Refusal(404, {"code": "rest_no_route"})
        if request.get("orderby", "date") != "id" or request.get("order", "desc") != "asc":
            raise NotImplementedError
        since, field = request.get(asked[0]), asked[1]
        if request.get("dates_are_gmt") == "true":
            field += "_gmt"  # else the shop's own clock
        found = [row for row in rows if not since or row[field] > since.removesuffix("Z")]
        page, headers = self.page(request, found)
        self.done()
        return answer(200, page, **headers)

    def _told(self, id: int) -> dict[str, Any]:  # noqa: A002
        at = self.changed[id]
        return {
            "status": "processing", "currency": "BRL", "refunds": [],
            **self.orders[id],
            "date_modified": _naive(at + AHEAD), "date_modified_gmt": _naive(at),
        }  # fmt: skip


class FakeNuvemshop(FakeShop):
    """Orders of one shop; nothing found is a 404."""

    kind = "nuvemshop"
    parameters = frozenset(["page", "per_page", "status", "updated_at_min"])

    def __init__(self) -> None:
        super().__init__(TOKEN)

    def authorize(self, request: Request, headers: Message, *, revoked: bool) -> None:
        if revoked or headers["Authentication"] != f"bearer {self.token}":
            raise Refusal(401, {"code": 401, "message": "Unauthorized"})
        if "python" in headers.get("User-Agent", "python"):
            raise Refusal(400, {"code": 400, "message": "Missing a User-Agent of the app"})

    def answer(self, request: Request) -> Answer:
        if request.path != f"/2025-03/{STORE}/orders":
            raise Refusal(404, {"code": 404, "message": "Not Found"})
        since = request.get("updated_at_min")
        rows = [
            {**self.orders[key], "updated_at": _with_offset(self.changed[key])}
            for key in sorted(self.orders, reverse=True)
            if not since or self.changed[key] >= datetime.fromisoformat(since)
            if request.get("status", "any") in ("any", self.orders[key].get("status"))
        ]
        page, headers = self.page(request, rows)
        if not page:
            last = {"code": 404, "message": "Not Found", "description": "Last page is 0"}
            raise Refusal(404, last)
        self.done()
        return answer(200, page, **headers)


def _naive(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S")


def _with_offset(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S+0000")


@contextmanager
def fake_woocommerce() -> Iterator[FakeWooCommerce]:
    with serving(FakeWooCommerce()) as fake:
        yield fake


@contextmanager
def fake_nuvemshop() -> Iterator[FakeNuvemshop]:
    with serving(FakeNuvemshop()) as fake:
        yield fake
