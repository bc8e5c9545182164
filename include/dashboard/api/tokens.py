"""Who may ask: tokens of which only the hash is kept, in `ops.api_tokens`."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from psycopg2 import errors
from psycopg2.extensions import connection as Connection  # noqa: N812

from include.errors import UserError
from include.schemas import named

SCOPES = ("read", "read:personal", "sales")
PREFIX = "shop_"
"""By which a token that was pasted somewhere is known to be one."""


@dataclass(frozen=True)
class Caller:
    """Whose token it is, and what it is good for."""

    name: str
    scopes: frozenset[str]

    @property
    def may_read(self) -> bool:
        """Whether marts are shown."""
        return bool(self.scopes & {"read", "read:personal"})

    @property
    def may_enter_sales(self) -> bool:
        """Whether sales are taken."""
        return "sales" in self.scopes

    @property
    def sees_persons(self) -> bool:
        """Whether personal columns are."""
        return "read:personal" in self.scopes


@dataclass(frozen=True)
class Token:
    """What is known of a token, which is not the token."""

    name: str
    scopes: Sequence[str]
    made_at: datetime
    revoked_at: datetime | None


def hashed(token: str) -> str:
    """What is kept of a token: it has 32 random bytes, so that a plain hash is not undone."""
    return hashlib.sha256(token.encode()).hexdigest()


def caller(connection: psycopg.Connection[Any], token: str) -> Caller | None:
    """Whose token it is; None where it is nobody's, or was revoked."""
    query: LiteralString = "select name, scopes from {ops}.api_tokens where token_hash = %s"
    with connection.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
        try:
            cursor.execute(f"{named(query)} and revoked_at is null".encode(), (hashed(token),))
        except psycopg.errors.UndefinedTable:  # no token was ever made
            return None
        found = cursor.fetchone()
    return Caller(found[0], frozenset(found[1])) if found else None


def make(connection: Connection, name: str, scopes: Sequence[str]) -> str:
    """Make a token and keep its hash; `prepare` of `ops` comes before. It is told this once."""
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise UserError(f"There is no scope {unknown[0]!r}: they are {', '.join(SCOPES)}.")
    if not name.strip():
        raise UserError("A token wants a name, by which it is revoked: say what it is for.")
    token = PREFIX + secrets.token_urlsafe(32)
    with connection, connection.cursor() as cursor:
        try:
            cursor.execute(
                named(
                    "insert into {ops}.api_tokens (token_hash, name, scopes) values (%s, %s, %s)"
                ),
                (hashed(token), name, sorted(set(scopes))),
            )
        except errors.UniqueViolation:
            raise UserError(
                f"There is a token {name!r}, revoked or not: give this one another name."
            ) from None
    return token


def listed(connection: Connection) -> list[Token]:
    """All of them, those that were revoked as well; `prepare` of `ops` comes before."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            named("select name, scopes, made_at, revoked_at from {ops}.api_tokens order by made_at")
        )
        return [Token(*row) for row in cursor.fetchall()]


def revoke(connection: Connection, name: str) -> None:
    """From now on nobody is let in by it; `prepare` of `ops` comes before."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            named(
                "update {ops}.api_tokens set revoked_at = coalesce(revoked_at, now())"
                " where name = %s"
            ),
            (name,),
        )
        if cursor.rowcount == 0:
            raise UserError(f"There is no token {name!r}: `api_token.py list` has their names.")
