"""The same reads for an assistant (Model Context Protocol), which answers from contracts so.

By HTTP with the tokens of the API, at `PATH`; by stdio for a program on this machine.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from include.dashboard.api import catalog, openapi, problems
from include.dashboard.api.app import Doorkeeper, Pool, as_json, read
from include.dashboard.api.figures import what_it_means as sections
from include.dashboard.api.problems import Problem
from include.errors import UserError

PATH = "/api/v1/mcp"
ROWS = 100
"""Where nothing is said: an assistant reads every row."""
INSTRUCTIONS = (
    "The marts of one shop: orders, customers, churn, cohorts, value. List the marts, describe one"
    " before you query it, and ask what a figure means before you explain it. Every figure is as of"
    " the date as_of_on, which is part of an answer. Do not compute what a mart has already."
)


def create_server(pool: Callable[[], Pool]) -> MCPServer[Any]:
    """The tools, over the connections of one reader; what that one may not see has no name."""
    server: MCPServer[Any] = MCPServer("shop-marts", instructions=INSTRUCTIONS, log_level="WARNING")

    @server.tool()
    def list_marts() -> dict[str, str]:
        """Every mart, and in a sentence what a row of it is."""
        with _told(), pool().connection() as connection:
            return {
                mart.name: mart.description.split(". ")[0].strip()
                for mart in catalog.marts(connection)
            }

    @server.tool()
    def describe_mart(name: str) -> dict[str, Any]:
        """What a mart is, its key, and every column with its type and meaning."""
        with _told(), pool().connection() as connection:
            found = catalog.marts(connection, name)
        if not found:
            raise ToolError(f"There is no mart {name!r}: list_marts has them.")
        return openapi.described(found[0])

    @server.tool()
    def query_mart(
        name: str,
        columns: list[str] | None = None,
        filters: dict[str, str] | None = None,
        limit: int = ROWS,
        after: str | None = None,
    ) -> dict[str, Any]:
        """Rows of a mart, by its key.

        A filter is a column's name, or with __gte, __lte, __gt or __lt behind it, and a value:
        {"state": "SP", "week_starts_on__gte": "2026-09-01"}. `after` of an answer is the next page.
        """
        parameters = [*(filters or {}).items(), ("limit", str(limit))]
        parameters += [("columns", ",".join(columns))] if columns else []
        parameters += [("after", after)] if after else []
        with _told(), pool().connection() as connection:
            question, page = read(connection, name, parameters)
        answered: dict[str, Any] = json.loads(as_json(question, page))
        return answered

    @server.tool()
    def what_a_figure_means(figure: str) -> list[str]:
        """How a figure is defined: the sections of the shop's metrics on a mart or a word."""
        found = sections(figure)
        if not found:
            raise ToolError(f"Nothing is said of {figure!r}: ask by a mart's name, or one word.")
        return found

    return server


class _told:  # noqa: N801 - it reads as `with _told()`
    """Says in a sentence, to the assistant, what was wrong."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Problem):
            raise ToolError(error.detail) from None
        if isinstance(error, OperationalError | PoolTimeout | UserError):
            raise ToolError("The warehouse does not answer: try again in a moment.") from error


@dataclass(frozen=True)
class McpOverHttp:
    """An ASGI application that asks for a token, and shows its holder what it is good for."""

    door: Doorkeeper
    servers: dict[bool, MCPServer[Any]]
    apps: Mapping[bool, ASGIApp]
    """By whether personal columns are seen."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            caller = await run_in_threadpool(self.door.reader, Request(scope))
        except Problem as problem:
            await problems.answer(problem)(scope, receive, send)
        except (OperationalError, PoolTimeout, UserError):
            away = Problem(503, "The warehouse does not answer.", Retry_After=str(problems.WAIT))
            await problems.answer(away)(scope, receive, send)
        else:
            await self.apps[caller.sees_persons](scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """For the lifespan of the application that it is mounted in."""
        public, personal = self.servers[False], self.servers[True]
        async with public.session_manager.run(), personal.session_manager.run():
            yield


def over_http(door: Doorkeeper) -> McpOverHttp:
    """The application, without sessions: each request has its token."""
    pools = door.pools
    servers = {
        personal: create_server(lambda personal=personal: pools.reader(personal=personal))  # type: ignore[misc]
        for personal in (False, True)
    }
    apps = {
        personal: server.streamable_http_app(
            streamable_http_path=PATH,
            json_response=True,
            stateless_http=True,
            # it keeps pages of others from asking in a visitor's name; they have no token
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )
        for personal, server in servers.items()
    }
    return McpOverHttp(door, servers, apps)
