"""A Metabase is connected by its API: once, again without harm, and without customers' names."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace

import pytest

from include.connections import Connection
from include.errors import UserError
from include.metabase import set_up
from include.warehouse.connection import Warehouse
from scripts.metabase import app
from tests.support.fake_crm import Fault, html, hung_up, replies
from tests.support.fake_metabase import FakeMetabase, fake_metabase
from tests.support.scripts import call

READER = "postgresql://shop_reader:pass%20word@warehouse:5432/warehouse"
PASSWORD = "long enough 1"
TABLES = {
    "weekly_churn": ["week_starts_on", "churn_rate"],
    "dim_customers": ["customer_key", "customer_name", "email", "state"],
    "made_by_hand": ["whatever"],
}


@pytest.fixture
def server() -> Iterator[FakeMetabase]:
    with fake_metabase(TABLES) as running:
        yield running


def admin(server: FakeMetabase, password: str = PASSWORD) -> Connection:
    return Connection("http", server.url, None, "ana@example.com", password, None)


def run(server: FakeMetabase, reader: str = READER) -> list[str]:
    said: list[str] = []
    set_up(admin(server), Warehouse(reader), said.append, patience=1)
    return said


def test_a_new_metabase_gets_an_administrator_and_the_marts(server: FakeMetabase) -> None:
    assert run(server) == [
        "Made the administrator ana@example.com.",
        "Added the database shop.",
        "Hid 3 columns that tell who customers are.",
    ]
    assert server.admin is not None
    assert server.databases[2]["details"] == {
        "host": "warehouse",
        "port": 5432,
        "dbname": "warehouse",
        "user": "shop_reader",
        "password": "pass word",
        "schema-filters-type": "inclusion",
        "schema-filters-patterns": "marts,shop",
        "ssl": False,
    }


def test_what_the_reader_may_not_see_is_never_asked_for(server: FakeMetabase) -> None:
    run(server)
    assert server.visible() == {
        "weekly_churn": ["week_starts_on", "churn_rate"],
        "dim_customers": ["customer_key", "state"],
        "made_by_hand": [],
    }


def test_a_second_run_changes_nothing(server: FakeMetabase) -> None:
    run(server)
    before = deepcopy((server.admin, server.databases, server.fields))
    assert run(server) == ["The database shop is up to date.", "Nothing to hide."]
    assert (server.admin, server.databases, server.fields) == before


def test_another_address_of_the_warehouse_is_brought_up_to_date(server: FakeMetabase) -> None:
    run(server)
    run(server, "postgresql://shop_reader:new@db.example.com/shop?sslmode=verify-full")
    assert [one["name"] for one in server.databases.values()] == ["Sample Database", "shop"]
    details = server.databases[2]["details"]
    assert (details["host"], details["port"], details["password"]) == (
        "db.example.com",
        5432,
        "new",
    )
    assert (details["ssl"], details["ssl-mode"]) == (True, "verify-full")


def test_a_run_that_broke_off_is_completed_by_the_next(server: FakeMetabase) -> None:
    server.fail(hung_up, path="/api/field/4")
    with pytest.raises(UserError, match="does not answer"):
        run(server)
    assert run(server)[-1] == "Hid 3 columns that tell who customers are."
    assert server.visible()["dim_customers"] == ["customer_key", "state"]


def test_it_is_waited_for_while_it_starts(server: FakeMetabase) -> None:
    server.fail(replies(503, {"status": "initializing"}), hung_up, path="/api/health")
    assert run(server)[0] == "Made the administrator ana@example.com."


def test_each_shop_of_a_metabase_has_its_own_database(
    server: FakeMetabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(server)
    monkeypatch.setenv("SCHEMA_PREFIX", "north_")
    run(server)
    assert [one["name"] for one in server.databases.values()][1:] == ["shop", "north_shop"]
    assert server.databases[3]["details"]["schema-filters-patterns"] == "north_marts,north_shop"


@pytest.mark.parametrize(
    ("path", "fault", "says"),
    [
        ("/api/health", [replies(503)] * 200, "is still starting: see its log, then"),
        ("/api/setup", [replies(400, {"errors": {"password": "password is too common."}})],
         "refuses POST /api/setup with 400: password: password is too common."),
        ("/api/database", [replies(500, {"message": "no disk"})], "with 500: no disk"),
        ("/api/database", [lambda *_: replace(html(*_), status=502)], "with 502: Bad Gateway"),
    ],
)  # fmt: skip
def test_what_it_refuses_is_one_sentence_without_a_password(
    server: FakeMetabase, path: str, fault: list[Fault], says: str
) -> None:
    server.fail(*fault, path=path)
    with pytest.raises(UserError) as caught:
        run(server)
    assert says in str(caught.value)
    assert PASSWORD not in str(caught.value)
    assert "pass word" not in str(caught.value)


def test_a_warehouse_that_it_cannot_reach_is_told(server: FakeMetabase) -> None:
    with pytest.raises(UserError, match="we couldn't connect to the database"):
        run(server, "postgresql://shop_reader:x@nowhere.example/warehouse")


def test_another_administrators_password_is_told(server: FakeMetabase) -> None:
    run(server)
    with pytest.raises(UserError, match="refuses the login: write the e-mail address"):
        set_up(admin(server, "another one 2"), Warehouse(READER), print, patience=1)


def test_the_script_takes_both_addresses_from_connections(server: FakeMetabase) -> None:
    told = {"AIRFLOW_CONN_WAREHOUSE_READER": READER, "AIRFLOW_CONN_WAREHOUSE": READER}
    done = call(app, **told)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no connection AIRFLOW_CONN_METABASE" in done.stderr
    where = server.url.replace("http://", "http://ana%40example.com:long%20enough%201@")
    done = call(app, **told, AIRFLOW_CONN_METABASE=where)
    assert done.returncode == 0, done.stderr
    assert "Added the database shop." in done.stdout
