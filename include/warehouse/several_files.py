"""Several files of one kind as one table: parts of an export, or one month's beside the next.

Exports overlap, and an order may have lost a line between two of them: so all rows of an order are
from one file, the newest that has it.
"""

import re
from pathlib import Path

from adbc_driver_postgresql import dbapi

from include.errors import UserError
from include.warehouse.copying import columns_of, execute, in_landing, query, quoted
from include.warehouse.declared import FILE


def newest_first(paths: list[Path]) -> list[Path]:
    """Files by the time they were written; those of the same, by the numbers in their names."""
    return sorted(paths, key=lambda path: (path.stat().st_mtime, _numbers(path)), reverse=True)


def _numbers(path: Path) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.name)]


def join(
    connection: dbapi.Connection,
    new: str,
    parts: dict[str, str],
    key: str,
    dated_by: str | None = None,
) -> list[str]:
    """Make a new table of `landing` of those that the files were loaded into, and drop these.

    Args:
        connection: in the transaction of the load.
        new: name of the table.
        parts: table → name of its file, the newest first.
        key: the column of what is taken from one file only; rows without it are all taken.
        dated_by: the column of its day, by which two shops' files are told apart.

    Returns what people should know: which files had what a newer one has. Raises UserError where
    two files have the same of different days.
    """
    types: dict[str, set[str]] = {}
    for part, file in parts.items():
        for column in columns_of(connection, part):
            types.setdefault(column["name"], set()).add(column["type"])
        if FILE in types:
            raise UserError(f"{file} has a column {FILE}, which is the file's name: rename it.")
    if len(parts) == 1:
        [(part, file)] = parts.items()
        name = file.replace("'", "''")
        add = f"add column {FILE} text default '{name}'"
        execute(connection, f"alter table {in_landing(part)} {add}")
        execute(connection, f"alter table {in_landing(part)} rename to {quoted(new)}")
        return []
    told, selects, newer = list[str](), list[str](), dict[str, str]()
    for part, file in parts.items():
        if newer and (count := _count_in(connection, part, list(newer), key)):
            told.append(
                f"{count:,} of {key} in {file} are in {' or '.join(newer.values())} as well, and"
                " taken from there, which is newer."
            )
            for other in newer if dated_by else ():
                _check_of_one_shop(connection, (other, part), parts, key, str(dated_by))
        name = f"${len(selects) + 1}"
        selects.append(_select(connection, part, name, types, list(newer), key))
        newer[part] = file
    files = parts.values()
    execute(connection, f"create table {in_landing(new)} as {' union all '.join(selects)}", *files)
    for part in parts:
        execute(connection, f"drop table {in_landing(part)}")
    return told


def _select(
    connection: dbapi.Connection,
    part: str,
    file: str,
    types: dict[str, set[str]],
    newer: list[str],
    key: str,
) -> str:
    """The rows of a file that no newer one has, in the columns of all; text where types differ."""
    there = {column["name"] for column in columns_of(connection, part)}
    values = []
    for name, kinds in types.items():
        kind = next(iter(kinds)) if len(kinds) == 1 else "text"
        value = quoted(name) if name in there else "null"
        values.append(f"{value}::{kind} as {quoted(name)}")
    values.append(f"{file}::text as {FILE}")
    where = f" where not ({_is_in(newer, key)})" if newer else ""
    return f"select {', '.join(values)} from {in_landing(part)} as older{where}"  # noqa: S608


def _count_in(connection: dbapi.Connection, part: str, newer: list[str], key: str) -> int:
    """How many keys of a file a newer one has."""
    [row] = query(
        connection,
        f"select count(distinct {quoted(key)}) as keys from {in_landing(part)} as older"  # noqa: S608
        f" where {_is_in(newer, key)}",
    )
    return int(row["keys"])


def _check_of_one_shop(
    connection: dbapi.Connection,
    two: tuple[str, str],
    parts: dict[str, str],
    key: str,
    dated_by: str,
) -> None:
    """Refuse two files whose orders of the same number are mostly of days that no clock explains.

    A single one may have got another day by hand.
    """
    days = [
        f"(select {quoted(key)}::text, min(day)::date from {in_landing(part)},"  # noqa: S608
        f" left({quoted(dated_by)}::text, 10) as day where day like '____-__-__'"
        f" and pg_input_is_valid(day, 'date') group by 1) as {name} (key, day)"
        for part, name in zip(two, ("newer", "older"), strict=True)
    ]
    found = query(
        connection,
        "with both_have as (select key, newer.day as of_newer, older.day as of_older,"  # noqa: S608
        f" abs(newer.day - older.day) > 1 as is_other from {' join '.join(days)} using (key))"
        " select key, of_newer, of_older from both_have where is_other"
        " and (select count(*) filter (where is_other) > greatest(count(*) / 2, 1) from both_have)"
        " order by key limit 1",
    )
    for row in found:
        newer, older = (parts[part] for part in two)
        raise UserError(
            f"{newer} and {older} are of two shops, as both have {row['key']} as {key}, of"
            f" {row['of_newer']} and of {row['of_older']}: give the files of each shop a folder of"
            " their own; docs/your-shop.md#two-shops-of-one-system tells how both are loaded."
        )


def _is_in(newer: list[str], key: str) -> str:
    column = quoted(key)
    return " or ".join(
        f"exists (select from {in_landing(part)} as newer"
        f" where newer.{column}::text = older.{column}::text)"
        for part in newer
    )
