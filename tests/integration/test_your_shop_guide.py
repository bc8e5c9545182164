"""docs/your-shop.md, followed word for word: its files, its SQL, and the totals that it promises.

Airflow's part of the walk-through is not repeated here.
"""

import re
from pathlib import Path

import pytest

from include.warehouse.load_files import load_files
from tests.support.guide import DATA, GUIDE, follow_guide
from tests.support.warehouses import Warehouse, new_warehouse

LOADED = re.compile(r"^(?:\S+ → landing\.\w+: \d+ rows(?= in )|note: .+$)", re.M)
TOTALS = re.compile(r"^-\[ RECORD 1 \][-+]+\n(?P<lines>.*?)^```$", re.M | re.S)


@pytest.fixture(scope="module")
def guided(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A database for a project to which the files of the page were added."""
    folder = tmp_path_factory.mktemp("guided")
    return new_warehouse(postgres, "guided", folder, follow_guide(folder))


def built(guided: Warehouse, data: Path) -> tuple[dict[str, str], list[str]]:
    """The shop's totals as of the last order of its files, and what was said of loading them."""
    said: list[str] = []
    # whatever another test has loaded before
    load_files(guided.url, "tea_house", data, guided.dbt_project, said.append, may_shrink=True)
    guided.dbt("build", "--exclude-resource-type", "unit_test", sources=["tea_house"])
    totals = guided.row("marts.rpt_shop_totals")
    return {name: str(value) for name, value in totals.items()}, said


def files_of(guided: Warehouse) -> Path:
    return guided.dbt_project.parent / DATA


def test_the_guide_ends_with_the_totals_that_it_shows(guided: Warehouse) -> None:
    totals, said = built(guided, files_of(guided))
    shown = TOTALS.search(GUIDE)
    assert shown is not None
    promised = [line.split("|") for line in shown["lines"].splitlines()]
    assert totals == {name.strip(): value.strip() for name, value in promised}
    loaded = [re.sub(r" in [\d.]+ s$", "", line) for line in said]
    assert loaded == LOADED.findall(GUIDE)


@pytest.mark.nightly
def test_an_export_that_holds_every_row_twice_gives_the_same_totals(
    guided: Warehouse, tmp_path: Path
) -> None:
    once, _ = built(guided, files_of(guided))
    for file in files_of(guided).glob("*.csv"):
        head, *rows = file.read_text(encoding="utf-8").splitlines()
        (tmp_path / file.name).write_text("\n".join([head, *rows, *rows]), encoding="utf-8")
    twice, _ = built(guided, tmp_path)
    # the order and the line that could not be used, twice, and each other one once more
    assert twice == once | {"rejected_rows": str(2 + 6 + 2 + 7)}
