"""A strict, stateful Shopify: orders by GraphQL, and tokens for an app's client id and secret.

Tests create, change, refund and delete orders; each change is made at `server.now`. It refuses what
the schema does not know, answers trouble with status 200 as Shopify does, and shows the orders of
60 days to an app without `read_all_orders`. A question costs what it may bring at most: an object
is one point, a connection two and what its objects cost, as many as are asked for.
"""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import Any, NamedTuple

from tests.support.fake_crm import Answer, FakeCrm, Fault, Refusal, Request, answer, serving

VERSION = "2026-10"
SUPPORTED = ("2026-01", "2026-04", "2026-07", VERSION)
GRAPHQL = f"/admin/api/{VERSION}/graphql.json"
GRANT = "/admin/oauth/access_token"
TOKEN = "shpat_" + "a1" * 16
CLIENT_ID, CLIENT_SECRET = "c0ffee" * 5, "shpss_" + "b2" * 16
MOST_COST = 1000
MOST_AT_ONCE = 250
SEEN = timedelta(days=60)

MONEY, CONNECTION = "MoneyBag", "Connection"
TYPES: dict[str, dict[str, str | None]] = {
    "QueryRoot": {
        "orders": "OrderConnection", "order": "Order", "refund": "Refund",
        "currentAppInstallation": "AppInstallation",
    },
    "AppInstallation": {"accessScopes": "AccessScope"},
    "AccessScope": {"handle": None, "description": None},
    "Order": {
        **dict.fromkeys([
            "id", "name", "createdAt", "processedAt", "updatedAt", "cancelledAt", "cancelReason",
            "test", "displayFinancialStatus", "currencyCode", "taxesIncluded", "sourceName",
            "email", "phone",
        ]),
        "app": "OrderApp", "customer": "Customer",
        "billingAddress": "MailingAddress", "shippingAddress": "MailingAddress",
        **dict.fromkeys([
            "subtotalPriceSet", "totalShippingPriceSet", "totalTaxSet", "totalPriceSet",
            "totalDiscountsSet", "totalTipReceivedSet", "currentTotalPriceSet",
        ], MONEY),
        "lineItems": "LineItemConnection", "refunds": "Refund",
    },
    "OrderApp": {"id": None, "name": None},
    "Customer": dict.fromkeys(["id", "firstName", "lastName", "phone"]),
    "MailingAddress": dict.fromkeys([
        "name", "address1", "zip", "city", "province", "provinceCode", "countryCodeV2", "phone",
    ]),
    MONEY: {"shopMoney": "MoneyV2", "presentmentMoney": "MoneyV2"},
    "MoneyV2": {"amount": None, "currencyCode": None},
    "LineItem": {
        **dict.fromkeys([
            "id", "name", "title", "sku", "vendor", "quantity", "currentQuantity", "isGiftCard",
        ]),
        "originalUnitPriceSet": MONEY, "totalDiscountSet": MONEY,
        "discountAllocations": "DiscountAllocation",
    },
    "DiscountAllocation": {"allocatedAmountSet": MONEY},
    "Refund": {
        "id": None, "createdAt": None, "totalRefundedSet": MONEY,
        "refundLineItems": "RefundLineItemConnection",
        "transactions": "OrderTransactionConnection",
    },
    "RefundLineItem": {"quantity": None, "subtotalSet": MONEY, "lineItem": "LineItem"},
    "OrderTransaction": {
        **dict.fromkeys(["id", "kind", "status", "processedAt", "gateway"]), "amountSet": MONEY,
    },
    "PageInfo": {"hasNextPage": None, "endCursor": None},
}  # fmt: skip
ARGUMENTS = {"orders": {"first", "after", "sortKey", "query"}, "order": {"id"}, "refund": {"id"}}
CHANGED_SINCE = re.compile(r"updated_at:>='(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)'")
WORDS = re.compile(r"[A-Za-z_]\w*|\$\w+|-?\d+|[{}():!,]")

Node = dict[str, Any]


