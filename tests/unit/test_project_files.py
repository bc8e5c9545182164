"""The files that the Astro CLI, Docker Compose and people read fit each other and their formats."""

import io
import json
import re
import subprocess
import sys
import tomllib
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values
from packaging.specifiers import SpecifierSet
from pydantic import BaseModel, ConfigDict

from include.airflow.environment import DOCS, PATIENCE
from include.connections import Connection, from_environment
from include.dashboard.who import check_reach
from include.errors import UserError
from include.paths import DBT_PROJECT, PROJECT
from include.settings import DashboardAuth, Settings
from include.sync.sources import declared_sources

COMPOSE = PROJECT / "docker-compose.override.yml"
OWN_SERVICES = {"warehouse", "bot", "dashboard", "metabase", "metabase_db", "metabase_setup"}
EXAMPLES = re.findall(r"^#([A-Z_]+)=(.+)$", (PROJECT / ".env.example").read_text(), re.MULTILINE)


class AstroConnection(BaseModel):
    """A connection in airflow_settings.yaml as the Astro CLI reads it; anything else it drops."""

    model_config = ConfigDict(extra="forbid", strict=True)

    conn_id: str
    conn_type: str
    conn_host: str = ""
    conn_schema: str = ""
    conn_login: str = ""
    conn_password: str = ""
    conn_port: int = 0
    conn_uri: str = ""
    conn_extra: dict[str, str] | None = None


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return loaded


def connections() -> dict[str, AstroConnection]:
    airflow = yaml.safe_load((PROJECT / "airflow_settings.yaml").read_text())["airflow"]
    assert airflow.keys() == {"connections", "pools", "variables"}
    read = [AstroConnection.model_validate(connection) for connection in airflow["connections"]]
    return {connection.conn_id: connection for connection in read}


# --- The image


