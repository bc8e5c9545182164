"""What is declared in `include/sources.yml`: which sources there are, and what each brings.

Read when the DAG is parsed, so nothing heavy is imported here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from include.connections import Connection
from include.errors import UserError
from include.paths import DBT_PROJECT, PROJECT
from include.settings import Settings
from include.warehouse.declared import declared_tables

DECLARED = PROJECT / "include" / "sources.yml"
KINDS = ("rest_api", "shopify_orders", "database", "files")
WORDS = {"database": ("key", "incremental", "overlap", "table"), "files": ("pattern",)}
"""What is declared of a table of these kinds; the first word always."""
_PARENT = re.compile(r"\{resources\.(\w+)\.")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Source:
    """A source as it is declared; its name is that of its Airflow connection, too."""

    name: str
    kind: str
    declared: dict[str, Any]

    @property
    def needs_connection(self) -> bool:
        """Whether it cannot be read without a token or an address of its own."""
        if self.kind == "rest_api":
            return bool(self.declared["rest_api"]["client"].get("auth"))
        return self.kind in ("shopify_orders", "database")

    @property
    def may_be_files(self) -> bool:
        """Whether its exports are known as well, so that it can do without a connection."""
        staging = DBT_PROJECT / "models" / "staging" / self.name
        return staging.is_dir() and any(
            table.reader.known_as for table in declared_tables(self.name, DBT_PROJECT).values()
        )

    @property
    def tables(self) -> dict[str, list[str]]:
        """What is loaded at once: table → the resources that it and those that hang on it need.

        Resources that fill one table belong together, and so does a resource with the one whose
        rows its requests are made for.
        """
        if self.kind == "shopify_orders":
            return {"api_orders": ["api_orders"]}
        if self.kind != "rest_api":
            return {name: [name] for name in self.declared[self.kind]["tables"]}
        objects = self.declared.get("hubspot_objects", {}).get("objects", {})
        tables = {name: [name] for name in [*objects, *self.declared.get("bling_lists", {})]}
        table_of: dict[str, str] = {}
        for resource in self.declared["rest_api"]["resources"]:
            parent = parent_of(resource)
            table = table_of[parent] if parent else resource.get("table_name", resource["name"])
            table_of[resource["name"]] = table
            tables.setdefault(table, []).append(resource["name"])
        return tables


def parent_of(resource: dict[str, Any]) -> str | None:
    """The resource for whose rows the requests of this one are made."""
    found = _PARENT.search(str(resource["endpoint"]))
    return found[1] if found else None


def declared_sources(path: Path = DECLARED) -> dict[str, Source]:
    """All declared sources, by name; a declaration that cannot be understood is a UserError."""
    try:
        text = path.read_text(encoding="utf-8")
        declared = yaml.safe_load(text)["sources"] or {}
        _check_names(yaml.compose(text, yaml.SafeLoader), path)
        sources = {name: _source(name, entry, path) for name, entry in declared.items()}
        for source in sources.values():
            source.tables  # noqa: B018 (what it brings can be told)
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path} does not declare sources as this project expects them: compare it with"
            " docs/your-api.md."
        ) from error
    return sources


def _check_names(node: yaml.Node | None, path: Path) -> None:
    """UserError for a name that stands twice in one place: YAML would take the last."""
    if isinstance(node, yaml.MappingNode):
        names = [name.value for name, _ in node.value]
        for number, (name, entry) in enumerate(node.value):
            if name.value in names[:number]:
                raise UserError(
                    f"{path} names {name.value} twice (line {name.start_mark.line + 1}): rename or"
                    " remove one."
                )
            _check_names(entry, path)
    elif isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            _check_names(entry, path)


def _source(name: str, entry: dict[str, Any], path: Path) -> Source:
    if not _NAME.fullmatch(name):
        raise UserError(
            f"The source {name!r} in {path} begins its tables' names, so only a-z, 0-9 and _ may"
            " be in its name: rename it."
        )
    kinds = [kind for kind in KINDS if kind in entry]
    if len(kinds) != 1:
        raise UserError(
            f"The source {name} in {path} needs exactly one of {', '.join(KINDS)}: add or remove"
            " what is wrong."
        )
    source = Source(name, kinds[0], entry)
    resources = [one["name"] for one in entry.get("rest_api", {}).get("resources", ())]
    for number, resource in enumerate(resources):
        if resource in resources[:number]:
            raise UserError(
                f"The source {name} in {path} has two resources {resource}: rename or remove one."
            )
    if source.kind in WORDS:
        for table in source.tables:
            _check_table(source, table, path)
    return source


def _check_table(source: Source, table: str, path: Path) -> None:
    words, declared = WORDS[source.kind], source.declared[source.kind]["tables"][table]
    if not _NAME.fullmatch(table):
        advice = " and tell its own by `table`" if "table" in words else ""
        raise UserError(
            f"The table {table!r} of the source {source.name} in {path} gives the one in landing"
            f" its name, so only a-z, 0-9 and _ may be in it: rename it{advice}."
        )
    wrong = [word for word in declared if word not in words]
    if wrong or words[0] not in declared:
        raise UserError(
            f"The table {table} of the source {source.name} in {path} needs `{words[0]}`, and knows"
            f" {', '.join(words)}: {'remove ' + wrong[0] if wrong else 'add what is missing'}."
        )


def active_sources(settings: Settings) -> list[Source]:
    """The declared sources among those that the project works with, in the settings' order."""
    declared = declared_sources()
    return [declared[name] for name in settings.shop_sources if name in declared]


def connection_of(source: Source, find: Callable[[str], Connection | None]) -> Connection:
    """The connection that is called like the source, as `find` knows it.

    Raises UserError where there is none, and the source cannot be read without.
    """
    found = find(source.name)
    if found is not None:
        return found
    if source.needs_connection:
        raise UserError(
            f"There is no Airflow connection {source.name!r}: make one, with the token or password"
            f" of the source (AIRFLOW_CONN_{source.name.upper()} in .env.example shows the form)."
        )
    return Connection("", None, None, None, None, None)
