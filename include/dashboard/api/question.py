"""What is asked of a mart: a query string, held against its columns, as SQL.

A name is one of the mart's or the question is refused; a value is of its column's type, and reaches
Postgres beside the statement.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from psycopg import sql

from include.dashboard.api.catalog import Column, Mart
from include.dashboard.api.problems import Problem

MOST_ROWS = 10_000
ROWS = 1_000
"""Where nothing is said."""
FORMATS = ("json", "csv")
RESERVED = ("columns", "limit", "after", "format")
COMPARISONS = {"gte": ">=", "lte": "<=", "gt": ">", "lt": "<"}
ORDERED = (
    "integer",
    "bigint",
    "numeric",
    "double precision",
    "date",
    "timestamp without time zone",
)
"""Types that are compared by more than being the same."""


def _date(text: str) -> str:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError
    return date.fromisoformat(text).isoformat()


def _moment(text: str) -> str:
    if not re.match(r"\d{4}-\d\d-\d\d[Tt ]\d\d:", text):
        raise ValueError
    moment = datetime.fromisoformat(text.upper())
    return (moment.astimezone(UTC) if moment.tzinfo else moment).replace(tzinfo=None).isoformat()


def _like(pattern: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise ValueError
        return text

    return read


_WHOLE = (_like(r"-?\d{1,40}"), "a whole number", "numeric")
_NUMBER = (_like(r"-?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,3})?"), "a number", "numeric")
VALUES: Mapping[str, tuple[Callable[[str], str], str, str]] = {
    "smallint": _WHOLE,
    "integer": _WHOLE,
    "bigint": _WHOLE,
    "numeric": _NUMBER,
    "double precision": _NUMBER,
    "boolean": (_like("true|false"), "true or false", "boolean"),
    "date": (_date, "a date like 2026-11-16", "date"),
    "timestamp without time zone": (_moment, "a time like 2026-11-16T08:00:00Z", "timestamp"),
    "uuid": (
        _like(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"),
        "a key as this API tells it",
        "uuid",
    ),
}
"""Type of a column → how a value of it is read, what it is in words, what it is compared as."""
_TEXT = (_like(r"[^\x00]*"), "text", "text")


@dataclass(frozen=True)
class Question:
    """What is asked of a mart."""

    mart: Mart
    columns: tuple[Column, ...]
    filters: tuple[tuple[Column, str, str], ...]
    """Column, comparison, value."""
    limit: int
    after: tuple[str, ...] | None
    """The key of the row before; where the mart has none, how many rows came before."""
    format: str

    def after_row(self, key: Sequence[str], number: int) -> str:
        """How to go on after this row: its key, and the number it has in this answer."""
        before = int(self.after[0]) if self.after and not self.mart.key else 0
        place = list(key) if self.mart.key else [str(before + number)]
        told = json.dumps([self.mart.run, _digest(self.filters), place], separators=(",", ":"))
        return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")

    @property
    def shown(self) -> list[sql.Composable]:
        """The columns as they are told: times are UTC, and say so."""
        return [
            sql.SQL("{0} at time zone 'utc' as {0}").format(sql.Identifier(column.name))
            if column.type.startswith("timestamp")
            else sql.Identifier(column.name)
            for column in self.columns
        ]

    def statement(self) -> tuple[sql.Composed, list[Any]]:
        """The query, whose rows are the columns and then the key as text, one more than `limit`."""
        mart = self.mart
        conditions: list[sql.Composable] = []
        values: list[Any] = []
        for column, comparison, value in self.filters:
            conditions.append(
                sql.SQL("{} {} cast(%s as {})").format(
                    sql.Identifier(column.name),
                    sql.SQL(comparison),
                    sql.SQL(_compared_as(column)),
                )
            )
            values.append(value)
        key = [sql.Identifier(name) for name in mart.key]
        if key and self.after:
            kinds = [sql.SQL(_compared_as(mart.columns[name])) for name in mart.key]
            conditions.append(
                sql.SQL("({}) > ({})").format(
                    sql.SQL(", ").join(key),
                    sql.SQL(", ").join(sql.SQL("cast(%s as {})").format(kind) for kind in kinds),
                )
            )
            values.extend(self.after)
        order = key or [sql.Identifier(name) for name in mart.columns]
        offset = int(self.after[0]) if self.after and not key else 0
        if self.format == "json":
            row: sql.Composable = sql.SQL(
                "(select cast(row_to_json(shown) as text) from (select {}) as shown)"
            ).format(sql.SQL(", ").join(self.shown))
        else:
            row = sql.SQL("(select array[{}] from (select {}) as shown)").format(
                sql.SQL(", ").join(
                    sql.SQL("cast({} as text)").format(sql.Identifier("shown", column.name))
                    for column in self.columns
                ),
                sql.SQL(", ").join(self.shown),
            )
        return (
            sql.SQL("select {}, array[{}]::text[] from {}{} order by {} limit {} offset {}").format(
                row,
                sql.SQL(", ").join(sql.SQL("cast({} as text)").format(name) for name in key),
                mart.table,
                sql.SQL(" where ") + sql.SQL(" and ").join(conditions)
                if conditions
                else sql.SQL(""),
                sql.SQL(", ").join(order),
                sql.Literal(self.limit + 1),
                sql.Literal(offset),
            ),
            values,
        )


def asked(mart: Mart, parameters: Sequence[tuple[str, str]]) -> Question:
    """Hold the parameters of a query string against a mart.

    Raises Problem: 422 for what cannot be asked of it, 409 for an `after` of other data.
    """
    given = dict(parameters)
    for name in given:
        if [told for told, _ in parameters].count(name) > 1:
            raise Problem(422, f"{name} is said more than once.")
    filters = tuple(
        _filter(mart, name, value) for name, value in sorted(given.items()) if name not in RESERVED
    )
    return Question(
        mart,
        _columns(mart, given),
        filters,
        _limit(given),
        _after(mart, filters, given["after"]) if "after" in given else None,
        _format(given),
    )


def _columns(mart: Mart, given: dict[str, str]) -> tuple[Column, ...]:
    if "columns" not in given:
        return tuple(mart.columns.values())
    names = given["columns"].split(",")
    for name in names:
        if name not in mart.columns:
            raise Problem(422, f"{mart.name} has no column {name!r} for you.")
    if len(set(names)) < len(names):
        raise Problem(422, "A column is named twice in columns.")
    return tuple(mart.columns[name] for name in names)


def _filter(mart: Mart, name: str, value: str) -> tuple[Column, str, str]:
    plain, _, ending = name.rpartition("__")
    comparison = COMPARISONS.get(ending, "") if plain else "="
    column = mart.columns.get(plain or name)
    if column is None or not comparison:
        raise Problem(
            422,
            f"{mart.name} has no column {plain or name!r} for you; besides there are"
            f" {', '.join(RESERVED)}, and the endings __{', __'.join(COMPARISONS)}.",
        )
    if comparison != "=" and column.type not in ORDERED:
        raise Problem(422, f"{column.name} is {column.type}: it is asked for by = only.")
    read, words, _ = VALUES.get(column.type, _TEXT)
    try:
        return column, comparison, read(value)
    except (ValueError, OverflowError):
        raise Problem(422, f"The value of {name} is not {words}.") from None


def _limit(given: dict[str, str]) -> int:
    text = given.get("limit", str(ROWS))
    if not re.fullmatch(r"\d{1,6}", text, re.ASCII) or not 1 <= int(text) <= MOST_ROWS:
        raise Problem(422, f"limit is a whole number from 1 to {MOST_ROWS}.")
    return int(text)


def _format(given: dict[str, str]) -> str:
    text = given.get("format", FORMATS[0])
    if text not in FORMATS:
        raise Problem(422, f"format is {' or '.join(FORMATS)}.")
    return text


def _after(mart: Mart, filters: Any, text: str) -> tuple[str, ...]:
    try:
        told = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        run, digest, place = json.loads(told)
        is_place = [type(one) for one in place] == [str] * max(1, len(mart.key))
        if not mart.key:
            int(place[0])
    except (ValueError, TypeError):
        is_place, run, digest, place = False, "", "", []
    if not is_place or run != mart.run:
        raise Problem(
            409,
            "The data changed since the page before, or this is no `after` of it: start again"
            " without one.",
        )
    if digest != _digest(filters):
        raise Problem(409, "This `after` belongs to other filters: start again without it.")
    return tuple(place)


def _digest(filters: Any) -> str:
    told = repr([(column.name, comparison, value) for column, comparison, value in filters])
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _compared_as(column: Column) -> str:
    return VALUES.get(column.type, _TEXT)[2]
