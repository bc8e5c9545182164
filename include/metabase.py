"""Connects a Metabase to the warehouse, over its API: an administrator, the marts, and no names.

What is there already is left, or brought up to date: it may run again after every change. dbt's
descriptions need no call, as Metabase reads the comments of tables and columns when it syncs.
"""

import time
from collections.abc import Callable
from typing import Any

import httpx
from psycopg2.extensions import parse_dsn

from include.connections import Connection
from include.errors import UserError
from include.schemas import schema, schema_prefix
from include.warehouse.connection import Warehouse
from include.warehouse.reader import public_columns

PATIENCE = 600.0
"""Seconds until it has started for the first time, and again until it has read the marts."""
_TIMEOUT = 60.0  # it tries the database before it answers
_PAUSE = 2.0
_WITHOUT_TLS = ("disable", "allow", "prefer")


def set_up(
    metabase: Connection, reader: Warehouse, say: Callable[[str], None], patience: float = PATIENCE
) -> None:
    """Let a Metabase read the marts as the reader.

    Args:
        metabase: its address as host; as login and password those of its administrator, whom a new
            Metabase is given.
        reader: the warehouse as Metabase reaches it.
        say: is told what was done, a line each.
        patience: seconds, as for `PATIENCE`.

    Raises:
        UserError: it does not answer, refuses the administrator, or cannot reach the warehouse.
    """
    if not (metabase.host and metabase.login and metabase.password):
        raise UserError(
            "The connection metabase lacks its host, login or password: write"
            ' AIRFLOW_CONN_METABASE={"conn_type": "http", "host": "http://127.0.0.1:3000",'
            ' "login": "me@example.com", "password": "…"} in .env.'
        )
    host = metabase.host if "://" in metabase.host else f"http://{metabase.host}"
    address = f"{host}:{metabase.port}" if metabase.port else host
    with httpx.Client(base_url=address, timeout=_TIMEOUT) as client:
        api = _Api(client, address, patience)
        api.log_in(metabase.login, metabase.password, say)
        database = api.connect(reader, say)
        api.wait_until_read(database)
        hidden = api.hide_personal_columns(database)
        say(f"Hid {hidden} columns that tell who customers are." if hidden else "Nothing to hide.")


class _Api:
    """Metabase's API, as its administrator once logged in."""

    def __init__(self, client: httpx.Client, address: str, patience: float) -> None:
        self._client = client
        self._address = address
        self._patience = patience

    def log_in(self, login: str, password: str, say: Callable[[str], None]) -> None:
        """Log in as the administrator; a new Metabase, which has nobody, is given them."""
        self._until("is still starting", self._is_healthy)
        properties = self._ask("GET", "/api/session/properties")
        if properties["has-user-setup"]:
            session = self._ask("POST", "/api/session", {"username": login, "password": password})
        else:
            user = {"email": login, "password": password, "first_name": None, "last_name": None}
            prefs = {"site_name": "Shop", "allow_tracking": False}
            session = self._ask(
                "POST",
                "/api/setup",
                {"token": properties["setup-token"], "user": user, "prefs": prefs},
            )
            say(f"Made the administrator {login}.")
        self._client.headers["X-Metabase-Session"] = session["id"]

    def connect(self, reader: Warehouse, say: Callable[[str], None]) -> int:
        """Add the warehouse, or bring its address up to date; its id."""
        name = f"{schema_prefix()}shop"
        wanted = {"engine": "postgres", "name": name, "details": _details(reader)}
        there = self._ask("GET", "/api/database")["data"]
        ids = [
            int(one["id"]) for one in there if (one["engine"], one["name"]) == ("postgres", name)
        ]
        if not ids:
            made = self._ask("POST", "/api/database", {**wanted, "is_full_sync": True})
            say(f"Added the database {name}.")
            return int(made["id"])
        self._ask("PUT", f"/api/database/{ids[0]}", wanted)
        self._ask("POST", f"/api/database/{ids[0]}/sync_schema")
        say(f"The database {name} is up to date.")
        return ids[0]

    def wait_until_read(self, database: int) -> None:
        """Wait until it has read for the first time which tables there are."""

        def is_read() -> bool:
            found = self._ask("GET", f"/api/database/{database}")
            return bool(found["initial_sync_status"] == "complete")

        self._until("has not read the tables yet", is_read)

    def hide_personal_columns(self, database: int) -> int:
        """Let it never ask for what the reader may not see; how many columns were not hidden yet.

        It lists every column of a table, and a query of all of them would be refused
        (metabase/metabase#47238).
        """
        personal = public_columns()
        found = self._ask("GET", f"/api/database/{database}/metadata")
        to_hide = [
            field["id"]
            for table in found["tables"]
            for field in table["fields"]
            if field["visibility_type"] != "sensitive"
            and personal.get(table["name"], {}).get(field["name"], True)
        ]
        for field in to_hide:
            self._ask("PUT", f"/api/field/{field}", {"visibility_type": "sensitive"})
        return len(to_hide)

    def _is_healthy(self) -> bool:
        try:
            return self._client.get("/api/health").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def _until(self, is_late: str, is_done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + self._patience
        while not is_done():
            if time.monotonic() > deadline:
                raise UserError(
                    f"Metabase at {self._address} {is_late}: see its log, then run this again."
                )
            time.sleep(min(_PAUSE, self._patience / 10))

    def _ask(self, method: str, path: str, content: dict[str, Any] | None = None) -> Any:
        try:
            answer = self._client.request(method, path, json=content)
        except httpx.TransportError as error:
            raise UserError(
                f"Metabase at {self._address} does not answer ({type(error).__name__}): is it"
                " running?"
            ) from None
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise UserError(
                f"Metabase at {self._address} refuses the login: write the e-mail address and the"
                " password of its administrator into AIRFLOW_CONN_METABASE."
            )
        if answer.is_error:
            raise UserError(
                f"Metabase at {self._address} refuses {method} {path} with"
                f" {answer.status_code}: {_reason(answer)}."
            )
        return answer.json() if answer.content else None


def _details(reader: Warehouse) -> dict[str, Any]:
    """The warehouse as Metabase wants to be told of it: its marts, and what they refer to."""
    parts = parse_dsn(reader.url)
    sslmode = parts.get("sslmode", "prefer")
    details = {
        "host": parts.get("host", "localhost"),
        "port": int(parts.get("port", 5432)),
        "dbname": parts["dbname"],
        "user": parts["user"],
        "password": parts.get("password", ""),
        "schema-filters-type": "inclusion",
        "schema-filters-patterns": f"{schema('marts')},{schema('shop')}",
        "ssl": sslmode not in _WITHOUT_TLS,
    }
    return details | ({"ssl-mode": sslmode} if details["ssl"] else {})


def _reason(answer: httpx.Response) -> str:
    """What it says of a refusal; nothing that it was sent."""
    try:
        said = answer.json()
    except ValueError:
        return answer.reason_phrase
    if not isinstance(said, dict):
        return str(said)
    errors = said.get("errors") or said.get("specific-errors") or {}
    parts = [f"{name}: {why}" for name, why in errors.items()] if isinstance(errors, dict) else []
    return "; ".join(parts) or str(said.get("message") or answer.reason_phrase)
