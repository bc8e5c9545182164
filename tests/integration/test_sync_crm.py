"""HubSpot and Pipedrive into landing: what is there is what the vendor has, each record once."""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest

from include.errors import TryAgainError
from include.paths import PROJECT
from include.sync.sources import declared_sources
from include.warehouse.connection import Warehouse
from tests.support import fake_hubspot, fake_pipedrive, openapi_proxy
from tests.support.crm_loads import Loads, held
from tests.support.fake_crm import Answer, FakeCrm, Request, replies
from tests.support.fake_hubspot import FakeHubSpot
from tests.support.fake_pipedrive import FakePipedrive
from tests.support.project_copy import environment, run

OBJECTS = "/crm/objects/2026-09"


@pytest.fixture
def hubspot(warehouse: Warehouse) -> Iterator[Loads]:
    with fake_hubspot.fake_hubspot() as fake:
        yield Loads(fake, warehouse, declared_sources()["hubspot"])


@pytest.fixture
def pipedrive(warehouse: Warehouse) -> Iterator[Loads]:
    with fake_pipedrive.fake_pipedrive() as fake:
        yield Loads(fake, warehouse, declared_sources()["pipedrive"])


def assert_equal(loads: Loads, *tables: str) -> None:
    for table in tables or loads.source.tables:
        key = "field_code" if table == "deal_fields" else "id"
        assert loads.landed(table, key) == held(loads.fake, table), table


# all of it, judged by the vendors' documents


@pytest.mark.nightly
def test_hubspot_is_loaded_as_its_documents_allow(hubspot: Loads, tmp_path: Path) -> None:
    assert isinstance(hubspot.fake, FakeHubSpot)
    fake_hubspot.fill(hubspot.fake)
    with openapi_proxy.judged(openapi_proxy.hubspot(), hubspot.fake.url, tmp_path) as url:
        hubspot.load(url=url)
        # an hour again, and nothing changed
        hubspot.load(url=url)

    assert_equal(hubspot)
    [(deals, archived, orphans)] = hubspot.query(
        "select count(*), count(*) filter (where archived), count(*) filter (where not archived"
        " and associations -> 'companies' -> 'results' = '[]') from landing.hubspot__deals"
    )
    # of 1,200 every 25th is archived; every 40th has no company, and every 200th is both
    assert (deals, archived, orphans) == (1_200, 48, 30 - 6)
    assert hubspot.query(
        "select count(*), count(*) filter (where archived) from landing.hubspot__contacts"
    ) == [(400, 13)]
    assert hubspot.query("select count(*) from landing.hubspot__companies") == [(120,)]


@pytest.mark.nightly
def test_pipedrive_is_loaded_as_its_documents_allow(pipedrive: Loads, tmp_path: Path) -> None:
    assert isinstance(pipedrive.fake, FakePipedrive)
    codes = fake_pipedrive.fill(pipedrive.fake)
    with openapi_proxy.judged(openapi_proxy.pipedrive(), pipedrive.fake.url, tmp_path) as url:
        pipedrive.load(url=url)
        pipedrive.load(url=url)

    assert_equal(pipedrive)
    # of 1,200 every 25th is archived, every 35th deleted unless it is archived (every 175th is)
    assert pipedrive.query(
        "select count(*), count(*) filter (where is_archived), count(*) filter (where is_deleted)"
        " from landing.pipedrive__deals"
    ) == [(1_200, 48, 34 - 6)]
    # two of three have a note
    assert pipedrive.query(
        f"select count(custom_fields ->> '{codes['Note']}') from landing.pipedrive__deals"
    ) == [(800,)]
    assert pipedrive.query("select count(*) from landing.pipedrive__rejected") == [(0,)]


# what changed


def test_hubspot_brings_exactly_what_changed(hubspot: Loads) -> None:
    """Of 600 deals thirty changed, five were archived, ten are new."""
    fake = hubspot.fake
    assert isinstance(fake, FakeHubSpot)
    fake_hubspot.fill(fake, 600)
    hubspot.load()
    before = hubspot.load_ids()

    fake.now += timedelta(days=1)
    active = [str(one.id) for one in fake.records["deals"].values() if not one.archived_at]
    changed, archived = active[10:310:10], active[400:405]
    for deal in changed:
        fake.change("deals", deal, amount="7.00", dealstage="closedwon")
    for deal in archived:
        fake.archive("deals", deal)
    new = [fake.create("deals", dealname=f"New {n}", amount="1") for n in range(10)]
    hubspot.load()

    after = hubspot.load_ids()
    written = {row for row, load in after.items() if before.get(row) != load}
    assert written == {("deals", deal) for deal in [*changed, *archived, *new]}
    assert len(written) == 45
    assert len(after) == len(before) + 10
    assert_equal(hubspot)


