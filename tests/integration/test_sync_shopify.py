"""Shopify's orders into landing: whole, each once, and what Shopify does not say is told."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from include.connections import Connection
from include.errors import TryAgainError, UserError
from include.settings import load_settings
from include.sync import shopify
from include.sync.api import explain
from include.sync.history import sources_without_history
from include.sync.shopify import streams
from include.sync.sources import Source, declared_sources
from include.sync.sync import sync
from include.warehouse.connection import Warehouse
from tests.support import fake_shopify
from tests.support.crm_loads import Loads, Table, comparable, held
from tests.support.fake_crm import (
    Answer,
    FakeCrm,
    Fault,
    Request,
    answer,
    broken_off,
    cut_short,
    html,
    hung_up,
    replies,
    sent_twice,
)
from tests.support.fake_shopify import (
    CLIENT_ID,
    CLIENT_SECRET,
    GRANT,
    GRAPHQL,
    TOKEN,
    FakeShopify,
    money,
    replies_error,
)

ORDERS = "api_orders"
SHOPIFY = declared_sources()["shopify"]
MANY = 6
"""So often a request is sent before it is given up."""


@pytest.fixture
def fake() -> Iterator[FakeShopify]:
    with fake_shopify.fake_shopify() as running:
        yield running


@pytest.fixture
def loads(fake: FakeShopify, warehouse: Warehouse) -> Loads:
    return Loads(fake, warehouse, SHOPIFY)


def connection(fake: FakeShopify, password: str = TOKEN, login: str | None = None) -> Connection:
    return Connection("http", fake.url, None, login, password, None)


def app(fake: FakeShopify, secret: str = CLIENT_SECRET) -> Connection:
    return connection(fake, secret, CLIENT_ID)


def read(
    fake: FakeShopify,
    by: Connection | None = None,
    source: Source = SHOPIFY,
    pause: float = 0.001,
) -> Table:
    """What a first load would bring, or say, without a warehouse; each order as it came last."""
    by = by or connection(fake)
    try:
        [stream] = streams(source, by, pause)
        return {row["id"]: as_landed(row) for row in stream.resource}
    except Exception as error:
        raise explain("shopify", error, (str(by.password),)) from error


def as_landed(row: dict[str, Any]) -> dict[str, Any]:
    """As `held` has it; of telephones only pseudonyms land."""
    plain = {
        name: float(value) if isinstance(value, Decimal) else value for name, value in row.items()
    }
    return {
        name: comparable(json.loads(json.dumps(value, default=str)))
        for name, value in plain.items()
        if value is not None and not name.endswith("phone")
    }


def declared(**words: Any) -> Source:
    """Shopify, declared otherwise."""
    return Source("shopify", SHOPIFY.kind, {SHOPIFY.kind: SHOPIFY.declared[SHOPIFY.kind] | words})


def questions(fake: FakeShopify) -> list[dict[str, Any]]:
    """The variables of the questions for orders."""
    asked = [request.body["variables"] for request in fake.asked(GRAPHQL)]
    return [variables for variables in asked if "first" in variables]


# into the warehouse


def test_orders_are_loaded_whole_and_then_only_those_that_changed(
    fake: FakeShopify, loads: Loads
) -> None:
    ids = fake_shopify.fill(fake)
    loads.load()
    assert loads.landed(ORDERS) == held(fake, ORDERS)
    before = loads.load_ids()

    fake.now += timedelta(days=1)
    for order in ids[5:15]:
        fake.change(order, displayFinancialStatus="REFUNDED")
    fake.refund(ids[20])
    new = fake.create(lines=2)
    fake.requests.clear()
    loads.load()
    assert loads.landed(ORDERS) == held(fake, ORDERS)
    after = loads.load_ids()
    written = {
        int(order) for (_, order), load in after.items() if before.get((ORDERS, order)) != load
    }
    assert written == {*ids[5:15], ids[20], new}
    # the last order was made an hour before midnight; an hour of these is read again
    assert {one["query"] for one in questions(fake)} == {"updated_at:>='2025-12-31T22:00:00Z'"}


def test_a_deleted_order_stays_until_a_full_load(fake: FakeShopify, loads: Loads) -> None:
    first, *_ = fake_shopify.fill(fake, 10)
    loads.load()
    fake.delete(first)
    loads.load()
    assert str(first) in loads.landed(ORDERS)
    loads.load(full=True)
    assert loads.landed(ORDERS) == held(fake, ORDERS)
    assert len(loads.landed(ORDERS)) == 9


def test_an_order_that_changes_while_pages_are_read_is_there_once_and_comes_as_it_is_next_time(
    fake: FakeShopify, loads: Loads
) -> None:
    first, *_ = fake_shopify.fill(fake, 30)

    def meanwhile(server: FakeCrm, request: Request) -> Answer:
        fake.now += timedelta(minutes=1)
        fake.change(first, displayFinancialStatus="REFUNDED")
        fake.create()
        return server.answer(request)

    # the scopes, six pages that are too dear, one of orders
    fake.fail(*[None] * 8, meanwhile, path=GRAPHQL)
    loads.load()
    assert len(loads.landed(ORDERS)) == 31
    loads.load()
    assert loads.landed(ORDERS) == held(fake, ORDERS)


def test_what_changes_while_a_long_load_reads_comes_with_the_next_one(
    fake: FakeShopify, loads: Loads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A load of two hours: an order changes after it was read, another one just before it is."""
    first, *_, last = fake_shopify.fill(fake, 30)
    began = fake.now

    def meanwhile(server: FakeCrm, request: Request) -> Answer:
        for order, after in ((first, timedelta(minutes=1)), (last, timedelta(hours=2))):
            fake.now = began + after
            fake.change(order, displayFinancialStatus="REFUNDED")
        return server.answer(request)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Clock":
            return cls.fromtimestamp(began.timestamp(), tz)

    fake.fail(*[None] * 8, meanwhile, path=GRAPHQL)
    with monkeypatch.context() as patch:
        patch.setattr("include.sync.shopify.datetime", Clock)
        loads.load()
    assert loads.landed(ORDERS)[str(first)] != held(fake, ORDERS)[str(first)]
    assert loads.landed(ORDERS)[str(last)] == held(fake, ORDERS)[str(last)]
    loads.load()
    assert loads.landed(ORDERS) == held(fake, ORDERS)


