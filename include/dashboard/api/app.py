"""The API as an ASGI application, to be mounted at `/api/v1` beside the pages."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Protocol

from fastapi import Depends, FastAPI, Request
from psycopg import Connection, DataError, errors
from psycopg.rows import tuple_row
from psycopg_pool import ConnectionPool
from starlette.responses import JSONResponse, Response

from include.dashboard.api import catalog, openapi, problems, sales, tokens
from include.dashboard.api.catalog import Mart
from include.dashboard.api.limit import Limit
from include.dashboard.api.problems import Problem
from include.dashboard.api.question import Question, asked
from include.dashboard.api.sales import Desk
from include.dashboard.api.tokens import Caller

SECONDS = 5
"""How long a question may take Postgres."""
TRIES = 3
"""How often a mart is read that is made anew meanwhile."""
CACHE = "private, no-cache"
BOM = "\ufeff"
"""Excel takes a file without it for Latin-1."""

Pool = ConnectionPool[Any]


class ReaderPool(Protocol):
    """Gives the reader's connections."""

    def __call__(self, *, personal: bool = False) -> Pool:
        """Those of who sees personal columns, or of who does not."""
        ...


@dataclass(frozen=True)
class Pools:
    """The connections of the API; each is asked for when it is needed."""

    reader: ReaderPool
    """As the reader, or as who sees personal columns."""
    owner: Callable[[], Pool]
    """As who may look up tokens."""


@dataclass(frozen=True)
class Page:
    """What came of a question."""

    etag: str
    as_of_on: str | None
    rows: Sequence[Any] | None
    """Each as JSON, or its cells; None where the caller has them already."""
    after: str | None


