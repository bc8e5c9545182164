"""The tests' shops recounted from the text of their cells, the good ones and the bad.

What a cell is worth, and when its row is set aside, is written after docs/your-shop.md and the
descriptions of the columns, not after the staging models.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pandas as pd

from tests.support.mutations import Files
from tests.support.recount import WINDOW, Shop

Cells = dict[str, str | None]
Told = tuple[str, Cells]
"""Why a row was set aside, or a cell left out, and the row."""

EARLIEST, LATEST = date(1990, 1, 1), date(2099, 12, 31)
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
WHOLE = re.compile(r"([+-]?[0-9]+)(\.0*)?")
MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ] *([0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)"
    r"(?: *(Z|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2}))?)?"
)


class Recounted(NamedTuple):
    """A shop as its cells have it, and every row or cell that is set aside."""

    shop: Shop
    told: list[Told]


# --- what a cell is worth; None where it cannot be read


def text(cell: str | None) -> str | None:
    """Without blanks at its ends; None where nothing is left."""
    return (cell or "").strip(" ") or None


def number(cell: str | None) -> Decimal | None:
    """A number of at most 14 digits before the point, rounded to 4 behind it."""
    if not (cell := text(cell)) or not NUMBER.fullmatch(cell):
        return None
    with localcontext() as context:
        context.prec = 2000
        value = Decimal(cell)
        if abs(value) >= 10**14:
            return None
        return value.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def whole(cell: str | None, bits: int = 32) -> int | None:
    """A whole number that so many bits hold."""
    found = WHOLE.fullmatch(text(cell) or "")
    if not found or len(found[1]) > 20:
        return None
    value = int(found[1])
    return value if -(2 ** (bits - 1)) <= value < 2 ** (bits - 1) else None


def moment(cell: str | None) -> tuple[datetime, bool] | None:
    """A time as written, and whether it tells its offset; then it is UTC's."""
    found = MOMENT.fullmatch(text(cell) or "")
    try:
        if not found:
            return None
        day, clock, offset = found.groups()
        hour, _, rest = (clock or "0:00").partition(":")
        if rest.count(":") == 0:
            rest += ":00"
        written = f"{day}T{int(hour):02}:{rest}{(offset or '').replace('Z', '+00:00')}"
        value = datetime.fromisoformat(written)
        return (value.astimezone(UTC).replace(tzinfo=None), True) if offset else (value, False)
    except (ValueError, OverflowError):
        return None


def day(cell: str | None) -> date | None:
    """The day as it is written."""
    return date.fromisoformat((text(cell) or "")[:10]) if moment(cell) else None


def local(at: datetime | None, zone: str) -> date | None:
    """The day of a time in UTC at a place."""
    if at is None:
        return None
    try:
        return at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
    except OverflowError:
        return at.date()


# --- rows


def seen(cell: str) -> str:
    """A cell as a shop's file is read: a byte that is no UTF-8 is a letter of Windows-1252, and
    the apostrophe before a number or a code is none of the text."""
    cell = cell.replace("\udce3", "ã")
    code = re.sub(r"[A-Z0-9 .()/+-]", "", cell[1:]) == "" and re.search("[0-9]", cell)
    return cell[1:] if cell[:1] == "'" and (code or cell[1:2] in [*"=+@-"]) else cell


def rows_of(
    files: Files,
    name: str,
    nulls: Iterable[str] = ("",),
    as_read: Callable[[str], str] = str,
) -> list[Cells]:
    """A file's rows by column; what stands for nothing is None."""
    header, *rows = files[name]
    return [
        {
            column: None if cell in nulls else as_read(str(cell))
            for column, cell in zip(header, row, strict=True)
        }
        for row in rows
    ]


def set_aside(
    rows: list[Cells], judge: Callable[[Cells], str | None], told: list[Told]
) -> list[Cells]:
    """The rows that can be used; the reasons of the others are told."""
    kept = []
    for row in rows:
        if reason := judge(row):
            told.append((reason, row))
        else:
            kept.append(row)
    return kept


def once(
    rows: list[Cells], key: Callable[[Cells], Any], order: Any, reason: str, told: list[Told]
) -> list[Cells]:
    """The first row of each key in an order of what is in them; the others are told."""
    seen: set[Any] = set()
    kept = []
    for row in sorted(rows, key=order):
        if key(row) in seen:
            told.append((reason, row))
        else:
            seen.add(key(row))
            kept.append(row)
    return kept


def last(value: Any) -> tuple[bool, Any]:
    """To sort by, None behind all."""
    return (value is None, 0 if value is None else value)


