"""A strict, stateful Pipedrive: v2's lists, v1's users and changelogs, and the daily token budget.

Tests create, change, archive and delete its records; each change is made at `server.now`, and a day
of that clock has its own budget.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email.message import Message
from hashlib import sha1
from typing import Any

import orjson

from tests.support.fake_crm import (
    Answer,
    FakeCrm,
    Fault,
    Refusal,
    Request,
    answer,
    replies,
    serving,
)

TOKEN = "a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0"
COSTS = {
    "deals": 10, "deals/archived": 20, "persons": 10, "organizations": 10, "stages": 5,
    "pipelines": 5, "dealFields": 10, "users": 20, "changelog": 20,
}  # fmt: skip
"""Tokens a call costs, as the vendor's documents have them."""
LARGEST_PAGE = 500
KEPT_DELETED = timedelta(days=30)
DEFAULTS: dict[str, dict[str, Any]] = {
    "deals": {
        "title": "", "creator_user_id": 1, "value": 0, "person_id": None, "org_id": None,
        "stage_id": 1, "currency": "BRL", "status": "open", "probability": None,
        "lost_reason": None, "visible_to": 3, "close_time": None, "pipeline_id": 1,
        "won_time": None, "lost_time": None, "stage_change_time": None, "local_won_date": None,
        "local_lost_date": None, "local_close_date": None, "expected_close_date": None,
        "owner_id": 1, "label_ids": [], "is_deleted": False, "origin": "API", "origin_id": None,
        "channel": None, "channel_id": None, "is_archived": False, "archive_time": None,
    },
    "persons": {
        "name": "", "first_name": None, "last_name": None, "owner_id": 1, "org_id": None,
        "emails": [], "phones": [], "is_deleted": False, "visible_to": 3, "label_ids": [],
        "picture_id": None,
    },
    "organizations": {
        "name": "", "owner_id": 1, "address": None, "is_deleted": False, "visible_to": 3,
        "label_ids": [],
    },
    "stages": {
        "name": "", "order_nr": 1, "pipeline_id": 1, "deal_probability": 100,
        "is_deal_rot_enabled": False, "days_to_rotten": None, "is_deleted": False,
    },
    "pipelines": {
        "name": "", "order_nr": 1, "is_deal_probability_enabled": False, "is_deleted": False,
    },
    "users": {
        "name": "", "email": "", "lang": 1, "locale": "pt_BR", "timezone_name": "America/Sao_Paulo",
        "timezone_offset": "-03:00", "default_currency": "BRL", "icon_url": None,
        "active_flag": True, "is_deleted": False, "is_admin": 0, "role_id": 1,
        "has_created_company": False, "is_you": False, "access": [], "phone": None,
    },
}  # fmt: skip
WITH_CUSTOM_FIELDS = ("deals", "persons", "organizations")
_PAGING = {"limit", "cursor"}
_SORTING = _PAGING | {"sort_by", "sort_direction"}
_FILTERS = {"owner_id", "person_id", "org_id", "pipeline_id", "stage_id"}
_TIMES = {"updated_since", "updated_until"}
PARAMETERS = {
    "deals": _SORTING | _TIMES | _FILTERS | {"ids", "status"},
    "persons": _SORTING | _TIMES | {"owner_id", "org_id", "ids"},
    "organizations": _SORTING | _TIMES | {"owner_id", "ids"},
    "stages": _SORTING | {"pipeline_id"},
    "pipelines": _SORTING,
    "dealFields": _PAGING,
}


