"""Orders as exported: what was bought where, at what price, what was cancelled or returned.

Who orders when comes from `behaviour`. Every draw hangs on the order's key, so an order is the
same in every longer history.
"""

from datetime import date

import numpy as np
import pyarrow as pa

from include.demo_shop.behaviour import ACQUISITION_CHANNELS, Story
from include.demo_shop.catalogue import SELLERS, Catalogue
from include.demo_shop.columns import money, numbered, pick, timestamps, where
from include.demo_shop.draws import Ints, choose, uniform
from include.demo_shop.people import Accounts
from include.demo_shop.season import DAY, days_until, promotion_share
from include.demo_shop.words import CANCELLATION_REASONS, RETURN_REASONS, SALES_CHANNELS

LINES = (0.27, 0.25, 0.21, 0.15, 0.12)  # share of orders with 1 to 5 lines
QUANTITIES = (0.86, 0.11, 0.03)  # share of lines with 1 to 3 pieces
DISCOUNTS = (5, 10, 15, 20, 25, 30)  # per cent
DISCOUNT_SHARES = (0.20, 0.35, 0.20, 0.14, 0.06, 0.05)
SAME_CATEGORY = 0.4  # share of further lines drawn from the first line's category
USUAL_CHANNEL = 0.7  # share of orders through the customer's usual sales channel
RETURNED = 0.027  # share of the orders that are not cancelled
WRONG_DATES = ("31/02/2026 10:00", "0000-00-00", "not a date")

_CHANNELS = [channel for channel, *_ in SALES_CHANNELS]
_MARKETPLACE = [channel.name for channel in ACQUISITION_CHANNELS].index("marketplace")


def sales_channels(story: Story, seed: int) -> Ints:
    """Index into SALES_CHANNELS for each order."""
    shares = [share for _, _, share, _ in SALES_CHANNELS]
    people = np.arange(len(story.acquired))
    usual = choose(shares, uniform(seed, "usual channel", people))
    usual[story.channel == _MARKETPLACE] = _CHANNELS.index("marketplace")
    keys = story.order_keys
    other = choose(shares, uniform(seed, "sales channel", keys))
    as_usual = uniform(seed, "as usual", keys) < USUAL_CHANNEL
    return np.where(as_usual, usual[story.person], other)


def raw_orders(story: Story, accounts: Accounts, channel: Ints, seed: int, mess: float) -> pa.Table:
    """The orders; `mess` loses customers and, a quarter as often, writes impossible dates."""
    keys = story.order_keys
    seller = choose(1 / np.arange(2, SELLERS + 2), uniform(seed, "seller", keys))
    no_customer = uniform(seed, "no customer", keys) < mess
    wrong = uniform(seed, "wrong date", keys)
    wrong_date = pick(WRONG_DATES, np.floor(uniform(seed, "which date", keys) * 3).astype(int))
    return pa.table(
        {
            "order_id": numbered("O", np.arange(len(keys)), 7),
            "customer_id": where(no_customer, None, numbered("C", accounts.of_order, 6)),
            "ordered_at": where(wrong < mess / 4, wrong_date, timestamps(story.ordered)),
            "sales_channel_id": pick(_CHANNELS, channel),
            "seller_id": numbered("S", seller, 2),
        }
    )


def raw_order_items(
    story: Story, catalogue: Catalogue, seed: int, as_of: date, mess: float
) -> pa.Table:
    """The lines; `mess` makes a quarter as many quantities negative."""
    lines = 1 + choose(LINES, uniform(seed, "lines", story.order_keys))
    order = np.repeat(np.arange(len(lines)), lines)
    line = np.arange(len(order)) - np.repeat(np.cumsum(lines) - lines, lines)
    keys = story.order_keys[order] * 8 + line

    product = _products(catalogue, seed, keys, first_line=np.arange(len(order)) - line, line=line)
    distinct = np.full(len(order), True)
    for back in range(1, len(LINES)):
        distinct[back:] &= (product[back:] != product[:-back]) | (line[back:] < back)
    order, keys, product = order[distinct], keys[distinct], product[distinct]

    quantity = 1 + choose(QUANTITIES, uniform(seed, "quantity", keys))
    price = catalogue.price[product]
    unit_price = (price * (100 - _discounts(story, seed, as_of)[order]) + 50) // 100
    negative = uniform(seed, "negative", keys) < mess / 4
    return pa.table(
        {
            "order_item_id": numbered("I", np.arange(len(order)), 8),
            "order_id": numbered("O", order, 7),
            "product_id": numbered("P", product, 4),
            "quantity": np.where(negative, -quantity, quantity).astype(np.int32),
            "unit_price": money(unit_price),
            "discount": money((price - unit_price) * quantity),
        }
    )