def bad_day(on: date | None, column: str) -> str | None:
    """Why an order is of no day."""
    if on is None:
        return f"{column} is not a date"
    if on < EARLIEST:
        return f"{column} is before {EARLIEST}"
    return f"{column} is after {LATEST}" if on > LATEST else None


def unusable(quantity: int | None, price: Decimal | None) -> str | None:
    """Why a line of this quantity at this price cannot be counted."""
    if quantity is None:
        return "quantity is not a whole number"
    if quantity <= 0:
        return "quantity is not positive"
    if price is None:
        return "unit_price is not a number"
    if price < 0:
        return "unit_price is negative"
    return (
        "quantity or unit_price is too large" if is_too_large(quantity * price, quantity) else None
    )


def is_too_large(amount: Decimal, units: int = 0) -> bool:
    """More money, or more units, than any line's."""
    return abs(amount) >= 10**12 or abs(units) >= 10**8


def as_of_last_order(orders: list[dict[str, Any]], lines: list[dict[str, Any]]) -> Recounted:
    """The shop as of the day after its last order; who is far behind all others is set aside."""
    days = sorted({order["day"] for order in orders})
    last_day, longest, longest_usual = days[0], 0, 0
    for days_before, (before, after) in enumerate(pairwise(days), start=1):
        pause, days_from_here = (after - before).days, len(days) - days_before
        if pause > 2 * max(WINDOW, longest_usual) and days_from_here <= min(4, days_before):
            break
        last_day = after
        if pause <= 2 * max(WINDOW, longest):
            longest_usual = max(longest_usual, pause)
        longest = max(longest, pause)
    as_of = last_day + timedelta(days=1)
    told: list[Told] = [
        ("ordered_on is long after all other orders", {"order_id": order["order_id"]})
        for order in orders
        if order["day"] > last_day
    ]
    known = [order for order in orders if order["day"] < as_of]
    for order in known:
        order["called_off"] = None
        for what in ("cancelled", "returned"):
            on = order.pop(f"{what}_on", None)
            is_so = order.get(f"is_{what}", False)
            if on and as_of <= on <= LATEST:
                is_so = False  # not known yet
            order[f"is_{what}"] = is_so
            if is_so and on and on <= LATEST:
                order["called_off"] = min(on, order["called_off"] or on)
        order["is_valid"] = not (order["is_cancelled"] or order["is_returned"])
        if not order["is_cancelled"]:
            order["reason"] = None
    numbers = {order["order_id"] for order in known}
    columns = ["order_id", "customer", "day", "is_cancelled", "is_valid", "reason", "called_off"]
    sold = pd.DataFrame(
        [line for line in lines if line["order_id"] in numbers],
        columns=["order_id", "product", "quantity", "unit_price", "is_goods"],
    )
    sold = sold.astype({"quantity": "int64", "unit_price": "float64", "is_goods": "bool"})
    shop = Shop(pd.DataFrame(known)[columns], sold, as_of)
    return Recounted(shop, told)


# --- the shops


def tea_house(files: Files) -> Recounted:
    """The tea house of the guide."""
    told: list[Told] = []

    def judge_order(row: Cells) -> str | None:
        if not text(row["order_id"]):
            return "order_id is missing"
        return bad_day(day(row["ordered_on"]), "ordered_on")

    orders = once(
        set_aside(rows_of(files, "orders.csv", as_read=seen), judge_order, told),
        lambda row: text(row["order_id"]),
        lambda row: (
            day(row["ordered_on"]),
            last(text(row["customer_id"])),
            last((text(row["status"]) or "").lower() or None),
        ),
        "order_id occurs before",
        told,
    )
    numbers = {text(row["order_id"]) for row in orders}

    def judge_line(row: Cells) -> str | None:
        quantity, price = whole(row["quantity"]), number(row["unit_price"])
        if text(row["order_id"]) not in numbers:
            return "its order is missing or set aside"
        if whole(row["line"]) is None:
            return "line is not a whole number"
        return unusable(quantity, price)

    lines = once(
        set_aside(rows_of(files, "order_lines.csv", as_read=seen), judge_line, told),
        lambda row: (text(row["order_id"]), whole(row["line"])),
        lambda row: (
            last(text(row["sku"])),
            last(text(row["item"])),
            whole(row["quantity"]),
            number(row["unit_price"]),
        ),
        "line occurs before in its order",
        told,
    )
    shop, too_far = as_of_last_order(
        [
            {
                "order_id": text(row["order_id"]),
                "customer": text(row["customer_id"]),
                "day": day(row["ordered_on"]),
                "is_cancelled": (text(row["status"]) or "").lower() == "cancelled",
                "reason": None,
            }
            for row in orders
        ],
        [
            {
                "order_id": text(row["order_id"]),
                "product": text(row["item"]) or _name_of(lines, text(row["sku"])),
                "quantity": whole(row["quantity"]),
                "unit_price": number(row["unit_price"]),
                "is_goods": text(row["sku"]) not in ("POST", None),
            }
            for row in lines
        ],
    )
    return Recounted(shop, told + too_far)


