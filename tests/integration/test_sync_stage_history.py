"""The stage history of Pipedrive's deals: within a budget, on from where it stopped, whole."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from include.errors import TryAgainError, UserError
from include.sync import stage_history
from include.sync.sources import declared_sources
from include.sync.stage_history import load_stage_history
from include.warehouse.connection import Warehouse
from tests.support import fake_pipedrive
from tests.support.crm_loads import Loads, connection_to
from tests.support.fake_crm import replies
from tests.support.fake_pipedrive import FakePipedrive

FIRST, LAST = date(2020, 1, 1), date(2030, 1, 1)
Change = tuple[int, str, str | None, str | None, int, datetime]


class History(Loads):
    """Loads of Pipedrive, with its stage history."""

    fake: FakePipedrive

    def read(self, daily_budget: int = 10_000, since: date = FIRST, until: date = LAST) -> bool:
        return load_stage_history(
            self.source, self.warehouse, connection_to(self.fake.url, self.fake.token),
            since, until, daily_budget, pause=0.001, say=self.said.append,
        )  # fmt: skip

    def asked_for(self) -> list[int]:
        """The deals whose changes were asked for since the last question."""
        paths = [request.path.split("/") for request in self.fake.requests]
        self.fake.requests.clear()
        return [int(path[3]) for path in paths if path[-1] == "changelog"]

    def changes(self) -> list[Change]:
        rows = self.query(
            "select deal_id, field_key, old_value, new_value, actor_user_id, time"
            " from landing.pipedrive__deal_changes"
        )
        return sorted(rows, key=str)

    def held(self) -> list[Change]:
        """What the vendor has, of all deals."""
        rows = [(deal, *one) for deal, changes in self.fake.changes.items() for one in changes]
        return sorted(rows, key=str)


@pytest.fixture
def history(warehouse: Warehouse) -> Iterator[History]:
    """Forty deals, loaded, and their history not."""
    with fake_pipedrive.fake_pipedrive() as fake:
        fake_pipedrive.fill(fake, 40)
        history = History(fake, warehouse, declared_sources()["pipedrive"])
        history.load("deals")
        fake.requests.clear()
        yield history


def test_the_budget_stops_it_and_the_next_day_goes_on(history: History) -> None:
    """Twenty tokens a deal: 15 deals of 40, and none is read twice."""
    assert history.read(daily_budget=319) is False
    first = history.asked_for()
    assert len(first) == 15
    assert history.read(daily_budget=319) is False
    assert history.asked_for() == []

    tomorrow(history)
    assert history.read() is True
    assert sorted(first + history.asked_for()) == list(range(1, 41))
    assert history.changes() == history.held()
    assert history.read() is True
    assert history.asked_for() == []


def test_pipedrives_own_budget_stops_it(history: History) -> None:
    history.fake.daily_tokens = history.fake.spent[history.fake.now.date()] + 10 * 20

    assert history.read() is False
    assert len(set(history.asked_for())) == 10 + 1

    history.fake.now += timedelta(days=1)
    history.fake.daily_tokens = 30_000
    assert history.read() is True
    assert len(history.asked_for()) == 30
    assert history.changes() == history.held()


def test_a_deal_that_changed_is_read_again(history: History) -> None:
    """With what both readings cost, where it is the same day."""
    history.read()
    history.asked_for()
    history.fake.now += timedelta(days=1)
    history.fake.change("deals", 7, stage_id=4)
    history.load("deals")

    assert history.read() is True
    assert history.asked_for() == [7]
    assert history.changes() == history.held()
    assert history.query("select sum(tokens) from ops.pipedrive_changelogs") == [(41 * 20,)]


def test_many_changes_are_read_page_by_page(history: History) -> None:
    for step in range(150):
        history.fake.change("deals", 3, stage_id=1 + step % 4)
    history.load("deals")

    history.read()

    assert history.changes() == history.held()
    assert history.query(
        "select tokens from ops.pipedrive_changelogs where deal_id = 3"
    ) == [(40,)]  # fmt: skip


def test_a_range_of_days_is_read_the_last_day_included(history: History) -> None:
    """The deals are ten minutes apart, two by two, until the end of 2025."""
    history.fake.change("deals", 9, title="of the year after")
    history.load("deals")
    year_after = date(2026, 1, 1)

    history.read(since=year_after, until=year_after)

    assert history.asked_for() == [9]


def test_a_deal_that_pipedrive_forgot_does_not_stop_the_rest(history: History) -> None:
    """And what is known of it stays."""
    history.read()
    known = [change for change in history.changes() if change[0] == 8]
    assert known
    history.fake.change("deals", 8, title="soon gone")
    history.load("deals")
    del history.fake.records["deals"][8]
    history.asked_for()

    for _ in range(2):
        assert history.read() is True
    assert history.asked_for() == [8]
    assert [change for change in history.changes() if change[0] == 8] == known


def test_killed_half_way_nothing_is_half_written(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deal by deal: the changes of one, and that it was read, are there or not."""
    note, left = stage_history._note_as_read, iter(range(5))

    def dying(*arguments: Any) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        note(*arguments)

    monkeypatch.setattr(stage_history, "_note_as_read", dying)
    with pytest.raises(KeyboardInterrupt):
        history.read()
    monkeypatch.undo()

    read = {deal for (deal,) in history.query("select deal_id from ops.pipedrive_changelogs")}
    assert len(read) == 5
    assert history.changes() == [change for change in history.held() if change[0] in read]
    history.asked_for()
    history.read()
    assert len(history.asked_for()) == 35
    assert history.changes() == history.held()


@pytest.mark.parametrize(("status", "kind"), [(500, TryAgainError), (401, UserError)])
def test_a_failure_ends_it_with_one_sentence(
    history: History, status: int, kind: type[UserError]
) -> None:
    """And what was read until then stays read."""
    history.fake.fail(*[replies(status)] * 6, path="/v1/deals/20/changelog")

    with pytest.raises(UserError, match=rf"^pipedrive .*\({status}") as told:
        history.read()
    assert type(told.value) is kind
    read = set(history.asked_for())
    history.fake.faults.clear()
    history.read()
    assert set(history.asked_for()) & read == {20}
    assert history.changes() == history.held()


def tomorrow(history: History) -> None:
    """What was read today was read yesterday."""
    with closing(history.warehouse.connect()) as connection, connection:
        connection.cursor().execute(
            "update ops.pipedrive_changelogs set read_at = read_at - interval '1 day'"
        )