def test_pipedrive_brings_exactly_what_changed(pipedrive: Loads) -> None:
    """Of 600 deals thirty changed (three were archived), five were deleted, ten are new."""
    fake = pipedrive.fake
    assert isinstance(fake, FakePipedrive)
    fake_pipedrive.fill(fake, 600)
    pipedrive.load()
    before = pipedrive.load_ids()

    fake.now += timedelta(days=1)
    active = [
        id_ for id_, one in fake.records["deals"].items()
        if not one["is_archived"] and not one["is_deleted"]
    ]  # fmt: skip
    changed, deleted = active[10:310:10], active[400:405]
    for deal in changed[3:]:
        fake.change("deals", deal, value=7, status="won")
    for deal in changed[:3]:
        fake.archive(deal)
    for deal in deleted:
        fake.delete("deals", deal)
    new = [fake.create("deals", title=f"New {n}") for n in range(10)]
    pipedrive.load()

    after = pipedrive.load_ids()
    written = {row for row, load in after.items() if before.get(row) != load}
    assert written == {("deals", str(deal)) for deal in [*changed, *deleted, *new]}
    assert len(written) == 45
    assert len(after) == len(before) + 10
    assert_equal(pipedrive)


def test_a_full_load_deletes_what_is_gone_and_the_next_one_goes_on_from_there(
    hubspot: Loads, pipedrive: Loads
) -> None:
    """Records that the vendors forget without a word."""
    assert isinstance(hubspot.fake, FakeHubSpot)
    assert isinstance(pipedrive.fake, FakePipedrive)
    fake_hubspot.fill(hubspot.fake, 60)
    fake_pipedrive.fill(pipedrive.fake, 60)
    for loads in (hubspot, pipedrive):
        loads.load("deals")
    for deal in list(hubspot.fake.records["deals"])[:5]:
        hubspot.fake.delete("deals", str(deal))
    for deal in range(1, 6):
        del pipedrive.fake.records["deals"][deal]
    pipedrive.fake.found.clear()

    for loads in (hubspot, pipedrive):
        loads.load("deals")
        assert len(loads.landed("deals")) == 60
        loads.load("deals", full=True)
        assert_equal(loads, "deals")
        assert len(loads.landed("deals")) == 55
        loads.fake.requests.clear()
        loads.load("deals")
        assert_equal(loads, "deals")
    assert pipedrive.fake.requests[0].get("updated_since") > "2025-12-31"


