"""What went wrong, as `application/problem+json` (RFC 9457), whatever it was."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from psycopg import errors
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from include.errors import UserError
from include.sales_form.entries import NothingRecordedError, PerhapsRecordedError

MEDIA_TYPE = "application/problem+json"
WAIT = 5
"""Seconds after which it is worth asking again where the warehouse is away."""
NO_STORE = {"Cache-Control": "no-store"}

log = logging.getLogger(__name__)


class Problem(Exception):  # noqa: N818 - as the RFC calls it
    """An answer that is none: its status, one sentence on what to do, and headers.

    `errors` are what is wrong in a body, each with `pointer` (#/unit_price) and `detail`.
    """

    def __init__(
        self, status: int, detail: str, *, errors: Sequence[Mapping[str, str]] = (), **headers: str
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def answer(problem: Problem) -> JSONResponse:
    """The problem as a response."""
    return JSONResponse(
        {
            "type": "about:blank",
            "title": HTTPStatus(problem.status).phrase,
            "status": problem.status,
            "detail": problem.detail,
            **({"errors": problem.errors} if problem.errors else {}),
        },
        problem.status,
        {**NO_STORE, **problem.headers},
        MEDIA_TYPE,
    )


def tell(api: FastAPI) -> None:
    """Have every error of an API answered as a problem."""

    @api.exception_handler(Problem)
    def _(_: Request, problem: Problem) -> JSONResponse:
        return answer(problem)

    @api.exception_handler(HTTPException)
    def _(_: Request, error: HTTPException) -> JSONResponse:
        problem = Problem(error.status_code, f"{error.detail}.")
        problem.headers = dict(error.headers or {})
        return answer(problem)

    @api.exception_handler(RequestValidationError)
    def _(_: Request, error: RequestValidationError) -> JSONResponse:
        first: dict[str, Any] = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return answer(Problem(422, f"{where}: {first['msg']}."))

    @api.exception_handler(errors.QueryCanceled)
    def _(_: Request, error: errors.QueryCanceled) -> JSONResponse:
        return answer(_away("The question took too long: ask for less at once"))

    for kind in (errors.OperationalError, PoolTimeout):

        @api.exception_handler(kind)
        def _(_: Request, error: Exception) -> JSONResponse:
            return answer(_away("The warehouse does not answer: try again in a moment"))

    for untold in (NothingRecordedError, PerhapsRecordedError):

        @api.exception_handler(untold)
        def _(_: Request, error: UserError) -> JSONResponse:
            # nothing by this request, maybe; but who sends it again asks about the one before, too
            return answer(
                _away(
                    "The warehouse does not answer, so the sale may be recorded or not: send it"
                    " again with the same Idempotency-Key, it is recorded only once"
                )
            )

    @api.exception_handler(UserError)
    def _(_: Request, error: UserError) -> JSONResponse:
        # it is for who runs the service, and may name their machines
        log.error("The API cannot reach the warehouse: %s", error)
        return answer(_away("The warehouse is not there, and who runs this service is told why"))

    @api.exception_handler(Exception)
    def _(_: Request, error: Exception) -> JSONResponse:
        return answer(Problem(500, "That is a mistake of ours: who runs this finds it in the log."))


def _away(detail: str) -> Problem:
    return Problem(503, f"{detail}.", Retry_After=str(WAIT))
