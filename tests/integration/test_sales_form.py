"""Sales are recorded once, never changed, and what stands in the way is told in one sentence."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg2
import pytest
from psycopg2 import errors

from include.errors import UserError
from include.sales_form import entries
from include.sales_form.choices import Choice, choices, customers, product_name, unknown
from include.sales_form.entries import (
    ChangedMeanwhileError,
    NothingRecordedError,
    PerhapsRecordedError,
    Recorded,
    RecordedOtherwiseError,
    as_form,
    correct,
    enter,
    last_entries,
    same_looking,
    void,
)
from include.sales_form.role import make_form_role
from include.sales_form.sale import Rules, Sale, checked_sale
from include.warehouse import embedded
from include.warehouse.connection import Warehouse
from tests.support.warehouses import new_warehouse

RULES = Rules(date(2026, 11, 29), date(1990, 1, 1), ("demo_shop", "olist"))


def sale(**other: Any) -> Sale:
    fields = {
        "source_name": "demo_shop",
        "sold_on": "2026-11-10",
        "customer_id": "C00001",
        "product_id": "P0001",
        "quantity": 2,
        "unit_price": "19,90",
    }
    return checked_sale({**fields, **other}, RULES)


@pytest.fixture(scope="module")
def kept(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse in which sales may be entered."""
    warehouse = new_warehouse(postgres, "sales_form_kept", tmp_path_factory.mktemp("kept"))
    make_form_role(warehouse)
    warehouse.execute("create schema ops; create table ops.refresh_tokens (id integer)")
    return warehouse


@pytest.fixture
def shop(kept: Warehouse) -> Warehouse:
    """The same, in which nobody has entered anything yet."""
    query(kept, "truncate landing.sales_form__entries")
    return kept


def entered(shop: Warehouse, **other: Any) -> Recorded:
    return enter(shop, uuid4(), sale(**other), "Mug", "ana")


