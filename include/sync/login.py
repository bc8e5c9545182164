"""Logins whose refresh token changes with each use (OAuth): the newest is in `ops`, encrypted.

A refresh token that was used is worth nothing any more, and the one that came for it is all there
is. So one process at a time uses it, and the new one is committed before anything is done with the
access token beside it: a process killed before or after leaves one that works. What cannot be saved
is a process that dies, or loses the warehouse, between the vendor's answer and that commit, which
follows at once: then somebody has to log in again.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from cryptography.fernet import Fernet, InvalidToken

from include.connections import Connection
from include.errors import UserError
from include.schemas import named
from include.settings import load_settings
from include.sync.api import base_address, new_session
from include.sync.sources import Source
from include.warehouse.bookkeeping import prepare
from include.warehouse.connection import Warehouse
from include.warehouse.locks import lock, login_lock

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812
    from requests import Session

NEW_KEY = (
    'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
)


class Tokens(NamedTuple):
    """What a login brings: the access token for some hours, and the refresh token for once."""

    access: str
    refresh: str


@dataclass(frozen=True)
class Login:
    """A source's way to log in.

    Args:
        source: declared with `auth: {type: refresh_token, authorize_url: …, token_path: …}`.
        connection: login and password are the client's id and secret; the extra `refresh_token` is
            one that somebody got by logging in, where it was not this project's own script.
        session: for the API's address.
        address: the API's.
        warehouse: which keeps the tokens.
    """

    source: Source
    connection: Connection
    session: "Session"
    address: str
    warehouse: Warehouse

    def address_to_allow(self, state: str) -> str:
        """Where a person lets this project read, and is led back from with a code and the state."""
        query = {
            "response_type": "code",
            "client_id": self.connection.login or "",
            "state": state,
        }
        return f"{self._declared['authorize_url']}?{urlencode(query)}"

    def begin(self, code: str) -> None:
        """Keep the refresh token that a code is good for; it takes the place of another one.

        Raises UserError for a code that is not accepted, as it is after a minute.
        """
        with self._turn() as (cursor, box):
            tokens = self._ask(grant_type="authorization_code", code=code)
            if tokens is None:
                raise UserError(
                    f"{self.source.name} does not accept the code, which is good for a minute and"
                    " once: start again."
                )
            self._keep(cursor, box, tokens.refresh)

    def access_token(self) -> str:
        """A new access token; the refresh token that came with it is committed before it is told.

        The token that is kept is used, and where it is refused that of the connection, which
        somebody may have put there since. Raises UserError where none is accepted.
        """
        with self._turn() as (cursor, box):
            known = self._known(cursor, box)
            for token in known:
                # what cannot be written has to fail before the token is used up
                self._keep(cursor, box, token)
                tokens = self._ask(grant_type="refresh_token", refresh_token=token)
                if tokens:
                    self._keep(cursor, box, tokens.refresh)
                    break
            else:
                name = self.source.name
                why = (
                    f"{name} does not accept its refresh token any more"
                    if known
                    else (f"Nobody has logged in to {name} yet, or with another TOKEN_KEY")
                )
                raise UserError(f"{why}: run scripts/log_in.py {name}.")
        return tokens.access

    @property
    def _declared(self) -> dict[str, str]:
        declared: dict[str, str] = self.source.declared["rest_api"]["client"]["auth"]
        return declared

    @contextmanager
    def _turn(self) -> "Iterator[tuple[Cursor, Fernet]]":
        """A transaction that nobody else has for this source, and what encrypts."""
        box = _box(self.source.name)
        with closing(self.warehouse.connect()) as database:
            prepare(database, "ops")
            with database, database.cursor() as cursor:
                lock(cursor, login_lock(self.source.name))
                yield cursor, box

    def _known(self, cursor: "Cursor", box: Fernet) -> list[str]:
        """The refresh tokens to try, the likeliest first."""
        cursor.execute(
            named("select refresh_token from {ops}.refresh_tokens where source_name = %s"),
            (self.source.name,),
        )
        found = []
        for (encrypted,) in cursor.fetchall():
            with suppress(InvalidToken):  # of another key: as good as none
                found.append(box.decrypt(encrypted.encode()).decode())
        first = self.connection.extra.get("refresh_token")
        return found + ([str(first)] if first and first not in found else [])

    def _keep(self, cursor: "Cursor", box: Fernet, token: str) -> None:
        query = """
            insert into {ops}.refresh_tokens (source_name, refresh_token) values (%s, %s)
            on conflict (source_name) do update
            set refresh_token = excluded.refresh_token, changed_at = now()
        """
        cursor.execute(named(query), (self.source.name, box.encrypt(token.encode()).decode()))

    def _ask(self, **grant: str) -> Tokens | None:
        """What the vendor gives for a code or a token; None where it is not accepted."""
        client = (self.connection.login or "", self.connection.password or "")
        response = self.session.post(
            f"{self.address}/{self._declared['token_path']}",
            data=grant,
            auth=client,
            headers=self.source.declared["rest_api"]["client"].get("headers"),
        )
        if "invalid_client" in response.text:
            raise UserError(
                f"{self.source.name} does not know the client's id or secret: correct login and"
                f" password of the Airflow connection {self.source.name!r}."
            )
        if response.status_code in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED):
            return None
        response.raise_for_status()
        told = response.json()
        return Tokens(told["access_token"], told.get("refresh_token") or grant["refresh_token"])


def login_to(
    source: Source, connection: Connection, warehouse: Warehouse, pause: float = 1.0
) -> Login:
    """The login to a source, with a session of its own.

    Raises UserError for a source that is not logged in to this way, and for a connection without
    the client's id or secret.
    """
    client = source.declared.get("rest_api", {}).get("client", {})
    auth = client.get("auth")
    if not isinstance(auth, dict) or auth.get("type") != "refresh_token":
        raise UserError(
            f"{source.name} is read with what its Airflow connection holds: there is nothing to log"
            " in to."
        )
    if not connection.login or not connection.password:
        raise UserError(
            f"The Airflow connection {source.name!r} has no login or password: they are the"
            " client's id and secret."
        )
    address = base_address(source.name, client["base_url"], connection)
    session = new_session(address, pause, rows_at=["data", "access_token"])
    return Login(source, connection, session, address, warehouse)


def _box(source: str) -> Fernet:
    key = load_settings().token_key.get_secret_value()
    try:
        return Fernet(key)
    except ValueError:
        raise UserError(
            f"{source} gives a new token with each load, which is kept encrypted, and TOKEN_KEY is"
            f" {'no key for it' if key else 'not set'}: put what this prints into .env: {NEW_KEY}"
        ) from None
