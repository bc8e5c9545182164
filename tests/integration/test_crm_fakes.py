"""The fake CRMs: that they speak the vendors' documents, keep the vendors' rules, fail as told."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import fake_hubspot, fake_pipedrive, openapi_proxy
from tests.support.fake_crm import (
    Fault,
    altered,
    broken_off,
    cut_short,
    html,
    hung_up,
    in_own_process,
    replies,
    sent_twice,
)
from tests.support.fake_hubspot import FakeHubSpot
from tests.support.fake_pipedrive import FakePipedrive

OBJECTS = "/crm/objects/2026-09"
DEALS = f"{OBJECTS}/deals"
V2_DEALS = "/api/v2/deals"
EVERYTHING: dict[str, Any] = {"after": "0", "filterGroups": [], "sorts": [], "properties": []}


@pytest.fixture
def hubspot() -> Iterator[FakeHubSpot]:
    """A HubSpot with 120 deals."""
    with fake_hubspot.fake_hubspot() as fake:
        fake_hubspot.fill(fake, 120)
        yield fake


@pytest.fixture
def pipedrive() -> Iterator[FakePipedrive]:
    """A Pipedrive with 120 deals."""
    with fake_pipedrive.fake_pipedrive() as fake:
        fake_pipedrive.fill(fake, 120)
        yield fake


def client(fake: FakeHubSpot | FakePipedrive, url: str = "") -> httpx.Client:
    """Somebody who has the token."""
    header = (
        {"Authorization": f"Bearer {fake.token}"}
        if isinstance(fake, FakeHubSpot)
        else {"x-api-token": fake.token}
    )
    return httpx.Client(base_url=url or fake.url, headers=header, timeout=30)


def listed(fake: FakeHubSpot | FakePipedrive, path: str, **query: Any) -> list[dict[str, Any]]:
    """What the pages of a list hold."""
    found: list[dict[str, Any]] = []
    with client(fake) as http:
        while True:
            content = http.get(path, params=query).raise_for_status().json()
            if isinstance(fake, FakeHubSpot):
                found += content["results"]
                following = content.get("paging", {}).get("next")
                query["after"] = following and following["after"]
            else:
                found += content["data"]
                following = query["cursor"] = content["additional_data"]["next_cursor"]
            if not following:
                return found


def searched(fake: FakeHubSpot, kind: str = "deals", **body: Any) -> dict[str, Any]:
    """The first page of a search."""
    with client(fake) as http:
        answer = http.post(f"{OBJECTS}/{kind}/search", json=EVERYTHING | {"limit": 200} | body)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found


def modified(operator: str, value: str, name: str = "hs_lastmodifieddate") -> list[dict[str, Any]]:
    """Filter groups on the time of the last change."""
    return [{"filters": [{"propertyName": name, "operator": operator, "value": value}]}]


# what the vendors' documents say


@pytest.mark.nightly
def test_hubspot_speaks_its_vendors_documents(hubspot: FakeHubSpot, tmp_path: Path) -> None:
    """Every endpoint, full and last pages, found and not found, and refusals."""
    document = openapi_proxy.hubspot()
    with (
        openapi_proxy.judged(document, hubspot.url, tmp_path) as url,
        client(hubspot, url) as http,
    ):
        for kind in fake_hubspot.KINDS:
            query: dict[str, Any] = {
                "limit": 50,
                "associations": "companies,contacts,deals",
                "properties": "phone",
            }
            for more in ({}, {"archived": "true"}, {"propertiesWithHistory": "dealstage"}):
                assert http.get(f"{OBJECTS}/{kind}", params=query | more).status_code == 200
            search = EVERYTHING | {"limit": 7, "filterGroups": modified("GTE", "0", "createdate")}
            assert http.post(f"{OBJECTS}/{kind}/search", json=search).status_code == 200
            assert http.get(f"/crm/properties/2026-09/{kind}").status_code == 200
        last = listed(hubspot, DEALS)[-1]["id"]
        inputs = {"inputs": [{"id": last}, {"id": "1"}]}
        read = inputs | {"properties": ["amount"], "propertiesWithHistory": ["dealstage"]}
        assert http.post(f"{DEALS}/batch/read", json=read).status_code == 207
        associations = "/crm/associations/2026-09/deals/companies/batch/read"
        assert http.post(associations, json=inputs).status_code == 207
        assert http.get("/crm/pipelines/2026-09/deals").status_code == 200
        assert http.get("/crm/owners/2026-09", params={"limit": 2}).status_code == 200
        assert http.get(DEALS, params={"limit": 101}).status_code == 400
        hubspot.fail(fake_hubspot.too_many_requests(), path=DEALS)
        assert http.get(DEALS).status_code == 429


@pytest.mark.nightly
def test_pipedrive_speaks_its_vendors_documents(pipedrive: FakePipedrive, tmp_path: Path) -> None:
    """Every endpoint with full and last pages; v2 describes no refusal."""
    document = openapi_proxy.pipedrive()
    with (
        openapi_proxy.judged(document, pipedrive.url, tmp_path) as url,
        client(pipedrive, url) as http,
    ):
        for name in fake_pipedrive.PARAMETERS:
            for limit in (2, 500):
                answer = http.get(f"/api/v2/{name}", params={"limit": limit})
                assert answer.status_code == 200
        since = {"updated_since": "2025-12-31T00:00:00Z", "sort_by": "update_time"}
        for path in (V2_DEALS, f"{V2_DEALS}/archived"):
            for status in ("deleted", "open,won,lost,deleted"):
                answer = http.get(path, params=since | {"status": status})
                assert answer.status_code == 200
        assert http.get("/v1/users").status_code == 200
        for query in ({}, {"limit": 1}):
            assert http.get("/v1/deals/4/changelog", params=query).json()["data"]


@pytest.mark.nightly
def test_recorded_answers_pass_the_amended_documents(
    hubspot: FakeHubSpot,
    pipedrive: FakePipedrive,
    shared_data: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    """What the real APIs sent is what the documents say, so the amendments are right."""

    def recorded(name: str, path: str, method: str = "get") -> Any:
        content = json.loads(shared_data(f"crm/nango_{name}.test.json").read_text())
        return content["api"][method][path]["response"]

    (tmp_path / "hubspot").mkdir()
    (tmp_path / "pipedrive").mkdir()
    with (
        openapi_proxy.judged(openapi_proxy.hubspot(), hubspot.url, tmp_path / "hubspot") as url,
        client(hubspot, url) as http,
    ):
        for name, part, end in (
            ("deals", "objects", "/deals"), ("contacts", "objects", "/contacts"),
            ("companies", "objects", "/companies"), ("fetch-pipelines", "pipelines", "/deals"),
            ("fetch-properties", "properties", "/companies"), ("owners", "owners", ""),
        ):  # fmt: skip
            content = recorded(f"hubspot/{name}", f"/crm/v3/{part}{end}")
            path = f"/crm/{part}/2026-09{end}"
            hubspot.fail(replies(200, content), path=path)
            assert http.get(path).json() == content
        content = recorded("hubspot/search-deals", "/crm/v3/objects/deals/search", "post")
        hubspot.fail(replies(200, content), path=f"{DEALS}/search")
        assert http.post(f"{DEALS}/search", json=EVERYTHING | {"limit": 5}).json() == content
    document = openapi_proxy.pipedrive()
    with (
        openapi_proxy.judged(document, pipedrive.url, tmp_path / "pipedrive") as url,
        client(pipedrive, url) as http,
    ):
        deal = recorded("pipedrive/get-deal", "/v2/deals/1")["data"]
        page = {"success": True, "data": [deal], "additional_data": {"next_cursor": None}}
        pipedrive.fail(replies(200, page), path=V2_DEALS)
        assert http.get(V2_DEALS).json() == page
        for name, theirs, path in (
            ("stages", "/v2/stages", "/api/v2/stages"), ("users", "/v1/users", "/v1/users"),
        ):  # fmt: skip
            content = recorded(f"pipedrive/{name}", theirs)
            pipedrive.fail(replies(200, content), path=path)
            assert http.get(path).json() == content


@pytest.mark.nightly
def test_the_judge_tells_what_the_documents_do_not_allow(
    hubspot: FakeHubSpot, tmp_path: Path
) -> None:
    """A request, an answer and a path, whatever the client made of it."""

    def as_number(content: Any) -> None:
        content["results"][0]["properties"]["amount"] = 12

    def ask() -> None:
        document = openapi_proxy.hubspot()
        with (
            openapi_proxy.judged(document, hubspot.url, tmp_path) as url,
            client(hubspot, url) as http,
        ):
            assert http.get(DEALS).status_code == 200
            assert http.post(f"{DEALS}/search", json={"limit": 1}).status_code == 200
            assert http.get("/crm/v3/objects/deals").status_code == 404

    hubspot.fail(altered(as_number), path=DEALS)
    with pytest.raises(AssertionError) as told:
        ask()
    assert "results.#.properties.amount must be string" in str(told.value)
    assert "Request body must have required property 'filterGroups'" in str(told.value)
    assert "Selected route not found" in str(told.value)


# HubSpot's rules


def test_hubspot_lists_each_record_once_and_archived_ones_apart(hubspot: FakeHubSpot) -> None:
    """Of 120 deals every 25th is archived."""
    active, archived = listed(hubspot, DEALS), listed(hubspot, DEALS, archived="true", limit=3)
    assert len({deal["id"] for deal in active}) == len(active) == 116
    assert [deal["properties"]["dealname"] for deal in archived] == [
        "Consulta 24", "Consulta 49", "Consulta 74", "Consulta 99",
    ]  # fmt: skip
    assert all(deal["archivedAt"] for deal in archived)
    assert not any("archivedAt" in deal for deal in active)


def test_hubspot_shows_the_properties_that_were_asked_for(hubspot: FakeHubSpot) -> None:
    """And three that always come; a known one without a value is null, an unknown one not there."""
    contact = listed(hubspot, f"{OBJECTS}/contacts", properties="lastname,health_plan,nosuch")[8]
    assert contact["properties"] == {
        "createdate": "2025-12-31T02:20:00.000Z", "hs_object_id": contact["id"],
        "health_plan": "Unimed", "lastmodifieddate": "2025-12-31T02:20:00.000Z", "lastname": None,
    }  # fmt: skip


def test_hubspot_lists_associations_where_there_are_any(hubspot: FakeHubSpot) -> None:
    """A first company is named twice; the 40th deal has none."""
    deals = listed(hubspot, DEALS, associations="companies", limit=100)
    company = deals[0]["associations"]["companies"]["results"]
    assert [link["type"] for link in company] == ["deal_to_company", "deal_to_company_unlabeled"]
    assert company[0]["id"] == company[1]["id"] == "7"
    orphan = next(deal for deal in deals if deal["properties"]["dealname"] == "Consulta 39")
    assert "associations" not in orphan


def test_hubspot_shows_a_change_at_once(hubspot: FakeHubSpot) -> None:
    """A list, seen before and after."""
    before = listed(hubspot, DEALS, properties="amount", associations="contacts")
    hubspot.change("deals", before[0]["id"], amount="1")
    hubspot.associate("deals", before[1]["id"], "contacts", hubspot.create("contacts"))
    after = listed(hubspot, DEALS, properties="amount", associations="contacts")
    assert (before[0]["properties"]["amount"], after[0]["properties"]["amount"]) == ("100.50", "1")
    assert len(after[1]["associations"]["contacts"]["results"]) == 2


def test_hubspot_keeps_the_history_of_a_property(hubspot: FakeHubSpot) -> None:
    """Newest first."""
    deal = hubspot.create("deals", dealname="New", dealstage="appointmentscheduled")
    hubspot.now += timedelta(hours=1)
    hubspot.change("deals", deal, dealstage="closedwon")
    found = listed(hubspot, DEALS, propertiesWithHistory="dealstage", limit=50)[-1]
    assert found["properties"]["dealstage"] == "closedwon"
    assert [(v["value"], v["timestamp"]) for v in found["propertiesWithHistory"]["dealstage"]] == [
        ("closedwon", "2026-01-01T01:00:00.000Z"),
        ("appointmentscheduled", "2026-01-01T00:00:00.000Z"),
    ]


@pytest.mark.parametrize("value", ["2026-01-01T02:00:00.000Z", "1767232800000"])
def test_hubspot_searches_by_the_time_of_the_last_change(hubspot: FakeHubSpot, value: str) -> None:
    """GTE is inclusive, a time is ISO or milliseconds, archived records are never found."""
    hubspot.now = datetime(2026, 1, 1, 2, tzinfo=UTC)
    changed, archived, *_ = (deal["id"] for deal in listed(hubspot, DEALS))
    hubspot.change("deals", changed, amount="1")
    hubspot.archive("deals", archived)
    [found] = searched(hubspot, filterGroups=modified("GTE", value))["results"]
    assert found["id"] == changed
    assert searched(hubspot, filterGroups=modified("GT", value))["total"] == 0


def test_hubspot_contacts_have_another_name_for_that_time(hubspot: FakeHubSpot) -> None:
    """`hs_lastmodifieddate` is refused."""
    everybody = modified("GTE", "0", "lastmodifieddate")
    assert searched(hubspot, "contacts", filterGroups=everybody)["total"] == 39
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        searched(hubspot, "contacts", filterGroups=modified("GTE", "0"))


def test_hubspot_searches_in_order_and_page_by_page(hubspot: FakeHubSpot) -> None:
    """`after` is a place in what was found."""
    down = json.dumps({"propertyName": "amount", "direction": "DESCENDING"})
    for sort, expected in (
        (down, ["219.50", "218.50", "217.50", "216.50", "215.50", "214.50"]),
        ("amount", ["100.50", "101.50", "102.50", "103.50", "104.50", "105.50"]),
    ):
        asked: dict[str, Any] = {"sorts": [sort], "properties": ["amount"], "limit": 3}
        first, second = searched(hubspot, **asked), searched(hubspot, **asked, after="3")
        assert first["paging"] == {"next": {"after": "3"}}
        found = [deal["properties"]["amount"] for deal in first["results"] + second["results"]]
        assert found == expected


def test_hubspot_finds_no_more_than_ten_thousand(hubspot: FakeHubSpot) -> None:
    """Beyond them a search is refused, whatever is left."""
    assert searched(hubspot, after="9800")["results"] == []
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        searched(hubspot, after="9801")


def test_hubspot_tells_which_inputs_of_a_batch_it_does_not_have(hubspot: FakeHubSpot) -> None:
    """With 207; an archived deal is not there unless archived ones are asked for."""
    there, gone = listed(hubspot, DEALS)[0]["id"], listed(hubspot, DEALS, archived="true")[0]["id"]
    read = {"inputs": [{"id": there}, {"id": gone}, {"id": "1"}], "properties": ["dealname"]}
    with client(hubspot) as http:
        answer = http.post(f"{DEALS}/batch/read", json=read)
        archived = http.post(f"{DEALS}/batch/read", params={"archived": "true"}, json=read)
    assert answer.status_code == 207
    assert [deal["id"] for deal in answer.json()["results"]] == [there]
    assert answer.json()["errors"][0]["context"] == {"ids": [gone, "1"]}
    assert [deal["id"] for deal in archived.json()["results"]] == [gone]


def test_hubspot_reads_associations_in_batches(hubspot: FakeHubSpot) -> None:
    """207 for those without any."""
    deals = {deal["properties"]["dealname"]: deal["id"] for deal in listed(hubspot, DEALS)}
    inputs = [{"id": deals["Consulta 1"]}, {"id": deals["Consulta 39"]}]
    with client(hubspot) as http:
        path = "/crm/associations/2026-09/deals/companies/batch/read"
        answer = http.post(path, json={"inputs": inputs})
    assert answer.status_code == 207
    [found], [error] = answer.json()["results"], answer.json()["errors"]
    assert found["from"] == {"id": deals["Consulta 1"]}
    assert [to["toObjectId"] for to in found["to"]] == ["14"]
    assert [type_["typeId"] for type_ in found["to"][0]["associationTypes"]] == [341, 5]
    assert error["message"] == f"No company is associated with deal {deals['Consulta 39']}."


def test_hubspot_tells_many_associations_of_a_record_in_pages(hubspot: FakeHubSpot) -> None:
    """Only the record that has more comes with a cursor, which goes beside its id."""
    hubspot.associations_a_page = 2
    deals = {deal["properties"]["dealname"]: deal["id"] for deal in listed(hubspot, DEALS)}
    contacts = [hubspot.create("contacts") for _ in range(4)]
    for contact in contacts:
        hubspot.associate("deals", deals["Consulta 1"], "contacts", contact)
    path = "/crm/associations/2026-09/deals/contacts/batch/read"
    with client(hubspot) as http:
        inputs: list[dict[str, str]] = [{"id": deals["Consulta 1"]}, {"id": deals["Consulta 2"]}]
        first, other = http.post(path, json={"inputs": inputs}).json()["results"]
        after = first["paging"]["next"]["after"]
        inputs = [{"id": deals["Consulta 1"], "after": after}]
        [second] = http.post(path, json={"inputs": inputs}).json()["results"]
        after = second["paging"]["next"]["after"]
        inputs = [{"id": deals["Consulta 1"], "after": after}]
        [third] = http.post(path, json={"inputs": inputs}).json()["results"]
    assert "paging" not in other
    assert [to["toObjectId"] for to in (*first["to"][1:], *second["to"], *third["to"])] == contacts
    assert "paging" not in third


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("GET", f"{DEALS}?limit=101", None),
        ("GET", f"{DEALS}?limit=51&propertiesWithHistory=dealstage", None),
        ("GET", f"{OBJECTS}/doctors", None),
        ("POST", f"{DEALS}/search", {"limit": 201}),
        ("POST", f"{DEALS}/search", {"properties": ["a" * 100] * 30}),
        ("POST", f"{DEALS}/batch/read", {"inputs": [{"id": "7"}] * 101}),
        (
            "POST",
            f"{DEALS}/batch/read",
            {"inputs": [{"id": "7"}] * 51, "propertiesWithHistory": ["dealstage"]},
        ),
    ],
)
def test_hubspot_refuses_more_than_it_allows(
    hubspot: FakeHubSpot, method: str, path: str, content: Any
) -> None:
    """In its error JSON."""
    with client(hubspot) as http:
        answer = http.request(method, path, json=content)
    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"


def test_hubspot_does_not_take_long_addresses(hubspot: FakeHubSpot) -> None:
    """A list of some hundred properties is for a body."""
    with client(hubspot) as http:
        assert http.get(DEALS, params={"properties": "a" * 9_000}).status_code == 414


# Pipedrive's rules


def test_pipedrive_lists_each_deal_in_one_of_three_places(pipedrive: FakePipedrive) -> None:
    """Of 120 deals every 25th is archived, and of the rest every 35th deleted."""
    active = listed(pipedrive, V2_DEALS, limit=7)
    archived = listed(pipedrive, f"{V2_DEALS}/archived", limit=3)
    deleted = listed(pipedrive, V2_DEALS, status="deleted")
    assert [deal["id"] for deal in archived] == [25, 50, 75, 100]
    assert [deal["id"] for deal in deleted] == [35, 70, 105]
    assert sorted(deal["id"] for deal in active + archived + deleted) == list(range(1, 121))
    assert {deal["is_archived"] for deal in active + deleted} == {False}
    assert {(deal["is_deleted"], deal["status"]) for deal in deleted} == {(True, "deleted")}


def test_pipedrive_forgets_deleted_deals_after_thirty_days(pipedrive: FakePipedrive) -> None:
    """Then no list has them."""
    pipedrive.now += timedelta(days=60)
    pipedrive.delete("deals", 1)
    assert [deal["id"] for deal in listed(pipedrive, V2_DEALS, status="deleted")] == [1]


def test_pipedrive_does_not_list_deleted_persons(pipedrive: FakePipedrive) -> None:
    """Nor organizations: there is no status to ask for."""
    assert 30 not in [person["id"] for person in listed(pipedrive, "/api/v2/persons")]
    with client(pipedrive) as http:
        assert http.get("/api/v2/persons", params={"status": "deleted"}).status_code == 400


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("name", ["id", "update_time", "add_time"])
def test_pipedrive_sorts_and_pages(pipedrive: FakePipedrive, name: str, direction: str) -> None:
    """Each deal once, equal times by id."""
    found = listed(pipedrive, V2_DEALS, sort_by=name, sort_direction=direction, limit=7)
    keys = [(deal[name], deal["id"]) for deal in found]
    assert keys == sorted(set(keys), reverse=direction == "desc")
    assert len(keys) == 113


def test_pipedrive_lists_what_changed_since_then(pipedrive: FakePipedrive) -> None:
    """Including the very second, up to but without the other."""
    pipedrive.now += timedelta(hours=1)
    pipedrive.change("deals", 3, title="A")
    pipedrive.now += timedelta(hours=1)
    pipedrive.change("deals", 2, title="B")
    at, later = {"updated_since": "2026-01-01T01:00:00Z"}, {"updated_until": "2026-01-01T02:00:00Z"}
    assert [d["id"] for d in listed(pipedrive, V2_DEALS, sort_by="update_time", **at)] == [3, 2]
    assert [d["id"] for d in listed(pipedrive, V2_DEALS, **at, **later)] == [3]


def test_a_new_stage_and_status_bring_their_times(pipedrive: FakePipedrive) -> None:
    """And are in the changelog, newest first, as text."""
    pipedrive.create("deals", id=500)
    pipedrive.now += timedelta(hours=1)
    pipedrive.change("deals", 500, stage_id=2)
    pipedrive.now += timedelta(hours=1)
    pipedrive.change("deals", 500, status="won")
    [deal] = listed(pipedrive, V2_DEALS, ids="500")
    assert deal["stage_change_time"] == "2026-01-01T01:00:00Z"
    assert deal["won_time"] == deal["close_time"] == deal["update_time"] == "2026-01-01T02:00:00Z"
    changes = listed(pipedrive, "/v1/deals/500/changelog", limit=1)
    assert [(c["field_key"], c["old_value"], c["new_value"], c["time"]) for c in changes] == [
        ("status", "open", "won", "2026-01-01 02:00:00"),
        ("stage_id", "1", "2", "2026-01-01 01:00:00"),
    ]


def test_pipedrive_names_custom_fields(pipedrive: FakePipedrive) -> None:
    """By a code of 40 characters, whose options have ids."""
    field = next(
        field for field in listed(pipedrive, "/api/v2/dealFields", limit=2)
        if field["field_name"] == "Channel"
    )  # fmt: skip
    deal = listed(pipedrive, V2_DEALS)[1]
    option = {o["id"]: o["label"] for o in field["options"]}[
        deal["custom_fields"][field["field_code"]]
    ]
    assert (len(field["field_code"]), field["is_custom_field"], option) == (40, True, "Referral")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"limit": 501}, "limit"),
        ({"updated_since": "2026-01-01T00:00:00.000Z"}, "not a valid datetime"),
        ({"updated_since": "2026-01-01"}, "not a valid datetime"),
        ({"sort_by": "title"}, "sort_by"),
        ({"status": "all"}, "status"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"start": "0"}, "start"),
    ],
)
def test_pipedrive_refuses_what_it_does_not_know(
    pipedrive: FakePipedrive, query: dict[str, str], said: str
) -> None:
    """In v2's error JSON."""
    with client(pipedrive) as http:
        answer = http.get(V2_DEALS, params=query)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert said in answer.json()["error"]


