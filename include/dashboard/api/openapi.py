"""The API's description: one typed operation a mart, from what the caller sees of it."""

from collections.abc import Mapping
from typing import Any

from include.dashboard.api.catalog import Column, Mart
from include.dashboard.api.problems import MEDIA_TYPE
from include.dashboard.api.question import COMPARISONS, FORMATS, MOST_ROWS, ORDERED, ROWS
from include.sales_form.sale import Rules, Sale

Schema = dict[str, Any]

_TYPES: dict[str, Schema] = {
    "smallint": {"type": "integer"},
    "integer": {"type": "integer"},
    "bigint": {"type": "integer"},
    "numeric": {"type": "number"},
    "double precision": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "timestamp without time zone": {"type": "string", "format": "date-time"},
    "uuid": {"type": "string", "format": "uuid"},
}
_TEXT: Schema = {"type": "string", "pattern": r"^[^\x00]*$"}
_PROBLEMS = {
    401: "No token, or none that is good.",
    403: "The token is not good for this.",
    404: "There is no such mart for you.",
    409: "The data changed since the page before.",
    422: "The question makes no sense to this mart.",
    429: "Too many requests: Retry-After says for how long.",
    503: "The warehouse is away: Retry-After says for how long.",
}
_PROBLEMS_OF_SALES = {
    400: "There is no Idempotency-Key that is a UUID, or the body is no JSON.",
    409: "Another sale was sent with this key.",
    413: "The body is too large for a sale.",
    422: "It is no sale: errors says which fields are wrong, and why.",
}
_HEADERS: dict[str, Schema] = {
    "ETag": {"schema": {"type": "string"}, "description": "Of this answer to this run."},
    "X-As-Of": {
        "schema": {"type": "string", "format": "date"},
        "description": "The as-of date of the figures; not told while a run makes them anew.",
    },
    "Link": {"schema": {"type": "string"}, "description": "The next page, where there is one."},
}


