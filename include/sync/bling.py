"""Bling's orders: those that changed are listed, and each is asked for, as the list has no lines.

Three requests a second are allowed. The list does not tell when an order changed: so the next load
begins a day before this one did, which also covers that Bling's clock is not UTC.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from include.errors import TryAgainError
from include.sync.login import Login
from include.sync.rows import Row, Stream

A_PAGE = 100
A_SECOND = 3
OVERLAP = timedelta(days=1)
SINCE = "since"


class Orders:
    """One list of Bling's, with each of its rows as it is told by itself."""

    def __init__(self, login: Login, name: str, path: str, pause: float) -> None:
        """Make no request yet.

        Args:
            login: to Bling.
            name: of the table.
            path: of the list.
            pause: so long are three requests, in seconds.
        """
        self._login = login
        self._name = name
        self._path = path
        self._spacing = pause / A_SECOND
        self._next_at = 0.0
        self._token = ""

    def stream(self) -> Stream:
        """The orders that changed since the last load."""
        import dlt

        @dlt.resource(name=self._name, primary_key="id")
        def changed() -> Iterator[Row]:
            began, state = datetime.now(UTC), dlt.current.resource_state()
            # all ids first, while few orders change and shift the pages
            for id_ in list(self._ids(state.get(SINCE))):
                row = self._get(f"{self._path}/{id_}")
                if row:
                    yield row
            state[SINCE] = (began - OVERLAP).strftime("%Y-%m-%d %H:%M:%S")

        return Stream(changed, "")

    def _ids(self, since: str | None) -> dict[int, None]:
        """The ids of what changed, each once; without `since` of all there are."""
        found: dict[int, None] = {}
        page, before = 1, None
        while True:
            query = {"pagina": page, "limite": A_PAGE} | (
                {"dataAlteracaoInicial": since} if since else {}
            )
            rows = self._get(self._path, **query)
            if not rows:
                return found
            if rows == before:
                raise TryAgainError(
                    f"Bling leads from page {page - 1} of {self._path} to the same page again:"
                    " nothing was loaded, and the next run tries again."
                )
            found |= dict.fromkeys(row["id"] for row in rows)
            page, before = page + 1, rows

    def _get(self, path: str, **query: Any) -> Any:
        """The data of an answer; None for what was deleted since it was listed.

        An access token is good for six hours, which may end amid a load: then once for a new one.
        """
        response = self._send(path, query)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            self._token = ""
            response = self._send(path, query)
        if response.status_code == HTTPStatus.NOT_FOUND and not query:
            return None
        response.raise_for_status()
        return response.json()["data"]

    def _send(self, path: str, query: dict[str, Any]) -> Any:
        if not self._token:
            self._token = self._login.access_token()
        time.sleep(max(0.0, self._next_at - time.monotonic()))
        self._next_at = time.monotonic() + self._spacing
        return self._login.session.get(
            f"{self._login.address}/{path}",
            params=query,
            headers={
                **self._login.source.declared["rest_api"]["client"].get("headers", {}),
                "Authorization": f"Bearer {self._token}",
            },
        )
