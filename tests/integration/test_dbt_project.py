"""The dbt project on the demo shop, mess and all, and the rules that every model keeps."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from include.paths import DBT_PROJECT, PROJECT
from tests.support import recount, recount_money, shops
from tests.support.dbt import dbt
from tests.support.demo_files import AS_OF, demo_files
from tests.support.project_copy import environment, run
from tests.support.warehouses import Row, Warehouse, new_warehouse

EARLIER = date(2026, 3, 2)  # a Monday too
CALLED_OFF_WITHIN = 60  # days

SCHEMAS = ("staging", "shop", "intermediate", "marts")
READER = "reader_of_today"
# what they may read after the first build; later ones here are told of no reader
READABLE = f"""
    create table public.readable as
    select rolname as role, table_schema || '.' || table_name as table, column_name as column
    from information_schema.columns
    cross join pg_roles
    where table_schema in {("landing", "ops", *SCHEMAS)}
        and rolname in ('{READER}', '{READER}_personal')
        and has_schema_privilege(rolname, table_schema, 'usage')
        and has_column_privilege(
            rolname, format('%I.%I', table_schema, table_name), column_name, 'select'
        )
"""
OPS_READABLE = {
    "churn_model_parameters",
    "contacts",
    "customer_history_runs",
    "data_tests",
    "loads",
    "prediction_deciles",
    "loaded_files",
    "report_deliveries",
    "told_customers",
    "unread_files",
}
CDNOW = """\
customer_id,order_date,cds,amount
1,1997-01-06,1,10.00
1,1997-05-06,2,20.00
2,1997-05-08,1,12.50
3,not a date,1,12.50
"""

MONEY = {
    "cohorts": """
        select * from marts.acquisition_costs as costs
        inner join marts.ltv_to_cac as ltv using (source_name, acquisition_channel)
        where costs.month_starts_on = ltv.cohort_month
    """,
    "anomalies": "select * from marts.daily_anomalies order by date_day",
    "forecast": "select * from marts.revenue_forecast order by week_starts_on",
}

Fingerprints = dict[str, str]
"""Table → digest of its rows, in whatever order."""

pytestmark = pytest.mark.timeout(900)  # the first test waits for the builds


@dataclass(frozen=True)
class Marts:
    """What the tests read of a build."""

    totals: Row
    weekly_report: Row
    tables: Fingerprints
    rejected: list[Row]
    money: dict[str, list[Row]]


Builds = Callable[[str], Marts]


def read(warehouse: Warehouse) -> Marts:
    names = warehouse.rows(
        "select format('%I.%I', table_schema, table_name) as name"
        f" from information_schema.tables where table_schema in {SCHEMAS}"
    )
    digest = "select md5(string_agg(t::text, '|' order by t::text)) as digest from {} as t"
    return Marts(
        warehouse.row("marts.rpt_shop_totals"),
        warehouse.row("marts.rpt_weekly_report"),
        {row["name"]: warehouse.rows(digest.format(row["name"]))[0]["digest"] for row in names},
        warehouse.rows("select * from shop.rejected_rows"),
        {name: warehouse.rows(query) for name, query in MONEY.items()},
    )


@pytest.fixture(scope="module")
def back_then(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seeds as they were on the earlier Monday."""
    return demo_files(tmp_path_factory.mktemp("back_then"), "csv", as_of=EARLIER)


