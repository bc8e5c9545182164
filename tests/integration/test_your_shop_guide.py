"""docs/your-shop.md, followed word for word: its files, its SQL, and the totals that it promises.

The page marks each file with its path in bold over the block. Airflow's part of the walk-through is
not repeated here.
"""

import re
import shutil
from pathlib import Path

import pytest

from include.settings import DBT_PROJECT, PROJECT
from include.warehouse.load_files import load_files
from tests.support.warehouses import Warehouse

GUIDE = (PROJECT / "docs" / "your-shop.md").read_text(encoding="utf-8")
FILE = re.compile(r"^\*\*`(?P<path>[^`]+)`\*\*\n```\w+\n(?P<text>.*?)^```$", re.M | re.S)
LOADED = re.compile(r"^(?:\S+ → landing\.\w+: \d+ rows(?= in )|note: .+$)", re.M)
TOTALS = re.compile(r"^-\[ RECORD 1 \][-+]+\n(?P<lines>.*?)^```$", re.M | re.S)


@pytest.fixture
def followed(tmp_path: Path) -> Path:
    """A project to which the files of the page were added."""
    unwanted = shutil.ignore_patterns("target", "logs")
    shutil.copytree(DBT_PROJECT, tmp_path / "dbt_ecommerce", ignore=unwanted)
    for file in FILE.finditer(GUIDE):
        path = tmp_path / file["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file["text"], encoding="utf-8")
    return tmp_path


def test_the_guide_ends_with_the_totals_that_it_shows(followed: Path, warehouse_url: str) -> None:
    said: list[str] = []
    project = followed / "dbt_ecommerce"
    load_files(
        warehouse_url, "tea_house", followed / "include/data/tea_house", project, said.append
    )
    warehouse = Warehouse(warehouse_url, followed, project)
    warehouse.dbt("build", "--exclude-resource-type", "unit_test", sources=["tea_house"])

    totals = {name: str(value) for name, value in warehouse.row("marts.rpt_shop_totals").items()}

    shown = TOTALS.search(GUIDE)
    assert shown is not None
    promised = [line.split("|") for line in shown["lines"].splitlines()]
    assert totals == {name.strip(): value.strip() for name, value in promised}
    loaded = [re.sub(r" in [\d.]+ s$", "", line) for line in said]
    assert loaded == LOADED.findall(GUIDE)
