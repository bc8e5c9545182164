"""Landing tables of a CRM as a sync leaves them, filled by hand: the columns that dbt declares."""

import json
from contextlib import closing
from typing import Any

import psycopg2
import yaml

from include.paths import DBT_PROJECT

Rows = dict[str, list[dict[str, Any]]]
"""Resource, such as deals → its rows; a column that a row lacks is NULL."""


def land(url: str, source: str, rows: Rows) -> None:
    """Make every table that the source declares, and fill those that have rows."""
    declared = DBT_PROJECT / "models" / "staging" / source / f"_{source}__sources.yml"
    [described] = yaml.safe_load(declared.read_text())["sources"]
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("create schema if not exists landing")
        for table in described["tables"]:
            columns = ", ".join(f"{one['name']} {one['data_type']}" for one in table["columns"])
            name = f"landing.{table['name']}"
            cursor.execute(f"drop table if exists {name} cascade")
            cursor.execute(f"create table {name} ({columns})")
            resource = table["name"].removeprefix(f"{source}__")
            cursor.execute(
                f"insert into {name} select * from json_populate_recordset(null::{name}, %s)",
                [json.dumps(rows.get(resource, []))],
            )
