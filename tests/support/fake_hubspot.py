"""A strict, stateful HubSpot: lists, searches and batch reads of contacts, companies and deals.

Tests create, change, archive and delete its records; each change is made at `server.now`. Contacts
keep the time of a change as `lastmodifieddate`, companies and deals as `hs_lastmodifieddate`; a new
association changes neither.
"""

import json
from base64 import b64decode, b64encode
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from operator import eq, ge, gt, le, lt
from typing import Any
from urllib.parse import quote, unquote

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

VERSION = "2026-09"
TOKEN = "pat-na1-secret"
KINDS = {"contacts": "contact", "companies": "company", "deals": "deal"}
MODIFIED = {
    "contacts": "lastmodifieddate",
    "companies": "hs_lastmodifieddate",
    "deals": "hs_lastmodifieddate",
}
DEFAULTS = {
    "contacts": ("email", "firstname", "lastname"),
    "companies": ("domain", "name"),
    "deals": ("amount", "closedate", "dealname", "dealstage", "pipeline"),
}
ASSOCIATION_TYPES = {
    ("deals", "contacts"): 3, ("contacts", "deals"): 4, ("deals", "companies"): 341,
    ("companies", "deals"): 342, ("contacts", "companies"): 279, ("companies", "contacts"): 280,
}  # fmt: skip
PRIMARY_TYPES = {("deals", "companies"): 5, ("contacts", "companies"): 1}
"""What a first company is besides."""
MOST_FOUND = 10_000
LONGEST_SEARCH = 3_000
MOST_ASSOCIATIONS = 500
"""Of one record, in one answer; the rest comes by the cursor beside it."""
LONGEST_QUERY = 8_000

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": eq, "GT": gt, "GTE": ge, "LT": lt, "LTE": le,
}  # fmt: skip


@dataclass
class Record:
    """A contact, company or deal, its times as they are shown.

    `history` has the properties that changed, newest value first; `shown` is how answers to
    different questions show the record as it is.
    """

    id: int
    created_at: str
    updated_at: str
    properties: dict[str, Any]
    archived_at: str | None = None
    history: dict[str, list[tuple[Any, str]]] = field(default_factory=dict)
    associations: dict[str, list[int]] = field(default_factory=dict)
    shown: dict[object, orjson.Fragment] = field(default_factory=dict)


