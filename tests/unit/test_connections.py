"""Connections as Airflow writes them, read from the environment without Airflow."""

import json

import pytest

from include.connections import Connection, from_environment
from include.errors import UserError

WAREHOUSE = Connection("postgres", "db.example", 5433, "me@shop", "p/w: %", "shop")
URI = "postgres://me%40shop:p%2Fw%3A%20%25@db.example:5433/shop"


def test_there_is_none_without_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert from_environment("warehouse") is None
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", "  ")
    assert from_environment("warehouse") is None


def test_a_uri_is_unescaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", URI)
    assert from_environment("warehouse") == WAREHOUSE


def test_json_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {
        "conn_type": "postgres",
        "host": "db.example",
        "port": "5433",
        "login": "me@shop",
        "password": "p/w: %",
        "schema": "shop",
    }
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps(fields))
    assert from_environment("warehouse") == WAREHOUSE


def test_what_a_driver_wants_besides_comes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {"conn_type": "mssql+pyodbc", "host": "erp", "extra": {"driver": "ODBC Driver 18"}}
    told = [
        "mssql+pyodbc://erp?driver=ODBC+Driver+18",
        json.dumps(fields),
        json.dumps(fields | {"extra": json.dumps(fields["extra"])}),  # as Airflow writes it
    ]
    for text in told:
        monkeypatch.setenv("AIRFLOW_CONN_ERP", text)
        found = from_environment("erp")
        assert found is not None
        assert (found.conn_type, found.host, found.extra) == tuple(fields.values())


def test_a_path_keeps_its_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ERP", "sqlite:////data/erp.db")
    found = from_environment("erp")
    assert found is not None
    assert found.database == "/data/erp.db"


def test_a_bot_token_and_a_chat_id_come_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_TELEGRAM", "telegram://:123%3AAbc-_@-1001234567890")
    found = from_environment("telegram")
    assert found is not None
    assert (found.conn_type, found.password, found.host) == (
        "telegram",
        "123:Abc-_",
        "-1001234567890",
    )


def test_the_postgres_url_is_escaped_again() -> None:
    assert WAREHOUSE.postgres_url == URI.replace("postgres://", "postgresql://")


def test_what_a_postgres_url_leaves_out_is_postgres_own_default() -> None:
    bare = Connection("postgres", None, None, "me", None, None)
    assert bare.postgres_url == "postgresql://me:@localhost:5432/postgres"


def test_what_libpq_is_told_besides_stands_in_the_postgres_url(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    extra = {"sslmode": "verify-full", "sslrootcert": "/a b/ca.crt", "keepalives": 0}
    of_airflow = {"cursor": "dictcursor", "schema": "shop", "sslkey": None}
    fields = {"conn_type": "postgres", "host": "db", "login": "me", "extra": extra | of_airflow}
    told = [
        "postgres://me@db?sslmode=verify-full&sslrootcert=/a+b/ca.crt&keepalives=0&cursor=x",
        json.dumps(fields),
    ]
    for text in told:
        monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", text)
        found = from_environment("warehouse")
        assert found is not None
        # %20, not a plus: libpq takes that for one
        assert found.postgres_url == (
            "postgresql://me:@db:5432/postgres"
            "?sslmode=verify-full&sslrootcert=%2Fa%20b%2Fca.crt&keepalives=0"
        )


@pytest.mark.parametrize("name", ["::1", "2001:db8::1"])
def test_a_host_that_is_an_ipv6_address_keeps_its_brackets(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f"postgres://me:pw@[{name}]:5433/shop")
    found = from_environment("warehouse")
    assert found is not None
    assert found.host == name
    assert found.postgres_url == f"postgresql://me:pw@[{name}]:5433/shop"


def test_the_password_stays_out_of_the_repr() -> None:
    assert "p/w" not in repr(WAREHOUSE)
    assert "db.example" in repr(WAREHOUSE)


@pytest.mark.parametrize(
    "text",
    [
        '{"conn_type": "postgres", "password": "my-secret"',
        "postgres://me:my-secret@host:port/db",
        "postgres://me:my-secret/more@host/db",
    ],
)
def test_nonsense_is_one_sentence_without_the_password(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", text)
    with pytest.raises(UserError, match="AIRFLOW_CONN_WAREHOUSE") as caught:
        from_environment("warehouse")
    assert "my-secret" not in f"{caught.value}"
    assert "\n" not in str(caught.value)
