"""Connections as Airflow writes them, read from the environment without Airflow."""

import asyncio
import json

import pytest

from include.connections import Connection, from_airflow, from_airflow_async, from_environment
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


def read(conn_id: str, text: str, monkeypatch: pytest.MonkeyPatch) -> Connection:
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", text)
    found = from_environment(conn_id)
    assert found is not None
    return found


def test_numbers_without_quotes_are_the_text_that_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        '{"conn_type": "telegram", "host": -1001234567890, "login": 7, "password": 12345,'
        ' "port": 5433, "schema": 2026}'
    )
    assert read("telegram", text, monkeypatch) == Connection(
        "telegram", "-1001234567890", 5433, "7", "12345", "2026"
    )


def test_extras_that_airflow_writes_as_one_come_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    uri = "postgres://me:pw@db/shop?__extra__=%7B%22sslmode%22%3A+%22verify-full%22%7D"
    found = read("erp", uri, monkeypatch)
    assert found.extra == {"sslmode": "verify-full"}
    assert found.postgres_url == "postgresql://me:pw@db:5432/shop?sslmode=verify-full"


@pytest.mark.usefixtures("airflow_home")
@pytest.mark.parametrize(
    "fields",
    [
        {"conn_type": "http", "host": "https://shop.pipedrive.com", "password": "a/b:c@d"},
        {"conn_type": "postgres", "host": "db", "login": "me", "extra": {"keepalives": 0}},
        {"conn_type": "aws", "login": "key", "password": "s+/=", "extra": {"a": {"b": ["c"]}}},
        {"conn_type": "telegram", "host": "@Channel", "password": "1:a"},
    ],
)
def test_a_uri_that_airflow_writes_says_what_its_json_says(
    fields: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk import Connection as AirflowConnection

    extra = json.dumps(fields.get("extra") or {})
    written = AirflowConnection(conn_id="one", **{**fields, "extra": extra}).get_uri()  # type: ignore[arg-type]
    assert read("one", written, monkeypatch) == read("one", json.dumps(fields), monkeypatch)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('["my-secret"]', "neither a connection URI nor JSON"),
        ("'telegram://:my-secret@-100'", "neither a connection URI nor JSON"),
        ("my-secret", "neither a connection URI nor JSON"),
        ('{"conn_type": "http", "passwort": "my-secret"}', "a field 'passwort'"),
        ('{"conn_type": "http", "password": ["my-secret"]}', "no text in the field 'password'"),
        ('{"conn_type": "http", "password": true}', "no text in the field 'password'"),
        ('{"password": "my-secret", "port": 70000}', "a port that is none"),
        ('{"password": "my-secret", "port": "x"}', "neither a connection URI nor JSON"),
        ('{"password": "my-secret", "extra": [1]}', '"extra" that is no object'),
        ('{"password": "my-secret", "extra": "[1]"}', '"extra" that is no object'),
        ('{"password": "my-secret", "extra": "{"}', "neither a connection URI nor JSON"),
        ("http://:my-secret@host?__extra__=5", '"extra" that is no object'),
        ("postgres://me:#my-secret@db/shop", "write # as %23"),
        ("postgres://me:1/my-secret@db/shop", "/ as %2F"),
        ("postgres://me:1?my-secret@db/shop", r"\? as %3F"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence_that_says_what_to_correct(
    text: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ERP", text)
    with pytest.raises(UserError, match=f"^AIRFLOW_CONN_ERP .*{says}") as caught:
        from_environment("erp")
    assert "my-secret" not in str(caught.value)


@pytest.mark.usefixtures("airflow_home")
def test_airflows_masker_knows_the_secrets_of_a_connection_that_a_task_has_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from airflow.sdk._shared.secrets_masker import redact, reset_secrets_masker

    monkeypatch.setenv(
        "AIRFLOW_CONN_ERP",
        '{"conn_type": "postgres", "host": "db.example", "password": "p@ss/word",'
        ' "extra": {"sslpassword": "of-the-key", "sslmode": "verify-full"}}',
    )
    reset_secrets_masker()
    for find in (from_airflow, lambda one: asyncio.run(from_airflow_async(one))):
        found = find("erp")
        assert found is not None
        said = f"p@ss/word of-the-key {found.postgres_url}"
        masked = redact(said)
        reset_secrets_masker()
        assert redact(said) == said
        for secret in ("p@ss/word", "p%40ss%2Fword", "of-the-key"):
            assert secret not in masked
        assert "db.example" in masked
        assert "verify-full" in masked