class FakeHubSpot(FakeCrm):
    """The state of an account."""

    def __init__(self, token: str, now: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        super().__init__(token, now)
        self.records: dict[str, dict[int, Record]] = {kind: {} for kind in KINDS}
        self.definitions: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in KINDS}
        self.pipelines: list[dict[str, Any]] = []
        self.owners: list[dict[str, Any]] = []
        self.last_id = 0
        self.associations_a_page = MOST_ASSOCIATIONS
        for kind, names in DEFAULTS.items():
            for name in (*names, "hs_object_id", "hubspot_owner_id"):
                self.define(kind, name, type="number" if name == "hs_object_id" else "string")
            for name in ("createdate", MODIFIED[kind]):
                self.define(kind, name, type="datetime", fieldType="date")
        self.define("deals", "closedate", type="datetime", fieldType="date")
        self.define("deals", "amount", type="number", fieldType="number")

    def define(self, kind: str, name: str, **definition: Any) -> None:
        """Make a property known, as a custom one does; words as in the properties API."""
        self.definitions[kind][name] = {
            "name": name, "label": name.replace("_", " ").title(), "type": "string",
            "fieldType": "text", "description": "", "groupName": f"{KINDS[kind]}information",
            "options": [], "displayOrder": -1, "calculated": False, "externalOptions": False,
            "hasUniqueValue": False, "hidden": False, "hubspotDefined": False, "formField": True,
            "dataSensitivity": "non_sensitive", "createdAt": iso(self.now),
            "updatedAt": iso(self.now),
            "modificationMetadata": {
                "archivable": True, "readOnlyDefinition": False, "readOnlyValue": False,
            },
        } | definition  # fmt: skip

    def create(self, kind: str, **properties: object) -> str:
        """A new record, whose id is the answer."""
        self.last_id += 7  # ids have gaps
        record = Record(self.last_id, iso(self.now), iso(self.now), {})
        record.properties = {
            "hs_object_id": str(record.id), "createdate": record.created_at,
            MODIFIED[kind]: record.updated_at,
        }  # fmt: skip
        with self.lock:
            self._set(kind, record, properties)
            self.records[kind][record.id] = record
            self.found.clear()
        return str(record.id)

    def change(self, kind: str, id: str, **properties: object) -> None:  # noqa: A002
        """Give properties of a record other values."""
        with self.lock:
            record = self.records[kind][int(id)]
            for name in properties:
                if name not in record.history:
                    record.history[name] = self.history(record, name)
            self._set(kind, record, properties)
            for name in properties:
                record.history[name].insert(0, (record.properties[name], iso(self.now)))
            self._touch(kind, record)

    def archive(self, kind: str, id: str) -> None:  # noqa: A002
        """Delete a record as people do: it is still listed as archived."""
        with self.lock:
            record = self.records[kind][int(id)]
            record.archived_at = iso(self.now)
            self._touch(kind, record)

    def delete(self, kind: str, id: str) -> None:  # noqa: A002
        """Take a record away for good; no list shows it."""
        with self.lock:
            del self.records[kind][int(id)]
            self.found.clear()

    def associate(self, kind: str, id: str, to: str, to_id: str) -> None:  # noqa: A002
        """Link two records, seen from both."""
        with self.lock:
            for one, one_id, other, other_id in ((kind, id, to, to_id), (to, to_id, kind, id)):
                record = self.records[one][int(one_id)]
                record.associations.setdefault(other, []).append(int(other_id))
                record.shown.clear()

    def _set(self, kind: str, record: Record, properties: Mapping[str, object]) -> None:
        unknown = properties.keys() - self.definitions[kind].keys()
        assert not unknown, f"{kind} have no {unknown}: define() them"
        for name, value in properties.items():
            record.properties[name] = iso(value) if isinstance(value, datetime) else value

    def _touch(self, kind: str, record: Record) -> None:
        record.updated_at = record.properties[MODIFIED[kind]] = iso(self.now)
        record.shown.clear()
        self.found.clear()

    def history(self, record: Record, name: str) -> list[tuple[Any, str]]:
        """Every value a property had and since when, newest first."""
        if name in record.history:
            return record.history[name]
        value = record.properties.get(name)
        return [] if value is None else [(value, record.created_at)]

    # what a call gets

    def authorize(self, request: Request, headers: Message, *, revoked: bool) -> None:
        """Refusal without `Authorization: Bearer <token>`."""
        if revoked or headers.get("Authorization") != f"Bearer {self.token}":
            raise refusal(
                401,
                "INVALID_AUTHENTICATION",
                "Authentication credentials not found. This API supports OAuth 2.0 authentication"
                " and you can find more details at"
                " https://developers.hubspot.com/docs/methods/auth/oauth-overview",
            )

    def answer(self, request: Request) -> Answer:
        """The answer to an authorized call."""
        if (
            sum(len(name) + len(value) for name, [value, *_] in request.query.items())
            > LONGEST_QUERY
        ):
            return Answer(414, b"<html><body>414 Request-URI Too Large</body></html>")
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["crm", "objects", version, kind] if version == VERSION:
                return answer(200, self._list(self._kind(kind), request))
            case "POST", ["crm", "objects", version, kind, "search"] if version == VERSION:
                return answer(200, self._search(self._kind(kind), request.body))
            case "POST", ["crm", "objects", version, kind, "batch", "read"] if version == VERSION:
                return self._batch_read(self._kind(kind), request)
            case "POST", ["crm", "associations", version, one, other, "batch", "read"] if (
                version == VERSION
            ):
                return self._associations(self._kind(one), self._kind(other), request.body)
            case "GET", ["crm", "properties", version, kind] if version == VERSION:
                known = sorted(self.definitions[self._kind(kind)].items())
                return answer(200, {"results": [definition for _, definition in known]})
            case "GET", ["crm", "pipelines", version, "deals"] if version == VERSION:
                return answer(200, {"results": self.pipelines})
            case "GET", ["crm", "owners", version] if version == VERSION:
                return answer(200, self._owners(request))
        raise refusal(404, "OBJECT_NOT_FOUND", f"Unable to find {request.method} {request.path}")

    def lead_back(self, request: Request, content: Any) -> None:
        """A cursor that is this page's own, written otherwise."""
        if request.method == "POST":
            own = str((request.body or {}).get("after") or "0")
        else:
            own = request.get("after", "0")
        content["paging"] = {"next": {"after": f"0{own}"}}

    def _kind(self, name: str) -> str:
        for kind, single in KINDS.items():
            if name in (kind, single):
                return kind
        raise refusal(400, "VALIDATION_ERROR", f"Unable to infer object type from: {name}")

    def _list(self, kind: str, request: Request) -> dict[str, Any]:
        history = request.names("propertiesWithHistory")
        limit = number(request.get("limit", "10"), "limit", 50 if history else 100)
        archived = request.get("archived", "false") == "true"
        ids = self.found.get((kind, archived))
        if ids is None:
            ids = self.found[kind, archived] = [
                record.id
                for record in self.records[kind].values()
                if (record.archived_at is not None) == archived
            ]
        start = bisect_right(ids, number(request.get("after", "0"), "after"))
        names = self._names(kind, [*request.names("properties"), *history])
        linked = [self._kind(name) for name in request.names("associations")]
        page = {
            "results": [
                self.shown(kind, self.records[kind][id], names, history, linked)
                for id in ids[start : start + limit]  # noqa: A001
            ]
        }
        if start + limit < len(ids):
            after = str(ids[start + limit - 1])
            page["paging"] = {
                "next": {"after": after, "link": f"{self.url}{request.path}?after={after}"}
            }  # type: ignore[assignment]
        return page

    def _names(self, kind: str, asked: Iterable[str]) -> list[str]:
        """The properties to show: those asked for, and three that always come."""
        names = {name for name in asked if name in self.definitions[kind]}
        always = {"createdate", "hs_object_id", MODIFIED[kind]}
        return sorted((names or set(DEFAULTS[kind])) | always)

    def shown(
        self,
        kind: str,
        record: Record,
        names: Iterable[str],
        history: Iterable[str] = (),
        linked: Iterable[str] = (),
    ) -> orjson.Fragment:
        """A record as an answer shows it; without associations there is no such key."""
        question = tuple(names), tuple(history), tuple(linked)
        if question in record.shown:
            return record.shown[question]
        found: dict[str, Any] = {
            "id": str(record.id),
            "properties": {name: record.properties.get(name) for name in names},
            "createdAt": record.created_at,
            "updatedAt": record.updated_at,
            "archived": record.archived_at is not None,
            "url": f"https://app.hubspot.com/contacts/1/record/{KINDS[kind]}/{record.id}",
        }
        if record.archived_at:
            found["archivedAt"] = record.archived_at
        if history:
            found["propertiesWithHistory"] = {
                name: [
                    {"value": value, "timestamp": at, "sourceType": "CRM_UI"}
                    for value, at in self.history(record, name)
                ]
                for name in history
            }
        associations = {
            to: {"results": links(kind, to, record.associations[to])}
            for to in linked
            if record.associations.get(to)
        }
        if associations:
            found["associations"] = associations
        return record.shown.setdefault(question, orjson.Fragment(orjson.dumps(found)))

    def _search(self, kind: str, body: Any) -> dict[str, Any]:
        body = body or {}
        if len(orjson.dumps(body)) > LONGEST_SEARCH:
            raise refusal(400, "VALIDATION_ERROR", "The request body is too long")
        limit = number(body.get("limit", 10), "limit", 200)
        after = number(body.get("after") or "0", "after")
        if after + limit > MOST_FOUND:
            raise refusal(
                400, "VALIDATION_ERROR", f"The request exceeds the {MOST_FOUND} results of a search"
            )
        groups, sorts = body.get("filterGroups", []), body.get("sorts", [])
        if len(groups) > 5 or any(len(group["filters"]) > 10 for group in groups):
            raise refusal(400, "VALIDATION_ERROR", "too many filter groups or filters")
        question = kind, str(groups), str(sorts)
        records = self.found.get(question)
        if records is None:
            records = self.found[question] = self._matching(kind, groups, sorts)
        names = self._names(kind, body.get("properties", []))
        page = records[after : after + limit]
        found = {"total": len(records), "results": [self.shown(kind, r, names) for r in page]}
        if after + limit < len(records):
            found["paging"] = {"next": {"after": str(after + limit)}}
        return found

    def _matching(self, kind: str, groups: list[Any], sorts: list[Any]) -> list[Record]:
        wanted = [[self._filter(kind, f) for f in group["filters"]] for group in groups] or [[]]
        records = [
            record
            for record in self.records[kind].values()
            if record.archived_at is None
            and any(all(holds(record) for holds in group) for group in wanted)
        ]
        if len(sorts) > 1:
            raise refusal(400, "VALIDATION_ERROR", "only one sort is allowed")
        for sort in sorts:
            # A name, or an object, which the document wants as text.
            rule = json.loads(sort) if isinstance(sort, str) and sort.startswith("{") else sort
            rule = {"propertyName": rule} if isinstance(rule, str) else rule
            name, down = rule["propertyName"], rule.get("direction") == "DESCENDING"
            type_ = self._type(kind, name)
            have = [r for r in records if r.properties.get(name) is not None]
            have.sort(key=lambda r: comparable(r.properties[name], type_), reverse=down)
            records = have + [r for r in records if r.properties.get(name) is None]
        return records

    def _type(self, kind: str, name: str) -> str:
        if name not in self.definitions[kind]:
            raise refusal(400, "VALIDATION_ERROR", f"Property {name} does not exist")
        return str(self.definitions[kind][name]["type"])

    def _filter(self, kind: str, wanted: dict[str, Any]) -> Callable[[Record], bool]:
        name, compare = wanted["propertyName"], _OPERATORS.get(wanted["operator"])
        if compare is None:
            raise refusal(400, "VALIDATION_ERROR", f"{wanted['operator']} is not known here")
        type_ = self._type(kind, name)
        limit = comparable(wanted["value"], type_)

        def holds(record: Record) -> bool:
            value = record.properties.get(name)
            return value is not None and compare(comparable(value, type_), limit)

        return holds

    def _batch_read(self, kind: str, request: Request) -> Answer:
        body, archived = request.body or {}, request.get("archived", "false") == "true"
        history = body.get("propertiesWithHistory", [])
        ids = self._inputs(body, 50 if history else 100)
        names = self._names(kind, [*body.get("properties", []), *history])
        known = self.records[kind]
        there = [
            i for i in dict.fromkeys(ids)
            if i in known and (known[i].archived_at is not None) == archived
        ]  # fmt: skip
        errors = []
        if missing := [str(i) for i in dict.fromkeys(ids) if i not in there]:
            errors = [{
                "status": "error", "category": "OBJECT_NOT_FOUND",
                "message": f"Could not get some {KINDS[kind].upper()} objects, they may be"
                " deleted or not exist. Check that ids are valid.",
                "context": {"ids": missing},
            }]  # fmt: skip
        return self._batch([self.shown(kind, known[i], names, history) for i in there], errors)

    def _associations(self, kind: str, to: str, body: Any) -> Answer:
        results, errors = [], []
        for i, after in zip(self._inputs(body or {}, 1_000), cursors(body), strict=True):
            record = self.records[kind].get(i)
            linked = record.associations.get(to) if record and not record.archived_at else None
            if linked:
                to_ids = [
                    {"toObjectId": str(to_id), "associationTypes": types(kind, to, n)}
                    for n, to_id in enumerate(linked)
                ]
                end = after + self.associations_a_page
                result: dict[str, Any] = {"from": {"id": str(i)}, "to": to_ids[after:end]}
                if end < len(linked):
                    next_page = {"after": cursor(end), "link": "deprecated"}
                    result["paging"] = {"next": next_page}
                results.append(result)
            else:
                single = KINDS[kind], KINDS[to]
                errors.append({
                    "status": "error", "category": "OBJECT_NOT_FOUND",
                    "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
                    "message": f"No {single[1]} is associated with {single[0]} {i}.",
                    "context": {
                        "fromObjectId": [str(i)], "fromObjectType": [single[0]],
                        "toObjectType": [single[1]],
                    },
                })  # fmt: skip
        return self._batch(results, errors)

    def _inputs(self, body: dict[str, Any], most: int) -> list[int]:
        inputs = body.get("inputs")
        if not inputs or len(inputs) > most:
            raise refusal(
                400, "VALIDATION_ERROR", f"The number of inputs must be between 1 and {most}"
            )
        return [number(one["id"], "id") for one in inputs]

    def _batch(self, results: list[Any], errors: list[Any]) -> Answer:
        content: dict[str, Any] = {
            "status": "COMPLETE", "results": results,
            "startedAt": iso(self.now), "completedAt": iso(self.now),
        }  # fmt: skip
        if errors:
            content |= {"numErrors": len(errors), "errors": errors}
        return answer(207 if errors else 200, content)

    def _owners(self, request: Request) -> dict[str, Any]:
        limit = number(request.get("limit", "100"), "limit", 500)
        archived = request.get("archived", "false") == "true"
        owners = [owner for owner in self.owners if owner["archived"] == archived]
        start = number(request.get("after", "0"), "after")
        page: dict[str, Any] = {"results": owners[start : start + limit]}
        if start + limit < len(owners):
            page["paging"] = {"next": {"after": str(start + limit)}}
        return page


