"""A strict, stateful Metabase: the calls by which one is set up, as its versions 0.63 to 0.66 do.

It refuses what they refuse: a second set-up, a database within the first, a password that is too
common, a field that no call has, and whatever comes without a session.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import Message
from typing import Any
from uuid import uuid4

from tests.support.fake_crm import Answer, FakeCrm, Refusal, Request, answer, serving

Tables = dict[str, list[str]]
"""Table of the warehouse → its columns: all of them, whatever its reader may see."""

OPEN = ("/api/health", "/api/session", "/api/session/properties", "/api/setup")
DETAILS = {
    "host": str, "port": int, "dbname": str, "user": str, "password": str, "ssl": bool,
    "ssl-mode": str, "schema-filters-type": str, "schema-filters-patterns": str,
}  # fmt: skip
VISIBILITIES = ("normal", "details-only", "sensitive", "hidden", "retired")


class FakeMetabase(FakeCrm):
    """What it knows: its administrator, its databases with their tables, its fields."""

    def __init__(self, tables: Tables) -> None:
        super().__init__("", datetime.now(UTC))
        self.tables = tables
        self.setup_token = str(uuid4())
        self.admin: dict[str, Any] | None = None
        self.sessions: set[str] = set()
        self.databases: dict[int, dict[str, Any]] = {1: {"engine": "h2", "name": "Sample Database"}}
        self.fields: dict[int, dict[str, Any]] = {}
        self.looks_until_read = 2

    def authorize(self, request: Request, headers: Message, *, revoked: bool) -> None:
        """Refusal without a session that was given."""
        if request.path not in OPEN and headers.get("X-Metabase-Session") not in self.sessions:
            raise Refusal(401, "Unauthenticated")

    def answer(self, request: Request) -> Answer:
        """What a call gets; Refusal where there is no such call."""
        for (method, pattern), handle in _CALLS.items():
            match = re.fullmatch(pattern, request.path)
            if method == request.method and match:
                answered: Answer = handle(self, request.body, *map(int, match.groups()))
                return answered
        raise Refusal(404, "API endpoint does not exist.")

    def session(self) -> Answer:
        """A new one."""
        session = str(uuid4())
        self.sessions.add(session)
        return answer(200, {"id": session})

    def visible(self) -> dict[str, list[str]]:
        """Table → the columns of it that are shown."""
        shown: dict[str, list[str]] = {table: [] for table in self.tables}
        for field in self.fields.values():
            if field["visibility_type"] == "normal":
                shown[field["table"]].append(field["name"])
        return shown


def _exactly(content: Any, *needed: str, may: tuple[str, ...] = ()) -> None:
    if not isinstance(content, dict):
        raise Refusal(400, "Invalid body")
    errors = {name: "missing required key" for name in needed if name not in content}
    errors |= {name: "disallowed key" for name in content if name not in (*needed, *may)}
    if errors:
        raise Refusal(400, {"errors": errors})


def _set_up(server: FakeMetabase, content: Any) -> Answer:
    _exactly(content, "token", "user", "prefs")
    if server.admin is not None:
        raise Refusal(403, "The /api/setup route can only be used to create the first user.")
    if content["token"] != server.setup_token:
        raise Refusal(400, {"errors": {"token": "Token does not match the setup token."}})
    user, prefs = content["user"], content["prefs"]
    _exactly(user, "email", "password", may=("first_name", "last_name"))
    _exactly(prefs, "site_name", may=("site_locale", "allow_tracking"))
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", user["email"]):
        raise Refusal(400, {"errors": {"email": "value must be a valid email address."}})
    if len(user["password"]) < 6 or not re.search(r"\d", user["password"]):
        raise Refusal(400, {"errors": {"password": "password is too common."}})
    server.admin = user
    return server.session()


def _log_in(server: FakeMetabase, content: Any) -> Answer:
    _exactly(content, "username", "password")
    known = server.admin or {}
    if (content["username"], content["password"]) != (known.get("email"), known.get("password")):
        raise Refusal(401, {"errors": {"password": "did not match stored password"}})
    return server.session()


def _properties(server: FakeMetabase, _: Any) -> Answer:
    is_set_up = server.admin is not None
    token = None if is_set_up else server.setup_token
    return answer(200, {"has-user-setup": is_set_up, "setup-token": token, "site-locale": "en"})


def _databases(server: FakeMetabase, _: Any) -> Answer:
    told = [
        {"id": number, "engine": one["engine"], "name": one["name"]}
        for number, one in server.databases.items()
    ]
    return answer(200, {"data": told, "total": len(told)})


def _check_details(details: Any) -> None:
    _exactly(details, "host", "port", "dbname", "user", "password", may=tuple(DETAILS))
    wrong = {name: "wrong type" for name, it in details.items() if type(it) is not DETAILS[name]}
    if wrong:
        raise Refusal(400, {"errors": wrong})
    if details["host"] == "nowhere.example":
        raise Refusal(400, {"message": "Hmm, we couldn't connect to the database."})


def _add(server: FakeMetabase, content: Any) -> Answer:
    _exactly(content, "engine", "name", "details", may=("is_full_sync",))
    _check_details(content["details"])
    number = max(server.databases) + 1
    server.databases[number] = {**content, "looks": server.looks_until_read}
    for table, columns in server.tables.items():
        for column in columns:
            field = {"table": table, "name": column, "visibility_type": "normal"}
            server.fields[len(server.fields) + 1] = field
    return answer(200, {"id": number, "initial_sync_status": "incomplete"})


def _change(server: FakeMetabase, content: Any, number: int) -> Answer:
    _exactly(content, may=("engine", "name", "details"))
    _check_details(content["details"])
    server.databases[number] |= content
    return answer(200, {"id": number})


def _database(server: FakeMetabase, _: Any, number: int) -> Answer:
    database = server.databases[number]
    database["looks"] = max(0, database["looks"] - 1)
    details = {**database["details"], "password": "**MetabasePass**"}
    status = "incomplete" if database["looks"] else "complete"
    return answer(200, {"id": number, "details": details, "initial_sync_status": status})


def _metadata(server: FakeMetabase, _: Any, number: int) -> Answer:
    if server.databases[number]["looks"]:
        return answer(200, {"id": number, "tables": []})
    tables = [
        {
            "name": table,
            "fields": [
                {"id": id_, "name": field["name"], "visibility_type": field["visibility_type"]}
                for id_, field in server.fields.items()
                # as before 0.66 with include_hidden, and since then without
                if field["table"] == table and field["visibility_type"] != "sensitive"
            ],
        }
        for table in server.tables
    ]
    return answer(200, {"id": number, "tables": tables})


def _change_field(server: FakeMetabase, content: Any, number: int) -> Answer:
    _exactly(content, may=("visibility_type", "description", "display_name", "semantic_type"))
    if content.get("visibility_type", "normal") not in VISIBILITIES:
        raise Refusal(400, {"errors": {"visibility_type": "invalid"}})
    server.fields[number] |= content
    return answer(200, {"id": number, **server.fields[number]})


_CALLS: dict[tuple[str, str], Any] = {
    ("GET", "/api/health"): lambda _server, _: answer(200, {"status": "ok"}),
    ("GET", "/api/session/properties"): _properties,
    ("POST", "/api/session"): _log_in,
    ("POST", "/api/setup"): _set_up,
    ("GET", "/api/database"): _databases,
    ("POST", "/api/database"): _add,
    ("GET", r"/api/database/(\d+)"): _database,
    ("PUT", r"/api/database/(\d+)"): _change,
    ("POST", r"/api/database/(\d+)/sync_schema"): lambda _s, _, _n: answer(200, {"status": "ok"}),
    ("GET", r"/api/database/(\d+)/metadata"): _metadata,
    ("PUT", r"/api/field/(\d+)"): _change_field,
}


@contextmanager
def fake_metabase(tables: Tables) -> Iterator[FakeMetabase]:
    """A new one, which nobody has set up yet, on a free port."""
    with serving(FakeMetabase(tables)) as fake:
        yield fake
