"""What CRMs do wrong, and what then holds: nothing lost, nothing doubled, a clear sentence."""

import logging
import re
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from itertools import repeat
from typing import Any

import pytest
from _pytest.fixtures import SubRequest

from include.connections import Connection
from include.errors import TryAgainError, UserError
from include.sync.api import new_session
from include.sync.loads import Load, note, paused_because
from include.sync.sources import Source, declared_sources
from include.sync.sync import sync
from include.warehouse.connection import Warehouse
from tests.support import fake_hubspot, fake_pipedrive
from tests.support.crm_loads import Loads, declared_with_pages_of, held
from tests.support.fake_crm import (
    Answer,
    FakeCrm,
    Fault,
    Request,
    altered,
    answer,
    broken_off,
    cut_short,
    html,
    hung_up,
    replies,
    sent_twice,
    serving,
)
from tests.support.fake_hubspot import FakeHubSpot
from tests.support.fake_pipedrive import FakePipedrive
from tests.support.warehouses import new_warehouse

DEALS = "/api/v2/deals"
OBJECTS = "/crm/objects/2026-09/deals"
ASSOCIATIONS = "/crm/associations/2026-09/deals/companies/batch/read"
PATHS = {"hubspot": f"{OBJECTS}/batch/read", "pipedrive": DEALS}
MANY = 6
"""So often a request is sent before it is given up."""


@pytest.fixture(scope="module")
def loads_of(postgres: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Loads]]:
    """Both vendors with 150 deals, loaded once, in pages of 20 or batches of 50."""
    folder = tmp_path_factory.mktemp("faults")
    with fake_hubspot.fake_hubspot() as hubspot, fake_pipedrive.fake_pipedrive() as pipedrive:
        fake_hubspot.fill(hubspot, 150)
        fake_pipedrive.fill(pipedrive, 150)
        both = {
            "hubspot": Loads(
                hubspot,
                new_warehouse(postgres, "faults_of_hubspot", folder),
                declared_sources()["hubspot"],
            ),
            "pipedrive": Loads(
                pipedrive,
                new_warehouse(postgres, "faults_of_pipedrive", folder),
                declared_with_pages_of(20),
            ),
        }
        for loads in both.values():
            loads.load("deals")
        yield both


@pytest.fixture
def hubspot(loads_of: dict[str, Loads]) -> Iterator[Loads]:
    yield from changed(loads_of["hubspot"])


@pytest.fixture
def pipedrive(loads_of: dict[str, Loads]) -> Iterator[Loads]:
    yield from changed(loads_of["pipedrive"])


@pytest.fixture(params=["hubspot", pytest.param("pipedrive", marks=pytest.mark.nightly)])
def loads(request: SubRequest, loads_of: dict[str, Loads]) -> Iterator[Loads]:
    yield from changed(loads_of[request.param])


def changed(loads: Loads) -> Iterator[Loads]:
    """Two hours later 100 deals have changed; in the end all of them must be there."""
    fake = loads.fake
    fake.faults.clear()
    fake.requests.clear()
    fake.calls_until_revoked = None
    fake.now += timedelta(hours=2)
    amount = int(fake.now.timestamp())
    if isinstance(fake, FakeHubSpot):
        for deal in [one for one in fake.records["deals"].values() if not one.archived_at][:100]:
            fake.change("deals", str(deal.id), amount=str(amount))
    elif isinstance(fake, FakePipedrive):
        for number, one in enumerate(list(fake.records["deals"].values())[:100]):
            fake.change("deals", one["id"], value=amount + number)
    yield loads


def path_of(loads: Loads) -> str:
    return PATHS[loads.source.name]


def failing(loads: Loads, kind: type[UserError]) -> str:
    """What a load says that fails with exactly this kind of error, and leaves all as it was."""
    before = loads.landed("deals")
    with pytest.raises(UserError) as told:
        loads.load("deals")
    assert type(told.value) is kind
    assert loads.landed("deals") == before
    assert loads.last_load() == ("failed", str(told.value))
    return str(told.value)


def assert_complete(loads: Loads) -> None:
    """After a load without faults, everything is there once."""
    loads.fake.faults.clear()
    loads.load("deals")
    assert loads.landed("deals") == held(loads.fake, "deals")
    assert loads.last_load() == ("loaded", None)