def cursor(position: int) -> str:
    """Where a page of associations goes on, as a word without a meaning."""
    return quote(b64encode(f"MC0{position}".encode()).decode(), safe="")


def cursors(body: Any) -> list[int]:
    """Where the page of each input begins; Refusal of a cursor that is none of ours."""
    positions = []
    for one in body["inputs"]:
        told = b64decode(unquote(one["after"])).decode() if "after" in one else "MC00"
        if not told.startswith("MC0"):
            raise refusal(400, "VALIDATION_ERROR", f"Invalid after: {one['after']}")
        positions.append(number(told.removeprefix("MC0"), "after"))
    return positions


def iso(at: datetime) -> str:
    """A time as HubSpot writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def refusal(status: int, category: str, message: str) -> Refusal:
    """HubSpot's error JSON."""
    correlation = "aeb5f871-7f07-4993-9211-075dc63e7cbf"
    return Refusal(
        status,
        {"status": "error", "message": message, "correlationId": correlation, "category": category},
    )


def too_many_requests(**headers: str) -> Fault:
    """The answer to more than HubSpot allows; `Retry_After="1"` is a header."""
    content = {
        "status": "error", "message": "You have reached your secondly limit.",
        "errorType": "RATE_LIMIT", "category": "RATE_LIMITS", "policyName": "SECONDLY",
        "correlationId": "aeb5f871-7f07-4993-9211-075dc63e7cbf",
    }  # fmt: skip
    return replies(429, content, **headers)


