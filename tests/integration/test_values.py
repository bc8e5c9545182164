"""A value is what its column can hold, or it is left out: the macros that see to it."""

import json
import random
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.paths import DBT_PROJECT
from include.warehouse.readable import is_readable
from tests.support.warehouses import Warehouse, new_warehouse

pytestmark = pytest.mark.timeout(600)  # the first test waits for dbt to parse

NUMBERS = {
    "12.5": "12.5000",
    " 1234 ": "1234.0000",
    "-.5": "-0.5000",
    "1e3": "1000.0000",
    "1.23456": "1.2346",
    "99999999999999.9999": "99999999999999.9999",
    "100000000000000": None,
    # one more by rounding
    "99999999999999.99995": None,
    "1e20": None,
    "NaN": None,
    "Infinity": None,
    "-inf": None,
    "1_000": None,
    "0x1F": None,
    "99,90": None,
    "1.234,56": None,
    "R$ 5": None,
    # what loading writes for what is not as the source declares
    "unreadable: 10.50": None,
    "1" * 5000: None,
    "1e-300": "0.0000",
    "": None,
}
WHOLE_NUMBERS = {
    "7": "7",
    "7.0": "7",
    "-3.00": "-3",
    "+12": "12",
    "2147483647": "2147483647",
    "2147483648": None,
    "10000000000": None,
    "7.5": None,
    "1e3": None,
    "NaN": None,
    "1_000": None,
}
DATES = {
    "2026-02-28": "2026-02-28",
    " 2026-02-28": "2026-02-28",
    "2026-02-30": None,
    "2026-13-01": None,
    "05/11/2026": None,
    "12026-01-01": None,
    "2026-01-01 BC": None,
    "infinity": None,
    # the day as it is written, wherever that was
    "2026-05-31 23:06:04 -0700": "2026-05-31",
}
TIMES = {
    "2026-06-01": "2026-06-01 00:00:00",
    "2026-06-01 23:58:24": "2026-06-01 23:58:24",
    "2026-06-01T23:58:24.5": "2026-06-01 23:58:24.5",
    "2026-06-01 23:58:24 -0700": "2026-06-02 06:58:24",
    "2026-06-01T23:58:24Z": "2026-06-01 23:58:24",
    "2026-02-30T23:58:24Z": None,
    ":026-06-01T23:58:24Z": None,
    "2026-06--1T23:58:24Z": None,
    "2026-06-01 23:58+02": "2026-06-01 21:58:00",
    "2026-06-01 10:15:00 PM": "2026-06-01 22:15:00",
    "2026-06-01 12:15 PM": "2026-06-01 12:15:00",
    "2026-06-01 13:15 PM": None,
    "2026-06-01 24:00:00": "2026-06-02 00:00:00",
    "2026-06-01 24:00:01": None,
    "2026-06-01 23:59:60": "2026-06-02 00:00:00",
    "2026-06-01 23:59:61": None,
    "2026-06-01 20:00+15": "2026-06-01 05:00:00",
    "2026-06-01 20:00+16": None,
    "2026-06-01 25:00": None,
    "2026-06-01 10:00 America/Sao_Paulo": None,
    "2026-06-01 10:00 BRT": None,
}


@pytest.fixture(scope="module")
def warehouse(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return new_warehouse(home, "values", tmp_path_factory.mktemp("values"))


def selected(warehouse: Warehouse, query: str) -> list[dict[str, Any]]:
    """The rows of a query of dbt's, by column."""
    said = warehouse.dbt("show", "--inline", query, "--output", "json", "--limit", "-1")
    shown: list[dict[str, Any]] = json.loads(said[said.index("{") : said.rindex("}") + 1])["show"]
    return shown


def cast(warehouse: Warehouse, texts: list[str], how: str) -> list[Any]:
    """What try_cast makes of texts, told as text."""
    values = ", ".join(f"({i}, '{text}')" for i, text in enumerate(texts))
    rows = selected(
        warehouse,
        f"select cast({{{{ try_cast('v', {how}) }}}} as text) as made"
        f" from (values {values}) as given (i, v) order by i",
    )
    return [row["made"] for row in rows]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("'numeric'", NUMBERS),
        ("'integer'", WHOLE_NUMBERS),
        ("'date'", DATES),
        ("'timestamp'", TIMES),
        (
            "'timestamp', 'America/Sao_Paulo'",
            {
                "2026-06-01 23:58:24": "2026-06-01 23:58:24",
                "2026-06-01T23:58:24Z": "2026-06-01 20:58:24",
            },
        ),
    ],
)
def test_a_text_is_cast_to_what_it_says_or_to_nothing(
    how: str, expected: dict[str, str | None], warehouse: Warehouse
) -> None:
    assert dict(zip(expected, cast(warehouse, list(expected), how), strict=True)) == expected


