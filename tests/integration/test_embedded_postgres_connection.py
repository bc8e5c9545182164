"""Which warehouse is meant, and one sentence for each way in which it cannot be reached."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
from adbc_driver_postgresql import dbapi

from include.errors import TryAgainError, UserError
from include.paths import DBT_PROJECT, PROJECT
from include.warehouse import connection, embedded
from include.warehouse.connection import Warehouse
from include.warehouse.copying import query, transaction
from tests.support.project_copy import environment, run


def sentence(url: str, kind: type[UserError] = UserError) -> str:
    """What a person reads who connects to this URL; never the password."""
    with pytest.raises(UserError) as caught:
        Warehouse(url).connect()
    said = str(caught.value)
    assert caught.type is kind, said
    assert "\n" not in said
    assert caught.value.__cause__ is None
    password = urlsplit(url).password
    assert password is None or password not in said
    return said


def test_it_connects(warehouse: Warehouse) -> None:
    with closing(warehouse.connect()) as opened, opened.cursor() as cursor:
        cursor.execute("select current_database()")
        assert cursor.fetchone() == (urlsplit(warehouse.url).path[1:],)


def test_a_wrong_password(warehouse: Warehouse) -> None:
    right = urlsplit(warehouse.url).password or ""
    said = sentence(warehouse.url.replace(right, "my-secret"))
    assert "does not accept the password of the user 'postgres'" in said
    assert "AIRFLOW_CONN_WAREHOUSE" in said


def test_no_password(warehouse: Warehouse) -> None:
    right = urlsplit(warehouse.url).password or ""
    assert "does not accept the password" in sentence(warehouse.url.replace(f":{right}@", "@"))


def test_a_database_that_does_not_exist(warehouse: Warehouse) -> None:
    url = warehouse.url.rpartition("/")[0] + "/nowhere"
    assert "has no database 'nowhere'" in sentence(url)


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    said = sentence(f"postgresql://me:my-secret@127.0.0.1:{port}/warehouse", TryAgainError)
    assert said.startswith(f"No Postgres answers at 127.0.0.1:{port}: start it")
    assert "scripts/warehouse.py start" in said


def test_an_unknown_host() -> None:
    said = sentence("postgresql://me:my-secret@no-such-host.invalid:5432/warehouse")
    assert "host 'no-such-host.invalid' is unknown" in said


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port where something takes connections and then says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_server_that_does_not_answer(silent_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert connection.TIMEOUT == 10
    monkeypatch.setattr(connection, "TIMEOUT", 2)
    said = sentence(f"postgresql://me:my-secret@127.0.0.1:{silent_port}/warehouse", TryAgainError)
    assert "does not answer within 2 seconds" in said


def test_a_server_that_is_too_old(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    assert connection.OLDEST == 16
    monkeypatch.setattr(connection, "OLDEST", 99)
    parts = urlsplit(warehouse.url)
    assert sentence(warehouse.url) == (
        f"Postgres at {parts.hostname}:{parts.port} is version 18, and the warehouse needs 99 or"
        " newer: upgrade it, or name another one in AIRFLOW_CONN_WAREHOUSE."
    )
    with closing(psycopg2.connect(warehouse.url)) as other, other.cursor() as cursor:
        cursor.execute("select count(*) from pg_stat_activity where datname = current_database()")
        assert cursor.fetchone() == (1,)  # the refused one is closed


def test_a_database_that_the_user_may_not_use(warehouse: Warehouse) -> None:
    with stranger(warehouse.url, "revoke connect on database {} from public") as url:
        said = sentence(url)
    assert "or the user 'stranger' may not use it" in said


def test_a_database_with_too_many_connections_is_worth_another_try(warehouse: Warehouse) -> None:
    with stranger(warehouse.url, "alter database {} connection limit 0") as url:
        said = sentence(url, TryAgainError)
    assert "takes no connection at the moment (too many connections for database" in said


@contextmanager
def stranger(url: str, statement: str) -> Iterator[str]:
    """URL for a user of no rights, after a statement about the database."""
    with closing(Warehouse(url).connect()) as opened, opened.cursor() as cursor:
        opened.autocommit = True
        cursor.execute("create role stranger login password 'my-secret'")
        parts = urlsplit(url)
        try:
            cursor.execute(statement.format(parts.path[1:]))
            yield f"postgresql://stranger:my-secret@{parts.hostname}:{parts.port}{parts.path}"
        finally:
            cursor.execute("drop role stranger")


@contextmanager
def server_that_says(answer: bytes) -> Iterator[str]:
    """Address of a server that answers whoever connects so, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = server.accept()
                    with client:
                        if len(client.recv(1024)) == 8:  # asks for encryption: no
                            client.sendall(b"N")
                            client.recv(1024)
                        client.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize(
    "reason",
    [
        "the database system is starting up",
        "the database system is shutting down",
        "the database system is in recovery mode",
        "the database system is not yet accepting connections",
        "sorry, too many clients already",
        "remaining connection slots are reserved for roles with the SUPERUSER attribute",
    ],
)
@pytest.mark.parametrize("database", ["127.0.0.1", "shop"])
def test_a_server_that_is_not_ready_is_worth_another_try(reason: str, database: str) -> None:
    """Also where host and database have one name, as in Docker."""
    fields = b"SFATAL\0VFATAL\0C57P03\0M" + reason.encode() + b"\0\0"
    with server_that_says(b"E" + struct.pack("!i", len(fields) + 4) + fields) as address:
        said = sentence(f"postgresql://me:my-secret@{address}/{database}", TryAgainError)
    assert said == (
        f"Postgres at {address} takes no connection at the moment ({reason}): wait until it does,"
        " and try again."
    )