def test_what_changes_while_a_long_load_reads_comes_with_the_next_one(
    hubspot: Loads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A load of two hours: a deal changes after it was read, another one just before it is."""
    fake = hubspot.fake
    assert isinstance(fake, FakeHubSpot)
    fake_hubspot.fill(fake, 120)
    began = datetime.now(UTC) - timedelta(hours=5)
    first, *_, last = (
        str(id_) for id_, one in fake.records["deals"].items() if not one.archived_at
    )

    def meanwhile(server: FakeCrm, request: Request) -> Answer:
        for deal, after in ((first, timedelta(minutes=1)), (last, timedelta(hours=2))):
            fake.now = began + after
            fake.change("deals", deal, amount="7.00")
        return server.answer(request)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Clock":
            return cls.fromtimestamp(began.timestamp(), tz)

    fake.fail(None, None, meanwhile, path=f"{OBJECTS}/deals/batch/read")
    with monkeypatch.context() as patch:
        patch.setattr("include.sync.hubspot.datetime", Clock)
        hubspot.load("deals")
    assert hubspot.landed("deals")[first] != held(fake, "deals")[first]
    assert hubspot.landed("deals")[last] == held(fake, "deals")[last]

    hubspot.load("deals")
    assert_equal(hubspot, "deals")


def test_dlt_does_not_ask_airflow_for_its_settings() -> None:
    """It would import Airflow and look up a variable a setting: seconds, and a log full of it."""
    asks = "import sys, include.sync, dlt; dlt.config['x'] = 1; print('airflow' in sys.modules)"
    said = run([sys.executable, "-c", asks], PROJECT, environment(PROJECT))
    assert said.stdout.strip() == "False", said.stderr


# what real APIs send


def test_nulls_where_the_documents_forbid_them_are_loaded(hubspot: Loads, pipedrive: Loads) -> None:
    assert isinstance(hubspot.fake, FakeHubSpot)
    assert isinstance(pipedrive.fake, FakePipedrive)
    fake_hubspot.fill(hubspot.fake, 30)
    fake_pipedrive.fill(pipedrive.fake, 30)
    kept = ["id", "status", "is_archived", "is_deleted", "update_time"]
    for deal in pipedrive.fake.records["deals"].values():
        deal |= {name: None for name in deal if name not in kept}
    for person in pipedrive.fake.records["persons"].values():
        person |= {name: None for name in person if name not in kept}
    for record in hubspot.fake.records["contacts"].values():
        modified = fake_hubspot.MODIFIED["contacts"]
        record.properties = {modified: record.properties[modified], "hs_object_id": str(record.id)}
    pipedrive.load("deals", "persons")
    hubspot.load("contacts")

    assert_equal(pipedrive, "deals", "persons")
    assert_equal(hubspot, "contacts")
    assert len(pipedrive.landed("deals")) == 30


def test_associations_beyond_the_first_page_are_read(hubspot: Loads) -> None:
    """Of a record each; the main one, a company's only, is the first of all pages."""
    assert isinstance(hubspot.fake, FakeHubSpot)
    fake_hubspot.fill(hubspot.fake, 20)
    hubspot.fake.associations_a_page = 2
    deals = list(hubspot.fake.records["deals"])
    for deal, more in ((deals[0], 5), (deals[1], 1), (deals[2], 2)):
        for to in ("companies", "contacts"):
            for _ in range(more):
                hubspot.fake.associate("deals", str(deal), to, hubspot.fake.create(to))
    hubspot.load("deals")

    assert_equal(hubspot, "deals")
    landed = json.loads(hubspot.landed("deals")[str(deals[0])]["associations"])
    assert [len(landed[to]["results"]) for to in ("companies", "contacts")] == [6, 6]


def test_pages_of_associations_that_go_in_a_circle_end_the_load(hubspot: Loads) -> None:
    assert isinstance(hubspot.fake, FakeHubSpot)
    fake_hubspot.fill(hubspot.fake, 2)
    [first, *_] = hubspot.fake.records["deals"]
    path = "/crm/associations/2026-09/deals/companies/batch/read"
    for after in ("one", "two", "one", "two"):
        page = {"from": {"id": str(first)}, "to": [], "paging": {"next": {"after": after}}}
        hubspot.fake.fail(replies(200, {"results": [page]}), path=path)
    with pytest.raises(TryAgainError, match="to a page before it"):
        hubspot.load("deals")


def test_recorded_answers_of_hubspot_land(
    hubspot: Loads, shared_data: Callable[[str], Path]
) -> None:
    for kind in ("contacts", "companies", "deals"):
        content = recorded(shared_data, f"hubspot/{kind}", f"/crm/v3/objects/{kind}")
        ids = [{"id": row["id"]} for row in content["results"]]
        hubspot.fake.fail(replies(200, {"results": ids}), path=f"{OBJECTS}/{kind}/search")
        hubspot.fake.fail(replies(200, content), path=f"{OBJECTS}/{kind}/batch/read")
        for to in ("companies", "contacts"):
            path = f"/crm/associations/2026-09/{kind}/{to}/batch/read"
            hubspot.fake.fail(replies(200, {"results": []}), path=path)
        hubspot.load(kind)
        landed = hubspot.landed(kind)
        assert landed.keys() == {row["id"] for row in content["results"]}
        properties = {row["id"]: row["properties"] for row in content["results"]}
        assert {id_: json.loads(row["properties"]) for id_, row in landed.items()} == properties
    for name, table, theirs, path in (
        ("owners", "owners", "/crm/v3/owners", "/crm/owners/2026-09"),
        (
            "fetch-pipelines",
            "pipelines",
            "/crm/v3/pipelines/deals",
            "/crm/pipelines/2026-09/deals",
        ),
    ):
        content = recorded(shared_data, f"hubspot/{name}", theirs)
        hubspot.fake.fail(replies(200, content), path=path)
        hubspot.load(table)
        assert hubspot.landed(table).keys() == {row["id"] for row in content["results"]}


def test_recorded_answers_of_pipedrive_land(
    pipedrive: Loads, shared_data: Callable[[str], Path]
) -> None:
    """Also v1's, whose persons and organizations have other shapes than v2's."""
    deal = recorded(shared_data, "pipedrive/get-deal", "/v2/deals/1")["data"]
    for table, path, rows in (
        ("deals", "/api/v2/deals", [deal]),
        ("stages", "/api/v2/stages", rows_of(shared_data, "stages", "/v2/stages")),
        ("users", "/v1/users", rows_of(shared_data, "users", "/v1/users")),
        ("pipelines", "/api/v2/pipelines", rows_of(shared_data, "pipelines", "/v1/pipelines")),
        ("persons", "/api/v2/persons", rows_of(shared_data, "persons", "/v1/persons")),
        (
            "organizations",
            "/api/v2/organizations",
            rows_of(shared_data, "organizations", "/v1/organizations"),
        ),
    ):
        page = {"success": True, "data": rows, "additional_data": {"next_cursor": None}}
        pipedrive.fake.fail(replies(200, page), path=path)
        pipedrive.load(table)
        assert pipedrive.landed(table).keys() == {str(row["id"]) for row in rows}
    [(title, value, at)] = pipedrive.query(
        "select title, value::text, update_time at time zone 'utc' from landing.pipedrive__deals"
    )
    assert title == deal["title"]
    assert float(value) == deal["value"]
    assert f"{at:%Y-%m-%dT%H:%M:%SZ}" == deal["update_time"]


def recorded(shared_data: Callable[[str], Path], name: str, path: str) -> Any:
    content = json.loads(shared_data(f"crm/nango_{name}.test.json").read_text())
    return content["api"]["get"][path]["response"]


def rows_of(shared_data: Callable[[str], Path], name: str, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = recorded(shared_data, f"pipedrive/{name}", path)["data"]
    return rows
