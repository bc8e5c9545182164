"""What the files cannot tell, asked of the owner: by options, or in a terminal."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from zoneinfo import available_timezones

from include.errors import UserError
from include.new_shop import propose, writing
from include.new_shop.export import Export
from include.new_shop.propose import CURRENCIES, PARTS
from include.new_shop.writing import UNKNOWN, numbers, read
from include.warehouse.declared import Reader

NONE = "none"
CODE = re.compile("[A-Z]{3}")
PRICES = ("unit_price", "amount")
NUMBERS = ("quantity", *PRICES, "discount")
NEEDED = (("order",), ("day",), ("customer",), PRICES, ("article_name", "article"))
"""Of each of these, one."""
YES = ("yes", "y", "sim", "s", "sí", "si")


@dataclass(frozen=True)
class Shop:
    """All that is known of a shop's export, to write its models from."""

    columns: dict[str, str]
    """Part → column."""
    reader: dict[str, Any]
    """How dates and numbers are written, as the source declares it."""
    pseudonym: str | None
    """What a hash is made of in place of who bought."""
    has_times: bool
    """Whether orders tell their time, or the day alone."""
    time_zone: str
    is_weighed: bool
    """Whether a quantity is not always whole."""
    is_discount_off: bool
    """Whether the price of a unit is before the line's discount."""
    currency: str | None
    """Where no column has it."""
    statuses: list[str]
    cancelled: list[str]
    returned: list[str]
    files: list[str]


Taken = TypeVar("Taken")


class Ask:
    """Answers to questions: an option, else a person's, else the proposal where all are right."""

    def __init__(
        self,
        options: Mapping[str, str | None],
        accept: bool,
        prompt: Callable[[str, str | None], str] | None,
    ) -> None:
        self.options = {name: value for name, value in options.items() if value is not None}
        self.accept = accept
        """Whether all that is proposed is right."""
        self.prompt = prompt
        """Asks a person, with a proposal; None where there is no terminal."""

    def __call__(
        self,
        option: str,
        question: str,
        proposal: str | None = None,
        take: Callable[[str], Taken] = lambda answer: answer,  # type: ignore[assignment,return-value]
    ) -> Taken:
        """What is taken from an answer, which a person may give again where that is refused.

        Raises UserError with the option that is missing, where there is nobody to ask.
        """
        if option in self.options:
            return take(self.options[option])
        if self.accept and proposal is not None:
            return take(proposal)
        while self.prompt:
            try:
                return take(self.prompt(question, proposal))
            except UserError as reason:
                question, proposal = f"{reason} {question}", None
        shown = f", or --yes where {proposal!r} is right" if proposal else ""
        raise UserError(f"{question} Say it by {written(option)}{shown}.")


def written(option: str) -> str:
    """An option as it is typed."""
    return FLAGS.get(option, "--" + option.replace("_", "-"))


FLAGS = {
    "unit_price": "--unit-price or --amount",
    "article_name": "--article-name or --article",
    "day_first": "--day-first or --month-first",
    "price_before_discount": "--price-before-discount or --price-after-discount",
}


def know(export: Export, ask: Ask, say: Callable[[str], None]) -> Shop:
    """Find out all that the models need; what is proposed and taken is said."""
    columns = _columns(export, ask, say)
    reader = _reader(export, ask, columns)
    how = _as_reader(reader)
    is_discount_off = _settle_price(export, ask, say, columns, how)
    times = [read(text, "timestamp", how) or "" for text in export.values(columns["day"])]
    has_times = any(time[10:] not in ("", " 00:00:00") for time in times)
    units = numbers(export.values(columns["quantity"]), how) if "quantity" in columns else {}
    statuses, cancelled, returned = _statuses(export, ask, say, columns)
    for part, meant in DIFFERING.items():
        if part in columns and (orders := export.differing(columns[part], columns["order"])):
            say(
                f"note: {len(orders):,} orders, such as {orders[0]}, have lines that differ in"
                f" {columns[part]}: {meant}."
            )
    return Shop(
        columns=columns,
        reader=reader,
        pseudonym=propose.pseudonym(export.values(columns["customer"])),
        has_times=has_times,
        time_zone=_time_zone(ask) if has_times else "UTC",
        is_weighed=any(count is not None and count % 1 for count in units.values()),
        is_discount_off=is_discount_off,
        currency=None if "currency" in columns else _currency(ask, how),
        statuses=statuses,
        cancelled=cancelled,
        returned=returned,
        files=export.files,
    )


DIFFERING = {
    "customer": "the last of them by the alphabet is taken",
    "day": "the first day counts",
    "status": "it counts as cancelled or returned where all of its lines are",
}
"""What the models make of an order whose lines tell different things."""


