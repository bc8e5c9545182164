"""The vendors' own OpenAPI documents between our client and a fake: Prism judges both.

Prism comes from npm, once a machine, into `~/.cache`. One Prism judges one vendor, by a document
made at test time of the vendor's several: the paths in use, references resolved, amended where the
document contradicts itself or answers recorded from the real API. It passes requests and answers on
as they are and logs each violation; whoever started the judge gets them all as an AssertionError at
the end, so no client can retry or swallow one.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import SHARED_DATA

PRISM = "5.14.2"
CONTRACTS = SHARED_DATA.parent / "contracts"
_HOME = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ecommerce-churn"

Node = dict[str, Any]


def prism_program() -> Path:
    """Prism's program, installed where it was not yet; skips the test where that cannot be."""
    found = _prism()
    return found if isinstance(found, Path) else pytest.skip(found)


@cache
def _prism() -> Path | str:
    """The program, or why there is none: npm is asked once, as it takes a minute to give up."""
    home = _HOME / f"prism-{PRISM}"
    program = home / "node_modules" / ".bin" / "prism"
    if program.exists():
        return program
    if not (shutil.which("npm") and shutil.which("node")):
        return "needs npm and Node.js, for Prism to judge by the vendors' documents"
    new = home.with_name(f"{home.name}.{os.getpid()}")
    package = f"@stoplight/prism-cli@{PRISM}"
    command = ["npm", "install", "--prefix", str(new), "--no-audit", "--no-fund", package]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    if done.returncode:
        shutil.rmtree(new, ignore_errors=True)
        return f"needs {package} from npm: {done.stderr.strip()[-300:]}"
    if not home.exists():
        new.rename(home)
    shutil.rmtree(new, ignore_errors=True)  # another run was faster
    return program


def contract(name: str) -> Node:
    """A vendor's document; skips the test where it is not there."""
    path = CONTRACTS / name
    if not path.exists():
        pytest.skip(f"needs the contract {name}, in {CONTRACTS.name}/ beside the shared data")
    found: Node = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
    return found


def resolved(node: Any, document: Node) -> Any:
    """A part of a document with what it refers to in place of the references."""
    if isinstance(node, list):
        return [resolved(part, document) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target: Any = document
        for key in node["$ref"].removeprefix("#/").split("/"):
            target = target[key.replace("~1", "/").replace("~0", "~")]
        return resolved(target, document)
    # Examples and descriptions are most of the text and judge nothing.
    return {k: resolved(v, document) for k, v in node.items() if k not in ("example", "examples")}


def properties(schema: Node) -> Node:
    """The properties of an object, also of one that is put together."""
    return {
        name: property_
        for part in (schema, *schema.get("allOf", []))
        for name, property_ in part.get("properties", {}).items()
    }


def merged(paths: Node, document: Node) -> Node:
    """A document of some paths, with the ways to prove who asks of `document`."""
    return {
        "openapi": "3.0.1",
        "info": {"title": "Paths in use", "version": "1"},
        "paths": paths,
        "components": {"securitySchemes": document["components"]["securitySchemes"]},
    }


def hubspot() -> Node:
    """HubSpot's objects, associations, properties and pipelines as one document."""
    wanted = {
        "objects": {"{objectType}": "get", "{objectType}/search": "post"}
        | {"{objectType}/batch/read": "post"},
        "associations": {"{fromObjectType}/{toObjectType}/batch/read": "post"},
        "properties": {"{objectType}": "get"},
        "pipelines": {"{objectType}": "get"},
    }
    paths: Node = {}
    for part, ends in wanted.items():
        document = contract(f"hubspot-{part}-2026-09.openapi.json")
        for end, method in ends.items():
            path = f"/crm/{part}/2026-09/{end}"
            paths[path] = {method: resolved(document["paths"][path][method], document)}
    for path, methods in paths.items():
        if path.endswith("/batch/read"):
            amend_batch_read(methods["post"]["responses"])
    # No document here describes owners: what is asked and answered there is not judged.
    paths["/crm/owners/2026-09"] = {"get": {"responses": {"200": {"description": "owners"}}}}
    return merged(paths, document)


def amend_batch_read(responses: Node) -> None:
    """What the document says of a batch read, put right by what the API answers.

    Where some inputs are not found the answer has the shape of a success and the status 207, which
    is not described; its errors have neither `errors` nor `links`, their `subCategory` is a text,
    and the label of an association of the usual type is null.
    """
    responses["207"] = responses["200"]
    schema = properties(responses["200"]["content"]["application/json"]["schema"])
    error = schema["errors"]["items"]
    error["required"] = [name for name in error["required"] if name not in ("errors", "links")]
    error["properties"]["subCategory"] = {"type": "string"}
    if to := properties(schema["results"]["items"]).get("to"):
        properties(properties(to["items"])["associationTypes"]["items"])["label"]["nullable"] = True


NULL_IN_RECORDED_ANSWERS = {
    "/deals": ("stage_change_time", "won_time", "lost_time", "expected_close_date", "person_id",
               "org_id", "custom_fields"),
    "/persons": ("org_id", "picture_id"),
    "/organizations": ("address",),
}  # fmt: skip
"""Properties that Pipedrive's document says are never null."""


def pipedrive() -> Node:
    """Pipedrive's v2 lists, and v1's users and changelogs, as one document."""
    wanted = {
        ("pipedrive-v2.openapi.yml", "/api/v2"): [
            "/deals", "/deals/archived", "/persons", "/organizations", "/stages", "/pipelines",
            "/dealFields",
        ],
        ("pipedrive-v1.openapi.yml", "/v1"): ["/users", "/deals/{id}/changelog"],
    }  # fmt: skip
    paths: Node = {}
    for (name, base), ends in wanted.items():
        document = contract(name)
        for end in ends:
            method = resolved(document["paths"][end]["get"], document)
            paths[base + end] = {"get": method}
            amend_list(end.removesuffix("/archived"), method)
    return merged(paths, document)


def amend_list(end: str, method: Node) -> None:
    """What the document says of a list, put right by its own descriptions and recorded answers."""
    content = method["responses"]["200"]["content"]["application/json"]["schema"]
    schema = properties(content)
    if paging := schema.get("additional_data"):
        # "will be `null` if you have reached the end of the dataset"
        properties(paging)["next_cursor"]["nullable"] = True
    for name in NULL_IN_RECORDED_ANSWERS.get(end, ()):
        properties(schema["data"]["items"])[name]["nullable"] = True
    for parameter in method.get("parameters", []):
        if parameter["name"] == "status":
            # "Multiple statuses can be included as a comma separated array"
            one = "|".join(parameter["schema"].pop("enum"))
            parameter["schema"]["pattern"] = f"^({one})(,({one}))*$"


@contextmanager
def judged(document: Node, upstream: str, folder: Path) -> Iterator[str]:
    """A judge before `upstream`: its address. AssertionError at the end with what it found."""
    program = prism_program()
    spec, log = folder / "openapi.json", folder / "prism.log"
    spec.write_text(json.dumps(document))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command: list[str | Path] = [program, "proxy", "--port", str(port), spec, upstream]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        wait_until(lambda: "Prism is listening" in log.read_text() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
    assert not (found := violations(log.read_text())), "\n".join(found)


def violations(log: str) -> list[str]:
    """What Prism found, once for all records of a page."""
    lines = re.findall(r"Violation: .*|Request terminated with error.*", log)
    return sorted({re.sub(r"\.\d+\.", ".#.", line) for line in lines})


def wait_until(happened: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for another process; AssertionError where it takes too long."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "the other program does not start"
        time.sleep(0.05)
