"""The API over marts that were filled by hand, asked as the reader of a real Postgres."""

import asyncio
import csv
import io
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psycopg2
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import given, settings
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from psycopg_pool import ConnectionPool
from schemathesis import GenerationMode
from starlette.applications import Starlette
from starlette.routing import Route

from include.dashboard.api import mcp_server, tokens
from include.dashboard.api.app import Doorkeeper, Pools, create_api
from include.dashboard.api.limit import Limit
from include.dashboard.api.sales import Desk
from include.dashboard.server import application
from include.paths import PROJECT
from include.sales_form.role import form_warehouse
from include.sales_form.sale import rules_of
from include.settings import load_settings
from include.warehouse import embedded, reader
from include.warehouse.bookkeeping import prepare
from include.warehouse.connection import Warehouse
from scripts.api_token import app as script
from tests.support import marts
from tests.support.project_copy import environment
from tests.support.scripts import call
from tests.support.warehouses import new_warehouse

NAME = "reader_of_api_tests"
NO_DESK = Desk(form_warehouse, lambda: rules_of(load_settings()))
"""Of no use to who only reads."""
CUSTOMERS = [
    {
        "customer_key": f"key{number:05}",
        "source_name": "demo_shop",
        "customer_id": f"{number}",
        "customer_name": f"Ana {number}",
        "email": f"ana{number}@example.com",
        "state": "SP" if number % 2 else "RJ",
        "country": "=cmd()",
        "signed_up_on": f"2026-01-{1 + number % 28:02}",
    }
    for number in range(115)
]
WEEKS: list[dict[str, Any]] = [
    {"week_starts_on": "2026-11-02", "cancelled_orders": 1, "revenue": "1234567890123456.78"},
    {"week_starts_on": "2026-11-09", "cancelled_orders": None, "revenue": "0.10"},
]


@dataclass
class Api:
    """The application, its tokens, and its database."""

    client: TestClient
    pools: Pools
    url: str
    reader_url: str
    tokens: dict[str, str]

    def get(self, path: str, scope: str = "read", **headers: str) -> Any:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(
            path, headers={"Authorization": f"Bearer {self.tokens[scope]}", **told}
        )

    def rows(self, path: str, scope: str = "read") -> list[dict[str, Any]]:
        answered = self.get(path, scope)
        assert answered.status_code == 200, answered.text
        return list(answered.json()["rows"])

    def execute(self, sql: str) -> None:
        with closing(psycopg2.connect(self.url)) as owner, owner:
            owner.cursor().execute(sql)


@contextmanager
def served(warehouse: Warehouse) -> Iterator[Api]:
    """The API over marts with keys, made after the as-of date as in a run."""
    url = warehouse.url
    with closing(psycopg2.connect(url)) as owner:
        prepare(owner, "ops", "shop")
        made = {scope: tokens.make(owner, f"test {scope}", [scope]) for scope in tokens.SCOPES}
        with owner, owner.cursor() as cursor:
            cursor.execute("create table shop.as_of as select date '2026-11-16' as as_of_on")
    marts.make(url, {"dim_customers": CUSTOMERS, "weekly_sales": WEEKS})
    with closing(psycopg2.connect(url)) as owner, owner:
        owner.cursor().execute(
            "alter table marts.dim_customers add primary key (customer_key);"
            " alter table marts.weekly_sales add primary key (week_starts_on);"
            " comment on table marts.weekly_sales is 'One row a complete ISO week.'"
        )
    with ExitStack() as stack:

        def pool(of: str) -> ConnectionPool[Any]:
            return stack.enter_context(
                ConnectionPool[Any](
                    of,
                    kwargs={"autocommit": True},
                    min_size=0,
                    max_size=4,
                    timeout=3,
                    reconnect_timeout=3,
                    check=ConnectionPool.check_connection,
                    open=True,
                )
            )

        reader_urls = {
            personal: reader.make_embedded_reader(warehouse, personal=personal).url
            for personal in (False, True)
        }
        readers = {personal: pool(of) for personal, of in reader_urls.items()}
        owners = pool(url)
        pools = Pools(lambda *, personal=False: readers[personal], lambda: owners)
        application = create_api(Doorkeeper(pools, Limit(most=10_000)), NO_DESK)
        yield Api(
            TestClient(application, raise_server_exceptions=False),
            pools,
            url,
            reader_urls[False],
            made,
        )