# --- which column is what


def _columns(export: Export, ask: Ask, say: Callable[[str], None]) -> dict[str, str]:
    found = propose.propose(export)
    for part in PARTS:
        if part in ask.options and not (part == "currency" and CODE.fullmatch(ask.options[part])):
            _take(export, found, part, ask.options[part])
    for part, what in _missing(found):
        question = f"No column seems to be {what}, of {export.listed}."
        ask(part, question, None, partial(_take, export, found, part))
    if "amount" in found and "order" in found and "amount" not in ask.options:
        _leave_out_the_orders(export, ask, say, found)
    _show(export, say, found)
    if ask.prompt and not ask.accept:
        while part := ask.prompt("Enter where all are right, or the line to change", ""):
            if part in PARTS:
                ask("", f"Its column ({NONE} for none)", None, partial(_take, export, found, part))
                _show(export, say, found)
            else:
                say(f"There is no line {part!r}.")
    elif not ask.accept:
        raise UserError(
            "Nobody has said whether these are right: say it by --yes, and the others by options"
            " such as --order."
        )
    for part, what in _missing(found):
        raise UserError(f"No shop's models do without {what}: say its column by {written(part)}.")
    return found


def _missing(found: dict[str, str]) -> list[tuple[str, str]]:
    """What models cannot do without: a part, and what it is or may be."""
    return [
        (parts[0], " or ".join(PARTS[part].what for part in parts))
        for parts in NEEDED
        if not any(part in found for part in parts)
    ]


def _take(export: Export, found: dict[str, str], part: str, name: str) -> None:
    """Take a column for a part, by its header; case, accents and signs do not matter."""
    found.pop(part, None)
    if name == NONE:
        return
    fits = [one for one in export.columns if one == name] or [
        one for one in export.columns if propose.plain(one) == propose.plain(name)
    ]
    if len(fits) != 1:
        many = "more than one" if fits else "no"
        raise UserError(f"{export.files[0]} has {many} column {name!r}: found {export.listed}.")
    for other in [other for other, column in found.items() if column == fits[0]]:
        if {part, other} != {"customer", "email"}:
            del found[other]
    found[part] = fits[0]


def _leave_out_the_orders(
    export: Export, ask: Ask, say: Callable[[str], None], found: dict[str, str]
) -> None:
    """Leave out an amount that is the same in all lines of an order: it may be the order's."""
    if propose.is_of_the_order(export, found["amount"], found["order"]):
        amount = found.pop("amount")
        question = (
            f"{amount} is the same in all lines of an order, and may be the order's, not the"
            " line's."
        )
        if "unit_price" in found:
            say(f"note: {question[:-1]}: it is left out.")
        else:
            ask("amount", question, None, partial(_take, export, found, "amount"))


def _show(export: Export, say: Callable[[str], None], found: dict[str, str]) -> None:
    width = max(map(len, export.columns))
    for part, one in PARTS.items():
        column = found.get(part)
        examples = [text[:30] for text in export.values(column)[:3]] if column else []
        say(
            f"  {part:<14} {one.what:<27} {column or '–':<{width}}  {' | '.join(examples)}".rstrip()
        )


# --- how it is written


def _reader(export: Export, ask: Ask, columns: dict[str, str]) -> dict[str, Any]:
    """What the source declares of its reader."""
    texts = [
        text
        for part in NUMBERS
        if part in columns and columns[part] not in export.typed
        for text in export.values(columns[part])
    ]
    days = export.values(columns["day"])
    reader: dict[str, Any] = {}
    if "sheet" in ask.options:
        reader["sheet"] = ask.options["sheet"]
    if writing.are_serial(days):
        reader["serial_dates"] = True
    order = writing.day_first(days)
    if order == UNKNOWN or "day_first" in ask.options:
        shown = f"Whether {days[0]} begins with the day or with the month cannot be told."
        order = ask("day_first", shown) in YES
    if order is not None:
        reader["day_first"] = order
    mark, signs = writing.decimal_mark(texts), writing.signs(texts)
    if mark == UNKNOWN or "decimal" in ask.options or (signs and not mark):
        shown = next((text for text in texts if set(text) & set(",.")), texts[0] if texts else "")
        question = f"Whether {shown} has a decimal comma or a decimal point cannot be told."
        mark = ask("decimal", question, None, _mark)
    if mark:
        reader["decimal"] = mark
    if signs:
        reader["currency"] = signs[0] if len(signs) == 1 else list(signs)
    if mark and (between := writing.thousands(texts, _as_reader(reader))):
        reader["thousands"] = between
    return reader


def _mark(answer: str) -> str:
    if answer not in (",", "."):
        raise UserError(f"{answer!r} is no decimal mark: say , or .")
    return answer


