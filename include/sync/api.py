"""How an API is spoken to: where it is, with which token, and what its refusals mean.

The token goes into a header and only to the host it belongs to. What may pass (429, 5xx, a broken
answer) is asked for again with growing pauses; what will not (401, 403, 404) ends the load at once.
"""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from include.connections import Connection
from include.errors import TryAgainError, UserError
from include.secrets import scrub
from include.warehouse.connection import may_pass

if TYPE_CHECKING:
    from requests import Response, Session

ATTEMPTS = 6
LONGEST_PAUSE = 60  # seconds
LOCAL = {"localhost", "127.0.0.1", "::1"}


def base_address(source: str, declared: str, connection: Connection) -> str:
    """The API's address: the connection's host where it has one, else the declared one.

    A declared address with `{host}` in it is within the host's, as that of a shop of its own; of
    `{login}`, the connection's login is put in its place.

    Raises UserError for what is missing of the connection, and for an address that would carry the
    token unencrypted over a network.
    """
    for part, value in (("host", connection.host), ("login", connection.login)):
        if f"{{{part}}}" in declared and not value:
            raise UserError(
                f"The Airflow connection {source!r} has no {part}: include/sources.yml says beside"
                " the source what it is."
            )
    address = declared
    if connection.host:
        address = connection.host.rstrip("/")
        if "://" not in address:
            scheme = "http" if connection.host in LOCAL else "https"
            port = f":{connection.port}" if connection.port else ""
            address = f"{scheme}://{address}{port}"
        if "{host}" in declared:
            address = declared.replace("https://{host}", address)
    address = address.replace("{login}", quote(connection.login or "", safe=""))
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL):
        return address.rstrip("/")
    raise UserError(
        f"The address {parts.scheme}://{parts.hostname} of the source {source} would carry its"
        " token unencrypted: use https:// in the connection or in include/sources.yml."
    )


def new_session(
    address: str, pause: float, rows_at: Collection[str] = (), *, may_repeat: bool = False
) -> "Session":
    """A session that asks again for what may pass, and speaks to no other host.

    Args:
        address: base address of the API.
        pause: seconds before the second attempt; each later pause is twice as long.
        rows_at: as of OneApi, which says what its requests raise.
        may_repeat: as of OneApi.
    """
    from dlt.sources.helpers.requests import Client
    from requests import ConnectionError as NoConnectionError
    from requests import JSONDecodeError, Timeout
    from requests.exceptions import ChunkedEncodingError

    from include.sync.adapter import OneApi

    session = Client(
        raise_for_status=False,
        exceptions=(NoConnectionError, Timeout, ChunkedEncodingError, JSONDecodeError),
        request_max_attempts=ATTEMPTS,
        request_backoff_factor=pause,
        request_max_retry_delay=LONGEST_PAUSE,
        session_attrs={"max_redirects": 0},
    ).session
    adapter = OneApi(address, rows_at, may_repeat)
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)
    return session


def explain(source: str, error: BaseException, secrets: tuple[str, ...]) -> UserError:
    """What went wrong, in one sentence without secrets; TryAgainError where it may pass."""
    from psycopg2 import Error as PostgresError
    from requests import HTTPError, JSONDecodeError, RequestException, TooManyRedirects

    secrets = tuple(filter(None, secrets))
    chain = list(_causes(error))
    for cause in chain:
        if isinstance(cause, UserError):
            return type(cause)(scrub(str(cause), secrets))
    for cause in chain:
        if isinstance(cause, HTTPError) and cause.response is not None:
            return _of_status(source, cause.response, secrets)
    for cause in chain:
        if isinstance(cause, TooManyRedirects):
            return UserError(
                f"{source} answers with a redirect, which is not followed because the token must go"
                " to no other address: put the right one into the connection."
            )
        if isinstance(cause, JSONDecodeError):
            return TryAgainError(
                f"{source} answers with something else than JSON, or breaks it off, {ATTEMPTS}"
                " times: the next run goes on from where the last good one ended."
            )
        if isinstance(cause, RequestException):
            said = type(cause).__name__
            return TryAgainError(
                f"{source} could not be reached, or broke off, {ATTEMPTS} times ({said}): the next"
                " run goes on from where the last good one ended."
            )
    for cause in chain:
        if "unsupported startup parameter: options" in str(cause):
            return UserError(
                f"{source} could not be loaded, as the pooler before the warehouse lets nobody name"
                " a schema when they connect: allow it with ignore_startup_parameters = options, or"
                " let the connection warehouse lead past the pooler (docs/your-postgres.md)."
            )
        if isinstance(cause, PostgresError) and may_pass(cause):
            said = scrub(str(cause).strip().split("\n")[0], secrets)
            return TryAgainError(
                f"{source} could not be loaded, as the connection to Postgres broke ({said}): load"
                " again."
            )
    last = scrub(str(chain[-1]).strip().split("\n")[0], secrets)
    return UserError(f"{source} could not be loaded, and nothing was: {last[:300]}")


def _of_status(source: str, response: "Response", secrets: tuple[str, ...]) -> UserError:
    status, path = response.status_code, urlsplit(response.url).path
    if status in (401, 403):
        why = (
            "does not accept the token" if status == 401 else f"does not let the token read {path}"
        )
        return UserError(
            f"{source} {why} ({status}): put a valid one, with the rights to read, into the"
            f" Airflow connection {source!r}."
        )
    if status == 429 or status >= 500:
        what = "asks for fewer requests" if status == 429 else "has trouble of its own"
        return TryAgainError(
            f"{source} {what} ({status} for {path}, {ATTEMPTS} times): the next run goes on from"
            " where the last good one ended."
        )
    said = scrub(response.text.strip(), secrets)[:200]
    return UserError(
        f"{source} refuses the request {path} ({status}: {said}): correct its declaration in"
        " include/sources.yml."
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        cause = todo.pop(0)
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        todo += [getattr(cause, "exception", None), cause.__cause__, cause.__context__]