class FakePipedrive(FakeCrm):
    """The state of a company's account; records are as v2 shows them (users as v1)."""

    def __init__(self, token: str, now: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        super().__init__(token, now)
        self.records: dict[str, dict[int, dict[str, Any]]] = {kind: {} for kind in DEFAULTS}
        self.last_ids: Counter[str] = Counter()
        self.deal_fields: list[dict[str, Any]] = []
        self.custom: dict[str, dict[str, None]] = {kind: {} for kind in WITH_CUSTOM_FIELDS}
        self.changes: dict[int, list[tuple[str, str | None, str | None, int, datetime]]] = {}
        self.deleted_at: dict[int, datetime] = {}
        """When each deleted deal was."""
        self.daily_tokens = 30_000
        self.spent: Counter[date] = Counter()
        for code, type_ in (
            ("id", "int"), ("title", "varchar"), ("value", "monetary"), ("status", "status"),
            ("stage_id", "stage"), ("owner_id", "user"), ("person_id", "people"), ("org_id", "org"),
        ):  # fmt: skip
            self._field(code, code.replace("_", " ").capitalize(), type_, is_custom=False)

    def define(self, name: str, type_: str, *labels: str, kind: str = "deals") -> str:
        """Add a custom field; the answer is its code. `labels` are the options of an enum or set.

        An option's id is the code's first digits, read as a number, plus its place.
        """
        code = sha1(f"{kind} {name}".encode()).hexdigest()  # noqa: S324
        if kind == "deals":
            self._field(code, name, type_, is_custom=True, labels=labels)
        self.custom[kind][code] = None
        for record in self.records[kind].values():
            record["custom_fields"] = (record["custom_fields"] or {}) | {code: None}
        return code

    def _field(
        self, code: str, name: str, type_: str, *, is_custom: bool, labels: tuple[str, ...] = ()
    ) -> None:
        first = int(code[:3], 16) if is_custom else 0
        subfields = [("value", "double"), ("currency", "varchar")] if type_ == "monetary" else []
        self.deal_fields.append({
            "field_name": name, "field_code": code, "description": "", "field_type": type_,
            "options": [
                {"id": first + n, "label": label, "color": None, "add_time": None}
                for n, label in enumerate(labels)
            ] or None,
            "subfields": [
                {"field_code": sub, "field_name": f"{name} {sub}", "field_type": sub_type}
                for sub, sub_type in subfields
            ] or None,
            "is_custom_field": is_custom, "is_optional_response_field": False,
        })  # fmt: skip

    def create(self, kind: str, custom_fields: dict[str, Any] | None = None, **fields: Any) -> int:
        """A new record, whose id is the answer."""
        with self.lock:
            records = self.records[kind]
            id_ = fields.pop("id", self.last_ids[kind] + 1)
            self.last_ids[kind] = max(id_, self.last_ids[kind])
            record = {"id": id_} | DEFAULTS[kind] | fields
            if kind == "users":
                record |= {"created": plain(self.now), "modified": plain(self.now)}
            else:
                record |= {"add_time": rfc3339(self.now), "update_time": rfc3339(self.now)}
            if kind in WITH_CUSTOM_FIELDS:
                # null where the company has none
                record["custom_fields"] = self.custom[kind] | (custom_fields or {}) or None
            records[id_] = record
            self.found.clear()
        return int(id_)

    def change(
        self, kind: str, id_: int, custom_fields: dict[str, Any] | None = None, **fields: Any
    ) -> None:
        """Give fields of a record other values; of a deal it is noted in its changelog.

        A deal's new stage or status brings the times that go with it.
        """
        with self.lock:
            record = self.records[kind][id_]
            if kind == "deals":
                self._note(id_, record, fields)
                self._note(id_, record["custom_fields"] or {}, custom_fields or {})
                now = rfc3339(self.now)
                if fields.get("stage_id", record["stage_id"]) != record["stage_id"]:
                    fields = {"stage_change_time": now} | fields
                if "status" in fields:
                    won, lost = fields["status"] == "won", fields["status"] == "lost"
                    fields = {
                        "close_time": now if won or lost else None,
                        "won_time": now if won else None, "lost_time": now if lost else None,
                    } | fields  # fmt: skip
            record |= fields
            if custom_fields:
                record["custom_fields"] |= custom_fields
            record["modified" if kind == "users" else "update_time"] = (
                plain(self.now) if kind == "users" else rfc3339(self.now)
            )
            self.found.clear()

    def archive(self, deal: int) -> None:
        """Archive a deal: it is listed among the archived ones only."""
        self.change("deals", deal, is_archived=True, archive_time=rfc3339(self.now))

    def delete(self, kind: str, id_: int) -> None:
        """Delete a record: only deals can be listed still, for 30 days."""
        if kind == "deals":
            self.deleted_at[id_] = self.now
            self.change(kind, id_, status="deleted", is_deleted=True)
        else:
            self.change(kind, id_, is_deleted=True)

    def _note(self, deal: int, before: dict[str, Any], after: dict[str, Any]) -> None:
        for key, value in after.items():
            old = before.get(key)
            if old != value and key not in ("is_archived", "archive_time", "is_deleted"):
                self.changes.setdefault(deal, []).append(
                    (key, as_text(old), as_text(value), 1, self.now)
                )

    # what a call gets

    def authorize(self, request: Request, headers: Message, *, revoked: bool) -> None:
        """Refusal without the token in `x-api-token`, or with one in the address."""
        in_query = {"api_token", "x-api-token"} & request.query.keys()
        if revoked or in_query or headers.get("x-api-token") != self.token:
            raise v1_refusal(401, "unauthorized access")

    def answer(self, request: Request) -> Answer:
        """The answer to an authorized call, paid from the day's budget."""
        path = request.path.strip("/")
        changelog = re.fullmatch(r"v1/deals/(\d+)/changelog", path)
        name = path.removeprefix("api/v2/")
        if changelog:
            self._pay("changelog")
            content = self._changelog(int(changelog[1]), request)
        elif path == "v1/users":
            self._pay("users")
            content = {
                "success": True, "data": list(self.records["users"].values()),
                "additional_data": {"company_id": 1},
            }  # fmt: skip
        elif path.startswith("api/v2/") and name in COSTS:
            self._pay(name)
            content = self._list(name, request)
        else:
            raise v1_refusal(404, "Unknown method .")
        found = answer(200, content)
        return Answer(200, found.body, {**found.headers, **self._rates()})

    def lead_back(self, request: Request, content: Any) -> None:
        """A cursor that is this page's own, written otherwise."""
        first = content["data"][0]
        own = request.get("cursor") or (cursor(first, request) if "id" in first else "0")
        content["additional_data"]["next_cursor"] = f"{own}="

    def _pay(self, name: str) -> None:
        today = self.now.date()
        if self.spent[today] + COSTS[name] > self.daily_tokens:
            raise Refusal(429, OVER_LIMIT, **self._rates())
        self.spent[today] += COSTS[name]

    def _rates(self) -> dict[str, str]:
        left = self.daily_tokens - self.spent[self.now.date()]
        return {
            "x-ratelimit-limit": "80", "x-ratelimit-remaining": "79", "x-ratelimit-reset": "2",
            "x-daily-ratelimit-token-limit": str(self.daily_tokens),
            "x-daily-ratelimit-token-remaining": str(left),
        }  # fmt: skip

    def _changelog(self, deal: int, request: Request) -> dict[str, Any]:
        if deal not in self.records["deals"]:
            raise v1_refusal(404, "Deal not found")
        limit, start = size(request), request.get("cursor").rstrip("=")
        newest_first = self.changes.get(deal, [])[::-1]
        first = int(start or "0")
        data = [
            {
                "field_key": key, "old_value": old, "new_value": new, "actor_user_id": actor,
                "time": plain(at), "change_source": "app", "change_source_user_agent": None,
                "is_bulk_update_flag": False,
            }
            for key, old, new, actor, at in newest_first[first : first + limit]
        ]  # fmt: skip
        more = first + limit < len(newest_first)
        return page(data, str(first + limit) if more else None)

    def _list(self, name: str, request: Request) -> dict[str, Any]:
        known = PARAMETERS[name.removesuffix("/archived")]
        if unknown := request.query.keys() - known:
            raise v2_refusal(f"Parameter validation failed: unknown {', '.join(unknown)}")
        limit = size(request)
        if name == "dealFields":
            first = int(request.get("cursor").rstrip("=") or "0")
            last = first + limit
            more = str(last) if last < len(self.deal_fields) else None
            return page(self.deal_fields[first:last], more)
        records = self._found(name, request)
        place = position(request) if request.get("cursor") else None
        key = sort_key(request)
        if request.get("sort_direction", "asc") == "desc":
            last = bisect_right(records, place, key=key) if place else len(records)
            data, following = records[max(last - limit, 0) : last][::-1], last - limit - 1
        else:
            first = bisect_left(records, place, key=key) if place else 0
            data, following = records[first : first + limit], first + limit
        more_there = 0 <= following < len(records)
        return page(data, cursor(records[following], request) if more_there else None)

    def _found(self, name: str, request: Request) -> list[dict[str, Any]]:
        """What a list is about, in ascending order of its sort."""
        question = name, *sorted((k, v[-1]) for k, v in request.query.items() if k not in _PAGING)
        if question not in self.found:
            kind = name.removesuffix("/archived")
            holds = self._condition(kind, name != kind, request)
            found = [record for record in self.records[kind].values() if holds(record)]
            self.found[question] = sorted(found, key=sort_key(request))
        records: list[dict[str, Any]] = self.found[question]
        return records

    def _condition(
        self, kind: str, archived: bool, request: Request
    ) -> Callable[[dict[str, Any]], bool]:
        since, until = (moment(request, name) for name in ("updated_since", "updated_until"))
        equal = {name: whole(request, name) for name in _FILTERS & request.query.keys()}
        ids = {int(one) for one in request.names("ids")}
        statuses = request.names("status")
        if unknown := set(statuses) - {"open", "won", "lost", "deleted"}:
            raise v2_refusal(f"status: {unknown} is not one of open, won, lost, deleted")
        oldest = self.now - KEPT_DELETED

        def holds(record: dict[str, Any]) -> bool:
            if ids and record["id"] not in ids:
                return False
            if any(record[name] != value for name, value in equal.items()):
                return False
            if (since and record["update_time"] < since) or (
                until and record["update_time"] >= until
            ):
                return False
            if kind != "deals":
                return not record["is_deleted"]
            if record["is_archived"] != archived:
                return False
            if record["is_deleted"]:
                return "deleted" in statuses and self.deleted_at[record["id"]] >= oldest
            return not statuses or record["status"] in statuses

        return holds


def rfc3339(at: datetime) -> str:
    """A time as v2 writes it: whole seconds."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def plain(at: datetime) -> str:
    """A time as v1 writes it: whole seconds of UTC, which it does not say."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def as_text(value: object) -> str | None:
    """A value in a changelog."""
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def page(data: list[dict[str, Any]], next_cursor: str | None) -> dict[str, Any]:
    """A page of a list; the cursor of the last is null."""
    return {"success": True, "data": data, "additional_data": {"next_cursor": next_cursor}}


def size(request: Request) -> int:
    """The size of a page."""
    text = request.get("limit", "100")
    if not text.isdecimal() or not 1 <= int(text) <= LARGEST_PAGE:
        raise v2_refusal(f"limit: must be a number between 1 and {LARGEST_PAGE}")
    return int(text)


def whole(request: Request, name: str) -> int:
    """A parameter that is a whole number."""
    if not request.get(name).isdecimal():
        raise v2_refusal(f"{name}: must be a number")
    return int(request.get(name))


def moment(request: Request, name: str) -> str:
    """A time of a request as records have it; Refusal where it has a fraction of a second."""
    text = request.get(name)
    if text and not re.fullmatch(r"[\d-]{10}T\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", text):
        raise v2_refusal(f"{name}: {text} is not a valid datetime")
    return rfc3339(datetime.fromisoformat(text)) if text else ""


def sort_key(request: Request) -> Callable[[dict[str, Any]], tuple[Any, int]]:
    """What a list is sorted by; the id decides between equals."""
    name = request.get("sort_by", "id")
    if name not in ("id", "update_time", "add_time", "order_nr"):
        raise v2_refusal(f"sort_by: {name} is not one of id, update_time, add_time")
    return lambda record: (record[name], record["id"])


def cursor(record: dict[str, Any], request: Request) -> str:
    """The mark of the first record of a page."""
    name = request.get("sort_by", "id")
    mark = {
        "field": name, "fieldValue": record[name], "id": record["id"],
        "sortDirection": request.get("sort_direction", "asc"),
    }  # fmt: skip
    return urlsafe_b64encode(orjson.dumps(mark)).decode().rstrip("=")


def position(request: Request) -> tuple[Any, int]:
    """Where a cursor points in its list."""
    try:
        text = request.get("cursor").rstrip("=")
        mark = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return mark["fieldValue"], mark["id"]
    except (ValueError, LookupError, TypeError) as error:
        raise v2_refusal("cursor: is not valid") from error


def v1_refusal(status: int, error: str) -> Refusal:
    """v1's error JSON, which is also that of a call without a token."""
    info = "Please check developers.pipedrive.com for more information about Pipedrive API."
    return Refusal(status, {
        "success": False, "error": error, "errorCode": status, "error_info": info, "data": None,
    })  # fmt: skip


def v2_refusal(error: str) -> Refusal:
    """v2's error JSON for a parameter it does not take."""
    code = "ERR_SCHEMA_VALIDATION_FAILED"
    return Refusal(400, {"success": False, "error": error, "code": code, "data": None})


OVER_LIMIT = {"success": False, "error": "request over limit", "errorCode": 429, "data": None}


def too_many_requests(**headers: str) -> Fault:
    """The answer to more than Pipedrive allows, which has no `Retry-After` of its own."""
    return replies(429, OVER_LIMIT, **headers)


@contextmanager
def fake_pipedrive(token: str = TOKEN) -> Iterator[FakePipedrive]:
    """A running server without records."""
    with serving(FakePipedrive(token)) as fake:
        yield fake


STAGES = ("Lead in", "Contact made", "Proposal", "Negotiation")


def fill(server: FakePipedrive, deals: int = 1_200) -> dict[str, str]:
    """Deals with persons, organizations and changelogs, before `server.now`.

    The answer has the codes of the custom fields by name. There are a tenth as many organizations
    and a third as many persons as deals. Two deals share each time of creation. Of five deals two
    are won, one is lost; every 25th is archived, every 35th deleted (the early ones more than 30
    days ago, where there are enough deals); every 40th has no organization; every 30th person is
    deleted.
    """
    end = server.now
    codes = {
        "Channel": server.define("Channel", "enum", "Google", "Referral", "Instagram"),
        "Interests": server.define("Interests", "set", "Implants", "Braces"),
        "Budget": server.define("Budget", "monetary"),
        "Note": server.define("Note", "text"),
        "First visit": server.define("First visit", "date"),
    }
    server.define("Birthday", "date", kind="persons")
    server.define("Size", "double", kind="organizations")
    server.now = end - timedelta(minutes=10) * (deals + 10)
    for n in range(3):
        server.create("users", name=f"User {n}", email=f"user{n}@example.com", active_flag=n < 2)
    for name in ("Sales", "Renewals"):
        pipeline = server.create("pipelines", name=name, order_nr=len(server.records["pipelines"]))
        for place, stage in enumerate(STAGES, 1):
            server.create("stages", name=stage, order_nr=place, pipeline_id=pipeline)
    for n in range(max(deals // 10, 1)):
        server.create(
            "organizations", name=f"Clinic {n}", owner_id=1 + n % 3,
            address={"value": f"Rua {n}, São Paulo", "locality": "São Paulo"} if n % 2 else None,
        )  # fmt: skip
    organizations, persons = max(deals // 10, 1), max(deals // 3, 1)
    for n in range(persons):
        server.create(
            "persons", name=f"Ana Souza {n}", first_name="Ana", last_name=f"Souza {n}",
            emails=[{"value": f"ana{n}@example.com", "primary": True, "label": "work"}],
            phones=[{"value": f"+55 11 {n:08}", "primary": True, "label": "mobile"}],
            org_id=1 + n % organizations, owner_id=1 + n % 3,
        )  # fmt: skip
    first_option = int(codes["Channel"][:3], 16)
    for n in range(deals):
        start = end - timedelta(minutes=10) * (deals - n // 2 * 2)
        server.now = start
        deal = server.create(
            "deals", title=f"Deal {n}", value=100.5 + n % 400, owner_id=1 + n % 3,
            person_id=1 + n % persons, org_id=None if n % 40 == 39 else 1 + n % organizations,
            pipeline_id=1 + n % 2, stage_id=1 + 4 * (n % 2),
            custom_fields={
                codes["Channel"]: first_option + n % 3,
                codes["Budget"]: {"value": 50 * (n % 7), "currency": "BRL"} if n % 2 else None,
                codes["Note"]: f"note {n}" if n % 3 else None,
            },
        )  # fmt: skip
        for step in range(1, n % 4 + 1):
            server.now = start + timedelta(minutes=step)
            server.change("deals", deal, stage_id=1 + 4 * (n % 2) + step)
        server.now = start + timedelta(minutes=5)
        if n % 5 in (1, 2):
            server.change("deals", deal, status="won")
        elif n % 5 == 3:
            server.change("deals", deal, status="lost", lost_reason="Price")
        if n % 25 == 24:
            server.archive(deal)
        elif n % 35 == 34:
            server.delete("deals", deal)
    for person in range(30, persons + 1, 30):
        server.delete("persons", person)
    server.now = end
    return codes
