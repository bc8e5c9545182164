"""Which Postgres is the warehouse, and how to connect to it with errors people can act on.

The connection `warehouse` in the environment (`AIRFLOW_CONN_WAREHOUSE`, also in `.env`) is it where
it is set, else the embedded Postgres, which is started when it does not run. Kept free of heavy
imports: `scripts/warehouse.py url` is called from shell lines.
"""

import os
import re
from typing import NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg2
from psycopg2.extensions import parse_dsn

from include.connections import from_airflow, from_environment
from include.dotenv_file import load_dotenv
from include.errors import TryAgainError, UserError
from include.paths import DOTENV
from include.schemas import schema_prefix
from include.warehouse import embedded

OLDEST = 16  # pg_input_is_valid
TIMEOUT = 10  # seconds, unless the connection says `connect_timeout`
PASSING = re.compile(
    r"^.*(the database system is|too many (clients|connections)|connection slots are reserved"
    r"|server closed the connection|terminating connection|no connection to the server"
    r"|(send data to|receive data from) server|SSL (SYSCALL error|connection has been closed)).*$",
    re.MULTILINE,
)
"""What Postgres says before it is ready, as it ends and where it is full; libpq, without it."""
SESSION = {"PGTZ": "UTC", "PGDATESTYLE": "ISO, MDY", "PGCLIENTENCODING": "UTF8"}
"""What every session is told, so that no result depends on a server's, a role's or a machine's own.

libpq reads it in each program that connects: psycopg2, ADBC, dlt, dbt. It travels with the request
for a connection, which poolers keep apart for each client; what is SET later, they may not.
"""
os.environ.update(SESSION)
OF_DBT = ("sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "keepalives_idle")
"""What dbt can be told of a connection beside its address."""
NOT_OF_DBT = re.compile(
    r"channel_binding|gss\w+|krbsrvname|load_balance_hosts|options|passfile|require\w+|ssl\w+"
    r"|target_session_attrs"
)
"""What dbt cannot be told of a connection, but libpq by a variable: PG and the name."""
UNREADABLE = "The warehouse's address cannot be read: correct AIRFLOW_CONN_WAREHOUSE."


class Warehouse:
    """A Postgres by its URL, which holds the password: what prints one of these does not show it.

    No dataclass: Airflow would write its fields into an XCom. It is looked up where it is needed,
    and neither pickled nor handed from task to task.
    """

    __slots__ = ("_url",)

    def __init__(self, url: str) -> None:
        """Of a URL as libpq reads it."""
        self._url = url

    @property
    def url(self) -> str:
        """For what connects in its own way: ADBC, dlt, the environment of another process."""
        return self._url

    def __repr__(self) -> str:
        return "Warehouse(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Warehouse is not pickled, as it holds a password.")

    def connect(self) -> "psycopg2.extensions.connection":
        """Open a connection; why it cannot be opened is a UserError without the password in it."""
        timeout: int | str = TIMEOUT
        try:
            timeout = parse_dsn(self._url).get("connect_timeout", TIMEOUT)
            connection: psycopg2.extensions.connection = psycopg2.connect(
                self._url, connect_timeout=timeout
            )
        except psycopg2.ProgrammingError:
            # Not chained: the driver repeats an address that it cannot read, password and all.
            raise UserError(UNREADABLE) from None
        except psycopg2.Error as error:
            raise _explain(self._url, error, timeout) from None
        unfit = _why_unfit(connection)
        if unfit:
            connection.close()
            raise UserError(unfit)
        return connection

    def as_environment(self) -> dict[str, str]:
        """The variables that dbt reads for it, and libpq where dbt has no word for something."""
        if "sslpassword" in dict(parse_qsl(urlsplit(self._url).query)):
            # raised where no name holds a password, as a traceback may show what names hold
            raise UserError(
                "dbt cannot be told the password of a key (sslpassword): give the connection"
                " warehouse a key without one, readable by its owner only."
            )
        return _as_environment(self._url)


def configured_warehouse() -> Warehouse | None:
    """The warehouse that the environment names, or None."""
    load_dotenv(DOTENV)
    connection = from_environment("warehouse")
    if connection is None:
        return None
    if connection.conn_type not in ("postgres", "postgresql"):
        raise UserError(
            f"AIRFLOW_CONN_WAREHOUSE is a connection of type {connection.conn_type!r}: the"
            " warehouse is a Postgres, so it begins with postgres://."
        )
    return Warehouse(connection.postgres_url)


def find_warehouse() -> Warehouse:
    """The warehouse; where none is configured, the embedded Postgres, made to run."""
    return configured_warehouse() or embedded_warehouse()


def task_warehouse() -> Warehouse:
    """The warehouse in a task: Airflow's connection of that name."""
    connection = from_airflow("warehouse")
    if connection is None:
        raise UserError(
            "Airflow has no connection `warehouse`: add one, or set AIRFLOW_CONN_WAREHOUSE in .env."
        )
    return Warehouse(connection.postgres_url)