def test_pipedrive_has_a_budget_a_day(pipedrive: FakePipedrive) -> None:
    """Two changelogs at 20 tokens and a page at 10 are 50; then 429 without a time to wait."""
    pipedrive.daily_tokens = 59
    with client(pipedrive) as http:
        for path in ("/v1/deals/1/changelog", "/v1/deals/2/changelog", V2_DEALS):
            left = http.get(path).headers["x-daily-ratelimit-token-remaining"]
        refused = http.get(V2_DEALS)
        pipedrive.now += timedelta(days=1)
        assert http.get(V2_DEALS).status_code == 200
    assert (left, refused.status_code) == ("9", 429)
    assert "retry-after" not in refused.headers


# tokens, faults and the log


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer other"}])
def test_hubspot_refuses_strangers(hubspot: FakeHubSpot, headers: dict[str, str]) -> None:
    """Also one who has the token in another place."""
    answer = httpx.get(f"{hubspot.url}{DEALS}?hapikey={hubspot.token}", headers=headers)
    assert (answer.status_code, answer.json()["category"]) == (401, "INVALID_AUTHENTICATION")


def test_pipedrive_refuses_a_token_in_the_address(pipedrive: FakePipedrive) -> None:
    """Though it is in the header too."""
    with client(pipedrive) as http:
        answer = http.get(V2_DEALS, params={"api_token": pipedrive.token})
    assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized access")
    assert httpx.get(pipedrive.url + V2_DEALS).status_code == 401


