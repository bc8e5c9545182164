"""An identity provider as OpenID Connect describes it, which vouches for one e-mail address.

It checks what a provider checks: the client, its secret, where it is sent back to, each code once.
"""

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI, Form, Header, HTTPException, Query
from fastapi.responses import RedirectResponse
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "shop", "not-to-be-told"


@contextmanager
def identity_provider(port: int, redirect_uri: str, email: str) -> Iterator[str]:
    """Serve one; yields the address of its metadata."""
    issuer = f"http://127.0.0.1:{port}"
    server = uvicorn.Server(
        uvicorn.Config(_app(issuer, redirect_uri, email), port=port, log_level="warning")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"{issuer}/.well-known/openid-configuration"
    finally:
        server.should_exit = True
        thread.join()


def _app(issuer: str, redirect_uri: str, email: str) -> FastAPI:
    app, key = FastAPI(), RSAKey.generate_key(2048, {"kid": "1"})
    nonces: dict[str, str] = {}

    @app.get("/.well-known/openid-configuration")
    def metadata() -> dict[str, Any]:
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    @app.get("/jwks")
    def jwks() -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False)]}

    @app.get("/authorize")
    def authorize(
        client_id: str,
        state: str,
        nonce: str,
        redirect_uri_told: str = Query(alias="redirect_uri"),
    ) -> RedirectResponse:
        if (client_id, redirect_uri_told) != (CLIENT_ID, redirect_uri):
            raise HTTPException(400, "unknown client, or one that wants to be sent elsewhere")
        code = token_urlsafe()
        nonces[code] = nonce
        return RedirectResponse(f"{redirect_uri}?{urlencode({'code': code, 'state': state})}")

    @app.post("/token")
    def token(
        code: str = Form(),
        redirect_uri_told: str = Form(alias="redirect_uri"),
        client_id: str = Form(default=""),
        client_secret: str = Form(default=""),
        authorization: str = Header(default=""),
    ) -> dict[str, Any]:
        given = f"{client_id}:{client_secret}"
        if authorization.startswith("Basic "):
            given = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        if given != f"{CLIENT_ID}:{CLIENT_SECRET}" or redirect_uri_told != redirect_uri:
            raise HTTPException(401, "invalid_client")
        if code not in nonces:
            raise HTTPException(400, "invalid_grant")
        now = int(time.time())
        claims = {
            "iss": issuer,
            "aud": CLIENT_ID,
            "sub": email,
            "email": email,
            "nonce": nonces.pop(code),
            "iat": now,
            "exp": now + 300,
        }
        id_token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, key)
        return {"access_token": token_urlsafe(), "token_type": "Bearer", "id_token": id_token}

    return app
