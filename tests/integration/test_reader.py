"""The roles that read: what they see after a build, and what they are refused."""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg2
import pytest
from psycopg2 import errors

from include.errors import UserError
from include.paths import DBT_PROJECT, PROJECT
from include.warehouse import bookkeeping, reader
from scripts.warehouse import app
from tests.support import marts
from tests.support.dbt import dbt
from tests.support.project_copy import environment
from tests.support.scripts import call
from tests.support.warehouses import Warehouse, demo_shop

NAME = "reader_of_tests"

Ask = Callable[..., list[tuple[object, ...]]]


def build(warehouse: Warehouse, *models: str) -> None:
    env = environment(
        PROJECT,
        **warehouse.as_environment(),
        WAREHOUSE_READER=NAME,
        DBT_TARGET_PATH=str(warehouse.folder / "target"),
    )
    database = urlsplit(warehouse.url).path[1:]
    dbt(DBT_PROJECT, database, env, {}, "run", "--select", *models)


def ask(url: str, query: str) -> list[tuple[object, ...]]:
    with closing(psycopg2.connect(url)) as asked, asked.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(autouse=True)
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_READER", NAME)


@pytest.fixture(scope="module")
def built(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse whose readers were there before its schemas, with some models of it."""
    warehouse = demo_shop(postgres, "read_only", tmp_path_factory.mktemp("reader"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_READER", NAME)
        reader.make_embedded_reader(warehouse)
        reader.make_embedded_reader(warehouse, personal=True)
    with closing(psycopg2.connect(warehouse.url)) as owner:
        bookkeeping.prepare(owner, "ops")
    build(warehouse, "+dim_customers", "+rejected_rows")
    return warehouse


@pytest.fixture(scope="module")
def urls(built: Warehouse) -> dict[bool, str]:
    """URL of the reader, by whether it sees personal columns."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_READER", NAME)
        return {
            personal: reader.make_embedded_reader(built, personal=personal).url
            for personal in (False, True)
        }


@pytest.fixture
def url(urls: dict[bool, str]) -> str:
    return urls[False]


@pytest.fixture
def personal_url(urls: dict[bool, str]) -> str:
    return urls[True]


def test_a_reader_sees_a_mart_and_sees_it_after_it_was_made_anew(
    built: Warehouse, url: str
) -> None:
    [(before,)] = ask(url, "select count(*) from marts.dim_customers")
    build(built, "dim_customers")
    assert ask(url, "select count(state) > 0, count(*) from marts.dim_customers") == [
        (True, before)
    ]
    assert ask(url, "select count(*) > 0 from shop.rejected_rows") == [(True,)]


@pytest.mark.parametrize(
    "query",
    [
        "select customer_name from marts.dim_customers",
        "select * from marts.dim_customers",
        "select state from marts.dim_customers where email like 'a%'",
        "select state from marts.dim_customers order by customer_name",
        "select d from marts.dim_customers as d",
        "select source_row from shop.rejected_rows",
        "select * from intermediate.int_customers",
        "select * from staging.stg_demo_shop__customers",
        "select * from landing.raw_customers",
        "select * from ops.pseudonym_key",
        "select * from ops.refresh_tokens",
        "select chat from ops.report_deliveries",
        "create table marts.mine (a integer)",
        "create schema mine",
        "set default_transaction_read_only = off; delete from marts.dim_customers",
        "set default_transaction_read_only = off; create table public.mine (a integer)",
        "set default_transaction_read_only = off; create table marts.mine (a integer)",
    ],
)
def test_a_reader_is_refused(query: str, url: str) -> None:
    with pytest.raises((errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction)):
        ask(url, query)


def test_a_reader_sees_how_the_runs_went(url: str) -> None:
    for table in ("data_tests", "loads", "loaded_files", "unread_files", "churn_model_parameters"):
        ask(url, f"select * from ops.{table}")
    ask(url, "select report, period_starts_on, part, state, changed_at from ops.report_deliveries")


def test_a_table_given_as_a_whole_shows_no_name_after_the_next_build(
    built: Warehouse, url: str
) -> None:
    built.execute(f"grant select on marts.dim_customers to {NAME}")
    built.execute(f"alter default privileges in schema marts grant select on tables to {NAME}")
    build(built, "dim_customers")
    with pytest.raises(errors.InsufficientPrivilege):
        ask(url, "select customer_name from marts.dim_customers")
    assert ask(url, "select count(*) > 0 from marts.dim_customers") == [(True,)]


