"""A strict, stateful Bling: its login and its orders, as the documents of API v3 say.

A refresh token is good for once, an access token until it expires, a code for one login. Tests put
orders in and change them; a change is made at `now`, by Bling's clock, which only tests move.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import Any

from tests.support.fake_crm import Answer, FakeCrm, Refusal, Request, answer, serving

CLIENT, SECRET = "client-0123456789", "secret-fedcba9876543210"
FIRST = "refresh-0"
LARGEST_PAGE = 100
PARAMETERS = {"pagina", "limite", "dataAlteracaoInicial", "dataAlteracaoFinal"}
BEHIND = timedelta(hours=-3)  # Bling's clock is Brasília's
LISTED = ("id", "numero", "numeroLoja", "data", "totalProdutos", "total", "contato", "situacao")


class FakeBling(FakeCrm):
    """Orders by id, each with the time of its last change, and the tokens that are good."""

    def __init__(self) -> None:
        super().__init__(SECRET, datetime.now(UTC))
        self.orders: dict[int, dict[str, Any]] = {}
        self.changed: dict[int, datetime] = {}
        self.refresh_token = FIRST
        self.access_tokens: set[str] = set()
        self.codes: set[str] = set()
        self.given = 0
        """How many refresh tokens were ever given."""
        self.after_login: Callable[[], object] = lambda: None
        """What happens when a refresh token was used, before the answer goes out."""

    def put(self, id: int, **fields: Any) -> None:  # noqa: A002
        """Place or change an order."""
        new = {
            "id": id, "numero": id, "numeroLoja": "", "data": "2026-09-01", "totalProdutos": 0,
            "total": 0, "situacao": {"id": 9, "valor": 1}, "loja": {"id": 0}, "itens": [],
            "contato": {"id": 1, "nome": "Ana Souza", "tipoPessoa": "F", "numeroDocumento": ""},
        }  # fmt: skip
        self.orders.setdefault(id, new).update(fields)
        self.changed[id] = self.now

    def remove(self, id: int) -> None:  # noqa: A002
        """Delete an order: no list tells of it."""
        del self.orders[id], self.changed[id]

    def expire(self) -> None:
        """Let six hours pass for the access tokens that were given."""
        self.access_tokens.clear()

    def log_in(self) -> str:
        """Somebody logs in elsewhere: their refresh token, by which others are worth nothing."""
        self._new_tokens()
        return self.refresh_token

    def authorize(self, request: Request, headers: Message, *, revoked: bool) -> None:
        if request.path == "/Api/v3/oauth/token":
            right = "Basic " + b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
            if headers["Authorization"] != right:
                raise Refusal(401, {"error": {"type": "invalid_client"}})
        elif headers["Authorization"] not in {f"Bearer {one}" for one in self.access_tokens}:
            raise Refusal(401, {"error": {"type": "UNAUTHORIZED"}})

    def answer(self, request: Request) -> Answer:
        *_, place = request.path.removeprefix("/Api/v3/").rpartition("pedidos/vendas")
        if request.path == "/Api/v3/oauth/token":
            assert request.method == "POST"
            return answer(200, self._tokens(request.body))
        if request.path == "/Api/v3/pedidos/vendas":
            return answer(200, {"data": self._page(request)})
        order = self.orders.get(int(place.removeprefix("/")))
        if order is None:
            raise Refusal(404, {"error": {"type": "RESOURCE_NOT_FOUND"}})
        return answer(200, {"data": order})

    def lead_back(self, request: Request, content: Any) -> None:
        raise NotImplementedError

    def _tokens(self, form: dict[str, str]) -> dict[str, Any]:
        if form["grant_type"] == "refresh_token":
            is_good = form["refresh_token"] == self.refresh_token
        else:
            is_good = form["code"] in self.codes
            self.codes.discard(form["code"])
        if not is_good:
            raise Refusal(400, {"error": {"type": "invalid_grant", "description": str(form)}})
        tokens = self._new_tokens()
        self.after_login()
        return tokens

    def _new_tokens(self) -> dict[str, Any]:
        self.given += 1
        self.refresh_token, access = f"refresh-{self.given}", f"access-{self.given}"
        self.access_tokens.add(access)
        return {
            "access_token": access, "refresh_token": self.refresh_token, "expires_in": 21600,
            "token_type": "Bearer",
        }  # fmt: skip

    def _page(self, request: Request) -> list[dict[str, Any]]:
        unknown = request.query.keys() - PARAMETERS
        assert not unknown, f"Bling knows no {unknown}"
        size = int(request.get("limite", "100"))
        if size > LARGEST_PAGE:
            raise Refusal(400, {"error": {"type": "VALIDATION_ERROR"}})
        since = request.get("dataAlteracaoInicial", "2000-01-01 00:00:00")
        told = {id_: f"{at + BEHIND:%Y-%m-%d %H:%M:%S}" for id_, at in self.changed.items()}
        found = [id_ for id_ in sorted(told, reverse=True) if told[id_] >= since]
        start = (int(request.get("pagina", "1")) - 1) * size
        return [
            {name: self.orders[id_][name] for name in LISTED} for id_ in found[start : start + size]
        ]


@contextmanager
def fake_bling() -> Iterator[FakeBling]:
    with serving(FakeBling()) as fake:
        yield fake