def test_a_server_that_hangs_up_is_worth_another_try() -> None:
    with server_that_says(b"") as address:
        said = sentence(f"postgresql://me:my-secret@{address}/shop", TryAgainError)
    assert "(server closed the connection unexpectedly)" in said


@pytest.mark.parametrize("reason", ["Network is unreachable", "No route to host"])
def test_a_network_that_is_away_is_worth_another_try(
    reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise psycopg2.OperationalError(
            f'connection to server at "db" (10.0.0.1), port 5432 failed: {reason}\n'
            "\tIs the server running on that host and accepting TCP/IP connections?\n"
        )

    monkeypatch.setattr(psycopg2, "connect", refuse)
    said = sentence("postgresql://me:my-secret@db:5432/db", TryAgainError)
    assert said.startswith(f"Postgres at db:5432 is not reached ({reason}): check the network")


@pytest.mark.parametrize("url", ["postgresql://me:my-secret@host:port/db", "me my-secret"])
def test_an_address_that_cannot_be_read(url: str) -> None:
    assert sentence(url) == connection.UNREADABLE


def test_the_connection_in_the_environment_takes_precedence(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "start", lambda **_: pytest.fail("the embedded one was started"))
    uri = warehouse.url.replace("postgresql://", "postgres://")
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", uri)
    assert connection.find_warehouse().url == warehouse.url


def test_without_one_the_embedded_postgres_is_started_on_the_port_of_the_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ports: list[int] = []

    def start(port: int) -> str:
        ports.append(port)
        return "postgresql://embedded"

    monkeypatch.setattr(embedded, "start", start)
    monkeypatch.setattr(embedded, "status", lambda: None)
    monkeypatch.setenv("WAREHOUSE_PORT", "5499")
    assert connection.find_warehouse().url == "postgresql://embedded"
    assert ports == [5499]


def test_a_connection_of_another_type_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", "mysql://me:my-secret@host/db")
    with pytest.raises(UserError, match="connection of type 'mysql'") as caught:
        connection.find_warehouse()
    assert "my-secret" not in str(caught.value)


def test_an_address_in_parts_is_not_escaped() -> None:
    told = Warehouse("postgresql://a%40b:p%2Fw%3A@host:5433/shop%20db").as_environment()
    assert told == {
        "WAREHOUSE_HOST": "host",
        "WAREHOUSE_PORT": "5433",
        "WAREHOUSE_USER": "a@b",
        "WAREHOUSE_PASSWORD": "p/w:",
        "WAREHOUSE_DATABASE": "shop db",
        "WAREHOUSE_SSLMODE": "",
        "WAREHOUSE_SSLROOTCERT": "",
        "WAREHOUSE_SSLCERT": "",
        "WAREHOUSE_SSLKEY": "",
        "WAREHOUSE_CONNECT_TIMEOUT": "",
        "WAREHOUSE_KEEPALIVES_IDLE": "",
        **connection.SESSION,
    }


def test_encryption_is_told_in_parts_too() -> None:
    told = Warehouse(
        "postgresql://me:p@host:5432/shop?sslmode=verify-full&sslrootcert=%2Fa%20b%2Fca.crt"
    ).as_environment()
    assert told["WAREHOUSE_SSLMODE"] == "verify-full"
    assert told["WAREHOUSE_SSLROOTCERT"] == "/a b/ca.crt"


def test_what_dbt_has_no_word_for_is_told_to_libpq() -> None:
    told = Warehouse(
        "postgresql://me:p@host:5432/shop?sslmode=require&channel_binding=require"
        "&ssl_min_protocol_version=TLSv1.3&sslcrl=%2Fcrl.pem&connect_timeout=30&hostaddr=10.0.0.1"
    ).as_environment()
    of_libpq = {name: value for name, value in told.items() if name.startswith("PG")}
    assert of_libpq == {
        "PGCHANNELBINDING": "require",
        "PGSSLMINPROTOCOLVERSION": "TLSv1.3",
        "PGSSLCRL": "/crl.pem",
        **connection.SESSION,
    }
    assert told["WAREHOUSE_CONNECT_TIMEOUT"] == "30"


def test_the_password_of_a_key_is_refused_in_a_sentence() -> None:
    with pytest.raises(UserError, match="give the connection warehouse a key without one") as said:
        Warehouse("postgresql://me:p@host:5432/shop?sslpassword=my-secret").as_environment()
    assert "my-secret" not in str(said.value)


def test_a_session_is_the_same_whatever_the_role_and_the_database_say(warehouse: Warehouse) -> None:
    with stranger(
        warehouse.url,
        """
        alter role stranger set timezone = 'Asia/Tokyo';
        alter role stranger set datestyle = 'SQL, DMY';
        alter role stranger set client_encoding = 'LATIN1';
        alter database {} set timezone = 'America/Lima'
        """,
    ) as url:
        read = (
            "select array[current_setting('timezone'), current_setting('datestyle'),"
            " current_setting('client_encoding')] as told"
        )
        with closing(Warehouse(url).connect()) as opened, opened.cursor() as cursor:
            cursor.execute(read)
            assert cursor.fetchone() == (["UTC", "ISO, MDY", "UTF8"],)
        with dbapi.connect(url) as adbc:
            assert query(adbc, read) == [{"told": ["UTC", "ISO, MDY", "UTF8"]}]


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_every_name_is_refused(
    encoding: str, warehouse: Warehouse
) -> None:
    name = f"{urlsplit(warehouse.url).path[1:]}_other"
    with closing(psycopg2.connect(warehouse.url)) as admin:
        admin.autocommit = True
        admin.cursor().execute(
            f"create database {name} template template0 encoding '{encoding}'"
            " locale_provider libc locale 'C'"
        )
        try:
            said = sentence(f"{warehouse.url}_other")
        finally:
            admin.cursor().execute(f"drop database {name}")
    assert f"The database '{name}' at 127.0.0.1:" in said
    assert f"is encoded in {encoding}, which cannot hold every name: make one with" in said


def test_encryption_that_the_connection_demands_is_demanded_by_all_who_connect(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The embedded Postgres has none, so that nobody may get in."""
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f"{warehouse.url}?sslmode=require")
    encrypted = connection.find_warehouse()
    refusal = "server does not support SSL, but SSL was required"

    assert refusal in sentence(encrypted.url)

    with pytest.raises(UserError, match=refusal), transaction(encrypted):
        pass

    done = run(
        [
            *("dbt", "--no-use-colors", "debug", "--connection"),
            *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
        ],
        PROJECT,
        environment(
            PROJECT,
            **encrypted.as_environment(),
            DBT_TARGET_PATH=str(tmp_path / "target"),
            DBT_LOG_PATH=str(tmp_path / "logs"),
        ),
    )
    assert refusal in done.stdout


def test_how_long_to_wait_may_be_said_by_the_connection(
    silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "TIMEOUT", 60)
    url = f"postgresql://me:my-secret@127.0.0.1:{silent_port}/db?connect_timeout=2"
    said = sentence(url, TryAgainError)
    assert "does not answer within 2 seconds" in said