def embedded_warehouse() -> Warehouse:
    """The embedded Postgres' warehouse; it is started when it does not run."""
    return Warehouse(start_embedded() if embedded.status() is None else embedded.url())


def start_embedded() -> str:
    """Start the embedded Postgres on the port of the settings, unless it runs already."""
    # Imported here: reading all settings takes longer than asking a server that runs.
    from include.settings import load_settings

    return embedded.start(port=load_settings().warehouse_port)


def _why_unfit(connection: "psycopg2.extensions.connection") -> str | None:
    """Why a database cannot be the warehouse; it said so when the connection was made."""
    place = f"{connection.info.host}:{connection.info.port}"
    version = connection.server_version // 10_000
    if version < OLDEST:
        return (
            f"Postgres at {place} is version {version}, and the warehouse needs {OLDEST} or newer:"
            " upgrade it, or name another one in AIRFLOW_CONN_WAREHOUSE."
        )
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        name = connection.info.dbname
        return (
            f"The database {name!r} at {place} is encoded in {encoding}, which cannot hold every"
            f" name: make one with `create database … template template0 encoding 'UTF8'` and name"
            " it in AIRFLOW_CONN_WAREHOUSE."
        )
    return None


def _as_environment(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    told = dict(parse_qsl(parts.query))
    of_libpq = {
        f"PG{name.upper().replace('_', '')}": value
        for name, value in told.items()
        if NOT_OF_DBT.fullmatch(name) and name not in OF_DBT
    }
    return {
        **_parts(url),
        **{f"WAREHOUSE_{name.upper()}": told.get(name, "") for name in OF_DBT},
        **of_libpq,
        **SESSION,
        # left out where it is empty: to dbt a variable that is set is another one, and parsed anew
        **({"SCHEMA_PREFIX": prefix} if (prefix := schema_prefix()) else {}),
    }


def _parts(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    return {
        "WAREHOUSE_HOST": parts.hostname or "",
        "WAREHOUSE_PORT": str(parts.port or 5432),
        "WAREHOUSE_USER": unquote(parts.username or ""),
        "WAREHOUSE_PASSWORD": unquote(parts.password or ""),
        "WAREHOUSE_DATABASE": unquote(parts.path.lstrip("/")),
    }


def may_pass(error: Exception) -> bool:
    """Whether a driver's error tells of a server that is not ready yet, or of a broken connection.

    Only a server that answered a query gives a SQLSTATE; in what is said of the others the end is
    libpq's, in English, whatever the server's language is.
    """
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    return str(state).startswith(("08", "40", "57P")) or bool(PASSING.search(str(error)))


def _explain(url: str, error: psycopg2.Error, timeout: int | str) -> UserError:
    """One sentence for what libpq said; its words are English, a server's own may not be."""
    try:
        to = _parts(url)
    except ValueError:
        return UserError(UNREADABLE)
    host, place = to["WAREHOUSE_HOST"], f"{to['WAREHOUSE_HOST']}:{to['WAREHOUSE_PORT']}"
    user, database = to["WAREHOUSE_USER"], to["WAREHOUSE_DATABASE"]
    # Without the host's name, which may be any of the words below.
    said = re.sub(r"connection to server (at|on) .+? failed: (FATAL:\s+)?", "", str(error).strip())
    # What a server said comes first: a host with two addresses may also have refused one.
    if "password" in said:
        return UserError(
            f"Postgres at {place} does not accept the password of the user {user!r}: correct it in"
            " AIRFLOW_CONN_WAREHOUSE."
        )
    if any(
        words in said
        for words in (f'database "{database}" does not exist', "permission denied for database")
    ):
        return UserError(
            f"Postgres at {place} has no database {database!r}, or the user {user!r} may not use"
            " it: create it, or correct AIRFLOW_CONN_WAREHOUSE."
        )
    if passing := PASSING.search(said):
        return TryAgainError(
            f"Postgres at {place} takes no connection at the moment ({passing.group()}): wait until"
            " it does, and try again."
        )
    if "could not translate host name" in said:
        return UserError(
            f"The warehouse's host {host!r} is unknown: correct AIRFLOW_CONN_WAREHOUSE."
        )
    if "timeout expired" in said or "timed out" in said:
        return TryAgainError(
            f"Postgres at {place} does not answer within {timeout} seconds: check the network and"
            " the host and port in AIRFLOW_CONN_WAREHOUSE."
        )
    if "Connection refused" in said:
        return TryAgainError(
            f"No Postgres answers at {place}: start it (the embedded one with"
            " `uv run python scripts/warehouse.py start`), or correct AIRFLOW_CONN_WAREHOUSE."
        )
    reason = said.split("\n")[0]
    if reason in ("Network is unreachable", "No route to host", "Host is down"):
        return TryAgainError(
            f"Postgres at {place} is not reached ({reason}): check the network and the host and"
            " port in AIRFLOW_CONN_WAREHOUSE."
        )
    return UserError(f"Postgres at {place} refused the connection: {reason}.")