@dataclass(frozen=True)
class Doorkeeper:
    """Lets in who has a token, and not too often."""

    pools: Pools
    limit: Limit = field(default_factory=Limit)

    def caller(self, request: Request) -> Caller:
        """Whose token a request has.

        Raises Problem: 401, or 429 with how long to wait.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        found = None
        if scheme.lower() == "bearer" and token.strip():
            with self.pools.owner().connection() as connection:
                found = tokens.caller(connection, token.strip())
        place = request.client.host if request.client else ""
        if wait := self.limit.wait(f"token {found.name}" if found else f"place {place}"):
            raise Problem(429, f"Too many requests: wait {wait} seconds.", Retry_After=str(wait))
        if found is None:
            raise Problem(
                401,
                "A token is wanted, as `Authorization: Bearer …`: scripts/api_token.py makes one.",
                WWW_Authenticate="Bearer",
            )
        return found

    def reader(self, request: Request) -> Caller:
        """The same, where the token is good for reading. Raises Problem: 403 as well."""
        found = self.caller(request)
        if not found.may_read:
            raise Problem(403, "This token is not for reading: its scopes lack `read`.")
        return found

    def seller(self, request: Request) -> Caller:
        """The same, where the token is good for entering sales. Raises Problem: 403 as well."""
        found = self.caller(request)
        if not found.may_enter_sales:
            raise Problem(403, "This token is not for entering sales: its scopes lack `sales`.")
        return found


def create_api(door: Doorkeeper, desk: Desk) -> FastAPI:
    """The application; it opens no connection before it is asked something."""
    pools = door.pools
    api = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    problems.tell(api)
    Reader = Annotated[Caller, Depends(door.reader)]  # noqa: N806
    Seller = Annotated[Caller, Depends(door.seller)]  # noqa: N806

    @api.get("/openapi.json")
    def describe(request: Request, caller: Annotated[Caller, Depends(door.caller)]) -> JSONResponse:
        found = []
        if caller.may_read:
            with pools.reader(personal=caller.sees_persons).connection() as connection:
                found = catalog.marts(connection)
        rules = desk.rules() if caller.may_enter_sales else None
        told = openapi.document(found, rules, request.scope.get("root_path", ""))
        return JSONResponse(told, headers={"Cache-Control": CACHE})

    @api.get("/marts")
    def list_marts(reader: Reader) -> JSONResponse:
        with pools.reader(personal=reader.sees_persons).connection() as connection:
            found = catalog.marts(connection)
        told = {"marts": [openapi.described(mart) for mart in found]}
        return JSONResponse(told, headers={"Cache-Control": CACHE})

    @api.get("/marts/{name}")
    def read_mart(name: str, request: Request, reader: Reader) -> Response:
        parameters = request.query_params.multi_items()
        known = request.headers.get("if-none-match", "")
        with pools.reader(personal=reader.sees_persons).connection() as connection:
            question, page = read(connection, name, parameters, known)
        return _response(question, page, request)

    @api.post("/sales")
    def enter_sale(
        request: Request, seller: Seller, body: Annotated[bytes, Depends(sales.body)]
    ) -> JSONResponse:
        key = request.headers.getlist("idempotency-key")
        return sales.entered(desk, sales.entry_id(key), sales.fields(body), seller.name)

    return api


def read(
    connection: Connection[Any], name: str, parameters: Sequence[tuple[str, str]], known: str = ""
) -> tuple[Question, Page]:
    """Answer a question to a mart; `known` are the tags of the answers that the caller has.

    Raises Problem: 404, 409, 422, and 503 where the mart is made anew again and again.
    """
    for _ in range(TRIES):
        with connection.transaction():
            connection.execute(f"set local statement_timeout = '{SECONDS}s'".encode())
            try:
                question, page = _read_once(connection, name, parameters, known)
            except (errors.UndefinedTable, errors.InsufficientPrivilege):
                continue  # it is being made anew at this moment
            # the table is ours until the transaction ends: if it was another one by then, again
            if _mart(connection, name).run == question.mart.run:
                return question, page
    raise Problem(503, f"{name} is being made anew.", Retry_After=str(problems.WAIT))


def _read_once(
    connection: Connection[Any], name: str, parameters: Sequence[tuple[str, str]], known: str
) -> tuple[Question, Page]:
    mart = _mart(connection, name)
    question = asked(mart, parameters)
    etag = _etag(question)
    as_of_on = catalog.as_of_on(connection) if mart.is_of_this_run else None
    if known == "*" or etag in [tag.strip().removeprefix("W/") for tag in known.split(",")]:
        return question, Page(etag, as_of_on, None, None)
    statement, values = question.statement()
    with connection.cursor(row_factory=tuple_row) as cursor:
        try:
            found = cursor.execute(statement, values).fetchall()
        except DataError as error:
            raise Problem(422, f"A value is too large: {error.diag.message_primary}.") from None
    rows = found[: question.limit]
    has_more = len(found) > question.limit
    after = question.after_row(rows[-1][1], len(rows)) if has_more else None
    return question, Page(etag, as_of_on, [row[0] for row in rows], after)


def _mart(connection: Connection[Any], name: str) -> Mart:
    found = catalog.marts(connection, name) if "\0" not in name else []
    if not found:
        raise Problem(404, f"There is no mart {name!r} for you: GET /marts lists them.")
    return found[0]


def _etag(question: Question) -> str:
    """Of the run, what is asked, and who is told: other columns are another answer."""
    told = repr(
        (
            question.mart.run,
            question.mart.name,
            [column.name for column in question.columns],
            [(column.name, comparison, value) for column, comparison, value in question.filters],
            question.limit,
            question.after,
            question.format,
        )
    )
    return f'"{hashlib.sha256(told.encode()).hexdigest()[:32]}"'


def _response(question: Question, page: Page, request: Request) -> Response:
    headers = {"ETag": page.etag, "Cache-Control": CACHE, "Vary": "Authorization"}
    if page.as_of_on:
        headers["X-As-Of"] = page.as_of_on
    if page.rows is None:
        return Response(status_code=304, headers=headers)
    if page.after:
        following = request.url.include_query_params(after=page.after)
        headers["Link"] = f'<?{following.query}>; rel="next"'
    if question.format == "csv":
        return Response(_csv(question, page.rows), headers=headers, media_type="text/csv")
    return Response(as_json(question, page), headers=headers, media_type="application/json")


def as_json(question: Question, page: Page) -> str:
    """The answer; Postgres wrote the rows, so that no digit of an amount is lost."""
    told = {"mart": question.mart.name, "as_of_on": page.as_of_on, "after": page.after}
    return f'{json.dumps(told)[:-1]}, "rows": [{", ".join(page.rows or [])}]}}'


def _csv(question: Question, rows: Sequence[Sequence[str | None]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(column.name for column in question.columns)
    is_text = [column.type == "text" for column in question.columns]
    for row in rows:
        writer.writerow(
            f"'{cell}" if text and cell and cell[0] in "=+-@" else cell  # no formula
            for cell, text in zip(row, is_text, strict=True)
        )
    return BOM + file.getvalue()
