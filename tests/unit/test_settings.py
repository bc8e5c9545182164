"""Settings: the environment, `.env` where it is silent, and a sentence for what makes no sense."""

from pathlib import Path

import pytest

from include import settings
from include.errors import UserError
from include.paths import PROJECT
from include.settings import Settings, load_settings


def test_the_environment_sets_each_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_PORT", "5433")
    monkeypatch.setenv("REPORT_LANG", "pt_BR")
    monkeypatch.setenv("SHOP_SOURCES", "olist, cdnow")
    found = load_settings()
    assert found.warehouse_port == 5433
    assert found.report_lang == "pt_BR"
    assert found.shop_sources == ["olist", "cdnow"]


def test_the_shop_is_the_dbt_projects_unless_set() -> None:
    assert load_settings().shop_sources == ["demo_shop"]


def test_empty_parts_are_no_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_SOURCES", "olist, ,cdnow,")
    assert load_settings().shop_sources == ["olist", "cdnow"]


def test_a_source_that_is_named_twice_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_SOURCES", "cdnow,olist, cdnow")
    assert load_settings().shop_sources == ["cdnow", "olist"]


def test_a_path_may_begin_at_the_users_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHOP_DATA", "~/files")
    assert load_settings().data_folder("cdnow") == tmp_path / "files"
    monkeypatch.setenv("SHOP_DATA", "~nobody-of-this-name/files")
    with pytest.raises(UserError, match="~nobody-of-this-name/files"):
        load_settings()


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = load_settings()
    for name in Settings.model_fields:
        monkeypatch.setenv(name.upper(), "")
    assert load_settings() == expected
    monkeypatch.setenv("SHOP_SOURCES", " , ")
    with pytest.raises(UserError, match="SHOP_SOURCES"):
        load_settings()


def test_the_environment_goes_before_dotenv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHON_DOTENV_DISABLED")
    monkeypatch.setattr(settings, "DOTENV", tmp_path / ".env")
    # Set and deleted, so that what .env brings in is taken back after the test.
    monkeypatch.setenv("DEMO_SEED", "")
    monkeypatch.delenv("DEMO_SEED")
    monkeypatch.setenv("WAREHOUSE_PORT", "5433")
    (tmp_path / ".env").write_text("WAREHOUSE_PORT=1\nDEMO_SEED=7\n")
    found = load_settings()
    assert found.warehouse_port == 5433
    assert found.demo_seed == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WAREHOUSE_PORT", "many"),
        ("WAREHOUSE_PORT", "99999"),
        ("WAREHOUSE_PORT", "-1"),
        ("REPORT_LANG", "tlh"),
        ("REPORT_DEADLINE_MINUTES", "-5"),
        ("REPORT_DEADLINE_MINUTES", "0"),
        ("REPORT_DEADLINE_MINUTES", "999999999999999"),
        ("DEMO_CUSTOMERS", "-1"),
        ("DEMO_MESS", "some"),
        ("SHOP_TIME_ZONE", "Sao_Paulo"),
        ("SHOP_TIME_ZONE", "America"),
        ("SHOP_TIME_ZONE", "../etc/passwd"),
    ],
)
def test_a_value_that_makes_no_sense_is_named_in_one_sentence(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=f"{name}='{value}' cannot be used") as caught:
        load_settings()
    assert "\n" not in str(caught.value)


def test_a_shops_files_lie_in_the_projects_data_folder_unless_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings().data_folder("olist") == PROJECT / "include" / "data" / "olist"
    monkeypatch.setenv("SHOP_DATA", str(tmp_path))
    assert load_settings().data_folder("olist") == tmp_path


def test_dbt_is_told_of_sources_with_models_only() -> None:
    told = Settings(shop_sources=["demo_shop", "erp", "olist"])
    assert told.modelled_sources == ["demo_shop", "olist"]


def test_dbt_is_told_where_the_shops_day_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TIME_ZONE", "Asia/Tokyo")
    assert load_settings().dbt_vars == {
        "sources": ["demo_shop", "sales_form"],
        "shop_time_zone": "Asia/Tokyo",
    }