# what passes


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([fake_pipedrive.too_many_requests()] * (MANY - 1), id="429"),
        pytest.param([fake_hubspot.too_many_requests(Retry_After="1")], id="429 with Retry-After"),
        pytest.param([replies(500), replies(502), replies(503)], id="5xx"),
        pytest.param([cut_short, None, broken_off, None, hung_up], id="cut short"),
        pytest.param([html], id="html"),
        pytest.param([None, sent_twice, sent_twice], id="sent twice"),
    ],
)
def test_what_passes_costs_nothing(loads: Loads, faults: list[Fault | None]) -> None:
    loads.fake.fail(*faults, path=path_of(loads))

    loads.load("deals")

    assert not any(loads.fake.faults.values())
    assert loads.landed("deals") == held(loads.fake, "deals")


def test_retry_after_is_waited_for(pipedrive: Loads, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven seconds, and without one from the vendor longer each time."""
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    too_many = fake_pipedrive.too_many_requests
    pipedrive.fake.fail(too_many(), too_many(Retry_After="7"), too_many(), path=DEALS)

    pipedrive.load("deals", pause=2.0)

    assert [seconds for seconds in waited if seconds >= 1] == [2.0, 7.0, 8.0]


# what does not


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (fake_pipedrive.too_many_requests(), r"asks for fewer requests \(429 .* 6 times\)"),
        (replies(500), r"has trouble of its own \(500 .* 6 times\)"),
        (html, "answers with something else than JSON"),
        (cut_short, "answers with something else than JSON"),
        (broken_off, "could not be reached, or broke off, 6 times"),
        (hung_up, "could not be reached, or broke off, 6 times"),
    ],
)  # fmt: skip
def test_what_goes_on_ends_the_load_and_the_next_one_makes_up_for_it(
    loads: Loads, fault: Fault, said: str
) -> None:
    loads.fake.fail(None, *[fault] * MANY, path=path_of(loads))

    message = failing(loads, TryAgainError)

    assert re.search(f"^{loads.source.name} {said}", message)
    assert_complete(loads)


@pytest.mark.parametrize("content", [
    {"success": False, "error": "internal error", "data": None},
    {"status": "ok", "data": None, "results": None},
    {},
])  # fmt: skip
def test_an_answer_without_rows_is_no_empty_answer(loads: Loads, content: dict[str, Any]) -> None:
    loads.fake.fail(None, replies(200, content), path=path_of(loads))

    message = failing(loads, TryAgainError)

    assert ("internal error" if "success" in content else "answers without rows") in message
    assert_complete(loads)


@pytest.mark.parametrize(("status", "kind"), [(200, TryAgainError), (400, UserError)])
@pytest.mark.parametrize("before", ["unknown key", "." * 165])
def test_a_token_that_an_answer_repeats_is_told_to_nobody(
    pipedrive: Loads, status: int, kind: type[UserError], before: str
) -> None:
    """Nor a piece of it, where a long answer is cut."""
    token = pipedrive.fake.token
    answer = {"success": False, "error": f"{before} {token}"}
    pipedrive.fake.fail(replies(status, answer), path=path_of(pipedrive))

    message = failing(pipedrive, kind)

    assert before in message
    assert token[:6] not in message


def test_rows_of_a_table_that_is_read_whole_do_not_vanish_without_a_word(pipedrive: Loads) -> None:
    """One that is gone is; all at once are more probably not shown than gone."""
    stages = "/api/v2/stages"
    pipedrive.load("stages")
    pipedrive.fake.fail(replies(200, {"success": True, "data": None}), path=stages)
    with pytest.raises(TryAgainError, match="answers without rows in data"):
        pipedrive.load("stages")
    pipedrive.fake.fail(replies(200, fake_pipedrive.page([], None)), path=stages)
    [load] = pipedrive.load("stages")
    assert (load.rows, len(pipedrive.landed("stages"))) == (0, 8)

    assert isinstance(pipedrive.fake, FakePipedrive)
    pipedrive.fake.delete("stages", 8)
    pipedrive.load("stages")
    assert pipedrive.landed("stages").keys() == set("1234567")


def test_a_token_that_is_revoked_half_way_is_not_tried_again(loads: Loads) -> None:
    loads.fake.revoke_token(after_calls=3)

    message = failing(loads, UserError)

    assert re.search(
        rf"does not accept the token \(401\).* connection '{loads.source.name}'", message
    )
    assert len(loads.fake.requests) == 4
    loads.fake.calls_until_revoked, loads.fake.token = None, "the-next-token-of-the-account"
    assert_complete(loads)


def test_a_token_without_the_right_is_told_where_it_lacks(loads: Loads) -> None:
    loads.fake.fail(replies(403, {"message": "missing scopes"}), path=path_of(loads))

    message = failing(loads, UserError)

    assert f"does not let the token read {path_of(loads)} (403)" in message
    assert len(loads.fake.asked(path_of(loads))) == 1
    assert_complete(loads)


def test_pages_in_a_circle_end(loads: Loads) -> None:
    """Each time with another cursor, or with ids that the search was to leave out."""

    def search_again(server: FakeCrm, request: Request) -> Answer:
        filters = request.body["filterGroups"][0]["filters"]
        filters[-1]["value"] = "0"
        return server.answer(request)

    if loads.source.name == "hubspot":
        loads.fake.fail(*repeat(search_again, 500), path=f"{OBJECTS}/search")
    else:
        loads.fake.fail(None, *repeat(sent_twice, 500), path=DEALS)

    message = failing(loads, TryAgainError)

    assert "The pages of deals lead in a circle" in message
    assert_complete(loads)


def test_a_page_that_leads_to_itself_ends(pipedrive: Loads) -> None:
    def lead_to_itself(server: FakeCrm, request: Request) -> Answer:
        def change(content: Any) -> None:
            own = request.get("cursor") or fake_pipedrive.cursor(content["data"][0], request)
            content["additional_data"]["next_cursor"] = own

        return altered(change)(server, request)

    pipedrive.fake.fail(*repeat(lead_to_itself, 500), path=DEALS)

    message = failing(pipedrive, TryAgainError)

    assert "leads from a page to the same page again" in message
    assert len(pipedrive.fake.asked(DEALS)) == 2
    assert_complete(pipedrive)


# where the token goes


class Elsewhere(FakeCrm):
    """Another server, which keeps the headers that reach it."""

    def __init__(self) -> None:
        super().__init__("", datetime(2026, 1, 1, tzinfo=UTC))
        self.headers: list[Message] = []

    def authorize(self, request: Request, headers: Message, *, revoked: bool) -> None:
        self.headers.append(headers)

    def answer(self, request: Request) -> Answer:
        return answer(200, {"success": True, "data": [], "results": []})


@pytest.mark.parametrize("status", [302, 308])
def test_a_redirect_is_not_followed(loads: Loads, status: int) -> None:
    with serving(Elsewhere()) as elsewhere:
        for host in (elsewhere.url, elsewhere.url.replace("127.0.0.1", "localhost")):
            fault = replies(status, {}, Location=f"{host}{path_of(loads)}")
            loads.fake.fail(fault, path=path_of(loads))
            message = failing(loads, UserError)
        assert elsewhere.requests == []

    assert "answers with a redirect" in message
    assert_complete(loads)


def test_a_next_page_on_another_host_is_not_asked_for(warehouse: Warehouse) -> None:
    class Linked(FakeCrm):
        def authorize(self, request: Request, headers: Message, *, revoked: bool) -> None:
            assert headers["Authorization"] == f"Bearer {self.token}"

        def answer(self, request: Request) -> Answer:
            return answer(200, {"items": [{"id": 1}], "next": f"{elsewhere.url}/items"})

    declared = {
        "client": {
            "base_url": "https://linked.example",
            "auth": {"type": "bearer"},
            "paginator": {"type": "json_link", "next_url_path": "next"},
        },
        "resources": [
            {"name": "items", "primary_key": "id", "endpoint": {"data_selector": "items"}}
        ],
    }
    declared["resources"][0]["endpoint"]["path"] = "items"  # type: ignore[index]
    source = Source("linked", "rest_api", {"rest_api": declared})
    token = "token-of-linked"
    with (
        serving(Elsewhere()) as elsewhere,
        serving(Linked(token, datetime(2026, 1, 1, tzinfo=UTC))) as linked,
    ):
        connection = Connection("http", linked.url, None, None, token, None)
        with pytest.raises(UserError, match="points to another host"):
            sync(source, "items", warehouse, connection)
        assert elsewhere.requests == []


@pytest.mark.parametrize(
    "url",
    ["http://api.example.com/x", "https://api.example.com:8443/x", "https://api.example.org/x"],
)
def test_a_session_speaks_to_its_own_address_only(url: str) -> None:
    """Which is another one without encryption."""
    with pytest.raises(UserError, match="points to another host"):
        new_session("https://API.example.com/v1", 0).get(url)


@pytest.mark.parametrize("host", ["http://api.example.com", "http://10.0.0.7:8080", "ftp://x"])
def test_an_address_without_encryption_is_refused(loads: Loads, host: str) -> None:
    with pytest.raises(UserError, match="would carry its token unencrypted"):
        loads.load("deals", url=host)
    assert_complete(loads)


@pytest.mark.parametrize("is_failing", [False, True])
def test_the_token_is_in_headers_only(
    loads: Loads, is_failing: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """In no line of any log, however much is logged, in no error and in no table."""
    caplog.set_level(logging.DEBUG)
    for name in ("dlt", "urllib3", "requests", "sqlalchemy"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG)
        logger.addHandler(caplog.handler)
    said = ""
    if is_failing:
        token = loads.fake.token
        loads.fake.fail(replies(400, {"message": f"what is {token}"}), path=path_of(loads))
        with pytest.raises(UserError) as told:
            loads.load("deals")
        said = "".join(traceback.format_exception(told.value))
        assert "refuses the request" in said
    else:
        loads.load("deals")
    for name in ("dlt", "urllib3", "requests", "sqlalchemy"):
        logging.getLogger(name).removeHandler(caplog.handler)

    assert loads.fake.requests
    assert loads.fake.token not in said
    assert loads.fake.token not in caplog.text
    assert loads.fake.token not in "".join(loads.said)
    for schema, table in loads.query(
        "select table_schema, table_name from information_schema.tables"
        " where table_schema in ('landing', 'landing_staging', 'ops')"
    ):
        assert loads.fake.token not in str(loads.query(f"select * from {schema}.{table}"))
    assert not any(loads.fake.token in str(request) for request in loads.fake.requests)


# rows that are not as they should be


@pytest.mark.parametrize(
    ("wrong", "because"),
    [
        ({"id": None}, "id is missing"),
        ({"id": ""}, "id is missing"),
        ({"id": "seven"}, "id is not a whole number"),
        ({"id": 7.5}, "id is not a whole number"),
        ({"id": 2**63}, "id is not a whole number"),
        ({"id": True}, "id is neither a number nor a text"),
        ({"id": [7]}, "id is neither a number nor a text"),
        ({"id": 90_001, "update_time": "yesterday"}, "update_time is not a time"),
        ({"id": 90_002, "update_time": "2126-01-01T00:00:00Z"}, "update_time lies in the future"),
    ],
)
def test_a_row_that_cannot_be_loaded_is_set_aside(
    pipedrive: Loads, wrong: dict[str, Any], because: str
) -> None:
    """With the reason; the rest is loaded, and the next load begins where it would have."""

    def spoil(content: Any) -> None:
        content["data"].append(content["data"][0] | {"title": str(wrong)} | wrong)

    pipedrive.fake.fail(altered(spoil), path=DEALS)
    [load] = pipedrive.load("deals")

    assert load.rejected == 1
    assert pipedrive.landed("deals") == held(pipedrive.fake, "deals")
    [(resource, row)] = pipedrive.query(
        "select resource, source_row::jsonb from landing.pipedrive__rejected"
        f" where rejected_because = '{because}' order by rejected_at desc limit 1"
    )
    assert (resource, row["title"]) == ("deals", str(wrong))
    pipedrive.fake.requests.clear()
    pipedrive.load("deals")
    newest = pipedrive.fake.now - timedelta(hours=1)
    assert pipedrive.fake.requests[0].get("updated_since") == f"{newest:%Y-%m-%dT%H:%M:%SZ}"


def test_a_key_is_the_same_as_text_and_as_number(pipedrive: Loads) -> None:
    def as_text(content: Any) -> None:
        content["data"] += [one | {"id": str(one["id"])} for one in content["data"]]

    pipedrive.fake.fail(altered(as_text), path=DEALS)
    pipedrive.load("deals")

    assert pipedrive.landed("deals") == held(pipedrive.fake, "deals")


def test_text_with_a_nul_is_loaded_without_it(pipedrive: Loads) -> None:
    """Postgres has no such character."""
    assert isinstance(pipedrive.fake, FakePipedrive)
    pipedrive.fake.change("deals", 1, title="a\0b", channel={"c\0": ["d\0e", r"\u0000"]})
    pipedrive.load("deals")

    [(title, channel)] = pipedrive.query(
        "select title, channel from landing.pipedrive__deals where id = 1"
    )
    assert (title, channel) == ("ab", {"c": ["de", r"\u0000"]})
    pipedrive.fake.change("deals", 1, title="ab", channel=None)


@pytest.fixture
def alone(warehouse: Warehouse) -> Iterator[Loads]:
    """Ten deals of Pipedrive in a warehouse of the test's own."""
    with fake_pipedrive.fake_pipedrive() as fake:
        fake_pipedrive.fill(fake, 10)
        yield Loads(fake, warehouse, declared_sources()["pipedrive"])


def test_new_columns_and_other_types_arrive_and_are_told(alone: Loads) -> None:
    fake = alone.fake
    assert isinstance(fake, FakePipedrive)
    for deal in fake.records["deals"].values():
        deal["points"] = 7
    alone.load("deals")
    fake.now += timedelta(days=1)
    fake.change("deals", 1, points="many", moon="full")
    [load] = alone.load("deals")

    assert load.schema_changes == (
        "moon is a new column",
        "points came as text too, in the column points__v_text",
    )
    assert alone.query(
        "select schema_changes from ops.loads order by load_number desc limit 1"
    ) == [([*load.schema_changes],)]
    rows = "select id, points, points__v_text, moon from landing.pipedrive__deals where id < 3"
    assert sorted(alone.query(rows)) == [(1, None, "many", "full"), (2, 7, None, None)]

    # also where the other type comes first
    alone.load("deals", full=True)
    assert sorted(alone.query(rows)) == [(1, None, "many", "full"), (2, 7, None, None)]


def test_a_row_that_does_not_tell_when_it_changed_is_loaded(alone: Loads) -> None:
    def forget(content: Any) -> None:
        content["data"][0]["update_time"] = None

    alone.fake.fail(altered(forget), path=DEALS)
    alone.load("deals")
    assert len(alone.landed("deals")) == 10


def test_a_table_is_loaded_before_it_has_a_row(warehouse: Warehouse) -> None:
    with fake_pipedrive.fake_pipedrive() as fake:
        empty = Loads(fake, warehouse, declared_sources()["pipedrive"])
        empty.load("deals", "users")
        fake_pipedrive.fill(fake, 10)
        loads = empty.load("deals", "users")
        assert [load.schema_changes for load in loads] == [(), ()]
        assert empty.landed("deals") == held(fake, "deals")


# what is told of failures


def test_a_source_without_a_token_is_told_plainly(warehouse: Warehouse) -> None:
    """No secret is none to hide: not every letter is."""
    source = declared_sources()["pipedrive"]
    with fake_pipedrive.fake_pipedrive() as fake:
        connection = Connection("http", fake.url, None, None, None, None)
        with pytest.raises(UserError, match="connection 'pipedrive' has no token"):
            sync(source, "users", warehouse, connection)
    open_source = Source("open", "rest_api", {"rest_api": {
        "client": {"base_url": "https://open.example"},
        "resources": [{"name": "items", "primary_key": "id", "endpoint": {"path": "items"}}],
    }})  # fmt: skip
    with serving(Elsewhere()) as elsewhere:
        elsewhere.fail(replies(400, {"message": "no such thing"}), path="/items")
        connection = Connection("http", elsewhere.url, None, None, None, None)
        with pytest.raises(UserError, match="no such thing"):
            sync(open_source, "items", warehouse, connection)


def test_a_warehouse_that_breaks_off_is_worth_another_try(pipedrive: Loads) -> None:
    def end_all_sessions(server: FakeCrm, request: Request) -> Answer:
        pipedrive.query(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where pid <> pg_backend_pid() and datname = current_database()"
        )
        return replies(200, fake_pipedrive.page([{"title": "no key"}], None))(server, request)

    pipedrive.fake.fail(end_all_sessions, path=DEALS)

    message = failing(pipedrive, TryAgainError)

    assert message.startswith(
        "pipedrive could not be loaded, as the connection to Postgres broke ("
    )
    assert_complete(pipedrive)


def test_three_failed_runs_in_a_row_pause_a_source(warehouse: Warehouse) -> None:
    """Retries of a run count once, loads by command line do not, and a good load ends it.

    The third run does not pause itself: it has all its retries.
    """

    def ended(run: str | None, is_loaded: bool = False, table: str = "deals") -> None:
        load = Load(
            "pipedrive", f"pipedrive__{table}", run, datetime.now(UTC), 1.0, is_loaded,
            message=None if is_loaded else f"it failed in {run}",
        )  # fmt: skip
        note(warehouse, load)

    for run in ("first", "first", "second", "second", None, None):
        ended(run)
    ended("third", table="persons")
    assert paused_because(warehouse, "pipedrive") is None
    ended("third")
    assert paused_because(warehouse, "pipedrive") == "it failed in third"
    assert paused_because(warehouse, "hubspot") is None
    ended("fourth", is_loaded=True, table="persons")
    assert paused_because(warehouse, "pipedrive") == "it failed in third"
    ended(None, is_loaded=True)
    assert paused_because(warehouse, "pipedrive") is None
    for run in ("fifth", "sixth"):
        ended(run)
    assert paused_because(warehouse, "pipedrive") is None
    ended("seventh")
    assert paused_because(warehouse, "pipedrive", before_run="seventh") is None
    assert paused_because(warehouse, "pipedrive", before_run="eighth") == "it failed in seventh"