def document(marts: list[Mart], rules: Rules | None, base: str) -> Schema:
    """OpenAPI 3.1 of the API at the path `base`, for who sees these marts.

    `rules` are those of the sales that the caller may enter, None where they may enter none.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The shop's marts",
            "version": "1",
            "description": "Every figure is as of one date, see X-As-Of.",
        },
        "servers": [{"url": base or "/"}],
        "security": [{"token": []}],
        "paths": {
            **({"/marts": {"get": _list()}} if marts else {}),
            **{f"/marts/{mart.name}": {"get": _operation(mart)} for mart in marts},
            **({"/sales": {"post": _enter()}} if rules else {}),
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Problem": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail"],
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "detail": {"type": "string"},
                        "errors": {
                            "type": "array",
                            "description": "What is wrong in the body, each with where.",
                            "items": _object(pointer={"type": "string"}, detail={"type": "string"}),
                        },
                    },
                },
                **{mart.name: _row(mart) for mart in marts},
                **(_sale(rules) if rules else {}),
            },
        },
    }


def described(mart: Mart) -> Schema:
    """A mart as `GET /marts` tells it."""
    return {
        "name": mart.name,
        "description": mart.description,
        "key": list(mart.key),
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                "is_nullable": column.is_nullable,
                "description": column.description,
            }
            for column in mart.columns.values()
        ],
    }


def _list() -> Schema:
    text = {"type": "string"}
    column = {
        "type": "object",
        "properties": {
            "name": text,
            "type": text,
            "is_nullable": {"type": "boolean"},
            "description": text,
        },
        "required": ["name", "type", "is_nullable", "description"],
    }
    mart = {
        "type": "object",
        "properties": {
            "name": text,
            "description": text,
            "key": {"type": "array", "items": text},
            "columns": {"type": "array", "items": column},
        },
        "required": ["name", "description", "key", "columns"],
    }
    body = {
        "type": "object",
        "properties": {"marts": {"type": "array", "items": mart}},
        "required": ["marts"],
    }
    return {
        "operationId": "list_marts",
        "summary": "Every mart that you may read, and what is in it.",
        "responses": {
            "200": {"description": "The marts.", "content": {"application/json": {"schema": body}}},
            **_problems(401, 403, 429, 503),
        },
    }


def _enter() -> Schema:
    is_id = {"type": "string", "format": "uuid"}
    at = {"type": "string", "format": "date-time"}
    body = _object(
        sale_id=is_id,
        version={"type": "integer"},
        was_recorded={"type": "boolean", "description": "Whether by a request before this one."},
        looks_like={
            "type": "array",
            "description": "Other sales that look the same: one of them may be this one.",
            "items": _object(sale_id=is_id, entered_at=at),
        },
    )
    told = {"content": {"application/json": {"schema": body}}}
    return {
        "operationId": "enter_sale",
        "summary": "Enter a sale that no other source has.",
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "description": "A new UUID for each sale: what is sent again with it is one sale.",
                "schema": is_id,
            }
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Sale"}}},
        },
        "responses": {
            "201": {"description": "It is recorded.", **told},
            "200": {"description": "It had been recorded already.", **told},
            **_problems(401, 403, 429, 503),
            **_problems(400, 409, 413, 422, of=_PROBLEMS_OF_SALES),
        },
    }


def _sale(rules: Rules) -> Schema:
    """A sale and what it is made of, as its model has them; the shops are those of the rules."""
    sale = Sale.model_json_schema(ref_template="#/components/schemas/{model}")
    parts = sale.pop("$defs")
    sale["properties"]["source_name"]["enum"] = list(rules.sources)
    return {"Sale": sale, **parts}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _operation(mart: Mart) -> Schema:
    body = {
        "type": "object",
        "properties": {
            "mart": {"const": mart.name},
            "as_of_on": {"type": ["string", "null"], "format": "date"},
            "after": {
                "type": ["string", "null"],
                "description": "What to ask the next page with; null on the last one.",
            },
            "rows": {
                "type": "array",
                "items": {"$ref": f"#/components/schemas/{mart.name}"},
            },
        },
        "required": ["mart", "as_of_on", "after", "rows"],
    }
    content = {"application/json": {"schema": body}, "text/csv": {"schema": {"type": "string"}}}
    return {
        "operationId": mart.name,
        "summary": mart.description.split(". ")[0].strip(),
        "description": mart.description,
        "parameters": [*_common(mart), *_filters(mart)],
        "responses": {
            "200": {"description": "Rows, by key.", "headers": _HEADERS, "content": content},
            "304": {"description": "As it was: If-None-Match names this answer."},
            **_problems(401, 403, 404, 409, 422, 429, 503),
        },
    }


def _common(mart: Mart) -> list[Schema]:
    names = {"type": "string", "enum": list(mart.columns)}
    return [
        {
            **_parameter("columns", "Which columns, separated by commas; all by default."),
            "schema": {"type": "array", "items": names, "minItems": 1, "uniqueItems": True},
            "style": "form",
            "explode": False,
        },
        {
            **_parameter("limit", "At most so many rows."),
            "schema": {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": ROWS},
        },
        {
            **_parameter("after", "`after` of the page before."),
            "schema": {"type": "string"},
        },
        {
            **_parameter("format", "JSON, or CSV that Excel opens."),
            "schema": {"type": "string", "enum": list(FORMATS), "default": FORMATS[0]},
        },
    ]


def _filters(mart: Mart) -> list[Schema]:
    return [
        {
            **_parameter(column.name + ending, f"{column.name} {sign} this."),
            "schema": _value(column),
        }
        for column in mart.columns.values()
        for ending, sign in _comparisons(column).items()
    ]


def _comparisons(column: Column) -> Schema:
    more = COMPARISONS.items() if column.type in ORDERED else ()
    return {"": "=", **{f"__{ending}": sign for ending, sign in more}}


def _parameter(name: str, description: str) -> Schema:
    return {"name": name, "in": "query", "required": False, "description": description.strip()}


def _value(column: Column) -> Schema:
    return _TYPES.get(column.type, _TEXT)


def _row(mart: Mart) -> Schema:
    return {
        "type": "object",
        "description": mart.description,
        "additionalProperties": False,
        "properties": {
            column.name: {
                **_TYPES.get(column.type, {"type": "string"}),
                **(
                    {"type": [_TYPES.get(column.type, _TEXT)["type"], "null"]}
                    if column.is_nullable
                    else {}
                ),
                "description": column.description,
            }
            for column in mart.columns.values()
        },
    }


def _problems(*statuses: int, of: Mapping[int, str] = _PROBLEMS) -> Schema:
    schema = {"$ref": "#/components/schemas/Problem"}
    waits = {"Retry-After": {"schema": {"type": "integer"}}}
    return {
        str(status): {
            "description": of[status],
            "content": {MEDIA_TYPE: {"schema": schema}},
            **({"headers": waits} if status in (429, 503) else {}),
        }
        for status in statuses
    }
