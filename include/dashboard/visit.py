"""What a page has of its visitor: their words, what they may see, and rows of the marts.

Rows are kept until the marts are built anew: `run` tells one build from another.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import streamlit as st

from include.dashboard import readers
from include.dashboard.readers import Rows
from include.dashboard.who import Visitor
from include.report.customers import shown_id
from include.report.message import Message, build_message
from include.report.read import Report
from include.report.text import masked, one_line
from include.report.wording import Wording
from include.schemas import named
from include.settings import PersonalData, Settings

WORDS = Path(__file__).parent / "words"

# A table that is built anew is another one to Postgres, of another number.
_BUILD = """
    select
        as_of.as_of_on,
        totals.currency,
        concat_ws(
            '-', as_of.as_of_on, to_regclass('{marts}.rpt_weekly_report')::oid,
            to_regclass('{marts}.rpt_shop_totals')::oid
        ) as run
    from {shop}.as_of as as_of
    cross join {marts}.rpt_shop_totals as totals
"""
_PEOPLE = """
    select customer_key::text as customer_key, customer_name, email
    from {marts}.dim_customers
    where customer_key::text = any(%(keys)s)
"""


@dataclass(frozen=True)
class Build:
    """The marts as they are; `currency` is as in `ShopTotals`."""

    as_of_on: date
    currency: str | None
    run: str


@dataclass(frozen=True)
class Visit:
    """One look at one page."""

    words: Wording
    visitor: Visitor
    build: Build
    settings: Settings
    pages: dict[str, st.Page] = field(default_factory=dict)
    """By name, for links from one to another."""

    def rows(self, query: str, **values: Any) -> Rows:
        """What a query of the marts finds; it names schemas as `{marts}`."""
        return _kept(self.build.run, query, values)

    def row(self, query: str, **values: Any) -> dict[str, Any]:
        """The one row that a query finds, or {} where it finds none."""
        found = self.rows(query, **values)
        return found[0] if found else {}

    def rows_now(self, query: str, **values: Any) -> Rows:
        """What changes without a build, such as the ledger of what was sent."""
        return readers.rows(query, values)

    def personal_rows(self, query: str, **values: Any) -> Rows:
        """Rows that tell who customers are; for a visitor who may know."""
        if self.visitor.personal_data is not PersonalData.FULL:
            raise PermissionError("This visitor may not see personal data.")
        return readers.rows(query, values, personal=True)

    def report(self) -> tuple[Report, Message]:
        """The weekly report of this build, as figures and in words."""
        report, window_days = _report(self.build.run, self.settings)
        return report, build_message(report, self.words.lang, window_days)

    def has(self, table: str) -> bool:
        """Whether there is such a table: `{marts}.…` of a CRM without one, `{ops}.…` before use."""
        found = self.rows("select to_regclass(%(table)s) as found", table=named(table))
        return found[0]["found"] is not None

    def people(self, keys: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Name and e-mail address by customer key, as far as this visitor may know them."""
        if self.visitor.personal_data is PersonalData.NONE:
            return {}
        is_full = self.visitor.personal_data is PersonalData.FULL
        found = readers.rows(_PEOPLE, {"keys": list(keys)}, personal=True)
        return {
            row["customer_key"]: (
                (one_line(row["customer_name"] or ""), one_line(row["email"] or ""))
                if is_full
                else (masked(row["customer_name"] or ""), "")
            )
            for row in found
        }

    def customer_id(self, customer_id: str) -> str:
        """The shop's own id of a customer; cut where it is an e-mail address they may not see."""
        is_full = self.visitor.personal_data is PersonalData.FULL
        return customer_id if is_full else shown_id(customer_id)

    def in_currency(self, label: str) -> str:
        """The heading of amounts: Revenue (BRL)."""
        text = self.words.text(label)
        return f"{text} ({self.build.currency})" if self.build.currency else text

    def money(self, amount: Any) -> str:
        """An amount in the shop's currency."""
        return self.words.money(amount, self.build.currency)


def build() -> Build:
    """The marts as they are now; a UserError says where there are none."""
    return Build(**readers.rows(_BUILD)[0])


@st.cache_resource(ttl="1h", max_entries=4, show_spinner=False)
def _report(run: str, _settings: Settings) -> tuple[Report, int]:
    return readers.report(_settings)


@st.cache_data(ttl="1h", max_entries=300, show_spinner=False)
def _kept(run: str, query: str, values: dict[str, Any]) -> Rows:
    return readers.rows(query, values)
