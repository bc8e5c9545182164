"""Which Postgres is the warehouse, and how to connect to it with errors people can act on.

The connection `warehouse` in the environment (`AIRFLOW_CONN_WAREHOUSE`, also in `.env`) is it where
it is set, else the embedded Postgres, which is started when it does not run. Kept free of heavy
imports: `scripts/warehouse.py url` is called from shell lines.
"""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg2
from psycopg2.extensions import parse_dsn

from include.connections import from_airflow, from_environment
from include.dotenv_file import load_dotenv
from include.errors import TryAgainError, UserError
from include.warehouse import embedded

PROJECT = Path(__file__).resolve().parents[2]
OLDEST = 16  # pg_input_is_valid
TIMEOUT = 10  # seconds, unless the connection says `connect_timeout`
PASSING = re.compile(
    r"^.*(the database system is|too many (clients|connections)|connection slots are reserved"
    r"|server closed the connection|terminating connection|no connection to the server"
    r"|(send data to|receive data from) server|SSL (SYSCALL error|connection has been closed)).*$",
    re.MULTILINE,
)
"""What Postgres says before it is ready, as it ends and where it is full; libpq, without it."""
UNREADABLE = "The warehouse's address cannot be read: correct AIRFLOW_CONN_WAREHOUSE."


def configured_url() -> str | None:
    """URL of the warehouse that the environment names, or None; it holds the password."""
    load_dotenv(PROJECT / ".env")
    connection = from_environment("warehouse")
    if connection is None:
        return None
    if connection.conn_type not in ("postgres", "postgresql"):
        raise UserError(
            f"AIRFLOW_CONN_WAREHOUSE is a connection of type {connection.conn_type!r}: the"
            " warehouse is a Postgres, so it begins with postgres://."
        )
    return connection.postgres_url


def warehouse_url() -> str:
    """URL of the warehouse; where none is configured, of the embedded Postgres, made to run."""
    return configured_url() or embedded_url()


def task_warehouse_url() -> str:
    """URL of the warehouse in a task: Airflow's connection of that name."""
    connection = from_airflow("warehouse")
    if connection is None:
        raise UserError(
            "Airflow has no connection `warehouse`: add one, or set AIRFLOW_CONN_WAREHOUSE in .env."
        )
    return connection.postgres_url


def embedded_url() -> str:
    """URL of the embedded Postgres' warehouse; it is started when it does not run."""
    return start_embedded() if embedded.status() is None else embedded.url()


def start_embedded() -> str:
    """Start the embedded Postgres on the port of the settings, unless it runs already."""
    # Imported here: reading all settings takes longer than asking a server that runs.
    from include.settings import load_settings

    return embedded.start(port=load_settings().warehouse_port)


def connect(url: str) -> "psycopg2.extensions.connection":
    """Open a connection; why it cannot be opened is a UserError without the password in it."""
    try:
        options: dict[str, Any] = {"connect_timeout": TIMEOUT, **parse_dsn(url)}
        connection: psycopg2.extensions.connection = psycopg2.connect(**options)
    except psycopg2.ProgrammingError:
        # Not chained: the driver repeats an address that it cannot read, password and all.
        raise UserError(UNREADABLE) from None
    except psycopg2.Error as error:
        raise _explain(url, error, options["connect_timeout"]) from None
    version = connection.server_version // 10_000
    if version < OLDEST:
        connection.close()
        raise UserError(
            f"Postgres at {options['host']}:{options['port']} is version {version}, and the"
            f" warehouse needs {OLDEST} or newer: upgrade it, or name another one in"
            " AIRFLOW_CONN_WAREHOUSE."
        )
    return connection


def as_environment(url: str) -> dict[str, str]:
    """The parts of a URL as the variables that dbt's profile reads."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    return {
        "WAREHOUSE_HOST": parts.hostname or "",
        "WAREHOUSE_PORT": str(parts.port or 5432),
        "WAREHOUSE_USER": unquote(parts.username or ""),
        "WAREHOUSE_PASSWORD": unquote(parts.password or ""),
        "WAREHOUSE_DATABASE": unquote(parts.path.lstrip("/")),
        **{
            f"WAREHOUSE_{name.upper()}": options.get(name, "")
            for name in ("sslmode", "sslrootcert", "sslcert", "sslkey")
        },
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
        to = as_environment(url)
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
