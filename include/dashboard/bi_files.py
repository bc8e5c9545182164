"""Files that open a BI tool with its connection filled in: Power BI's .pbids, Tableau's .tds.

Neither has room for a password here: both programs ask for it, and keep it themselves.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from psycopg.conninfo import conninfo_to_dict

from include.errors import UserError

_TABLEAU = {
    "bigint": "integer",
    "boolean": "boolean",
    "date": "date",
    "double precision": "real",
    "integer": "integer",
    "numeric": "real",
    "smallint": "integer",
    "timestamp with time zone": "datetime",
    "timestamp without time zone": "datetime",
}
"""Postgres' types by the names of `information_schema`, and Tableau's; the rest are texts to it."""
_MEASURES = ("integer", "real")


@dataclass(frozen=True)
class Address:
    """Where the warehouse is, and as whom it is read."""

    host: str
    port: int
    database: str
    user: str


@dataclass(frozen=True)
class Column:
    """A column of a table; `data_type` as `information_schema` names it."""

    name: str
    data_type: str
    description: str = ""


def address(reader_url: str, seen_at: str = "") -> Address:
    """Of the reader's URL; `seen_at`, a host and perhaps a port, where tools reach it elsewhere.

    Raises UserError where `seen_at` cannot be meant so.
    """
    parts = conninfo_to_dict(reader_url)
    host, port = str(parts.get("host", "localhost")), str(parts.get("port", "5432"))
    if seen_at:
        host, _, other = seen_at.partition(":")
        port = other or "5432"
    if not (host and port.isdecimal()):
        raise UserError(
            f"WAREHOUSE_ADDRESS={seen_at} is no address: write a host and a port, as"
            " db.example.com:5432."
        )
    return Address(host, int(port), str(parts.get("dbname", "")), str(parts.get("user", "")))


def pbids(to: Address) -> bytes:
    """A file that opens Power BI Desktop at the list of tables."""
    connection = {
        "details": {
            "protocol": "postgresql",
            "address": {"server": f"{to.host}:{to.port}", "database": to.database},
        },
        "options": {},
        "mode": "Import",
    }
    return json.dumps({"version": "0.1", "connections": [connection]}, indent=2).encode()


def tds(to: Address, schema: str, table: str, columns: Sequence[Column]) -> bytes:
    """A file that opens Tableau at one table, with the columns it has and what they mean."""
    source = Element("datasource", {"formatted-name": table, "inline": "true", "version": "18.1"})
    federated = SubElement(source, "connection", {"class": "federated"})
    named = SubElement(
        SubElement(federated, "named-connections"),
        "named-connection",
        {"caption": to.host, "name": "postgres.warehouse"},
    )
    SubElement(
        named,
        "connection",
        {
            "authentication": "username-password",
            "class": "postgres",
            "dbname": to.database,
            "port": str(to.port),
            "schema": schema,
            "server": to.host,
            "username": to.user,
        },
    )
    SubElement(
        federated,
        "relation",
        {
            "connection": "postgres.warehouse",
            "name": table,
            "table": f"[{schema}].[{table}]",
            "type": "table",
        },
    )
    fields = SubElement(federated, "cols")
    for column in columns:
        SubElement(
            fields, "map", {"key": f"[{column.name}]", "value": f"[{table}].[{column.name}]"}
        )
    SubElement(source, "aliases", {"enabled": "yes"})
    for column in columns:
        _describe(source, column)
    ElementTree.indent(source)
    text = ElementTree.tostring(source, "unicode")
    return f"<?xml version='1.0' encoding='utf-8' ?>\n{text}\n".encode()


def _describe(source: Element, column: Column) -> None:
    """Its type, and what is done with it: a number is added up, but a key or a rank is not."""
    datatype = _TABLEAU.get(column.data_type, "string")
    is_measure = datatype in _MEASURES and not column.name.endswith(("_key", "_id", "_rank"))
    kind = "quantitative" if is_measure else "ordinal" if datatype in ("date", "datetime") else None
    described = SubElement(
        source,
        "column",
        {
            "datatype": datatype,
            "name": f"[{column.name}]",
            "role": "measure" if is_measure else "dimension",
            "type": kind or "nominal",
        },
    )
    if column.description:
        text = SubElement(SubElement(described, "desc"), "formatted-text")
        SubElement(text, "run").text = column.description
