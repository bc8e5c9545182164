"""The pages of the demo shop and of shops that tell little, as Streamlit shows them."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from include.dashboard import readers
from include.report.wording import LANGUAGES
from tests.support.pages import page, texts
from tests.support.warehouses import Warehouse, demo_shop

PAGES = ("overview", "at_risk", "churn", "cohorts", "value", "sales", "data", "connect")
ONLY_MODELS = ("--exclude-resource-type", "seed", "unit_test", "test")

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def demo(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The demo shop's marts."""
    warehouse = demo_shop(postgres, "pages_of_demo", tmp_path_factory.mktemp("pages_of_demo"))
    warehouse.dbt("build", "--exclude-resource-type", "seed", "unit_test")
    return warehouse


@pytest.fixture(scope="module")
def empty(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A shop that has its catalogue, and no order yet."""
    warehouse = demo_shop(postgres, "pages_of_empty", tmp_path_factory.mktemp("pages_of_empty"))
    warehouse.execute(
        "truncate landing.raw_orders, landing.raw_order_items, landing.raw_order_cancellations,"
        " landing.raw_order_returns, landing.raw_marketing_spend, landing.raw_customers"
    )
    warehouse.dbt("build", *ONLY_MODELS, as_of="2026-11-16")
    return warehouse


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Lets a test choose the warehouse that the pages read, by its readers' roles."""
    yield monkeypatch
    readers.close()


def reads(look: pytest.MonkeyPatch, warehouse: Warehouse) -> None:
    """Let the pages read a warehouse as they do: by the roles that only read."""
    from include.warehouse.reader import make_embedded_reader

    for conn_id, personal in (("", False), ("_PERSONAL", True)):
        url = make_embedded_reader(warehouse, personal=personal).url
        look.setenv(f"AIRFLOW_CONN_WAREHOUSE_READER{conn_id}", url)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_the_demo_shop(
    look: pytest.MonkeyPatch, demo: Warehouse, name: str, lang: str
) -> None:
    reads(look, demo)
    shown = page(name, lang=lang)
    assert not shown.exception
    assert not shown.error
    as_of = {"en": "As of Nov 16, 2026.", "pt_BR": "Posição em 16 de nov. de 2026."}[lang]
    assert as_of in shown.caption[0].value


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_a_shop_without_an_order_says_so(
    look: pytest.MonkeyPatch, empty: Warehouse, name: str, lang: str
) -> None:
    reads(look, empty)
    shown = page(name, lang=lang)
    assert not shown.exception
    assert not shown.error
    if name not in ("overview", "data", "connect"):
        assert shown.info


def test_the_list_is_the_marts_own_whoever_looks(look: pytest.MonkeyPatch, demo: Warehouse) -> None:
    reads(look, demo)
    [mart] = demo.rows(
        "select count(*) as customers, sum(revenue) as revenue from marts.customers_at_risk"
    )
    shown = page("at_risk", role="viewer", personal_data="none")
    table = shown.dataframe[0].value
    assert len(table) == mart["customers"]
    assert round(Decimal(table["Revenue so far"].sum()), 2) == mart["revenue"]


def test_an_address_opens_the_list_it_asks_for(look: pytest.MonkeyPatch, demo: Warehouse) -> None:
    reads(look, demo)
    [mart] = demo.rows(
        "select count(*) as customers from marts.customers_at_risk where state = 'SP'"
    )
    table = page("at_risk", state="SP").dataframe[0].value
    assert len(table) == mart["customers"] > 0
    assert set(table["State"]) == {"SP"}


def test_an_address_that_asks_for_nonsense_opens_the_page(
    look: pytest.MonkeyPatch, demo: Warehouse
) -> None:
    reads(look, demo)
    shown = page("cohorts", measure="'; drop table x --", dimension="nobody's", segment="?")
    assert not shown.exception
    assert "Best after 3 months" in texts(shown)


@pytest.mark.parametrize("personal_data", ["none", "masked"])
@pytest.mark.parametrize("name", PAGES)
def test_a_viewer_reads_no_name_and_no_address(
    look: pytest.MonkeyPatch, demo: Warehouse, name: str, personal_data: str
) -> None:
    reads(look, demo)
    people = demo.rows(
        "select customer_name from marts.dim_customers where customer_name like '% %'"
    )
    assert len(people) > 500
    read = texts(page(name, role="viewer", personal_data=personal_data))
    assert "@" not in read
    told = {one["customer_name"] for one in people if one["customer_name"] in read}
    assert not told


def test_an_owner_reads_both(look: pytest.MonkeyPatch, demo: Warehouse) -> None:
    reads(look, demo)
    [first] = demo.rows(
        "select customer_name, email from marts.rpt_customers_at_risk order by risk_rank limit 1"
    )
    read = texts(page("at_risk"))
    assert first["customer_name"] in read
    assert first["email"] in read


def test_searching_by_name_is_for_who_may_see_it(look: pytest.MonkeyPatch, demo: Warehouse) -> None:
    reads(look, demo)
    [first] = demo.rows(
        "select customer_name from marts.rpt_customers_at_risk order by risk_rank limit 1"
    )
    assert len(page("at_risk", q=first["customer_name"]).dataframe[0].value) == 1
    hidden = page("at_risk", role="viewer", personal_data="masked", q=first["customer_name"])
    assert hidden.dataframe[0].value.empty


def test_rows_set_aside_can_be_downloaded_by_an_owner_only(
    look: pytest.MonkeyPatch, demo: Warehouse
) -> None:
    reads(look, demo)
    owners = [one.key for one in page("data").get("download_button")]
    viewers = [
        one.key
        for one in page("data", role="viewer", personal_data="masked").get("download_button")
    ]
    assert set(owners) - set(viewers) == {"csv_rejected_rows"}
