"""Shopify's orders, by its GraphQL Admin API: those that changed, each of them whole.

Shopify says within an answer of status 200 that it was asked too much or too dearly; lists within
an order end after a page; and without a scope of its own an app sees the orders of 60 days only.
None of this may pass unnoticed, and no declaration of dlt's can say it.
"""

import textwrap
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from time import sleep
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from include.connections import Connection
from include.errors import TryAgainError, UserError
from include.secrets import scrub
from include.sync.api import ATTEMPTS, LONGEST_PAUSE, base_address, new_session
from include.sync.loads import SIXTY_DAYS
from include.sync.rows import Row, Stream, Unreadable
from include.sync.sources import Source

if TYPE_CHECKING:
    from requests import Response

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
OVERLAP = timedelta(hours=1)
"""For what is not found at once, and for clocks that differ."""
UNTIL, SEES_ALL = "until", "sees_all"
ALL_ORDERS = "read_all_orders"
A_PAGE = 100
"""Orders asked for at once; fewer where Shopify finds that too dear."""
MOST_BY_CURSOR = 20_000
"""Orders to read by cursor before the search begins anew: Shopify follows one to 25,000."""
MOST_WAITS = 100
"""So often in a row Shopify may ask to wait."""

MONEY = "{ shopMoney { amount } }"
ADDRESS = "{ city provinceCode countryCodeV2 phone }"
PERSONAL = {
    "customer": "customer { id }",
    "email": "email",
    "phone": "phone",
    "billingAddress": f"billingAddress {ADDRESS}",
    "shippingAddress": f"shippingAddress {ADDRESS}",
}
"""What is asked for of a person: nothing else. A plan may not give all of it."""
PAGE = "pageInfo { hasNextPage endCursor }"
LINES = f"""{PAGE} nodes {{
    id name sku vendor quantity isGiftCard
    originalUnitPriceSet {MONEY} discountAllocations {{ allocatedAmountSet {MONEY} }}
}}"""
REFUND_LINES = f"{PAGE} nodes {{ quantity subtotalSet {MONEY} lineItem {{ id }} }}"
TRANSACTIONS = f"{PAGE} nodes {{ id kind status processedAt amountSet {MONEY} }}"
ORDERS = f"""query ($first: Int!, $after: String, $query: String!) {{
    orders(first: $first, after: $after, sortKey: UPDATED_AT, query: $query) {{
        {PAGE}
        nodes {{
            id name createdAt processedAt updatedAt cancelledAt test displayFinancialStatus
            currencyCode taxesIncluded sourceName app {{ name }} %s
            subtotalPriceSet {MONEY} totalShippingPriceSet {MONEY} totalTaxSet {MONEY}
            totalPriceSet {MONEY} totalDiscountsSet {MONEY} totalTipReceivedSet {MONEY}
            lineItems(first: 20) {{ {LINES} }}
            refunds {{
                id createdAt
                refundLineItems(first: 10) {{ {REFUND_LINES} }}
                transactions(first: 5) {{ {TRANSACTIONS} }}
            }}
        }}
    }}
}}"""
MORE = "query ($id: ID!, $after: String!) {{ {of}(id: $id) {{ {field}(first: 100, after: $after) {{ {what} }} }} }}"  # noqa: E501
SCOPES = "{ currentAppInstallation { accessScopes { handle } } }"


class TooDearError(Exception):
    """A question costs more than Shopify allows at once."""


def streams(source: Source, connection: Connection, pause: float) -> list[Stream]:
    """The orders of a shop.

    Args:
        source: a source of the kind shopify_orders.
        connection: host is the shop's myshopify.com domain; login and password are an app's client
            id and secret, or the password alone is a token that lasts.
        pause: seconds before a failed request is sent again; what Shopify says to wait is
            multiplied by it.

    Raises UserError for a connection without host or password, and where Shopify refuses it.
    """
    import dlt

    declared = source.declared["shopify_orders"]
    orders_query = _orders_query(source.name, declared.get("without", ()))
    shop = Shop(source.name, declared["version"], connection, pause)
    sees_all = ALL_ORDERS in shop.scopes()
    told: list[str] = []

    @dlt.resource(name="api_orders", primary_key="id")
    def api_orders() -> Iterator[list[Row]]:
        began, state = datetime.now(UTC), dlt.current.resource_state()
        since = _since(state, sees_all)
        state[SEES_ALL] = sees_all
        if not sees_all:
            told.append(SIXTY_DAYS)
        for orders in _changed(shop, orders_query, since):
            rows = [_row(shop, order) for order in orders]
            _note(state, rows, began)
            yield rows
        if shop.answers_as_of != declared["version"]:
            told.append(
                f"Shopify answers as of its version {shop.answers_as_of}, and no more as of"
                f" {declared['version']}: declare a newer one in include/sources.yml"
            )

    return [Stream(api_orders, "updated_at", told=told, sees_all=sees_all)]


