"""Tables of the marts as dbt builds them, filled by hand: the columns of the models' contracts."""

import json
from contextlib import closing
from functools import cache
from typing import Any

import psycopg2
import yaml

from include.paths import DBT_PROJECT

Rows = dict[str, list[dict[str, Any]]]
"""Model, such as dim_products → its rows; a column that a row lacks is NULL."""

# What dbt_ecommerce/macros/data_tests.sql and told_customers.sql make.
DATA_TESTS = """
create schema if not exists ops;
create table ops.data_tests (
    test_name text not null primary key, status text not null, failures integer
);
"""
TOLD_CUSTOMERS = """
create schema if not exists ops;
create table ops.told_customers (
    as_of_on date not null, customer_key uuid not null, is_control boolean not null,
    risk_rank integer, probability_alive double precision, expected_order_days double precision,
    prediction_days integer not null, value_at_stake numeric(18, 2),
    return_probability_2 numeric(9, 6), return_probability_4 numeric(9, 6),
    return_probability_8 numeric(9, 6), return_probability_13 numeric(9, 6),
    report text not null, period_starts_on date not null, chat text not null,
    primary key (as_of_on, customer_key)
);
"""


# What dbt_ecommerce/macros/contacts.sql makes.
CONTACTS = """
create schema if not exists ops;
create table ops.contacts (
    tap text not null primary key, listed_on date not null, customer_key uuid not null,
    outcome text not null, noted_by text not null, noted_through text not null,
    noted_at timestamptz not null
);
"""


def make(url: str, rows: Rows) -> None:
    """Make the table of every model that is named, and fill it; none may be there already."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("create schema if not exists marts")
        for model, filled_with in rows.items():
            types = contract(model)
            if unknown := {name for row in filled_with for name in row} - set(types):
                raise ValueError(f"The contract of {model} has no column {sorted(unknown)}.")
            columns = ", ".join(f"{name} {data_type}" for name, data_type in types.items())
            table = f"marts.{model}"
            cursor.execute(f"create table {table} ({columns})")
            cursor.execute(
                f"insert into {table} select * from json_populate_recordset(null::{table}, %s)",
                [json.dumps([_with_keys(row, types) for row in filled_with])],
            )


def _with_keys(row: dict[str, Any], types: dict[str, str]) -> dict[str, Any]:
    """A row with the words for its keys, of up to 16 letters, as keys in the order of the words."""
    return {
        column: value.encode().ljust(16, b"\0").hex() if types[column] == "uuid" else value
        for column, value in row.items()
    }


@cache
def contract(model: str) -> dict[str, str]:
    """Column → its type in Postgres, of the yml beside the model."""
    [declared] = (DBT_PROJECT / "models" / "marts").rglob(f"{model}.yml")
    [described] = yaml.safe_load(declared.read_text(encoding="utf-8"))["models"]
    return {
        one["name"]: "text" if one["data_type"] == "string" else one["data_type"]
        for one in described["columns"]
    }
