"""A declared API as dlt's resources."""

import copy
import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from include.connections import Connection
from include.errors import UserError
from include.sync.api import base_address, new_session
from include.sync.bling import Orders
from include.sync.hubspot import Objects
from include.sync.login import login_to
from include.sync.rows import Stream
from include.sync.sources import Source, parent_of
from include.warehouse.connection import Warehouse

if TYPE_CHECKING:
    from dlt.sources.helpers.rest_client.client import RESTClient

BEGINS_LIKE_A_TIME = re.compile(r"\d{4}-\d{2}-\d{2}")
TOKEN = {"bearer": "token", "api_key": "api_key", "http_basic": "password"}
"""What dlt calls the secret of each way to log in."""


def api_client(
    source: Source, connection: Connection, pause: float, rows_at: Collection[str] = ()
) -> "RESTClient":
    """What speaks to a source's API; arguments and errors as of `streams` and `new_session`."""
    from dlt.sources.helpers.rest_client.client import RESTClient
    from dlt.sources.rest_api.config_setup import create_auth, create_paginator

    config = _client_config(source, connection, pause, rows_at)
    return RESTClient(
        config["base_url"],
        auth=create_auth(config["auth"]),
        paginator=create_paginator(config.get("paginator")),
        session=config["session"],
    )


def streams(
    source: Source, names: list[str], connection: Connection, warehouse: Warehouse, pause: float
) -> list[Stream]:
    """The resources of these names.

    Args:
        source: a source of the kind rest_api.
        names: of resources, as the source declares them.
        connection: with the token as password, and the address where it is not the declared one.
        warehouse: which keeps the tokens that change with each use.
        pause: seconds before a failed request is sent again.

    Raises UserError for a connection without a token, and a declaration that dlt does not accept.
    """
    from dlt.common.exceptions import DictValidationException

    try:
        return [
            *_of_hubspot(source, names, connection, pause),
            *_of_bling(source, names, connection, warehouse, pause),
            *_declared(source, names, connection, pause),
        ]
    except (DictValidationException, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"The source {source.name} in include/sources.yml is not declared as dlt's rest_api"
            f" expects it: {str(error).split(chr(10))[0]}"
        ) from error


def _declared(
    source: Source, names: list[str], connection: Connection, pause: float
) -> Iterator[Stream]:
    from dlt.sources.rest_api import rest_api_resources

    config: Any = copy.deepcopy(source.declared["rest_api"])
    config["resources"] = [one for one in config["resources"] if one["name"] in names]
    if not config["resources"]:
        return
    usual = config.get("resource_defaults", {}).get("endpoint", {}).get("data_selector")
    rows_at = {one["endpoint"].get("data_selector", usual) for one in config["resources"]}
    config["client"] = _client_config(
        source, connection, pause, () if None in rows_at else sorted(rows_at)
    )
    changed_at: dict[str, str] = {}
    parent_key: dict[str, tuple[str, ...]] = {}
    for one in config["resources"]:
        name, parent = one["name"], parent_of(one)
        if incremental := one["endpoint"].get("incremental"):
            # a number that grows is read by as well; when a row changed it does not tell
            is_time = BEGINS_LIKE_A_TIME.match(str(incremental.get("initial_value", "")))
            changed_at[name] = incremental["cursor_path"] if is_time else ""
            # a row that does not tell when it changed is loaded all the same
            incremental.setdefault("on_cursor_value_missing", "include")
        elif parent in changed_at:
            changed_at[name] = ""  # brings the rows of what changed, and does not tell when
        if parent:
            fields = one.get("include_from_parent", [])
            parent_key[name] = tuple(f"_{parent}_{field}" for field in fields)
    for resource in rest_api_resources(config):
        name = resource.name
        yield Stream(resource, changed_at.get(name), parent_key.get(name, ()))


def _of_hubspot(
    source: Source, names: list[str], connection: Connection, pause: float
) -> Iterator[Stream]:
    declared = source.declared.get("hubspot_objects", {"objects": {}})
    for name, one in declared["objects"].items():
        if name in names:
            client = api_client(source, connection, pause, rows_at=["results"])
            yield from Objects(client, declared["version"], name, one).streams()


def _of_bling(
    source: Source, names: list[str], connection: Connection, warehouse: Warehouse, pause: float
) -> Iterator[Stream]:
    for name, one in source.declared.get("bling_lists", {}).items():
        if name in names:
            login = login_to(source, connection, warehouse, pause)
            yield Orders(login, name, one["path"], pause).stream()


def _client_config(
    source: Source, connection: Connection, pause: float, rows_at: Collection[str] = ()
) -> dict[str, Any]:
    """The declared client of dlt's, with the address, the token and a session of ours."""
    client = dict(source.declared["rest_api"]["client"])
    address = base_address(source.name, client["base_url"], connection)
    return client | {
        "base_url": address,
        "auth": _with_token(source.name, client.get("auth"), connection),
        "session": new_session(address, pause, rows_at),
    }


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
    way[TOKEN[way["type"]]] = way.pop("prefix", "") + connection.password
    if way["type"] == "http_basic":
        way["username"] = connection.login or ""
    return way