@pytest.fixture(scope="module")
def today(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The project as it is cloned, built with every test by the program itself."""
    warehouse = new_warehouse(postgres, "dbt_today", tmp_path_factory.mktemp("today"))
    warehouse.execute(f"create role {READER}; create role {READER}_personal")
    folder = str(DBT_PROJECT)
    done = run(
        ["dbt", "--no-use-colors", "build", "--project-dir", folder, "--profiles-dir", folder],
        PROJECT,
        environment(
            PROJECT,
            **warehouse.as_environment(),
            DBT_TARGET_PATH=str(warehouse.folder / "target"),
            WAREHOUSE_READER=READER,
        ),
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    warehouse.execute(READABLE)
    return warehouse


@pytest.fixture(scope="module")
def built_today(today: Warehouse) -> dict[str, Marts]:
    """All of it, then an earlier week, then all of it once more."""
    built = {"today": read(today)}
    # who says a var means it, whatever the environment has left over
    today.dbt("run", as_of="2026-11-09", as_of_date=str(EARLIER))
    built["earlier"] = read(today)
    today.dbt("run")
    return built | {"again": read(today)}


@pytest.fixture(scope="module")
def at_its_time(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A database in which the earlier week was the last one."""
    folder = tmp_path_factory.mktemp("at_its_time")
    warehouse = new_warehouse(postgres, "dbt_at_its_time", folder)
    warehouse.load("demo_shop", demo_files(folder, "parquet", as_of=EARLIER))
    warehouse.dbt("seed", "--select", "holidays_of_brazil")
    warehouse.dbt("run", as_of=str(EARLIER))
    return warehouse


@pytest.fixture(scope="module")
def built_back_then(at_its_time: Warehouse) -> dict[str, Marts]:
    """The earlier week when it was the last one."""
    return {"back then": read(at_its_time)}


@pytest.fixture(scope="module")
def built_two_shops(at_its_time: Warehouse, built_back_then: dict[str, Marts]) -> dict[str, Marts]:
    """That shop and another at once."""
    at_its_time.load_csv("cdnow", {"cdnow": CDNOW})
    only = ("--exclude-resource-type", "seed", "unit_test")
    at_its_time.dbt("build", *only, sources=["demo_shop", "cdnow"])
    return {"two shops": read(at_its_time)}


@pytest.fixture(scope="module")
def builds(request: pytest.FixtureRequest) -> Builds:
    """The marts of a build by its name."""
    made_by = {"back then": "built_back_then", "two shops": "built_two_shops"}

    def built(name: str) -> Marts:
        marts: dict[str, Marts] = request.getfixturevalue(made_by.get(name, "built_today"))
        return marts[name]

    return built


def assert_same(actual: Row, expected: Row) -> None:
    """Every expected figure, to the last digit."""
    assert {name: actual[name] for name in expected} == expected


# --- the demo shop's figures, recounted from its files


def test_a_clone_builds_at_once_and_passes_every_test(builds: Builds) -> None:
    assert builds("today").totals["as_of_on"] == AS_OF


def test_the_totals_are_what_a_recount_of_the_seeds_says(builds: Builds) -> None:
    expected = recount.totals(shops.demo_shop(DBT_PROJECT / "seeds", AS_OF))
    assert_same(builds("today").totals, expected | {"currency": "BRL"})


def test_two_weeks_side_by_side_are_what_a_recount_of_the_seeds_says(builds: Builds) -> None:
    expected = recount.weekly_report(shops.demo_shop(DBT_PROJECT / "seeds", AS_OF))
    assert_same(builds("today").weekly_report, expected | {"currency": "BRL"})
    assert set(builds("today").weekly_report) == set(expected) | {"currency"}


def test_rows_that_cannot_be_used_are_set_aside_and_counted(builds: Builds) -> None:
    orders = pd.read_csv(DBT_PROJECT / "seeds" / "raw_orders.csv", dtype="str")
    items = pd.read_csv(DBT_PROJECT / "seeds" / "raw_order_items.csv", dtype="str")
    unreadable = orders[~orders["ordered_at"].str.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}Z")]
    without_order = items["order_id"].isin(unreadable["order_id"])
    negative = items["quantity"].astype(int) <= 0
    expected = {
        ("raw_orders", "ordered_at is not a date"): len(unreadable),
        ("raw_order_items", "its order is missing or set aside"): int(without_order.sum()),
        ("raw_order_items", "quantity is not positive"): int((negative & ~without_order).sum()),
    }
    assert all(expected.values())
    rejected = pd.DataFrame(builds("today").rejected)
    assert rejected.groupby(["landing_table", "rejected_because"]).size().to_dict() == expected
    assert builds("today").totals["rejected_rows"] == sum(expected.values())


# --- what customers cost and bring, the forecast and the anomalies


AS_OF_DATES = pytest.mark.parametrize(
    ("build", "as_of"), [("today", AS_OF), ("earlier", EARLIER)], ids=["today", "earlier"]
)


@AS_OF_DATES
def test_every_cohorts_cost_and_margin_is_what_a_recount_of_the_seeds_says(
    build: str, as_of: date, builds: Builds
) -> None:
    seeds = DBT_PROJECT / "seeds"
    recounted = recount_money.cohorts(seeds, shops.demo_shop(seeds, as_of))
    cohorts = builds(build).money["cohorts"]
    assert len(cohorts) == len(recounted) > 100
    assert any(one["ltv_to_cac"] for one in recounted.values())
    assert len({one["payback_month"] for one in recounted.values()}) > 3
    for cohort in cohorts:
        expected = recounted[cohort["acquisition_channel"], cohort["cohort_month"]]
        assert_same(cohort, expected | {"cohort_customers": expected["new_customers"]})


@AS_OF_DATES
def test_the_forecast_and_its_error_are_what_a_recount_of_the_seeds_says(
    build: str, as_of: date, builds: Builds
) -> None:
    recounted = recount_money.forecast(shops.demo_shop(DBT_PROJECT / "seeds", as_of))
    assert all(week["forecast_revenue"] and week["backtest_wape"] for week in recounted)
    for week, expected in zip(builds(build).money["forecast"], recounted, strict=True):
        assert_same(week, expected)


def test_how_far_off_a_day_is_follows_from_the_days_before_it(builds: Builds) -> None:
    days = of_metric("orders", builds("today"))
    recounted = recount_money.z_scores(float(day["actual"]) for day in days)
    assert sum(day["is_anomaly"] or False for day in days) > 5
    for day, z_score in zip(days, recounted, strict=True):
        assert (day["z_score"] is None) == (z_score is None), day["date_day"]
        if z_score is not None:
            assert float(day["z_score"]) == pytest.approx(z_score, abs=0.001), day["date_day"]


def test_days_that_come_later_do_not_change_how_a_day_was_judged(builds: Builds) -> None:
    later, then = builds("today"), builds("earlier")
    orders = of_metric("orders", then)
    assert orders[-1]["date_day"] == EARLIER - timedelta(days=1)
    assert orders == of_metric("orders", later)[: len(orders)]
    # an order may still be called off, but not one of months ago
    for metric in ("revenue", "cancelled_orders"):
        settled = [
            day
            for day in of_metric(metric, then)
            if day["date_day"] < EARLIER - timedelta(days=CALLED_OFF_WITHIN)
        ]
        assert len(settled) > 500
        assert settled == of_metric(metric, later)[: len(settled)]


def of_metric(metric: str, marts: Marts) -> list[Row]:
    return [day for day in marts.money["anomalies"] if day["metric"] == metric]


@pytest.mark.nightly
def test_a_shop_without_account_of_its_spend_adds_no_customers_to_the_cost(
    builds: Builds,
) -> None:
    sources = {cohort["source_name"] for cohort in builds("two shops").money["cohorts"]}
    assert sources == {"demo_shop"}


# --- the as-of date


def test_an_earlier_week_from_todays_seeds_is_the_week_as_it_was_reported_then(
    builds: Builds, back_then: Path
) -> None:
    then, earlier = builds("back then"), builds("earlier")
    assert then.totals["as_of_on"] == EARLIER
    assert earlier.weekly_report == then.weekly_report
    # rows that came later and are set aside have no date that could be trusted
    counted = {"rejected_rows": then.totals["rejected_rows"]}
    assert earlier.totals | counted == then.totals
    assert_same(then.totals, recount.totals(shops.demo_shop(back_then, EARLIER)))


def test_an_earlier_week_is_another_one(builds: Builds) -> None:
    week = builds("earlier").weekly_report
    assert week["week_starts_on"] == EARLIER - timedelta(days=7)
    assert week["orders"] != builds("today").weekly_report["orders"]


def test_building_again_gives_the_same_rows_even_with_another_week_in_between(
    builds: Builds,
) -> None:
    tables = builds("today").tables
    filled = {name for name, digest in tables.items() if digest}
    assert {"marts.fct_orders", "marts.customer_churn", "marts.rpt_weekly_report"} <= filled
    assert builds("again").tables == tables
    assert builds("earlier").tables != tables


# --- two shops at once


@pytest.mark.nightly
def test_the_totals_of_two_shops_add_up(builds: Builds, back_then: Path) -> None:
    totals = builds("two shops").totals
    demo = recount.totals(shops.demo_shop(back_then, totals["as_of_on"]))
    cdnow = {"customers": 2, "churned_customers": 2, "repeat_customers": 1, "orders": 3}
    assert totals["customers"] == demo["customers"] + cdnow["customers"]
    assert totals["churned_customers"] == demo["churned_customers"] + cdnow["churned_customers"]
    assert totals["repeat_customers"] == demo["repeat_customers"] + cdnow["repeat_customers"]
    assert totals["orders"] == demo["orders"] + cdnow["orders"]
    assert totals["cancelled_orders"] == demo["cancelled_orders"]
    assert float(totals["revenue"] - demo["revenue"]) == 42.50
    assert totals["dearest_product_name"] == demo["dearest_product_name"]


@pytest.mark.nightly
def test_sums_over_two_currencies_are_called_mixed(builds: Builds) -> None:
    assert builds("two shops").totals["currency"] == "mixed"
    assert builds("two shops").weekly_report["currency"] == "mixed"


@pytest.mark.nightly
def test_what_is_set_aside_names_its_shop(builds: Builds) -> None:
    [bad] = [row for row in builds("two shops").rejected if row["source_name"] == "cdnow"]
    assert (bad["landing_table"], bad["rejected_because"]) == (
        "cdnow__cdnow",
        "order_date is not a date",
    )
    assert json.loads(bad["source_row"])["customer_id"] == "3"


# --- the rules that every model keeps, but for those in dbt-bouncer.yml


@pytest.fixture(scope="module")
def manifest(builds: Builds, today: Warehouse) -> dict[str, Any]:
    """What dbt knows of the project with the demo shop active."""
    builds("again")
    text = (today.folder / "target" / "manifest.json").read_text()
    return dict(json.loads(text))


def test_every_column_that_is_there_is_described(
    manifest: dict[str, Any], today: Warehouse
) -> None:
    found: dict[tuple[str, str], set[str]] = {}
    for row in today.rows(
        "select table_schema, table_name, column_name from information_schema.columns"
    ):
        table = (row["table_schema"], row["table_name"])
        found.setdefault(table, set()).add(row["column_name"])
    for node in manifest["nodes"].values():
        if node["resource_type"] in ("model", "seed"):
            described = {name for name, column in node["columns"].items() if column["description"]}
            assert described == found[node["schema"], node["alias"]], node["name"]


def test_every_description_is_a_comment_in_postgres(
    manifest: dict[str, Any], today: Warehouse
) -> None:
    comments = {
        (row["schema"], row["name"], row["column"]): row["comment"]
        for row in today.rows(
            "select relnamespace::regnamespace::text as schema, relname as name,"
            " attname as column, description as comment"
            " from pg_description inner join pg_class as t on objoid = t.oid"
            " left join pg_attribute on attrelid = objoid and attnum = objsubid and objsubid > 0"
            " where classoid = 'pg_class'::regclass"
        )
    }
    described = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed", "snapshot")
    ]
    assert len(described) > 80
    for node in described:
        table = (node["schema"], node["alias"])
        assert comments[*table, None] == node["description"].strip(), node["name"]
        for name, column in node["columns"].items():
            assert comments[*table, name] == column["description"].strip(), (node["name"], name)


