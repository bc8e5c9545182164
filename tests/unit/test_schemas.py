"""The names of the warehouse's schemas: plain ones, with a prefix where SCHEMA_PREFIX is set."""

import re
from pathlib import Path

import pytest
import yaml

from include.errors import UserError
from include.paths import DBT_PROJECT, PROJECT
from include.schemas import LONGEST, NAMES, named, schema, schema_prefix
from include.settings import load_settings
from include.warehouse.connection import Warehouse
from include.warehouse.declared import declared_tables

SOURCES = sorted(path.parent.name for path in DBT_PROJECT.glob("models/staging/*/*__sources.yml"))
NAMED = r"(landing|landing_staging|staging|intermediate|shop|marts|ops)\."
IN_PYTHON = re.compile(rf"\b(from|join|into|update|table|exists|regclass\('|drop)\s*{NAMED}", re.I)
IN_DBT = re.compile(rf"\b{NAMED}\w")


def test_schemas_are_named_plainly_without_a_prefix() -> None:
    assert named("select * from {marts}.dim_customers") == "select * from marts.dim_customers"
    assert schema("ops") == "ops"
    assert "SCHEMA_PREFIX" not in Warehouse("postgresql://me@host/shop").as_environment()


def test_a_prefix_is_in_front_of_each_and_dbt_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEMA_PREFIX", "north_")
    assert named("{marts} {ops} {landing} {prefix}build") == (
        "north_marts north_ops north_landing north_build"
    )
    assert schema("landing_staging") == "north_landing_staging"
    assert Warehouse("postgresql://me@host/shop").as_environment()["SCHEMA_PREFIX"] == "north_"


@pytest.mark.parametrize("prefix", ["a", "north_", "shop2_dev", "a" * LONGEST])
def test_a_prefix_of_letters_digits_and_underscores_is_taken(
    prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHEMA_PREFIX", prefix)
    assert load_settings().schema_prefix == schema_prefix() == prefix


@pytest.mark.parametrize(
    "prefix",
    [
        *("North_", "2_", "_a", "a__b", "a-b", "a b", "ação_", "a;", 'a"', "a\n"),
        "a" * (LONGEST + 1),
        "pg_north_",
        # landing_ and staging, landing and _staging
        *("landing_", "north_landing_"),
    ],
)
def test_another_prefix_is_refused_in_a_sentence(
    prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHEMA_PREFIX", prefix)
    with pytest.raises(UserError) as used:
        schema_prefix()
    with pytest.raises(UserError) as read:
        load_settings()
    assert str(used.value).startswith(f"The setting SCHEMA_PREFIX={prefix!r} cannot be used: ")
    assert str(used.value) == str(read.value)


def test_with_the_longest_prefix_every_schema_has_a_name_that_postgres_takes() -> None:
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text())
    models = project["models"]["dbt_ecommerce"].values()
    plain = {*NAMES, *(one["+schema"] for one in models if "+schema" in one), "intermediate"}
    assert LONGEST + max(map(len, plain)) <= 63


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_is_read_where_the_prefix_says(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHEMA_PREFIX", "north_")
    assert declared_tables(source, DBT_PROJECT)


def test_a_source_that_would_be_read_from_another_shops_schema_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "models" / "staging" / "ebay"
    folder.mkdir(parents=True)
    (folder / "_ebay__sources.yml").write_text(
        "sources: [{name: ebay, schema: landing, tables: [{name: ebay__orders}]}]"
    )
    assert declared_tables("ebay", tmp_path)
    monkeypatch.setenv("SCHEMA_PREFIX", "north_")
    with pytest.raises(UserError, match="names a schema without SCHEMA_PREFIX"):
        declared_tables("ebay", tmp_path)


def test_sql_names_no_schema_by_itself() -> None:
    named_plainly = [
        f"{path.relative_to(PROJECT)}: {found.group()}"
        for folder in ("dags", "include", "plugins", "scripts")
        for path in (PROJECT / folder).rglob("*.py")
        for found in IN_PYTHON.finditer(path.read_text(encoding="utf-8"))
    ]
    named_plainly += [
        f"{path.relative_to(PROJECT)}: {found.group()}"
        for folder in ("macros", "snapshots", "tests")
        for path in (DBT_PROJECT / folder).rglob("*.sql")
        for found in IN_DBT.finditer(re.sub(r"(?s){#.*?#}", "", path.read_text(encoding="utf-8")))
    ]
    assert named_plainly == []