@pytest.fixture(autouse=True)
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_READER", NAME)


@pytest.fixture(scope="module")
def api(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One that all may ask, and whose tables stay as they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_READER", NAME)
        warehouse = new_warehouse(postgres, "asked_by_api", tmp_path_factory.mktemp("api"))
        with served(warehouse) as made:
            yield made


@pytest.fixture
def own_api(warehouse: Warehouse) -> Iterator[Api]:
    """One whose tables a test may change."""
    with served(warehouse) as made:
        yield made


# --- what is told


def test_the_marts_are_listed_with_what_the_contract_says(api: Api) -> None:
    listed = {mart["name"]: mart for mart in api.get("/marts").json()["marts"]}
    assert set(listed) == {"as_of", "dim_customers", "weekly_sales"}
    assert listed["weekly_sales"]["description"] == "One row a complete ISO week."
    assert listed["weekly_sales"]["key"] == ["week_starts_on"]
    types = {column["name"]: column["type"] for column in listed["weekly_sales"]["columns"]}
    assert (types["week_starts_on"], types["revenue"]) == ("date", "numeric")


def test_an_answer_says_as_of_when_and_every_digit(api: Api) -> None:
    answered = api.get("/marts/weekly_sales?columns=week_starts_on,revenue,cancelled_orders")
    assert answered.headers["X-As-Of"] == answered.json()["as_of_on"] == "2026-11-16"
    assert answered.headers["Cache-Control"] == "private, no-cache"
    assert '"revenue":1234567890123456.78' in answered.text
    assert answered.json()["rows"][1] == {
        "week_starts_on": "2026-11-09",
        "revenue": 0.1,
        "cancelled_orders": None,
    }


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ("state=SP&limit=2", ["1", "3"]),
        ("state=SP&signed_up_on=2026-01-02&limit=2", ["1", "29"]),
        ("signed_up_on__gte=2026-01-28&signed_up_on__lte=2026-01-28&limit=2", ["27", "55"]),
        ("signed_up_on__lt=2026-01-02&limit=1", ["0"]),
        ("signed_up_on__gt=2026-01-27&limit=1", ["27"]),
        ("customer_id=1%27%3B%20drop%20table%20marts.dim_customers", []),
    ],
)
def test_rows_are_filtered(filters: str, ids: list[str], api: Api) -> None:
    found = api.rows(f"/marts/dim_customers?columns=customer_id&{filters}")
    assert [row["customer_id"] for row in found] == ids


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("columns=nothing", "has no column 'nothing'"),
        ("columns=state;drop table x", "has no column 'state;drop table x'"),
        ("columns=state,state", "named twice"),
        ("columns=", "has no column ''"),
        ("nothing=1", "has no column 'nothing'"),
        ("state__like=S", "has no column 'state'"),
        ("state__gte=S", "is asked for by = only"),
        ("signed_up_on=yesterday", "is not a date like"),
        ("signed_up_on=2026-02-30", "is not a date like"),
        ("state=SP&state=RJ", "more than once"),
        ("limit=0", "from 1 to 10000"),
        ("limit=10001", "from 1 to 10000"),
        ("format=xml", "json or csv"),
        ("state=%00", "is not text"),
    ],
)
def test_what_makes_no_sense_is_refused_as_a_problem(query: str, sentence: str, api: Api) -> None:
    answered = api.get(f"/marts/dim_customers?{query}")
    assert answered.status_code == 422
    assert answered.headers["Content-Type"] == "application/problem+json"
    assert sentence in answered.json()["detail"]


def test_csv_is_one_that_excel_opens_and_runs_nothing(api: Api) -> None:
    answered = api.get("/marts/dim_customers?columns=customer_id,country&format=csv&limit=1")
    assert answered.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answered.content.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(answered.content.decode("utf-8-sig")))) == [
        ["customer_id", "country"],
        ["0", "'=cmd()"],
    ]
    assert answered.headers["Link"].startswith("<?columns=")


# --- page by page


