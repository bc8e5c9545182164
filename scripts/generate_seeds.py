"""Write the demo shop's seeds and, apart from them, the truth about its customers."""

import time
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from include.command_line import run
from include.errors import UserError
from include.settings import DBT_PROJECT, OUT

SEEDS = DBT_PROJECT / "seeds"
TRUTH = OUT / "demo_shop_truth.csv"

app = typer.Typer(add_completion=False)


@app.command(help=__doc__)
def generate_seeds(
    customers: Annotated[int, typer.Option(help="People who come until 2026-11-16.")] = 1000,
    seed: Annotated[int, typer.Option(help="Another seed is another shop.")] = 42,
    as_of: Annotated[str, typer.Option(help="History ends before this day.")] = "2026-11-16",
    locale: Annotated[str, typer.Option(help="Faker's locale of names.")] = "pt_BR",
    mess: Annotated[float, typer.Option(help="Share of rows with a problem, 0 to 0.5.")] = 0.02,
    out: Annotated[Path, typer.Option(help="Folder of the seeds.")] = SEEDS,
    truth: Annotated[Path, typer.Option(help="CSV file of who truly left.")] = TRUTH,
) -> None:
    """Generate, write, say what was written."""
    from include.demo_shop.files import write
    from include.demo_shop.shop import generate

    started = time.monotonic()
    try:
        day = date.fromisoformat(as_of)
    except ValueError as error:
        raise UserError(f"The as-of date {as_of!r} is no date: give YYYY-MM-DD.") from error
    shop = generate(customers, seed, day, locale, mess)
    changed = write(shop, out, truth)
    rows = sum(table.num_rows for table in shop.seeds.values())
    print(
        f"{len(shop.seeds)} files with {rows:,} rows in {out} and the truth in {truth},"
        f" {len(changed)} changed; {time.monotonic() - started:.1f} s"
    )


if __name__ == "__main__":
    run(app)