def test_readers_read_all_that_is_public_and_one_of_them_what_is_personal(
    manifest: dict[str, Any], today: Warehouse
) -> None:
    expected: dict[str, set[tuple[str, str]]] = {READER: set(), f"{READER}_personal": set()}
    for node in manifest["nodes"].values():
        if node.get("access") == "public" or node["resource_type"] == "snapshot":
            for name, column in node["columns"].items():
                told = (f"{node['schema']}.{node['alias']}", name)
                expected[f"{READER}_personal"].add(told)
                if not column["meta"].get("personal"):
                    expected[READER].add(told)
    hidden = expected[f"{READER}_personal"] - expected[READER]
    assert ("marts.dim_customers", "email") in hidden
    found: dict[str, set[tuple[str, str]]] = {READER: set(), f"{READER}_personal": set()}
    in_ops = set()
    for row in today.rows("select * from public.readable"):
        if row["table"].startswith("ops."):
            in_ops.add(row["table"].removeprefix("ops."))
        else:
            found[row["role"]].add((row["table"], row["column"]))
    assert found == expected
    assert in_ops <= OPS_READABLE


@pytest.mark.parametrize(
    ("reader", "sentence"),
    [
        ("nobody_here", "There is no role nobody_here, which WAREHOUSE_READER names"),
        ("x; drop schema shop", "WAREHOUSE_READER=x; drop schema shop is not the name of a role"),
    ],
)
def test_a_reader_who_cannot_be_one_stops_dbt_before_it_builds(
    reader: str, sentence: str, today: Warehouse
) -> None:
    env = environment(
        PROJECT,
        **today.as_environment(),
        DBT_TARGET_PATH=str(today.folder / "target"),
        WAREHOUSE_READER=reader,
    )
    with pytest.raises(AssertionError, match=sentence):
        dbt(DBT_PROJECT, "dbt_today", env, {}, "run", "--select", "as_of")


