"""Sales that another program enters: by the rules of the form, and each once, whatever is sent."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import JSONResponse

from include.dashboard.api.problems import NO_STORE, Problem
from include.sales_form.choices import product_name, unknown
from include.sales_form.entries import RecordedOtherwiseError, enter, recorded, same_looking
from include.sales_form.sale import Rules, checked_sale
from include.warehouse.connection import Warehouse

MOST_BYTES = 20_000
"""Of a body; the longest sale has half of them."""
_KEY = re.compile(r'(")?([0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})(?(1)")')
"""A UUID, also in quotes, as the draft on Idempotency-Key writes it."""


@dataclass(frozen=True)
class Desk:
    """Where sales are entered; each is asked for when it is needed."""

    warehouse: Callable[[], Warehouse]
    rules: Callable[[], Rules]


async def body(request: Request) -> bytes:
    """What was sent. Raises Problem: 413, before it is all read."""
    read = b""
    async for part in request.stream():
        read += part
        if len(read) > MOST_BYTES:
            raise Problem(413, f"A sale has at most {MOST_BYTES} bytes.")
    return read


def entry_id(keys: list[str]) -> UUID:
    """The id that the caller gives the entry. Raises Problem: 400."""
    found = _KEY.fullmatch(keys[0]) if len(keys) == 1 else None
    if not found:
        raise Problem(
            400,
            "The header Idempotency-Key wants a UUID, a new one for each sale: it is sent once.",
        )
    return UUID(found[2])


def fields(body: bytes) -> Mapping[str, Any]:
    """The fields of a sale, numbers with every digit. Raises Problem: 400, 422."""
    try:
        told = json.loads(body, parse_float=Decimal, parse_constant=_refused)
    except (ValueError, RecursionError):
        raise Problem(400, "The body is no JSON.") from None
    if not isinstance(told, dict):
        raise Problem(422, "The body is an object with the fields of one sale.")
    return told


def _refused(constant: str) -> None:
    raise ValueError(constant)


def entered(desk: Desk, key: UUID, fields: Mapping[str, Any], by: str) -> JSONResponse:
    """Record a sale, and tell what looks like it.

    Raises Problem (409, 422), and as `entries.enter` does where it is safe to send it again.
    """
    try:
        sale = checked_sale(fields, desk.rules())
    except ValidationError as error:
        raise _wrong(
            {one["loc"]: one["msg"] for one in error.errors(include_input=False)}
        ) from None
    warehouse = desk.warehouse()
    before = recorded(warehouse, key)
    # what had been recorded stays so, whatever the shop has or calls it by now
    if before is None and (missing := unknown(warehouse, sale)):
        raise _wrong(
            {(name,): f"The shop {sale.source_name} has none with this id" for name in missing}
        )
    name = before.product_name if before else product_name(warehouse, sale)
    alike = same_looking(warehouse, sale, name, but=key)
    try:
        told = enter(warehouse, key, sale, name, by)
    except RecordedOtherwiseError as error:
        raise Problem(
            409, "Another sale was sent with this Idempotency-Key: a new sale has a new one."
        ) from error
    return JSONResponse(
        {
            "sale_id": str(told.entry.sale_id),
            "version": told.entry.version,
            "was_recorded": told.was_there,
            "looks_like": [
                {
                    "sale_id": str(one.sale_id),
                    "entered_at": one.entered_at.astimezone(UTC).isoformat(),
                }
                for one in alike
            ],
        },
        200 if told.was_there else 201,
        NO_STORE,
    )


def _wrong(found: Mapping[tuple[int | str, ...], str]) -> Problem:
    """What is wrong with which field, as RFC 9457 points at it: #/new_customer/name."""
    return Problem(
        422,
        "It is no sale that can be recorded: errors says which fields are wrong, and why.",
        errors=[
            {"pointer": "#" + "".join(map(_step, place)), "detail": f"{why.rstrip('.')}."}
            for place, why in found.items()
        ],
    )


def _step(part: int | str) -> str:
    return "/" + quote(str(part).replace("~", "~0").replace("/", "~1"), safe="~", errors="replace")
