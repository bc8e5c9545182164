"""The pages in a real browser, served as `make dashboard` serves them.

Chromium is Debian's: without it these tests say that they were skipped.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import httpx
import psycopg2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from include.paths import PROJECT
from include.sales_form.role import make_form_role
from include.warehouse import embedded
from include.warehouse.reader import make_embedded_reader
from tests.support.fake_oidc import CLIENT_ID, CLIENT_SECRET, identity_provider
from tests.support.warehouses import Warehouse, demo_shop

PAGES = ("", "at_risk", "churn", "cohorts", "value", "sales", "data", "enter_a_sale", "connect")
LEVELS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not CHROMIUM, reason="needs chromium: apt-get install chromium"),
]


class Served(NamedTuple):
    """A running dashboard, and the warehouse that it reads."""

    url: str
    warehouse: Warehouse
    home: Path
    process: "subprocess.Popen[bytes]"


def free_port() -> int:
    """A port that nobody listens on."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serving(
    warehouse: Warehouse, log: Path, **settings: str
) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """The dashboard as a process of its own, up when its health says so.

    In a setting PORT stands for the port.
    """
    port = free_port()
    reader = make_embedded_reader(warehouse)
    personal_reader = make_embedded_reader(warehouse, personal=True)
    env = {
        **os.environ,
        "AIRFLOW_CONN_WAREHOUSE": warehouse.url,
        "AIRFLOW_CONN_WAREHOUSE_READER": reader.url,
        "AIRFLOW_CONN_WAREHOUSE_READER_PERSONAL": personal_reader.url,
        "DASHBOARD_PORT": str(port),
        **{name: value.replace("PORT", str(port)) for name, value in settings.items()},
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "scripts/dashboard.py"], cwd=PROJECT, env=env, stdout=out, stderr=out
        )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{url}/_stcore/health").is_success:
                    break
            except httpx.TransportError:
                assert process.poll() is None, log.read_text()
        yield url, process
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def served(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo shop's pages, on a server that a test may stop and start."""
    folder = tmp_path_factory.mktemp("dashboard")
    warehouse = demo_shop(home, "dashboard", folder)
    warehouse.dbt("build", "--exclude-resource-type", "seed", "unit_test", "test")
    make_embedded_reader(warehouse, personal=True)
    make_form_role(warehouse)
    with serving(warehouse, folder / "log") as (url, process):
        yield Served(url, warehouse, home, process)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def open_page(page: Page, url: str) -> None:
    """Open a page and wait until all of it is there."""
    page.goto(url)
    expect(page.locator("h1")).to_be_visible(timeout=60_000)
    page.wait_for_function("!document.querySelector('[data-stale=true], [data-testid=stSkeleton]')")
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
    )


@pytest.mark.parametrize(
    ("lang", "scheme", "width"),
    [("en", "light", 1200), ("pt_BR", "dark", 1200), ("pt_BR", "light", 390), ("en", "dark", 390)],
)
def test_every_page_can_be_read_by_everybody_and_asks_nobody_else(
    served: Served, browser: Browser, lang: str, scheme: str, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    hosts = set()
    page.on("request", lambda request: hosts.add(httpx.URL(request.url).host))
    for name in PAGES:
        open_page(page, f"{served.url}/{name}?lang={lang}")
        assert page.locator("[data-testid=stException]").count() == 0, name
        found = Axe().run(page, options=LEVELS).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert hosts == {"127.0.0.1"}
    context.close()


def test_a_choice_is_in_the_address_and_goes_along_in_another_language(
    served: Served, browser: Browser
) -> None:
    page = browser.new_page()
    open_page(page, f"{served.url}/cohorts")
    page.get_by_text("revenue a customer").click()
    page.wait_for_url("**/cohorts?measure=ltv_revenue")
    page.get_by_text("Português").click()
    expect(page.locator("h1")).to_have_text("Coortes")
    open_page(page, page.url)
    chosen = page.locator("[aria-checked=true]").all_inner_texts()
    assert chosen == ["receita por cliente", "todos os clientes", "Português"]
    page.get_by_role("link", name="Vendas").click()
    expect(page.locator("h1")).to_have_text("Vendas")
    page.close()


def test_a_row_of_the_list_opens_what_the_customer_did_and_notes_what_was_done(
    served: Served, browser: Browser
) -> None:
    [first] = served.warehouse.rows(
        "select customer_name from marts.rpt_customers_at_risk order by risk_rank limit 1"
    )
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    open_page(page, f"{served.url}/at_risk")
    table = page.locator("[data-testid=stDataFrame]").first
    table.click(position={"x": 18, "y": 52})
    expect(page.locator("h3", has_text=first["customer_name"])).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="contacted").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="contacted")).to_be_visible(timeout=30_000)
    noted = served.warehouse.rows("select outcome, noted_by from ops.contacts order by noted_at")
    assert [tuple(row.values()) for row in noted] == [
        ("contacted", "this machine"),
        ("undone", "this machine"),
    ]
    page.close()