def test_what_a_contract_promises_stands_in_the_database(
    manifest: dict[str, Any], today: Warehouse
) -> None:
    there: dict[tuple[str, str], set[str]] = {}
    for row in today.rows(
        "select relnamespace::regnamespace::text as schema, relname as name,"
        " cast(contype as text) || ' ' || pg_get_constraintdef(c.oid) as said"
        " from pg_constraint as c inner join pg_class as t on c.conrelid = t.oid"
    ):
        there.setdefault((row["schema"], row["name"]), set()).add(row["said"])
    for node in manifest["nodes"].values():
        if node["config"].get("contract", {}).get("enforced"):
            found = there.get((node["schema"], node["alias"]), set())
            keys = [one for one in node["constraints"] if one["type"] == "primary_key"]
            promised = [", ".join(one["columns"]) for one in keys]
            not_null, checks = set(), 0
            for name, column in node["columns"].items():
                types = [one["type"] for one in column["constraints"]]
                promised += [name] * types.count("primary_key")
                not_null |= {name} if "not_null" in types else set()
                checks += types.count("check")
            assert {f"p PRIMARY KEY ({key})" for key in promised} <= found, node["name"]
            assert {f"n NOT NULL {name}" for name in not_null} <= found, node["name"]
            assert len([one for one in found if one.startswith("c ")]) == checks, node["name"]