def _products(catalogue: Catalogue, seed: int, keys: Ints, first_line: Ints, line: Ints) -> Ints:
    """A product a line by popularity, often from the category of the order's first line."""
    u = uniform(seed, "product", keys)
    anything = choose(catalogue.popularity, u)
    category = catalogue.category[anything[first_line]]
    alike = (uniform(seed, "alike", keys) < SAME_CATEGORY) & (line > 0)

    # A category is an unbroken stretch of the cumulative popularity.
    cumulative = np.cumsum(catalogue.popularity) / np.sum(catalogue.popularity)
    last = np.flatnonzero(np.diff(catalogue.category, append=-1))
    end = cumulative[last]
    start = np.concatenate([[0.0], end[:-1]])
    within = start[category] + u * (end[category] - start[category])
    # Rounding must not leave the category.
    similar = np.minimum(np.searchsorted(cumulative, within, side="right"), last[category])
    return np.where(alike, similar, anything)


def _discounts(story: Story, seed: int, as_of: date) -> Ints:
    """Per cent off for each order."""
    keys = story.order_keys
    promotion = np.array([promotion_share(day) for day in days_until(as_of)])
    discounted = uniform(seed, "discounted", keys) < promotion[story.ordered // DAY]
    percent = np.array(DISCOUNTS)[choose(DISCOUNT_SHARES, uniform(seed, "discount", keys))]
    return np.where(discounted, percent, 0)


def raw_cancellations_and_returns(
    story: Story, channel: Ints, seed: int, end: int, language: int
) -> tuple[pa.Table, pa.Table]:
    """What is known before `end` (seconds) of orders called off or sent back, by time."""
    keys = story.order_keys
    rates = np.array([rate for *_, rate in SALES_CHANNELS])
    is_cancelled = uniform(seed, "cancelled", keys) < rates[channel]
    cancelled = np.flatnonzero(is_cancelled)
    reason = choose(
        [share for _, share, *_ in CANCELLATION_REASONS], uniform(seed, "why", keys[cancelled])
    )
    earliest = np.array([days for *_, days, _ in CANCELLATION_REASONS])[reason]
    latest = np.array([days for *_, days in CANCELLATION_REASONS])[reason]
    after = earliest + (latest - earliest) * uniform(seed, "cancelled after", keys[cancelled])
    # The smallest delay is a minute: nothing is cancelled before it was ordered.
    cancelled_at = story.ordered[cancelled] + np.maximum(60, np.floor(after * DAY).astype(int))
    reasons = [names[language] for names, *_ in CANCELLATION_REASONS]
    cancellations = _events("cancelled_at", cancelled, cancelled_at, pick(reasons, reason), end)

    is_returned = ~is_cancelled & (uniform(seed, "returned", keys) < RETURNED)
    returned = np.flatnonzero(is_returned)
    after = 5 + 25 * uniform(seed, "returned after", keys[returned])
    returned_at = story.ordered[returned] + np.floor(after * DAY).astype(int)
    reason = choose([share for _, share in RETURN_REASONS], uniform(seed, "why", keys[returned]))
    reasons = [names[language] for names, _ in RETURN_REASONS]
    returns = _events("returned_at", returned, returned_at, pick(reasons, reason), end)
    return cancellations, returns


def _events(column: str, order: Ints, at: Ints, reason: pa.Array, end: int) -> pa.Table:
    by_time = np.lexsort((order, at))
    by_time = by_time[at[by_time] < end]
    return pa.table(
        {
            "order_id": numbered("O", order[by_time], 7),
            column: timestamps(at[by_time]),
            "reason": reason.take(pa.array(by_time)),
        }
    )
