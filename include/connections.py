"""Airflow connections, from the environment for scripts and from Airflow for tasks.

Scripts read `AIRFLOW_CONN_<ID>` (a URI or JSON, as Airflow does) without importing Airflow,
which takes seconds; tasks ask Airflow, which also knows its own database and secrets backends.
"""

import json
import os
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from include.errors import UserError

OF_LIBPQ = re.compile(
    r"application_name|channel_binding|connect_timeout|gss\w+|hostaddr|keepalives\w*"
    r"|krbsrvname|load_balance_hosts|options|passfile|require_auth|requirepeer|ssl\w+"
    r"|target_session_attrs|tcp_user_timeout"
)
"""The extras of a Postgres connection that its driver takes; others are Airflow's own.

Not `client_encoding`: see `SESSION` of `warehouse/connection.py`.
"""


@dataclass(frozen=True)
class Connection:
    """What a connection says; `password` stays out of its repr and so out of logs."""

    conn_type: str
    host: str | None
    port: int | None
    login: str | None
    password: str | None
    database: str | None
    extra: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Connection({self.conn_type}, host={self.host}, port={self.port})"

    @property
    def postgres_url(self) -> str:
        """The connection as one URL that psql and SQLAlchemy accept; it holds the password."""
        login, password = quote(self.login or "", safe=""), quote(self.password or "", safe="")
        host = self.host or "localhost"
        if ":" in host:
            host = f"[{host}]"  # an IPv6 address
        told = {
            name: value
            for name, value in self.extra.items()
            if OF_LIBPQ.fullmatch(name) and value not in (None, "")
        }
        query = urlencode(told, quote_via=quote, safe="")  # to libpq a plus is not a space
        return (
            f"postgresql://{login}:{password}@{host}:{self.port or 5432}"
            f"/{quote(self.database or 'postgres', safe='')}{'?' if query else ''}{query}"
        )


def from_environment(conn_id: str) -> Connection | None:
    """The connection in `AIRFLOW_CONN_<ID>`, or None where the variable is not set."""
    variable = f"AIRFLOW_CONN_{conn_id.upper()}"
    text = os.environ.get(variable, "").strip()
    if not text:
        return None
    try:
        return _from_json(text) if text.startswith("{") else from_uri(text)
    except (ValueError, AttributeError):
        # not chained: the parser's own words may quote a piece of the password
        raise UserError(
            f"{variable} is neither a connection URI nor JSON that Airflow would accept:"
            " see .env.example for both forms."
        ) from None


def from_airflow(conn_id: str) -> Connection | None:
    """The connection as Airflow knows it, or None; only for code that runs in a task.

    The environment is asked first, as Airflow does, but without its debug log of what it found.
    """
    found = from_environment(conn_id)
    if found is not None:
        return found
    from airflow.sdk import Connection as AirflowConnection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return _of_airflow(AirflowConnection.get(conn_id))
    except AirflowNotFoundException:
        return None


async def from_airflow_async(conn_id: str) -> Connection | None:
    """The same for code in the triggerer, whose loop must not wait."""
    found = from_environment(conn_id)
    if found is not None:
        return found
    from airflow.sdk import Connection as AirflowConnection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return _of_airflow(await AirflowConnection.async_get(conn_id))
    except AirflowNotFoundException:
        return None


def _of_airflow(found: Any) -> Connection | None:
    if not found.host and not found.password:
        return None  # a placeholder, as airflow_settings.yaml has one for telegram
    return Connection(
        found.conn_type,
        found.host,
        found.port,
        found.login,
        found.password,
        found.schema,
        found.extra_dejson,
    )


def from_uri(uri: str) -> Connection:
    """Parse `type://login:password@host:port/database?extra=…`, every part percent-encoded."""
    parts = urlsplit(uri)

    def plain(part: str | None) -> str | None:
        return unquote(part) if part else None

    return Connection(
        conn_type=parts.scheme,
        host=plain(parts.hostname),
        port=parts.port,
        login=plain(parts.username),
        password=plain(parts.password),
        database=plain(parts.path.removeprefix("/")),
        extra=dict(parse_qsl(parts.query)),
    )


def _from_json(text: str) -> Connection:
    fields = json.loads(text)
    port, extra = fields.get("port"), fields.get("extra") or {}
    return Connection(
        conn_type=fields.get("conn_type", ""),
        host=fields.get("host"),
        port=int(port) if port else None,
        login=fields.get("login"),
        password=fields.get("password"),
        database=fields.get("schema"),
        extra=json.loads(extra) if isinstance(extra, str) else extra,
    )