def test_every_surrogate_key_is_a_uuid(manifest: dict[str, Any]) -> None:
    types = {
        (node["name"], column["name"]): column["data_type"]
        for node in manifest["nodes"].values()
        if node["config"].get("contract", {}).get("enforced")
        for column in node["columns"].values()
        if re.search(r"_key(_[ab])?$", column["name"])
    }
    assert len(types) > 30
    assert {key: data_type for key, data_type in types.items() if data_type != "uuid"} == {}


def test_what_people_connect_to_is_a_table_made_anew(manifest: dict[str, Any]) -> None:
    """A view is gone from when what it reads is made anew until dbt comes to the view."""
    others = [
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["access"] == "public"
        and node["config"]["materialized"] != "table"
    ]
    assert others == []


def test_every_model_belongs_to_a_group_with_an_owner(manifest: dict[str, Any]) -> None:
    owners = {group["name"]: group["owner"]["name"] for group in manifest["groups"].values()}
    models = [one for one in manifest["nodes"].values() if one["resource_type"] == "model"]
    assert models
    for model in models:
        assert owners.get(model["group"]), model["name"]


def test_every_macro_says_what_it_is_for() -> None:
    files = [*DBT_PROJECT.glob("macros/*.sql"), *DBT_PROJECT.glob("tests/generic/*.sql")]
    assert files
    assert [path.name for path in files if not path.read_text().startswith("{#")] == []


REPORT = {
    "rpt_shop_totals",
    "rpt_weekly_report",
    "rpt_weekly_signals",
    "rpt_prediction",
    "rpt_churn_trend",
    "rpt_churn_drivers",
    "rpt_customers_at_risk",
    "rpt_outcomes",
}


