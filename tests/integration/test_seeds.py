"""Seeds of dbt: our loading of them against dbt's own, and the demo shop's as files."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from include.airflow.as_of import LATEST
from include.demo_shop.files import write
from include.demo_shop.shop import generate
from include.errors import UserError
from include.paths import DBT_PROJECT
from include.settings import Settings
from include.shop_data import DEMO_AS_OF, get_shop_data
from include.warehouse.files import check_seeds
from include.warehouse.load_files import load_files
from tests.support.warehouses import Row, Warehouse, demo_shop, new_warehouse

DECLARED = {
    "id": "integer",
    "note": "text",
    "amount": "numeric(12,2)",
    "paid_on": "date",
    "created_at": "timestamp",
    "is_paid": "boolean",
}
ROWS = """\
id,note,amount,paid_on,created_at,is_paid
1,plain,10.50,2026-11-02,2026-11-02 10:00:00,true
2,"say ""hi"", he said",-0.01,2024-02-29,2024-02-29 23:59:59.123456,false
3,"ação, café ☕ 日本",9999999999.99,1990-01-01,1990-01-01 00:00:00,TRUE
4,,,,,
5,"",0,1969-12-31,2026-11-02T10:00:00,f
6,"  two  blanks ",7,2050-12-31,2026-11-02 10:00:00,yes
7,"two
lines",1e3,2026-11-02,2026-11-02,0
8,'; drop table payments; --,0.1,2026-11-02,2026-11-02 10:00,1
9,null,0.005,2026-11-02,2026-11-02 10:00,t
10,NULL,00012.30,2026-11-02,2026-11-02 10:00,no
11,\\N {a} 100 %s %(x)s,1,2026-11-02,2026-11-02 10:00,n
12,007,1,2026-11-02,2026-11-02 10:00,false
"""


def seed(
    postgres: Path,
    folder: Path,
    name: str,
    *macros: Path,
    types: dict[str, str],
    rows: str = ROWS,
) -> Warehouse:
    """A database with the rows, as a dbt project with nothing but these macros seeds them."""
    project = folder / f"{name}_project"
    for part in ("seeds", "macros"):
        (project / part).mkdir(parents=True)
    (project / "seeds" / "payments.csv").write_text(rows)
    shutil.copy(DBT_PROJECT / "profiles.yml", project)
    for macro in macros:
        shutil.copy(macro, project / "macros")
    settings = {"name": "small", "profile": "warehouse", "seeds": {"+column_types": types}}
    (project / "dbt_project.yml").write_text(json.dumps(settings))
    warehouse = new_warehouse(postgres, name, folder, project)
    warehouse.dbt("seed")
    return warehouse


@pytest.mark.parametrize("types", [DECLARED, {}], ids=["declared", "inferred"])
def test_a_seed_is_loaded_exactly_as_dbt_itself_loads_it(
    types: dict[str, str], postgres: Path, tmp_path: Path
) -> None:
    kind = "declared" if types else "inferred"
    override = DBT_PROJECT / "macros" / "postgres__load_csv_rows.sql"
    ours = seed(postgres, tmp_path, f"seeds_ours_{kind}", override, types=types)
    stock = seed(postgres, tmp_path, f"seeds_stock_{kind}", types=types)
    assert tables(ours, "marts") == tables(stock, "marts")
    assert ours.rows("select count(*) from marts.payments") == [{"count": 12}]


def test_nothing_is_null_in_a_seed_but_what_is_empty_or_says_so(
    postgres: Path, tmp_path: Path
) -> None:
    override = DBT_PROJECT / "macros" / "postgres__load_csv_rows.sql"
    loaded = seed(postgres, tmp_path, "seeds_nulls", override, types=DECLARED)
    notes = {row["id"]: row["note"] for row in loaded.rows("select id, note from marts.payments")}
    assert {number for number, note in notes.items() if note is None} == {4, 5, 9, 10}
    assert notes[2] == 'say "hi", he said'
    assert notes[3] == "ação, café ☕ 日本"
    assert notes[6] == "  two  blanks "
    assert notes[7] == "two\nlines"


def test_every_seed_declares_the_type_of_each_of_its_columns() -> None:
    files = (DBT_PROJECT / "seeds").glob("*.yml")
    seeds = [one for path in files for one in yaml.safe_load(path.read_text())["seeds"]]
    declared = {one["name"]: list(one["config"]["column_types"]) for one in seeds}
    headers = {
        path.stem: path.read_text().split("\n")[0].split(",")
        for path in (DBT_PROJECT / "seeds").glob("*.csv")
    }
    assert declared == headers


@pytest.mark.parametrize(
    ("name", "cell", "what"),
    [
        (
            "open_quote",
            '"007',
            'whole rows: a quotation mark (") is opened there and never closed.',
        ),
        ("nul", "0\x0007", "a character NUL."),
    ],
)
def test_a_seed_that_a_cell_makes_unreadable_is_refused_with_the_cell(
    name: str, cell: str, what: str, postgres: Path, tmp_path: Path
) -> None:
    override = DBT_PROJECT / "macros" / "postgres__load_csv_rows.sql"
    rows = ROWS.replace("007", cell) + "13,b,1,2026-11-02,2026-11-02 10:00,t\n"
    types = dict.fromkeys(DECLARED, "text")
    with pytest.raises(AssertionError) as refused:
        seed(postgres, tmp_path, name, override, types=types, rows=rows)
    assert f"Column note of payments.csv holds in row 13 {what}" in str(refused.value)


def test_a_seed_with_semicolons_for_commas_is_refused_with_the_column_it_lacks(
    postgres: Path, tmp_path: Path
) -> None:
    override = DBT_PROJECT / "macros" / "postgres__load_csv_rows.sql"
    with pytest.raises(AssertionError, match=r"payments\.csv has no column note \(it has id;note"):
        seed(
            postgres,
            tmp_path,
            "semicolons",
            override,
            types={"note": "text"},
            rows="id;note\n1;a\n",
        )


@pytest.mark.parametrize(
    ("row", "refusal"),
    [
        (b"2,caf\xe9\n", "payments.csv is not UTF-8 text: .*, or correct column note in row 3"),
        (b"2,a,b\n", "Row 3 of payments.csv has 3 fields where the header has 2: correct the row"),
        (b"2\n", "Row 3 of payments.csv has 1 fields where the header has 2: correct the row"),
        (
            b"2,nu\0l\n",
            "payments.csv holds a character NUL, .* in column note in row 3: correct it",
        ),
        (b'2,"open\n', "payments.csv ends inside a quoted value: .* in row 3, and never closed"),
    ],
)
def test_a_seed_that_dbt_could_not_read_is_refused_before_dbt_runs_with_file_and_row(
    row: bytes, refusal: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "payments.csv").write_bytes(b"id,note\n1,a\n" + row + b"3,c\n")
    monkeypatch.setattr("include.shop_data.DEMO_SEEDS", seeds)
    monkeypatch.setattr("include.shop_data.DEMO_TRUTH", tmp_path / "truth.csv")
    settings = Settings(shop_sources=["demo_shop"], demo_customers=50)
    with pytest.raises(UserError, match=refusal):
        get_shop_data(settings, Warehouse("", tmp_path), LATEST, lambda _: None)


def test_a_seed_with_two_columns_of_one_name_is_refused(
    tmp_path: Path,
) -> None:
    (tmp_path / "payments.csv").write_text("id,note,note\n1,a,b\n")
    with pytest.raises(UserError, match=r"payments\.csv has more than one column 'note'"):
        check_seeds(tmp_path)


def tables(warehouse: Warehouse, schema: str) -> dict[str, list[Row]]:
    """The columns of each table of a schema, with their types, and its rows."""
    columns = warehouse.rows(
        "select table_name, column_name, data_type from information_schema.columns"
        f" where table_schema = '{schema}' order by table_name, ordinal_position"
    )
    return {
        name: [row for row in columns if row["table_name"] == name]
        + warehouse.rows(f"select * from {schema}.{name} order by 1, 2")
        for name in {row["table_name"] for row in columns}
    }


def meanings(warehouse: Warehouse) -> dict[str, list[Row]]:
    """The rows of each table of `landing`, every value as text, a number without needless zeros."""
    value = """
        case when pg_input_is_valid(%1$I::text, 'numeric')
            then trim_scale(%1$I::text::numeric)::text else %1$I::text end as %1$I
    """
    columns = warehouse.rows(f"""
        select table_name, string_agg(format($${value}$$, column_name), ',' order by column_name)
            as values
        from information_schema.columns where table_schema = 'landing' group by table_name
    """)
    query = "select * from (select {values} from landing.{table_name}) as t order by t::text"
    return {row["table_name"]: warehouse.rows(query.format(**row)) for row in columns}


def test_the_demo_shop_as_parquet_lands_as_dbt_seeds_it(postgres: Path, tmp_path: Path) -> None:
    shop = generate(1000, 42, DEMO_AS_OF, "pt_BR", 0.02)
    write(shop, tmp_path / "shop", tmp_path / "truth.csv", "parquet")
    loaded = new_warehouse(postgres, "demo_shop_loaded", tmp_path)
    loaded.load("demo_shop", tmp_path / "shop")
    seeded = demo_shop(postgres, "demo_shop_seeded", tmp_path)
    assert len(meanings(loaded)) == 10
    # Parquet has types; dbt seeds texts, of which no single one can stop it
    assert meanings(loaded) == meanings(seeded)


def test_the_demo_shop_as_csv_is_not_loaded_in_place_of_seeds(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    shop = generate(10, 42, DEMO_AS_OF, "pt_BR", 0.02)
    write(shop, tmp_path / "shop", tmp_path / "truth.csv")
    with pytest.raises(UserError, match="from Parquet only"):
        load_files(warehouse, "demo_shop", tmp_path / "shop", DBT_PROJECT)
