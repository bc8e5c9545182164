"""Puts the shop's pages (`include/dashboard`) into Airflow's menu, where a browser can open them.

They are another service, which need not run: Airflow shows what the browser finds at the address.
"""

import os
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from include.settings import DashboardAuth, Settings, load_settings


def views(settings: Settings) -> list[dict[str, Any]]:
    """The entry of the menu; none where nobody has said at which address the pages are."""
    address = settings.report_dashboard_url
    # an Airflow for this machine only is looked at from this machine, where `make dashboard` serves
    if not address and os.environ.get("AIRFLOW__API__HOST") == "127.0.0.1":
        address = f"http://127.0.0.1:{settings.dashboard_port}"
    if not address:
        return []
    view = {"name": "Shop dashboard", "href": address, "destination": "nav"}
    # with a route it is shown within Airflow, where no identity provider lets anybody log in
    if settings.dashboard_auth is not DashboardAuth.OIDC:
        view["url_route"] = "shop_dashboard"
    return [view]


class DashboardMenu(AirflowPlugin):
    """What Airflow finds in this file."""

    name = "dashboard_menu"
    external_views = views(load_settings())