def _as_reader(declared: dict[str, Any]) -> Reader:
    signs = declared.get("currency", [])
    return Reader(**{**declared, "currency": tuple([signs] if isinstance(signs, str) else signs)})


# --- money


def _settle_price(
    export: Export, ask: Ask, say: Callable[[str], None], columns: dict[str, str], how: Reader
) -> bool:
    """Leave one of price and amount; whether a discount is still to be taken off the price."""
    if "unit_price" in columns and "amount" in columns:
        _leave_one(export, ask, say, columns, how)
    price = columns.get("unit_price")
    if "amount" in columns or "discount" not in columns:
        return False
    discount = columns["discount"]
    if not any(numbers(export.values(discount), how).values()):
        say(f"note: {discount} is 0 in every line: left out.")
    elif "discount" not in ask.options and propose.is_of_the_order(
        export, discount, columns["order"]
    ):
        say(
            f"note: {discount} is the same in all lines of an order, and may be the order's: it is"
            f" left out, so that revenue is before it; where it is the line's say --discount."
        )
    else:
        question = f"Whether {price} is before {discount} or after it cannot be told."
        return ask("price_before_discount", question) in YES
    del columns["discount"]
    return False


def _leave_one(
    export: Export, ask: Ask, say: Callable[[str], None], columns: dict[str, str], how: Reader
) -> None:
    """Of the price of a unit and the amount of the line, the one that tells what was paid."""
    price, amount = columns["unit_price"], columns["amount"]
    below, above = propose.beside_product(export, columns, how)
    if "amount" in ask.options:
        is_amount = True
    elif "unit_price" in ask.options:
        is_amount = False
    elif below and above:
        question = (
            f"{amount} is less than units × {price} in {below:,} lines and more in {above:,}, so"
            f" that either may be what was paid: --amount {NONE} leaves the price."
        )
        is_amount = ask("amount", question, None, partial(_is_column, export, amount))
    else:
        is_amount = below > 0
    del columns["unit_price" if is_amount else "amount"]
    if is_amount:
        say(f"note: {amount} is taken, and {price} left out: it is more in {below:,} lines.")
    elif above:
        say(f"note: {amount} is left out: it is more than units × {price} in {above:,} lines.")
    else:
        say(f"note: {amount} is left out: it is units × {price} in every line.")


def _is_column(export: Export, column: str, answer: str) -> bool:
    """Whether an answer names a column, and not none."""
    found: dict[str, str] = {}
    _take(export, found, column, answer)
    return found.get(column) == column


def _currency(ask: Ask, how: Reader) -> str:
    signs = {*how.currency}
    proposal = CURRENCIES.get(signs.pop()) if len(signs) == 1 else None
    return ask("currency", "Which currency it is, such as BRL, no column tells.", proposal, _code)


def _code(answer: str) -> str:
    if not CODE.fullmatch(answer):
        raise UserError(f"{answer!r} is no code of a currency, which is three letters.")
    return answer


# --- the rest


def _statuses(
    export: Export, ask: Ask, say: Callable[[str], None], columns: dict[str, str]
) -> tuple[list[str], list[str], list[str]]:
    """All statuses, those of orders that were cancelled, and of those that came back."""
    if "status" not in columns:
        say("note: No column tells a status, so that no order counts as cancelled.")
        return [], [], []
    values = export.values(columns["status"])
    shown = f"Of the statuses {', '.join(values)}"
    choose = partial(_chosen, values)
    proposed = ", ".join(propose.by_words(values, propose.CANCELLED))
    nobody_knows = NONE if ask.prompt else None
    cancelled = ask(
        "cancelled", f"{shown}, which mean cancelled?", proposed or nobody_knows, choose
    )
    proposed = ", ".join(propose.by_words(values, propose.RETURNED))
    returned = ask("returned", f"{shown}, which mean returned?", proposed or NONE, choose)
    return values, cancelled, returned


def _chosen(values: list[str], text: str) -> list[str]:
    """The values that a text names, one or several with commas between."""
    if text == NONE:
        return []
    names = [text] if text in values else [name.strip() for name in text.split(",")]
    chosen = [value for value in values if propose.plain(value) in map(propose.plain, names)]
    for name in names:
        if propose.plain(name) not in map(propose.plain, values):
            raise UserError(f"There is no status {name!r}: found {', '.join(values)}.")
    return chosen


def _time_zone(ask: Ask) -> str:
    return ask("time_zone", "In which time zone are its times?", "America/Sao_Paulo", _zone)


def _zone(answer: str) -> str:
    if answer not in available_timezones():
        raise UserError(f"{answer!r} is no time zone, such as America/Recife.")
    return answer
