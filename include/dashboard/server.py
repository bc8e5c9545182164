"""The service: Streamlit's pages and the API in one process, on one port."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from include.connections import from_environment
from include.dashboard import readers
from include.dashboard.who import check_reach
from include.errors import UserError
from include.sales_form.role import form_warehouse
from include.sales_form.sale import rules_of
from include.settings import DashboardAuth, Settings

SCRIPT = Path(__file__).parent / "script.py"


def serve(settings: Settings) -> None:
    """Serve until Ctrl-C.

    Raises:
        UserError: nobody is asked who they are, and other machines could reach the pages.
    """
    check_reach(settings)
    import uvicorn

    uvicorn.run(
        application(settings),
        host=settings.dashboard_host,
        port=settings.dashboard_port,
        log_level="warning",
        access_log=False,
    )


def application(settings: Settings) -> Any:
    """The ASGI application."""
    import streamlit as st
    from starlette.routing import Mount, Route

    from include.dashboard.api import mcp_server
    from include.dashboard.api.app import Doorkeeper, Pools, create_api
    from include.dashboard.api.sales import Desk

    door = Doorkeeper(Pools(readers.pool, readers.owner))
    desk = Desk(form_warehouse, lambda: rules_of(settings))
    assistants = mcp_server.over_http(door)

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        async with assistants.running(), _lifespan(app):
            yield

    return st.App(
        SCRIPT,
        routes=[Route(mcp_server.PATH, assistants), Mount("/api/v1", create_api(door, desk))],
        secrets=_secrets(settings),
        lifespan=lifespan,
        on_script_error=_log,
    )


@asynccontextmanager
async def _lifespan(_: Any) -> AsyncIterator[None]:
    # read here, so that the first visitor need not wait for them
    import altair  # noqa: F401
    import pandas  # noqa: F401

    from include.dashboard import script  # noqa: F401

    yield
    readers.close()


def _log(error: Exception) -> None:
    logging.getLogger(__name__).error("A page failed.", exc_info=error)


def _secrets(settings: Settings) -> dict[str, Any]:
    """What Streamlit takes of an identity provider, from the connection `dashboard_oidc`."""
    if settings.dashboard_auth is not DashboardAuth.OIDC:
        return {}
    connection = from_environment("dashboard_oidc")
    said = connection and {
        "redirect_uri": f"{settings.report_dashboard_url}/oauth2callback",
        "cookie_secret": connection.extra.get("cookie_secret"),
        "client_id": connection.login,
        "client_secret": connection.password,
        "server_metadata_url": connection.extra.get("server_metadata_url"),
    }
    if not said or not all(said.values()) or not settings.report_dashboard_url:
        raise UserError(
            "DASHBOARD_AUTH=oidc wants REPORT_DASHBOARD_URL, the address that people open, and"
            " AIRFLOW_CONN_DASHBOARD_OIDC with login, password, and cookie_secret and"
            " server_metadata_url in its extra: see docs/dashboard.md."
        )
    return {"auth": said}