@pytest.mark.parametrize(
    ("type_of_column", "how", "expected"),
    [
        ("numeric", "numeric", ["12.5000", "1.2346", None, None, None]),
        ("numeric", "integer", [None, None, None, None, None]),
        ("bigint", "numeric", ["7.0000", "2147483648.0000"]),
        ("bigint", "integer", ["7", None]),
    ],
)
def test_a_number_is_read_like_its_text(
    type_of_column: str, how: str, expected: list[str | None], warehouse: Warehouse
) -> None:
    numbers = {
        "numeric": ["12.5", "1.23456", "1e20", "NaN", "Infinity"],
        "bigint": ["7", "2147483648"],
    }
    values = ", ".join(f"({i}, '{one}')" for i, one in enumerate(numbers[type_of_column]))
    rows = selected(
        warehouse,
        f"select cast({{{{ try_cast('v', '{how}') }}}} as text) as made from"
        f" (select i, cast(v as {type_of_column}) as v from (values {values}) as given (i, v))"
        " as typed order by i",
    )
    assert [row["made"] for row in rows] == expected


@pytest.mark.parametrize(
    ("declared", "texts"),
    [
        ("numeric", NUMBERS),
        ("numeric(12, 2)", NUMBERS),
        ("integer", WHOLE_NUMBERS),
        ("bigint", WHOLE_NUMBERS),
        ("date", DATES),
        ("timestamp", TIMES),
    ],
)
def test_who_loads_a_file_is_told_exactly_what_the_models_cannot_read(
    declared: str, texts: dict[str, str | None], warehouse: Warehouse
) -> None:
    rng = random.Random(declared)  # noqa: S311
    signs = "0123456789.,-+eE:T _ZaNx"
    broken = {
        text[:place] + rng.choice([rng.choice(signs), ""]) + text[place + rng.randint(0, 1) :]
        for text in [*texts, *texts] * 8
        for place in [rng.randint(0, len(text))]
    }
    tried = sorted(broken | texts.keys())
    made = cast(warehouse, tried, f"'{declared}'")
    assert {text: is_readable(text, declared) for text in tried} == {
        text: value is not None for text, value in zip(tried, made, strict=True)
    }


NO_NUMBERS = ["NaN", "Infinity", "-inf", "1e20", "1234567890123456789", "1_000", ""]
PURCHASES = [
    "customer_id,order_date,cds,amount",
    *["1,1997-01-06,1,10.00", "1,1997-05-06,2,20.00", "2,1997-05-08,1,12.50"],
    *[f"3,1997-05-08,1,{amount}" for amount in NO_NUMBERS],
    *["3,1997-02-30,1,1.00", "3,1997-05-08,1,1000000000000", "3,1997-05-08,1,-0.01"],
    " ,1997-05-08,1,1.00",
]


@pytest.fixture(scope="module")
def shop(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """CDNOW with three good purchases, built and tested."""
    shop = new_warehouse(home, "no_numbers", tmp_path_factory.mktemp("no_numbers"))
    shop.load_csv("cdnow", {"cdnow": "\n".join(PURCHASES)})
    figures = ("--exclude-resource-type", "unit_test", "--exclude", "resource_type:snapshot")
    shop.dbt("build", *figures, sources=["cdnow"])
    return shop


def test_amounts_that_no_column_can_hold_are_set_aside_and_the_others_counted(
    shop: Warehouse,
) -> None:
    totals = shop.row("marts.rpt_shop_totals")
    assert [totals["orders"], totals["revenue"]] == [3, Decimal("42.50")]
    assert {
        (row["rejected_because"], row["rows"])
        for row in shop.rows(
            "select rejected_because, count(*) as rows from shop.rejected_rows group by 1"
        )
    } == {
        ("amount is not a number", len(NO_NUMBERS)),
        ("order_date is not a date", 1),
        ("amount is too large", 1),
        ("amount is negative", 1),
        ("customer_id is missing", 1),
    }


def test_a_figure_that_is_no_number_fails_the_data_tests(shop: Warehouse) -> None:
    shop.execute("update marts.customer_value set ltv_revenue = 'NaN' where customer_id = '2'")
    with pytest.raises(AssertionError, match="assert_no_figure_is_nan"):
        shop.dbt("test", "--select", "assert_no_figure_is_nan", sources=["cdnow"])


def test_the_figures_of_every_mart_are_looked_at_for_nan() -> None:
    test = (DBT_PROJECT / "tests" / "assert_no_figure_is_nan.sql").read_text()
    with_figures = set()
    for path in (DBT_PROJECT / "models" / "marts").glob("*/*.yml"):
        for model in yaml.safe_load(path.read_text()).get("models", []):
            types = [str(column.get("data_type")) for column in model.get("columns", [])]
            if model["name"][:4] != "int_" and any(
                re.match("numeric|double", one) for one in types
            ):
                with_figures.add(model["name"])
    assert set(re.findall(r"^    '(\w+)',$", test, re.MULTILINE)) == with_figures