def test_a_token_is_revoked_half_way(hubspot: FakeHubSpot) -> None:
    """After two calls."""
    hubspot.revoke_token(after_calls=2)
    with client(hubspot) as http:
        assert [http.get(DEALS).status_code for _ in range(4)] == [200, 200, 401, 401]


@pytest.mark.parametrize(
    ("fault", "status", "header"),
    [
        (fake_hubspot.too_many_requests(), 429, None),
        (fake_hubspot.too_many_requests(Retry_After="3"), 429, ("retry-after", "3")),
        (replies(502), 502, None),
        (replies(302, Location="http://elsewhere.invalid/"), 302, ("location", "http://elsewhere.invalid/")),
        (html, 200, ("content-type", "text/html")),
    ],
)  # fmt: skip
def test_a_fault_is_used_up_by_its_call(
    hubspot: FakeHubSpot, fault: Fault, status: int, header: tuple[str, str] | None
) -> None:
    """The second call here; the first and the third get what they asked for."""
    hubspot.fail(None, fault, path=DEALS)
    with client(hubspot) as http:
        answers = [http.get(DEALS) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, status, 200]
    if header:
        assert answers[1].headers[header[0]] == header[1]


def test_answers_are_cut_short(pipedrive: FakePipedrive) -> None:
    """As if they were whole, with a broken connection, or there is none at all."""
    pipedrive.fail(cut_short, broken_off, hung_up, path=V2_DEALS)
    with client(pipedrive) as http:
        with pytest.raises(json.JSONDecodeError):
            http.get(V2_DEALS).json()
        for _ in range(2):
            with pytest.raises(httpx.RemoteProtocolError):
                http.get(V2_DEALS)
        assert http.get(V2_DEALS).json()["success"]


