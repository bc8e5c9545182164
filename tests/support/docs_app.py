"""Asks Airflow's web application, as it is configured, for pages; prints each one's status as JSON.

A program, as Airflow reads its configuration once a process: `python docs_app.py PATH …`. Each path
is asked for without a login, with a viewer's token, and with the cookie of one.
"""

import json
import sys

from airflow import settings
from airflow.api_fastapi.app import API_ROOT_PATH, init_auth_manager, init_plugins
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api.app import init_middlewares
from airflow.models.revoked_token import RevokedToken
from fastapi import FastAPI
from fastapi.testclient import TestClient

RevokedToken.metadata.create_all(
    settings.engine, tables=[RevokedToken.metadata.tables["revoked_token"]]
)
app = FastAPI(root_path=API_ROOT_PATH.removesuffix("/"))
app.get("/cosmos_of_another")(lambda: "no page of ours")
init_plugins(app)
manager = init_auth_manager(app)
init_middlewares(app)
token = manager.generate_jwt(SimpleAuthManagerUser(username="me", role="viewer"))
client = TestClient(app)
told = {
    path: [
        client.get(path).status_code,
        client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code,
        client.get(path, headers={"Cookie": f"_token={token}"}).status_code,
    ]
    for path in sys.argv[1:]
}
print(json.dumps(told))
