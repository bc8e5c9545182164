"""Customers at risk: whom to write to today, and why; and what one of them did so far."""

from contextlib import closing
from uuid import uuid4

import streamlit as st

from include.contacts.note import Outcome, note_contact, noted_of
from include.dashboard import show
from include.dashboard.readers import Rows
from include.dashboard.show import Column, Figure, Kind
from include.dashboard.visit import Visit
from include.report.customers import suggestion
from include.warehouse.connection import find_warehouse

_CUSTOMERS = """
    select
        risks.customer_key::text as customer_key,
        risks.customer_id,
        risks.state,
        rfm.rfm_segment,
        risks.probability_alive,
        risks.days_overdue,
        risks.value_at_stake,
        risks.revenue,
        risks.valid_orders,
        risks.last_order_on,
        risks.last_product_name,
        risks.suggested_reason,
        risks.cancellation_reason
    from {marts}.customers_at_risk as risks
    left join {marts}.customer_rfm as rfm on rfm.customer_key = risks.customer_key
    order by risks.risk_rank
"""
_ONE = """
    select status, valid_orders, revenue, first_order_on, last_order_on, rhythm_days, churned_on
    from {marts}.customer_churn
    where customer_key = %(customer)s
"""
_ORDERS = """
    select ordered_on, order_id, revenue, quantity, sales_channel, is_cancelled, is_returned
    from {marts}.fct_orders
    where customer_key = %(customer)s
    order by ordered_at desc
    limit 200
"""
_SPELLS = """
    select spell_type, began_on, ended_on, ended_by
    from {marts}.customer_spells
    where customer_key = %(customer)s and spell_type = 'active'
    order by began_on desc
"""
COLUMNS = (
    Column("customer", "list_customer"),
    Column("name", "list_name"),
    Column("suggestion", "list_suggestion"),
    Column("value_at_stake", "list_value_at_stake", Kind.MONEY),
    Column("probability_alive", "probability_alive", Kind.RATE),
    Column("days_overdue", "list_overdue", Kind.COUNT),
    Column("last_order_on", "list_last_order", Kind.DAY),
    Column("last_product_name", "list_last_product"),
    Column("revenue", "list_revenue", Kind.MONEY),
    Column("state", "list_state"),
    Column("segment", "segment"),
)
ORDER_COLUMNS = (
    Column("ordered_on", "ordered_on", Kind.DAY),
    Column("order_id", "order"),
    Column("revenue", "revenue", Kind.MONEY),
    Column("quantity", "quantity", Kind.NUMBER),
    Column("sales_channel", "channel"),
    Column("outcome", "outcome"),
)


def page(visit: Visit) -> None:
    """Show the page."""
    words = visit.words
    show.head(visit, "at_risk")
    customers = _worded(visit, visit.rows(_CUSTOMERS))
    if not customers:
        show.nothing(visit, "nobody_at_risk")
        return
    shown = _filtered(visit, customers)
    at_stake = sum(row["value_at_stake"] or 0 for row in shown)
    show.figures(
        [
            Figure(words.text("page_at_risk"), words.count(len(shown))),
            Figure(words.text("list_value_at_stake"), visit.money(at_stake)),
        ]
    )
    st.caption(words.text("at_risk_means"))
    columns = [c for c in COLUMNS if any(row[c.key] not in (None, "") for row in shown)]
    chosen = show.table(visit, shown, columns, words.text("list_file"), key="customer")
    if chosen is None:
        st.caption(words.text("choose_customer"))
    else:
        _history(visit, shown[chosen])


def _worded(visit: Visit, customers: Rows) -> Rows:
    people = visit.people(row["customer_key"] for row in customers)
    segment = {row["rfm_segment"] for row in customers if row["rfm_segment"]}
    names = {one: visit.words.text(f"rfm_{one}") for one in segment}
    return [
        {
            **row,
            "customer": visit.customer_id(row["customer_id"]),
            "name": " · ".join(filter(None, people.get(row["customer_key"], ()))),
            "segment": names.get(row["rfm_segment"], ""),
            "reason": visit.words.text(f"suggest_{row['suggested_reason']}"),
            "suggestion": suggestion(
                row["suggested_reason"], row["cancellation_reason"], visit.words
            ),
        }
        for row in customers
    ]


def _filtered(visit: Visit, customers: Rows) -> Rows:
    words = visit.words
    kept = customers
    searching, *others = st.columns(4)
    with searching:
        text = st.text_input(words.text("search"), key="q", bind="query-params", live=True) or ""
    for column, label, key, word in (
        (others[0], "list_state", "state", "state"),
        (others[1], "segment", "rfm_segment", "segment"),
        (others[2], "list_suggestion", "suggested_reason", "reason"),
    ):
        options = {row[key]: row[word] for row in customers if row[key]}
        if len(options) > 1:
            with column:
                chosen = show.choose_some(visit, key, label, dict(sorted(options.items())))
            kept = [row for row in kept if not chosen or row[key] in chosen]
    sought = text.casefold()
    return [row for row in kept if sought in f"{row['customer']} {row['name']}".casefold()]


def _history(visit: Visit, customer: dict) -> None:  # type: ignore[type-arg]
    words, key = visit.words, customer["customer_key"]
    one = visit.row(_ONE, customer=key)
    st.subheader(customer["name"] or customer["customer"], anchor=False)
    show.figures(
        [
            Figure(words.text("status"), words.text(f"status_{one['status']}")),
            Figure(words.text("all_orders"), words.count(one["valid_orders"])),
            Figure(words.text("list_revenue"), visit.money(one["revenue"])),
            Figure(words.text("list_rhythm"), words.count(one["rhythm_days"])),
        ]
    )
    if visit.visitor.may_edit:
        _contact(visit, key)
    for spell in visit.rows(_SPELLS, customer=key):
        until = words.day(spell["ended_on"]) if spell["ended_on"] else words.text("until_now")
        st.caption(words.text("spell", since=words.day(spell["began_on"]), until=until))
    orders = [{**row, "outcome": _outcome(visit, row)} for row in visit.rows(_ORDERS, customer=key)]
    show.table(visit, orders, ORDER_COLUMNS, "orders")


def _contact(visit: Visit, customer_key: str) -> None:
    """What was done about the customer, and buttons that note it, once a press."""
    words, listed_on = visit.words, visit.build.as_of_on
    with closing(find_warehouse().connect()) as connection:
        noted = noted_of(connection, listed_on).get(customer_key)
    offered = [Outcome.UNDONE] if noted else [one for one in Outcome if one is not Outcome.UNDONE]
    if noted:
        st.success(words.text(f"contact_{noted}"))
    for column, outcome in zip(st.columns(4), offered, strict=False):
        column.button(
            words.text(f"contact_{outcome}"),
            key=f"contact_{outcome}_{customer_key}",
            on_click=_note,
            args=[visit, customer_key, outcome, uuid4().hex],
        )


def _note(visit: Visit, customer_key: str, outcome: Outcome, tap: str) -> None:
    with closing(find_warehouse().connect()) as connection:
        note_contact(
            connection,
            listed_on=visit.build.as_of_on,
            customer_key=customer_key,
            outcome=outcome,
            by=visit.visitor.name or visit.words.text("form_this_machine"),
            through="dashboard",
            tap=tap,
        )


def _outcome(visit: Visit, order: dict) -> str:  # type: ignore[type-arg]
    if order["is_cancelled"]:
        return visit.words.text("order_cancelled")
    return visit.words.text("order_returned") if order["is_returned"] else ""