def test_twelve_pages_are_walked_without_doubles(api: Api) -> None:
    seen: list[str] = []
    pages = 0
    after: str | None = ""
    while after is not None:
        answered = api.get(
            f"/marts/dim_customers?columns=customer_id&limit=10{after and f'&after={after}'}"
        ).json()
        pages += 1
        seen += [row["customer_id"] for row in answered["rows"]]
        after = answered["after"]
    assert pages == 12
    assert seen == [str(number) for number in range(115)]


def test_a_table_without_a_key_is_walked_as_well(own_api: Api) -> None:
    own_api.execute("alter table marts.dim_customers drop constraint dim_customers_pkey")
    first = own_api.get("/marts/dim_customers?columns=customer_id&limit=100").json()
    second = own_api.get(
        f"/marts/dim_customers?columns=customer_id&limit=100&after={first['after']}"
    ).json()
    assert second["after"] is None
    both = [row["customer_id"] for row in first["rows"] + second["rows"]]
    assert sorted(both, key=int) == [str(number) for number in range(115)]


def test_a_walk_across_a_rebuild_is_told_to_start_again(own_api: Api) -> None:
    after = own_api.get("/marts/dim_customers?limit=10").json()["after"]
    rebuild(own_api, "marts.dim_customers")
    answered = own_api.get(f"/marts/dim_customers?limit=10&after={after}")
    assert answered.status_code == 409
    assert "start again" in answered.json()["detail"]


def test_a_page_of_other_filters_is_no_continuation(api: Api) -> None:
    after = api.get("/marts/dim_customers?limit=10").json()["after"]
    assert api.get(f"/marts/dim_customers?state=SP&after={after}").status_code == 409
    assert api.get("/marts/dim_customers?after=nonsense").status_code == 409


def rebuild(api: Api, table: str) -> None:
    """As dbt does it, with the reader's rights in the same transaction."""
    api.execute(
        f"create table {table}_new (like {table} including all);"
        f" insert into {table}_new select * from {table};"
        f" drop table {table}; alter table {table}_new rename to {table.split('.')[1]};"
        f" grant select (customer_id, customer_key, state) on {table} to {NAME}"
    )


def test_an_answer_is_not_sent_again_until_a_run_makes_another(own_api: Api) -> None:
    path = "/marts/dim_customers?columns=customer_id"
    first = own_api.get(path)
    again = own_api.get(path, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert own_api.get(path + "&limit=1", If_None_Match=first.headers["ETag"]).status_code == 200
    rebuild(own_api, "marts.dim_customers")
    assert own_api.get(path, If_None_Match=first.headers["ETag"]).status_code == 200


def test_while_a_run_is_under_way_a_mart_of_the_one_before_names_no_date(own_api: Api) -> None:
    own_api.execute(
        "drop table shop.as_of; create table shop.as_of as select date '2026-11-23' as as_of_on;"
        f" grant select (as_of_on) on shop.as_of to {NAME}"
    )
    answered = own_api.get("/marts/weekly_sales")
    assert "X-As-Of" not in answered.headers
    assert answered.json()["as_of_on"] is None


# --- who may


def test_nobody_is_let_in_without_a_token(api: Api) -> None:
    for path in ("/marts", "/marts/weekly_sales", "/openapi.json"):
        for headers in ({}, {"Authorization": "Bearer shop_wrong"}, {"Authorization": "Basic x"}):
            answered = api.client.get(path, headers=headers)
            assert answered.status_code == 401
            assert answered.headers["Content-Type"] == "application/problem+json"
            assert answered.headers["WWW-Authenticate"] == "Bearer"
    assert api.client.get(f"/marts?token={api.tokens['read']}").status_code == 401
    assert api.get("/marts", "sales").status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "columns=customer_name",
        "columns=customer_id,email&format=csv",
        "customer_name=Ana 1",
        "email=ana1@example.com",
        "email__gte=a",
    ],
)
def test_a_token_to_read_reaches_no_personal_column(query: str, api: Api) -> None:
    assert api.get(f"/marts/dim_customers?{query}").status_code == 422


def test_no_answer_to_a_token_to_read_has_a_name_in_it(api: Api) -> None:
    for path in (
        "/marts",
        "/openapi.json",
        "/marts/dim_customers",
        "/marts/dim_customers?format=csv",
    ):
        text = api.get(path).text
        assert "Ana" not in text
        assert "customer_name" not in text


