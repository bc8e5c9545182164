"""docs/your-shop.md, followed word for word: its files, its SQL, and the totals that it promises.

Airflow's part of the walk-through is not repeated here.
"""

import re
from pathlib import Path

import pytest

from include.warehouse.load_files import load_files
from tests.support.conventions import broken_conventions
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
    load_files(guided, "tea_house", data, guided.dbt_project, said.append, may_shrink=True)
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


def test_a_column_of_another_type_stops_the_run_at_the_model_that_has_it(
    guided: Warehouse,
) -> None:
    guided.execute(
        """
        create schema if not exists landing;
        drop table if exists landing.tea_house__customers cascade;
        create table landing.tea_house__customers (
            customer_id text, name text, email text, city integer, registered text
        )
        """
    )
    with pytest.raises(AssertionError) as failure:
        guided.dbt("run", "--select", "stg_tea_house__customers", sources=["tea_house"])
    said = str(failure.value)
    assert "stg_tea_house__customers" in said
    assert re.search(r"\| city +\| INTEGER +\| TEXT +\| data type mismatch \|", said), said


@pytest.mark.nightly
def test_what_the_guide_adds_keeps_the_conventions(guided: Warehouse, tmp_path: Path) -> None:
    assert broken_conventions(guided.dbt_project, tmp_path) == ""