def test_the_image_has_our_airflow_and_a_python_we_support() -> None:
    images = re.findall(r"^FROM (.+)$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(images) == 1
    tag = re.fullmatch(
        r"astrocrpublic\.azurecr\.io/runtime:(\d+\.\d+)-\d+-python-(\d+\.\d+)", images[0]
    )
    assert tag, images[0]

    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    airflow = next(d for d in project["dependencies"] if d.startswith("apache-airflow=="))
    assert airflow.startswith(f"apache-airflow=={tag[1]}.")
    assert f"{tag[2]}.0" in SpecifierSet(project["requires-python"])


def test_the_image_shows_the_docs_of_dbt_as_airflow_without_docker_does() -> None:
    [setting] = re.findall(
        r"^ +AIRFLOW__COSMOS__DBT_DOCS_PROJECTS='(.+)' \\$",
        (PROJECT / "Dockerfile").read_text(),
        re.MULTILINE,
    )

    assert setting == json.dumps(DOCS).replace(str(PROJECT), "/usr/local/airflow")


def test_the_image_is_as_patient_as_airflow_without_docker() -> None:
    dockerfile = (PROJECT / "Dockerfile").read_text()
    told = dict(re.findall(r"^(?:ENV| {3}) (AIRFLOW__\w+)=(\S+)", dockerfile, re.MULTILINE))
    assert {name: told.get(name) for name in PATIENCE} == PATIENCE


def test_the_base_image_finds_what_it_copies_first() -> None:
    for file in ("packages.txt", "requirements.txt"):
        assert (PROJECT / file).is_file()


def test_secrets_and_test_settings_stay_out_of_the_image() -> None:
    ignored = (PROJECT / ".dockerignore").read_text().splitlines()

    assert {".env", "airflow_settings.yaml", "pyproject.toml", ".local"} <= set(ignored)


# --- Docker Compose and airflow_settings.yaml


def test_the_compose_file_follows_the_compose_specification() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]

    run = subprocess.run([*check, COMPOSE], capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout


def test_folders_are_mounted_into_services_that_the_astro_cli_has() -> None:
    services = compose()["services"].keys() - OWN_SERVICES

    assert services == {"scheduler", "dag-processor", "triggerer"}


def test_mounts_exist_and_leave_the_manifest_of_the_image_in_sight() -> None:
    mounted = {
        volume.split(":")[0]: volume.split(":")[1]
        for name, service in compose()["services"].items()
        if name not in OWN_SERVICES
        for volume in service["volumes"]
    }

    for source, target in mounted.items():
        assert (PROJECT / source).is_dir(), f"{source} is mounted but is no folder of the project"
        assert target == f"/usr/local/airflow/{Path(source)}"
    hiding = {"dbt_ecommerce", "dbt_ecommerce/target"}
    assert not hiding & {str(Path(source)) for source in mounted}


def test_the_warehouse_is_reached_from_this_machine_and_airflow_only() -> None:
    warehouse = compose()["services"]["warehouse"]

    assert all(port.startswith("127.0.0.1:") for port in warehouse["ports"])
    assert warehouse["networks"] == ["airflow"]


def test_airflow_knows_the_warehouse_that_compose_starts() -> None:
    environment = compose()["services"]["warehouse"]["environment"]
    connection = connections()["warehouse"]

    assert connection.conn_host in compose()["services"]
    assert connection.conn_port == 5432
    assert connection.conn_login == environment["POSTGRES_USER"]
    assert connection.conn_password == environment["POSTGRES_PASSWORD"]
    assert connection.conn_schema == environment["POSTGRES_DB"]


@pytest.mark.parametrize("name", ["bot", "dashboard"])
def test_a_service_on_top_starts_only_where_it_is_asked_for(name: str) -> None:
    service = compose()["services"][name]

    assert service["profiles"] == [name]
    assert (PROJECT / service["command"][1]).is_file()
    assert service["networks"] == ["airflow"]


def given_to(service: str) -> dict[str, str]:
    """Variable → what compose sets it to; "" where it passes it on."""
    return dict(
        variable.partition("=")[::2] for variable in compose()["services"][service]["environment"]
    )


@pytest.mark.parametrize("service", ["bot", "dashboard", "metabase_setup"])
def test_a_service_on_top_knows_the_warehouse_and_no_variable_that_is_no_setting(
    service: str,
) -> None:
    given = given_to(service)
    warehouse = connections()["warehouse"]

    assert given.pop("AIRFLOW_CONN_WAREHOUSE") == (
        f"${{AIRFLOW_CONN_WAREHOUSE:-postgres://{warehouse.conn_login}:{warehouse.conn_password}"
        f"@{warehouse.conn_host}:{warehouse.conn_port}/{warehouse.conn_schema}}}"
    )
    settings = {name for name in given if not name.startswith("AIRFLOW_CONN_")}
    assert settings <= {name.upper() for name in Settings.model_fields}


def test_the_bot_is_passed_on_what_is_set() -> None:
    given = given_to("bot")

    assert set(given.values()) - {given["AIRFLOW_CONN_WAREHOUSE"]} == {""}
    assert given.keys() >= {"TELEGRAM_BOT_USERS", "REPORT_PERSONAL_DATA", "REPORT_LANG"}


# --- The service of the pages


def test_the_pages_are_published_where_the_program_is_told_they_are() -> None:
    """It refuses other machines by that address, so the two must not part."""
    [published] = compose()["services"]["dashboard"]["ports"]
    told = given_to("dashboard")["DASHBOARD_PUBLISHED_ON"]

    assert told == "${DASHBOARD_PUBLISHED_ON:-127.0.0.1}"
    assert published == f"{told}:${{DASHBOARD_PORT:-8501}}:{Settings().dashboard_port}"
    assert "DASHBOARD_PORT" not in given_to("dashboard")


@pytest.mark.parametrize(
    ("published_on", "auth", "is_refused"),
    [
        ("127.0.0.1", "none", False),
        ("0.0.0.0", "none", True),  # noqa: S104
        ("192.168.1.5", "none", True),
        ("", "none", True),
        ("0.0.0.0", "proxy", False),  # noqa: S104
    ],
)
def test_a_container_is_refused_to_others_as_long_as_nobody_is_asked_who_they_are(
    published_on: str, auth: str, is_refused: bool
) -> None:
    settings = Settings(
        dashboard_auth=DashboardAuth(auth),
        dashboard_host=given_to("dashboard")["DASHBOARD_HOST"],
        dashboard_published_on=published_on,
    )
    with pytest.raises(UserError) if is_refused else nullcontext():
        check_reach(settings)


def test_the_image_of_the_pages_is_airflows_and_a_layer_more() -> None:
    build = compose()["services"]["dashboard"]["build"]
    dockerfile = (PROJECT / build["context"] / build["dockerfile"]).read_text()
    python, script = compose()["services"]["dashboard"]["command"]

    of_airflow = re.findall(r"^FROM .+$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    assert re.findall(r"^FROM .+$", dockerfile, re.MULTILINE) == of_airflow
    [environment] = re.findall(
        r"^RUN python -m venv --system-site-packages (\w+)$", dockerfile, re.M
    )
    assert python == f"{environment}/bin/python"
    [pins] = re.findall(
        rf"^RUN {environment}/bin/pip install .* -r (\S+)$", dockerfile, re.MULTILINE
    )
    assert (PROJECT / pins).is_file()
    assert (PROJECT / script).is_file()


# --- Metabase


def test_metabase_is_reached_from_this_machine_and_its_own_database_by_it_only() -> None:
    services = compose()["services"]

    assert all(port.startswith("127.0.0.1:") for port in services["metabase"]["ports"])
    assert services["metabase_db"]["networks"] == ["metabase"]
    assert "ports" not in services["metabase_db"]
    assert set(services["metabase"]["networks"]) == {"airflow", "metabase"}


def test_metabase_starts_only_where_it_is_asked_for_and_knows_its_own_database() -> None:
    services = compose()["services"]
    of_metabase = [name for name in services if name.startswith("metabase")]

    assert {tuple(services[name]["profiles"]) for name in of_metabase} == {("metabase",)}
    told, its = services["metabase"]["environment"], services["metabase_db"]["environment"]
    assert told["MB_DB_HOST"] == "metabase_db"
    assert (told["MB_DB_USER"], told["MB_DB_PASS"], told["MB_DB_DBNAME"]) == (
        its["POSTGRES_USER"],
        its["POSTGRES_PASSWORD"],
        its["POSTGRES_DB"],
    )
    assert (PROJECT / services["metabase_setup"]["command"][1]).is_file()


def test_the_telegram_connection_holds_no_secret() -> None:
    telegram = connections()["telegram"]

    assert telegram.conn_type == "telegram"
    assert (telegram.conn_host, telegram.conn_password) == ("", "")


# --- .env.example


def test_every_setting_has_an_example_and_every_example_a_setting() -> None:
    settings = {name.upper() for name in Settings.model_fields}
    sources = [*declared_sources(), "erp", "exports"]  # declared, and in the comments at the end
    readers = ["warehouse_reader", "warehouse_reader_personal"]
    others = ["dashboard_oidc", "metabase", "telegram", "telegram_ops"]
    connections = ["warehouse", *readers, *others, *sources]

    assert {name for name, _ in EXAMPLES} == settings | {
        f"AIRFLOW_CONN_{name.upper()}" for name in connections
    }


def test_example_settings_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    examples = dict(EXAMPLES)
    for name, value in examples.items():
        monkeypatch.setenv(name, value)

    settings = Settings()

    assert settings.shop_sources == examples["SHOP_SOURCES"].split(",")
    assert settings.report_lang == examples["REPORT_LANG"]


def test_both_examples_of_the_warehouse_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    for name, value in EXAMPLES:
        if name == "AIRFLOW_CONN_WAREHOUSE":
            monkeypatch.setenv(name, value)
            read.append(from_environment("warehouse"))

    uri, json = read
    assert isinstance(json, Connection)
    assert uri is not None
    assert json.password == "p@ssword"
    assert uri.postgres_url == json.postgres_url


def test_the_example_of_telegram_names_a_bot_and_a_chat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_TELEGRAM", dict(EXAMPLES)["AIRFLOW_CONN_TELEGRAM"])

    telegram = from_environment("telegram")

    assert telegram is not None
    assert telegram.conn_type == "telegram"
    assert telegram.password
    assert telegram.host


@pytest.mark.parametrize(("name", "value"), EXAMPLES)
def test_examples_mean_the_same_with_and_without_a_parser_for_quotes(name: str, value: str) -> None:
    """`docker --env-file` takes a line as it is; python-dotenv and Compose know quotes."""
    assert dotenv_values(stream=io.StringIO(f"{name}={value}\n"))[name] == value


# --- pre-commit


def test_pre_commit_needs_nothing_from_elsewhere() -> None:
    config = PROJECT / ".pre-commit-config.yaml"

    check = [sys.executable, "-m", "pre_commit", "validate-config", str(config)]
    assert subprocess.run(check, capture_output=True, check=False).returncode == 0
    for repository in yaml.safe_load(config.read_text())["repos"]:
        assert repository["repo"] == "local"
        assert {hook["language"] for hook in repository["hooks"]} == {"system"}


# --- The contract of the staging models


def columns_of(text: str) -> dict[str, dict[str, str]]:
    """Model → column → type of a yml, of the models with an enforced contract."""
    return {
        model["name"].rpartition("__")[2]: {
            column["name"]: column["data_type"] for column in model["columns"]
        }
        for model in yaml.safe_load(text).get("models", [])
        if model.get("config", {}).get("contract") == {"enforced": True}
    }


def test_every_source_keeps_the_contract_that_a_new_shop_copies() -> None:
    text = (PROJECT / "docs" / "your-shop.yml").read_text()
    contract = columns_of(text)
    assert contract.keys() == {"customers", "products", "orders", "order_items", "rejected_rows"}
    whole = columns_of(re.sub(r"(?m)^( +)# ", r"\1", text))  # with what only some shops know
    weighed = {"quantity": "numeric(18, 4)"}
    for source in (DBT_PROJECT / "models" / "staging").iterdir():
        kept = {
            name: columns
            for file in source.glob("*.yml")  # a shop of one's own has one for all
            for name, columns in columns_of(file.read_text()).items()
        }
        assert contract.keys() <= kept.keys(), source.name
        for name, columns in kept.items():
            columns.pop("source_name", None)  # of the form, whose rows are those of other shops
            if name == "order_items" and weighed.items() <= columns.items():
                columns["quantity"] = "integer"  # either will do
            assert contract.get(name, {}).items() <= columns.items(), (source.name, name)
            assert columns.items() <= whole[name].items(), (source.name, name)


@pytest.mark.parametrize("page", ["README*.md", "docs/*.md", "scripts/*.py"])
def test_no_command_that_people_are_told_needs_psql(page: str) -> None:
    for file in PROJECT.glob(page):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"psql (\"\$\(|-|postgres)", text), file


def test_dbt_can_read_again_what_it_has_parsed() -> None:
    """It keeps that as MessagePack, whose keys are texts; by a number it parses all each time."""

    def other_keys(value: Any) -> list[Any]:
        if isinstance(value, list):
            return [key for one in value for key in other_keys(one)]
        if not isinstance(value, dict):
            return []
        wrong = [key for key in value if not isinstance(key, str)]
        return wrong + [key for one in value.values() for key in other_keys(one)]

    files = [*(DBT_PROJECT / "models").rglob("*.yml"), *(DBT_PROJECT / "seeds").rglob("*.yml")]
    assert {
        path.name: keys for path in files if (keys := other_keys(yaml.safe_load(path.read_text())))
    } == {}
