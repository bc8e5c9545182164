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


_FIELDS = ("conn_type", "host", "port", "login", "password", "schema", "extra", "description")
_URI = re.compile(r"(?P<type>[A-Za-z][\w+.-]*)://((?P<protocol>[A-Za-z][\w+.-]*)://)?(?P<rest>.*)")
_EXTRA = "__extra__"


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
    def secrets(self) -> dict[str, Any]:
        """What must not be read in a log: the password as it is and as URLs have it, the extras.

        Of these a masker takes the ones whose name says that they are secret.
        """
        password = self.password or ""
        return {**self.extra, "password": [password, quote(password, safe="")]}

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
    except _UnreadableError as error:
        raise UserError(f"{variable} {error}") from None
    except ValueError:
        # not chained: the parser's own words may quote a piece of the password
        raise UserError(
            f"{variable} is neither a connection URI nor JSON that Airflow would accept:"
            " see .env.example for both forms."
        ) from None


def from_airflow(conn_id: str) -> Connection | None:
    """The connection as Airflow knows it, or None; only for code that runs in a task.

    The environment is asked first, as Airflow does, but without its debug log of what it found.
    Airflow's masker then knows the secrets, whatever is logged of them.
    """
    from airflow.sdk import Connection as AirflowConnection
    from airflow.sdk.exceptions import AirflowNotFoundException
    from airflow.sdk.log import mask_secret

    try:
        found = from_environment(conn_id) or _of_airflow(AirflowConnection.get(conn_id))
    except AirflowNotFoundException:
        return None
    if found:
        mask_secret(found.secrets)
    return found


async def from_airflow_async(conn_id: str) -> Connection | None:
    """The same for code in the triggerer, whose loop must not wait."""
    from airflow.sdk import Connection as AirflowConnection
    from airflow.sdk.exceptions import AirflowNotFoundException
    from airflow.sdk.log import amask_secret

    try:
        found = from_environment(conn_id) or _of_airflow(await AirflowConnection.async_get(conn_id))
    except AirflowNotFoundException:
        return None
    if found:
        await amask_secret(found.secrets)
    return found


def _of_airflow(found: Any) -> Connection | None:
    if not found.host and not found.password:
        return None  # a placeholder, as airflow_settings.yaml has one for telegram
    try:
        extra = _extra(found.extra)
    except ValueError:
        raise UserError(
            f"The extra of the Airflow connection {found.conn_id} is no JSON object: correct it"
            " under Admin → Connections."
        ) from None
    return Connection(
        found.conn_type,
        found.host,
        found.port,
        found.login,
        found.password,
        found.schema,
        extra,
    )


class _UnreadableError(ValueError):
    """What is wrong with a connection, and what to do, without any of its values."""


def from_uri(uri: str) -> Connection:
    """Parse `type://login:password@host:port/database?extra=…`, every part percent-encoded.

    As Airflow writes it: the host may have a protocol of its own (`http://https://…`), and extras
    that are not all text are JSON in `__extra__`. Raises ValueError for what is no such URI.
    """
    match = _URI.fullmatch(uri)
    if match is None:
        raise ValueError
    parts = urlsplit(f"//{match['rest']}")
    is_cut = parts.netloc and "@" not in parts.netloc and "@" in parts.path + parts.query
    if parts.fragment or is_cut:
        raise _UnreadableError(
            "has a sign in its login or password that ends these in a URI: write # as %23, / as"
            " %2F, ? as %3F and @ as %40."
        )

    def plain(part: str | None) -> str | None:
        return unquote(part) if part else None

    host = plain(parts.hostname)
    extra: dict[str, Any] = dict(parse_qsl(parts.query))
    return Connection(
        conn_type=match["type"].lower(),
        host=f"{match['protocol']}://{host}" if match["protocol"] and host else host,
        port=parts.port,
        login=plain(parts.username),
        password=plain(parts.password),
        database=plain(parts.path.removeprefix("/")),
        extra=_extra(extra[_EXTRA]) if _EXTRA in extra else extra,
    )


def _from_json(text: str) -> Connection:
    fields = json.loads(text)
    for name in fields:
        if name not in _FIELDS:
            raise _UnreadableError(
                f"has a field {name!r}, which no connection has: the fields are"
                f" {', '.join(_FIELDS)}."
            )
    port = _text(fields, "port")
    if port and not 0 < int(port) < 65536:
        raise _UnreadableError("has a port that is none: it is a number from 1 to 65535.")
    return Connection(
        conn_type=_text(fields, "conn_type") or "",
        host=_text(fields, "host"),
        port=int(port) if port else None,
        login=_text(fields, "login"),
        password=_text(fields, "password"),
        database=_text(fields, "schema"),
        extra=_extra(fields.get("extra")),
    )


def _text(fields: dict[str, Any], name: str) -> str | None:
    """A field of JSON as text: people leave out the quotes of a number."""
    value = fields.get(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise _UnreadableError(f"has no text in the field {name!r}: write it in double quotes.")


def _extra(value: Any) -> dict[str, Any]:
    """What is told besides, an object or the JSON of one; ValueError for anything else."""
    found = json.loads(value) if isinstance(value, str) and value.strip() else value or {}
    if not isinstance(found, dict):
        raise _UnreadableError('has an "extra" that is no object: write it as {"name": "value"}.')
    return found