def test_the_personal_reader_sees_names_and_neither_landing_nor_keys(personal_url: str) -> None:
    assert ask(personal_url, "select count(customer_name) > 0 from marts.dim_customers") == [
        (True,)
    ]
    ask(personal_url, "select source_row from shop.rejected_rows")
    for table in ("landing.raw_customers", "ops.pseudonym_key"):
        with pytest.raises(errors.InsufficientPrivilege):
            ask(personal_url, f"select * from {table}")


def test_a_readers_query_ends(url: str) -> None:
    assert ask(url, "show statement_timeout") == [("30s",)]
    assert ask(url, "show idle_in_transaction_session_timeout") == [("1min",)]
    began = time.monotonic()
    with pytest.raises(errors.QueryCanceled):
        ask(url, "set statement_timeout = '0.2s'; select pg_sleep(20)")
    assert time.monotonic() - began < 10


def test_a_role_that_is_made_later_sees_what_was_built_before(warehouse: Warehouse) -> None:
    marts.make(warehouse.url, {"dim_customers": [{"state": "SP", "customer_name": "Ana"}]})
    ask_as = reader.make_embedded_reader(warehouse).url
    assert ask(ask_as, "select state from marts.dim_customers") == [("SP",)]
    with pytest.raises(errors.InsufficientPrivilege):
        ask(ask_as, "select customer_name from marts.dim_customers")
    personal = reader.make_embedded_reader(warehouse, personal=True).url
    assert ask(personal, "select customer_name from marts.dim_customers") == [("Ana",)]


# --- a Postgres of one's own


@pytest.fixture
def owner(warehouse: Warehouse) -> Callable[[str], str]:
    """URL of a user who owns the database and has these rights besides."""

    def made(rights: str) -> str:
        database = urlsplit(warehouse.url).path[1:]
        name = f"owner_{database[-8:]}"
        with closing(psycopg2.connect(warehouse.url)) as admin, admin, admin.cursor() as cursor:
            cursor.execute(f"create role {name} login password 'o' {rights}")
            cursor.execute(f"alter database {database} owner to {name}")
        parts = urlsplit(warehouse.url)
        return urlunsplit(parts._replace(netloc=f"{name}:o@{parts.hostname}:{parts.port}"))

    return made


def script(owner_url: str, name: str, *options: str) -> tuple[int, str]:
    done = call(app, "reader", *options, AIRFLOW_CONN_WAREHOUSE=owner_url, WAREHOUSE_READER=name)
    return done.returncode, done.stdout + done.stderr if done.returncode else done.stdout


def test_an_owner_who_may_make_roles_makes_the_reader_by_one_command(
    owner: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner_url = owner("createrole")
    name = f"reader_{urlsplit(owner_url).username}"
    monkeypatch.setenv("WAREHOUSE_READER", name)
    code, line = script(owner_url, name)
    assert code == 0
    assert line.startswith(f"AIRFLOW_CONN_WAREHOUSE_READER=postgres://{name}:")
    variable, _, address = line.strip().partition("=")
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", owner_url)
    monkeypatch.setenv(variable, address)
    assert ask(reader.find_reader().url, "select current_user") == [(name,)]

    marts.make(owner_url, {"dim_customers": [{"state": "SP"}]})
    code, said = script(owner_url, name)
    assert (code, "keeps its password" in said) == (0, True)
    assert ask(reader.find_reader().url, "select state from marts.dim_customers") == [("SP",)]

    assert script(owner_url, name, "--new-password")[1] != line
    with pytest.raises(UserError, match="does not accept the password"):
        reader.find_reader().connect()


def test_who_may_not_make_roles_gets_the_sql_for_who_may(
    owner: Callable[[str], str], warehouse: Warehouse
) -> None:
    owner_url = owner("")
    name = f"reader_{urlsplit(owner_url).username}"
    code, said = script(owner_url, name)
    assert code == 1
    assert said.count("\n") == 1
    to_run = said.split("`")[1]
    assert to_run.startswith(f"create role {name} login password '…' connection limit 20; alter")

    ask(warehouse.url, f"begin; {to_run.replace('…', 'secret')}; commit")
    assert script(owner_url, name)[0] == 0
    parts = urlsplit(owner_url)
    place = f"{quote(name)}:secret@{parts.hostname}:{parts.port}"
    assert ask(urlunsplit(parts._replace(netloc=place)), "show statement_timeout") == [("30s",)]


def test_without_a_connection_of_the_reader_it_is_said_how_to_get_one(
    owner: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", owner(""))
    with pytest.raises(UserError, match=r"`scripts/warehouse\.py reader --personal`"):
        reader.find_reader(personal=True)


def test_a_superuser_is_no_reader(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_READER", "postgres")
    with pytest.raises(UserError, match="postgres is there and is no reader"):
        reader.new_reader(warehouse)
