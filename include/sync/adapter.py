"""How requests reach one API: no other host, no answer that is none, none parsed twice."""

import textwrap
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

import orjson
from dlt.common.jsonpath import find_values
from requests import JSONDecodeError, PreparedRequest, Response
from requests.adapters import HTTPAdapter

from include.errors import TryAgainError, UserError
from include.secrets import scrub


class Answer(Response):
    """An answer of JSON, parsed; dlt asks for it several times a page."""

    def __init__(self, response: Response, parsed: Any) -> None:
        super().__init__()
        self.__setstate__(response.__getstate__())
        self.raw = response.raw
        self._parsed = parsed

    def json(self, **_: Any) -> Any:
        """The content, without the character that Postgres cannot keep in a text."""
        return self._parsed


class OneApi(HTTPAdapter):
    """To be mounted for all addresses of a session.

    `send` raises UserError for another host, and TryAgainError for the page just read and for an
    answer that reports a failure with the status of a success, or has no rows where they should be:
    it must not count as empty. An answer that breaks off is requests' JSONDecodeError.

    Args:
        address: base address of the API.
        rows_at: where the rows are in an answer, one of these; not looked for where there are none.
        may_repeat: whether a request may be sent twice; else it is a page that leads to itself.
    """

    def __init__(self, address: str, rows_at: Collection[str], may_repeat: bool) -> None:
        super().__init__()
        self._address = address
        self._rows_at = rows_at
        self._may_repeat = may_repeat
        self._last = PreparedRequest()

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Send a request, anew or once more, and read the answer."""
        self._check_request(request)
        response = super().send(request, *args, **kwargs)
        if response.is_redirect or not response.ok:
            return response
        parsed = _parsed(response)
        self._check_answer(response, parsed)
        return Answer(response, parsed)

    def _check_request(self, request: PreparedRequest) -> None:
        host = urlsplit(self._address).hostname
        asked = urlsplit(request.url or "")
        if _origin(request.url or "") != _origin(self._address):
            raise UserError(
                f"{host} points to another host, {asked.scheme}://{asked.netloc}, which the token"
                " must not go to: correct the declared paging in include/sources.yml."
            )
        last, self._last = self._last, request
        is_another = request is not last  # one that is sent again is the same
        if is_another and not self._may_repeat and _what(request) == _what(last):
            raise TryAgainError(
                f"{host} leads from a page to the same page again, {asked.path!s}: nothing was"
                " loaded, and the next run tries again."
            )

    def _check_answer(self, response: Response, content: Any) -> None:
        """TryAgainError for an answer that has the status of a success and is none."""
        where = f"{urlsplit(response.url).hostname}, asked for {urlsplit(response.url).path},"
        if isinstance(content, dict) and content.get("success") is False:
            # Between words: of a secret that is cut, `explain` would not find the rest.
            said = textwrap.shorten(scrub(str(content.get("error"))), 200, placeholder=" …")
            raise TryAgainError(
                f"{where} reports a failure: {said}; nothing was loaded, and the next run tries"
                " again."
            )
        if self._rows_at and all(
            find_values(one, content) in ([], [None]) for one in self._rows_at
        ):
            raise TryAgainError(
                f"{where} answers without rows in {' or '.join(self._rows_at)}: nothing was loaded,"
                " and the next run tries again."
            )


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, port


def _what(request: PreparedRequest) -> tuple[Any, ...]:
    return request.method, request.url, request.body


def _parsed(response: Response) -> Any:
    try:
        parsed = orjson.loads(response.content)
    except orjson.JSONDecodeError as error:
        raise JSONDecodeError(error.msg, error.doc, error.pos) from None
    return _without_nul(parsed) if b"\\u0000" in response.content else parsed


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(one) for one in value]
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(one) for name, one in value.items()}
    return value
