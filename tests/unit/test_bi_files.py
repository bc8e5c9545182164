"""The files that open Power BI and Tableau: what their makers document, and no password."""

import json
from xml.etree import ElementTree

import pytest

from include.dashboard.bi_files import Address, Column, address, pbids, tds
from include.errors import UserError

URL = "postgresql://shop_reader:pass%20word@db.example.com:6543/warehouse?sslmode=require"
THERE = Address("db.example.com", 6543, "warehouse", "shop_reader")
COLUMNS = (
    Column("customer_key", "uuid", "Key of the customer."),
    Column("week_starts_on", "date"),
    Column("churn_rate", "numeric", 'Share of <active> & "loyal" customers.'),
    Column("churned_customers", "integer"),
    Column("risk_rank", "integer"),
    Column("is_partial", "boolean"),
    Column("tags", "ARRAY"),
)


def source() -> ElementTree.Element:
    return ElementTree.fromstring(tds(THERE, "north_marts", "weekly_churn", COLUMNS))  # noqa: S314


def test_the_address_is_that_of_the_reader_without_its_password() -> None:
    assert address(URL) == THERE
    for file in (pbids(THERE), tds(THERE, "marts", "weekly_churn", COLUMNS)):
        assert b"pass" not in file.replace(b"username-password", b"")


@pytest.mark.parametrize(
    ("seen_at", "host", "port"),
    [("127.0.0.1:5433", "127.0.0.1", 5433), ("bi.example.com", "bi.example.com", 5432)],
)
def test_tools_may_reach_the_warehouse_elsewhere(seen_at: str, host: str, port: int) -> None:
    to = address(URL, seen_at)
    assert (to.host, to.port, to.database, to.user) == (host, port, "warehouse", "shop_reader")


@pytest.mark.parametrize("seen_at", [":5432", "db.example.com:x"])
def test_an_address_that_cannot_be_meant_is_one_sentence(seen_at: str) -> None:
    with pytest.raises(UserError, match="is no address: write a host and a port"):
        address(URL, seen_at)


def test_power_bi_gets_one_connection_of_the_kind_it_knows() -> None:
    assert json.loads(pbids(THERE)) == {
        "version": "0.1",
        "connections": [
            {
                "details": {
                    "protocol": "postgresql",
                    "address": {"server": "db.example.com:6543", "database": "warehouse"},
                },
                "options": {},
                "mode": "Import",
            }
        ],
    }


def test_tableau_gets_a_table_of_a_named_connection() -> None:
    [connection] = source().findall("connection/named-connections/named-connection/connection")
    assert connection.attrib == {
        "authentication": "username-password",
        "class": "postgres",
        "dbname": "warehouse",
        "port": "6543",
        "schema": "north_marts",
        "server": "db.example.com",
        "username": "shop_reader",
    }
    [named] = source().findall("connection/named-connections/named-connection")
    [relation] = source().findall("connection/relation")
    assert relation.attrib == {
        "connection": named.attrib["name"],
        "name": "weekly_churn",
        "table": "[north_marts].[weekly_churn]",
        "type": "table",
    }


def test_tableau_adds_up_what_is_a_number_and_no_key_or_rank() -> None:
    found = {
        one.attrib["name"]: (one.attrib["datatype"], one.attrib["role"], one.attrib["type"])
        for one in source().findall("column")
    }
    assert found == {
        "[customer_key]": ("string", "dimension", "nominal"),
        "[week_starts_on]": ("date", "dimension", "ordinal"),
        "[churn_rate]": ("real", "measure", "quantitative"),
        "[churned_customers]": ("integer", "measure", "quantitative"),
        "[risk_rank]": ("integer", "dimension", "nominal"),
        "[is_partial]": ("boolean", "dimension", "nominal"),
        "[tags]": ("string", "dimension", "nominal"),
    }


def test_tableau_shows_what_dbt_says_of_a_column() -> None:
    told = {
        one.attrib["name"]: "".join(one.itertext()).strip() for one in source().findall("column")
    }
    assert told["[churn_rate]"] == 'Share of <active> & "loyal" customers.'
    assert told["[week_starts_on]"] == ""
