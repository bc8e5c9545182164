"""A shop's files and models tried out, without Airflow and in schemas of their own.

What people read of the warehouse stays as it is: a prefix stands before the schemas of the check.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from include.errors import UserError
from include.schemas import named, schema_prefix
from include.warehouse.connection import Warehouse
from include.warehouse.load_files import load_files
from include.warehouse.statement import answer, as_text

PREFIX = "check_"
SHOWN = 3
TOTALS = "select * from {marts}.rpt_shop_totals"
REJECTED = """
select landing_table, rejected_because, rows, source_row
from (
    select
        *,
        count(*) over reason as rows,
        row_number() over (reason order by source_row) as place
    from {shop}.rejected_rows
    window reason as (partition by landing_table, rejected_because)
) as numbered
where place <= SHOWN
order by rows desc, 1, 2, place
""".replace("SHOWN", str(SHOWN))


@dataclass(frozen=True)
class Checked:
    """What came of building a shop's models and their tests."""

    failed: list[str]
    """Models and tests, each with what dbt says of it."""
    warned: list[str]


def check(
    warehouse: Warehouse, source: str, folder: Path, dbt_project: Path, say: Callable[[str], None]
) -> Checked:
    """Load a shop's files, build its models up to the totals, and say what they are.

    Sets the prefix of the schemas, and the address of the warehouse, for the rest of the process.
    """
    os.environ["SCHEMA_PREFIX"] = schema_prefix() + PREFIX
    os.environ.update(warehouse.as_environment())
    load_files(warehouse, source, folder, dbt_project, say, may_shrink=True)
    checked = _build(source, dbt_project)
    if not any(line.startswith("model ") for line in checked.failed):
        say("\n" + as_text(answer(warehouse, named(TOTALS)), width=0))
        _say_rejected(warehouse, say)
    return checked


def _build(source: str, dbt_project: Path) -> Checked:
    from dbt.cli.main import dbtRunner

    # of its own, so that only what was edited is parsed again
    target = str(dbt_project / "target" / "check_shop" / source)
    place = ("--project-dir", str(dbt_project), "--profiles-dir", str(dbt_project))
    done = dbtRunner().invoke(
        [
            *("--quiet", "--log-level", "none", "--log-level-file", "none", "--no-write-json"),
            *("build", "--select", "+rpt_shop_totals", "--indirect-selection", "cautious"),
            *("--exclude-resource-type", "unit_test", *place, "--target-path", target),
            *("--vars", json.dumps({"sources": [source]})),
        ]
    )
    if done.exception:
        raise UserError(f"dbt cannot build the models of {source}: {done.exception}")
    results: Any = done.result
    said = {
        status: [
            f"{result.node.resource_type} {result.node.name}: {result.message}"
            for result in results
            if result.status in status
        ]
        for status in (("error", "fail"), ("warn",))
    }
    failed, warned = said.values()
    return Checked(failed, warned)


def _say_rejected(warehouse: Warehouse, say: Callable[[str], None]) -> None:
    before = None
    for table, reason, rows, row in answer(warehouse, named(REJECTED)).rows:
        if (table, reason) != before:
            say(f"\nRows of {table} that were set aside, as {reason}: {rows}")
            before = table, reason
        say(f"  {row}")
