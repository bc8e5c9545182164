"""One build at a time in a warehouse, whoever starts it."""

from datetime import timedelta

import pytest

from include.errors import UserError
from include.warehouse.locks import BUILD
from include.warehouse.turn import end_turn, in_turn, take_turn
from tests.support.warehouses import Warehouse

MONDAY, SUNDAY = "scheduled__2026-11-16", "backfill__2026-11-08"
LONG, OVER = timedelta(hours=1), timedelta(0)


def test_who_comes_second_is_told_who_builds(warehouse: Warehouse) -> None:
    assert take_turn(warehouse, MONDAY, LONG) is None
    told = take_turn(warehouse, SUNDAY, LONG)
    assert told is not None
    assert told.startswith(f"{MONDAY} has had the turn to build in the warehouse since 20")


def test_who_has_the_turn_may_take_it_again(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("include.warehouse.turn.BUILD", BUILD._replace(patience=1))
    take_turn(warehouse, MONDAY, LONG)
    assert take_turn(warehouse, MONDAY, LONG) is None
    with in_turn(warehouse, MONDAY), in_turn(warehouse, MONDAY):
        pass  # two tasks of one run


def test_who_takes_it_again_has_had_it_since_the_first_time(
    warehouse: Warehouse,
) -> None:
    take_turn(warehouse, MONDAY, OVER)
    first = warehouse.row("ops.build_turn")
    take_turn(warehouse, MONDAY, LONG)
    again = warehouse.row("ops.build_turn")
    assert again["since"] == first["since"]
    assert again["seen_at"] > first["seen_at"]
    assert again["kept_for"] == LONG


def test_a_task_that_is_cleared_after_the_end_keeps_the_turn_from_then_on(
    warehouse: Warehouse,
) -> None:
    take_turn(warehouse, MONDAY, LONG)
    end_turn(warehouse, MONDAY)
    before = warehouse.row("ops.build_turn")
    with in_turn(warehouse, MONDAY):
        pass
    assert warehouse.row("ops.build_turn")["seen_at"] > before["seen_at"]
    assert take_turn(warehouse, SUNDAY, LONG) is not None


def test_a_turn_that_is_over_is_the_next_ones(warehouse: Warehouse) -> None:
    take_turn(warehouse, MONDAY, LONG)
    end_turn(warehouse, SUNDAY)  # not theirs
    assert take_turn(warehouse, SUNDAY, LONG) is not None
    end_turn(warehouse, MONDAY)
    assert take_turn(warehouse, SUNDAY, LONG) is None
    assert take_turn(warehouse, MONDAY, LONG) is not None


def test_a_run_of_which_nothing_is_heard_loses_its_turn_but_not_while_it_works(
    warehouse: Warehouse,
) -> None:
    take_turn(warehouse, MONDAY, OVER)
    with in_turn(warehouse, MONDAY):
        assert take_turn(warehouse, SUNDAY, LONG) is not None
    assert take_turn(warehouse, SUNDAY, LONG) is None


def test_a_run_that_lost_its_turn_does_not_build_on_what_another_built(
    warehouse: Warehouse,
) -> None:
    take_turn(warehouse, MONDAY, OVER)
    take_turn(warehouse, SUNDAY, LONG)
    end_turn(warehouse, SUNDAY)
    told = f"{SUNDAY} has had .* clear this run from its first task"
    with pytest.raises(UserError, match=told), in_turn(warehouse, MONDAY):
        pass


def test_a_process_that_is_killed_holds_nothing(warehouse: Warehouse) -> None:
    take_turn(warehouse, MONDAY, OVER)
    with pytest.raises(KeyboardInterrupt), in_turn(warehouse, MONDAY):
        raise KeyboardInterrupt
    assert take_turn(warehouse, SUNDAY, LONG) is None


# --- dbt by hand


def seed(warehouse: Warehouse) -> str:
    return warehouse.dbt("seed", "--select", "raw_products")


def test_dbt_by_hand_takes_a_turn_and_ends_it(warehouse: Warehouse) -> None:
    seed(warehouse)
    seed(warehouse)
    row = warehouse.row("ops.build_turn")
    assert row["holder"].startswith("dbt ")
    assert row["is_over"]


def test_dbt_by_hand_is_refused_while_a_run_builds(warehouse: Warehouse) -> None:
    seed(warehouse)
    take_turn(warehouse, MONDAY, LONG)
    with pytest.raises(AssertionError, match=f"{MONDAY} has had the turn to build .* run this aga"):
        seed(warehouse)
    take_turn(warehouse, MONDAY, OVER)
    with in_turn(warehouse, MONDAY), pytest.raises(AssertionError, match="at most one builds"):
        seed(warehouse)
    assert "raw_products" in seed(warehouse)


def test_dbt_by_hand_is_cut_off_by_who_takes_the_next_turn(warehouse: Warehouse) -> None:
    """Here between its beginning and its first table."""
    seed(warehouse)
    warehouse.execute(
        """
        create function ops.steal() returns trigger language plpgsql as $$ begin
            new.holder := 'scheduled'; return new;
        end $$;
        create trigger steal before update on ops.build_turn
        for each row execute function ops.steal()
        """
    )
    try:
        with pytest.raises(AssertionError, match="Somebody else began to build"):
            seed(warehouse)
    finally:
        warehouse.execute("drop function ops.steal cascade")