def query(shop: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    with (
        closing(psycopg2.connect(shop.url)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


# --- one submission is one row


def test_what_is_sent_by_fifty_at_once_is_recorded_once(shop: Warehouse) -> None:
    entry_id, one = uuid4(), sale()
    with ThreadPoolExecutor(50) as threads:
        told = list(threads.map(lambda _: enter(shop, entry_id, one, "Mug", "ana"), range(50)))
    assert sorted(one.was_there for one in told) == [False] + [True] * 49
    assert {one.entry.entry_id for one in told} == {entry_id}
    assert query(shop, "select count(*) from landing.sales_form__entries") == [(1,)]


def test_the_same_submission_with_another_quantity_is_not_taken_for_recorded(
    shop: Warehouse,
) -> None:
    entry_id = uuid4()
    enter(shop, entry_id, sale(), "Mug", "ana")
    with pytest.raises(RecordedOtherwiseError, match="with other values") as told:
        enter(shop, entry_id, sale(quantity=3), "Mug", "ana")
    assert told.value.entry.quantity == 2


def test_a_sale_that_looks_the_same_is_found_and_not_refused(shop: Warehouse) -> None:
    first = entered(shop).entry
    assert [one.sale_id for one in same_looking(shop, sale(), "Mug")] == [first.sale_id]
    assert same_looking(shop, sale(), "Mug", but=first.sale_id) == []
    assert same_looking(shop, sale(quantity=3), "Mug") == []
    assert same_looking(shop, sale(customer_id="C00002"), "Mug") == []
    void(shop, uuid4(), first, "typed twice", "ana")
    assert same_looking(shop, sale(), "Mug") == []


def test_a_new_customer_of_the_same_name_looks_the_same(shop: Warehouse) -> None:
    first = entered(shop, customer_id=None, new_customer={"name": "Ana Souza"}).entry
    again = sale(customer_id=None, new_customer={"name": "ana souza", "state": "SP"})
    assert [one.sale_id for one in same_looking(shop, again, "Mug")] == [first.sale_id]


# --- corrections


def test_the_last_entry_of_each_sale_is_listed_the_latest_first(shop: Warehouse) -> None:
    first, second = entered(shop).entry, entered(shop, quantity=7).entry
    corrected = correct(shop, uuid4(), first, sale(quantity=5), "Mug", "miscounted", "bia").entry
    assert last_entries(shop) == [corrected, second]
    assert (corrected.version, corrected.action, corrected.reason) == (2, "corrected", "miscounted")
    assert (corrected.entered_by, corrected.quantity) == ("bia", 5)
    voided = void(shop, uuid4(), corrected, "was a gift", "ana").entry
    assert last_entries(shop, limit=1) == [voided]
    assert voided == replace(
        corrected,
        entry_id=voided.entry_id,
        version=3,
        action="voided",
        reason="was a gift",
        entered_by="ana",
        entered_at=voided.entered_at,
    )


def test_of_two_who_correct_a_sale_the_second_is_told_who_was_first(shop: Warehouse) -> None:
    seen = entered(shop).entry

    def correct_to(quantity: int) -> str:
        try:
            correct(
                shop, uuid4(), seen, sale(quantity=quantity), "Mug", "recount", f"no {quantity}"
            )
        except ChangedMeanwhileError as error:
            return str(error)
        return f"no {quantity}"

    with ThreadPoolExecutor(2) as threads:
        first, told = sorted(threads.map(correct_to, (3, 4)), key=len)
    assert told.startswith(f"The sale was corrected meanwhile by {first}, 20")
    assert query(shop, "select count(*) from landing.sales_form__entries") == [(2,)]


def test_a_correction_that_is_sent_twice_is_one(shop: Warehouse) -> None:
    seen, entry_id = entered(shop).entry, uuid4()
    made = [correct(shop, entry_id, seen, sale(quantity=3), "Mug", "x", "bia") for _ in range(2)]
    assert [one.was_there for one in made] == [False, True]


def test_nobody_corrects_what_is_void(shop: Warehouse) -> None:
    voided = void(shop, uuid4(), entered(shop).entry, "a mistake", "bia").entry
    with pytest.raises(ChangedMeanwhileError, match="voided meanwhile by bia"):
        correct(shop, uuid4(), voided, sale(), "Mug", "but it was one", "ana")


# --- what the database itself holds


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("version", 0),
        ("version", 2),
        ("action", "deleted"),
        ("source_name", "Demo shop"),
        ("sold_on", "infinity"),
        ("sold_on", "2199-01-01"),
        ("customer_id", ""),
        ("product_id", None),
        ("quantity", 0),
        ("quantity", 10_001),
        ("unit_price", -1),
        ("unit_price", "NaN"),
        ("currency", "R$"),
        ("reason", "of an entry"),
        ("entered_by", ""),
        ("sale_id", str(UUID(int=1))),
    ],
)
def test_the_table_repeats_the_rules(kept: Warehouse, column: str, value: Any) -> None:
    row = {
        "entry_id": str(UUID(int=7)),
        "sale_id": str(UUID(int=7)),
        "version": 1,
        "action": "entered",
        "source_name": "demo_shop",
        "sold_on": "2026-01-01",
        "product_id": "P0001",
        "product_name": "Mug",
        "quantity": 1,
        "unit_price": 1,
        "entered_by": "ana",
        column: value,
    }
    values = ", ".join(f"%({name})s" for name in row)
    with pytest.raises((errors.CheckViolation, errors.NotNullViolation)), as_form(kept) as cursor:
        cursor.execute(
            f"insert into landing.sales_form__entries ({', '.join(row)}) values ({values})", row
        )


@pytest.mark.parametrize(
    "statement",
    [
        "delete from landing.sales_form__entries",
        "update landing.sales_form__entries set quantity = 1",
        "truncate landing.sales_form__entries",
        "drop table landing.sales_form__entries",
        "create table landing.other (id integer)",
        "select * from ops.refresh_tokens",
    ],
)
def test_the_role_adds_entries_and_changes_nothing(kept: Warehouse, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege), as_form(kept) as cursor:
        cursor.execute(statement)


def test_the_role_is_made_by_several_at_once(warehouse: Warehouse) -> None:
    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(make_form_role, [warehouse] * 4)) == {"shop_form"}
    assert entered(warehouse).entry.version == 1


