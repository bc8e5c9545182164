"""The whole shop as of a date: every seed as an Arrow table, and the truth apart.

`generate` is what the command line and the weekly run call; `files` writes what it returns.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from include.demo_shop.behaviour import ACQUISITION_CHANNELS, Story, tell
from include.demo_shop.catalogue import (
    raw_products,
    raw_sales_channels,
    raw_sellers,
    raw_states,
    stock,
)
from include.demo_shop.columns import money, numbered, pick, text, timestamps, where
from include.demo_shop.draws import uniform
from include.demo_shop.orders import (
    raw_cancellations_and_returns,
    raw_order_items,
    raw_orders,
    sales_channels,
)
from include.demo_shop.people import Accounts, open_accounts, pools, raw_customers
from include.demo_shop.season import OPENED_ON, clocks, seconds_to
from include.errors import UserError

LONGEST = 20  # years a history may last
MOST_MESS = 0.5


@dataclass(frozen=True)
class DemoShop:
    """`seeds` are the files of the shop by name; `truth` is what a real shop never knows."""

    seeds: dict[str, pa.Table]
    truth: pa.Table


def generate(customers: int, seed: int, as_of: date, locale: str, mess: float) -> DemoShop:
    """Everything that happened before `as_of`, midnight in America/Sao_Paulo.

    `customers` people come until the third birthday, more after it; about `mess` of the rows
    have one of the problems of real exports. A later `as_of` only adds rows at the end.
    Raises UserError where an argument makes no sense.
    """
    check(customers, as_of, mess)
    words = pools(locale, seed)
    language = 0 if locale.startswith("pt") else 1

    story = tell(customers, seed, as_of)
    accounts = open_accounts(story, seed, mess)
    catalogue = stock(seed, language)
    channel = sales_channels(story, seed)
    cancellations, returns = raw_cancellations_and_returns(
        story, channel, seed, seconds_to(as_of), language
    )
    seeds = {
        "raw_customers": raw_customers(story, accounts, words, seed, mess),
        "raw_products": raw_products(catalogue, seed, language, mess),
        "raw_sellers": raw_sellers(words, seed),
        "raw_sales_channels": raw_sales_channels(language),
        "raw_states": raw_states(),
        "raw_orders": raw_orders(story, accounts, channel, seed, mess),
        "raw_order_items": raw_order_items(story, catalogue, seed, as_of, mess),
        "raw_order_cancellations": cancellations,
        "raw_order_returns": returns,
        "raw_marketing_spend": _raw_marketing_spend(customers, seed, as_of),
    }
    return DemoShop(seeds, _truth(story, accounts))


def check(customers: int, as_of: date, mess: float) -> None:
    """Raise UserError where there can be no such shop."""
    if customers < 1:
        raise UserError(f"A shop of {customers} customers cannot be made: give at least 1.")
    if as_of <= OPENED_ON:
        raise UserError(
            f"The shop opened on {OPENED_ON}, so there is nothing before {as_of}:"
            " give a later as-of date."
        )
    if as_of.year > OPENED_ON.year + LONGEST:
        raise UserError(
            f"The as-of date {as_of} is too far away:"
            f" the demo shop lives until {OPENED_ON.year + LONGEST}."
        )
    if not 0 <= mess <= MOST_MESS:
        raise UserError(f"The mess {mess} is no share of rows: give one from 0 to {MOST_MESS}.")


def _raw_marketing_spend(customers: int, seed: int, as_of: date) -> pa.Table:
    """Spend of the complete months: what the expected new customers cost, give or take 15 %."""
    _, acquisitions = clocks(as_of)
    months = []
    start = OPENED_ON
    while (end := (start.replace(day=1) + timedelta(32)).replace(day=1)) <= as_of:
        months.append((start, end))
        start = end
    channels = len(ACQUISITION_CHANNELS)
    row = np.arange(len(months) * channels)
    edges = np.array([[seconds_to(day) for day in month] for month in months], dtype=int)
    first, last = edges.reshape(-1, 2).T
    gained = customers * (acquisitions.read(last) - acquisitions.read(first))
    cost = np.array([channel.share * channel.cost for channel in ACQUISITION_CHANNELS])
    noise = 0.85 + 0.3 * uniform(seed, "spend", row)
    cents = np.round(100 * np.outer(gained, cost).ravel() * noise).astype(int)
    return pa.table(
        {
            "spend_month": pa.array([month.replace(day=1) for month, _ in months]).take(
                pa.array(row // channels)
            ),
            "acquisition_channel": pick([c.name for c in ACQUISITION_CHANNELS], row % channels),
            "amount": money(cents),
        }
    )


def _truth(story: Story, accounts: Accounts) -> pa.Table:
    """A row a person, as of the as-of date; several ids of a person are parted by a blank."""
    first = numbered("C", np.flatnonzero(~accounts.is_second), 6)
    ids = first.to_pylist()
    for row in np.flatnonzero(accounts.is_second):
        ids[accounts.person[row]] += f" C{row + 1:06}"
    is_alive = story.dropped_out < 0
    return pa.table(
        {
            "customer_id": first,
            "customer_ids": text(ids),
            "acquired_at": timestamps(story.acquired),
            "purchase_rate_per_week": np.round(story.rate, 6),
            "dropout_probability": np.round(story.dropout, 6),
            "dropped_out_at": where(is_alive, None, timestamps(story.dropped_out)),
            "is_alive_as_of": pa.array(is_alive),
        }
    )