def test_a_personal_token_reaches_them(api: Api) -> None:
    found = api.rows("/marts/dim_customers?email=ana7@example.com", "read:personal")
    assert [row["customer_name"] for row in found] == ["Ana 7"]


def test_the_service_asks_for_a_token_beside_its_pages() -> None:
    client = TestClient(application(load_settings()))
    for path in ("/api/v1/marts", mcp_server.PATH):
        assert client.get(path).headers["Content-Type"] == "application/problem+json"
        assert client.get(path).status_code == 401
    assert client.post("/api/v1/sales").status_code == 401


def test_ops_and_landing_are_no_marts(api: Api) -> None:
    for name in ("api_tokens", "pseudonym_key", "raw_customers", "pg_roles", "ops.api_tokens"):
        assert api.get(f"/marts/{name}", "read:personal").status_code == 404


def test_a_token_is_shown_once_and_good_until_it_is_revoked(api: Api) -> None:
    def tell(*arguments: str) -> tuple[int, str]:
        done = call(script, *arguments, AIRFLOW_CONN_WAREHOUSE=api.url)
        return done.returncode, (done.stdout or done.stderr).strip()

    code, token = tell("make", "n8n")
    assert code == 0
    api.tokens["n8n"] = token
    assert api.get("/marts", "n8n").status_code == 200
    assert "n8n: read; made on" in tell("list")[1]
    assert token not in tell("list")[1]
    assert "There is a token 'n8n'" in tell("make", "n8n")[1]
    assert tell("revoke", "n8n")[0] == 0
    assert api.get("/marts", "n8n").status_code == 401
    assert "revoked on" in tell("list")[1]
    assert "There is no token 'x'" in tell("revoke", "x")[1]
    assert "There is no scope 'all'" in tell("make", "y", "--scope", "all")[1]
    with closing(psycopg2.connect(api.url)) as owner, owner.cursor() as cursor:
        cursor.execute("select a::text from ops.api_tokens as a")
        assert not any(token.removeprefix("shop_") in row for (row,) in cursor.fetchall())


def test_seventy_requests_in_a_minute_are_ten_too_many() -> None:
    now = 0.0
    limit = Limit(clock=lambda: now)
    assert [limit.wait("a") for _ in range(70)] == [0] * 60 + [1] * 10
    assert limit.wait("b") == 0
    now = 1.0
    assert [limit.wait("a"), limit.wait("a")] == [0, 1]
    now = 61.0
    assert [limit.wait("a") for _ in range(61)].count(0) == 60