@pytest.mark.parametrize(
    ("exposure", "room", "besides"),
    [
        ("weekly_churn_report", "report", REPORT),
        ("telegram_bot", "bot", REPORT),
        ("telegram_alerts", "alerts", set()),
        ("churn_model", "churn_model", set()),
    ],
)
def test_whatever_reads_the_marts_is_an_exposure_of_what_it_reads(
    exposure: str, room: str, besides: set[str], manifest: dict[str, Any]
) -> None:
    """Tables that the report reads have their names in a list, all others in the SQL."""
    code = "".join(path.read_text() for path in (PROJECT / "include" / room).glob("*.py"))
    read_by_name = set(re.findall(r"\b(?:from|join) \{(?:shop|marts)\}\.(\w+)", code))
    nodes = manifest["exposures"][f"exposure.dbt_ecommerce.{exposure}"]["depends_on"]["nodes"]
    assert {node.rsplit(".", 1)[-1] for node in nodes} == read_by_name | besides


PAGES = sorted(
    path.stem
    for path in (PROJECT / "include" / "dashboard" / "views").glob("*.py")
    if re.search(r"\{(marts|shop)\}+\.", path.read_text()) and path.stem != "crm"
)
OF_EVERY_PAGE = {"as_of", "rpt_shop_totals"}
"""By include/dashboard/visit.py; a page of the report reads all of its tables, by its names."""
BY_NAME = {
    "at_risk": {"dim_customers"},
    "churn": {"weekly_churn", "monthly_churn"},
    "data": REPORT,
    "overview": REPORT,
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_the_dashboard_is_an_exposure_of_what_it_reads(
    page: str, manifest: dict[str, Any]
) -> None:
    code = (PROJECT / "include" / "dashboard" / "views" / f"{page}.py").read_text()
    read_by_name = set(re.findall(r"\b(?:from|join) \{+(?:shop|marts)\}+\.(\w+)", code))
    exposure = manifest["exposures"][f"exposure.dbt_ecommerce.dashboard_{page}"]
    nodes = {node.rsplit(".", 1)[-1] for node in exposure["depends_on"]["nodes"]}
    assert nodes == read_by_name | OF_EVERY_PAGE | BY_NAME.get(page, set())
    assert exposure["url"].rsplit("/", 1)[-1] == ("" if page == "overview" else page)


@pytest.mark.parametrize(
    "forbidden",
    [
        r"\bcurrent_(date|timestamp|time)\b",
        r"\b(now|getdate|sysdate|clock_timestamp)\s*\(",
        r"\brun_started_at\b",
        r"\bdatetime\.",
        r"::",
        r"\bdistinct on\b",
        r"\binterval\s+'",
        r"\bfilter\s*\(\s*where\b",
    ],
)
def test_no_model_reads_the_clock_or_needs_postgres(forbidden: str) -> None:
    files = [*DBT_PROJECT.glob("models/**/*.sql"), *DBT_PROJECT.glob("tests/**/*.sql")]
    assert len(files) > 40
    found = [path.name for path in files if re.search(forbidden, path.read_text(), re.IGNORECASE)]
    assert found == []


def test_every_source_brings_the_five_canonical_models_and_the_optional_ones_it_names() -> None:
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text())
    optional = project["vars"]["optional_models"]
    folders = [path for path in (DBT_PROJECT / "models" / "staging").iterdir() if path.is_dir()]
    assert {"cdnow", "demo_shop", "olist", "uci_online_retail"} <= {path.name for path in folders}
    for folder in folders:
        models = {path.stem for path in folder.glob("stg_*.sql")}
        entities = ["customers", "products", "orders", "order_items", "rejected_rows"]
        named = [entity for entity, sources in optional.items() if folder.name in sources]
        assert models >= {f"stg_{folder.name}__{entity}" for entity in [*entities, *named]}
        # a source may have models of its own beside them
        brought = [one for one in optional if f"stg_{folder.name}__{one}" in models]
        assert sorted(brought) == sorted(named)


@pytest.mark.nightly
def test_a_query_that_takes_longer_than_any_should_is_ended(postgres: Path, tmp_path: Path) -> None:
    project = tmp_path / "dbt_ecommerce"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    (project / "models" / "marts" / "slow.sql").write_text("select 1 as one from pg_sleep(60)\n")
    warehouse = new_warehouse(postgres, "slow", tmp_path, project)
    (project / "tests" / "assert_slow.sql").write_text("select 1 as one from pg_sleep(60)\n")
    for command, name in (("run", "slow"), ("test", "assert_slow")):
        with pytest.raises(AssertionError, match="canceling statement due to statement timeout"):
            warehouse.dbt(command, "--select", name, statement_timeout="1s")
