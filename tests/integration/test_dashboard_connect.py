"""The page Connect: values and files for tools of one's own, without a password."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
import streamlit as st

from include.dashboard import readers
from include.report.wording import LANGUAGES
from include.warehouse.bookkeeping import prepare
from include.warehouse.connection import Warehouse
from include.warehouse.reader import make_embedded_reader
from tests.support import marts
from tests.support.pages import page, texts

AS_OF = "2026-11-16"
Files = dict[str, bytes]


@pytest.fixture
def reader(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """URL of the reader of a warehouse with a few described tables."""
    marts.make(
        warehouse.url,
        {
            "rpt_shop_totals": [{"as_of_on": AS_OF, "currency": "BRL"}],
            "rpt_weekly_report": [{"as_of_on": AS_OF}],
            "dim_customers": [],
            "weekly_churn": [],
        },
    )
    with closing(warehouse.connect()) as connection:
        prepare(connection, "ops")
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "create schema shop; create table shop.as_of (as_of_on date);"
                f"insert into shop.as_of values ('{AS_OF}');"
                "comment on column marts.weekly_churn.churn_rate is 'Who left & was active.'"
            )
    url = make_embedded_reader(warehouse).url
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE_READER", url)
    yield url
    readers.close()


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Files:
    """What can be downloaded, by the words on its button."""
    offered: Files = {}

    def button(label: str, data: bytes, *_: Any, **__: Any) -> None:
        offered[label] = data

    monkeypatch.setattr(st, "download_button", button)
    return offered


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_tells_where_the_warehouse_is_and_no_password(
    reader: str, files: Files, lang: str
) -> None:
    shown = page("connect", lang=lang)
    there = urlsplit(reader)
    assert not shown.exception
    read = texts(shown)
    for value in ("127.0.0.1", str(there.port), there.path[1:], "shop_reader", "marts, shop"):
        assert f": `{value}`" in read
    assert there.password
    assert there.password not in read
    assert there.password.encode() not in b"".join(files.values())


def test_tableaus_file_is_of_the_table_that_is_chosen(reader: str, files: Files) -> None:
    assert not page("connect", table="weekly_churn").exception
    source = ElementTree.fromstring(files["Download weekly_churn.tds"])  # noqa: S314
    told = {one.attrib["name"]: "".join(one.itertext()).strip() for one in source.iter("column")}
    assert told.keys() == {f"[{name}]" for name in marts.contract("weekly_churn")}
    assert told["[churn_rate]"] == "Who left & was active."


def test_tableaus_file_has_no_column_that_the_reader_may_not_see(reader: str, files: Files) -> None:
    assert not page("connect", table="dim_customers").exception
    source = ElementTree.fromstring(files["Download dim_customers.tds"])  # noqa: S314
    there = {one.attrib["name"] for one in source.iter("column")}
    assert "[state]" in there
    assert not there & {"[customer_name]", "[email]"}


def test_tools_are_sent_to_where_they_reach_the_warehouse(
    reader: str, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_ADDRESS", "127.0.0.1:5433")
    assert ": `5433`" in texts(page("connect"))
    assert b'"server": "127.0.0.1:5433"' in files["Download shop.pbids"]