class Field(NamedTuple):
    """What is asked for: a field, its arguments, and the fields of what it brings."""

    name: str
    arguments: dict[str, Any]
    fields: list["Field"]


class FakeShopify(FakeCrm):
    """The state of a shop."""

    def __init__(
        self, token: str = TOKEN, now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    ) -> None:
        super().__init__(token, now)
        self.orders: dict[int, Node] = {}
        self.scopes = {"read_orders", "read_customers", "read_all_orders"}
        self.denied: set[str] = set()
        """Fields of an order that hold what the app may not know of people."""
        self.issued: dict[str, int | None] = {}
        """Token → how many more calls it is good for, of those fetched by client id and secret."""
        self.calls_a_token: int | None = None
        self.bucket: float | None = None
        """Points that are there; None where nobody counts them."""
        self.most_in_bucket, self.restored_a_second = 2000.0, 100.0
        self.waited: list[float] = []
        self.seconds_short: list[float] = []
        """How long the bucket had to fill for each question that was throttled."""
        self.deepest = 25_000
        """How many orders can be paged through by a cursor."""
        self.last_id = 450_000_000

    # what happens in the shop

    def create(self, lines: int = 1, **fields: Any) -> int:
        """A new order of so many lines, a unit of 10.00 each; `fields` as GraphQL has them."""
        with self.lock:
            number = 1001 + len(self.orders)
            order_id = self._new_id()
            order = {
                "id": f"gid://shopify/Order/{order_id}", "name": f"#{number}",
                "createdAt": iso(self.now), "processedAt": iso(self.now),
                "cancelledAt": None, "cancelReason": None, "test": False,
                "displayFinancialStatus": "PAID", "currencyCode": "BRL", "taxesIncluded": True,
                "sourceName": "web", "app": {"id": "gid://shopify/App/1", "name": "Online Store"},
                "email": f"buyer{number}@example.com", "phone": None,
                "customer": {"id": f"gid://shopify/Customer/{7_000_000 + number}"},
                "billingAddress": address("Recife"), "shippingAddress": address("Olinda"),
                "lineItems": [self._line(place) for place in range(lines)], "refunds": [],
                "subtotalPriceSet": money(f"{10 * lines}.00"),
                "totalShippingPriceSet": money("5.00"), "totalTaxSet": money("1.50"),
                "totalPriceSet": money(f"{10 * lines + 5}.00"), "totalDiscountsSet": money("0.00"),
                "totalTipReceivedSet": money("0.00"), "currentTotalPriceSet": money("0.00"),
            } | fields  # fmt: skip
            self.orders[order_id] = order
            self._touch(order)
            return order_id

    def change(self, order_id: int, **fields: Any) -> None:
        """Give fields of an order other values."""
        with self.lock:
            order = self.orders[order_id]
            order |= fields
            self._touch(order)

    def refund(self, order_id: int, quantity: int = 1, amount: str | None = "10.00") -> Node:
        """Take units of an order's first line back; without an amount no money goes back."""
        with self.lock:
            order = self.orders[order_id]
            line = order["lineItems"][0]
            refund = {
                "id": f"gid://shopify/Refund/{self._new_id()}", "createdAt": iso(self.now),
                "totalRefundedSet": money(amount or "0.00"),
                "refundLineItems": [
                    {"quantity": quantity, "subtotalSet": money("10.00"), "lineItem": line}
                ] if quantity else [],
                "transactions": [self.transaction(amount)] if amount else [],
            }  # fmt: skip
            order["refunds"].append(refund)
            self._touch(order)
            return refund

    def transaction(self, amount: str, status: str = "SUCCESS") -> Node:
        """Money that goes back."""
        return {
            "id": f"gid://shopify/OrderTransaction/{self._new_id()}", "kind": "REFUND",
            "status": status, "gateway": "shopify_payments", "processedAt": iso(self.now),
            "amountSet": money(amount),
        }  # fmt: skip

    def delete(self, order_id: int) -> None:
        """Take an order away: nothing tells of it any more."""
        with self.lock:
            del self.orders[order_id]

    def wait(self, seconds: float) -> None:
        """Let time pass for the bucket, in place of `time.sleep`."""
        self.waited.append(seconds)
        if self.bucket is not None:
            there = self.bucket + seconds * self.restored_a_second
            self.bucket = min(there, self.most_in_bucket)

    def seen(self) -> list[Node]:
        """The orders that the app may see, the one that changed last at the end."""
        since = "" if "read_all_orders" in self.scopes else iso(self.now - SEEN)
        seen = [order for order in self.orders.values() if order["createdAt"] >= since]
        return sorted(seen, key=lambda order: (order["updatedAt"], number_of(order)))

    def _new_id(self) -> int:
        self.last_id += 3
        return self.last_id

    def _line(self, place: int) -> Node:
        return {
            "id": f"gid://shopify/LineItem/{self._new_id()}", "name": f"Mug {place} - Blue",
            "title": f"Mug {place}", "sku": f"MUG-{place}" if place % 2 == 0 else None,
            "vendor": "Cafe", "quantity": 1, "currentQuantity": 0, "isGiftCard": False,
            "originalUnitPriceSet": money("10.00"), "totalDiscountSet": money("0.00"),
            "discountAllocations": [],
        }  # fmt: skip

    def _touch(self, order: Node) -> None:
        order["updatedAt"] = iso(self.now)

    # what a call gets

    def authorize(self, request: Request, headers: Message, *, revoked: bool) -> None:
        """Refusal without a good token in `X-Shopify-Access-Token`."""
        token = headers.get("X-Shopify-Access-Token")
        if request.path == GRANT:
            if token:
                raise Refusal(400, {"error": "invalid_request"})
            return
        if not revoked and token in self.issued:
            left = self.issued[token]
            if left is None or left > 0:
                self.issued[token] = left if left is None else left - 1
                return
        elif not revoked and token == self.token:
            return
        raise Refusal(401, {"errors": "[API] Invalid API key or access token"
                                      " (unrecognized login or wrong password)"})  # fmt: skip

    def answer(self, request: Request) -> Answer:
        """The answer to an authorized call."""
        match request.method, request.path.strip("/").split("/"):
            case "POST", ["admin", "oauth", "access_token"]:
                return self._grant(request.body)
            case "POST", ["admin", "api", version, "graphql.json"] if version <= VERSION:
                # one out of support is answered as the oldest that is not, without a word
                used = max(version, SUPPORTED[0])
                return answer(200, self._graphql(request.body), X_Shopify_API_Version=used)
        raise Refusal(404, {"errors": "Not Found"})

    def lead_back(self, request: Request, content: Any) -> None:
        """A cursor that leads to this page again."""
        info = content["data"]["orders"]["pageInfo"]
        info |= {"hasNextPage": True, "endCursor": request.body["variables"]["after"]}

    def _grant(self, body: Any) -> Answer:
        if body.get("grant_type") != "client_credentials":
            raise Refusal(400, {"error": "unsupported_grant_type"})
        if (body.get("client_id"), body.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            raise Refusal(400, {"error": "application_cannot_be_found"})
        token = f"shpat_{len(self.issued):032x}"
        self.issued[token] = self.calls_a_token
        scope = ",".join(sorted(self.scopes))
        return answer(200, {"access_token": token, "scope": scope, "expires_in": 86399})

    def _graphql(self, body: Node) -> Node:
        try:
            asked = parse(body["query"], body.get("variables") or {})
            cost = self._cost("QueryRoot", asked)
        except GraphqlError as error:
            return {"errors": [error.content]}
        if cost > MOST_COST:
            return failed(
                f"Query cost is {cost}, which exceeds the single query max cost limit"
                f" ({MOST_COST}).",
                code="MAX_COST_EXCEEDED", cost=cost, maxCost=MOST_COST,
            )  # fmt: skip
        there = self.most_in_bucket if self.bucket is None else self.bucket
        if cost > there:
            self.seconds_short.append((cost - int(there)) / self.restored_a_second)
            throttled = failed("Throttled", code="THROTTLED")
            return throttled | {"extensions": {"cost": self._told(cost, None)}}
        errors: list[Node] = []
        try:
            data = {one.name: self._root(one, errors) for one in asked}
        except GraphqlError as error:
            return {"errors": [error.content], "data": None}
        actual = 2 + json.dumps(data).count('"id"')
        if self.bucket is not None:
            self.bucket -= actual
        content = {"data": data, "extensions": {"cost": self._told(cost, actual)}}
        return content | ({"errors": errors} if errors else {})

    def _told(self, cost: int, actual: int | None) -> Node:
        there = self.most_in_bucket if self.bucket is None else self.bucket
        return {
            "requestedQueryCost": cost, "actualQueryCost": actual,
            "throttleStatus": {
                "maximumAvailable": self.most_in_bucket, "currentlyAvailable": int(there),
                "restoreRate": self.restored_a_second,
            },
        }  # fmt: skip

    def _cost(self, type_: str, fields: list[Field], path: tuple[str, ...] = ("query",)) -> int:
        """What a question may cost; GraphqlError where the schema does not know it."""
        cost = 0
        for one in fields:
            here = (*path, one.name)
            if one.name not in TYPES[type_]:
                raise GraphqlError(
                    f"Field '{one.name}' doesn't exist on type '{type_}'", here,
                    code="undefinedField", typeName=type_, fieldName=one.name,
                )  # fmt: skip
            child = TYPES[type_][one.name]
            if bool(child) != bool(one.fields):
                raise GraphqlError(
                    f"Field '{one.name}' selects wrongly", here, code="selectionMismatch"
                )
            is_list = bool(child and child.endswith(CONNECTION))
            if one.name == "refunds":
                known = {"first"}
            else:
                known = ARGUMENTS.get(one.name, {"first", "after"} if is_list else set())
            for name in one.arguments.keys() - known:
                raise GraphqlError(
                    f"Field '{one.name}' doesn't accept argument '{name}'", here,
                    code="argumentNotAccepted",
                )  # fmt: skip
            if child and is_list:
                cost += 2 + self._cost_of_page(child, one, here)
            elif child:
                cost += 1 + self._cost(child, one.fields, here)
        return cost

    def _cost_of_page(self, child: str, one: Field, here: tuple[str, ...]) -> int:
        first = one.arguments.get("first")
        if not isinstance(first, int) or not 1 <= first <= MOST_AT_ONCE:
            raise GraphqlError(
                f"you must provide one of first or last, up to {MOST_AT_ONCE}", here,
                code="BAD_REQUEST",
            )  # fmt: skip
        cost = 0
        for part in one.fields:
            if part.name == "nodes":
                node = child.removesuffix(CONNECTION)
                cost += first * (1 + self._cost(node, part.fields, (*here, "nodes")))
            elif part.name != "pageInfo":
                raise GraphqlError(
                    f"Field '{part.name}' doesn't exist on type '{child}'", here,
                    code="undefinedField",
                )  # fmt: skip
        return cost

    def _root(self, one: Field, errors: list[Node]) -> Any:
        if one.name == "currentAppInstallation":
            scopes = [{"handle": scope, "description": ""} for scope in sorted(self.scopes)]
            return self._shown("AppInstallation", {"accessScopes": scopes}, one.fields, [], errors)
        if "read_orders" not in self.scopes:
            raise GraphqlError(
                f"Access denied for {one.name} field. Required access: `read_orders` access scope.",
                (one.name,), code="ACCESS_DENIED",
            )  # fmt: skip
        if one.name == "orders":
            return self._orders(one, errors)
        nodes = [order for order in self.seen() if one.name == "order" or order["refunds"]]
        if one.name == "refund":
            nodes = [refund for order in nodes for refund in order["refunds"]]
        node = next((node for node in nodes if node["id"] == one.arguments["id"]), None)
        type_ = str(TYPES["QueryRoot"][one.name])
        return self._shown(type_, node, one.fields, [one.name], errors)

    def _orders(self, one: Field, errors: list[Node]) -> Node:
        if one.arguments.get("sortKey") != "UPDATED_AT":
            raise GraphqlError("orders are not sorted by their change", ("orders",), code="fake")
        since = CHANGED_SINCE.fullmatch(one.arguments["query"])
        if since is None:  # Shopify would ignore it, and bring all orders
            raise GraphqlError("Invalid search field", ("orders",), code="fake")
        found = [order for order in self.seen() if order["updatedAt"] >= since[1]]
        after, before = ["", 0], 0
        if cursor := one.arguments.get("after"):
            *after, before = from_cursor(cursor)
        if before + one.arguments["first"] > self.deepest:
            raise GraphqlError("Pagination is limited", ("orders",), code="BAD_REQUEST")
        found = [order for order in found if [order["updatedAt"], number_of(order)] > after]
        return self._page("Order", found, one, errors, ["orders"], before)

    def _page(
        self, type_: str, found: list[Node], one: Field, errors: list[Node], path: list[Any],
        before: int,
    ) -> Node:  # fmt: skip
        first = one.arguments["first"]
        page = found[:first]
        shown: Node = {}
        for part in one.fields:
            if part.name == "pageInfo":
                end = None
                if page:
                    at = [page[-1].get("updatedAt", ""), number_of(page[-1])]
                    end = to_cursor([*at, before + len(page)])
                info = {"hasNextPage": len(found) > first, "endCursor": end}
                shown["pageInfo"] = self._shown("PageInfo", info, part.fields, path, errors)
            else:
                shown["nodes"] = [
                    self._shown(type_, node, part.fields, [*path, "nodes", number], errors)
                    for number, node in enumerate(page)
                ]
        return shown

    def _shown(
        self, type_: str, value: Any, fields: list[Field], path: list[Any], errors: list[Node]
    ) -> Any:
        if value is None:
            return None
        if isinstance(value, list):
            return [
                self._shown(type_, one, fields, [*path, number], errors)
                for number, one in enumerate(value)
            ]
        shown: Node = {}
        for one in fields:
            child, here = TYPES[type_][one.name], [*path, one.name]
            if type_ == "Order" and self._is_denied(one.name, here, errors):
                shown[one.name] = None
            elif child is None:
                shown[one.name] = value[one.name]
            elif child.endswith(CONNECTION):
                node, rows = child.removesuffix(CONNECTION), value[one.name]
                before = from_cursor(one.arguments["after"])[-1] if "after" in one.arguments else 0
                shown[one.name] = self._page(node, rows[before:], one, errors, here, before)
            else:
                shown[one.name] = self._shown(child, value[one.name], one.fields, here, errors)
        return shown

    def _is_denied(self, name: str, path: list[Any], errors: list[Node]) -> bool:
        said = ""
        if name == "customer" and "read_customers" not in self.scopes:
            said = (
                "Access denied for customer field. Required access: `read_customers` access scope."
            )
        elif name in self.denied:
            said = (
                f"This app is not approved to use the {name} field. See"
                " https://shopify.dev/docs/apps/launch/protected-customer-data for more details."
            )
        if said:
            errors.append(GraphqlError(said, tuple(path), code="ACCESS_DENIED").content)
        return bool(said)


class GraphqlError(Exception):
    """An error as an answer of status 200 tells it."""

    def __init__(self, message: str, path: tuple[Any, ...] = (), **extensions: Any) -> None:
        super().__init__(message)
        where = {"path": list(path)} if path else {}
        self.content = {"message": message, **where, "extensions": extensions}


def failed(message: str, **extensions: Any) -> Node:
    """An answer that is an error."""
    return {"errors": [{"message": message, "extensions": extensions}]}


def replies_error(message: str, code: str) -> Fault:
    """An error in place of an answer, with status 200."""
    return lambda _server, _request: answer(200, failed(message, code=code))


def parse(text: str, variables: Node) -> list[Field]:
    """A query's fields, its variables put in; GraphqlError where it is no query."""
    words = WORDS.findall(text)
    if "".join(words) != re.sub(r"\s", "", text):
        raise GraphqlError("syntax error, unexpected invalid token", code="parse")
    words = [word for word in words if word != ","]
    known: set[str] = set()
    if words[0] == "query":
        head, words = words[: words.index("{")], words[words.index("{") :]
        declared = re.findall(r"(\$\w+) : (\w+)( !)?", " ".join(head))
        known = {name for name, _, _ in declared}
        for name, type_, is_needed in declared:
            if is_needed and variables.get(name[1:]) is None:
                raise GraphqlError(
                    f"Variable {name} of type {type_}! was provided invalid value",
                    code="INVALID_VARIABLE",
                )
    for name in variables:
        if f"${name}" not in known:
            raise GraphqlError(f"Variable ${name} is not declared", code="variableNotDefined")

    def value(word: str) -> Any:
        if word.startswith("$"):
            if word not in known:
                raise GraphqlError(f"Variable {word} is not defined", code="variableNotDefined")
            return variables.get(word[1:])
        return int(word) if word.lstrip("-").isdigit() else word

    def fields(at: int) -> tuple[list[Field], int]:
        found = []
        while words[at] != "}":
            name, at = words[at], at + 1
            arguments: Node = {}
            if words[at] == "(":
                while words[at + 1] != ")":
                    arguments[words[at + 1]] = value(words[at + 3])
                    at += 3
                at += 2
            within: list[Field] = []
            if words[at] == "{":
                within, at = fields(at + 1)
            given = {key: one for key, one in arguments.items() if one is not None}
            found.append(Field(name, given, within))
        return found, at + 1

    try:
        found, _ = fields(1)
    except IndexError:
        raise GraphqlError("syntax error, unexpected end of file", code="parse") from None
    return found


def money(amount: str) -> Node:
    """An amount in reals; the buyer's own currency is another."""
    return {
        "shopMoney": {"amount": amount, "currencyCode": "BRL"},
        "presentmentMoney": {"amount": "0.99", "currencyCode": "USD"},
    }


def address(city: str) -> Node:
    """Where somebody lives, in Pernambuco."""
    return {
        "name": "Ana Souza", "address1": "Rua A, 1", "zip": "50000-000", "city": city,
        "province": "Pernambuco", "provinceCode": "PE", "countryCodeV2": "BR",
        "phone": "+5581999990000",
    }  # fmt: skip


def number_of(node: Node) -> int:
    """The number in an id; 0 where there is none."""
    return int(node.get("id", "0").rpartition("/")[2])


def to_cursor(place: list[Any]) -> str:
    return base64.b64encode(json.dumps(place).encode()).decode()


def from_cursor(cursor: str) -> list[Any]:
    place: list[Any] = json.loads(base64.b64decode(cursor))
    return place


def iso(at: datetime) -> str:
    """A time as Shopify writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def fake_shopify() -> Iterator[FakeShopify]:
    """A Shopify on this machine."""
    with serving(FakeShopify()) as fake:
        yield fake


def fill(fake: FakeShopify, orders: int = 60) -> list[int]:
    """A shop of so many orders, one an hour until `now`: a mix of what orders are."""
    until = fake.now
    ids = []
    for number in range(orders):
        fake.now = until - timedelta(hours=orders - number)
        order_id = fake.create(lines=1 + number % 3 if number % 20 else 45)
        ids.append(order_id)
        line = fake.orders[order_id]["lineItems"][0]
        if number % 5 == 0:
            line["discountAllocations"] = [
                {"allocatedAmountSet": money("1.77")}, {"allocatedAmountSet": money("0.50")},
            ]  # fmt: skip
        if number % 7 == 0:
            fake.refund(order_id)
            fake.change(order_id, displayFinancialStatus="PARTIALLY_REFUNDED")
        if number % 11 == 0:
            fake.change(order_id, cancelledAt=iso(fake.now), displayFinancialStatus="VOIDED")
        if number % 13 == 0:
            nobody = {"customer": None, "email": None, "billingAddress": None}
            fake.change(order_id, sourceName="pos", app=None, **nobody)
        if number % 17 == 0:
            fake.change(order_id, test=True)
    fake.now = until
    return ids