def number(value: object, name: str, most: int | None = None) -> int:
    """A whole number of a request, at most `most`."""
    text = str(value)
    if not text.isdecimal() or (most and not 1 <= int(text) <= most):
        limit = f" between 1 and {most}" if most else ""
        raise refusal(400, "VALIDATION_ERROR", f"Invalid {name} {text}: must be a number{limit}")
    return int(text)


def comparable(value: Any, type_: str) -> Any:
    """A property's or filter's value as it is compared: times in milliseconds, from ISO or so."""
    try:
        if type_ == "number":
            return float(value)
        if type_ == "datetime" and not str(value).isdecimal():
            at = datetime.fromisoformat(str(value))
            return round(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1000)
        return int(value) if type_ == "datetime" else str(value)
    except ValueError as error:
        raise refusal(400, "VALIDATION_ERROR", f"{value} is not a {type_}") from error


def links(kind: str, to: str, ids: list[int]) -> list[dict[str, str]]:
    """Associations in a list; a first company is there twice, as primary and as any."""
    name = f"{KINDS[kind]}_to_{KINDS[to]}"
    if (kind, to) not in PRIMARY_TYPES:
        return [{"id": str(i), "type": name} for i in ids]
    primary = [{"id": str(ids[0]), "type": name}]
    return primary + [{"id": str(i), "type": f"{name}_unlabeled"} for i in ids]