def _name_of(lines: list[Cells], sku: str | None) -> str | None:
    names = [text(row["item"]) for row in lines if sku and text(row["sku"]) == sku]
    return max((name for name in names if name), default=None)


def demo_shop(files: Files) -> Recounted:
    """The demo shop's export."""
    told: list[Told] = []
    zone = "America/Sao_Paulo"

    def read(name: str) -> list[Cells]:
        # what dbt reads of a seed as nothing
        rows = rows_of(files, f"raw_{name}.csv")
        return [
            {
                column: None if (cell or "").strip().lower() in ("", "null") else cell
                for column, cell in row.items()
            }
            for row in rows
        ]

    def at(cell: str | None) -> datetime | None:
        found = moment(cell)
        return found[0] if found else None

    def left_out(rows: list[Cells], column: str, reader: Callable[[str | None], Any]) -> None:
        noun = "number" if reader is number else "date"
        told.extend(
            (f"{column} is not a {noun}: it is left out", row)
            for row in rows
            if row[column] is not None and reader(row[column]) is None
        )

    customers, products = read("customers"), read("products")
    cancellations, returns = read("order_cancellations"), read("order_returns")
    left_out(customers, "created_at", at)
    left_out(products, "list_price", number)
    left_out(products, "unit_cost", number)
    left_out(cancellations, "cancelled_at", at)
    left_out(returns, "returned_at", at)
    for row in read("marketing_spend"):
        amount = number(row["amount"])
        if amount is None:
            told.append(("amount is not a number", row))
        elif amount < 0:
            told.append(("amount is negative", row))
        elif day(row["spend_month"]) is None:
            told.append(("spend_month is not a date", row))

    people: dict[str, str] = {}
    person_of: dict[str, str] = {}
    listed = sorted(
        (row for row in customers if text(row["customer_id"])),
        key=lambda row: (
            last(at(row["created_at"])),
            text(row["customer_id"]),
            last((text(row["email"]) or "").lower() or None),
        ),
    )
    for row in listed:
        customer = text(row["customer_id"])
        email = (text(row["email"]) or "").lower()
        if customer and customer not in person_of:
            key = email or customer
            person_of[customer] = people.setdefault(key, customer)

    def judge_order(row: Cells) -> str | None:
        if not text(row["order_id"]):
            return "order_id is missing"
        found = at(row["ordered_at"])
        return bad_day(found.date() if found else None, "ordered_at")

    orders = once(
        set_aside(read("orders"), judge_order, told),
        lambda row: text(row["order_id"]),
        lambda row: (
            at(row["ordered_at"]),
            last(text(row["customer_id"])),
            last(row["seller_id"]),
            last(row["sales_channel_id"]),
        ),
        "order_id occurs before",
        told,
    )
    numbers = {text(row["order_id"]) for row in orders}

    def judge_line(row: Cells) -> str | None:
        quantity, price, off = (
            whole(row["quantity"]),
            number(row["unit_price"]),
            number(row["discount"]),
        )
        if not text(row["order_item_id"]):
            return "order_item_id is missing"
        if text(row["order_id"]) not in numbers:
            return "its order is missing or set aside"
        if because := unusable(quantity, price):
            return because
        if off is None and row["discount"] is not None:
            return "discount is not a number"
        return "discount is too large" if off is not None and is_too_large(off) else None

    lines = once(
        set_aside(read("order_items"), judge_line, told),
        lambda row: text(row["order_item_id"]),
        lambda row: (
            last(text(row["order_id"])),
            last(text(row["product_id"])),
            whole(row["quantity"]),
            number(row["unit_price"]),
            last(number(row["discount"])),
        ),
        "order_item_id occurs before",
        told,
    )
    names: dict[str | None, str | None] = {}
    for row in sorted(
        products,
        key=lambda row: (
            last(row["product_name"]),
            last(text(row["category"])),
            last(row["list_price"]),
            last(row["unit_cost"]),
        ),
    ):
        names.setdefault(text(row["product_id"]), text(row["product_name"]))
    names.pop(None, None)
    cancelled: dict[str | None, tuple[date | None, str | None]] = {}
    for row in sorted(
        cancellations, key=lambda row: (last(at(row["cancelled_at"])), last(text(row["reason"])))
    ):
        cancelled.setdefault(
            text(row["order_id"]), (local(at(row["cancelled_at"]), zone), text(row["reason"]))
        )
    returned: dict[str | None, date | None] = {}
    for row in sorted(returns, key=lambda row: last(at(row["returned_at"]))):
        returned.setdefault(text(row["order_id"]), local(at(row["returned_at"]), zone))
    shop, too_far = as_of_last_order(
        [
            {
                "order_id": (order := text(row["order_id"])),
                "customer": person_of.get(
                    text(row["customer_id"]) or "", text(row["customer_id"]) or ""
                )
                or None,
                "day": local(at(row["ordered_at"]), zone),
                "is_cancelled": order in cancelled,
                "cancelled_on": cancelled.get(order, (None, None))[0],
                "is_returned": order in returned,
                "returned_on": returned.get(order),
                "reason": cancelled.get(order, (None, None))[1],
            }
            for row in orders
        ],
        [
            {
                "order_id": text(row["order_id"]),
                "product": names.get(text(row["product_id"])),
                "quantity": whole(row["quantity"]),
                "unit_price": number(row["unit_price"]),
                "is_goods": text(row["product_id"]) in names,
            }
            for row in lines
        ],
    )
    return Recounted(shop, told + too_far)