class Shop:
    """A shop's API: asks with a token that holds, and waits as long as Shopify says."""

    def __init__(self, name: str, version: str, connection: Connection, pause: float) -> None:
        if not connection.host or not connection.password:
            raise UserError(
                f"The Airflow connection {name!r} lacks the shop's domain (name.myshopify.com) as"
                " host, or the app's client secret as password: docs/shopify.md tells where"
                " they are."
            )
        address = base_address(name, "", connection)
        self.name = name
        self.answers_as_of = version
        self._connection = connection
        self._pause = pause
        self._session = new_session(address, pause, may_repeat=True)
        self._graphql = f"{address}/admin/api/{version}/graphql.json"
        self._grant = f"{address}/admin/oauth/access_token"
        self._token = None if connection.login else connection.password

    def scopes(self) -> set[str]:
        """What the app may do in the shop."""
        installation = self.ask(SCOPES)["currentAppInstallation"]
        return {scope["handle"] for scope in installation["accessScopes"]}

    def ask(self, question: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer.

        Raises TooDearError where a smaller question may be answered; UserError for what is refused,
        TryAgainError for what may pass.
        """
        waits = failures = 0
        while waits < MOST_WAITS and failures < ATTEMPTS:
            answer = self._post({"query": question, "variables": variables})
            error = next(iter(answer.get("errors") or ()), None)
            if error is None and isinstance(answer.get("data"), dict):
                data: dict[str, Any] = answer["data"]
                return data
            if error is None:
                raise TryAgainError(
                    f"{self.name} answers without data: nothing was loaded, and the next run tries"
                    " again."
                )
            match error.get("extensions", {}).get("code"):
                case "THROTTLED":
                    waits += 1
                    self._wait(_seconds_to_wait(answer))
                case "INTERNAL_SERVER_ERROR" | "TIMEOUT":
                    failures += 1
                    self._wait(2.0**failures)
                case "MAX_COST_EXCEEDED":
                    raise TooDearError
                case "ACCESS_DENIED":
                    raise self._denied(error)
                case _:
                    raise UserError(
                        f"{self.name} refuses the question ({_said(error)}): see whether"
                        " include/sources.yml declares a version that Shopify still has."
                    )
        why = "has trouble of its own" if failures == ATTEMPTS else "asks to wait again and again"
        raise TryAgainError(
            f"{self.name} {why}: the next run goes on from where the last good one ended."
        )

    def rest(self, page: dict[str, Any], of: str, id_: str, field: str, what: str) -> list[Row]:
        """All of a list within an object, whose first page came with it."""
        nodes: list[Row] = list(page["nodes"])
        while page["pageInfo"]["hasNextPage"]:
            after = page["pageInfo"]["endCursor"]
            found = self.ask(MORE.format(of=of, field=field, what=what), id=id_, after=after)[of]
            if found is None or found[field]["pageInfo"]["endCursor"] == after:
                raise TryAgainError(
                    f"{self.name} has no more of the {field} of {id_}, as it was deleted meanwhile"
                    " or its pages lead in a circle: nothing was loaded, and the next run tries"
                    " again."
                )
            page = found[field]
            nodes += page["nodes"]
        return nodes

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        """An answer, with a new token where the one that was had expired."""
        is_new = self._token is None
        self._token = self._token or self._new_token()
        headers = {"X-Shopify-Access-Token": self._token}
        response = self._send(self._graphql, json=body, headers=headers)
        if response.status_code == 401 and self._connection.login and not is_new:
            self._token = None
            return self._post(body)
        response.raise_for_status()
        self.answers_as_of = response.headers.get("X-Shopify-API-Version", self.answers_as_of)
        answer = response.json()
        return answer if isinstance(answer, dict) else {}

    def _new_token(self) -> str:
        """A token for 24 hours."""
        response = self._send(
            self._grant,
            data={
                "grant_type": "client_credentials",
                "client_id": self._connection.login,
                "client_secret": self._connection.password,
            },
        )
        if response.status_code in (400, 401, 403):
            said = textwrap.shorten(scrub(response.text, (str(self._connection.password),)), 200)
            raise UserError(
                f"{self.name} gives no token for the client id and secret of the Airflow connection"
                f" {self.name!r} ({response.status_code}: {said}): copy both from the settings of"
                " the app in the Dev Dashboard, and install it in this shop, which must be of the"
                " same organisation (docs/shopify.md)."
            )
        response.raise_for_status()
        return str(response.json()["access_token"])

    def _send(self, url: str, **request: Any) -> "Response":
        response = self._session.post(url, **request)
        if response.status_code == 404:
            raise UserError(
                f"{self.name} knows nothing at {urlsplit(url).hostname}{urlsplit(url).path}: put"
                " the shop's own domain (name.myshopify.com) into the connection as its host, and"
                " a version that is out into include/sources.yml."
            )
        return response

    def _denied(self, error: dict[str, Any]) -> UserError:
        [*_, field] = [one for one in error.get("path", []) if isinstance(one, str)] or ["it"]
        otherwise = ""
        if field in PERSONAL:
            otherwise = f", or do without it by `without: [{field}]` in include/sources.yml"
        return UserError(
            f"{self.name} does not let the app read {field} ({_said(error)}): allow it in the Dev"
            f" Dashboard and install the app's new version{otherwise} (docs/shopify.md)."
        )

    def _wait(self, seconds: float) -> None:
        sleep(min(seconds, LONGEST_PAUSE) * self._pause)


def _orders_query(name: str, without: Collection[str]) -> str:
    for field in without:
        if field not in PERSONAL:
            raise UserError(
                f"The source {name} in include/sources.yml does without {field!r}, which is not to"
                f" be left out: name some of {', '.join(PERSONAL)}."
            )
    return ORDERS % " ".join(asked for field, asked in PERSONAL.items() if field not in without)


def _seconds_to_wait(answer: dict[str, Any]) -> float:
    """Until the bucket holds what the question costs; TooDearError where it never will."""
    cost = answer.get("extensions", {}).get("cost", {})
    bucket = cost.get("throttleStatus", {})
    asked, there = cost.get("requestedQueryCost", 0), bucket.get("currentlyAvailable", 0)
    if asked > bucket.get("maximumAvailable", asked):
        raise TooDearError
    return max(float(asked - there) / (bucket.get("restoreRate") or 1), 1.0)


def _said(error: dict[str, Any]) -> str:
    # Between words: of a secret that is cut, `explain` would not find the rest.
    return textwrap.shorten(scrub(str(error.get("message"))), 200, placeholder=" …")


# --- what changed


def _since(state: dict[str, Any], sees_all: bool) -> datetime:
    """Where a load begins: from the beginning, too, when the app sees other orders than before."""
    if UNTIL not in state or state.get(SEES_ALL) != sees_all:
        return BEGINNING
    return datetime.fromisoformat(state[UNTIL]) - OVERLAP


def _note(state: dict[str, Any], rows: list[Row], began: datetime) -> None:
    """Note until when there is everything: the newest change, by Shopify's clock.

    One after the load began says nothing of the others that were made since.
    """
    for row in rows:
        changed = datetime.fromisoformat(row["updated_at"])
        if changed <= began:
            state[UNTIL] = max(state.get(UNTIL, ""), changed.astimezone(UTC).isoformat())


def _changed(shop: Shop, query: str, since: datetime) -> Iterator[list[dict[str, Any]]]:
    """Pages of orders, the one that changed last at the end."""
    first, after, read = A_PAGE, None, 0
    while True:
        changed = f"updated_at:>='{since:%Y-%m-%dT%H:%M:%SZ}'"
        try:
            page = shop.ask(query, first=first, after=after, query=changed)["orders"]
        except TooDearError:
            if first == 1:
                raise UserError(
                    f"{shop.name} finds a single order too dear to ask for: leave out some of"
                    f" {', '.join(PERSONAL)} by `without` in include/sources.yml."
                ) from None
            first //= 2
            continue
        yield page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        if page["pageInfo"]["endCursor"] == after:
            raise TryAgainError(
                f"{shop.name} leads from a page of orders to the same page again: nothing was"
                " loaded, and the next run tries again."
            )
        after, read = page["pageInfo"]["endCursor"], read + len(page["nodes"])
        if read >= MOST_BY_CURSOR:
            last = datetime.fromisoformat(page["nodes"][-1]["updatedAt"]).astimezone(UTC)
            if last > since:
                since, after, read = last, None, 0


# --- an order as a row


def _row(shop: Shop, order: dict[str, Any]) -> Row:
    """An order: what is told once flat, and two lists."""
    billing, shipping = order.get("billingAddress") or {}, order.get("shippingAddress") or {}
    lines = shop.rest(order["lineItems"], "order", order["id"], "lineItems", LINES)
    return {
        "id": _number(order["id"]),
        "name": order["name"],
        "created_at": order["createdAt"],
        "processed_at": order["processedAt"],
        "updated_at": order["updatedAt"],
        "cancelled_at": order["cancelledAt"],
        "test": order["test"],
        "financial_status": order["displayFinancialStatus"],
        "source": order["sourceName"],
        "app_name": (order["app"] or {}).get("name"),
        "currency": order["currencyCode"],
        "taxes_included": order["taxesIncluded"],
        "subtotal": _money(order["subtotalPriceSet"]),
        "shipping": _money(order["totalShippingPriceSet"]),
        "taxes": _money(order["totalTaxSet"]),
        "total": _money(order["totalPriceSet"]),
        "discount_amount": _money(order["totalDiscountsSet"]),
        "tips": _money(order["totalTipReceivedSet"]),
        "customer_id": _number((order.get("customer") or {}).get("id")),
        "email": order.get("email"),
        "phone": order.get("phone"),
        "billing_phone": billing.get("phone"),
        "shipping_phone": shipping.get("phone"),
        "billing_city": billing.get("city"),
        "billing_province": billing.get("provinceCode"),
        "billing_country": billing.get("countryCodeV2"),
        "shipping_city": shipping.get("city"),
        "shipping_province": shipping.get("provinceCode"),
        "shipping_country": shipping.get("countryCodeV2"),
        "line_items": [_line(line) for line in lines],
        "refunds": [_refund(shop, refund) for refund in order["refunds"]],
    }


def _line(line: dict[str, Any]) -> Row:
    """A line, its price a unit's before discounts; `discount` is all that was knocked off it."""
    discounts = [_money(one["allocatedAmountSet"]) for one in line["discountAllocations"]]
    return {
        "id": _number(line["id"]),
        "name": line["name"],
        "sku": line["sku"],
        "vendor": line["vendor"],
        "quantity": line["quantity"],
        "is_gift_card": line["isGiftCard"],
        "price": _money(line["originalUnitPriceSet"]),
        "discount": _sum(discounts),
    }


def _refund(shop: Shop, refund: dict[str, Any]) -> Row:
    """What came back, and the money that went back for it: either may be without the other."""
    of = "refund", refund["id"]
    lines = shop.rest(refund["refundLineItems"], *of, "refundLineItems", REFUND_LINES)
    transactions = shop.rest(refund["transactions"], *of, "transactions", TRANSACTIONS)
    return {
        "id": _number(refund["id"]),
        "created_at": refund["createdAt"],
        "line_items": [
            {
                "line_item_id": _number(line["lineItem"]["id"]),
                "quantity": line["quantity"],
                "subtotal": _money(line["subtotalSet"]),
            }
            for line in lines
        ],
        "transactions": [
            {
                "id": _number(one["id"]),
                "kind": one["kind"],
                "status": one["status"],
                "processed_at": one["processedAt"],
                "amount": _money(one["amountSet"]),
            }
            for one in transactions
        ],
    }


def _number(gid: str | None) -> str | None:
    """The number in gid://shopify/Order/1234."""
    return gid.rpartition("/")[2] if gid else None


def _money(money: dict[str, Any] | None) -> Decimal | Unreadable | None:
    """An amount in the shop's currency; one that is no number sets its order aside."""
    if money is None:
        return None
    text = str(money["shopMoney"]["amount"])
    try:
        return Decimal(text)
    except InvalidOperation:
        return Unreadable(text)


def _sum(amounts: list[Decimal | Unreadable | None]) -> Decimal | Unreadable | None:
    """The sum of amounts, or the one that is no number."""
    total = Decimal("0.00")
    for amount in amounts:
        if not isinstance(amount, Decimal):
            return amount
        total += amount
    return total
