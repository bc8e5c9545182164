"""Enter a sale: the form, what was entered last, corrections and voidings. For editors.

What is typed stays where it is until it is recorded, whatever is wrong with it and while Postgres
is away. What a sale is, and where it is kept, is `include/sales_form`'s.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import streamlit as st

from include.dashboard import sale_fields, show
from include.dashboard.sale_fields import Fields
from include.dashboard.show import Column, Kind
from include.dashboard.visit import Visit
from include.errors import UserError
from include.sales_form.entries import (
    ChangedMeanwhileError,
    Entry,
    NothingRecordedError,
    PerhapsRecordedError,
    Recorded,
    RecordedOtherwiseError,
    correct,
    enter,
    last_entries,
    same_looking,
    void,
)
from include.sales_form.role import form_warehouse
from include.sales_form.sale import Rules, rules_of
from include.settings import DEMO_SHOP
from include.warehouse.connection import Warehouse

WORDED: dict[type[UserError], str] = {
    NothingRecordedError: "form_away",
    PerhapsRecordedError: "form_perhaps",
}
"""The errors that have words of their own; what an administrator has to mend is told as it is."""
COLUMNS = (
    Column("sold_on", "form_day", Kind.DAY),
    Column("product_name", "form_product"),
    Column("quantity", "quantity", Kind.COUNT),
    Column("amount", "form_amount", Kind.MONEY),
    Column("customer", "form_customer"),
    Column("state_of_it", "form_state_of_it"),
    Column("entered_by", "form_by"),
    Column("entered_at", "form_at"),
    Column("reason", "form_reason"),
)


def page(visit: Visit) -> None:
    """Show the page."""
    words = visit.words
    st.title(words.text("page_enter_a_sale"), anchor=False)
    if not visit.visitor.may_edit:
        st.info(words.text("form_editors_only"))
        return
    st.caption(words.text("form_only_others"))
    _tell_what_was_done(visit)
    try:
        rules = rules_of(visit.settings)
        warehouse = sale_fields.or_as_before("sale_warehouse", form_warehouse)
        shop = _shop(visit, rules)
        _new_sale(visit, rules, warehouse, shop)
        _last(visit, rules, warehouse)
    except UserError as error:
        st.error(_worded(visit, error))


def _shop(visit: Visit, rules: Rules) -> str:
    if len(rules.sources) == 1:
        return rules.sources[0]
    return st.selectbox(visit.words.text("form_shop"), rules.sources, key="sale_shop")


def _new_sale(visit: Visit, rules: Rules, warehouse: Warehouse, shop: str) -> None:
    """The form; it is another one, and empty, once its sale is recorded."""
    number = st.session_state.setdefault("sale_number", 0)
    key = f"sale_{number}"
    entry_id: UUID = st.session_state.setdefault(f"{key}_id", uuid4())
    offered = sale_fields.offered(visit, warehouse, shop)
    fields = Fields({"source_name": shop})
    with st.container():  # so that the form keeps its place, and what is in it, when this grows
        sale_fields.customer(visit, warehouse, offered, fields, key)
    with st.form(f"{key}_form", enter_to_submit=False, border=False):
        sale_fields.sale(visit, rules, offered, fields, key)
        is_sent = st.form_submit_button(visit.words.text("form_enter"))
        below = st.container()
    if not is_sent:
        return
    with below:
        sale = sale_fields.checked(visit, rules, fields)
        if sale is None:
            return
        name = sale_fields.product_name(offered, sale)
        try:
            # asked once: who sends it again means it
            asked = st.session_state.get(f"{key}_asked") == sale
            if not asked and (alike := same_looking(warehouse, sale, name, but=entry_id)):
                st.session_state[f"{key}_asked"] = sale
                st.warning(_told(visit, "form_same", alike[0]))
                return
            _done(enter(warehouse, entry_id, sale, name, _by(visit)))
        except RecordedOtherwiseError as error:
            _done(error)
        except UserError as error:
            st.error(_worded(visit, error))


def _last(visit: Visit, rules: Rules, warehouse: Warehouse) -> None:
    """What was entered last; a chosen one may be corrected or voided."""
    words = visit.words
    entries = sale_fields.or_as_before("sale_last_entries", lambda: last_entries(warehouse))
    if not entries:
        return
    st.subheader(words.text("form_last"), anchor=False)
    rows = [_as_row(visit, entry) for entry in entries]
    columns = [c for c in COLUMNS if any(row[c.key] for row in rows)]
    show.table(visit, rows, columns, "sales")
    sales = {
        str(entry.entry_id): entry
        for entry in entries
        if entry.action != "voided" and entry.source_name in rules.sources
    }
    # no row of the table, which a keyboard does not reach
    chosen = st.selectbox(
        words.text("form_choose_sale"),
        list(sales),
        index=None,
        format_func=lambda one: f"{_in_short(visit, sales[one])} · {_at(visit, sales[one])}",
        key=f"sale_{st.session_state['sale_number']}_chosen",
        placeholder=words.text("form_choose"),
    )
    if chosen is not None:
        for column, change in zip(st.columns((1, 1, 4)), ("correct", "void"), strict=False):
            column.button(
                words.text(f"form_{change}"),
                key=f"sale_{change}",
                on_click=_open,
                args=((change, sales[chosen]),),
                width="stretch",
            )
    if opened := st.session_state.get("sale_opened"):
        change, seen = opened
        _ask(visit, warehouse, seen, rules if change == "correct" else None)


def _open(what: tuple[str, Entry] | None = None) -> None:
    """Open a dialog, or none."""
    st.session_state["sale_opened"] = what


def _ask(visit: Visit, warehouse: Warehouse, seen: Entry, rules: Rules | None) -> None:
    """Open the dialog that corrects a sale, or voids it where no rules are given."""
    title = visit.words.text("form_void" if rules is None else "form_correct")

    @st.dialog(title, width="large", on_dismiss=_open)
    def dialog() -> None:
        key = f"change_{seen.entry_id}_{'void' if rules is None else 'correct'}"
        entry_id: UUID = st.session_state.setdefault(f"{key}_id", uuid4())
        st.markdown(show.escaped(_in_short(visit, seen)))
        fields = Fields({"source_name": seen.source_name})
        offered = None
        if rules is not None:
            offered = sale_fields.offered(visit, warehouse, seen.source_name)
            sale_fields.customer(visit, warehouse, offered, fields, key, seen)
        with st.form(f"{key}_form", enter_to_submit=False, border=False):
            if rules is not None and offered is not None:
                sale_fields.sale(visit, rules, offered, fields, key, seen)
            reason = st.text_input(visit.words.text("form_why"), max_chars=200, key=f"{key}_reason")
            is_sent = st.form_submit_button(title)
        if not is_sent:
            return
        sale = sale_fields.checked(visit, rules, fields) if rules is not None else None
        if not reason.strip():
            st.error(visit.words.text("form_reason_missing"))
            return
        if rules is not None and sale is None:
            return
        try:
            if sale is None or offered is None:
                _done(void(warehouse, entry_id, seen, reason.strip(), _by(visit)))
            else:
                name = sale_fields.product_name(offered, sale)
                done = correct(warehouse, entry_id, seen, sale, name, reason.strip(), _by(visit))
                _done(done)
        except (ChangedMeanwhileError, RecordedOtherwiseError) as error:
            _done(error)
        except UserError as error:
            st.error(_worded(visit, error))

    dialog()


def _done(what: Recorded | ChangedMeanwhileError | RecordedOtherwiseError) -> None:
    """Begin anew: another form, another list, and above them what has become of this one."""
    st.session_state["sale_done"] = what
    st.session_state["sale_number"] += 1
    _open(None)
    if isinstance(what, Recorded):
        for name in ("seller_id", "sales_channel"):
            st.session_state[f"sale_last_{name}"] = getattr(what.entry, name)
    st.rerun()


def _tell_what_was_done(visit: Visit) -> None:
    done = st.session_state.pop("sale_done", None)
    if isinstance(done, ChangedMeanwhileError):
        st.warning(_told(visit, f"form_changed_{done.entry.action}", done.entry))
    elif isinstance(done, RecordedOtherwiseError):
        st.warning(_told(visit, "form_otherwise", done.entry))
    elif isinstance(done, Recorded):
        key = "form_was_there" if done.was_there else f"form_{done.entry.action}"
        st.success(f"{_told(visit, key, done.entry)} {_when_it_counts(visit)}")


def _when_it_counts(visit: Visit) -> str:
    rules = rules_of(visit.settings)
    if rules.sources == (DEMO_SHOP,):
        return visit.words.text("form_counts_demo")
    monday = rules.today + timedelta(days=7 - rules.today.weekday())
    return visit.words.text("form_counts", day=visit.words.day(monday))


def _told(visit: Visit, key: str, entry: Entry) -> str:
    """Words about an entry: what it is, by whom and when."""
    return show.escaped(
        visit.words.text(
            key, sale=_in_short(visit, entry), by=entry.entered_by, at=_at(visit, entry)
        )
    )


def _in_short(visit: Visit, entry: Entry) -> str:
    words = visit.words
    amount = words.money(entry.quantity * entry.unit_price, entry.currency)
    what = f"{words.count(entry.quantity)} × {entry.product_name}"
    return f"{what}, {amount}, {words.day(entry.sold_on)}"


def _as_row(visit: Visit, entry: Entry) -> dict[str, Any]:
    name = entry.customer_name or ""
    return {
        **vars(entry),
        "amount": entry.quantity * entry.unit_price,
        "customer": sale_fields.customer_name(visit, entry.customer_id, name),
        "state_of_it": visit.words.text(f"form_is_{entry.action}"),
        "entered_at": _at(visit, entry),
    }


def _at(visit: Visit, entry: Entry) -> str:
    at = entry.entered_at.astimezone(ZoneInfo(visit.settings.shop_time_zone))
    return f"{visit.words.day(at.date())}, {at:%H:%M}"


def _by(visit: Visit) -> str:
    """Who enters; where nobody is asked for a name, whoever sits at this machine."""
    return visit.visitor.name or visit.words.text("form_this_machine")


def _worded(visit: Visit, error: UserError) -> str:
    key = WORDED.get(type(error))
    return visit.words.text(key) if key else str(error)
