"""One wrong cell in a shop's files: a true report, or one sentence that names the cell.

The totals are recounted from the cells. `MUTATIONS=200` in the environment tries so many, by seed;
`MUTATIONS=57:58` the seed 57.
"""

import csv
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from include.errors import UserError
from include.warehouse.files import check_seeds
from include.warehouse.load_files import NOTE, load_files
from tests.support import recount, recount_cells
from tests.support.demo_files import demo_files
from tests.support.guide import DATA, follow_guide
from tests.support.mutations import Files, Mutation, mutate, write
from tests.support.recount_cells import Recounted
from tests.support.warehouses import Warehouse, new_warehouse

FIRST, _, END = os.environ.get("MUTATIONS", "24").rpartition(":")
SEEDS = range(int(FIRST or 0), int(END))
WHOLE = ("--exclude-resource-type", "seed", "unit_test", "--exclude", "resource_type:snapshot")
FOR_TOTALS = (
    *("--exclude-resource-type", "seed", "test", "unit_test"),
    *("--select", "+rpt_shop_totals", "+rpt_weekly_report"),
)
EVERY_NTH_INVOICE = 256

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class MutatedShop:
    """A shop with good files, to be loaded with a bad cell among them."""

    warehouse: Warehouse
    source: str
    files: Files
    recounted: Callable[[Files], Recounted]

    def load(self, files: Files) -> list[str]:
        """Load files; what people are told of them."""
        said: list[str] = []
        if self.source == "demo_shop":
            seeds = self.warehouse.dbt_project / "seeds"
            write(files, seeds)
            check_seeds(seeds)  # as the DAG does before dbt
            self.warehouse.dbt("seed", sources=[self.source])
        else:
            data = self.warehouse.folder / "data"
            shutil.rmtree(data, ignore_errors=True)
            write(files, data)
            project = self.warehouse.dbt_project
            load_files(self.warehouse, self.source, data, project, said.append, may_shrink=True)
        return [line.removeprefix(NOTE) for line in said if line.startswith(NOTE)]

    def build(self, *options: str) -> None:
        """Build as of the last order."""
        self.warehouse.dbt("build", *options, sources=[self.source])


Shops = Callable[[int], MutatedShop]


@pytest.fixture(scope="module")
def shops(
    postgres: Path, shared_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Shops:
    """The shop of a seed, in a warehouse that all its mutations share."""
    folder = tmp_path_factory.mktemp("mutated_cells")
    project = follow_guide(folder)

    def tea_house() -> Files:
        return read(folder / DATA, "*.csv")

    def demo_shop() -> Files:
        return read(demo_files(folder, "csv", customers=50), "raw_*.csv")

    def uci_online_retail() -> Files:
        lines = pd.read_parquet(shared_data("uci_online_retail") / "online_retail.parquet")
        invoices = sorted(lines["InvoiceNo"].unique())[::EVERY_NTH_INVOICE]
        cells = lines[lines["InvoiceNo"].isin(invoices)].astype("str").fillna("")
        return {
            "online_retail.csv": [list(lines.columns), *cells.replace("nan", "").values.tolist()]
        }

    kinds = [tea_house, demo_shop, uci_online_retail]
    made: dict[str, MutatedShop] = {}

    def of(seed: int) -> MutatedShop:
        files_of = kinds[seed % len(kinds)]
        source = files_of.__name__
        if source not in made:
            warehouse = new_warehouse(postgres, f"mutated_{source}", folder, project)
            warehouse.dbt("seed", sources=[source])
            recounted = getattr(recount_cells, source)
            made[source] = MutatedShop(warehouse, source, files_of(), recounted)
        return made[source]

    return of


def read(folder: Path, pattern: str) -> Files:
    """CSV files as their rows of cells."""
    files: Files = {}
    for path in sorted(folder.glob(pattern)):
        with path.open(encoding="utf-8", newline="") as file:
            files[path.name] = list(csv.reader(file))
    return files


@pytest.mark.parametrize("seed", SEEDS)
def test_a_wrong_cell_gives_a_true_report_or_a_sentence_that_names_it(
    seed: int, shops: Shops
) -> None:
    shop = shops(seed)
    files, mutation = mutate(shop.files, seed)
    print(mutation)
    try:
        notes = shop.load(files)
    except UserError as error:
        assert_names(str(error), mutation)
        return
    # every mart and data test, that no figure is NaN among them, for one seed in four
    shop.build(*(WHOLE if seed // 3 % 4 == 0 else FOR_TOTALS))
    shop_now, told = shop.recounted(files)
    assert_same(
        shop.warehouse.row("marts.rpt_shop_totals"),
        recount.totals(shop_now) | {"rejected_rows": len(told)},
    )
    assert_same(shop.warehouse.row("marts.rpt_weekly_report"), recount.weekly_report(shop_now))
    assert_told(shop, told, notes, mutation)


def assert_names(said: str, mutation: Mutation) -> None:
    """One sentence that says where the cell is."""
    assert "\n" not in said
    assert "Traceback" not in said
    assert mutation.file in said
    if "has no file" not in said:
        assert re.search(rf"\b[Rr]ow {mutation.row:,}\b", said), said


def assert_same(actual: dict[str, Any], expected: dict[str, Any]) -> None:
    """Every expected figure; the dearest price to the cent, as it is recounted."""
    shown = {
        name: round(actual[name], 2)
        if "dearest_product_price" in name and actual[name]
        else actual[name]
        for name in expected
    }
    assert shown == expected


def assert_told(
    shop: MutatedShop, told: list[tuple[str, dict[str, Any]]], notes: list[str], mutation: Mutation
) -> None:
    """The rows that were set aside are those that had to be, each with its reason."""
    rejected = shop.warehouse.rows("select rejected_because, source_row from shop.rejected_rows")
    assert sorted(row["rejected_because"] for row in rejected) == sorted(why for why, _ in told)
    whole = [(row["rejected_because"], json.loads(row["source_row"])) for row in rejected]
    for why, cells in told:
        assert any(why == reason and cells.items() <= row.items() for reason, row in whole)
    for note in notes:
        if mutation.column in note and mutation.after[:40] in note:
            assert f"row {mutation.row:,}" in note or mutation.kind == "duplication"
