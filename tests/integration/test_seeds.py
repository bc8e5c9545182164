"""Seeds of dbt: our loading of them against dbt's own, and the demo shop's as files."""

from pathlib import Path

import pytest

from include.demo_shop.files import write
from include.demo_shop.shop import generate
from include.errors import UserError
from include.settings import DBT_PROJECT
from include.shop_data import DEMO_AS_OF
from include.warehouse.load_files import load_files
from tests.integration.warehouses import Row, Warehouse, new_warehouse


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


def test_the_demo_shop_as_parquet_lands_as_dbt_seeds_it(postgres: Path, tmp_path: Path) -> None:
    shop = generate(1000, 42, DEMO_AS_OF, "pt_BR", 0.02)
    write(shop, tmp_path / "shop", tmp_path / "truth.csv", "parquet")
    loaded = new_warehouse(postgres, "demo_shop_loaded", tmp_path)
    loaded.load("demo_shop", tmp_path / "shop")
    seeded = new_warehouse(postgres, "demo_shop_seeded", tmp_path)
    seeded.dbt("seed")
    assert len(tables(loaded, "landing")) == 10
    assert tables(loaded, "landing") == tables(seeded, "landing")


def test_the_demo_shop_as_csv_is_not_loaded_in_place_of_seeds(
    warehouse_url: str, tmp_path: Path
) -> None:
    shop = generate(10, 42, DEMO_AS_OF, "pt_BR", 0.02)
    write(shop, tmp_path / "shop", tmp_path / "truth.csv")
    with pytest.raises(UserError, match="from Parquet only"):
        load_files(warehouse_url, "demo_shop", tmp_path / "shop", DBT_PROJECT)
