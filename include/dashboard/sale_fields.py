"""The fields of a sale, as the form and a correction have them, and what is wrong with each.

A field that is not drawn forgets what was typed, so they are drawn also while Postgres is away:
with the choices that were there before.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any, TypeVar

import streamlit as st
from pydantic import ValidationError

from include.dashboard.visit import Visit
from include.errors import TryAgainError
from include.report.text import masked
from include.sales_form.choices import MOST, Choice, Choices, choices, customers
from include.sales_form.entries import Entry
from include.sales_form.sale import Rules, Sale, checked_sale
from include.settings import DEMO_SHOP, PersonalData
from include.warehouse.connection import Warehouse

Known = TypeVar("Known")


@dataclass
class Fields:
    """What is typed into a form, and a slot below each field for what is wrong with it."""

    typed: dict[str, Any] = field(default_factory=dict)
    slots: dict[str, Any] = field(default_factory=dict)

    def slot(self, *names: str) -> None:
        """Make room below the field just drawn."""
        self.slots |= dict.fromkeys(names, st.empty())


def or_as_before(key: str, ask: Callable[[], Known]) -> Known:
    """What is answered, or was before, where Postgres is away now."""
    try:
        st.session_state[key] = ask()
    except TryAgainError:
        if key not in st.session_state:
            raise
    known: Known = st.session_state[key]
    return known


def offered(visit: Visit, warehouse: Warehouse, shop: str) -> Choices:
    """What the shop has to choose from."""
    number = st.session_state["sale_number"]

    def ask() -> Choices:
        found: Choices = _choices(warehouse, shop, visit.build.run, number)
        return found

    return or_as_before(f"sale_offered_{shop}", ask)


@st.cache_data(ttl="5m", max_entries=20, show_spinner=False)
def _choices(_warehouse: Warehouse, shop: str, run: str, number: int) -> Choices:
    return choices(_warehouse, shop)


def customer(
    visit: Visit,
    warehouse: Warehouse,
    offered: Choices,
    fields: Fields,
    key: str,
    seen: Entry | None = None,
) -> None:
    """Who bought; outside of the form, as a search is answered while the rest is not yet sent."""
    words = visit.words
    options = ["known", "new", "nobody"] if seen is None else ["as_it_is", "known", "new", "nobody"]
    who = st.segmented_control(
        words.text("form_customer"),
        options,
        default=options[0],
        format_func=lambda option: words.text(f"form_customer_{option}"),
        key=f"{key}_who",
        required=True,
    )
    if who == "as_it_is" and seen is not None:
        fields.typed |= _customer_of(seen)
        fields.slot("customer_id", "new_customer")
    elif who == "known":
        left, right = st.columns(2)
        text = left.text_input(words.text("form_search"), key=f"{key}_search")
        found = _found(warehouse, fields.typed["source_name"], text.strip())
        names = {one.id: customer_name(visit, one.id, one.name) for one in found}
        with right:
            fields.typed["customer_id"] = st.selectbox(
                words.text("form_customer_found"),
                list(names),
                index=0 if len(names) == 1 else None,
                format_func=lambda one: names.get(one, one),
                key=f"{key}_customer_{text}",  # another one for each search
                placeholder=words.text("form_search_first" if not text.strip() else "form_choose"),
                help=words.text("form_most", count=str(MOST)),
            )
            fields.slot("customer_id")
            if not fields.typed["customer_id"]:
                fields.typed["customer_id"] = NOBODY_CHOSEN
    elif who == "new":
        left, right = st.columns(2)
        with left:
            name = st.text_input(words.text("form_name"), key=f"{key}_name")
            fields.slot("new_customer", "customer_id")
        with right:
            state = st.selectbox(
                words.text("list_state"),
                offered.states,
                index=None,
                accept_new_options=True,
                key=f"{key}_state",
                placeholder=words.text("form_choose"),
            )
        fields.typed["new_customer"] = {"name": name, "state": state}


NOBODY_CHOSEN = "\x00"
"""No customer's id: who says that the shop knows the customer has to say who it is."""


def _found(warehouse: Warehouse, shop: str, text: str) -> list[Choice]:
    if not text:
        return []
    return or_as_before(f"sale_found_{shop}_{text}", lambda: customers(warehouse, shop, text))


