"""One statement that a person puts to the warehouse, and its answer as text."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg import postgres

from include.errors import UserError
from include.warehouse.connection import Warehouse

UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]")
LONGEST_RULE = 40
NUMBERS = {
    postgres.types[name].oid
    for name in ("int2", "int4", "int8", "float4", "float8", "numeric", "oid")
}


@dataclass(frozen=True)
class Answer:
    """What came of a statement, values as Postgres writes them."""

    names: list[str]
    """Of the columns; none where the statement answers with no rows."""
    is_number: list[bool]
    """Of each column, which then stands at the right."""
    rows: list[list[str | None]]
    status: str
    """Postgres' own word of what it did: SELECT 4, UPDATE 1."""


def answer(warehouse: Warehouse, statement: str, *, may_write: bool = False) -> Answer:
    """Run one statement in a transaction, which can only read unless it `may_write`.

    Raises UserError with Postgres' reason, and where Postgres is not reached.
    """
    # why it cannot be reached, in the words of every other command
    warehouse.connect().close()
    try:
        # in a pipeline Postgres takes one statement at a time only
        with psycopg.connect(warehouse.url) as connection, connection.pipeline() as pipeline:
            connection.read_only = not may_write
            cursor = connection.execute(statement.encode())
            pipeline.sync()
            columns = cursor.description or []
            texts = cursor.pgresult
            assert texts is not None  # noqa: S101 - for mypy
            rows = [
                [_text(texts.get_value(row, column)) for column in range(len(columns))]
                for row in range(texts.ntuples)
            ]
            return Answer(
                [column.name for column in columns],
                [column.type_code in NUMBERS for column in columns],
                rows,
                cursor.statusmessage or "",
            )
    except psycopg.errors.ReadOnlySqlTransaction:
        raise UserError(
            "The statement would change what is stored, and nothing was: say --write where it"
            " should."
        ) from None
    except psycopg.Error as error:
        raise UserError(f"Postgres refuses the statement: {_reason(error)}.") from None


def _text(value: bytes | memoryview | bytearray | None) -> str | None:
    return None if value is None else bytes(value).decode()


def _reason(error: psycopg.Error) -> str:
    said = error.diag.message_primary or str(error).strip().split("\n")[0]
    if "cannot insert multiple commands" in said:
        said = "it is more than one; give them one after another"
    hint = f" ({error.diag.message_hint.rstrip('.')})" if error.diag.message_hint else ""
    return said.rstrip(".") + hint


def as_text(found: Answer, width: int) -> str:
    """The rows as a table; where that is wider than the terminal, row by row, a column a line."""
    if not found.names:
        return found.status
    rows = [[_printable(value or "") for value in row] for row in found.rows]
    names = [_printable(name) for name in found.names]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    if rows and sum(widths) + 3 * len(widths) - 1 > width:
        return _records(names, rows)
    lines = [
        _line(names, widths, [str.center] * len(names)),
        "-+-".join("-" * one for one in widths).join("--"),
        *(_line(row, widths, [_side(one) for one in found.is_number]) for row in rows),
        f"({len(rows):,} {'row' if len(rows) == 1 else 'rows'})",
    ]
    return "\n".join(lines)


def _printable(text: str) -> str:
    """Line breaks, and what would command the terminal, as they are written in code."""
    return UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _side(is_number: bool) -> Callable[[str, int], str]:
    return str.rjust if is_number else str.ljust


def _line(cells: list[str], widths: list[int], sides: list[Callable[[str, int], str]]) -> str:
    aligned = [side(cell, one) for cell, one, side in zip(cells, widths, sides, strict=True)]
    return (" " + " | ".join(aligned)).rstrip()


def _records(names: list[str], rows: list[list[str]]) -> str:
    first = max(len(f"-[ RECORD {len(rows)} ]") - 1, *map(len, names))
    second = min(max(len(value) for row in rows for value in row), LONGEST_RULE)
    lines = []
    for number, row in enumerate(rows, start=1):
        lines.append(f"-[ RECORD {number} ]".ljust(first + 1, "-") + "+" + "-" * (second + 1))
        lines += [
            f"{name.ljust(first)} | {value}".rstrip()
            for name, value in zip(names, row, strict=True)
        ]
    return "\n".join(lines)