def test_without_the_scope_for_all_orders_a_load_says_that_it_sees_sixty_days(
    fake: FakeShopify, loads: Loads
) -> None:
    """Nothing of an answer tells; and a full load deletes none of those that are older by then."""
    fake.scopes.remove("read_all_orders")
    fake.now -= timedelta(days=61)
    old = fake.create()
    fake.now += timedelta(days=2)
    fake_shopify.fill(fake, 5)
    loads.load()
    assert len(loads.landed(ORDERS)) == 6

    fake.now += timedelta(days=59)
    assert str(old) not in held(fake, ORDERS)
    loads.load()
    loads.load(full=True)
    assert str(old) in loads.landed(ORDERS)
    told = [line for line in loads.said if "only orders of the last 60 days are seen" in line]
    assert len(told) == 3
    assert "make demo DATA=folder" in told[0]


def test_a_shop_of_which_only_sixty_days_are_known_is_told_of_until_its_history_is_there(
    fake: FakeShopify, loads: Loads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_SOURCES", "demo_shop,shopify")

    def told() -> tuple[str, ...]:
        with closing(loads.warehouse.connect()) as warehouse:
            return sources_without_history(warehouse, load_settings())

    def execute(statement: str) -> None:
        with closing(loads.warehouse.connect()) as warehouse, warehouse, warehouse.cursor() as c:
            c.execute(statement)

    fake.create()
    assert told() == ()  # before any load
    loads.load()
    assert told() == ()
    fake.scopes.remove("read_all_orders")
    loads.load()
    assert told() == ("shopify",)
    execute("insert into landing.shopify__orders (order_name) values ('#0999')")
    assert told() == ()
    execute("delete from landing.shopify__orders")
    fake.scopes.add("read_all_orders")
    loads.load()
    assert told() == ()


def test_when_the_scope_for_all_orders_is_given_the_older_ones_come(
    fake: FakeShopify, loads: Loads
) -> None:
    fake.scopes.remove("read_all_orders")
    fake.now -= timedelta(days=90)
    fake.create()
    fake.now += timedelta(days=90)
    fake.create()
    loads.load()
    assert len(loads.landed(ORDERS)) == 1
    fake.scopes.add("read_all_orders")
    loads.load()
    assert loads.landed(ORDERS) == held(fake, ORDERS)
    assert len(loads.landed(ORDERS)) == 2


def test_neither_token_nor_secret_is_said_or_noted_or_logged(
    fake: FakeShopify, loads: Loads, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fake.create()
    options: Any = {"pause": 0.001, "say": loads.said.append}
    sync(SHOPIFY, ORDERS, loads.warehouse, app(fake), **options)
    [token] = fake.issued
    said = [replies_error(f"no {secret} here", "OOPS") for secret in (token, CLIENT_SECRET)]
    for fault in (*said, replies(401), replies(400, {"errors": token})):
        fake.fail(None, fault, fault, path=GRAPHQL)
        with pytest.raises(UserError) as told:
            sync(SHOPIFY, ORDERS, loads.warehouse, app(fake), **options)
        fake.faults.clear()
        loads.said.append(str(told.value))
    fake.fail(replies(400, {"error": CLIENT_SECRET}), path=GRANT)
    with pytest.raises(UserError) as told:
        sync(SHOPIFY, ORDERS, loads.warehouse, app(fake), **options)
    loads.said += [str(told.value), str(loads.query("select l::text from ops.loads as l"))]
    for secret in (CLIENT_SECRET, *fake.issued):
        assert secret not in caplog.text
        assert not [line for line in loads.said if secret in line]


def test_an_e_mail_and_telephones_land_as_the_same_pseudonyms_however_they_are_written(
    fake: FakeShopify, loads: Loads
) -> None:
    fake.create(email="Ana@Example.com", phone="+55 81 98888-0000")
    fake.create(email=" ana@example.com", phone="5581988880000", customer=None)
    loads.load()
    keys = "email_key, phone_key, billing_phone_key, shipping_phone_key"
    first, second = loads.query(f"select {keys} from landing.shopify__api_orders order by id")
    assert first == second
    assert [len(key) for key in first] == [32] * 4
    [(everything,)] = loads.query(
        "select string_agg(t::text, '') from landing.shopify__api_orders as t"
    )
    assert "98888" not in everything
    assert "99999" not in everything


def test_an_amount_that_is_no_number_sets_its_order_aside(fake: FakeShopify, loads: Loads) -> None:
    good, bad, worse = (fake.create() for _ in range(3))
    fake.change(bad, totalPriceSet=money("much"))
    fake.orders[worse]["lineItems"][0]["originalUnitPriceSet"] = money("1,50")
    loads.load()
    assert loads.landed(ORDERS).keys() == {str(good)}
    because = "select rejected_because from landing.shopify__rejected order by 1"
    assert loads.query(because) == [("line_items is not a number",), ("total is not a number",)]


# what an order is


def test_lists_within_an_order_are_read_to_their_ends(fake: FakeShopify) -> None:
    order = fake.create(lines=245)
    refund = fake.refund(order)
    [line] = refund["refundLineItems"]
    refund["refundLineItems"] = [line] * 115
    refund["transactions"] = [fake.transaction(f"0.{number}") for number in range(10, 22)]
    for _ in range(12):
        fake.refund(order)
    assert read(fake) == held(fake, ORDERS)
    [found] = read(fake).values()
    refunds = json.loads(found["refunds"])
    assert len(json.loads(found["line_items"])) == 245
    assert [len(refunds[0][name]) for name in ("line_items", "transactions")] == [115, 12]
    assert len(refunds) == 13


def test_goods_and_money_that_went_back_are_told_apart(fake: FakeShopify) -> None:
    """By Shopify goods may come back without money, and money may fail, or go without goods."""
    order = fake.create()
    fake.refund(order, amount=None)
    fake.refund(order, quantity=0, amount="4.20")
    fake.orders[order]["refunds"][1]["transactions"].append(fake.transaction("9.99", "FAILURE"))
    [found] = read(fake).values()
    goods, money_back = json.loads(found["refunds"])
    assert ([line["quantity"] for line in goods["line_items"]], goods["transactions"]) == ([1], [])
    assert money_back["line_items"] == []
    assert [
        (one["kind"], one["status"], one["amount"], one["processed_at"])
        for one in money_back["transactions"]
    ] == [
        ("REFUND", "SUCCESS", "4.20", "2026-01-01T00:00:00Z"),
        ("REFUND", "FAILURE", "9.99", "2026-01-01T00:00:00Z"),
    ]


def test_a_lines_discounts_are_its_allocations(fake: FakeShopify) -> None:
    """Its `totalDiscountSet` is 0.00 where an automatic discount gave 1.77."""
    order = fake.create()
    [line] = fake.orders[order]["lineItems"]
    line["discountAllocations"] = [
        {"allocatedAmountSet": money("1.77")},
        {"allocatedAmountSet": money("0.50")},
    ]
    [found] = read(fake).values()
    assert json.loads(found["line_items"])[0]["discount"] == "2.27"


def test_test_orders_and_cancelled_ones_are_kept_with_their_mark(fake: FakeShopify) -> None:
    a_test = fake.create(test=True)
    cancelled = fake.create(cancelledAt="2026-01-01T00:00:00Z", displayFinancialStatus="VOIDED")
    found = read(fake)
    assert found[str(a_test)]["test"] is True
    assert found[str(cancelled)]["cancelled_at"] is not None
    assert found[str(cancelled)]["financial_status"] == "VOIDED"


def test_of_a_person_nothing_is_asked_but_what_models_need(fake: FakeShopify) -> None:
    fake.create()
    text = str(read(fake)) + "".join(one.body["query"] for one in fake.asked(GRAPHQL))
    for word in ("Ana", "Rua A", "50000-000", "firstName", "lastName", "address1", "zip "):
        assert word not in text


# tokens


def test_an_apps_id_and_secret_give_a_token_for_its_questions(fake: FakeShopify) -> None:
    fake_shopify.fill(fake, 5)
    assert read(fake, app(fake)) == held(fake, ORDERS)
    [grant] = fake.asked(GRANT)
    assert grant.body["grant_type"] == "client_credentials"
    assert grant.query == {}
    assert len(fake.issued) == 1


def test_a_token_that_expires_amid_a_load_is_fetched_anew(fake: FakeShopify) -> None:
    fake.calls_a_token = 4
    fake_shopify.fill(fake, 30)
    assert read(fake, app(fake)) == held(fake, ORDERS)
    assert len(fake.issued) > 3


def test_a_token_that_is_refused_at_once_is_not_fetched_again_and_again(fake: FakeShopify) -> None:
    fake.calls_a_token = 0
    with pytest.raises(UserError, match="does not accept the token"):
        read(fake, app(fake))
    assert len(fake.asked(GRANT)) == 1


def test_a_lasting_token_is_the_password_without_a_login(fake: FakeShopify) -> None:
    fake.create()
    assert read(fake, connection(fake)) == held(fake, ORDERS)
    assert fake.asked(GRANT) == []


def test_a_lasting_token_that_was_withdrawn_is_told(fake: FakeShopify, loads: Loads) -> None:
    fake.revoke_token()
    with pytest.raises(UserError, match=r"shopify does not accept the token \(401\)"):
        loads.load()
    assert len(fake.requests) == 1


def test_a_wrong_secret_is_told_with_where_the_right_one_is(fake: FakeShopify) -> None:
    says = "gives no token for the client id and secret .*application_cannot_be_found"
    with pytest.raises(UserError, match=says) as told:
        read(fake, app(fake, "shpss_wrong"))
    assert "Dev Dashboard" in str(told.value)
    assert "shpss_wrong" not in str(told.value)


@pytest.mark.parametrize(("host", "password"), [(None, TOKEN), ("shop.myshopify.com", None)])
def test_a_connection_that_lacks_something_is_told(host: str | None, password: str | None) -> None:
    with pytest.raises(UserError, match=r"lacks the shop's domain .* or the app's client secret"):
        streams(SHOPIFY, Connection("http", host, None, CLIENT_ID, password, None), 0.001)


# what Shopify answers with status 200, and is no success


def test_throttled_is_waited_for_as_long_as_the_bucket_needs(
    fake: FakeShopify, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_shopify.fill(fake, 30)
    monkeypatch.setattr(shopify, "sleep", fake.wait)
    fake.bucket = 100.0
    assert read(fake, pause=1.0) == held(fake, ORDERS)
    asked = [request.body for request in fake.asked(GRAPHQL)]
    # each wait was long enough, and no longer: what was asked before it was answered after it
    again = [one for one, after in pairwise(asked) if one == after]
    assert len(again) == len(fake.waited) > 1
    assert fake.waited == [max(seconds, 1.0) for seconds in fake.seconds_short]


def test_a_bucket_that_never_fills_ends_the_load(
    fake: FakeShopify, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.create()
    monkeypatch.setattr(shopify, "sleep", fake.waited.append)
    fake.bucket = 10.0
    with pytest.raises(TryAgainError, match="asks to wait again and again"):
        read(fake)
    assert len(fake.waited) == 100


def test_a_question_that_is_too_dear_is_asked_for_fewer_orders(fake: FakeShopify) -> None:
    fake_shopify.fill(fake, 10)
    assert read(fake) == held(fake, ORDERS)
    assert [one["first"] for one in questions(fake)][:8] == [100, 50, 25, 12, 6, 3, 3, 3]


def test_trouble_of_shopifys_own_is_asked_again(fake: FakeShopify) -> None:
    fake_shopify.fill(fake, 5)
    trouble = replies_error("Internal error. Looks like something went wrong on our end.",
                            "INTERNAL_SERVER_ERROR")  # fmt: skip
    fake.fail(*[trouble] * (MANY - 1), path=GRAPHQL)
    assert read(fake) == held(fake, ORDERS)
    fake.fail(*[trouble] * MANY, path=GRAPHQL)
    with pytest.raises(TryAgainError, match="trouble of its own"):
        read(fake)


def test_a_scope_that_is_missing_is_told(fake: FakeShopify) -> None:
    fake.scopes.remove("read_orders")
    with pytest.raises(UserError, match=r"let the app read orders .*`read_orders` access scope"):
        read(fake)


def test_a_field_of_people_that_is_denied_is_told_and_can_be_left_out(fake: FakeShopify) -> None:
    order = fake.create()
    fake.denied.add("email")
    says = r"read email \(This app is not approved .*`without: \[email\]` in include/sources.yml"
    with pytest.raises(UserError, match=says):
        read(fake)
    [found] = read(fake, source=declared(without=["email"])).values()
    assert "email" not in found
    assert found["customer_id"] == fake.orders[order]["customer"]["id"].split("/")[-1]
    with pytest.raises(UserError, match="does without 'total', which is not to be left out"):
        read(fake, source=declared(without=["total"]))


def test_a_recorded_denial_is_told(fake: FakeShopify, shared_data: Callable[[str], Path]) -> None:
    content = json.loads(shared_data("platforms/shopify/nango/returns.test.json").read_text())
    [recorded] = content["api"]["post"].values()
    fake.fail(None, lambda *_: answer(200, recorded["response"]), path=GRAPHQL)
    with pytest.raises(
        UserError, match=r"read orders \(This app is not approved to access the Ord"
    ):
        read(fake)


def test_a_question_that_the_version_does_not_know_is_told(
    fake: FakeShopify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shopify, "ORDERS", shopify.ORDERS.replace("sourceName", "sourceNames"))
    with pytest.raises(
        UserError, match=r"refuses the question .*Field 'sourceNames' doesn't exist"
    ):
        read(fake)


def test_a_shop_or_a_version_that_there_is_not_is_told(fake: FakeShopify) -> None:
    with pytest.raises(UserError, match=r"knows nothing at 127.0.0.1/admin/api/2031-01/graphql"):
        read(fake, source=declared(version="2031-01"))
    fake.fail(replies(404), path=GRANT)
    with pytest.raises(UserError, match=r"own domain \(name\.myshopify\.com\)"):
        read(fake, app(fake))


def test_a_version_out_of_support_is_told(fake: FakeShopify) -> None:
    """Shopify answers as of another one, without a word in the answer."""
    fake.create()
    [stream] = streams(declared(version="2024-10"), connection(fake), 0.001)
    assert len(list(stream.resource)) == 1
    assert [*stream.told] == [
        "Shopify answers as of its version 2026-01, and no more as of 2024-10: declare a newer one"
        " in include/sources.yml"
    ]


# what goes wrong on the way


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([replies(429, {"errors": "Too many"})] * (MANY - 1), id="429"),
        pytest.param([replies(500), replies(502), replies(503)], id="5xx"),
        pytest.param([cut_short, None, broken_off, None, hung_up], id="cut short"),
        pytest.param([html], id="html"),
    ],
)
def test_what_passes_is_asked_again(fake: FakeShopify, faults: list[Fault | None]) -> None:
    fake_shopify.fill(fake, 12)
    fake.fail(*faults, path=GRAPHQL)
    assert read(fake) == held(fake, ORDERS)


def test_a_page_that_leads_to_itself_ends_the_load(fake: FakeShopify) -> None:
    fake_shopify.fill(fake, 30)
    fake.fail(*[None] * 8, sent_twice, path=GRAPHQL)
    with pytest.raises(TryAgainError, match="to the same page again"):
        read(fake)


@pytest.mark.parametrize("content", [None, [], {}, {"data": None}])
def test_an_answer_without_data_is_not_an_empty_shop(fake: FakeShopify, content: Any) -> None:
    fake.create()
    fake.fail(None, replies(200, content), path=GRAPHQL)
    with pytest.raises(TryAgainError, match="answers without data"):
        read(fake)


def test_an_order_that_is_deleted_while_its_lines_are_read_ends_the_load(fake: FakeShopify) -> None:
    order = fake.create(lines=45)

    def meanwhile(server: FakeCrm, request: Request) -> Answer:
        if "id" in request.body["variables"]:
            fake.orders.pop(order, None)
        return server.answer(request)

    fake.fail(*[meanwhile] * 20, path=GRAPHQL)
    with pytest.raises(TryAgainError, match="deleted meanwhile"):
        read(fake)


def test_orders_beyond_those_that_a_cursor_leads_to_are_read(
    fake: FakeShopify, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_shopify.fill(fake, 60)
    fake.deepest = 25
    with pytest.raises(UserError, match="Pagination is limited"):
        read(fake)
    monkeypatch.setattr(shopify, "MOST_BY_CURSOR", 20)
    monkeypatch.setattr(shopify, "A_PAGE", 3)
    assert read(fake) == held(fake, ORDERS)
