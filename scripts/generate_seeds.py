"""Write the demo shop's seeds and, apart from them, the truth about its customers.

A large shop is written with `--format parquet` for load_files.py, which takes it as the files of
the source demo_shop: dbt's seeds are made for small ones.

`--profile hubspot` writes another company in place of the shop, as the three files that HubSpot
imports: companies (doctors), contacts (patients) and deals (consultations).
"""

import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from include.airflow.as_of import parse_date
from include.command_line import run
from include.errors import UserError
from include.shop_data import DEMO_AS_OF, DEMO_FILES, DEMO_SEEDS, DEMO_TRUTH, HUBSPOT_FILES

app = typer.Typer(add_completion=False)


@app.command(help=__doc__)
def generate_seeds(
    customers: Annotated[int, typer.Option(help="People who come until 2026-11-16.")] = 1000,
    seed: Annotated[int, typer.Option(help="Another seed is another shop.")] = 42,
    as_of: Annotated[str, typer.Option(help="History ends before this day.")] = str(DEMO_AS_OF),
    locale: Annotated[str, typer.Option(help="Faker's locale of names.")] = "pt_BR",
    mess: Annotated[float, typer.Option(help="Share of rows with a problem, 0 to 0.5.")] = 0.02,
    kind: Annotated[
        Literal["csv", "parquet"],
        typer.Option("--format", help="csv for dbt, parquet for loading."),
    ] = "csv",
    profile: Annotated[
        Literal["shop", "hubspot"],
        typer.Option(help="The demo shop, or files for HubSpot's import."),
    ] = "shop",
    out: Annotated[
        Path | None,
        typer.Option(
            help=f"Folder of the files; by default the seeds', {DEMO_FILES} or {HUBSPOT_FILES}."
        ),
    ] = None,
    truth: Annotated[Path, typer.Option(help="CSV file of who truly left.")] = DEMO_TRUTH,
) -> None:
    """Generate, write, say what was written."""
    from include.demo_shop.files import write, write_tables
    from include.demo_shop.hubspot import generate_hubspot
    from include.demo_shop.shop import generate

    started = time.monotonic()
    if profile == "hubspot":
        if kind != "csv":
            raise UserError("HubSpot imports CSV: leave --format out.")
        tables = generate_hubspot(customers, seed, parse_date(as_of), locale, mess)
        out = out or HUBSPOT_FILES
        changed = write_tables({out / f"{name}.csv": table for name, table in tables.items()})
        rows = sum(table.num_rows for table in tables.values())
        print(f"{len(tables)} files with {rows:,} rows in {out}, {len(changed)} changed")
        return
    shop = generate(customers, seed, parse_date(as_of), locale, mess)
    out = out or (DEMO_FILES if kind == "parquet" else DEMO_SEEDS)
    changed = write(shop, out, truth, kind)
    rows = sum(table.num_rows for table in shop.seeds.values())
    print(
        f"{len(shop.seeds)} files with {rows:,} rows in {out} and the truth in {truth},"
        f" {len(changed)} changed; {time.monotonic() - started:.1f} s"
    )


if __name__ == "__main__":
    run(app)