def test_who_asks_too_often_is_told_for_how_long_to_wait(api: Api) -> None:
    client = TestClient(create_api(Doorkeeper(api.pools, Limit(most=2)), NO_DESK))
    headers = {"Authorization": f"Bearer {api.tokens['read']}"}
    answers = [client.get("/marts", headers=headers) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "30"
    assert answers[2].headers["Content-Type"] == "application/problem+json"


# --- Postgres away


def test_it_is_well_again_after_all_its_connections_were_killed(own_api: Api) -> None:
    assert own_api.get("/marts").status_code == 200
    own_api.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    assert own_api.get("/marts").status_code == 200


def test_it_says_so_while_postgres_is_away_and_needs_no_restart(
    home: Path,
) -> None:
    with served(Warehouse(embedded.url(home=home))) as api:
        assert api.get("/marts").status_code == 200
        embedded.stop(home)
        answered = api.get("/marts")
        assert answered.status_code == 503
        assert answered.headers["Content-Type"] == "application/problem+json"
        assert int(answered.headers["Retry-After"]) > 0
        embedded.start(home)
        assert api.get("/marts/weekly_sales").status_code == 200


# --- what it says of itself


def test_the_description_names_what_a_caller_sees(api: Api) -> None:
    paths = api.get("/openapi.json").json()["paths"]
    assert set(paths) == {"/marts", "/marts/as_of", "/marts/dim_customers", "/marts/weekly_sales"}
    named = {one["name"] for one in paths["/marts/dim_customers"]["get"]["parameters"]}
    assert {"state", "signed_up_on__gte", "columns", "limit", "after", "format"} <= named
    assert "email" not in named
    described = api.get("/openapi.json", "read:personal").json()
    assert "email" in described["components"]["schemas"]["dim_customers"]["properties"]


@pytest.mark.nightly
@pytest.mark.parametrize("mode", GenerationMode)
def test_schemathesis_finds_nothing(mode: GenerationMode, api: Api) -> None:
    document = api.get("/openapi.json", "read:personal").json()
    schema = schemathesis.openapi.from_dict(document)
    schema.app = api.client.app
    headers = {"Authorization": f"Bearer {api.tokens['read:personal']}"}
    for path in document["paths"]:
        operation = schema[path]["GET"]

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=150, deadline=None, derandomize=True, database=None)
        def ask(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(headers=headers)

        ask()


# --- for an assistant


def ask_by_http(api: Api, scope: str, tool: str, **arguments: Any) -> Any:
    """What a tool answers to the SDK's own client; its sentence where it refuses."""

    async def talk() -> Any:
        assistants = mcp_server.over_http(Doorkeeper(api.pools, Limit(most=10_000)))
        application = Starlette(routes=[Route(mcp_server.PATH, assistants)])
        async with (
            assistants.running(),
            httpx2.AsyncClient(
                transport=httpx2.ASGITransport(application),
                headers={"Authorization": f"Bearer {api.tokens[scope]}"},
            ) as http,
            Client(streamable_http_client(f"http://t{mcp_server.PATH}", http_client=http)) as asked,
        ):
            told = await asked.call_tool(tool, arguments)
            return (
                told.content[0].model_dump()["text"] if told.is_error else told.structured_content
            )

    return asyncio.run(talk())


def test_an_assistant_finds_a_mart_reads_it_and_knows_what_it_means(api: Api) -> None:
    listed = ask_by_http(api, "read", "list_marts")
    assert "dim_customers" in listed
    assert ask_by_http(api, "read", "describe_mart", name="dim_customers")["key"] == [
        "customer_key"
    ]
    found = ask_by_http(
        api,
        "read",
        "query_mart",
        name="dim_customers",
        columns=["customer_id"],
        filters={"state": "SP", "signed_up_on__gte": "2026-01-27"},
        limit=1,
    )
    assert (found["as_of_on"], found["rows"]) == ("2026-11-16", [{"customer_id": "27"}])
    assert found["after"]
    meaning = ask_by_http(api, "read", "what_a_figure_means", figure="weekly_churn")["result"]
    assert meaning[0].startswith("## A week or month of customers: `weekly_churn`")


def test_an_assistant_sees_names_by_a_token_for_them_only(api: Api) -> None:
    question = {"name": "dim_customers", "filters": {"email": "ana7@example.com"}}
    assert "has no column 'email'" in ask_by_http(api, "read", "query_mart", **question)
    found = ask_by_http(api, "read:personal", "query_mart", **question)
    assert [row["customer_name"] for row in found["rows"]] == ["Ana 7"]


def test_an_assistant_without_a_token_is_not_let_in(api: Api) -> None:
    assistants = mcp_server.over_http(Doorkeeper(api.pools))
    client = TestClient(Starlette(routes=[Route(mcp_server.PATH, assistants)]))
    answered = client.post(mcp_server.PATH, json={})
    assert answered.status_code == 401
    assert answered.headers["Content-Type"] == "application/problem+json"


def test_an_assistant_on_this_machine_asks_by_stdio(api: Api) -> None:
    of_script = StdioServerParameters(
        command=sys.executable,
        args=["scripts/mcp_server.py"],
        cwd=PROJECT,
        env=environment(
            PROJECT,
            AIRFLOW_CONN_WAREHOUSE=api.url,
            AIRFLOW_CONN_WAREHOUSE_READER=api.reader_url,
        ),
    )

    async def talk() -> Any:
        async with Client(of_script) as asked:
            return await asked.call_tool("query_mart", {"name": "weekly_sales"})

    told = asyncio.run(talk())
    assert [row["week_starts_on"] for row in told.structured_content["rows"]] == [
        "2026-11-02",
        "2026-11-09",
    ]
