"""Two shops and a developer in one database: each has schemas of their own, and shares nothing."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from include.bot.question import AskChurn
from include.bot.rows import ChurnShare, read, reading
from include.settings import load_settings
from tests.end_to_end.conftest import Run

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1200)]


@pytest.fixture
def shared(runs: Callable[[str], Run]) -> Run:
    run = runs("shared")
    assert run.returncode == 0, run.stdout + run.stderr
    return run


def totals(run: Run, marts: str) -> tuple[int, int, Decimal]:
    row = run.warehouse.row(f"{marts}.rpt_shop_totals")
    return row["customers"], row["orders"], row["revenue"]


def test_a_shop_with_a_prefix_holds_and_reports_what_it_would_in_a_database_of_its_own(
    shared: Run, runs: Callable[[str], Run]
) -> None:
    own = runs("sent")
    assert shared.warehouse.held("north_") == own.warehouse.held()
    assert shared.delivered == own.delivered


def test_each_shop_of_a_database_has_its_own_totals(shared: Run) -> None:
    assert totals(shared, "marts") == (2, 3, Decimal("42.50"))
    assert totals(shared, "south_marts") == (3, 4, Decimal("50.00"))


def test_nothing_of_one_shop_is_in_the_schemas_of_another(shared: Run) -> None:
    found = shared.warehouse.rows(
        "select nspname as schema, string_agg(relname, ' ' order by relname) as tables"
        " from pg_class join pg_namespace on pg_namespace.oid = relnamespace"
        " where relkind = 'r' and nspname like '%landing' group by 1 order by 1"
    )
    landed = {row["schema"]: row["tables"].split() for row in found}
    assert landed.keys() == {"landing", "north_landing", "south_landing"}
    typed = "sales_form__entries"
    assert landed["landing"] == landed["south_landing"] == ["cdnow__cdnow", typed]
    assert all(table.startswith("raw_") or table == typed for table in landed["north_landing"])
    sources = {
        prefix: shared.warehouse.row(
            f"(select string_agg(distinct source_name, ',') from {prefix}marts.dim_customers) as t"
        )
        for prefix in ("", "north_", "south_")
    }
    assert [row["string_agg"] for row in sources.values()] == ["cdnow", "demo_shop", "cdnow"]


def test_nobody_waits_for_the_turn_of_another_shop(shared: Run) -> None:
    assert "has had the turn to build" not in shared.stdout + shared.stderr
    [turn] = shared.warehouse.rows("select holder, is_over from ops.build_turn")
    assert turn == {"holder": "a developer", "is_over": False}


def test_what_an_earlier_version_left_is_dropped_in_the_shops_own_schemas_only(
    shared: Run,
) -> None:
    assert shared.warehouse.rows("select * from shop.int_changed_orders") == []


def test_the_bot_answers_from_the_schemas_of_its_shop(
    shared: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHEMA_PREFIX", "south_")
    with reading(shared.warehouse) as connection:
        answer = read(connection, AskChurn(None), load_settings())
    assert isinstance(answer, ChurnShare)
    assert answer.customers == 3