@pytest.mark.parametrize("name", ["hubspot", "pipedrive"])
@pytest.mark.parametrize("call", [0, 1])
def test_a_page_is_sent_twice(request: pytest.FixtureRequest, name: str, call: int) -> None:
    """And its cursor leads on: 10 records come again, none is missing."""
    fake, path = request.getfixturevalue(name), DEALS if name == "hubspot" else V2_DEALS
    once = [record["id"] for record in listed(fake, path, limit=10)]
    fake.fail(*[None] * call, sent_twice, path=path)
    twice = [record["id"] for record in listed(fake, path, limit=10)]
    assert twice == once[: (call + 1) * 10] + once[call * 10 :]


def test_records_may_hold_what_the_documents_forbid(pipedrive: FakePipedrive) -> None:
    """Nulls, unknown fields, numbers as text."""
    pipedrive.change("deals", 1, value="12,50", title=None, moon="full")
    [deal] = listed(pipedrive, V2_DEALS, ids="1")
    assert (deal["value"], deal["title"], deal["moon"]) == ("12,50", None, "full")


def test_the_log_has_the_calls_but_no_token(hubspot: FakeHubSpot) -> None:
    """Method, path, query and body."""
    searched(hubspot, limit=5)
    listed(hubspot, f"{OBJECTS}/companies", limit=100)
    [search], [companies] = hubspot.asked(f"{DEALS}/search"), hubspot.asked(f"{OBJECTS}/companies")
    assert (search.method, search.body["limit"]) == ("POST", 5)
    assert companies.query == {"limit": ["100"]}
    assert hubspot.token not in repr(hubspot.requests)


def test_a_fake_serves_from_a_process_of_its_own() -> None:
    """Filled."""
    serving = in_own_process(fake_pipedrive.fake_pipedrive, fake_pipedrive.fill, 30)
    with serving as url:
        answer = httpx.get(url + V2_DEALS, headers={"x-api-token": fake_pipedrive.TOKEN})
    assert len(answer.json()["data"]) == 29
