"""A declared API as dlt's resources."""

import copy
from typing import TYPE_CHECKING, Any

from include.connections import Connection
from include.errors import UserError
from include.sync.api import base_address, new_session
from include.sync.sources import Source

if TYPE_CHECKING:
    from dlt.extract import DltResource

TOKEN = {"bearer": "token", "api_key": "api_key", "http_basic": "password"}
"""What dlt calls the secret of each way to log in."""


def resources(
    source: Source, names: list[str], connection: Connection, pause: float
) -> "list[tuple[DltResource, str | None]]":
    """The resources of these names, each with the column of its last change, if it has one.

    Args:
        source: a source of the kind rest_api.
        names: of resources, as the source declares them.
        connection: with the token as password, and the address where it is not the declared one.
        pause: seconds before a failed request is sent again.

    Raises UserError for a connection without a token, and a declaration that dlt does not accept.
    """
    from dlt.common.exceptions import DictValidationException
    from dlt.sources.helpers.rest_client.client import RESTClient
    from dlt.sources.rest_api import rest_api_resources
    from dlt.sources.rest_api.config_setup import create_auth, create_paginator

    from include.sync.hubspot import Objects

    config: Any = copy.deepcopy(source.declared["rest_api"])
    client = config["client"]
    client["base_url"] = base_address(source.name, client["base_url"], connection)
    client["auth"] = _with_token(source.name, client.get("auth"), connection)
    client["session"] = new_session(client["base_url"], pause)
    of_hubspot = source.declared.get("hubspot_objects", {"objects": {}})
    found: list[tuple[DltResource, str | None]] = []
    try:
        for name, declared in of_hubspot["objects"].items():
            if name in names:
                rest_client = RESTClient(
                    client["base_url"],
                    auth=create_auth(client["auth"]),
                    paginator=create_paginator(client.get("paginator")),
                    session=client["session"],
                )
                version = of_hubspot["version"]
                found += Objects(rest_client, version, name, declared).resources()
        declared = [one for one in config["resources"] if one["name"] in names]
        if declared:
            changed_at: dict[str, str | None] = dict.fromkeys(names)
            for one in declared:
                if incremental := one["endpoint"].get("incremental"):
                    changed_at[one["name"]] = incremental["cursor_path"]
                    # a row that does not tell when it changed is loaded all the same
                    incremental.setdefault("on_cursor_value_missing", "include")
            for resource in rest_api_resources(config | {"resources": declared}):
                found.append((resource, changed_at[resource.name]))
    except (DictValidationException, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"The source {source.name} in include/sources.yml is not declared as dlt's rest_api"
            f" expects it: {str(error).split(chr(10))[0]}"
        ) from error
    return found


def _with_token(source: str, auth: Any, connection: Connection) -> Any:
    """The declared way to log in, with the connection's password in it."""
    if auth is None:
        return None
    way = {"type": auth} if isinstance(auth, str) else dict(auth)
    if way.get("location", "header") != "header":
        raise UserError(
            f"The source {source} would carry its token in the address, where logs show it: declare"
            " `location: header` in include/sources.yml."
        )
    if not connection.password:
        raise UserError(
            f"The Airflow connection {source!r} has no token: put it there as the password."
        )
    way[TOKEN[way["type"]]] = connection.password
    if way["type"] == "http_basic":
        way["username"] = connection.login or ""
    return way
