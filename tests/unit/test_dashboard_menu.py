"""Airflow's menu leads to the shop's pages where a browser that sees the menu can open them."""

import runpy
from io import StringIO
from typing import Any

import pytest

from include.airflow import environment
from include.paths import PROJECT
from include.settings import Settings
from include.warehouse import embedded
from include.warehouse.connection import Warehouse

pytestmark = pytest.mark.usefixtures("airflow_home")

PUBLIC = "https://shop.example.com/dashboard"
LOCAL = {"AIRFLOW__API__HOST": "127.0.0.1"}


def entries(monkeypatch: pytest.MonkeyPatch, **environment: str) -> list[Any]:
    """The entries of the menu as Airflow's API gives them to its pages."""
    from airflow.api_fastapi.core_api.datamodels.plugins import ExternalViewResponse

    monkeypatch.delenv("AIRFLOW__API__HOST", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    plugin = runpy.run_path(str(PROJECT / "plugins" / "dashboard_menu.py"))["DashboardMenu"]
    views = [ExternalViewResponse.model_validate(view) for view in plugin.external_views]
    return [(view.destination, view.href, view.url_route) for view in views]


def test_the_address_that_the_report_names_is_shown_within_airflow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = entries(monkeypatch, REPORT_DASHBOARD_URL=PUBLIC, **LOCAL)
    assert shown == [("nav", PUBLIC, "shop_dashboard")]


def test_an_airflow_for_this_machine_leads_to_the_pages_on_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = entries(monkeypatch, DASHBOARD_PORT="8600", **LOCAL)
    assert shown == [("nav", "http://127.0.0.1:8600", "shop_dashboard")]


def test_without_an_address_there_is_no_entry_in_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    assert entries(monkeypatch) == []
    assert entries(monkeypatch, AIRFLOW__API__HOST="0.0.0.0") == []  # noqa: S104


def test_pages_that_want_a_login_elsewhere_are_a_link(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within Airflow's frame the provider's page would not open."""
    shown = entries(monkeypatch, REPORT_DASHBOARD_URL=PUBLIC, DASHBOARD_AUTH="oidc")
    assert shown == [("nav", PUBLIC, None)]


def test_make_up_starts_an_airflow_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "postgresql://me@127.0.0.1:5432/warehouse"
    monkeypatch.setattr(Warehouse, "connect", lambda _: StringIO())
    monkeypatch.setattr(environment, "find_warehouse", lambda: Warehouse(address))
    monkeypatch.setattr(embedded, "start", lambda port: address)
    of_airflow = environment.variables(Settings())
    shown = entries(monkeypatch, AIRFLOW__API__HOST=of_airflow["AIRFLOW__API__HOST"])
    assert [href for _, href, _ in shown] == ["http://127.0.0.1:8501"]