def types(kind: str, to: str, place: int) -> list[dict[str, Any]]:
    """What the association at a place of the list is."""
    found = [{"category": "HUBSPOT_DEFINED", "typeId": ASSOCIATION_TYPES[kind, to], "label": None}]
    if place == 0 and (kind, to) in PRIMARY_TYPES:
        primary = PRIMARY_TYPES[kind, to]
        found.append({"category": "HUBSPOT_DEFINED", "typeId": primary, "label": "Primary"})
    return found


@contextmanager
def fake_hubspot(token: str = TOKEN) -> Iterator[FakeHubSpot]:
    """A running server without records."""
    with serving(FakeHubSpot(token)) as fake:
        yield fake


SPECIALTIES = ("Neurologia", "Neuro", "neurologia ", "Cardiologia", "Cardio", "Ortopedia", None)
STAGES = (
    ("appointmentscheduled", "Appointment Scheduled", "0.2"),
    ("qualifiedtobuy", "Qualified To Buy", "0.4"),
    ("contractsent", "Contract Sent", "0.9"),
    ("closedwon", "Closed Won", "1.0"),
    ("closedlost", "Closed Lost", "0.0"),
)


def fill(server: FakeHubSpot, deals: int = 1_200) -> None:
    """Doctors (companies), patients (contacts) and consultations (deals), before `server.now`.

    There are a tenth as many companies and a third as many contacts as deals. Two deals share each
    time of creation. Every 40th deal has no company, every 25th is archived, every 30th contact
    too; every 9th contact has no surname, every 20th another contact's e-mail address, every 15th
    company another company's name in other letters.
    """
    end = server.now
    server.define("companies", "specialty", label="Specialty")
    server.define("companies", "city")
    server.define("contacts", "phone")
    server.define("contacts", "health_plan", label="Convênio")
    server.define("deals", "consultation_type", type="enumeration", fieldType="select", options=[
        {"label": label, "value": label.lower(), "displayOrder": place, "hidden": False}
        for place, label in enumerate(("Retorno", "Primeira"))
    ])  # fmt: skip
    epoch = "1970-01-01T00:00:00Z"
    server.pipelines = [{
        "label": "Sales Pipeline", "displayOrder": 0, "id": "default", "archived": False,
        "createdAt": epoch, "updatedAt": epoch,
        "stages": [{
            "label": label, "displayOrder": place, "id": stage, "archived": False,
            "metadata": {"isClosed": str("closed" in stage).lower(), "probability": chance},
            "createdAt": epoch, "updatedAt": epoch,
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
        } for place, (stage, label, chance) in enumerate(STAGES)],
    }]  # fmt: skip
    server.owners = [{
        "id": str(100 + n), "email": f"owner{n}@example.com", "type": "PERSON",
        "firstName": "Owner", "lastName": str(n), "userId": None if n == 3 else 200 + n,
        "userIdIncludingInactive": 200 + n, "createdAt": epoch, "updatedAt": epoch,
        "archived": n == 3,
    } for n in range(4)]  # fmt: skip
    companies, contacts = [], []
    server.now = end - timedelta(minutes=10) * (deals + 10)
    for n in range(max(deals // 10, 1)):
        name = f"DRA. ANA {n - 1}" if n % 15 == 14 else f"Dra. Ana {n}"
        companies.append(server.create(
            "companies", name=name, domain=f"doctor{n}.example.com", city="São Paulo",
            specialty=SPECIALTIES[n % len(SPECIALTIES)],
        ))  # fmt: skip
    for n in range(max(deals // 3, 1)):
        contacts.append(server.create(
            "contacts", firstname=f"Paciente {n}", lastname=None if n % 9 == 8 else "Souza",
            email=f"patient{n - 1 if n % 20 == 19 else n}@example.com", phone=f"+55 11 {n:08}",
            health_plan="" if n % 4 else "Unimed", hubspot_owner_id=str(100 + n % 4),
        ))  # fmt: skip
    for n in range(deals):
        start = end - timedelta(minutes=10) * (deals - n // 2 * 2)
        server.now = start
        closed = n % 5
        deal = server.create(
            "deals", dealname=f"Consulta {n}", amount=f"{100 + n % 400}.50", pipeline="default",
            dealstage=STAGES[0][0], closedate=start + timedelta(days=30),
            hubspot_owner_id=str(100 + n % 3), consultation_type="retorno" if n % 3 else None,
        )  # fmt: skip
        server.associate("deals", deal, "contacts", contacts[n % len(contacts)])
        if n % 40 != 39:
            server.associate("deals", deal, "companies", companies[n % len(companies)])
        for step, stage in enumerate(STAGES[1 : closed + 1] if closed < 4 else STAGES[4:], 1):
            server.now = start + timedelta(minutes=step)
            server.change("deals", deal, dealstage=stage[0])
        if n % 25 == 24:
            server.archive("deals", deal)
    for contact in contacts[29::30]:
        server.archive("contacts", contact)
    server.now = end
