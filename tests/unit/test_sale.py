"""What a sale is that somebody may enter: each rule, by the field and the type of the error."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from include.sales_form.sale import Rules, Sale, checked_sale, rules_of
from include.settings import Settings

TODAY = date(2026, 11, 29)
RULES = Rules(today=TODAY, earliest_order_on=date(1990, 1, 1), sources=("demo_shop",))
FIELDS = {
    "source_name": "demo_shop",
    "sold_on": "2026-11-29",
    "customer_id": "C00001",
    "product_id": "P0001",
    "quantity": 2,
    "unit_price": "19,90",
}


def sale(**other: Any) -> Sale:
    return checked_sale({**FIELDS, **other}, RULES)


def wrong(**other: Any) -> list[tuple[tuple[int | str, ...], str]]:
    with pytest.raises(ValidationError) as told:
        sale(**other)
    return [(error["loc"], error["type"]) for error in told.value.errors()]


def test_a_sale_is_what_was_typed() -> None:
    assert sale(note="  by phone \n twice ", currency="brl", seller_id="  ").model_dump() == {
        "source_name": "demo_shop",
        "sold_on": TODAY,
        "customer_id": "C00001",
        "new_customer": None,
        "product_id": "P0001",
        "new_product": None,
        "quantity": 2,
        "unit_price": Decimal("19.90"),
        "currency": "BRL",
        "seller_id": None,
        "sales_channel": None,
        "note": "by phone \n twice",
    }


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1234.56", "1234.56"),
        ("1234,56", "1234.56"),
        (" 1234 ", "1234"),
        ("0,5", "0.5"),
        ("0", "0"),
        ("1.234.567,89", "1234567.89"),
        (19.9, "19.90"),
        (Decimal("9999999.99"), "9999999.99"),
        (7, "7"),
    ],
)
def test_an_amount_is_read_as_people_and_programs_write_it(typed: Any, amount: str) -> None:
    assert sale(unit_price=typed).unit_price == Decimal(amount)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("1.234", "money"),  # a thousand, or little more than one
        ("1,234", "money"),
        ("1.23,45", "money"),
        ("R$ 10", "money"),
        ("ten", "money"),
        ("", "money"),
        ("1e3", "money"),
        ("٣", "money"),
        (True, "money"),
        (0.125, "decimal_max_places"),
        (float("nan"), "finite_number"),
        ("-1", "greater_than_equal"),
        ("10000000", "decimal_whole_digits"),
        (None, "decimal_type"),
    ],
)
def test_what_may_be_another_amount_is_none(typed: Any, why: str) -> None:
    assert wrong(unit_price=typed) == [(("unit_price",), why)]


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("source_name", "olist", "unknown_shop"),
        ("sold_on", "2026-11-30", "future"),
        ("sold_on", "1989-12-31", "too_early"),
        ("sold_on", "29/11/2026", "day"),
        ("sold_on", 1_700_000_000, "day"),
        ("sold_on", datetime(2026, 11, 1), "day"),  # noqa: DTZ001
        ("sold_on", "2026-02-30", "date_from_datetime_parsing"),
        ("quantity", 0, "greater_than_equal"),
        ("quantity", 10_001, "less_than_equal"),
        ("quantity", "2", "int_type"),
        ("quantity", 1.0, "int_type"),
        ("quantity", True, "int_type"),
        ("currency", "R$", "string_pattern_mismatch"),
        ("customer_id", "x" * 201, "string_too_long"),
        ("seller_id", "S\x00", "unprintable"),
        ("note", "x" * 1001, "string_too_long"),
        ("note", "bell \x07", "unprintable"),
        ("discount", 5, "extra_forbidden"),
    ],
)
def test_each_rule_is_told_by_field_and_type(field: str, value: Any, why: str) -> None:
    assert wrong(**{field: value}) == [((field,), why)]


@pytest.mark.parametrize("field", ["source_name", "sold_on", "quantity", "unit_price"])
def test_what_a_sale_needs_is_missed(field: str) -> None:
    fields = {name: value for name, value in FIELDS.items() if name != field}
    with pytest.raises(ValidationError) as told:
        checked_sale(fields, RULES)
    assert [(error["loc"], error["type"]) for error in told.value.errors()] == [
        ((field,), "missing")
    ]


def test_a_sale_is_of_one_product_listed_or_new() -> None:
    assert sale(product_id=" ", new_product="Gift  card").new_product == "Gift card"
    assert wrong(product_id="") == [(("new_product",), "no_product")]
    assert wrong(new_product="Gift card") == [(("new_product",), "two_products")]


def test_its_customer_is_known_or_new_or_nobody() -> None:
    new = {"name": " Ana ", "state": ""}
    assert sale(customer_id="").customer_id is None
    made = sale(customer_id=None, new_customer=new).new_customer
    assert made is not None
    assert made.model_dump() == {"name": "Ana", "state": None}
    assert wrong(new_customer=new) == [(("new_customer",), "two_customers")]
    assert wrong(customer_id=None, new_customer={"name": ""}) == [
        (("new_customer", "name"), "string_too_short")
    ]


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert wrong(quantity=0, unit_price="-1", product_id=None, sold_on="soon") == [
        (("sold_on",), "day"),
        (("new_product",), "no_product"),
        (("quantity",), "greater_than_equal"),
        (("unit_price",), "greater_than_equal"),
    ]


@pytest.mark.parametrize(
    ("sources", "shops"),
    [
        (["demo_shop"], ("demo_shop",)),
        (["demo_shop", "sales_form", "erp"], ("demo_shop",)),
        (["sales_form"], ("sales_form",)),
    ],
)
def test_a_sale_belongs_to_a_shop_that_dbt_has_models_of(
    sources: list[str], shops: tuple[str, ...]
) -> None:
    assert rules_of(Settings(shop_sources=sources)).sources == shops