def sale(
    visit: Visit,
    rules: Rules,
    offered: Choices,
    fields: Fields,
    key: str,
    seen: Entry | None = None,
) -> None:
    """The rest of the fields; a row of columns each, or a phone would show the left ones first."""
    words, typed = visit.words, fields.typed
    left, right = st.columns(2)
    with left:
        typed["sold_on"] = st.date_input(
            words.text("form_day"),
            seen.sold_on if seen else _usual_day(visit, rules),
            min_value=rules.earliest_order_on,
            max_value=rules.today,
            format="DD/MM/YYYY" if words.lang == "pt_BR" else "YYYY-MM-DD",
            key=f"{key}_day",
        )
        fields.slot("sold_on")
    with right:
        products = {one.id: one.name for one in offered.products}
        product = st.selectbox(
            words.text("form_product"),
            list(products),
            index=list(products).index(seen.product_id)
            if seen and seen.product_id in products
            else None,
            format_func=lambda one: products.get(one, one),
            accept_new_options=True,
            key=f"{key}_product",
            placeholder=words.text("form_choose_or_type"),
        )
        typed |= product_of(products, product)
        fields.slot("new_product", "product_id")
    left, right = st.columns(2)
    with left:
        typed["quantity"] = st.number_input(
            words.text("quantity"), 1, 10_000, seen.quantity if seen else 1, key=f"{key}_quantity"
        )
        fields.slot("quantity")
    with right:
        currency = (seen and seen.currency) or offered.currency
        price = words.text("form_price")
        typed["unit_price"] = st.text_input(
            f"{price} ({currency})" if currency else price,
            str(seen.unit_price) if seen else "",
            placeholder="19,90" if words.lang == "pt_BR" else "19.90",
            key=f"{key}_price",
        )
        fields.slot("unit_price")
        typed["currency"] = currency
    left, right = st.columns(2)
    for column, name, label, options in (
        (left, "seller_id", "form_seller", offered.sellers),
        (right, "sales_channel", "channel", offered.channels),
    ):
        with column:
            names = {one.id: one.name for one in options}
            before = getattr(seen, name) if seen else st.session_state.get(f"sale_last_{name}")
            typed[name] = st.selectbox(
                words.text(label),
                list(names),
                index=list(names).index(before) if before in names else None,
                format_func=partial(_called, names),
                accept_new_options=True,
                key=f"{key}_{name}",
                placeholder=words.text("form_choose_or_type"),
            )
            fields.slot(name)
    if currency is None:
        typed["currency"] = st.text_input(
            words.text("form_currency"), placeholder="BRL", key=f"{key}_currency"
        )
        fields.slot("currency")
    typed["note"] = st.text_area(
        words.text("form_note"), (seen and seen.note) or "", height=68, key=f"{key}_note"
    )
    fields.slot("note")


def checked(visit: Visit, rules: Rules, fields: Fields) -> Sale | None:
    """The sale that was typed; what is wrong with it is told below its fields."""
    words, wrong = visit.words, {}
    if fields.typed.get("customer_id") == NOBODY_CHOSEN:
        wrong["customer_id"] = words.text("form_error_nobody_chosen")
        fields.typed["customer_id"] = None
    sale = None
    try:
        sale = checked_sale(fields.typed, rules)
    except ValidationError as error:
        for one in error.errors():
            place = str(one["loc"][0])
            wrong.setdefault(place, _error(visit, str(one["type"]), one.get("ctx", {})))
    for name, text in wrong.items():
        fields.slots.get(name, st.empty()).error(text)
    if wrong:
        st.error(words.plural("form_wrong", len(wrong)))
        return None
    return sale


def _error(visit: Visit, kind: str, context: dict[str, Any]) -> str:
    """The words for a type of Pydantic's errors."""
    day = context.get("day")
    given = {"day": visit.words.day(day)} if isinstance(day, date) else {}
    return visit.words.text(f"form_error_{ERRORS.get(kind, 'other')}", **given)


ERRORS = {
    **{kind: kind for kind in ("day", "future", "too_early", "unknown_shop", "unprintable")},
    "date_from_datetime_parsing": "day",
    "date_parsing": "day",
    **{kind: kind for kind in ("money", "no_product", "two_products", "two_customers")},
    "decimal_type": "money",
    "decimal_parsing": "money",
    "decimal_max_digits": "amount",
    "decimal_max_places": "amount",
    "decimal_whole_digits": "amount",
    "finite_number": "money",
    "greater_than_equal": "amount",
    "less_than_equal": "amount",
    "int_type": "quantity",
    "string_too_long": "too_long",
    "string_too_short": "missing",
    "string_type": "missing",
    "missing": "missing",
    "string_pattern_mismatch": "currency",
}
"""Pydantic's types of errors, and what they are called in the words of the page."""


def _usual_day(visit: Visit, rules: Rules) -> date:
    """Today; the demo shop's calendar ends with the day before its report."""
    if rules.sources == (DEMO_SHOP,):
        return min(rules.today, visit.build.as_of_on - timedelta(days=1))
    return rules.today


def _called(names: dict[str, str], one: str) -> str:
    return names.get(one, one)


def customer_name(visit: Visit, customer_id: str | None, name: str) -> str:
    """As far as this visitor may know who it is."""
    if customer_id is None:
        return ""
    match visit.visitor.personal_data:
        case PersonalData.FULL:
            return name or customer_id
        case PersonalData.MASKED:
            return " · ".join(filter(None, (masked(name), visit.customer_id(customer_id))))
    return visit.customer_id(customer_id)


def _customer_of(seen: Entry) -> dict[str, Any]:
    if seen.customer_name:
        return {"new_customer": {"name": seen.customer_name, "state": seen.customer_state}}
    return {"customer_id": seen.customer_id}


def product_of(products: dict[str, str], product: str | None) -> dict[str, str | None]:
    """A product that is chosen, or typed: then a listed one of that name, or a new one."""
    if product is None or product in products:
        return {"product_id": product}
    listed = [one for one, name in products.items() if name.lower() == product.strip().lower()]
    return {"product_id": listed[0]} if listed else {"new_product": product}


def product_name(offered: Choices, typed: Sale) -> str:
    names = {one.id: one.name for one in offered.products}
    return typed.new_product or names.get(typed.product_id or "", typed.product_id or "")
