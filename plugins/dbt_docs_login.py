"""Lets nobody read dbt's documentation in Airflow who is not logged in there.

Cosmos serves it as an app of its own below /cosmos, and Airflow asks for no login before an app of
a plugin. Asked for here is what Airflow's own list of plugins asks for.
"""

from typing import Any

from airflow.plugins_manager import AirflowPlugin

DOCS = "/cosmos"


class LoginForDocs:
    """An ASGI middleware: answers 401 or 403 below /cosmos where Airflow's API would."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http" or not _is_of_docs(scope):
            await self.app(scope, receive, send)
            return
        # Airflow imports plugins into every process; only its web server has these
        from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
        from airflow.api_fastapi.core_api.security import get_user, requires_access_view
        from fastapi import HTTPException, Request
        from fastapi.responses import PlainTextResponse
        from fastapi.security import HTTPBearer

        request = Request(scope)
        try:
            user = await get_user(request, None, await HTTPBearer(auto_error=False)(request))
            requires_access_view(AccessView.PLUGINS)(request, user)
        except HTTPException as error:
            says = f"{error.detail}: log in to Airflow, then open this page again.\n"
            await PlainTextResponse(says, error.status_code)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _is_of_docs(scope: Any) -> bool:
    # the path begins with that of Airflow itself, where it is not at the top of its host
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return bool(path == DOCS or path.startswith(f"{DOCS}/"))


class DbtDocsLogin(AirflowPlugin):
    """What Airflow finds in this file."""

    name = "dbt_docs_login"
    fastapi_root_middlewares = [{"name": "login for dbt docs", "middleware": LoginForDocs}]  # noqa: RUF012
