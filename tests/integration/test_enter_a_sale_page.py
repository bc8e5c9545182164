"""The page “Enter a sale”, as Streamlit shows it, over a warehouse with a handful of rows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from include.dashboard import readers
from include.dashboard.sale_fields import ERRORS, product_of
from include.dashboard.visit import WORDS
from include.report.wording import LANGUAGES, Wording
from include.sales_form import entries
from include.sales_form.entries import Entry, NothingRecordedError, last_entries, void
from include.sales_form.role import make_form_role
from include.warehouse import connection
from include.warehouse.reader import make_embedded_reader
from tests.support.marts import Rows, make
from tests.support.pages import page, texts
from tests.support.warehouses import Warehouse, new_warehouse

OF_SHOP = {"source_name": "demo_shop"}
MARTS: Rows = {
    "rpt_shop_totals": [{"currency": "BRL"}],
    "rpt_weekly_report": [{}],
    "fct_orders": [{**OF_SHOP, "currency": "BRL"}],
    "dim_products": [
        {**OF_SHOP, "product_id": "P1", "product_name": "Mug"},
        {**OF_SHOP, "product_id": "P2", "product_name": "Tea"},
    ],
    "dim_sellers": [{**OF_SHOP, "seller_id": "S1", "seller_name": "Bia"}],
    "dim_sales_channels": [
        {**OF_SHOP, "sales_channel": "counter", "sales_channel_name": "Counter"}
    ],
    "dim_customers": [
        {**OF_SHOP, "customer_id": "C1", "customer_name": "Ana Souza", "state": "SP"},
        {**OF_SHOP, "customer_id": "C2", "customer_name": "Caio Lima", "state": "RJ"},
    ],
}


@pytest.fixture(scope="module")
def kept(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = new_warehouse(postgres, "page_of_sales", tmp_path_factory.mktemp("sales"))
    make(warehouse.url, MARTS)
    warehouse.execute(
        "create schema shop; create table shop.as_of as select date '2026-11-16' as as_of_on"
    )
    make_embedded_reader(warehouse, personal=True)
    warehouse.execute("grant usage on schema shop to shop_reader_personal")
    warehouse.execute("grant select on all tables in schema shop to shop_reader_personal")
    make_form_role(warehouse)
    return warehouse


@pytest.fixture
def shop(kept: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[Warehouse]:
    """The warehouse that the page reads and writes; nobody has entered anything."""
    with entries.as_form(kept) as cursor:
        cursor.execute("reset role; truncate landing.sales_form__entries")
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", kept.url)
    for conn_id in ("", "_PERSONAL"):
        reader = make_embedded_reader(kept, personal=bool(conn_id)).url
        monkeypatch.setenv(f"AIRFLOW_CONN_WAREHOUSE_READER{conn_id}", reader)
    yield kept
    readers.close()


def filled(shown: AppTest, number: int = 0, who: str = "nobody", **other: Any) -> AppTest:
    """The form with a sale of two mugs, not sent yet."""
    values = {"product": "P1", "quantity": 2, "price": "19,90", **other}
    key = f"sale_{number}"
    shown.segmented_control(key=f"{key}_who").set_value(who).run()
    if who == "new":
        shown.text_input(key=f"{key}_name").set_value("Eva").run()
        shown.selectbox(key=f"{key}_state").set_value("RJ").run()
    shown.selectbox(key=f"{key}_product").set_value(values["product"])
    shown.number_input(key=f"{key}_quantity").set_value(values["quantity"])
    shown.text_input(key=f"{key}_price").set_value(values["price"])
    return shown


def sent(shown: AppTest, button: str = "Enter the sale") -> AppTest:
    [one] = [one for one in shown.button if one.label == button]
    return one.click().run()


def test_a_sale_is_recorded_and_the_form_is_empty_again(shop: Warehouse) -> None:
    shown = page("enter_a_sale")
    shown = sent(filled(shown))
    assert not shown.exception
    assert "Recorded: 2 × Mug" in shown.success[0].value.replace("\\", "")
    [entry] = last_entries(shop)
    assert (entry.product_id, entry.quantity, str(entry.unit_price)) == ("P1", 2, "19.90")
    assert (entry.customer_id, entry.currency, entry.entered_by) == (None, "BRL", "ana")
    assert (str(entry.sold_on), entry.action) == ("2026-11-15", "entered")
    assert shown.text_input(key="sale_1_price").value == ""


def test_what_is_wrong_is_told_below_its_field_and_what_was_typed_stays(shop: Warehouse) -> None:
    shown = sent(
        filled(page("enter_a_sale", lang="pt_BR"), product=None, price="1.234"),
        button="Registrar a venda",
    )
    assert [one.value for one in shown.error] == [
        "Escolha um produto, ou digite um novo.",
        "Escreva um valor como 19,90 ou 1.234,56.",
        "2 campos precisam de correção.",
    ]
    assert shown.text_input(key="sale_0_price").value == "1.234"
    assert shown.number_input(key="sale_0_quantity").value == 2
    assert last_entries(shop) == []


def test_a_customer_is_searched_for_and_not_left_out_by_mistake(shop: Warehouse) -> None:
    shown = sent(filled(page("enter_a_sale"), who="known"))
    assert "Search for the customer" in shown.error[0].value
    shown.text_input(key="sale_0_search").set_value("souza").run()
    assert shown.selectbox(key="sale_0_customer_souza").options == ["Ana Souza"]
    assert not sent(shown).error
    assert [one.customer_id for one in last_entries(shop)] == ["C1"]


def test_a_new_customer_is_told_with_the_sale(shop: Warehouse) -> None:
    assert not sent(filled(page("enter_a_sale"), who="new")).error
    [entry] = last_entries(shop)
    assert (entry.customer_name, entry.customer_state) == ("Eva", "RJ")


def test_a_product_that_is_typed_by_its_name_is_the_shops() -> None:
    products = {"P1": "Mug", "P2": "Tea"}
    assert product_of(products, "P1") == {"product_id": "P1"}
    assert product_of(products, " TEA") == {"product_id": "P2"}
    assert product_of(products, "Tea towel") == {"new_product": "Tea towel"}
    assert product_of(products, None) == {"product_id": None}


def test_a_sale_that_looks_the_same_is_asked_about_once(shop: Warehouse) -> None:
    shown = sent(filled(page("enter_a_sale")))
    shown = sent(filled(shown, 1))
    assert "has entered the same" in shown.warning[0].value
    assert len(last_entries(shop)) == 1
    sent(shown)
    assert len(last_entries(shop)) == 2


def away(*_: Any) -> Any:
    raise NothingRecordedError


def test_while_postgres_is_away_what_was_typed_stays(
    shop: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = filled(page("enter_a_sale"))
    with monkeypatch.context() as patch:
        patch.setattr(connection.Warehouse, "connect", away)
        shown = sent(shown)
        [told] = shown.error
        assert "nothing was recorded" in told.value
        assert shown.text_input(key="sale_0_price").value == "19,90"
    assert sent(shown).success
    assert len(last_entries(shop)) == 1


def opened(shown: AppTest, entry: Entry, button: str) -> AppTest:
    """The dialog about a sale."""
    chosen = f"sale_{shown.session_state['sale_number']}_chosen"
    return sent(shown.selectbox(key=chosen).set_value(str(entry.entry_id)).run(), button)


def test_a_sale_is_corrected_with_a_reason(shop: Warehouse) -> None:
    shown = sent(filled(page("enter_a_sale")))
    [seen] = last_entries(shop)
    shown = opened(shown, seen, "Correct")
    key = f"change_{seen.entry_id}_correct"
    shown.number_input(key=f"{key}_quantity").set_value(3)
    shown.text_input(key=f"{key}_reason").set_value("miscounted")
    shown = shown.button(key=f"FormSubmitter:{key}_form-Correct").click().run()
    assert not shown.exception
    [entry] = last_entries(shop)
    assert (entry.version, entry.quantity, entry.reason) == (2, 3, "miscounted")
    assert "Corrected: 3 × Mug" in shown.success[0].value.replace("\\", "")


def test_who_voids_what_was_voided_meanwhile_is_told(shop: Warehouse) -> None:
    shown = sent(filled(page("enter_a_sale")))
    [seen] = last_entries(shop)
    shown = opened(shown, seen, "Void")
    key = f"change_{seen.entry_id}_void"
    void(shop, uuid4(), seen, "typed twice", "caio")
    shown.text_input(key=f"{key}_reason").set_value("typed twice")
    shown = shown.button(key=f"FormSubmitter:{key}_form-Void").click().run()
    assert "Voided meanwhile by caio" in shown.warning[0].value
    assert len(last_entries(shop)) == 1


def test_an_editor_sees_names_as_far_as_the_settings_say(shop: Warehouse) -> None:
    shown = page("enter_a_sale", role="editor", personal_data="masked")
    shown.text_input(key="sale_0_search").set_value("souza").run()
    [option] = shown.selectbox(key="sale_0_customer_souza").options
    assert "Souza" not in option
    assert "C1" in option


def test_a_viewer_enters_nothing(shop: Warehouse) -> None:
    shown = page("enter_a_sale", role="viewer", personal_data="masked")
    assert "by editors" in shown.info[0].value
    assert not shown.button
    assert "Souza" not in texts(shown)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_error_has_its_words(lang: str) -> None:
    words = Wording(lang, WORDS)
    for kind in {*ERRORS.values(), "other", "nobody_chosen"}:
        assert words.text(f"form_error_{kind}", day="x")