def test_the_list_downloads_as_it_is_shown(served: Served, browser: Browser) -> None:
    [sao_paulo] = served.warehouse.rows(
        "select count(*) as customers from marts.rpt_customers_at_risk where state = 'SP'"
    )
    page = browser.new_page()
    open_page(page, f"{served.url}/at_risk?state=SP")
    with page.expect_download() as download:
        page.get_by_text("Download as CSV").first.click()
    lines = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 1 + sao_paulo["customers"]
    assert lines[0].startswith("Customer,Name,Suggestion")
    page.close()


def test_a_sale_is_entered_once_however_often_its_button_is_clicked(
    served: Served, browser: Browser
) -> None:
    page = browser.new_page()
    open_page(page, f"{served.url}/enter_a_sale")
    price = page.get_by_label("Unit price (BRL)")
    price.fill("19.90")
    product = page.get_by_role("combobox", name="Product")
    product.fill("Gift card")
    product.press("Enter")
    page.get_by_text("Nobody known").click()
    expect(page.get_by_label("Customer found")).to_have_count(0)
    expect(price).to_have_value("19.90")
    page.get_by_role("button", name="Enter the sale").dblclick()
    expect(page.get_by_text("Gift card, R$19.90")).to_be_visible(timeout=30_000)
    assert served.warehouse.rows(
        "select product_id, customer_id, unit_price from landing.sales_form__entries"
    ) == [{"product_id": "form:gift card", "customer_id": None, "unit_price": Decimal("19.90")}]
    page.close()


def test_pages_say_that_postgres_is_away_and_are_well_again_with_it(
    served: Served, browser: Browser
) -> None:
    page = browser.new_page()
    open_page(page, f"{served.url}/churn")
    embedded.stop(served.home)
    page.reload()
    away = page.get_by_text("The warehouse does not answer: try again in a minute.")
    expect(away).to_be_visible(timeout=30_000)
    port = psycopg2.extensions.parse_dsn(served.warehouse.url)["port"]
    embedded.start(served.home, port=int(port))
    open_page(page, f"{served.url}/churn")
    expect(away).to_have_count(0)
    assert served.process.poll() is None
    page.close()


@pytest.mark.parametrize(
    ("email", "is_known"), [("ana@shop.example", True), ("eva@shop.example", False)]
)
def test_who_logs_in_sees_what_their_role_lets_them(
    served: Served, browser: Browser, tmp_path: Path, email: str, is_known: bool
) -> None:
    [first] = served.warehouse.rows(
        "select customer_name from marts.rpt_customers_at_risk order by risk_rank limit 1"
    )
    provider_port = free_port()
    connection = {
        "conn_type": "generic",
        "login": CLIENT_ID,
        "password": CLIENT_SECRET,
        "extra": {
            "cookie_secret": "of-this-test-only",
            "server_metadata_url": (
                f"http://127.0.0.1:{provider_port}/.well-known/openid-configuration"
            ),
        },
    }
    login = {
        "DASHBOARD_AUTH": "oidc",
        "DASHBOARD_OWNERS": "ana@shop.example",
        "REPORT_DASHBOARD_URL": "http://127.0.0.1:PORT",
        "AIRFLOW_CONN_DASHBOARD_OIDC": json.dumps(connection),
    }
    page = browser.new_context().new_page()
    with serving(served.warehouse, tmp_path / "log", **login) as (url, _):
        with identity_provider(provider_port, f"{url}/oauth2callback", email):
            page.goto(f"{url}/at_risk")
            expect(page.get_by_text("Log in")).to_be_visible(timeout=60_000)
            assert page.locator("[data-testid=stDataFrame]").count() == 0
            page.get_by_text("Log in").click()
            page.wait_for_url(f"{url}/**")
            expect(page.locator("[data-testid=stMetric]").first).to_be_visible(timeout=60_000)
            open_page(page, f"{url}/at_risk?q={quote(first['customer_name'])}")
        with page.expect_download() as download:
            page.get_by_text("Download as CSV").first.click()
        told = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert (first["customer_name"] in told) is is_known
    assert CLIENT_SECRET not in (tmp_path / "log").read_text()
    page.context.close()