# --- what there is to choose from


def test_before_the_marts_are_built_what_was_entered_is_offered(shop: Warehouse) -> None:
    entered(shop, currency="BRL", sales_channel="counter", seller_id="S01")
    new = entered(shop, product_id=None, new_product="Gift card", customer_id=None)
    assert new.entry.product_id == "form:gift card"
    offered = choices(shop, "demo_shop")
    assert offered.products == (Choice("form:gift card", "Gift card"), Choice("P0001", "Mug"))
    assert offered.sellers == (Choice("S01", "S01"),)
    assert offered.channels == (Choice("counter", "counter"),)
    assert (offered.states, offered.currency) == ((), "BRL")
    assert choices(shop, "olist").products == ()


def test_a_new_customer_is_found_for_the_next_sale(shop: Warehouse) -> None:
    made = entered(shop, customer_id=None, new_customer={"name": "Ana 100%", "state": "SP"}).entry
    assert made.customer_id == f"form:{made.sale_id}"
    assert customers(shop, "demo_shop", "a 100%") == [Choice(made.customer_id, "Ana 100%")]
    assert customers(shop, "demo_shop", "%%") == []
    assert customers(shop, "olist", "ana") == []
    assert unknown(shop, sale(customer_id=made.customer_id, product_id="P0001")) == []
    assert unknown(shop, sale(customer_id="nobody", product_id="P9")) == [
        "customer_id",
        "product_id",
    ]
    assert product_name(shop, sale()) == "Mug"


def test_who_made_the_roles_in_the_other_order_is_told(shop: Warehouse) -> None:
    query(shop, "create schema marts; create table marts.dim_products ()")
    with pytest.raises(UserError, match="reader --personal"):
        choices(shop, "demo_shop")
    query(shop, "drop schema marts cascade")


# --- Postgres is away


@pytest.fixture
def mortal(home: Path) -> Iterator[Warehouse]:
    """A warehouse in a server that tests stop."""
    embedded.start(home)
    warehouse = Warehouse(embedded.url(home=home))
    make_form_role(warehouse)
    query(warehouse, "truncate landing.sales_form__entries")
    yield warehouse
    embedded.start(home)


def test_while_postgres_is_away_nothing_is_claimed(mortal: Warehouse, home: Path) -> None:
    embedded.stop(home)
    for work in (lambda: entered(mortal), lambda: last_entries(mortal)):
        with pytest.raises(NothingRecordedError, match="nothing was recorded"):
            work()
    embedded.start(home, port=int(mortal.url.rsplit(":", 1)[1].split("/")[0]))
    assert entered(mortal).was_there is False


def test_when_postgres_goes_before_it_answers_sending_again_records_once(
    mortal: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry_id, one = uuid4(), sale()
    whole = entries._entries

    def die_after_the_row_is_there(cursor: Any) -> Any:
        found = whole(cursor)
        with suppress(psycopg2.Error):
            query(
                mortal,
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where query like 'insert into%sales_form%' and pid <> pg_backend_pid()",
            )
        return found

    with monkeypatch.context() as patch:
        patch.setattr(entries, "_entries", die_after_the_row_is_there)
        with pytest.raises(PerhapsRecordedError, match="recorded only once"):
            enter(mortal, entry_id, one, "Mug", "ana")
    assert enter(mortal, entry_id, one, "Mug", "ana").was_there is False
    assert enter(mortal, entry_id, one, "Mug", "ana").was_there is True