def uci_online_retail(files: Files) -> Recounted:
    """UCI's invoice lines; C marks a cancelled invoice, A an adjustment that is no order."""
    told: list[Told] = []

    def judge(row: Cells) -> str | None:
        quantity, price, found = (
            whole(row["Quantity"]),
            number(row["UnitPrice"]),
            moment(row["InvoiceDate"]),
        )
        if not text(row["InvoiceNo"]):
            return "InvoiceNo is missing"
        if reason := bad_day(_in_london(found).date() if found else None, "InvoiceDate"):
            return reason
        if quantity is None:
            return "Quantity is not a whole number"
        if price is None:
            return "UnitPrice is not a number"
        if is_too_large(quantity * price, quantity):
            return "Quantity or UnitPrice is too large"
        if text(row["CustomerID"]) and whole(row["CustomerID"], 64) is None:
            return "CustomerID is not a whole number"
        return None

    rows = set_aside(rows_of(files, "online_retail.csv", as_read=seen), judge, told)
    orders: dict[str, dict[str, Any]] = {}
    lines = []
    names: dict[str | None, Counter[str | None]] = {}
    for row in rows:
        invoice = (text(row["InvoiceNo"]) or "").upper()
        if invoice.startswith("A"):
            continue
        found = moment(row["InvoiceDate"])
        assert found is not None
        customer = whole(row["CustomerID"], 64)
        at = _in_london(found)
        order = orders.setdefault(
            invoice,
            {
                "order_id": invoice,
                "customer": None,
                "at": at,
                "is_cancelled": invoice.startswith("C"),
                "reason": None,
            },
        )
        order["at"] = min(order["at"], at)
        if customer is not None:
            order["customer"] = max(order["customer"] or "", str(customer))
        quantity, price = whole(row["Quantity"]), number(row["UnitPrice"])
        assert quantity is not None
        assert price is not None
        sold = abs(quantity) if order["is_cancelled"] else quantity
        if sold <= 0 or price <= 0:
            continue
        code, product = text(row["StockCode"]), text(row["Description"])
        names.setdefault(code, Counter())[product] += 1
        lines.append(
            {
                "order_id": invoice,
                "product": product,
                "code": code,
                "quantity": sold,
                "unit_price": price,
                "is_goods": bool(re.match(r"[0-9]{5}", code or "")),
            }
        )
    for line in lines:
        counted = names[str(line["code"])] if line["code"] else Counter()
        line["product"] = line["product"] or next(
            iter(sorted(counted, key=lambda name: (-counted[name], last(name)))), None
        )
    for order in orders.values():
        order["day"] = order.pop("at").date()
    shop, too_far = as_of_last_order(list(orders.values()), lines)
    return Recounted(shop, told + too_far)


def _in_london(found: tuple[datetime, bool]) -> datetime:
    at, is_utc = found
    if not is_utc:
        return at
    return at.replace(tzinfo=UTC).astimezone(ZoneInfo("Europe/London")).replace(tzinfo=None)
